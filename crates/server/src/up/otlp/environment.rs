//! What an instance's environment says of OpenTelemetry, so that a stock SDK sends here without a line of configuration.
//!
//! Source: OpenTelemetry's "Environment Variable Specification" and "OTLP Exporter Configuration"; the Java agent's own in
//! <https://opentelemetry.io/docs/zero-code/java/agent/configuration/>.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use naru_model::instance::InstanceId;

/// How often metrics are sent, in milliseconds; SDKs take a minute when nobody says.
const METRIC_INTERVAL: &str = "10000";

/// Where this machine's programs reach the receivers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Endpoints {
    pub(super) grpc: Option<SocketAddr>,
    pub(super) http: Option<SocketAddr>,
}

/// Adds to the service's own environment, which wins. Nothing is added while nothing is taken in.
pub(super) fn with_opentelemetry(
    id: &InstanceId,
    own: &BTreeMap<String, String>,
    inherited_java: Option<&str>,
    open: Endpoints,
    java_agent: Option<&Path>,
) -> BTreeMap<String, String> {
    // HTTP is what the specification has SDKs speak by default, and what all of them can.
    let grpc = own.get("OTEL_EXPORTER_OTLP_PROTOCOL").is_some_and(|protocol| protocol == "grpc");
    let (address, protocol) = match (open.http, open.grpc) {
        (Some(http), None) => (http, "http/protobuf"),
        (Some(http), Some(_)) if !grpc => (http, "http/protobuf"),
        (_, Some(grpc)) => (grpc, "grpc"),
        (None, None) => return own.clone(),
    };
    let given = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{address}")),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol.to_owned()),
        ("OTEL_SERVICE_NAME", id.service.to_string()),
        ("OTEL_METRIC_EXPORT_INTERVAL", METRIC_INTERVAL.to_owned()),
    ];
    let mut env: BTreeMap<String, String> =
        given.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    if java_agent.is_some() {
        for signal in ["TRACES", "METRICS", "LOGS"] {
            env.insert(format!("OTEL_{signal}_EXPORTER"), "otlp".to_owned());
        }
    }
    env.extend(own.clone());
    let attributes = env.remove("OTEL_RESOURCE_ATTRIBUTES");
    env.insert("OTEL_RESOURCE_ATTRIBUTES".to_owned(), resource(id, attributes.as_deref()));
    if let Some(agent) = java_agent {
        let options = env.get("JAVA_TOOL_OPTIONS").map(String::as_str).or(inherited_java);
        let agent = format!("-javaagent:{}", quoted(agent));
        let options = match options {
            Some(options) if options.contains("-javaagent:") && options.contains("opentelemetry") => {
                options.to_owned()
            }
            Some(options) if !options.is_empty() => format!("{options} {agent}"),
            _ => agent,
        };
        env.insert("JAVA_TOOL_OPTIONS".to_owned(), options);
    }
    env
}

/// Which instance it is, after what the service says of itself.
fn resource(id: &InstanceId, own: Option<&str>) -> String {
    let own = own.unwrap_or_default();
    let says =
        |key: &str| own.split(',').any(|pair| pair.split('=').next().is_some_and(|name| name.trim() == key));
    let ours = [("service.instance.id", id.to_string()), ("naru.revision", id.revision.to_string())];
    let ours = ours.into_iter().filter(|(key, _)| !says(key)).map(|(key, value)| format!("{key}={value}"));
    Some(own.to_owned()).filter(|own| !own.is_empty()).into_iter().chain(ours).collect::<Vec<_>>().join(",")
}

/// The JVM splits its options at spaces, but not within quotes.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    if path.contains(' ') { format!("\"{path}\"") } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: Endpoints = Endpoints {
        grpc: Some(SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 4317)),
        http: Some(SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 4318)),
    };

    fn given(
        own: &[(&str, &str)],
        inherited: Option<&str>,
        open: Endpoints,
        agent: Option<&str>,
    ) -> BTreeMap<String, String> {
        let own = own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        with_opentelemetry(&"portal-3-1".parse().unwrap(), &own, inherited, open, agent.map(Path::new))
    }

    #[test]
    fn an_sdk_finds_here_without_being_told() {
        let env = given(&[("A", "b")], None, BOTH, None);
        let wanted = [
            ("A", "b"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "10000"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=portal-3-1,naru.revision=3"),
            ("OTEL_SERVICE_NAME", "portal"),
        ];
        let env: Vec<(&str, &str)> =
            env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(env, wanted);
        let grpc = given(&[], None, Endpoints { http: None, ..BOTH }, None);
        assert_eq!(grpc["OTEL_EXPORTER_OTLP_ENDPOINT"], "http://127.0.0.1:4317");
        assert_eq!(grpc["OTEL_EXPORTER_OTLP_PROTOCOL"], "grpc");
        let chosen = given(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")], None, BOTH, None);
        assert_eq!(chosen["OTEL_EXPORTER_OTLP_ENDPOINT"], "http://127.0.0.1:4317");
    }

    #[test]
    fn what_the_service_says_wins() {
        let own = [
            ("OTEL_SERVICE_NAME", "mine"),
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=prod,service.instance.id=x"),
        ];
        let env = given(&own, None, BOTH, None);
        assert_eq!(env["OTEL_SERVICE_NAME"], "mine");
        let resource = "deployment.environment.name=prod,service.instance.id=x,naru.revision=3";
        assert_eq!(env["OTEL_RESOURCE_ATTRIBUTES"], resource);
    }

    #[test]
    fn the_java_agent_comes_after_the_options_that_are_there() {
        let agent = |own: &[(&str, &str)], inherited, path| {
            given(own, inherited, BOTH, Some(path))["JAVA_TOOL_OPTIONS"].clone()
        };
        assert_eq!(agent(&[], None, "/a.jar"), "-javaagent:/a.jar");
        assert_eq!(
            agent(&[("JAVA_TOOL_OPTIONS", "-Xmx1g")], Some("-Da=b"), "/a.jar"),
            "-Xmx1g -javaagent:/a.jar"
        );
        assert_eq!(agent(&[], Some("-Da=b"), "/my libs/a.jar"), "-Da=b -javaagent:\"/my libs/a.jar\"");
        let attached = "-javaagent:/x/opentelemetry-javaagent.jar";
        assert_eq!(agent(&[("JAVA_TOOL_OPTIONS", attached)], None, "/a.jar"), attached);
    }

    #[test]
    fn nothing_is_added_while_nothing_is_taken_in() {
        assert_eq!(given(&[], None, Endpoints::default(), Some("/a.jar")), BTreeMap::new());
    }
}
