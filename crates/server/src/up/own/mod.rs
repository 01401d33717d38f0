//! What naru itself answers behind its gateway: tokens, and calls that are answered later.
//!
//! To the gateway it is a service like any other, with one endpoint on this machine; and from here the gateway learns who
//! may call.

mod store;

use std::fs::OpenOptions;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, Result};
use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::Request;
use naru_jobs::{Jobs, Settings, Table};
use naru_model::client::{Access, Tokens};
use naru_model::instance::InstanceId;
use naru_model::name::{ClientName, ServiceName};
use naru_model::platform::{self, Match, Platform, Protocol, Traffic};
use naru_model::policy::{Auth, Job, Pattern, Policy};
use naru_model::snapshot::{self, CallerId, Callers, Endpoint, FunctionId, TrustedIssuer};
use naru_oauth::{Authority, Clients, Directory, Issuers, Paths, Published, Setup};
use naru_state::State;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tower::ServiceExt;

use self::store::Kept;
use super::inbox::Input;
use super::tables::Ids;
use crate::clock::Clock;

/// Its name among services, which no service of the file may have.
pub(crate) const NAME: &str = "naru";
/// How often keys are looked after.
const KEEP_EVERY: Duration = Duration::from_secs(60);

/// Everything that the server answers for the gateway.
pub(crate) struct Own {
    address: SocketAddr,
    /// What our own calls through the gateway prove themselves by. The same at each start, because a gateway that outlives a
    /// server knows no other.
    secret: String,
    clock: Clock,
    pub(crate) clients: Arc<Clients>,
    issuers: Issuers,
    kept: Arc<Kept>,
    router: Arc<ArcSwap<Router>>,
    authority: Option<Running>,
    /// Opened when the file first has a pattern or a consumer, or when jobs were left behind.
    pub(crate) jobs: Arc<OnceLock<Jobs>>,
    state_dir: PathBuf,
    access: watch::Sender<Access>,
    own: watch::Sender<Option<watch::Receiver<Arc<Published>>>>,
}

/// The authorization server for one way of giving tokens.
struct Running {
    authority: Arc<Authority>,
    tokens: Tokens,
    keeping: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.keeping.abort();
    }
}

impl Own {
    /// Listens on this machine, and tells the loop who may call, at once and at each change.
    pub(crate) async fn open(
        state: Arc<State>,
        state_dir: &Path,
        clock: Clock,
        inbox: mpsc::Sender<Input>,
    ) -> Result<Own> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("can't listen on this machine")?;
        let address = listener.local_addr()?;
        let secret = secret(&state_dir.join("own-secret"))?;
        let kept = Arc::new(Kept(state));
        let clients = Arc::new(Clients::open(kept.clone(), Default::default()).await?);
        let now = Arc::new(move || clock.now());
        let issuers = Issuers::start(state_dir.join("issuers"), Vec::new(), now, Arc::new(say));
        let router = Arc::new(ArcSwap::from_pointee(Router::new()));
        let served = router.clone();
        let app = Router::new().fallback(move |request: Request| {
            let router = Router::clone(&served.load());
            // A router never fails: what it has no route for is answered 404.
            async move { router.oneshot(request).await }
        });
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                say(&format!("tokens can't be given any more: {error}"));
            }
        });
        let (access, own) = (watch::Sender::new(Access::default()), watch::Sender::new(None));
        let heard = Heard {
            access: access.subscribe(),
            directory: clients.subscribe(),
            issuers: issuers.subscribe(),
            own: own.subscribe(),
        };
        tokio::spawn(heard.tell(inbox));
        let state_dir = state_dir.to_owned();
        let (authority, jobs) = (None, Arc::default());
        Ok(Own {
            address,
            secret,
            clock,
            clients,
            issuers,
            kept,
            router,
            authority,
            jobs,
            state_dir,
            access,
            own,
        })
    }

    /// Follows the file: its clients, its issuers, how tokens are given, and which calls are answered later. `front` is where
    /// this machine reaches the gateway.
    pub(crate) async fn follow(&mut self, platform: &Platform, front: Option<SocketAddr>) -> Result<()> {
        let access = &platform.access;
        self.clients.set_file(access.clients.clone()).await?;
        self.issuers.set(access.issuers.clone());
        if self.authority.as_ref().map(|running| &running.tokens) != access.tokens.as_ref() {
            self.give_tokens(access.tokens.clone(), platform).await?;
        }
        self.keep_jobs(platform, front).await?;
        let tokens = self.authority.as_ref().map(|running| running.authority.router());
        let routers = tokens.into_iter().chain(self.jobs.get().map(Jobs::router));
        self.router.store(Arc::new(routers.fold(Router::new(), Router::merge)));
        self.access.send_replace(access.clone());
        Ok(())
    }

    async fn give_tokens(&mut self, tokens: Option<Tokens>, platform: &Platform) -> Result<()> {
        let Some(tokens) = tokens else {
            self.authority = None;
            self.own.send_replace(None);
            return Ok(());
        };
        let clock = self.clock;
        let authority = Authority::open(Setup {
            tokens: tokens.clone(),
            store: self.kept.clone(),
            clients: self.clients.subscribe(),
            trusted_proxies: platform.gateway.trusted_proxies.clone(),
            clock: Arc::new(move || clock.now()),
            log: Arc::new(say),
        })
        .await?;
        self.own.send_replace(Some(authority.subscribe()));
        let keeping = tokio::spawn(keep(authority.clone()));
        self.authority = Some(Running { authority, tokens, keeping });
        Ok(())
    }

    async fn keep_jobs(&mut self, platform: &Platform, front: Option<SocketAddr>) -> Result<()> {
        let wanted = has_patterns(platform) || !platform.consumers.is_empty();
        if self.jobs.get().is_none() && (wanted || self.state_dir.join("jobs.sqlite").exists()) {
            let (clock, folder) = (self.clock, self.state_dir.clone());
            let settings = Settings { folder, largest: Settings::LARGEST };
            let jobs = Jobs::open(&settings, Arc::new(move || clock.now()), Arc::new(say)).await?;
            // Only the loop opens them, one file after another.
            self.jobs.get_or_init(|| jobs);
        }
        let (Some(jobs), Some(gateway)) = (self.jobs.get(), front) else { return Ok(()) };
        let of_route = |route: &platform::Route| {
            let (name, body) = (route.name.clone(), route.policy.body);
            Some(naru_jobs::Route { name, pattern: route.policy.pattern.clone()?, body })
        };
        jobs.apply(Table {
            routes: platform.routes.iter().filter_map(of_route).collect(),
            brokers: platform.brokers.clone(),
            consumers: platform.consumers.clone(),
            gateway,
            secret: self.secret.clone(),
            callback_base: format!("http://{gateway}"),
        });
        Ok(())
    }

    /// A token came with a key that this outside issuer is not known to have.
    pub(crate) fn unknown_key(&self, issuer: &str) {
        self.issuers.unknown_key(issuer);
    }

    /// The numbers of all clients, of the file and registered.
    pub(crate) fn callers(&self) -> Vec<(CallerId, ClientName)> {
        let directory = self.clients.subscribe();
        directory.borrow().callers().map(|caller| (caller.id, caller.name.clone())).collect()
    }

    pub(crate) fn endpoint(&self) -> Option<Endpoint> {
        let instance = InstanceId { service: name()?, revision: 1, ordinal: 1 };
        let (address, protocol) = (self.address, Protocol::Http1);
        Some(Endpoint { instance, address, protocol, routed: true, tls: None })
    }

    /// Adds the service and the routes that lead to it, if anything is asked of it.
    pub(crate) fn add_to(&self, routing: &mut snapshot::Routing, platform: &Platform, ids: &Ids) {
        routing.own_secret.clone_from(&self.secret);
        let paths = paths(platform);
        let Some(name) = name().filter(|_| !paths.is_empty()) else { return };
        let id = ids.services.get(&name).copied().unwrap_or_default();
        routing.own = Some(id);
        routing.services.push(snapshot::Service {
            id,
            name,
            health: platform::Health::default(),
            traffic: Traffic::default(),
            warm_up: Duration::ZERO,
        });
        routing.routes.extend(paths.into_iter().map(|path| snapshot::Route {
            id: ids.routes.get(&path).copied().unwrap_or_default(),
            matches: Match { path: Some(path.clone()), ..Match::default() },
            to: vec![(id, 1)],
            function: FunctionId::default(),
            timeout: None,
            name: path.clone(),
            policy: policy(&path),
            link: None,
        }));
    }
}

/// Reads the secret of this state folder, or makes it.
fn secret(path: &Path) -> Result<String> {
    let known = std::fs::read_to_string(path).ok().filter(|secret| !secret.is_empty());
    if let Some(secret) = known {
        return Ok(secret);
    }
    let secret = naru_api::auth::random_token()?;
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| file.write_all(secret.as_bytes()));
    written.with_context(|| format!("can't write {}", path.display()))?;
    Ok(secret)
}

/// The name among services.
pub(crate) fn name() -> Option<ServiceName> {
    NAME.parse().ok()
}

/// The paths that are answered here, which are the names of their routes too.
pub(crate) fn paths(platform: &Platform) -> Vec<String> {
    let tokens = platform.access.tokens.as_ref().map(|tokens| Paths::of(&tokens.issuer));
    let mut paths = tokens.map(|paths| paths.all().map(str::to_owned).to_vec()).unwrap_or_default();
    if has_patterns(platform) {
        paths.extend(OF_JOBS.map(|path| format!("{path}**")));
    }
    paths
}

const OF_JOBS: [&str; 2] = [naru_jobs::JOBS, naru_jobs::AWAIT];

fn has_patterns(platform: &Platform) -> bool {
    platform.routes.iter().any(|route| route.policy.pattern.is_some())
}

/// Open to everybody, also where a platform is closed by default: who wants a token has none, and what belongs to whom is
/// looked at here. Of jobs the gateway says who asks, as it does of the routes that made them.
fn policy(path: &str) -> Policy {
    let of_jobs = OF_JOBS.iter().any(|base| path.starts_with(base));
    let pattern = of_jobs.then(|| Pattern::Job(Job::default()));
    Policy { auth: Some(Auth::default()), pattern, ..Policy::default() }
}

async fn keep(authority: Arc<Authority>) {
    loop {
        tokio::time::sleep(KEEP_EVERY).await;
        if let Err(error) = authority.keep().await {
            say(&format!("the keys of tokens can't be looked after; those there are go on: {error}"));
        }
    }
}

fn say(line: &str) {
    eprintln!("naru: {line}");
}

/// All that callers are put together of.
struct Heard {
    access: watch::Receiver<Access>,
    directory: watch::Receiver<Arc<Directory>>,
    issuers: watch::Receiver<Arc<Vec<TrustedIssuer>>>,
    own: watch::Receiver<Option<watch::Receiver<Arc<Published>>>>,
}

impl Heard {
    /// Tells the loop at each change, until one of the two ends.
    async fn tell(mut self, inbox: mpsc::Sender<Input>) {
        loop {
            let mut published = self.own.borrow_and_update().clone();
            let callers = self.callers(published.as_mut());
            if inbox.send(Input::Callers(Box::new(callers))).await.is_err() {
                return;
            }
            let changed = tokio::select! {
                changed = self.access.changed() => changed,
                changed = self.directory.changed() => changed,
                changed = self.issuers.changed() => changed,
                changed = self.own.changed() => changed,
                changed = changed_of(published.as_mut()) => changed,
            };
            // The authority alone may have been replaced by another; the others end with the server.
            if changed.is_err() && self.own.has_changed().is_err() {
                return;
            }
        }
    }

    fn callers(&mut self, own: Option<&mut watch::Receiver<Arc<Published>>>) -> Callers {
        let own = own.map(|own| own.borrow_and_update().clone());
        let (access, directory) = (self.access.borrow_and_update(), self.directory.borrow_and_update());
        naru_oauth::callers(&access, &directory, own.as_deref(), &self.issuers.borrow_and_update())
    }
}

async fn changed_of(
    own: Option<&mut watch::Receiver<Arc<Published>>>,
) -> Result<(), watch::error::RecvError> {
    match own {
        Some(own) => own.changed().await,
        None => std::future::pending().await,
    }
}
