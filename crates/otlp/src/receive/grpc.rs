//! OTLP/gRPC: the three Export calls, by HTTP/2 without TLS.
//!
//! Source: "gRPC over HTTP2" (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>); what is answered when,
//! OTLP 1.8, "OTLP/gRPC". The message is read from the bytes of the call, so no gRPC library stands between.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use h2::RecvStream;
use h2::server::SendResponse;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use prost::Message;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::office::{Gathered, Office};
use crate::intake::{Encoding, MAX_MESSAGE, RETRY_AFTER, Refusal, Signal, Taken};
use crate::message::{Delay, Exported, Packed, PartialSuccess, RetryInfo, RpcStatus};

/// Flag and length in front of a message.
const PREFIX: usize = 5;
/// What a client may send ahead on one stream and on one connection, in bytes.
const STREAM_WINDOW: u32 = 512 << 10;
const CONNECTION_WINDOW: u32 = 2 << 20;
const MAX_HEAD: u32 = 16 << 10;
/// gRPC's codes.
const OK: i32 = 0;
const INVALID_ARGUMENT: i32 = 3;
const DEADLINE_EXCEEDED: i32 = 4;
const RESOURCE_EXHAUSTED: i32 = 8;
const UNIMPLEMENTED: i32 = 12;
const INTERNAL: i32 = 13;
const UNAVAILABLE: i32 = 14;
/// What may not stand in `grpc-message` as it is.
const ESCAPED: AsciiSet = CONTROLS.add(b'%').add(0x7f);

/// Answers calls on one connection until it ends.
pub(super) async fn serve(stream: TcpStream, office: Arc<Office>, mut stopped: watch::Receiver<bool>) {
    let mut settings = h2::server::Builder::new();
    settings
        .max_concurrent_streams(office.limits.streams)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(MAX_HEAD)
        .max_send_buffer_size(64 << 10);
    let handshake = timeout(office.limits.request, settings.handshake::<_, Bytes>(stream)).await;
    let Ok(Ok(mut connection)) = handshake else { return };
    let mut leaving = false;
    // One share of it is held by each call under way.
    let calls = Arc::new(());
    loop {
        let accepted = tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped), if !leaving => {
                leaving = true;
                connection.graceful_shutdown();
                continue;
            }
            accepted = timeout(office.limits.idle, connection.accept()) => accepted,
        };
        match accepted {
            Ok(Some(Ok((request, respond)))) => {
                let (office, call) = (office.clone(), calls.clone());
                tokio::spawn(async move {
                    answer(request, respond, &office).await;
                    drop(call);
                });
            }
            Ok(_) => return,
            // It was told to leave, and did not.
            Err(_) if leaving => return,
            Err(_) if Arc::strong_count(&calls) == 1 => {
                leaving = true;
                connection.graceful_shutdown();
            }
            Err(_) => {}
        }
    }
}

/// How a call ends.
struct Ending {
    code: i32,
    message: String,
    /// Whether the client is told when to come again.
    retry: bool,
}

impl Ending {
    fn new(code: i32, message: impl Into<String>) -> Ending {
        Ending { code, message: message.into(), retry: false }
    }
}

impl From<Refusal> for Ending {
    fn from(refusal: Refusal) -> Ending {
        let code = match refusal {
            Refusal::TooLarge => RESOURCE_EXHAUSTED,
            Refusal::Busy => UNAVAILABLE,
            _ => INVALID_ARGUMENT,
        };
        Ending { code, message: refusal.to_string(), retry: code == UNAVAILABLE }
    }
}

async fn answer(request: Request<RecvStream>, mut respond: SendResponse<Bytes>, office: &Office) {
    let is_grpc = request.headers().get(http::header::CONTENT_TYPE).is_some_and(|kind| {
        kind.as_bytes()
            .strip_prefix(b"application/grpc")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(b";") || rest == b"+proto")
    });
    if !is_grpc || request.method() != Method::POST {
        let mut response = Response::new(());
        *response.status_mut() = http::StatusCode::UNSUPPORTED_MEDIA_TYPE;
        // Who asks has gone otherwise.
        let _ = respond.send_response(response, true);
        return;
    }
    let called = timeout(office.limits.request, call(request, office)).await;
    let late = || Err(Ending::new(DEADLINE_EXCEEDED, "the request did not come in time"));
    match called.unwrap_or_else(|_| late()) {
        Ok(taken) => succeed(respond, &taken),
        Err(ending) => fail(respond, &ending),
    }
}

fn signal(path: &str) -> Option<Signal> {
    match path {
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => Some(Signal::Traces),
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" => Some(Signal::Metrics),
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export" => Some(Signal::Logs),
        _ => None,
    }
}

/// Takes the one message of a call.
async fn call(request: Request<RecvStream>, office: &Office) -> Result<Taken, Ending> {
    let (head, mut body) = request.into_parts();
    let signal = signal(head.uri.path()).ok_or_else(|| {
        let what =
            "naru answers Export of OpenTelemetry's TraceService, MetricsService and LogsService alone";
        Ending::new(UNIMPLEMENTED, what)
    })?;
    let packing = head.headers.get("grpc-encoding").map(HeaderValue::as_bytes);
    let packs = match packing {
        None | Some(b"identity") => false,
        Some(b"gzip") => true,
        Some(_) => return Err(Ending::new(UNIMPLEMENTED, "naru reads messages packed by gzip alone")),
    };
    let refused = |refusal| Ending::from(office.refused(signal, refusal));
    let mut gathered = Gathered::new(office, PREFIX + MAX_MESSAGE);
    while let Some(more) = body.data().await {
        let more = more.map_err(|error| Ending::new(INTERNAL, error.to_string()))?;
        gathered.add(&more).map_err(refused)?;
        // The client may send as much again. That fails only when the stream is over.
        let _ = body.flow_control().release_capacity(more.len());
        if let Some((_, [a, b, c, d])) = prefix(&gathered.bytes)
            && u32::from_be_bytes([a, b, c, d]) as usize > MAX_MESSAGE
        {
            return Err(refused(Refusal::TooLarge));
        }
    }
    let framed = || Ending::new(INTERNAL, "the call is not one message in gRPC's frame");
    let (flag, len) = prefix(&gathered.bytes).ok_or_else(framed)?;
    let message = &gathered.bytes[PREFIX..];
    if message.len() != u32::from_be_bytes(len) as usize || flag > 1 || (flag == 1 && !packs) {
        return Err(framed());
    }
    Ok(office.take(signal, Encoding::Protobuf, flag == 1, message)?)
}

/// The flag and the length in front of a message.
fn prefix(bytes: &[u8]) -> Option<(u8, [u8; 4])> {
    let ([flag, len @ ..], _) = bytes.split_first_chunk::<PREFIX>()?;
    Some((*flag, *len))
}

fn head() -> Response<()> {
    let mut response = Response::new(());
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert("grpc-accept-encoding", HeaderValue::from_static("identity,gzip"));
    response
}

fn succeed(mut respond: SendResponse<Bytes>, taken: &Taken) {
    let partial = (taken.refused > 0)
        .then(|| PartialSuccess { rejected: taken.refused as i64, error_message: taken.why.to_owned() });
    let message = Exported { partial_success: partial }.encode_to_vec();
    let framed = [&[0], (message.len() as u32).to_be_bytes().as_slice(), &message].concat();
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(OK));
    // Each fails only when the client has gone.
    if let Ok(mut body) = respond.send_response(head(), false) {
        let _ = body.send_data(framed.into(), false);
        let _ = body.send_trailers(trailers);
    }
}

/// Ends a call without a message.
fn fail(mut respond: SendResponse<Bytes>, ending: &Ending) {
    let mut response = head();
    let headers = response.headers_mut();
    headers.insert("grpc-status", HeaderValue::from(ending.code));
    let message = utf8_percent_encode(&ending.message, &ESCAPED).to_string();
    put(headers, "grpc-message", message);
    if ending.retry {
        let info = RetryInfo { retry_delay: Some(Delay { seconds: RETRY_AFTER }) };
        let type_url = "type.googleapis.com/google.rpc.RetryInfo".to_owned();
        let details = vec![Packed { type_url, value: info.encode_to_vec() }];
        let status = RpcStatus { code: ending.code, message: ending.message.clone(), details };
        put(headers, "grpc-status-details-bin", STANDARD_NO_PAD.encode(status.encode_to_vec()));
    }
    // Who asked has gone otherwise.
    let _ = respond.send_response(response, true);
}

fn put(headers: &mut HeaderMap, name: &'static str, value: String) {
    // What can't stand in a header is escaped before.
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}
