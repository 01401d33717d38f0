//! Reads the protobuf of OTLP where it lies: nothing is copied but what is kept.

pub(crate) mod json;
pub(crate) mod logs;
pub(crate) mod metrics;
pub(crate) mod points;
pub(crate) mod protobuf;
pub(crate) mod resource;
pub(crate) mod spans;
pub(crate) mod value;

pub(crate) use protobuf::Malformed;

/// What of a request was refused, and the reason that came first.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) count: u64,
    pub(crate) why: Option<&'static str>,
}

impl Refused {
    pub(crate) fn add(&mut self, count: u64, why: &'static str) {
        self.count += count;
        self.why.get_or_insert(why);
    }
}

/// An id of exactly so many bytes that are not all zero, as OTLP wants them.
pub(crate) fn id<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok().filter(|id| *id != [0; N])
}

/// Nanoseconds since 1970 as microseconds.
pub(crate) fn micros(nanos: u64) -> naru_model::units::Timestamp {
    naru_model::units::Timestamp(nanos / 1000)
}

#[cfg(test)]
mod tests;
