//! Who asks, and what the request is called: `Forwarded`, `X-Forwarded-*`, `traceparent`, `X-Request-Id`. What strangers
//! say of themselves is replaced; trusted proxies are continued.
//!
//! Here also end the fields that were meant for this connection only.

use naru_model::record::MAX_AGENT;

use super::{Client, Exchange};
use crate::forwarded::{client, forwarded_node, plain_node};
use crate::head::{Fields, Known, Lines, RequestHead};
use crate::http1::request::list;
use crate::random::Random;
use crate::trace::{digits, trace_id};
use crate::user::hash_user;

/// A longer id from outside is replaced, in bytes.
const MAX_REQUEST_ID: usize = 128;

impl<C: Client> Exchange<'_, C> {
    pub(super) fn identify(&mut self) {
        let request = &mut self.scratch.request;
        let added = &mut self.scratch.added;
        added.clear();
        end_hop(&mut request.fields);
        let origin = self.client.origin();
        self.story.client = origin.peer;
        if self.table.trusts(origin.peer) {
            self.story.client = self.table_client(origin.peer);
            continue_forwarded(&mut self.scratch.request, &mut self.scratch.added, self.client.origin());
        } else {
            replace_forwarded(request, added, origin);
        }
        if !self.table.silent {
            self.story.user = hash_user(&self.table.user, &self.scratch.request.fields, self.story.client);
        }
        if self.table.agents {
            self.note_agent();
        }
        let request = &mut self.scratch.request;
        self.story.trace_id = trace(&mut request.fields, &mut self.scratch.added);
        request_id(&mut request.fields, &mut self.scratch.added, &mut self.story);
    }

    /// Before a policy changes or removes them.
    fn note_agent(&mut self) {
        for (kept, name) in self.scratch.agent.iter_mut().zip(["referer", "user-agent"]) {
            kept.clear();
            let said = self.scratch.request.fields.get(name).unwrap_or_default();
            kept.extend_from_slice(&said[..said.len().min(MAX_AGENT)]);
        }
    }

    fn table_client(&self, peer: std::net::IpAddr) -> std::net::IpAddr {
        let fields = &self.scratch.request.fields;
        let values = |known| fields.values(known).collect::<Vec<_>>();
        let trusts = |address| self.table.trusts(address);
        let forwarded = values(Known::Forwarded);
        if forwarded.is_empty() {
            client(values(Known::XForwardedFor).into_iter(), plain_node, peer, trusts)
        } else {
            client(forwarded.into_iter(), forwarded_node, peer, trusts)
        }
    }
}

/// Drops what does not travel on, and what `Connection` says does not. Source: RFC 9110 §7.6.1.
pub(super) fn end_hop(fields: &mut Fields) {
    let mut named: Vec<Vec<u8>> = Vec::new();
    let names_a_field = |option: &[u8]| {
        let usual: [&[u8]; 3] = [b"keep-alive", b"close", b"upgrade"];
        !usual.iter().any(|usual| option.eq_ignore_ascii_case(usual))
    };
    for value in fields.values(Known::Connection).filter(|value| names_a_field(value)) {
        named.extend(list(value).filter(|option| names_a_field(option)).map(<[u8]>::to_vec));
    }
    fields.drop_where(|known, name| {
        // Host and the length are no one's to take away, whatever Connection says.
        let essential = matches!(known, Known::Host | Known::ContentLength);
        known.is_for_this_hop() || (!essential && named.iter().any(|n| n.eq_ignore_ascii_case(name)))
    });
}

fn is_forwarded(known: Known) -> bool {
    matches!(known, Known::Forwarded | Known::XForwardedFor | Known::XForwardedProto | Known::XForwardedHost)
}

fn replace_forwarded(request: &mut RequestHead, added: &mut Lines, origin: &super::Origin) {
    request.fields.drop_where(|known, _| is_forwarded(known));
    added.append(&origin.lines);
    let host = request.authority_bytes();
    if !host.is_empty() {
        added.push("x-forwarded-host", &[host]);
        added.push("forwarded", &[origin.forwarded.as_bytes(), b";host=\"", host, b"\""]);
    } else {
        added.push("forwarded", &[origin.forwarded.as_bytes()]);
    }
}

/// The peer is a proxy: what it says stands, and the peer itself is added to it.
fn continue_forwarded(request: &mut RequestHead, added: &mut Lines, origin: &super::Origin) {
    let peer = origin.peer.to_string();
    let joined = |known| {
        let mut value = Vec::new();
        for part in request.fields.values(known) {
            value.extend_from_slice(part);
            value.extend_from_slice(b", ");
        }
        value
    };
    added.push("x-forwarded-for", &[&joined(Known::XForwardedFor), peer.as_bytes()]);
    added.push("forwarded", &[&joined(Known::Forwarded), origin.forwarded.as_bytes()]);
    if request.fields.values(Known::XForwardedProto).next().is_none() {
        added.push("x-forwarded-proto", &[origin.proto.as_bytes()]);
    }
    let host = request.authority_bytes();
    if request.fields.values(Known::XForwardedHost).next().is_none() && !host.is_empty() {
        added.push("x-forwarded-host", &[host]);
    }
    request.fields.drop_where(|known, _| matches!(known, Known::Forwarded | Known::XForwardedFor));
}

/// Continues the trace, or begins one. The parent stays as it came: the gateway records the request under its trace, and
/// has no span of its own that a service's span could hang from.
fn trace(fields: &mut Fields, added: &mut Lines) -> [u8; 16] {
    let mut found = fields.values(Known::Traceparent);
    if let (Some(only), None) = (found.next(), found.next())
        && let Some(id) = trace_id(only)
    {
        return id;
    }
    drop(found);
    fields.drop_where(|known, _| matches!(known, Known::Traceparent | Known::Tracestate));
    let (high, low, span) =
        Random::with(|random| (random.next(), random.next().max(1), random.next().max(1)));
    added.push("traceparent", &[b"00-", &digits(high), &digits(low), b"-", &digits(span), b"-01"]);
    (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
}

/// Keeps the id that came, or names the request by its trace, so that one leads to the other.
fn request_id(fields: &mut Fields, added: &mut Lines, story: &mut super::Story) {
    let plain =
        |id: &[u8]| !id.is_empty() && id.len() <= MAX_REQUEST_ID && id.iter().all(u8::is_ascii_graphic);
    let mut found = fields.values(Known::XRequestId);
    if let (Some(id), None) = (found.next(), found.next())
        && plain(id)
    {
        return;
    }
    drop(found);
    fields.drop_where(|known, _| known == Known::XRequestId);
    let [high, low] = halves(story.trace_id);
    added.push("x-request-id", &[&digits(high), &digits(low)]);
}

/// The trace id as two numbers.
pub(super) fn halves(id: [u8; 16]) -> [u64; 2] {
    let whole = u128::from_be_bytes(id);
    [(whole >> 64) as u64, whole as u64]
}

/// The request's id, for messages.
pub(super) fn id_of(fields: &Fields, trace_id: [u8; 16]) -> String {
    match fields.values(Known::XRequestId).next() {
        Some(id) => String::from_utf8_lossy(id).into_owned(),
        None => format!("{:032x}", u128::from_be_bytes(trace_id)),
    }
}
