//! The APIs that a platform offers: one for each route and each link of naru.yaml, its policy in the file's own words.

use std::path::Path;

use naru_model::name::{FunctionName, ServiceName};
use naru_model::platform::{Link, Match, Platform, Route};
use naru_model::policy::{Auth, Conversion, Limit, Pattern, Per, Period, Policy, Proof, Quantity, Speaker};
use naru_model::units::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One route or link, and what is done to its calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Api {
    /// As records, figures and jobs name it: what the route matches; `NAME.link.naru` for a link.
    pub name: String,
    /// All that a call must be: `GET,POST www.example.go.kr/booking/** header x-version=2`.
    #[serde(rename = "match")]
    pub matches: String,
    pub host: Option<String>,
    pub path: Option<String>,
    /// Empty: any.
    pub methods: Vec<String>,
    /// Where calls go; empty for a link.
    pub services: Vec<ServiceName>,
    pub function: Option<FunctionName>,
    /// Whether it leads to an outside system.
    pub link: bool,
    pub auth: ApiAuth,
    /// As naru.yaml has them: `rate 50/s burst 100 per client`.
    pub limits: Vec<String>,
    /// How calls and answers are paired: `job`, `await` or `publish`.
    pub patterns: Option<String>,
    /// `fields`, `xml (service)`, `soap booking.wsdl`, `path`, in the order of requests.
    pub conversions: Vec<String>,
    pub cache: bool,
    /// Since when, or from when on, it is deprecated.
    pub deprecated: Option<Timestamp>,
    /// From then on it answers 410.
    pub gone: Option<Timestamp>,
}

/// Who may call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiAuth {
    /// Anybody may, known or not, who is not denied.
    pub open: bool,
    /// The kinds of proof that count; empty: none is needed.
    pub any_of: Vec<Proof>,
    /// Each must have been granted.
    pub scopes: Vec<String>,
    /// One of them; empty: any.
    pub groups: Vec<String>,
    /// Empty: any.
    pub clients: Vec<String>,
    /// Where calls may come from; empty: anywhere.
    pub networks: Vec<String>,
    /// Methods that have terms of their own.
    pub methods: Vec<String>,
    /// Who is kept out whatever else holds: clients, groups, networks.
    pub deny: Vec<String>,
}

/// All of a platform, in the order of the file, links last.
pub(crate) fn apis(platform: &Platform) -> Vec<Api> {
    let closed = platform.access.default_deny;
    let routes = platform.routes.iter().map(|route| of_route(route, closed));
    let links = platform.links.iter().map(|(name, link)| of_link(&format!("{name}.link.naru"), link));
    routes.chain(links).collect()
}

fn of_route(route: &Route, closed: bool) -> Api {
    let mut services: Vec<ServiceName> = route.to.iter().map(|target| target.service.clone()).collect();
    services.dedup();
    Api {
        matches: matches(&route.matches),
        host: route.matches.host.clone(),
        path: route.matches.path.clone(),
        methods: route.matches.methods.clone(),
        services,
        function: route.function.clone(),
        ..of_policy(&route.name, &route.policy, closed)
    }
}

/// Only services of the platform reach a link, so that it is open to them.
fn of_link(name: &str, link: &Link) -> Api {
    Api { host: Some(name.to_owned()), link: true, ..of_policy(name, &link.policy, false) }
}

fn of_policy(name: &str, policy: &Policy, closed: bool) -> Api {
    let sunset = policy.sunset.as_ref();
    let path = policy.path.iter().map(|_| "path".to_owned());
    Api {
        name: name.to_owned(),
        matches: name.to_owned(),
        host: None,
        path: None,
        methods: Vec::new(),
        services: Vec::new(),
        function: None,
        link: false,
        auth: policy.auth.as_ref().map_or(ApiAuth { open: !closed, ..ApiAuth::default() }, auth),
        limits: policy.limits.iter().map(limit_text).collect(),
        patterns: policy.pattern.as_ref().map(|pattern| pattern_name(pattern).to_owned()),
        conversions: path.chain(policy.convert.iter().map(conversion)).collect(),
        cache: policy.cache.is_some(),
        deprecated: sunset.and_then(|sunset| sunset.deprecated),
        gone: sunset.and_then(|sunset| sunset.gone),
    }
}

fn matches(matches: &Match) -> String {
    let address = format!(
        "{}{}",
        matches.host.as_deref().unwrap_or_default(),
        matches.path.as_deref().unwrap_or(if matches.host.is_some() { "" } else { "/**" })
    );
    let methods = Some(matches.methods.join(",")).filter(|methods| !methods.is_empty());
    let pair = |what: &'static str| {
        move |(name, value): &(String, Option<String>)| match value {
            Some(value) => format!("{what} {name}={value}"),
            None => format!("{what} {name}"),
        }
    };
    let headers = matches.headers.iter().map(pair("header"));
    let query = matches.query.iter().map(pair("query"));
    methods.into_iter().chain([address]).chain(headers).chain(query).collect::<Vec<_>>().join(" ")
}

fn auth(of: &Auth) -> ApiAuth {
    let texts = |items: &[naru_model::name::ClientName]| items.iter().map(ToString::to_string).collect();
    let networks = |items: &[ipnet::IpNet]| items.iter().map(ToString::to_string).collect::<Vec<_>>();
    let denied: [Vec<String>; 3] =
        [texts(&of.deny.clients), of.deny.groups.clone(), networks(&of.deny.networks)];
    let open = of.any_of.is_empty()
        && of.scopes.is_empty()
        && of.groups.is_empty()
        && of.clients.is_empty()
        && of.claims.is_empty();
    ApiAuth {
        open,
        any_of: of.any_of.clone(),
        scopes: of.scopes.clone(),
        groups: of.groups.clone(),
        clients: texts(&of.clients),
        networks: networks(&of.networks),
        methods: of.methods.keys().cloned().collect(),
        deny: denied.concat(),
    }
}

/// A limit as naru.yaml has it.
pub fn limit_text(limit: &Limit) -> String {
    let of = match &limit.of {
        Quantity::Calls { rate, burst } => format!("rate {rate} burst {burst}"),
        Quantity::Quota { calls, period } => format!("quota {calls}/{}", period_name(*period)),
        Quantity::Bytes { bytes, period } => format!("bytes {bytes}/{}", period_name(*period)),
        Quantity::Bandwidth { per_second } => format!("bandwidth {per_second}/s"),
        Quantity::Concurrency { calls } => format!("concurrency {calls}"),
    };
    let per: Vec<&str> = limit.per.iter().map(|per| per_name(*per)).collect();
    if per.is_empty() { of } else { format!("{of} per {}", per.join(", ")) }
}

fn period_name(period: Period) -> &'static str {
    match period {
        Period::Day => "day",
        Period::Month => "month",
    }
}

fn per_name(per: Per) -> &'static str {
    match per {
        Per::Client => "client",
        Per::Address => "address",
        Per::Route => "route",
        Per::Service => "service",
    }
}

fn pattern_name(pattern: &Pattern) -> &'static str {
    match pattern {
        Pattern::Job(_) => "job",
        Pattern::Await(_) => "await",
        Pattern::Publish(_) => "publish",
    }
}

fn conversion(conversion: &Conversion) -> String {
    let file = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match conversion {
        Conversion::Fields(_) => "fields".to_owned(),
        Conversion::Xml(xml) => match xml.spoken_by {
            Speaker::Client => "xml (client)".to_owned(),
            Speaker::Service => "xml (service)".to_owned(),
        },
        Conversion::Soap(soap) => format!("soap {}", file(&soap.wsdl)),
        Conversion::OfferSoap(offer) => format!("offer_soap {}", file(&offer.openapi)),
        Conversion::Grpc(grpc) => format!("grpc {}", file(&grpc.descriptors)),
        Conversion::GrpcWeb => "grpc_web".to_owned(),
    }
}
