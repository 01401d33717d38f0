//! All items together: naru's own, those of naru.yaml, those that were registered. Of a name one is watched: the file's before
//! a registered one, and either before naru's own.

use std::collections::BTreeMap;

use naru_alert::items::{PREFIX, defaults};
use naru_model::alert::{Item, Watched};
use naru_model::metric::Owner;
use naru_model::platform::Platform;
use naru_model::watch::{ItemStatus, Origin};

/// One item, and why it is not watched if it is not.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Known {
    pub(super) item: Item,
    pub(super) origin: Origin,
    pub(super) problem: Option<String>,
}

/// By name; naru's own that another one takes the place of are left out.
pub(super) fn all(platform: &Platform, registered: &[Item]) -> Vec<Known> {
    let alerts = &platform.alerts;
    let mut known: BTreeMap<String, Known> = BTreeMap::new();
    let own = defaults();
    if alerts.defaults {
        for item in own.iter().cloned() {
            known.insert(item.name.clone(), Known { item, origin: Origin::Naru, problem: None });
        }
    }
    let mut hidden = Vec::new();
    for item in registered {
        let problem = problem(item, platform, &own);
        let one = Known { item: item.clone(), origin: Origin::Registered, problem };
        if alerts.items.iter().any(|of_file| of_file.name == item.name) {
            let problem = Some("naru.yaml has an item of this name, which is watched instead".to_owned());
            hidden.push(Known { problem, ..one });
        } else {
            known.insert(item.name.clone(), one);
        }
    }
    for item in &alerts.items {
        let problem = problem(item, platform, &own);
        known.insert(item.name.clone(), Known { item: item.clone(), origin: Origin::File, problem });
    }
    known.into_values().chain(hidden).collect()
}

/// Why an item can't be watched.
fn problem(item: &Item, platform: &Platform, own: &[Item]) -> Option<String> {
    if item.name.starts_with(PREFIX) && !own.iter().any(|known| known.name == item.name) {
        return Some(format!(
            "naru has no item {}; names that begin with {PREFIX} take one's place",
            item.name
        ));
    }
    let missing = match &item.of {
        Watched::One(Owner::Service(name)) => !platform.services.contains_key(name),
        Watched::One(Owner::Instance(id)) => !platform.services.contains_key(&id.service),
        Watched::One(Owner::Function(name)) => !platform.functions.contains_key(name),
        Watched::One(Owner::Link(name)) => !platform.links.contains_key(name),
        _ => false,
    };
    if missing {
        return Some(format!("naru.yaml has no {}", item.of));
    }
    let channels = &platform.notices.channels;
    let unknown = item.notify.iter().find(|name| !channels.iter().any(|channel| channel.name == **name));
    unknown.map(|name| format!("naru.yaml has no channel {name}"))
}

impl Known {
    pub(super) fn status(&self) -> ItemStatus {
        ItemStatus {
            name: self.item.name.clone(),
            of: self.item.of.to_string(),
            when: self.item.when.to_string(),
            severity: self.item.severity,
            notify: self.item.notify.clone(),
            origin: self.origin,
            problem: self.problem.clone(),
        }
    }
}
