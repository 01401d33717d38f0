//! One record per request: what the gateway tells telemetry.
//!
//! Records travel in batches of bytes of a fixed layout, little-endian, so that writing one costs the data plane a copy
//! and nothing else. Each record is [`FIXED_LEN`] bytes, then `target_len` bytes of target; when the highest bit of that length is
//! set, `Referer` and `User-Agent` follow, each behind its length of two bytes.

use std::net::{IpAddr, Ipv6Addr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::snapshot::{CallerId, FunctionId, RouteId, ServiceId};
use crate::units::Timestamp;

/// Bytes of a record without its target.
pub const FIXED_LEN: usize = 112;
/// A longer target is cut here, at a character's end.
pub const MAX_TARGET: usize = 1024;
/// A longer `Referer` or `User-Agent` is cut here.
pub const MAX_AGENT: usize = 512;
/// In the length of the target: an [`Agent`] stands behind it.
const WITH_AGENT: u16 = 1 << 15;

/// Whose fault it is that a request was not answered well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Fault {
    /// Nobody's: it was answered, and not with 5xx.
    #[default]
    None = 0,
    /// The client's: a bad request, a limit exceeded, gone before the end.
    Client = 1,
    /// The service's: 5xx, no answer in time, a broken answer, no connection.
    Service = 2,
    /// naru's or the machine's: no ready instance in time, queue full, out of descriptors.
    Platform = 3,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[repr(u8)]
pub enum Method {
    Get = 0,
    Head = 1,
    Post = 2,
    Put = 3,
    Delete = 4,
    Connect = 5,
    Options = 6,
    Trace = 7,
    Patch = 8,
    #[default]
    Other = 9,
}

/// The life of one request in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord<'a> {
    /// When its first byte was read.
    pub start: Timestamp,
    /// 0: no route matched.
    pub route: RouteId,
    pub function: FunctionId,
    /// 0: none was chosen.
    pub service: ServiceId,
    /// The instance that answered, or was last tried; both 0: none.
    pub revision: u32,
    pub ordinal: u32,
    /// The client, behind trusted proxies if there are any.
    pub client: IpAddr,
    /// A hash of what tells users apart ([`crate::platform::UserKey`]), the same in every gateway; 0: none was taken.
    pub user: u64,
    /// The registered client that was recognised.
    pub caller: CallerId,
    pub method: Method,
    /// 10, 11 or 20.
    pub protocol: u8,
    /// As the client got it; 0 when the client was gone before a head was sent.
    pub status: u16,
    pub fault: Fault,
    /// How often it was sent to an instance.
    pub attempts: u8,
    /// Body bytes from the client.
    pub bytes_in: u64,
    /// Body bytes to the client.
    pub bytes_out: u64,
    /// Microseconds spent waiting for a place or a ready instance.
    pub waiting_us: u32,
    /// Microseconds spent connecting; 0 when a pooled connection was used.
    pub connecting_us: u32,
    /// Microseconds from the request sent to the head of the response.
    pub upstream_us: u32,
    /// Microseconds from its first byte to the response's last.
    pub whole_us: u32,
    /// From `traceparent`, or made by the gateway (W3C Trace Context).
    pub trace_id: [u8; 16],
    /// Path and query as the client sent them.
    pub target: &'a str,
}

/// What the client says of itself, as far as the access log has a place for it: as it came, in any encoding. Empty: nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Agent<'a> {
    pub referer: &'a [u8],
    pub user_agent: &'a [u8],
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("a record batch ends in the middle of a record: {0} bytes left")]
    Truncated(usize),
    #[error("a record batch has {value} where {field} should be")]
    BadField { field: &'static str, value: u16 },
    #[error("a record's target is not UTF-8")]
    BadTarget,
}

impl RequestRecord<'_> {
    /// Appends the record to a batch. A target over [`MAX_TARGET`] bytes is cut.
    pub fn encode(&self, batch: &mut Vec<u8>) {
        self.encode_head(0, batch);
    }

    /// As [`RequestRecord::encode`], with what the client says of itself; cut at [`MAX_AGENT`] bytes each.
    pub fn encode_with(&self, agent: Agent<'_>, batch: &mut Vec<u8>) {
        self.encode_head(WITH_AGENT, batch);
        for text in [agent.referer, agent.user_agent] {
            let text = &text[..text.len().min(MAX_AGENT)];
            batch.extend_from_slice(&(text.len() as u16).to_le_bytes());
            batch.extend_from_slice(text);
        }
    }

    fn encode_head(&self, with: u16, batch: &mut Vec<u8>) {
        let target = &self.target[..self.target.floor_char_boundary(MAX_TARGET)];
        let client = match self.client {
            IpAddr::V4(v4) => v4.to_ipv6_mapped(),
            IpAddr::V6(v6) => v6,
        };
        // Into an array first: one check for room instead of twenty.
        let mut fixed = [0; FIXED_LEN];
        let mut at = 0;
        let mut put = |bytes: &[u8]| {
            fixed[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        };
        put(&self.start.0.to_le_bytes());
        for number in [self.route.0, self.function.0, self.service.0, self.revision, self.ordinal] {
            put(&number.to_le_bytes());
        }
        put(&client.octets());
        put(&self.trace_id);
        put(&self.user.to_le_bytes());
        put(&self.bytes_in.to_le_bytes());
        put(&self.bytes_out.to_le_bytes());
        for micros in [self.waiting_us, self.connecting_us, self.upstream_us, self.whole_us] {
            put(&micros.to_le_bytes());
        }
        put(&self.status.to_le_bytes());
        put(&(target.len() as u16 | with).to_le_bytes());
        put(&[self.method as u8, self.protocol, self.fault as u8, self.attempts]);
        put(&self.caller.0.to_le_bytes());
        batch.reserve(FIXED_LEN + target.len());
        batch.extend_from_slice(&fixed);
        batch.extend_from_slice(target.as_bytes());
    }

    /// Takes the first record off a batch.
    ///
    /// # Errors
    /// The batch is cut short or no batch at all; what is left of it is of no use.
    pub fn decode<'b>(batch: &mut &'b [u8]) -> Result<RequestRecord<'b>, Error> {
        RequestRecord::decode_with(batch).map(|(record, _)| record)
    }

    /// As [`RequestRecord::decode`], with what the client says of itself; `None`: the record does not carry it.
    ///
    /// # Errors
    /// As there.
    pub fn decode_with<'b>(batch: &mut &'b [u8]) -> Result<(RequestRecord<'b>, Option<Agent<'b>>), Error> {
        let mut input = Input(batch);
        let start = Timestamp(u64::from_le_bytes(input.take()?));
        let [route, function, service, revision, ordinal] = input.numbers()?;
        let client = Ipv6Addr::from(input.take::<16>()?).to_canonical();
        let trace_id = input.take()?;
        let user = u64::from_le_bytes(input.take()?);
        let bytes_in = u64::from_le_bytes(input.take()?);
        let bytes_out = u64::from_le_bytes(input.take()?);
        let [waiting_us, connecting_us, upstream_us, whole_us] = input.numbers()?;
        let status = u16::from_le_bytes(input.take()?);
        let target_len = u16::from_le_bytes(input.take()?);
        let [method, protocol, fault, attempts] = input.take()?;
        let [caller] = input.numbers()?;
        let target = input.bytes(usize::from(target_len & !WITH_AGENT))?;
        let agent = if target_len & WITH_AGENT == 0 {
            None
        } else {
            Some(Agent { referer: input.text()?, user_agent: input.text()? })
        };
        let record = RequestRecord {
            start,
            route: RouteId(route),
            function: FunctionId(function),
            service: ServiceId(service),
            revision,
            ordinal,
            client,
            user,
            caller: CallerId(caller),
            method: Method::from_number(method)?,
            protocol,
            status,
            fault: Fault::from_number(fault)?,
            attempts,
            bytes_in,
            bytes_out,
            waiting_us,
            connecting_us,
            upstream_us,
            whole_us,
            trace_id,
            target: std::str::from_utf8(target).map_err(|_| Error::BadTarget)?,
        };
        *batch = input.0;
        Ok((record, agent))
    }
}

/// What is left of a batch.
struct Input<'b>(&'b [u8]);

impl<'b> Input<'b> {
    fn bytes(&mut self, len: usize) -> Result<&'b [u8], Error> {
        let (head, tail) = self.0.split_at_checked(len).ok_or(Error::Truncated(self.0.len()))?;
        self.0 = tail;
        Ok(head)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (head, tail) = self.0.split_first_chunk::<N>().ok_or(Error::Truncated(self.0.len()))?;
        self.0 = tail;
        Ok(*head)
    }

    /// Bytes behind their length.
    fn text(&mut self) -> Result<&'b [u8], Error> {
        let len = u16::from_le_bytes(self.take()?);
        self.bytes(usize::from(len))
    }

    fn numbers<const N: usize>(&mut self) -> Result<[u32; N], Error> {
        let mut numbers = [0; N];
        for number in &mut numbers {
            *number = u32::from_le_bytes(self.take()?);
        }
        Ok(numbers)
    }
}

impl Fault {
    fn from_number(number: u8) -> Result<Fault, Error> {
        [Fault::None, Fault::Client, Fault::Service, Fault::Platform]
            .get(usize::from(number))
            .copied()
            .ok_or(Error::BadField { field: "a fault", value: number.into() })
    }
}

impl Method {
    const ALL: [(&'static str, Method); 9] = [
        ("GET", Method::Get),
        ("HEAD", Method::Head),
        ("POST", Method::Post),
        ("PUT", Method::Put),
        ("DELETE", Method::Delete),
        ("CONNECT", Method::Connect),
        ("OPTIONS", Method::Options),
        ("TRACE", Method::Trace),
        ("PATCH", Method::Patch),
    ];

    /// Returns the method of this name; any other is [`Method::Other`].
    pub fn from_name(name: &[u8]) -> Method {
        Self::ALL.iter().find(|(known, _)| known.as_bytes() == name).map_or(Method::Other, |(_, m)| *m)
    }

    pub fn as_str(self) -> &'static str {
        Self::ALL.get(self as usize).map_or("OTHER", |(name, _)| name)
    }

    /// Tells whether sending it twice means no more than sending it once. Source: RFC 9110 §9.2.2.
    pub fn is_idempotent(self) -> bool {
        !matches!(self, Method::Post | Method::Patch | Method::Connect | Method::Other)
    }

    fn from_number(number: u8) -> Result<Method, Error> {
        match number {
            9 => Ok(Method::Other),
            _ => Self::ALL
                .get(usize::from(number))
                .map(|(_, method)| *method)
                .ok_or(Error::BadField { field: "a method", value: number.into() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(target: &str) -> RequestRecord<'_> {
        RequestRecord {
            start: Timestamp(1_790_000_000_000_000),
            route: RouteId(1),
            function: FunctionId(2),
            service: ServiceId(3),
            revision: 4,
            ordinal: 5,
            client: "192.0.2.7".parse().unwrap(),
            user: 8,
            caller: CallerId(9),
            method: Method::Post,
            protocol: 20,
            status: 503,
            fault: Fault::Platform,
            attempts: 2,
            bytes_in: 1,
            bytes_out: 2,
            waiting_us: 3,
            connecting_us: 4,
            upstream_us: 5,
            whole_us: 6,
            trace_id: [7; 16],
            target,
        }
    }

    #[test]
    fn a_batch_reads_back_as_it_was_written() {
        let mut batch = Vec::new();
        record("/예약?a=1").encode(&mut batch);
        record("").encode(&mut batch);
        assert_eq!(batch.len(), 2 * FIXED_LEN + "/예약?a=1".len());
        let mut rest = batch.as_slice();
        assert_eq!(RequestRecord::decode(&mut rest), Ok(record("/예약?a=1")));
        assert_eq!(RequestRecord::decode(&mut rest), Ok(record("")));
        assert!(rest.is_empty());
    }

    #[test]
    fn what_a_client_says_of_itself_goes_along_when_it_is_asked_for() {
        let agent = Agent { referer: b"https://www.example.go.kr/", user_agent: &[0xb0, 0xa1].repeat(300) };
        let mut batch = Vec::new();
        record("/a").encode_with(agent, &mut batch);
        record("/b").encode(&mut batch);
        let mut rest = batch.as_slice();
        let cut = Agent { user_agent: &agent.user_agent[..MAX_AGENT], ..agent };
        assert_eq!(RequestRecord::decode_with(&mut rest), Ok((record("/a"), Some(cut))));
        assert_eq!(RequestRecord::decode_with(&mut rest), Ok((record("/b"), None)));
        assert!(rest.is_empty());
        let mut rest = batch.as_slice();
        assert_eq!(RequestRecord::decode(&mut rest), Ok(record("/a")));
        assert_eq!(RequestRecord::decode(&mut rest), Ok(record("/b")));
    }

    #[test]
    fn a_long_target_is_cut_at_a_characters_end() {
        let long = "가".repeat(1000);
        let mut batch = Vec::new();
        record(&long).encode(&mut batch);
        let decoded = RequestRecord::decode(&mut batch.as_slice()).map(|r| r.target.len());
        assert_eq!(decoded, Ok(1023));
    }

    proptest! {
        #[test]
        fn whatever_the_bytes_decode_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut rest = bytes.as_slice();
            while !rest.is_empty() && RequestRecord::decode(&mut rest).is_ok() {}
        }
    }
}
