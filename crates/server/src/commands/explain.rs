//! `naru explain METHOD URL`: which route a call takes, and which rule lets it in or keeps it out; by the gateway's own code.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use naru_gateway::{Explanation, Question};
use naru_model::name::ServiceName;
use naru_model::platform::{self, Health, Platform, Target, Traffic};
use naru_model::snapshot::{self, Caller, CallerId, Callers, RouteId, Routing, ServiceId};

use super::{ExplainArgs, output};
use crate::clock::Clock;
use crate::up::BAD_FILE;

pub(crate) fn run(args: &ExplainArgs) -> Result<ExitCode> {
    let platform = match naru_config::load(&args.file) {
        Ok(platform) => platform,
        Err(report) => {
            eprint!("{report}");
            return Ok(ExitCode::from(BAD_FILE));
        }
    };
    let client = args.client.as_deref().map(str::parse).transpose().context("--client")?;
    if let Some(name) = client.as_ref().filter(|name| !platform.access.clients.contains_key(name)) {
        let known: Vec<&str> = platform.access.clients.keys().map(|name| name.as_str()).collect();
        anyhow::bail!("{} has no client {name}; it has {}", args.file.display(), known.join(", "));
    }
    let question = Question {
        method: args.method.to_ascii_uppercase(),
        url: args.url.clone(),
        client,
        address: args.from,
        at: Clock::start().now(),
    };
    let explanation = naru_gateway::explain(&routing(&platform), &callers(&platform), question);
    if args.json {
        output::print_json(&explanation)?;
    } else {
        print(&explanation);
    }
    Ok(if explanation.allowed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(explanation: &Explanation) {
    match &explanation.route {
        Some(route) => println!("route {route}"),
        None => println!("no route"),
    }
    for step in &explanation.steps {
        println!("  {} {}: {}", if step.holds { "ok" } else { "no" }, step.rule, step.why);
    }
    let outcome = if explanation.allowed {
        "let in".to_owned()
    } else {
        format!("refused with {}", explanation.status)
    };
    println!("{outcome}: {}", explanation.because);
}

/// With numbers of its own: nobody else sees them.
fn routing(platform: &Platform) -> Routing {
    let services = || platform.services.keys().zip((1..).map(ServiceId));
    let service = |(name, id): (&ServiceName, ServiceId)| snapshot::Service {
        id,
        name: name.clone(),
        health: Health::default(),
        traffic: Traffic::default(),
        warm_up: Duration::ZERO,
    };
    let target = |target: &Target| {
        let (_, id) = services().find(|(name, _)| **name == target.service)?;
        Some((id, target.weight))
    };
    let route = |(route, id): (&platform::Route, u32)| snapshot::Route {
        id: RouteId(id),
        matches: route.matches.clone(),
        to: route.to.iter().filter_map(target).collect(),
        name: route.name.clone(),
        policy: route.policy.clone(),
        ..snapshot::Route::default()
    };
    Routing {
        routes: platform.routes.iter().zip(1..).map(route).collect(),
        services: services().map(service).collect(),
        ..Routing::default()
    }
}

fn callers(platform: &Platform) -> Callers {
    let access = &platform.access;
    let clients = access.clients.iter().zip(1..).map(|((name, client), id)| Caller {
        id: CallerId(id),
        name: name.clone(),
        client: client.clone(),
    });
    Callers {
        default_deny: access.default_deny,
        clients: clients.collect(),
        client_ca: access.client_ca.clone(),
        ..Callers::default()
    }
}
