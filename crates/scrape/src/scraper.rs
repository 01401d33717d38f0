//! Asks each target again and again, each by itself and at its own moment, so that many are not asked at once.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper_util::rt::TokioIo;
use naru_model::instance::InstanceId;
use naru_model::metric::{MetricPoint, MetricValue, Owner, SeriesKey};
use naru_model::name::ServiceName;
use naru_model::units::Timestamp;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::task::AbortHandle;

use crate::page::{self, Format};
use crate::points::points;

/// The largest page, in bytes.
const MAX_PAGE: usize = 8 << 20;
/// How long one may take.
const MAX_TIME: Duration = Duration::from_secs(10);
/// How many are asked at once.
const AT_ONCE: usize = 32;
/// How often a service's failing is said at most.
const SAID_AGAIN: Duration = Duration::from_secs(3600);
/// What can be read, the better first.
const READS: &str = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

/// An instance that shows metrics.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    pub instance: InstanceId,
    pub address: SocketAddr,
    /// Begins with `/`.
    pub path: String,
    pub every: Duration,
}

/// Where what was read goes.
pub trait Sink: Send + Sync + 'static {
    fn take(&self, points: Vec<MetricPoint>);

    /// The time as points have it.
    fn now(&self) -> Timestamp;

    /// Takes one line for the server's log.
    fn say(&self, line: &str);
}

/// Why a target could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("it accepts no connection: {0}")]
    Connect(#[source] std::io::Error),
    #[error("it does not answer as HTTP does: {0}")]
    Http(#[source] hyper::Error),
    #[error("it answered {0}")]
    Status(StatusCode),
    #[error("its page is longer than {} MiB", MAX_PAGE >> 20)]
    TooLong,
    #[error("its page broke off")]
    Broke,
    #[error("its page is no text in UTF-8")]
    NoText,
    #[error(transparent)]
    Page(#[from] page::Error),
    #[error("it did not answer within {} s", .0.as_secs_f64())]
    Time(Duration),
}

/// Asks the targets of the moment until the list has no sender any more. Each is asked within `every` the first time.
pub async fn run(mut targets: watch::Receiver<Arc<[Target]>>, sink: Arc<dyn Sink>) {
    let asking = Arc::new(Asking { sink, places: Semaphore::new(AT_ONCE), said: Mutex::default() });
    let mut running: HashMap<Target, AbortHandle> = HashMap::new();
    loop {
        let wanted = targets.borrow_and_update().clone();
        running.retain(|target, task| {
            let stays = wanted.contains(target);
            if !stays {
                task.abort();
            }
            stays
        });
        for target in wanted.iter() {
            running
                .entry(target.clone())
                .or_insert_with(|| tokio::spawn(asking.clone().follow(target.clone())).abort_handle());
        }
        if targets.changed().await.is_err() {
            running.values().for_each(AbortHandle::abort);
            return;
        }
    }
}

/// What all targets share.
struct Asking {
    sink: Arc<dyn Sink>,
    places: Semaphore,
    /// When a service's failing was last said.
    said: Mutex<HashMap<ServiceName, Instant>>,
}

impl Asking {
    async fn follow(self: Arc<Asking>, target: Target) {
        let start = tokio::time::Instant::now() + offset(&target);
        let mut ticks = tokio::time::interval_at(start, target.every.max(Duration::from_secs(1)));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            // It is never closed.
            let Ok(_place) = self.places.acquire().await else { return };
            self.ask(&target).await;
        }
    }

    async fn ask(&self, target: &Target) {
        let (begun, now) = (Instant::now(), self.sink.now());
        let owner = Owner::Instance(target.instance.clone());
        let patience = target.every.min(MAX_TIME);
        let read = tokio::time::timeout(patience, read(target)).await;
        let read = read.unwrap_or(Err(Error::Time(patience)));
        let own = |name: &str, unit: &str, value: f64| MetricPoint {
            key: SeriesKey { owner: owner.clone(), name: name.to_owned(), labels: [].into() },
            unit: unit.to_owned(),
            at: now,
            value: MetricValue::Gauge(value),
        };
        // Named as Prometheus names what it adds itself.
        let mut told = vec![
            own("up", "1", f64::from(u8::from(read.is_ok()))),
            own("scrape_duration_seconds", "s", begun.elapsed().as_secs_f64()),
        ];
        match read {
            Ok(page) => {
                told.push(own("scrape_samples_scraped", "1", page.samples.len() as f64));
                told.extend(points(&page, &owner, now));
            }
            Err(error) => self.complain(target, &error),
        }
        self.sink.take(told);
    }

    /// Says it once an hour and service: a thousand instances of one service fail for one reason.
    fn complain(&self, target: &Target, error: &Error) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let service = &target.instance.service;
        if said.get(service).is_some_and(|at| at.elapsed() < SAID_AGAIN) {
            return;
        }
        said.insert(service.clone(), Instant::now());
        let Target { instance, address, path, .. } = target;
        self.sink.say(&format!(
            "metrics of {instance}: GET http://{address}{path}: {error}; see services.{service}.metrics, and the metric `up` \
             for the other instances"
        ));
    }
}

/// A moment of its own within `every`.
fn offset(target: &Target) -> Duration {
    let mut hasher = DefaultHasher::new();
    target.instance.hash(&mut hasher);
    let millis = target.every.as_millis().max(1) as u64;
    Duration::from_millis(hasher.finish() % millis)
}

/// Reads a target's page.
///
/// # Errors
/// It can't be reached or read, or is too long.
async fn read(target: &Target) -> Result<page::Page, Error> {
    let stream = TcpStream::connect(target.address).await.map_err(Error::Connect)?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(Error::Http)?;
    let exchange = async move {
        let request = Request::get(&target.path)
            .header(HOST, target.address.to_string())
            .header(ACCEPT, READS)
            .header(USER_AGENT, concat!("naru/", env!("CARGO_PKG_VERSION")))
            .body(Empty::<Bytes>::new());
        // The path was checked when the file was read.
        let Ok(request) = request else { return Err(Error::Status(StatusCode::BAD_REQUEST)) };
        let answer = sender.send_request(request).await.map_err(Error::Http)?;
        if answer.status() != StatusCode::OK {
            return Err(Error::Status(answer.status()));
        }
        let media_type = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let format = Format::of(media_type.unwrap_or_default());
        let body = Limited::new(answer.into_body(), MAX_PAGE).collect().await;
        let body = body.map_err(|error| match error.is::<LengthLimitError>() {
            true => Error::TooLong,
            false => Error::Broke,
        })?;
        let bytes = body.to_bytes();
        let text = std::str::from_utf8(&bytes).map_err(|_| Error::NoText)?;
        Ok(page::read(text, format)?)
    };
    // The connection ends with the exchange.
    let mut exchange = std::pin::pin!(exchange);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        done = &mut exchange => done,
        ended = &mut connection => match ended {
            Ok(()) => exchange.await,
            Err(error) => Err(Error::Http(error)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;

    struct Heard {
        points: mpsc::UnboundedSender<Vec<MetricPoint>>,
        lines: mpsc::UnboundedSender<String>,
    }

    impl Sink for Heard {
        fn take(&self, points: Vec<MetricPoint>) {
            let _ = self.points.send(points);
        }

        fn now(&self) -> Timestamp {
            Timestamp(1_790_000_000_000_000)
        }

        fn say(&self, line: &str) {
            let _ = self.lines.send(line.to_owned());
        }
    }

    /// Answers every connection with the same bytes, as soon as it has read something.
    async fn shows(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut request = [0; 4096];
                    let _ = stream.read(&mut request).await;
                    let _ = stream.write_all(answer.as_bytes()).await;
                });
            }
        });
        address
    }

    fn target(instance: &str, address: SocketAddr) -> Target {
        let every = Duration::from_millis(1000);
        Target { instance: instance.parse().unwrap(), address, path: "/metrics".to_owned(), every }
    }

    fn value(points: &[MetricPoint], name: &str) -> Option<MetricValue> {
        points.iter().find(|point| point.key.name == name).map(|point| point.value.clone())
    }

    struct Running {
        points: mpsc::UnboundedReceiver<Vec<MetricPoint>>,
        lines: mpsc::UnboundedReceiver<String>,
        targets: watch::Sender<Arc<[Target]>>,
    }

    fn start(targets: Vec<Target>) -> Running {
        let (points, heard) = mpsc::unbounded_channel();
        let (lines, said) = mpsc::unbounded_channel();
        let (send, receive) = watch::channel(targets.into());
        tokio::spawn(run(receive, Arc::new(Heard { points, lines })));
        Running { points: heard, lines: said, targets: send }
    }

    const PAGE: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\nconnection: close\r\n\r\n# TYPE jobs gauge\njobs 5\n";

    #[tokio::test]
    async fn what_a_target_shows_is_told_with_whether_it_is_up() {
        let mut running = start(vec![target("portal-1-1", shows(PAGE).await)]);
        let points = running.points.recv().await.unwrap();
        assert_eq!(value(&points, "jobs"), Some(MetricValue::Gauge(5.0)));
        assert_eq!(value(&points, "up"), Some(MetricValue::Gauge(1.0)));
        assert_eq!(value(&points, "scrape_samples_scraped"), Some(MetricValue::Gauge(1.0)));
        assert!(points.iter().all(|point| point.key.owner == "instance:portal-1-1".parse().unwrap()));
    }

    #[tokio::test]
    async fn a_service_that_fails_is_down_and_said_once_for_all_its_instances() {
        let missing = shows("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
        let no_page = shows("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>").await;
        let mut running = start(vec![
            target("portal-1-1", missing),
            target("portal-1-2", missing),
            target("mail-1-1", no_page),
        ]);
        for _ in 0..3 {
            let points = running.points.recv().await.unwrap();
            assert_eq!(value(&points, "up"), Some(MetricValue::Gauge(0.0)));
        }
        let mut said = vec![running.lines.recv().await.unwrap(), running.lines.recv().await.unwrap()];
        said.sort();
        assert!(said[0].starts_with("metrics of mail-1-1: GET http://127.0.0.1:"), "{said:?}");
        assert!(said[0].contains("line 1 of the page") && said[1].contains("it answered 404"), "{said:?}");
        assert!(running.lines.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_target_that_goes_is_asked_no_more() {
        let mut running = start(vec![target("portal-1-1", shows(PAGE).await)]);
        running.points.recv().await.unwrap();
        let other = target("portal-1-2", shows(PAGE).await);
        running.targets.send(vec![other].into()).unwrap();
        // What was under way may still be told, and from then on only the other.
        let mut owners = Vec::new();
        for _ in 0..3 {
            owners.push(running.points.recv().await.unwrap()[0].key.owner.to_string());
        }
        assert_eq!(owners[1..], ["instance:portal-1-2", "instance:portal-1-2"]);
    }

    #[tokio::test]
    async fn nobody_is_waited_for_longer_than_until_the_next_time() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut running = start(vec![target("portal-1-1", silent.local_addr().unwrap())]);
        let points = running.points.recv().await.unwrap();
        assert_eq!(value(&points, "up"), Some(MetricValue::Gauge(0.0)));
        assert!(running.lines.recv().await.unwrap().contains("it did not answer within 1 s"));
    }
}
