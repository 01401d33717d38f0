//! The rules of services, each by itself and all together within the pool.

use std::collections::BTreeMap;

use naru_model::platform::Pool;
use naru_model::units::{Bytes, Cpu};

use super::{Found, Place, limit, scale};
use crate::build;
use crate::item::{Entry, Section};
use crate::report::{Problems, Refusal};

/// Set by naru for each instance, besides `PORT`.
const OWN_VARIABLES: [&str; 4] = ["NARU_SERVICE", "NARU_REVISION", "NARU_INSTANCE", "NARU_INSTANCE_DIR"];

pub(super) fn check(root: Section<'_>, place: &Place<'_>, problems: &mut Problems) {
    let pool = build::pool(root, place.machine);
    let services = root.section("services").entries();
    for entry in services {
        let at = Section(entry.item.as_ref());
        command(at, problems);
        numbers(at, problems);
        scale::check(at.section("scale"), problems);
        size(at, pool, problems);
        variables(at, problems);
        artifact(at, place, problems);
        limit::check(root, at.section("traffic"), problems);
    }
    ports(root, problems);
    minimums(root, services, pool, problems);
}

fn command(at: Section<'_>, problems: &mut Problems) {
    if let Some(first) = at.section("exec").items().first()
        && first.text().is_some_and(|text| text.trim().is_empty())
        && first.path.ends_with("[0]")
    {
        problems.add(
            first.at,
            &first.path,
            Refusal::new("the command is empty", "write the program's name or path"),
        );
    }
}

fn numbers(at: Section<'_>, problems: &mut Problems) {
    let scale = build::scale(at.section("scale"));
    if scale.max < scale.min
        && let Some(item) = at.section("scale").item("max")
    {
        let what = format!("{} is below min ({})", scale.max, scale.min);
        problems.add(item.at, &item.path, Refusal::new(what, "raise max or lower min"));
    }
    if scale.max > 1
        && let Some(port) = at.item("port")
    {
        let what =
            format!("a port can be held by one instance at a time, but up to {} are wanted", scale.max);
        problems.add(
            port.at,
            &port.path,
            Refusal::new(what, "leave port out and let the program listen on $PORT, or set scale.max to 1"),
        );
    }
    if scale.max > 1
        && let Some(port) = at.section("metrics").item("port")
    {
        let what = format!("up to {} instances can't all show their metrics on one port", scale.max);
        let help = "leave it out and show them on $PORT, or set scale.max to 1";
        problems.add(port.at, &port.path, Refusal::new(what, help));
    }
}

fn size(at: Section<'_>, pool: Pool, problems: &mut Problems) {
    let instance = at.section("instance");
    let size = build::instance(instance);
    let mut too_large = |name: &str, size: String, pool: String| {
        if let Some(item) = instance.item(name) {
            let what = format!("an instance of {size} does not fit into the pool of {pool}");
            problems.add(item.at, &item.path, Refusal::new(what, format!("lower it, or raise pool.{name}")));
        }
    };
    if let Some(cpu) = size.cpu.filter(|cpu| *cpu > pool.cpu) {
        too_large("cpu", cpu.to_string(), pool.cpu.to_string());
    }
    if let Some(memory) = size.memory.filter(|memory| *memory > pool.memory) {
        too_large("memory", memory.to_string(), pool.memory.to_string());
    }
}

fn variables(at: Section<'_>, problems: &mut Problems) {
    let picked = at.entry("port").is_none();
    for entry in at.section("env").entries() {
        if entry.name == "PORT" && picked {
            let help = "leave it out, or give the port as `port` if it can't be changed";
            let what = "naru picks the port of each instance and sets PORT itself";
            problems.add(entry.at, &entry.path, Refusal::new(what, help));
        } else if OWN_VARIABLES.contains(&entry.name.as_str()) {
            let what = format!("naru sets {} itself", entry.name);
            problems.add(entry.at, &entry.path, Refusal::new(what, "choose another name"));
        }
    }
}

fn artifact(at: Section<'_>, place: &Place<'_>, problems: &mut Problems) {
    let Some(item) = at.item("artifact") else { return };
    let Some(path) = item.text().map(|text| build::absolute(place.folder, text)) else { return };
    if path.file_name().is_none() {
        let what = "the root of the file system is no artifact";
        problems.add(item.at, &item.path, Refusal::new(what, "give the path of one file or folder"));
    } else if (place.look)(&path) == Found::Nothing {
        let what = format!("there is no file or folder {}", path.display());
        problems.add(
            item.at,
            &item.path,
            Refusal::new(
                what,
                "build it first, or correct the path, which starts at the folder of this file",
            ),
        );
    }
}

/// A fixed port must be free of the gateway and of other services.
fn ports(root: Section<'_>, problems: &mut Problems) {
    let gateway = root.section("gateway");
    let listen = build::listen(gateway).into_iter().chain(build::addresses(gateway.section("tls")));
    let mut taken: BTreeMap<u16, String> =
        listen.map(|address| (address.port(), "the gateway".to_owned())).collect();
    for entry in root.section("services").entries() {
        let at = Section(entry.item.as_ref());
        let (Some(item), Some(port)) = (at.item("port"), at.get::<u16>("port")) else { continue };
        match taken.get(&port) {
            Some(owner) => {
                let what = format!("{owner} listens on port {port} already");
                problems.add(
                    item.at,
                    &item.path,
                    Refusal::new(what, "choose another, or leave port out and let naru pick one"),
                );
            }
            None => {
                taken.insert(port, entry.path.clone());
            }
        }
    }
}

/// All minimums together must fit, or some service would never have its own.
fn minimums(root: Section<'_>, services: &[Entry], pool: Pool, problems: &mut Problems) {
    let (mut cpu, mut memory) = (Cpu::default(), Bytes::default());
    for entry in services {
        let at = Section(entry.item.as_ref());
        let (size, min) =
            (build::instance(at.section("instance")), u64::from(build::scale(at.section("scale")).min));
        let (one_cpu, one_memory) = (size.cpu.unwrap_or_default(), size.memory.unwrap_or_default());
        // What is larger than the pool by itself has been said, and would be the cause here too.
        if one_cpu > pool.cpu || one_memory > pool.memory {
            return;
        }
        cpu.millicores = cpu.millicores.saturating_add(one_cpu.millicores.saturating_mul(min));
        memory.0 = memory.0.saturating_add(one_memory.0.saturating_mul(min));
    }
    let Some(all) = root.entry("services") else { return };
    let mut too_many = |name: &str, sum: String, pool: String| {
        let given = root.section("pool").item(name);
        let (at, path) = given.map_or((all.at, &all.path), |item| (item.at, &item.path));
        let what = format!("the minimums of all services reserve {sum} of {name}, and the pool has {pool}");
        let help = format!("raise pool.{name}, or lower scale.min or instance.{name} of a service");
        problems.add(at, path, Refusal::new(what, help));
    };
    if cpu > pool.cpu {
        too_many("cpu", cpu.to_string(), pool.cpu.to_string());
    }
    if memory > pool.memory {
        too_many("memory", memory.to_string(), pool.memory.to_string());
    }
}
