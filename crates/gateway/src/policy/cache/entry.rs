//! One answer as it is kept, and the questions about it that a client may ask (RFC 9110 §13).

use std::time::Duration;

use bytes::Bytes;
use naru_model::units::Timestamp;

use super::control::{Control, Life, moment, vary};
use crate::head::{Fields, Known, ResponseHead};
use crate::http1::request::list;

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) status: u16,
    pub(crate) fields: Fields,
    pub(crate) body: Bytes,
    life: Life,
    since: Timestamp,
    /// What it depends on: names, and the values that the request had.
    vary: Vec<(Vec<u8>, Vec<u8>)>,
    /// Of the client that it was made for, where the route tells clients apart by them.
    groups: Vec<String>,
}

impl Entry {
    pub(crate) fn new(
        head: &ResponseHead,
        life: Life,
        request: &Fields,
        groups: &[String],
        now: Timestamp,
    ) -> Self {
        let mut fields = Fields::default();
        for (known, name, value) in head.fields.iter() {
            let of_its_way = known == Known::ContentLength || name.eq_ignore_ascii_case(b"age");
            if !of_its_way {
                fields.push(name, value);
            }
        }
        let vary = vary(&fields).map(|name| (name.to_vec(), values(request, name))).collect();
        let groups = groups.to_vec();
        Entry { status: head.status, fields, body: Bytes::new(), life, since: now, vary, groups }
    }

    /// Tells whether it answers a request with these fields.
    pub(super) fn suits(&self, request: &Fields, groups: &[String]) -> bool {
        self.groups == groups && self.vary.iter().all(|(name, value)| values(request, name) == *value)
    }

    pub(crate) fn age(&self, now: Timestamp) -> Duration {
        self.life.age + now.since(self.since)
    }

    /// For how much longer it answers a request that says this without being asked about; `None`: not any more.
    pub(crate) fn left(&self, request: &Control, now: Timestamp) -> Option<Duration> {
        let age = self.age(now);
        let fits = request.oldest().is_none_or(|oldest| age <= oldest);
        let left = self.life.fresh.checked_sub(age).filter(|left| !left.is_zero());
        left.filter(|_| fits && !request.no_cache && !self.life.no_cache)
    }

    pub(crate) fn may_serve_stale(&self, now: Timestamp) -> bool {
        self.age(now) < self.life.fresh + self.life.stale_if_error
    }

    /// The conditions by which the service is asked whether it still holds.
    pub(crate) fn validators(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        let of = |field: &str, condition| Some((condition, self.fields.get(field)?));
        [of("etag", "if-none-match"), of("last-modified", "if-modified-since")].into_iter().flatten()
    }

    /// The same after the service has said that it holds (RFC 9111 §4.3.4).
    pub(crate) fn freshened(&self, said: &ResponseHead, life: Life, now: Timestamp) -> Entry {
        let mut fields = self.fields.clone();
        let new = |name: &[u8]| {
            said.fields.iter().any(|(_, n, _)| n.eq_ignore_ascii_case(name)) && !name.starts_with(b"content-")
        };
        fields.drop_where(|_, name| new(&name.to_ascii_lowercase()));
        for (_, name, value) in said.fields.iter().filter(|(_, name, _)| new(&name.to_ascii_lowercase())) {
            fields.push(name, value);
        }
        Entry {
            status: self.status,
            fields,
            body: self.body.clone(),
            life,
            since: now,
            vary: self.vary.clone(),
            groups: self.groups.clone(),
        }
    }

    /// About what it takes in memory, in bytes.
    pub(super) fn size(&self) -> u64 {
        (self.fields.bytes().len() + self.body.len() + 512) as u64
    }

    /// Tells whether the client has it already (RFC 9110 §13.2.2).
    pub(crate) fn is_known_to(&self, conditions: &Conditions) -> bool {
        match (&conditions.none_match, conditions.modified_since) {
            (Some(tags), _) => {
                let bare = |tag: &[u8]| tag.strip_prefix(b"W/").unwrap_or(tag).to_vec();
                let own = self.fields.get("etag").map(bare);
                list(tags).any(|tag| tag == b"*" || Some(bare(tag)) == own)
            }
            (None, Some(since)) => {
                self.fields.get("last-modified").and_then(moment).is_some_and(|modified| modified <= since)
            }
            (None, None) => false,
        }
    }
}

/// What a client has already.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    none_match: Option<Vec<u8>>,
    modified_since: Option<Timestamp>,
}

impl Conditions {
    pub(crate) fn of(request: &Fields) -> Self {
        Conditions {
            none_match: request.get("if-none-match").map(<[u8]>::to_vec),
            modified_since: request.get("if-modified-since").and_then(moment),
        }
    }

    pub(crate) fn are_none(&self) -> bool {
        self.none_match.is_none() && self.modified_since.is_none()
    }
}

/// All values of a field in one.
fn values(fields: &Fields, name: &[u8]) -> Vec<u8> {
    let all = fields.iter().filter(|(_, n, _)| n.eq_ignore_ascii_case(name)).map(|(_, _, value)| value);
    all.collect::<Vec<_>>().join(&b","[..])
}
