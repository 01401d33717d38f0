//! The rules of what is watched and who is told: figures and owners that fit, names that are given, one way out of a channel.

use naru_model::alert::Watched;
use naru_model::metric::Owner;

use super::reference::{named, reference};
use crate::item::{Entry, Item, Section};
use crate::report::{Problems, Refusal};
use crate::watched;

/// The ways out of a channel.
const WAYS: [&str; 3] = ["email", "webhook", "sms"];

pub(super) fn check(root: Section<'_>, problems: &mut Problems) {
    let (alerts, notices) = (root.section("alerts"), root.section("notices"));
    for entry in alerts.section("items").entries() {
        item(root, notices, Section(entry.item.as_ref()), problems);
    }
    for window in alerts.section("maintenance").items() {
        if let Some(of) = window.section().item("of")
            && let Some(owner) = of.parsed::<Owner>()
        {
            known(root, &owner, of, problems);
        }
    }
    for entry in notices.section("channels").entries() {
        channel(notices, entry, problems);
    }
    login(notices.section("smtp"), problems);
}

fn item(root: Section<'_>, notices: Section<'_>, at: Section<'_>, problems: &mut Problems) {
    if let (Some(of), Some(when)) = (at.item("of"), at.item("when"))
        && let (Some(watched), Some(Ok(condition))) =
            (of.parsed::<Watched>(), when.text().map(watched::parse))
    {
        if let Err(refusal) = watched::fits(&watched, &condition) {
            problems.add(of.at, &of.path, refusal);
        }
        if let Watched::One(owner) = &watched {
            known(root, owner, of, problems);
        }
    }
    for channel in at.section("notify").items() {
        reference(notices, "channels", channel, problems);
    }
}

/// What is named must be in the file.
fn known(root: Section<'_>, owner: &Owner, item: &Item, problems: &mut Problems) {
    match owner {
        Owner::Service(name) => named(root, "services", name.as_str(), item, problems),
        Owner::Instance(id) => named(root, "services", id.service.as_str(), item, problems),
        Owner::Function(name) => named(root, "functions", name.as_str(), item, problems),
        Owner::Link(name) => named(root, "links", name.as_str(), item, problems),
        Owner::Host | Owner::Platform | Owner::Outside(_) => {}
    }
}

fn channel(notices: Section<'_>, entry: &Entry, problems: &mut Problems) {
    let Some(item) = &entry.item else { return };
    let at = item.section();
    let ways: Vec<&Entry> = WAYS.iter().filter_map(|way| at.entry(way)).collect();
    match ways[..] {
        // A misspelled way has been said.
        [] if !problems.has_below(&entry.path) => {
            let refusal = Refusal::new("the channel leads nowhere", "give it email, webhook or sms");
            problems.add(entry.at, &entry.path, refusal);
        }
        [_, second, ..] => {
            let what = format!("the channel has two ways out, {} and {}", ways[0].name, second.name);
            problems.add(second.at, &second.path, Refusal::new(what, "make the other a channel of its own"));
        }
        _ => {}
    }
    if let Some(shape) = at.item("shape").filter(|_| at.entry("webhook").is_none()) {
        let refusal = Refusal::new("a shape is of a webhook", "leave it out");
        problems.add(shape.at, &shape.path, refusal);
    }
    if let Some(email) = at.item("email").filter(|_| notices.entry("smtp").is_none()) {
        let help = "say below notices.smtp which mail server it goes through";
        problems.add(email.at, &email.path, Refusal::new("nothing delivers e-mail", help));
    }
}

fn login(smtp: Section<'_>, problems: &mut Problems) {
    let (user, password) = (smtp.item("user"), smtp.item("password_env"));
    let (item, what, help) = match (user, password) {
        (Some(user), None) => {
            (user, "the user has no password", "say with password_env which variable has it")
        }
        (None, Some(password)) => (password, "nobody logs in with the password", "add user, or leave it out"),
        _ => return,
    };
    problems.add(item.at, &item.path, Refusal::new(what, help));
}
