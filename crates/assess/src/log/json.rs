//! JSON lines: one object a line, flat or nested, with the names that web servers, proxies and log shippers usually give.

use std::collections::HashMap;
use std::fmt::Write;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::findings::BrokenReason;
use super::line::{Line, Unit, bytes, micros, without_port};
use super::time::{Clock, TimeFormat};

/// What a key's value says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Time,
    Address,
    Forwarded,
    User,
    Request,
    Method,
    Target,
    Status,
    Bytes,
    Agent,
    /// Unit unknown until looked at.
    Duration,
}

const ROLES: usize = Role::Duration as usize + 1;

/// Names of keys without case, `_`, `-` and `@`; a nested key is joined by points. Sources: nginx and Apache in their variables'
/// names, Elastic Common Schema, Caddy, Traefik, Envoy, Google Cloud, Spring and Tomcat's JsonAccessLogValve.
const NAMES: &[(Role, &[&str])] = &[
    (
        Role::Time,
        &[
            "time",
            "timestamp",
            "ts",
            "timelocal",
            "timeiso8601",
            "msec",
            "date",
            "datetime",
            "startutc",
            "starttime",
            "eventtime",
            "requestreceivedat",
        ],
    ),
    (
        Role::Address,
        &[
            "remoteaddr",
            "clientip",
            "ip",
            "remoteip",
            "source.address",
            "source.ip",
            "client.ip",
            "client.address",
            "clienthost",
            "remotehost",
            "clientaddr",
            "clientaddress",
            "client",
            "cip",
            "host",
            "downstreamremoteaddress",
            "httprequest.remoteip",
        ],
    ),
    (Role::Forwarded, &["xforwardedfor", "httpxforwardedfor", "xff", "realip", "xrealip"]),
    (Role::User, &["remoteuser", "user", "username", "user.name", "userid", "clientusername"]),
    (Role::Request, &["request", "requestline", "firstline", "requestfirstline"]),
    (
        Role::Method,
        &[
            "method",
            "requestmethod",
            "httpmethod",
            "verb",
            "http.request.method",
            "request.method",
            "httprequest.requestmethod",
        ],
    ),
    (
        Role::Target,
        &[
            "uri",
            "requesturi",
            "url",
            "path",
            "url.original",
            "url.path",
            "request.uri",
            "request.url",
            "requestpath",
            "target",
            "requesttarget",
            "originalpath",
            "xenvoyoriginalpath",
            "httprequest.requesturl",
        ],
    ),
    (
        Role::Status,
        &[
            "status",
            "statuscode",
            "response",
            "http.response.statuscode",
            "response.status",
            "downstreamstatus",
            "responsecode",
            "originstatus",
            "httpstatus",
            "code",
        ],
    ),
    (
        Role::Bytes,
        &[
            "bytes",
            "bodybytessent",
            "bytessent",
            "size",
            "http.response.body.bytes",
            "http.response.bytes",
            "downstreamcontentsize",
            "responsesize",
            "contentlength",
            "length",
            "httprequest.responsesize",
        ],
    ),
    (
        Role::Agent,
        &[
            "useragent",
            "httpuseragent",
            "agent",
            "useragent.original",
            "headers.useragent",
            "requestuseragent",
            "httprequest.useragent",
            "ua",
        ],
    ),
    (
        Role::Duration,
        &[
            "requesttime",
            "duration",
            "responsetime",
            "latency",
            "elapsed",
            "elapsedtime",
            "took",
            "timetaken",
            "processingtime",
            "event.duration",
            "upstreamresponsetime",
            "requestduration",
            "durationms",
            "elapsedms",
            "responsetimems",
            "latencyms",
            "tookms",
            "durationus",
            "durationns",
            "durations",
            "durationseconds",
            "latencyus",
            "latencyseconds",
            "httprequest.latency",
        ],
    ),
];

/// Which keys say what.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    known: HashMap<String, Role>,
    /// Of response times whose key names none.
    pub(super) unit: Option<Unit>,
}

/// A key's name as it is compared.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | '@')).flat_map(char::to_lowercase).collect()
}

impl Keys {
    /// The usual names, and those of `given`: pairs of what it says (`time`, `address`, `user`, `request`, `method`, `target`,
    /// `status`, `bytes`, `agent`, `duration`) and its key.
    ///
    /// # Errors
    /// The word that names nothing.
    pub fn new(given: &[(String, String)]) -> Result<Keys, String> {
        let mut known = HashMap::new();
        for (role, names) in NAMES {
            known.extend(names.iter().map(|name| ((*name).to_owned(), *role)));
        }
        for (what, key) in given {
            let role = match what.as_str() {
                "time" => Role::Time,
                "address" => Role::Address,
                "user" => Role::User,
                "request" => Role::Request,
                "method" => Role::Method,
                "target" => Role::Target,
                "status" => Role::Status,
                "bytes" => Role::Bytes,
                "agent" => Role::Agent,
                "duration" => Role::Duration,
                other => return Err(other.to_owned()),
            };
            known.retain(|_, other| *other != role);
            known.insert(plain(key), role);
        }
        Ok(Keys { known, unit: None })
    }

    /// The role of a key, and how sure that is: 2 by its whole name, 1 by the end of it.
    fn role(&self, path: &str) -> Option<(Role, u8)> {
        let name = plain(path);
        if let Some(role) = self.known.get(&name) {
            return Some((*role, 2));
        }
        let mut rest = name.as_str();
        while let Some((_, behind)) = rest.split_once('.') {
            if let Some(role) = self.known.get(behind) {
                return Some((*role, 1));
            }
            rest = behind;
        }
        None
    }
}

/// A value that was found, in a buffer that is used again.
#[derive(Debug, Clone, Default)]
struct Slot {
    text: String,
    sure: u8,
    /// As the key names it.
    unit: Option<Unit>,
}

/// Reads JSON lines.
#[derive(Debug, Clone)]
pub struct Reader {
    keys: Keys,
    /// What each whole path of keys says, so that a name is compared once.
    paths: HashMap<String, Option<(Role, u8)>>,
    path: String,
    slots: [Slot; ROLES],
}

/// Paths remembered: logs with ever new keys are not to fill the memory.
const MAX_PATHS: usize = 4096;

impl Reader {
    pub fn new(keys: Keys) -> Reader {
        Reader { keys, paths: HashMap::new(), path: String::new(), slots: Default::default() }
    }

    /// Reads a line.
    ///
    /// # Errors
    /// Why it is no request.
    pub fn read<'s>(&'s mut self, line: &[u8], clock: &mut Clock) -> Result<Line<'s>, BrokenReason> {
        for slot in &mut self.slots {
            slot.text.clear();
            slot.sure = 0;
            slot.unit = None;
        }
        self.path.clear();
        let mut parser = serde_json::Deserializer::from_slice(line);
        if let Err(error) = (Walk { reader: self }).deserialize(&mut parser).and_then(|()| parser.end()) {
            return Err(if error.is_eof() { BrokenReason::Truncated } else { BrokenReason::Format });
        }
        let slot = |role: Role| self.slots[role as usize].text.as_bytes();
        let mut read = Line {
            address: without_port(slot(Role::Address)),
            agent: slot(Role::Agent),
            bytes: bytes(slot(Role::Bytes)),
            ..Line::default()
        };
        read.forwarded(slot(Role::Forwarded));
        read.user(slot(Role::User));
        read.at = time(slot(Role::Time), clock).ok_or(BrokenReason::Time)?;
        let (method, target) = (slot(Role::Method), slot(Role::Target));
        if target.is_empty() {
            read.request(slot(Role::Request))?;
        } else {
            read.method(if method.is_empty() { b"GET" } else { method })?;
            read.target = target;
        }
        read.status(slot(Role::Status))?;
        let unit = self.slots[Role::Duration as usize].unit.or(self.keys.unit).unwrap_or(Unit::Seconds);
        read.micros = micros(slot(Role::Duration), unit);
        Ok(read)
    }

    /// The response time of the line read last as it was written, when nothing names its unit.
    pub(super) fn bare_duration(&self) -> Option<&str> {
        let slot = &self.slots[Role::Duration as usize];
        (slot.unit.is_none() && !slot.text.is_empty()).then_some(slot.text.as_str())
    }

    fn keep(&mut self, value: std::fmt::Arguments<'_>) {
        let role = match self.paths.get(&self.path) {
            Some(role) => *role,
            None => {
                let role = self.keys.role(&self.path);
                if self.paths.len() < MAX_PATHS {
                    self.paths.insert(self.path.clone(), role);
                }
                role
            }
        };
        let Some((role, sure)) = role else { return };
        let slot = &mut self.slots[role as usize];
        if sure > slot.sure {
            slot.text.clear();
            // Writing into a string cannot fail.
            let _ = slot.text.write_fmt(value);
            slot.sure = sure;
            slot.unit = named_unit(&self.path);
        }
    }
}

/// The unit that a key names: `duration_ms`, `latencySeconds`; ECS and Traefik count nanoseconds.
fn named_unit(path: &str) -> Option<Unit> {
    let name = path.to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if ends(&["_ms", "millis", "elapsedms", "durationms", "tookms", "latencyms", "responsetimems"]) {
        Some(Unit::Millis)
    } else if ends(&["_us", "micros", "durationus", "latencyus"]) {
        Some(Unit::Micros)
    } else if ends(&["_ns", "nanos", "durationns", "event.duration"]) || path == "Duration" {
        Some(Unit::Nanos)
    } else if ends(&["_s", "seconds", "request_time", "upstream_response_time"]) {
        Some(Unit::Seconds)
    } else {
        None
    }
}

fn time(text: &[u8], clock: &mut Clock) -> Option<i64> {
    let text = text.strip_prefix(b"[").and_then(|text| text.strip_suffix(b"]")).unwrap_or(text);
    let format = match text.get(2)? {
        b'/' => TimeFormat::Clf,
        _ if text.get(4) == Some(&b'-') => TimeFormat::Iso,
        _ => TimeFormat::Epoch,
    };
    clock.read(text, &format)
}

/// Walks through a value and keeps what is asked for.
struct Walk<'r> {
    reader: &'r mut Reader,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a line of a log")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.reader.keep(format_args!("{value}"));
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.reader.keep(format_args!("{value}"));
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.reader.keep(format_args!("{value}"));
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.reader.keep(format_args!("{value}"));
        Ok(())
    }

    /// Of a list the first: Caddy lists the values of a header.
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if list.next_element_seed(Walk { reader: self.reader })?.is_some() {
            while list.next_element::<IgnoredAny>()?.is_some() {}
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let outer = self.reader.path.len();
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if outer > 0 {
                self.reader.path.push('.');
            }
            self.reader.path.push_str(&key);
            map.next_value_seed(Walk { reader: self.reader })?;
            self.reader.path.truncate(outer);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
