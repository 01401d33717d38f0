//! OTLP in JSON: read into the messages' types and written as protobuf, so that there is one reader of what they mean.

use prost::Message;
use serde::de::DeserializeOwned;

use crate::intake::Signal;
use crate::message::{ExportLogs, ExportMetrics, ExportTraces};

/// The most objects of one request. The smallest attribute, two objects, takes some thirty bytes; this many fit into the
/// largest request only when they say nothing, and would take a hundred times its memory.
const MAX_OBJECTS: usize = 250_000;

/// Why JSON is not a request.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("it has more than 250,000 objects")]
    TooMany,
    #[error("{0}")]
    Json(#[source] serde_json::Error),
}

/// Writes a request in JSON as protobuf.
pub(crate) fn to_protobuf(signal: Signal, json: &[u8]) -> Result<Vec<u8>, Error> {
    if json.iter().filter(|byte| **byte == b'{').count() > MAX_OBJECTS {
        return Err(Error::TooMany);
    }
    match signal {
        Signal::Traces => written::<ExportTraces>(json),
        Signal::Metrics => written::<ExportMetrics>(json),
        Signal::Logs => written::<ExportLogs>(json),
    }
}

fn written<T: Message + DeserializeOwned>(json: &[u8]) -> Result<Vec<u8>, Error> {
    serde_json::from_slice::<T>(json).map(|request| request.encode_to_vec()).map_err(Error::Json)
}
