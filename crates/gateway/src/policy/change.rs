//! Header fields and query parameters that a route sets, removes and renames.

use std::borrow::Cow;

use naru_model::policy;

use crate::head::{Fields, Known, is_field_name, is_field_value};

/// A [`policy::Change`] without what HTTP does not allow, so that nothing need be looked at again per message.
#[derive(Debug, Default)]
pub(crate) struct Change {
    set: Vec<(String, String)>,
    remove: Vec<String>,
    rename: Vec<(String, String)>,
    set_query: Vec<(String, String)>,
    remove_query: Vec<String>,
    rename_query: Vec<(String, String)>,
}

impl Change {
    /// Fields that frame a message, or are the gateway's own, are nobody's to change.
    pub(crate) fn new(policy: &policy::Change) -> Self {
        let may = |name: &str| {
            let known = Known::of(name.as_bytes());
            is_field_name(name.as_bytes()) && !known.is_for_this_hop() && known != Known::ContentLength
        };
        let lower = |name: &String| name.to_ascii_lowercase();
        let set = policy.set.iter().filter(|(name, value)| may(name) && is_field_value(value.as_bytes()));
        let not_host = |name: &str| !name.eq_ignore_ascii_case("host");
        let renamed = |(from, to): &&(String, String)| may(from) && may(to) && not_host(from) && not_host(to);
        Change {
            set: set.map(|(name, value)| (lower(name), value.clone())).collect(),
            remove: policy.remove.iter().filter(|name| may(name) && not_host(name)).map(lower).collect(),
            rename: policy.rename.iter().filter(renamed).map(|(from, to)| (lower(from), lower(to))).collect(),
            set_query: policy.set_query.clone(),
            remove_query: policy.remove_query.clone(),
            rename_query: policy.rename_query.clone(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.remove.is_empty() && self.rename.is_empty() && !self.changes_query()
    }

    pub(crate) fn changes_query(&self) -> bool {
        !(self.set_query.is_empty() && self.remove_query.is_empty() && self.rename_query.is_empty())
    }

    /// What `Host` becomes.
    pub(crate) fn host(&self) -> Option<&str> {
        self.set.iter().find(|(name, _)| name == "host").map(|(_, value)| value.as_str())
    }

    /// Renames, then removes, then sets. `Host` is left to whoever knows what hangs on it.
    pub(crate) fn apply(&self, fields: &mut Fields) {
        for (from, to) in &self.rename {
            let named = |name: &[u8]| name.eq_ignore_ascii_case(from.as_bytes());
            let values: Vec<Vec<u8>> = fields
                .iter()
                .filter(|(_, name, _)| named(name))
                .map(|(_, _, value)| value.to_vec())
                .collect();
            if !values.is_empty() {
                fields.drop_where(|_, name| named(name) || name.eq_ignore_ascii_case(to.as_bytes()));
                values.iter().for_each(|value| fields.push(to.as_bytes(), value));
            }
        }
        let set = self.set.iter().filter(|(name, _)| name != "host");
        let gone = |name: &[u8]| {
            let is = |n: &String| name.eq_ignore_ascii_case(n.as_bytes());
            self.remove.iter().any(is) || self.set.iter().any(|(n, _)| n != "host" && is(n))
        };
        if !(self.remove.is_empty() && self.set.is_empty()) {
            fields.drop_where(|_, name| gone(name));
        }
        set.for_each(|(name, value)| fields.push(name.as_bytes(), value.as_bytes()));
    }

    /// The query afterwards; `None`: there is none any more. What stays, stays as it was written.
    pub(crate) fn query(&self, query: Option<&str>) -> Option<String> {
        let mut changed = String::with_capacity(query.map_or(0, str::len) + 64);
        let mut push = |pair: &[&str]| {
            if !changed.is_empty() {
                changed.push('&');
            }
            pair.iter().for_each(|part| changed.push_str(part));
        };
        for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = match pair.find('=') {
                Some(at) => pair.split_at(at),
                None => (pair, ""),
            };
            let is = |wanted: &str| crate::route::decoded(name).eq(wanted.bytes());
            if self.remove_query.iter().any(|n| is(n)) || self.set_query.iter().any(|(n, _)| is(n)) {
                continue;
            }
            match self.rename_query.iter().find(|(from, _)| is(from)) {
                Some((_, to)) => push(&[&encoded(to), value]),
                None => push(&[pair]),
            }
        }
        for (name, value) in &self.set_query {
            push(&[&encoded(name), "=", &encoded(value)]);
        }
        (!changed.is_empty()).then_some(changed)
    }
}

/// Text as a query has it. Source: RFC 3986 §2.3, everything but unreserved characters is escaped.
fn encoded(text: &str) -> Cow<'_, str> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    if text.bytes().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        match byte {
            byte if plain(byte) => out.push(byte as char),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn fields_are_renamed_removed_and_set() {
        let change = Change::new(&policy::Change {
            set: pairs(&[("X-Set", "new"), ("content-length", "7"), ("bad", "a\r\nb: c"), ("b d", "x")]),
            remove: vec!["gone".into(), "host".into()],
            rename: pairs(&[("from", "to"), ("absent", "kept")]),
            ..policy::Change::default()
        });
        let mut fields = Fields::default();
        let sent = [
            ("Host", "a"),
            ("From", "1"),
            ("FROM", "2"),
            ("To", "0"),
            ("Gone", ""),
            ("x-set", "old"),
            ("kept", "k"),
        ];
        sent.iter().for_each(|(name, value)| fields.push(name.as_bytes(), value.as_bytes()));
        change.apply(&mut fields);
        let mut out = Vec::new();
        fields.write_lines(&mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "Host: a\r\nkept: k\r\nto: 1\r\nto: 2\r\nx-set: new\r\n");
    }

    #[test]
    fn a_query_keeps_what_is_not_spoken_of() {
        let change = Change::new(&policy::Change {
            set_query: pairs(&[("key", "가 &")]),
            remove_query: vec!["a b".into()],
            rename_query: pairs(&[("old", "new")]),
            ..policy::Change::default()
        });
        let query = |query| change.query(query);
        assert_eq!(
            query(Some("x=%31&&old=%20y&a+b=1&old&a%20b")).unwrap(),
            "x=%31&new=%20y&new&key=%EA%B0%80%20%26"
        );
        assert_eq!(query(None).unwrap(), "key=%EA%B0%80%20%26");
        let removed = Change { remove_query: vec!["a".into()], ..Change::default() };
        assert_eq!(removed.query(Some("a=1")), None);
    }
}
