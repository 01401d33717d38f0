//! `naru status`: one look at everything.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use naru_model::status::{FunctionStatus, LinkState, LinkStatus, ServiceStatus, Status};

use super::ServerArgs;
use super::dead;
use super::output::{self, Table};
use crate::clock::Clock;

pub(crate) fn run(args: ServerArgs) -> Result<ExitCode> {
    let client = args.client()?;
    let status = super::block_on(client.status())??;
    if args.json {
        output::print_json(&status)?;
        return Ok(ExitCode::SUCCESS);
    }
    print!("{}", text(&status));
    // The status is whole without them.
    if let Some(jobs) = super::block_on(client.jobs())?.ok().as_deref().and_then(dead::line) {
        println!("\n{jobs}");
    }
    Ok(ExitCode::SUCCESS)
}

/// The whole status as text.
pub(crate) fn text(status: &Status) -> String {
    let now = Clock::start().now();
    let listen: Vec<String> = status.gateway.listen.iter().map(ToString::to_string).collect();
    let gateway = match status.gateway.pid {
        0 => "no gateway is running; `naru events` tells why".to_owned(),
        pid => format!("gateway {pid} on {}, {} connections", listen.join(", "), status.gateway.connections),
    };
    let mut text = format!(
        "{}: {gateway}\nserver {} ({}), up {}, instances confined by {}\n\n",
        status.platform,
        status.server.pid,
        status.server.version,
        output::ago(status.server.since, now),
        status.confinement,
    );
    let mut services = Table::new(&[
        "SERVICE",
        "READY",
        "REVISION",
        "REQ/S",
        "APDEX",
        "ERRORS",
        "P50",
        "P99",
        "IN FLIGHT",
        "WAITING",
    ]);
    for service in &status.services {
        services.row(service_row(service));
    }
    text.push_str(&services.to_string());
    if !status.functions.is_empty() {
        let mut functions = Table::new(&["FUNCTION", "APDEX", "REQ/S", "ERRORS", "P95", "USERS", "SERVICES"]);
        for function in &status.functions {
            functions.row(function_row(function));
        }
        text.push('\n');
        text.push_str(&functions.to_string());
    }
    if !status.links.is_empty() {
        text.push('\n');
        text.push_str(&links(&status.links).to_string());
    }
    let mut instances =
        Table::new(&["INSTANCE", "STATE", "PID", "ADDRESS", "CPU", "MEMORY", "IN FLIGHT", "RESTARTS", "AGE"]);
    for instance in status.services.iter().flat_map(|service| &service.instances) {
        instances.row(vec![
            instance.id.to_string(),
            instance.state.clone(),
            instance.pid.to_string(),
            instance.address.map_or("-".to_owned(), |address| address.to_string()),
            format!("{:.2}", instance.cpu_cores),
            output::bytes(instance.memory_bytes),
            instance.in_flight.to_string(),
            instance.restarts.to_string(),
            output::ago(instance.since, now),
        ]);
    }
    text.push('\n');
    text.push_str(&instances.to_string());
    text
}

fn links(all: &[LinkStatus]) -> Table {
    let mut table = Table::new(&["LINK", "STATE", "URL", "REQ/S", "ERRORS", "P95", "IN FLIGHT", ""]);
    for link in all {
        let state = match link.state {
            LinkState::Up => "up",
            LinkState::Unresolved => "unresolved",
            LinkState::Down => "down",
            LinkState::Broken => "broken",
        };
        table.row(vec![
            link.name.to_string(),
            state.to_owned(),
            link.url.clone(),
            format!("{:.1}", link.traffic.requests_per_second),
            format!("{:.2}%", link.traffic.error_ratio * 100.0),
            output::seconds(link.traffic.p95_seconds),
            link.traffic.in_flight.to_string(),
            link.reason.clone().unwrap_or_default(),
        ]);
    }
    table
}

fn function_row(function: &FunctionStatus) -> Vec<String> {
    let traffic = &function.traffic;
    let services: Vec<&str> = function.services.iter().map(|name| name.as_str()).collect();
    vec![
        function.name.to_string(),
        traffic.apdex.display(Some(Duration::from_secs_f64(function.apdex_t_seconds))).to_string(),
        format!("{:.1}", traffic.requests_per_second),
        format!("{:.2}%", traffic.error_ratio * 100.0),
        output::seconds(traffic.p95_seconds),
        traffic.active_users.to_string(),
        services.join(", "),
    ]
}

fn service_row(service: &ServiceStatus) -> Vec<String> {
    let revision = if service.revision == service.stable || service.stable == 0 {
        service.revision.to_string()
    } else {
        format!("{} → {}", service.stable, service.revision)
    };
    let traffic = &service.traffic;
    // Without a policy there is nothing that rests.
    let held = service.scaling.automatic && service.scaling.held.is_some();
    vec![
        service.name.to_string(),
        format!("{}/{}{}", service.ready, service.desired, if held { " held" } else { "" }),
        revision,
        format!("{:.1}", traffic.requests_per_second),
        traffic.apdex.display(None).to_string(),
        format!("{:.2}%", traffic.error_ratio * 100.0),
        output::seconds(traffic.p50_seconds),
        output::seconds(traffic.p99_seconds),
        traffic.in_flight.to_string(),
        traffic.waiting.to_string(),
    ]
}
