//! How every runtime behaves. Each implementation has a file of tests that runs all of these against it.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use naru_model::instance::InstanceId;
use naru_model::observed::Process;
use naru_runtime::{Error, Launch, Running, Runtime, RuntimeEvent, Stats};
use tokio::sync::mpsc::UnboundedReceiver;

/// Longer than anything here takes on the slowest machine; what is awaited usually comes within milliseconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What an instance does once it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// Runs until it is asked to end, and then exits with 0.
    Serve,
    /// As [`Behaviour::Serve`], while it uses a whole core.
    Burn,
    /// Ignores that it is asked to end.
    Stubborn,
    /// Exits at once with this code.
    Exit(i32),
    /// Can't be started: there is no such command.
    Missing,
}

/// A runtime under test, and the world around it.
pub(crate) trait Harness: Sized + 'static {
    /// Makes a runtime that knows no instance.
    fn new() -> Self;
    fn runtime(&self) -> &dyn Runtime;
    fn events(&mut self) -> &mut UnboundedReceiver<RuntimeEvent>;
    fn launch(&self, id: &str, behaviour: Behaviour) -> Launch;
    /// Returns when the instance behaves as it was launched to.
    fn behaves(&self, id: &InstanceId) -> impl Future<Output = ()>;
    /// Sends the service's own process a signal behind the runtime's back.
    fn signal(&self, running: &Running, signal: i32);
    /// Drops the runtime as if the server had been killed, and puts a new one in its place.
    fn restart(&mut self);
    /// Returns when the instance has ended, while no runtime watches.
    fn ended_unwatched(&self, running: &Running) -> impl Future<Output = ()>;
}

pub(crate) fn id(text: &str) -> InstanceId {
    text.parse().unwrap()
}

/// Starts an instance that behaves so, and waits until it does.
pub(crate) async fn start<H: Harness>(harness: &H, id: &str, behaviour: Behaviour) -> Running {
    let running = harness.runtime().start(harness.launch(id, behaviour)).await.unwrap();
    if !matches!(behaviour, Behaviour::Exit(_)) {
        harness.behaves(&running.id).await;
    }
    running
}

/// Waits for the end of an instance: its code and its signal.
pub(crate) async fn end<H: Harness>(harness: &mut H, id: &InstanceId) -> (Option<i32>, Option<i32>) {
    let event = tokio::time::timeout(PATIENCE, harness.events().recv()).await.unwrap().unwrap();
    let RuntimeEvent::Exited { id: ended, code, signal, at, .. } = event;
    assert_eq!(ended, *id);
    let known = harness.runtime().inspect().into_iter().find(|running| running.id == *id).unwrap();
    assert_eq!(known.process, Process::Exited { at, code, signal });
    (code, signal)
}

async fn tells_what_it_started<H: Harness>(harness: H) {
    let started = start(&harness, "a-1-1", Behaviour::Serve).await;
    assert_eq!(started.process, Process::Running);
    assert!(started.pid > 0 && started.address.port() > 0 && started.address.ip().is_loopback());
    assert_eq!(harness.runtime().inspect(), [started]);
    let other = start(&harness, "a-1-2", Behaviour::Serve).await;
    let all = harness.runtime().inspect();
    assert_eq!(all.iter().map(|r| r.id.to_string()).collect::<Vec<_>>(), ["a-1-1", "a-1-2"]);
    assert_ne!(all[0].address, other.address);
    assert_ne!(all[0].pid, other.pid);
}

async fn tells_the_exit_code<H: Harness>(mut harness: H) {
    let ended = start(&harness, "a-1-1", Behaviour::Exit(3)).await;
    assert_eq!(end(&mut harness, &ended.id).await, (Some(3), None));
}

async fn tells_the_signal<H: Harness>(mut harness: H) {
    let killed = start(&harness, "a-1-1", Behaviour::Serve).await;
    harness.signal(&killed, 9);
    assert_eq!(end(&mut harness, &killed.id).await, (None, Some(9)));
}

async fn stops_by_asking<H: Harness>(mut harness: H) {
    let asked = start(&harness, "a-1-1", Behaviour::Serve).await;
    harness.runtime().stop(&asked.id, PATIENCE).await.unwrap();
    assert_eq!(end(&mut harness, &asked.id).await, (Some(0), None));
}

async fn kills_what_does_not_end_within_its_grace<H: Harness>(mut harness: H) {
    let stubborn = start(&harness, "a-1-1", Behaviour::Stubborn).await;
    let grace = Duration::from_millis(300);
    let begin = Instant::now();
    harness.runtime().stop(&stubborn.id, grace).await.unwrap();
    assert_eq!(end(&mut harness, &stubborn.id).await, (None, Some(9)));
    assert!(begin.elapsed() >= grace);
}

async fn kills_at_once_without_grace<H: Harness>(mut harness: H) {
    let served = start(&harness, "a-1-1", Behaviour::Serve).await;
    harness.runtime().stop(&served.id, Duration::ZERO).await.unwrap();
    assert_eq!(end(&mut harness, &served.id).await, (None, Some(9)));
}

async fn hastens_when_asked_again<H: Harness>(mut harness: H) {
    let stubborn = start(&harness, "a-1-1", Behaviour::Stubborn).await;
    harness.runtime().stop(&stubborn.id, PATIENCE * 10).await.unwrap();
    harness.runtime().stop(&stubborn.id, Duration::from_millis(100)).await.unwrap();
    assert_eq!(end(&mut harness, &stubborn.id).await, (None, Some(9)));
}

async fn never_lengthens_a_grace<H: Harness>(mut harness: H) {
    let stubborn = start(&harness, "a-1-1", Behaviour::Stubborn).await;
    harness.runtime().stop(&stubborn.id, Duration::from_millis(200)).await.unwrap();
    harness.runtime().stop(&stubborn.id, PATIENCE * 10).await.unwrap();
    assert_eq!(end(&mut harness, &stubborn.id).await, (None, Some(9)));
}

async fn stops_what_has_ended_or_never_was<H: Harness>(mut harness: H) {
    let ended = start(&harness, "a-1-1", Behaviour::Exit(0)).await;
    end(&mut harness, &ended.id).await;
    harness.runtime().stop(&ended.id, PATIENCE).await.unwrap();
    let unknown = harness.runtime().stop(&id("a-9-9"), PATIENCE).await;
    assert!(matches!(unknown, Err(Error::Unknown { .. })), "{unknown:?}");
}

async fn leaves_nothing_of_a_failed_start<H: Harness>(harness: H) {
    let failed = harness.runtime().start(harness.launch("a-1-1", Behaviour::Missing)).await.unwrap_err();
    let said = failed.to_string();
    assert!(said.starts_with("a-1-1: ") && said.contains("not found") && !said.ends_with('.'), "{said}");
    assert_eq!(harness.runtime().inspect(), []);
    start(&harness, "a-1-1", Behaviour::Serve).await;
}

async fn starts_no_instance_twice<H: Harness>(mut harness: H) {
    let first = start(&harness, "a-1-1", Behaviour::Exit(0)).await;
    end(&mut harness, &first.id).await;
    let again = harness.runtime().start(harness.launch("a-1-1", Behaviour::Serve)).await;
    assert!(matches!(again, Err(Error::Known { .. })), "{again:?}");
}

async fn finds_what_runs_after_a_restart<H: Harness>(mut harness: H) {
    let before = start(&harness, "a-1-1", Behaviour::Serve).await;
    harness.restart();
    assert_eq!(harness.runtime().inspect(), []);
    assert_eq!(harness.runtime().recover().await.unwrap(), std::slice::from_ref(&before));
    assert_eq!(harness.runtime().inspect(), std::slice::from_ref(&before));
    harness.runtime().stop(&before.id, PATIENCE).await.unwrap();
    assert_eq!(end(&mut harness, &before.id).await, (Some(0), None));
}

async fn tells_what_ended_meanwhile<H: Harness>(mut harness: H) {
    let before = start(&harness, "a-1-1", Behaviour::Serve).await;
    harness.restart();
    harness.signal(&before, 15);
    harness.ended_unwatched(&before).await;
    let found = harness.runtime().recover().await.unwrap();
    assert_eq!(found.len(), 1);
    let exited = matches!(found[0].process, Process::Exited { code: Some(0), signal: None, .. });
    assert!(exited, "{:?}", found[0]);
    assert_eq!((&found[0].id, found[0].address), (&before.id, before.address));
    harness.runtime().forget(&before.id);
    assert_eq!(harness.runtime().inspect(), []);
}

async fn forgets_only_what_has_ended<H: Harness>(mut harness: H) {
    let served = start(&harness, "a-1-1", Behaviour::Serve).await;
    harness.runtime().forget(&served.id);
    assert_eq!(harness.runtime().inspect().len(), 1);
    harness.runtime().stop(&served.id, PATIENCE).await.unwrap();
    end(&mut harness, &served.id).await;
    harness.runtime().forget(&served.id);
    assert_eq!(harness.runtime().inspect(), []);
    harness.restart();
    assert_eq!(harness.runtime().recover().await.unwrap(), []);
}

async fn measures_what_runs<H: Harness>(mut harness: H) {
    let busy = start(&harness, "a-1-1", Behaviour::Burn).await;
    let idle = start(&harness, "a-1-2", Behaviour::Serve).await;
    let measured = |wanted: fn(&Stats) -> bool, id: InstanceId| {
        let runtime = harness.runtime();
        async move {
            let seen = async {
                while !runtime.stats().iter().any(|s| s.id == id && wanted(s)) {
                    // There is no event to wait for: this is what the server does too, once a second.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            };
            tokio::time::timeout(PATIENCE, seen).await.unwrap_or_else(|_| panic!("{:?}", runtime.stats()));
        }
    };
    // Others may want the machine too, so this is well below the whole core that it tries to use.
    measured(|s| s.cpu_cores > 0.2 && s.memory_bytes > 50_000, busy.id.clone()).await;
    measured(|s| s.cpu_cores < 0.2 && s.memory_bytes > 50_000, idle.id.clone()).await;
    harness.runtime().stop(&busy.id, PATIENCE).await.unwrap();
    end(&mut harness, &busy.id).await;
    assert!(harness.runtime().stats().iter().all(|s| s.id != busy.id));
}

type Run<H> = fn(H) -> Pin<Box<dyn Future<Output = ()>>>;

/// Every behaviour, by name.
pub(crate) fn all<H: Harness>() -> Vec<(&'static str, Run<H>)> {
    macro_rules! list {
        ($($name:ident),* $(,)?) => {
            vec![$((stringify!($name), |harness| Box::pin($name(harness)))),*]
        };
    }
    list![
        tells_what_it_started,
        tells_the_exit_code,
        tells_the_signal,
        stops_by_asking,
        kills_what_does_not_end_within_its_grace,
        kills_at_once_without_grace,
        hastens_when_asked_again,
        never_lengthens_a_grace,
        stops_what_has_ended_or_never_was,
        leaves_nothing_of_a_failed_start,
        starts_no_instance_twice,
        finds_what_runs_after_a_restart,
        tells_what_ended_meanwhile,
        forgets_only_what_has_ended,
        measures_what_runs,
    ]
}

/// Runs one test in a tokio of its own.
pub(crate) fn within_tokio(test: impl Future<Output = ()>) {
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio.block_on(test);
}
