//! What no single value shows: numbers that contradict each other, ports and addresses claimed twice, files that are
//! not there. Routes have rules of their own in [`routes`].

mod access;
mod alert;
mod auth;
mod convert;
mod limit;
mod link;
mod policy;
mod reference;
mod report;
mod routes;
mod scale;
mod services;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use naru_model::platform::ClickHouse;

use crate::build;
use crate::item::{Item, Section};
use crate::machine::Machine;
use crate::report::{Problems, Refusal};

/// What the file is checked against besides itself.
pub(crate) struct Place<'a> {
    /// Where the file lies; paths in it start here.
    pub(crate) folder: &'a Path,
    pub(crate) machine: Machine,
    pub(crate) look: fn(&Path) -> Found,
    /// Returns a file's text, or why it can't be had; `None` when nobody reads.
    pub(crate) read: fn(&Path) -> Result<Option<String>, String>,
}

/// Texts of files that were read and checked, by their absolute paths.
pub(crate) type Texts = BTreeMap<PathBuf, String>;

/// What there is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    Nothing,
    File,
    Folder,
    /// Nobody looked.
    NotAsked,
}

/// Checks everything, and returns the texts of the files that had to be read for it.
pub(crate) fn check(root: &Item, place: &Place<'_>, problems: &mut Problems) -> Texts {
    let root = root.section();
    let gateway = root.section("gateway");
    addresses(gateway, problems);
    certificates(gateway.section("tls"), place, problems);
    file(root.section("telemetry"), "java_agent", "the Java agent's jar", place, problems);
    clickhouse(root.section("telemetry").section("clickhouse"), problems);
    services::check(root, place, problems);
    routes::check(root, place, problems);
    link::check(root, problems);
    alert::check(root, problems);
    report::check(root, problems);
    access::check(root, place, problems)
}

/// Checks that there is a file where a key says so.
fn file(at: Section<'_>, name: &str, noun: &str, place: &Place<'_>, problems: &mut Problems) {
    let Some(item) = at.item(name) else { return };
    let Some(path) = item.text().map(|text| build::absolute(place.folder, text)) else { return };
    let what = match (place.look)(&path) {
        Found::Nothing => format!("there is no file {}", path.display()),
        Found::Folder => format!("{} is a folder", path.display()),
        Found::File | Found::NotAsked => return,
    };
    let help = format!("give the path of {noun}, from the folder of this file");
    problems.add(item.at, &item.path, Refusal::new(what, help));
}

/// Files are made each hour at the latest, so that waiting longer would change nothing.
fn clickhouse(at: Section<'_>, problems: &mut Problems) {
    let Some(item) = at.item("every") else { return };
    if at.get::<Duration>("every").is_some_and(|every| every > ClickHouse::LATEST) {
        let what = "what was seen is sent each hour at the latest".to_owned();
        problems.add(item.at, &item.path, Refusal::new(what, "write 1s to 1h"));
    }
}

/// Each address can be listened on once, for HTTP or for HTTPS.
fn addresses(gateway: Section<'_>, problems: &mut Problems) {
    let plain = gateway.section("listen").items();
    let tls = gateway.section("tls").section("listen").items();
    if let Some(listen) = gateway.item("listen")
        && plain.is_empty()
        && gateway.entry("tls").is_none()
    {
        let help = "give an address, or leave listen out";
        problems.add(listen.at, &listen.path, Refusal::new("the gateway would listen nowhere", help));
    }
    let mut taken: Vec<(SocketAddr, String)> = Vec::new();
    if gateway.entry("listen").is_none() {
        taken
            .extend(build::listen(gateway).into_iter().map(|address| (address, "gateway.listen".to_owned())));
    }
    for item in plain.iter().chain(tls) {
        let Some(address) = item.parsed::<SocketAddr>() else { continue };
        match taken.iter().find(|(other, _)| claims(*other, address)) {
            Some((other, path)) => {
                let what = format!("{address} is taken by {other} of {path} already");
                problems.add(item.at, &item.path, Refusal::new(what, "give each its own port"));
            }
            None => taken.push((address, item.path.clone())),
        }
    }
}

/// Tells whether two listeners would share an address: the same, or one of them is every address of its family.
pub(super) fn claims(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() == other.port()
        && one.is_ipv4() == other.is_ipv4()
        && (one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified())
}

fn certificates(tls: Section<'_>, place: &Place<'_>, problems: &mut Problems) {
    for certificate in tls.section("certificates").items() {
        for name in ["cert", "key"] {
            file(certificate.section(), name, "a PEM file", place, problems);
        }
    }
}
