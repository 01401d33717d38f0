//! OTLP/HTTP: `POST /v1/traces`, `/v1/metrics` and `/v1/logs`, in protobuf or JSON, by HTTP/1.1.
//!
//! Source: OTLP 1.8, "OTLP/HTTP". Answers are in the encoding of the request.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    ALLOW, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER as RETRY_AFTER_HEADER,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use prost::Message;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::office::{Gathered, Office};
use crate::intake::{Encoding, MAX_MESSAGE, RETRY_AFTER, Refusal, Signal, Taken};
use crate::message::{Exported, PartialSuccess, RpcStatus};

/// What of a request's head may be read ahead, in bytes.
const MAX_HEAD: usize = 32 << 10;

type Answer = Response<Full<Bytes>>;

/// Answers requests on one connection until it ends.
pub(super) async fn serve(stream: TcpStream, office: Arc<Office>, mut stopped: watch::Receiver<bool>) {
    let idle = office.limits.idle;
    let service = service_fn(move |request| {
        let office = office.clone();
        async move { Ok::<_, Infallible>(answer(request, &office).await) }
    });
    let mut settings = hyper::server::conn::http1::Builder::new();
    // It counts from the end of the request before, so it bounds how long a connection may be idle too.
    settings.timer(TokioTimer::new()).header_read_timeout(idle).max_buf_size(MAX_HEAD);
    let mut connection = pin!(settings.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        // However it ended, nobody is left to be told.
        _ = &mut connection => return,
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

async fn answer(request: Request<Incoming>, office: &Office) -> Answer {
    let signal = match request.uri().path() {
        "/v1/traces" => Signal::Traces,
        "/v1/metrics" => Signal::Metrics,
        "/v1/logs" => Signal::Logs,
        _ => return plain(StatusCode::NOT_FOUND, "post to /v1/traces, /v1/metrics or /v1/logs"),
    };
    if request.method() != Method::POST {
        let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED, "post it");
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return answer;
    }
    let Some(encoding) = encoding(request.headers()) else {
        let help = "send it as application/x-protobuf or application/json";
        return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, help);
    };
    let packed = match request.headers().get(CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"identity" | b"") => false,
        Some(b"gzip") => true,
        Some(_) => return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "pack it by gzip or not at all"),
    };
    let gathered = match timeout(office.limits.request, gather(request, office)).await {
        Ok(Some(Ok(gathered))) => gathered,
        Ok(Some(Err(refusal))) => return refuse(encoding, &office.refused(signal, refusal)),
        Ok(None) => return plain(StatusCode::BAD_REQUEST, "the request ended before its time"),
        Err(_) => return plain(StatusCode::REQUEST_TIMEOUT, "the request did not come in time"),
    };
    match office.take(signal, encoding, packed, &gathered.bytes) {
        Ok(taken) => succeed(signal, encoding, &taken),
        Err(refusal) => refuse(encoding, &refusal),
    }
}

fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    let media = headers.get(CONTENT_TYPE)?.to_str().ok()?.split(';').next()?.trim();
    match media.to_ascii_lowercase().as_str() {
        "application/x-protobuf" | "application/protobuf" => Some(Encoding::Protobuf),
        "application/json" => Some(Encoding::Json),
        _ => None,
    }
}

/// Reads the whole body; `None` when the client went before its end.
async fn gather(request: Request<Incoming>, office: &Office) -> Option<Result<Gathered, Refusal>> {
    let said = request.headers().get(CONTENT_LENGTH).and_then(|len| len.to_str().ok()?.parse::<usize>().ok());
    if said.is_some_and(|len| len > MAX_MESSAGE) {
        return Some(Err(Refusal::TooLarge));
    }
    let mut gathered = Gathered::new(office, MAX_MESSAGE);
    let mut body = request.into_body();
    while let Some(frame) = body.frame().await {
        // Trailers say nothing here.
        if let Some(more) = frame.ok()?.data_ref()
            && let Err(refusal) = gathered.add(more)
        {
            return Some(Err(refusal));
        }
    }
    Some(Ok(gathered))
}

fn plain(status: StatusCode, help: &'static str) -> Answer {
    let mut answer = Response::new(Full::from(help));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}

fn encoded(encoding: Encoding, status: StatusCode, body: Vec<u8>) -> Answer {
    let media = match encoding {
        Encoding::Protobuf => "application/x-protobuf",
        Encoding::Json => "application/json",
    };
    let mut answer = Response::new(Full::from(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    answer
}

fn succeed(signal: Signal, encoding: Encoding, taken: &Taken) -> Answer {
    let (count, why) = (taken.refused, taken.why);
    let body = match encoding {
        Encoding::Protobuf => {
            let partial = PartialSuccess { rejected: count as i64, error_message: why.to_owned() };
            Exported { partial_success: (count > 0).then_some(partial) }.encode_to_vec()
        }
        Encoding::Json if count == 0 => b"{}".to_vec(),
        Encoding::Json => {
            let rejected = match signal {
                Signal::Traces => "rejectedSpans",
                Signal::Metrics => "rejectedDataPoints",
                Signal::Logs => "rejectedLogRecords",
            };
            // A number of 64 bits is a text in ProtoJSON.
            json!({ "partialSuccess": { rejected: count.to_string(), "errorMessage": why } })
                .to_string()
                .into()
        }
    };
    encoded(encoding, StatusCode::OK, body)
}

fn refuse(encoding: Encoding, refusal: &Refusal) -> Answer {
    // The codes are gRPC's.
    let (status, code) = match refusal {
        Refusal::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, 8),
        Refusal::Busy => (StatusCode::SERVICE_UNAVAILABLE, 14),
        _ => (StatusCode::BAD_REQUEST, 3),
    };
    let said = RpcStatus { code, message: refusal.to_string(), details: Vec::new() };
    let body = match encoding {
        Encoding::Protobuf => said.encode_to_vec(),
        Encoding::Json => serde_json::to_vec(&said).unwrap_or_default(),
    };
    let mut answer = encoded(encoding, status, body);
    if matches!(refusal, Refusal::Busy) {
        answer.headers_mut().insert(RETRY_AFTER_HEADER, HeaderValue::from(RETRY_AFTER));
    }
    answer
}
