//! The rules of reports: channels that are there and that a report can go through, and somebody who owns a function.

use naru_model::service_level::Reports;

use super::reference::reference;
use crate::item::{Item, Section};
use crate::report::{Problems, Refusal};

pub(super) fn check(root: Section<'_>, problems: &mut Problems) {
    let reports = root.section("reports");
    for kind in ["daily", "weekly", "monthly"] {
        for item in reports.section(kind).items() {
            match item.text() {
                Some(Reports::OWNERS) => owners(root, item, problems),
                _ => channel(root.section("notices"), item, problems),
            }
        }
    }
}

fn channel(notices: Section<'_>, item: &Item, problems: &mut Problems) {
    reference(notices, "channels", item, problems);
    let Some(name) = item.text() else { return };
    let is_sms = notices.section("channels").section(name).entry("sms").is_some();
    if is_sms {
        let what = format!("{name} sends SMS, and a report does not fit into one");
        let help = "name a channel with email or webhook";
        problems.add(item.at, &item.path, Refusal::new(what, help));
    }
}

fn owners(root: Section<'_>, item: &Item, problems: &mut Problems) {
    let notices = root.section("notices");
    let mut refuse = |what: &str, help: &str| problems.add(item.at, &item.path, Refusal::new(what, help));
    if notices.section("channels").entry(Reports::OWNERS).is_some() {
        return refuse("owners are a channel and the owners of functions", "call the channel otherwise");
    }
    let functions = root.section("functions").entries().iter().filter_map(|entry| entry.item.as_ref());
    let mut addresses = functions.filter_map(|item| item.section().get::<String>("owner"));
    if !addresses.any(|owner| owner.contains('@')) {
        return refuse(
            "no function's owner is an e-mail address",
            "give functions an owner (owner: team@example.go.kr), or name a channel",
        );
    }
    if notices.entry("smtp").is_none() {
        refuse("nothing delivers e-mail", "say below notices.smtp which mail server it goes through");
    }
}
