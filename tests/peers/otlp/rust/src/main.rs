//! A service with OpenTelemetry's SDK for Rust, set up by its environment alone: one span of each request, over gRPC.

use std::collections::HashMap;
use std::error::Error;

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{SpanKind, TraceContextExt, Tracer, TracerProvider};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let exporter = SpanExporter::builder().with_tonic().build()?;
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).build();
    let listener = TcpListener::bind(format!("{}:{}", std::env::var("HOST")?, std::env::var("PORT")?)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        // A client that goes is no fault.
        let _ = answer(stream, &provider).await;
    }
}

async fn answer(stream: TcpStream, provider: &SdkTracerProvider) -> Result<(), Box<dyn Error>> {
    let mut stream = BufReader::new(stream);
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? <= 2 {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
    }
    let parent = TraceContextPropagator::new().extract(&headers);
    let tracer = provider.tracer("peer");
    let span = tracer.span_builder("answer").with_kind(SpanKind::Server).start_with_context(&tracer, &parent);
    let answered = parent.with_span(span);
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await?;
    answered.span().end();
    Ok(())
}
