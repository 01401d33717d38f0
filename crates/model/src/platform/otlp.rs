//! Where OpenTelemetry is taken in, and what Java services are given to send it.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where spans, metrics and log lines are taken in by OTLP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Otlp {
    /// OTLP/gRPC. Default 127.0.0.1:4317; `None`: nowhere.
    pub grpc: Option<SocketAddr>,
    /// OTLP/HTTP. Default 127.0.0.1:4318; `None`: nowhere.
    pub http: Option<SocketAddr>,
    /// The OpenTelemetry Java agent, attached to services that run on a JVM. Absolute. Default none.
    pub java_agent: Option<PathBuf>,
}

impl Otlp {
    /// The ports that the specification registers. Source: OTLP 1.8, "Default Port".
    pub const GRPC: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 4317));
    pub const HTTP: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 4318));
}

impl Default for Otlp {
    fn default() -> Self {
        Otlp { grpc: Some(Otlp::GRPC), http: Some(Otlp::HTTP), java_agent: None }
    }
}
