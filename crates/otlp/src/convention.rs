//! Semantic conventions: the names that several versions of OpenTelemetry gave the same thing, and what they make of a span.
//!
//! Source: semantic conventions 1.37 (<https://opentelemetry.io/docs/specs/semconv/>) and its migration guides for HTTP
//! (1.23), databases (1.33), RPC and messaging. Old names are read as the new ones, and kept as such.

use std::fmt::Write;

use naru_model::span::{SpanKind, Work};

use crate::decode::value::{Any, Object};
use crate::decode::{Malformed, value};

/// What of a span naru knows the meaning of, under its name of today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
enum Key {
    HttpMethod,
    HttpStatus,
    HttpRoute,
    UrlFull,
    UrlPath,
    UrlTemplate,
    DbSystem,
    DbNamespace,
    DbQuery,
    DbSummary,
    DbOperation,
    DbCollection,
    MessagingSystem,
    MessagingDestination,
    RpcSystem,
    RpcService,
    RpcMethod,
    RpcStatus,
    ServerAddress,
    ServerPort,
    ClientAddress,
    ClientPort,
    PeerService,
}

const KEYS: usize = Key::PeerService as usize + 1;

const NAMES: [&str; KEYS] = [
    "http.request.method",
    "http.response.status_code",
    "http.route",
    "url.full",
    "url.path",
    "url.template",
    "db.system.name",
    "db.namespace",
    "db.query.text",
    "db.query.summary",
    "db.operation.name",
    "db.collection.name",
    "messaging.system",
    "messaging.destination.name",
    "rpc.system.name",
    "rpc.service",
    "rpc.method",
    "rpc.response.status_code",
    "server.address",
    "server.port",
    "client.address",
    "client.port",
    "peer.service",
];

/// The names of gRPC's codes, from 0. Source: <https://grpc.io/docs/guides/status-codes/>.
const GRPC_CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// Whether the span is of the side that calls.
fn calls(kind: SpanKind) -> bool {
    matches!(kind, SpanKind::Client | SpanKind::Producer)
}

/// The key that a name stands for, old or new; `net.peer.name` meant the server to who called, and the client to who was.
fn key(name: &str, kind: SpanKind) -> Option<Key> {
    // By the first letter, so that the many names that mean nothing here cost little.
    let key = match name.as_bytes().first()? {
        b'h' => match name {
            "http.request.method" | "http.method" => Key::HttpMethod,
            "http.response.status_code" | "http.status_code" => Key::HttpStatus,
            "http.route" => Key::HttpRoute,
            "http.url" => Key::UrlFull,
            "http.target" => Key::UrlPath,
            "http.client_ip" => Key::ClientAddress,
            "http.host" if calls(kind) => Key::ServerAddress,
            _ => return None,
        },
        b'u' => match name {
            "url.full" => Key::UrlFull,
            "url.path" => Key::UrlPath,
            "url.template" => Key::UrlTemplate,
            _ => return None,
        },
        b'd' => match name {
            "db.system.name" | "db.system" => Key::DbSystem,
            "db.namespace" | "db.name" => Key::DbNamespace,
            "db.query.text" | "db.statement" => Key::DbQuery,
            "db.query.summary" => Key::DbSummary,
            "db.operation.name" | "db.operation" => Key::DbOperation,
            "db.collection.name" | "db.sql.table" | "db.mongodb.collection" | "db.cassandra.table" => {
                Key::DbCollection
            }
            _ => return None,
        },
        b'm' => match name {
            "messaging.system" => Key::MessagingSystem,
            "messaging.destination.name" | "messaging.destination" => Key::MessagingDestination,
            _ => return None,
        },
        b'r' => match name {
            "rpc.system.name" | "rpc.system" => Key::RpcSystem,
            "rpc.service" => Key::RpcService,
            "rpc.method" => Key::RpcMethod,
            "rpc.response.status_code" | "rpc.grpc.status_code" => Key::RpcStatus,
            _ => return None,
        },
        b's' => match name {
            "server.address" => Key::ServerAddress,
            "server.port" => Key::ServerPort,
            _ => return None,
        },
        b'c' => match name {
            "client.address" => Key::ClientAddress,
            "client.port" => Key::ClientPort,
            _ => return None,
        },
        b'n' => match name {
            "net.peer.name" if calls(kind) => Key::ServerAddress,
            "net.peer.port" if calls(kind) => Key::ServerPort,
            "net.peer.name" => Key::ClientAddress,
            "net.peer.port" => Key::ClientPort,
            "net.host.name" => Key::ServerAddress,
            "net.host.port" => Key::ServerPort,
            _ => return None,
        },
        b'p' if name == "peer.service" => Key::PeerService,
        _ => return None,
    };
    Some(key)
}

/// The attributes of one span whose meaning is known.
pub(crate) struct Known<'a> {
    kind: SpanKind,
    values: [Any<'a>; KEYS],
    /// A bit for each that became a field.
    used: u32,
}

/// What the known attributes make of a span; peer and detail are written into texts given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Meaning<'a> {
    pub(crate) work: Work,
    pub(crate) status: u16,
    pub(crate) system: &'a str,
}

impl<'a> Known<'a> {
    pub(crate) fn new(kind: SpanKind) -> Known<'a> {
        Known { kind, values: [Any::None; KEYS], used: 0 }
    }

    /// Takes a KeyValue in when its meaning is known; puts it among the others if not. A name of today wins over an old one.
    pub(crate) fn take(&mut self, message: &'a [u8], others: &mut Object<'_>) -> Result<(), Malformed> {
        let (name, value) = value::pair(message)?;
        match key(name, self.kind) {
            Some(key) => {
                let at = &mut self.values[key as usize];
                if *at == Any::None || name == NAMES[key as usize] {
                    *at = value;
                }
                Ok(())
            }
            None => others.put(name, value),
        }
    }

    fn text(&self, key: Key) -> Option<&'a str> {
        self.values[key as usize].text().filter(|text| !text.is_empty())
    }

    fn mark(&mut self, key: Key) {
        self.used |= 1 << key as u32;
    }

    /// The first of these that is there; it became a field.
    fn first(&mut self, keys: &[Key]) -> Option<&'a str> {
        let (key, text) = keys.iter().find_map(|key| Some((*key, self.text(*key)?)))?;
        self.mark(key);
        Some(text)
    }

    /// Says what the span was for, and writes whom it called and what it did.
    pub(crate) fn meaning(&mut self, peer: &mut String, detail: &mut String) -> Meaning<'a> {
        peer.clear();
        detail.clear();
        let (work, system) = self.work();
        let status = self.status(work);
        if calls(self.kind) {
            self.peer(work, peer);
        }
        self.detail(work, detail);
        Meaning { work, status, system }
    }

    fn work(&mut self) -> (Work, &'a str) {
        // A gRPC or database client may say that it speaks HTTP too.
        let systems = [
            (Key::DbSystem, Work::Database),
            (Key::MessagingSystem, Work::Messaging),
            (Key::RpcSystem, Work::Rpc),
        ];
        for (key, work) in systems {
            if let Some(system) = self.first(&[key]) {
                return (work, system);
            }
        }
        let http = self.values[Key::HttpMethod as usize] != Any::None;
        (if http { Work::Http } else { Work::Other }, "")
    }

    fn status(&mut self, work: Work) -> u16 {
        let key = if work == Work::Rpc { Key::RpcStatus } else { Key::HttpStatus };
        let value = self.values[key as usize];
        let code = |name: &str| GRPC_CODES.iter().position(|code| *code == name).map(|code| code as i64);
        let number = value.whole().or_else(|| value.text().and_then(code));
        let status = number.and_then(|number| u16::try_from(number).ok());
        if status.is_some() {
            self.mark(key);
        }
        status.unwrap_or_default()
    }

    fn peer(&mut self, work: Work, peer: &mut String) {
        let named = match work {
            Work::Database => self.first(&[Key::DbNamespace]),
            Work::Messaging => self.text(Key::MessagingDestination),
            _ => None,
        };
        if let Some(name) = named {
            peer.push_str(name);
        } else if let Some(address) = self.first(&[Key::ServerAddress]) {
            peer.push_str(address);
            let port =
                self.values[Key::ServerPort as usize].whole().and_then(|port| u16::try_from(port).ok());
            if let Some(port) = port {
                self.mark(Key::ServerPort);
                // Ports that a scheme implies are not told apart from none.
                if port != 80 && port != 443 && !has_port(address) {
                    // Writing to a String can't fail.
                    let _ = write!(peer, ":{port}");
                }
            }
        } else if let Some(host) = self.text(Key::UrlFull).and_then(host) {
            peer.push_str(host);
        } else if let Some(name) = self.first(&[Key::PeerService]) {
            peer.push_str(name);
        } else if work == Work::Rpc
            && let Some(service) = self.text(Key::RpcService)
        {
            peer.push_str(service);
        }
    }

    fn detail(&mut self, work: Work, detail: &mut String) {
        let found = match work {
            Work::Http if calls(self.kind) => self.first(&[Key::UrlTemplate, Key::UrlFull, Key::UrlPath]),
            Work::Http => self.first(&[Key::HttpRoute, Key::UrlPath, Key::UrlFull]),
            Work::Database => match self.first(&[Key::DbQuery, Key::DbSummary]) {
                None => return self.joined([Key::DbOperation, Key::DbCollection], ' ', detail),
                found => found,
            },
            Work::Messaging => self.first(&[Key::MessagingDestination]),
            Work::Rpc => return self.joined([Key::RpcService, Key::RpcMethod], '/', detail),
            Work::Other => None,
        };
        detail.push_str(found.unwrap_or_default());
    }

    fn joined(&mut self, keys: [Key; 2], between: char, detail: &mut String) {
        for key in keys {
            if let Some(text) = self.first(&[key]) {
                if !detail.is_empty() {
                    detail.push(between);
                }
                detail.push_str(text);
            }
        }
    }

    /// Puts what did not become a field among the other attributes, under its name of today.
    pub(crate) fn leave(&self, others: &mut Object<'_>) -> Result<(), Malformed> {
        for (at, value) in self.values.iter().enumerate() {
            if *value != Any::None && self.used & (1 << at) == 0 {
                others.put(NAMES[at], *value)?;
            }
        }
        Ok(())
    }
}

fn has_port(address: &str) -> bool {
    address.rsplit_once(':').is_some_and(|(host, port)| !host.contains(':') && port.parse::<u16>().is_ok())
}

/// The host of a URL, with its port when one is written.
fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{AnyValue, KeyValue};
    use prost::Message;

    /// Attributes as `key=value`; a value of digits is a number.
    fn meaning(kind: SpanKind, attributes: &[&str]) -> (Work, u16, String, String, String, String) {
        let pairs: Vec<Vec<u8>> = attributes
            .iter()
            .map(|pair| {
                let (key, value) = pair.split_once('=').unwrap();
                let value = match value.parse() {
                    Ok(number) => AnyValue { int_value: Some(number), ..AnyValue::default() },
                    Err(_) => AnyValue { string_value: Some(value.to_owned()), ..AnyValue::default() },
                };
                KeyValue { key: key.to_owned(), value: Some(value) }.encode_to_vec()
            })
            .collect();
        let mut others = String::new();
        let mut object = Object::begin(&mut others, 1000);
        let mut known = Known::new(kind);
        for pair in &pairs {
            known.take(pair, &mut object).unwrap();
        }
        let (mut peer, mut detail) = (String::new(), String::new());
        let Meaning { work, status, system } = known.meaning(&mut peer, &mut detail);
        known.leave(&mut object).unwrap();
        object.end();
        (work, status, system.to_owned(), peer, detail, others)
    }

    fn is(
        kind: SpanKind,
        attributes: &[&str],
        work: Work,
        status: u16,
        [system, peer, detail, others]: [&str; 4],
    ) {
        let wanted = (work, status, system.to_owned(), peer.to_owned(), detail.to_owned(), others.to_owned());
        assert_eq!(meaning(kind, attributes), wanted, "{attributes:?}");
    }

    #[test]
    fn http_servers_old_and_new_are_the_same() {
        let others =
            r#"{"http.request.method":"GET","url.path":"/a/1","server.address":"h","server.port":80}"#;
        for attributes in [
            [
                "http.request.method=GET",
                "http.response.status_code=404",
                "http.route=/a/{id}",
                "url.path=/a/1",
                "server.address=h",
                "server.port=80",
            ],
            [
                "http.method=GET",
                "http.status_code=404",
                "http.route=/a/{id}",
                "http.target=/a/1",
                "net.host.name=h",
                "net.host.port=80",
            ],
        ] {
            is(SpanKind::Server, &attributes, Work::Http, 404, ["", "", "/a/{id}", others]);
        }
    }

    #[test]
    fn http_clients_say_whom_they_called() {
        let others = r#"{"http.request.method":"GET"}"#;
        for attributes in [
            ["http.request.method=GET", "url.full=http://h:81/x", "server.address=h", "server.port=81"],
            ["http.method=GET", "http.url=http://h:81/x", "net.peer.name=h", "net.peer.port=81"],
        ] {
            is(SpanKind::Client, &attributes, Work::Http, 0, ["", "h:81", "http://h:81/x", others]);
        }
        is(
            SpanKind::Client,
            &["http.method=GET", "http.url=https://u:p@h/x?y"],
            Work::Http,
            0,
            ["", "h", "https://u:p@h/x?y", others],
        );
    }

    #[test]
    fn databases_old_and_new_are_the_same() {
        for attributes in [
            ["db.system.name=h2", "db.namespace=orders", "db.query.text=SELECT 1", "server.address=db"],
            ["db.system=h2", "db.name=orders", "db.statement=SELECT 1", "net.peer.name=db"],
        ] {
            let others = r#"{"server.address":"db"}"#;
            is(SpanKind::Client, &attributes, Work::Database, 0, ["h2", "orders", "SELECT 1", others]);
        }
        let unnamed = ["db.system=redis", "net.peer.name=cache", "net.peer.port=6379", "db.operation=GET"];
        is(SpanKind::Client, &unnamed, Work::Database, 0, ["redis", "cache:6379", "GET", ""]);
    }

    #[test]
    fn messaging_and_rpc_have_a_system_and_a_peer() {
        let sent = ["messaging.system=kafka", "messaging.destination.name=orders"];
        is(SpanKind::Producer, &sent, Work::Messaging, 0, ["kafka", "orders", "orders", ""]);
        is(SpanKind::Consumer, &sent, Work::Messaging, 0, ["kafka", "", "orders", ""]);
        let called = ["rpc.system=grpc", "rpc.service=Library", "rpc.method=Find", "rpc.grpc.status_code=5"];
        is(SpanKind::Client, &called, Work::Rpc, 5, ["grpc", "Library", "Library/Find", ""]);
        let newer = [
            "rpc.system.name=grpc",
            "rpc.method=Library/Find",
            "rpc.response.status_code=UNAVAILABLE",
            "server.address=l",
            "server.port=9",
        ];
        is(SpanKind::Client, &newer, Work::Rpc, 14, ["grpc", "l:9", "Library/Find", ""]);
    }

    #[test]
    fn a_name_of_today_wins_and_what_is_unknown_stays() {
        let both = [
            "http.status_code=500",
            "http.response.status_code=404",
            "http.status_code=500",
            "http.method=GET",
            "my.own=x",
        ];
        is(
            SpanKind::Server,
            &both,
            Work::Http,
            404,
            ["", "", "", r#"{"my.own":"x","http.request.method":"GET"}"#],
        );
        is(
            SpanKind::Internal,
            &["http.status_code=70000", "a=b"],
            Work::Other,
            0,
            ["", "", "", r#"{"a":"b","http.response.status_code":70000}"#],
        );
    }
}
