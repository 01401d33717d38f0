//! All clients there are, from both places.

use std::collections::BTreeMap;

use naru_model::client::Client;
use naru_model::name::ClientName;
use naru_model::oauth::Registered;
use naru_model::snapshot::{Caller, CallerId};
use naru_model::units::Timestamp;

/// The clients that count.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Directory {
    callers: BTreeMap<ClientName, Caller>,
    /// Registered ones that do not count, because naru.yaml has the same name.
    pub hidden: Vec<ClientName>,
}

impl Directory {
    pub fn find(&self, name: &ClientName) -> Option<&Caller> {
        self.callers.get(name)
    }

    /// By name.
    pub fn callers(&self) -> impl Iterator<Item = &Caller> {
        self.callers.values()
    }
}

/// A client as an operator sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    pub id: CallerId,
    pub name: ClientName,
    pub client: Client,
    pub origin: Origin,
}

/// Where a client comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    File,
    Registered {
        made_at: Timestamp,
        made_by: String,
        changed_at: Timestamp,
        changed_by: String,
        /// naru.yaml has the same name and wins.
        hidden: bool,
    },
}

type Numbers = BTreeMap<ClientName, CallerId>;

pub(super) fn merge(
    file: &BTreeMap<ClientName, Client>,
    registered: &BTreeMap<ClientName, Registered>,
    numbers: &Numbers,
) -> Directory {
    let hidden = registered.keys().filter(|name| file.contains_key(*name)).cloned().collect();
    let registered = registered.iter().map(|(name, registered)| (name, &registered.client));
    // The later wins.
    let callers = registered.chain(file).map(|(name, client)| {
        let id = numbers.get(name).copied().unwrap_or_default();
        (name.clone(), Caller { id, name: name.clone(), client: client.clone() })
    });
    Directory { callers: callers.collect(), hidden }
}

pub(super) fn list(
    file: &BTreeMap<ClientName, Client>,
    registered: &BTreeMap<ClientName, Registered>,
    numbers: &Numbers,
) -> Vec<Listed> {
    let listed = |name: &ClientName, client: &Client, origin| {
        let id = numbers.get(name).copied().unwrap_or_default();
        Listed { id, name: name.clone(), client: client.clone(), origin }
    };
    let of_file = file.iter().map(|(name, client)| listed(name, client, Origin::File));
    let of_state = registered.iter().map(|(name, one)| {
        let origin = Origin::Registered {
            made_at: one.made_at,
            made_by: one.made_by.clone(),
            changed_at: one.changed_at,
            changed_by: one.changed_by.clone(),
            hidden: file.contains_key(name),
        };
        listed(name, &one.client, origin)
    });
    let mut all: Vec<Listed> = of_file.chain(of_state).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}
