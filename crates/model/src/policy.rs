//! What is done to a route's requests and answers beside passing them on: who may, how much, in which shape.
//!
//! Each part is a phase of a request's life (`docs/guides/request-life.md`), in the order of [`Policy`]'s fields. A route
//! without policies costs nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access_log::Log;
use crate::name::ClientName;
use crate::scaling::Schedule;
use crate::units::{Bytes, Rate, Timestamp};

/// Of a route or a link.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    pub cors: Option<Cors>,
    pub auth: Option<Auth>,
    pub limits: Vec<Limit>,
    pub priority: Option<Priority>,
    /// A request's body; over it 413. Default: the gateway's.
    pub body: Option<Bytes>,
    /// Default none: the version is what the route matches.
    pub sunset: Option<Sunset>,
    /// Requests and responses are checked against it. Absolute path of an OpenAPI 3 document.
    pub validate: Option<Validate>,
    pub request: Change,
    /// What happens to the path before the service sees it.
    pub path: Option<PathChange>,
    /// In the order given for requests, backwards for responses.
    pub convert: Vec<Conversion>,
    pub cache: Option<Cache>,
    pub pattern: Option<Pattern>,
    pub response: Change,
    pub compress: bool,
    /// Personal data that is masked in response bodies of text, JSON and XML, and in logs.
    pub mask: Vec<Mask>,
    /// The answer when nobody else has one: for links.
    pub fallback: Option<Fallback>,
    /// Which requests are written to the access log. Default: all.
    pub log: Option<Log>,
    /// Every answer of 400 and above becomes a problem document (RFC 9457), whatever the service said. Default false.
    pub problems: bool,
}

/// Cross-origin requests (the Fetch standard). Preflights are answered here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cors {
    /// `https://www.example.go.kr`, or `*`.
    pub origins: Vec<String>,
    /// Default: the route's, or GET, HEAD and POST.
    pub methods: Vec<String>,
    pub headers: Vec<String>,
    pub expose: Vec<String>,
    /// Default false; never with `*`.
    pub credentials: bool,
    /// How long a browser may keep the answer. Default 10m.
    pub max_age: Duration,
}

/// Who may. All that is given must hold; what is denied wins.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Auth {
    /// The kinds of proof that count. Empty: any caller, known or not.
    pub any_of: Vec<Proof>,
    /// Each must have been granted.
    pub scopes: Vec<String>,
    /// Empty: any client.
    pub clients: Vec<ClientName>,
    /// One of them; empty: any.
    pub groups: Vec<String>,
    /// Claims of a JWT and the values each may have; a claim that is a list must hold one.
    pub claims: BTreeMap<String, Vec<String>>,
    pub networks: Vec<IpNet>,
    /// When; empty: always.
    pub times: Vec<Schedule>,
    /// Other terms for single methods, upper case; they take the place of these.
    pub methods: BTreeMap<String, Auth>,
    pub deny: Deny,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Deny {
    pub clients: Vec<ClientName>,
    pub groups: Vec<String>,
    pub networks: Vec<IpNet>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// `X-API-Key`, or `Authorization: ApiKey`.
    ApiKey,
    /// `Authorization: Bearer`, naru's own or an outside issuer's.
    Jwt,
    /// A client certificate.
    Mtls,
}

/// How much of something, of each of what it is counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct Limit {
    pub of: Quantity,
    pub per: Vec<Per>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Calls, evenly, with so many at once. Default burst: a second's worth, at least 1.
    Calls { rate: Rate, burst: u32 },
    /// Calls in a day or month of the machine's time zone; kept over restarts.
    Quota { calls: u64, period: Period },
    /// Bytes of both bodies together in a period.
    Bytes { bytes: Bytes, period: Period },
    /// Bytes a second, of each direction; slowed down rather than refused.
    Bandwidth { per_second: Bytes },
    /// Calls at once.
    Concurrency { calls: u32 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    Day,
    Month,
}

/// By what is counted; several: by their combination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// The registered client; who shows nothing counts by address.
    Client,
    Address,
    Route,
    Service,
}

/// Who goes first when not all can.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    Critical,
    High,
    #[default]
    Normal,
    Low,
}

/// Said in every answer: `Deprecation` (RFC 9745), `Sunset` (RFC 8594), and `Link` to what comes after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sunset {
    pub deprecated: Option<Timestamp>,
    /// From then on the route answers 410.
    pub gone: Option<Timestamp>,
    pub link: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validate {
    pub openapi: PathBuf,
    /// Default true.
    pub requests: bool,
    /// A response that does not fit is answered 502. Default false.
    pub responses: bool,
}

/// Of header fields and, in requests, of query parameters. Names of header fields in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Change {
    /// Instead of whatever is there.
    pub set: Vec<(String, String)>,
    pub remove: Vec<String>,
    /// From, to.
    pub rename: Vec<(String, String)>,
    pub set_query: Vec<(String, String)>,
    pub remove_query: Vec<String>,
    pub rename_query: Vec<(String, String)>,
}

impl Change {
    pub fn is_empty(&self) -> bool {
        *self == Change::default()
    }
}

/// Both as in [`crate::platform::Match::path`]: what `*` and `**` match in `from` goes to those of `to` in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PathChange {
    pub from: String,
    pub to: String,
}

/// From the shape that a client speaks to the one its service does.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conversion {
    /// JSON bodies.
    Fields(Fields),
    /// The client speaks JSON and the service XML, or the other way round.
    Xml(Xml),
    /// A SOAP service offered as REST.
    Soap(Soap),
    /// A REST service offered as SOAP.
    OfferSoap(OfferSoap),
    /// A gRPC service offered as REST.
    Grpc(Grpc),
    /// A gRPC service offered as gRPC-Web.
    GrpcWeb,
}

/// Paths are names with dots between; a list's items are all meant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Fields {
    pub request: FieldChange,
    pub response: FieldChange,
    /// Only for clients of these groups. Empty: for all.
    pub groups: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct FieldChange {
    /// Nothing else stays. Empty: everything does.
    pub select: Vec<String>,
    pub remove: Vec<String>,
    /// Path, new name.
    pub rename: Vec<(String, String)>,
    /// Strings and numbers become `***`.
    pub mask: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Xml {
    /// Which of the two speaks XML.
    pub spoken_by: Speaker,
    /// The element round a body that has no single name of its own. Default `root`.
    pub root: String,
    /// Elements that are lists even when there is one, by path. Default none.
    pub lists: Vec<String>,
    /// Prefixes and the namespaces they stand for.
    pub namespaces: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    Client,
    Service,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Soap {
    /// Absolute path; what it imports and includes lies beside it.
    pub wsdl: PathBuf,
    /// Default: the only one.
    pub service: Option<String>,
    pub port: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OfferSoap {
    /// Absolute path of the OpenAPI 3 document that describes the REST service.
    pub openapi: PathBuf,
    pub namespace: String,
    /// The service's name in the WSDL.
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Grpc {
    /// Absolute path of a FileDescriptorSet (`protoc --include_imports --descriptor_set_out`).
    pub descriptors: PathBuf,
    /// Full names. Default: all that have `google.api.http`.
    pub services: Vec<String>,
}

/// Answers are kept as RFC 9111 has it for a shared cache; requests for the same are collapsed into one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cache {
    /// How long an answer without a word of its own is fresh. Default 0s: only what says so itself is kept.
    pub ttl: Duration,
    /// How long a stale one may serve while the service does not answer. Default 0s.
    pub stale_if_error: Duration,
    /// The largest answer kept. Default 1Mi.
    pub largest: Bytes,
    /// All of the route's answers together. Default 64Mi.
    pub most: Bytes,
}

/// How calls and answers are paired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// Answered 202 at once; naru calls the service behind.
    Job(Job),
    /// The service answers 202; naru waits for its result and answers with it.
    Await(Await),
    /// The body goes to a broker, and is confirmed when the broker has it.
    Publish(Publish),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Answered so only when asked to by `Prefer: respond-async`. Default false: always.
    pub on_request: bool,
    /// Until it counts as failed, over all attempts. Default 1h.
    pub time_limit: Duration,
    /// Default 5.
    pub attempts: u32,
    /// How long its result is kept. Default 1d.
    pub keep: Duration,
    /// Signs callbacks (HMAC-SHA-256 over the body, RFC 9421 has more than is needed). The name of an environment variable.
    pub callback_secret: Option<String>,
    /// Where callbacks may go: hosts, `*.example.go.kr`. Empty: callbacks are refused.
    pub callback_hosts: Vec<String>,
    /// Calls under way at once. Default 16.
    pub concurrency: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Await {
    /// How the result is learned: by asking the `Location` of the 202 this often, or by a callback.
    pub poll: Option<Duration>,
    /// The header field in which naru tells the service where to call back. Default none.
    pub callback_header: Option<String>,
    /// Until the caller gets 504. Default 30s.
    pub timeout: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publish {
    /// A name of `brokers`.
    pub broker: String,
    /// JetStream subject, or AMQP routing key.
    pub subject: String,
    /// AMQP exchange. Default the default one.
    pub exchange: String,
}

/// `nats://127.0.0.1:4222` or `amqp://127.0.0.1:5672/vhost`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broker {
    pub url: String,
}

/// Takes messages from a broker to a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumer {
    pub broker: String,
    /// JetStream stream, or AMQP queue.
    pub queue: String,
    /// JetStream filter subject. Default: all of the stream.
    pub subject: Option<String>,
    /// Method and path that each message's body is sent to, by the routes: `POST /orders`.
    pub method: String,
    pub path: String,
    /// Deliveries until it goes to the dead letters. Default 5.
    pub attempts: u32,
    /// Default 16.
    pub concurrency: u32,
}

/// What is masked, and how it is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mask {
    /// Korean resident registration number: 6 digits, a hyphen or none, 7 digits.
    ResidentNumber,
    /// Payment card number, 13 to 19 digits with a valid check digit (ISO/IEC 7812-1).
    Card,
    /// Korean telephone number.
    Phone,
    /// Bank account number with hyphens.
    Account,
    Email,
    /// A regular expression; all of a match is masked.
    Pattern(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fallback {
    pub status: u16,
    pub content_type: String,
    pub body: String,
}

impl Cors {
    /// How long a browser may keep the answer when the file does not say.
    pub const MAX_AGE: Duration = Duration::from_secs(600);
}

impl Xml {
    /// The element round a body without a name of its own when the file does not say.
    pub const ROOT: &str = "root";
}

impl Default for Cache {
    fn default() -> Self {
        Cache {
            ttl: Duration::ZERO,
            stale_if_error: Duration::ZERO,
            largest: Bytes(1 << 20),
            most: Bytes(64 << 20),
        }
    }
}

impl Default for Job {
    fn default() -> Self {
        Job {
            on_request: false,
            time_limit: Duration::from_secs(3600),
            attempts: 5,
            keep: Duration::from_secs(86_400),
            callback_secret: None,
            callback_hosts: Vec::new(),
            concurrency: 16,
        }
    }
}

impl Await {
    /// How often the result is asked for when the file says neither that nor where to call back.
    pub const POLL: Duration = Duration::from_secs(1);
    /// How long the caller waits when the file does not say.
    pub const TIMEOUT: Duration = Duration::from_secs(30);
}

impl Consumer {
    /// Deliveries until a message goes to the dead letters when the file does not say.
    pub const ATTEMPTS: u32 = 5;
    /// Messages under way at once when the file does not say.
    pub const CONCURRENCY: u32 = 16;
}

impl Fallback {
    /// What the answer is when the file does not say.
    pub const STATUS: u16 = 200;
    /// What its body is when the file does not say.
    pub const CONTENT_TYPE: &str = "application/json";
}
