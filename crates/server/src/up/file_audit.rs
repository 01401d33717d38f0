//! What the audit keeps of a file that was applied: one entry for each key that is not as it was, clients and policies
//! among them. Secrets are hidden by the difference itself.

use naru_config::Change;
use naru_model::access::{Audit, Role};
use naru_model::units::Timestamp;

/// Entries of one file; of a larger change the rest is counted.
const MOST: usize = 500;
/// Characters of an entry's subject and of its detail.
const SUBJECT: usize = 100;
const DETAIL: usize = 1_000;

/// Who could write the file may do everything, and the answer is that it is done.
pub(crate) fn entries(changes: &[Change], actor: &str, at: Timestamp) -> Vec<Audit> {
    let entry = |subject: &str, detail: &str| Audit {
        id: 0,
        at,
        actor: actor.to_owned(),
        role: Role::Admin,
        source: "file".to_owned(),
        action: "apply".to_owned(),
        subject: subject.chars().take(SUBJECT).collect(),
        outcome: 200,
        detail: detail.chars().take(DETAIL).collect(),
    };
    let told = changes.iter().take(MOST).map(|change| {
        let text = change.to_string();
        let after_key = text.strip_prefix(&change.key).unwrap_or(&text);
        entry(&change.key, after_key.trim_start_matches([':', ' ']))
    });
    let more = changes.len().saturating_sub(MOST);
    let rest = (more > 0).then(|| entry("naru.yaml", &format!("{more} more keys changed")));
    told.chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use naru_config::Machine;

    use super::*;

    fn told(old: &str, new: &str) -> Vec<String> {
        let read = |text: &str| {
            let text = format!("services: {{ a: {{ exec: [a] }} }}\n{text}");
            naru_config::parse("naru.yaml", &text, Path::new("/"), Machine::detect()).unwrap()
        };
        let changes = naru_config::diff(&read(old), &read(new));
        let entries = entries(&changes, "file", Timestamp(7));
        entries.iter().map(|entry| format!("{} {}: {}", entry.action, entry.subject, entry.detail)).collect()
    }

    #[test]
    fn a_clients_change_is_told_without_its_secret() {
        let key = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let old = "clients: { mobile: { scopes: [a] } }";
        let new = format!("clients: {{ mobile: {{ scopes: [a, b], blocked: true, keys: [{key}] }} }}");
        let told = told(old, &new);
        assert!(told.iter().any(|one| one.starts_with("apply clients.mobile.blocked: ")), "{told:?}");
        assert!(told.iter().any(|one| one.starts_with("apply clients.mobile.scopes: ") && one.contains('b')));
        assert!(told.iter().any(|one| one.contains("clients.mobile.keys: ")), "{told:?}");
        assert!(!told.concat().contains(&key[..8]), "{told:?}");
    }

    #[test]
    fn a_policys_change_is_told_by_its_route() {
        let route = |policy: &str| format!("routes: [{{ match: {{ path: /a }}, to: a{policy} }}]");
        let told = told(&route(""), &route(", limits: { rate: 5/s }"));
        assert!(
            told[0].starts_with("apply routes[/a].limits: added, ") && told[0].contains("5/s"),
            "{told:?}"
        );
    }

    #[test]
    fn a_large_change_is_bounded() {
        let clients: String = (0..700).map(|n| format!("c{n}: {{ title: t }}, ")).collect();
        let told = told("", &format!("clients: {{ {clients} }}"));
        assert_eq!(
            (told.len(), told.last().unwrap().as_str()),
            (501, "apply naru.yaml: 200 more keys changed")
        );
    }
}
