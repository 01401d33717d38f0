//! Days that end, servers that die and clocks that step, with the time passed in: each day is kept and each report sent once.

use naru_model::record::RequestRecord;
use naru_model::service_level::{Kind, Outcome};
use naru_notify::{Settings, Setup, Store, Stored};
use naru_testkit::record::answered;
use tempfile::TempDir;

use super::*;

/// 2026-11-20T23:30:00Z
const LATE: u64 = 1_795_217_400;
const HOUR: u64 = 3600;
const DAY: u64 = 86_400;

fn at(second: u64) -> Timestamp {
    Timestamp(second * 1_000_000)
}

/// Reports of days in UTC, each morning at seven, by a mail server that is not there.
fn platform(more: &str) -> Platform {
    let yaml = format!(
        r#"
platform: portal
services: {{ portal: {{ exec: [portal] }} }}
functions: {{ approval: {{ owner: approval@example.go.kr }} }}
notices:
  channels: {{ ops: {{ email: ops@example.go.kr }} }}
  smtp: {{ host: 127.0.0.1, port: 1, from: naru@example.go.kr, tls: never }}
reports: {{ zone: UTC{more} }}
"#
    );
    naru_config::parse("naru.yaml", &yaml, Path::new("/"), naru_config::Machine::detect()).unwrap()
}

struct Kept(Arc<State>);

impl Store for Kept {
    fn put(&self, outgoing: naru_model::watch::Outgoing) -> Stored<'_, naru_model::watch::Outgoing> {
        Box::pin(async move { self.0.put_notice(outgoing).await.map_err(|error| error.to_string()) })
    }

    fn waiting(&self) -> Stored<'_, Vec<naru_model::watch::Outgoing>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// A server of a moment, on a folder that outlives it.
struct Server {
    reports: Reports,
    telemetry: Arc<Telemetry>,
}

impl Server {
    async fn start(folder: &TempDir, platform: &Platform, now: Timestamp) -> Server {
        let log = Arc::new(|_: &str| {});
        let state = Arc::new(State::open(folder.path()).await.unwrap());
        let telemetry =
            Arc::new(Telemetry::open(folder.path(), platform.telemetry, now, log.clone()).unwrap());
        let source = Source::new(Clock::start(), state.clone(), telemetry.clone(), folder.path(), platform);
        let setup = Setup {
            store: Arc::new(Kept(state)),
            attach: Arc::new(source.clone()),
            clock: Arc::new(move || now),
            log,
        };
        let settings = Settings { notices: platform.notices.clone(), platform: platform.name.clone() };
        let notifier = Notifier::start(setup, settings).await.unwrap();
        Server { reports: Reports { source, notifier }, telemetry }
    }

    /// Ends it, so that the next one finds the folder free.
    async fn end(self) {
        let state = Arc::downgrade(&self.reports.source.state);
        drop(self);
        // A message that was on its way holds it a moment longer.
        while state.strong_count() > 0 {
            tokio::task::yield_now().await;
        }
    }

    /// So many requests that are answered at a second.
    fn seen(&self, second: u64, requests: u32) {
        let mut batch = Vec::new();
        for _ in 0..requests {
            RequestRecord { start: at(second), upstream_us: 900, whole_us: 1000, ..answered() }
                .encode(&mut batch);
        }
        self.telemetry.ingest(&batch, at(second));
    }

    async fn look(&self, now: Timestamp) {
        self.reports.source.keep_days(now).await.unwrap();
        self.reports.send_due(now).await.unwrap();
    }

    fn days(&self) -> Vec<String> {
        self.reports.source.shelf.days().into_iter().map(|kept| kept.date).collect()
    }

    /// Reports that were sent: kind, day and place, the first first.
    async fn sent(&self) -> Vec<String> {
        let notices = self.reports.source.state.report_notices(None, 100).await.unwrap();
        let one = |notice: &naru_model::alert::Notice| {
            let report = notice.report.as_ref().unwrap();
            format!("{} {} {}", report.kind, report.date, notice.channel)
        };
        notices.iter().rev().map(one).collect()
    }
}

#[tokio::test]
async fn a_day_is_kept_once_it_is_over_and_not_before() {
    let (folder, platform) = (TempDir::new().unwrap(), platform(""));
    let server = Server::start(&folder, &platform, at(LATE)).await;
    server.seen(LATE + 10, 7);
    server.look(at(LATE + 60)).await;
    assert_eq!(server.days(), Vec::<String>::new());
    // Midnight is half an hour later; what is seen late still counts.
    server.look(at(LATE + 1800 + 30)).await;
    assert_eq!(server.days(), Vec::<String>::new());
    server.look(at(LATE + 1800 + 61)).await;
    assert_eq!(server.days(), ["2026-11-20"]);
    let day = server.reports.source.shelf.day("2026-11-20").unwrap();
    assert_eq!((day.seen[0].requests, day.is_whole()), (7, true));
    let span = server.reports.source.span(Kind::Daily, None, at(LATE + HOUR)).unwrap();
    let summary = server.reports.source.summary(span, at(LATE + HOUR)).await.unwrap();
    assert_eq!(
        (summary.all().unwrap().now.requests, summary.complete, summary.result),
        (7, true, Outcome::NoGoal)
    );
    assert!(summary.seen_from.is_some(), "it began in the middle of the day");
}

#[tokio::test]
async fn each_report_is_sent_once_however_often_servers_are_started() {
    let (folder, platform) = (TempDir::new().unwrap(), platform(", daily: [ops, owners]"));
    let server = Server::start(&folder, &platform, at(LATE)).await;
    server.seen(LATE + 10, 7);
    server.look(at(LATE + 60)).await;
    assert_eq!(server.sent().await, Vec::<String>::new(), "yesterday's was due before anybody wanted it");
    // 07:00 of the next day, again and again, and by the next server too.
    let seven = at(LATE + 1800 + 7 * HOUR);
    server.look(seven).await;
    server.look(seven + Duration::from_secs(60)).await;
    let expected = ["daily 2026-11-20 ops", "daily 2026-11-20 owners"];
    assert_eq!(server.sent().await, expected);
    server.end().await;
    let next = Server::start(&folder, &platform, seven).await;
    next.look(seven + Duration::from_secs(120)).await;
    assert_eq!(next.sent().await, expected);
    // A clock that was stepped back sends nothing again.
    next.look(at(LATE + 1800 + 6 * HOUR)).await;
    next.look(seven + Duration::from_secs(180)).await;
    assert_eq!(next.sent().await, expected);
}

#[tokio::test]
async fn a_server_that_was_down_for_three_days_says_so_day_by_day() {
    let (folder, platform) = (TempDir::new().unwrap(), platform(", daily: ops"));
    let server = Server::start(&folder, &platform, at(LATE)).await;
    server.seen(LATE + 10, 7);
    server.look(at(LATE + 60)).await;
    server.end().await;
    let later = at(LATE + 1800 + 3 * DAY + 8 * HOUR);
    let server = Server::start(&folder, &platform, later).await;
    server.look(later).await;
    let days: Vec<String> = (20..=23).map(|day| format!("daily 2026-11-{day} ops")).collect();
    assert_eq!(server.sent().await, days);
    // The day that it ran was added up late, of what telemetry kept.
    assert_eq!(server.days(), ["2026-11-20"]);
    let span = server.reports.source.span(Kind::Daily, Some("2026-11-22"), later).unwrap();
    assert_eq!(server.reports.source.summary(span, later).await.unwrap().missing, ["2026-11-22"]);
}

#[tokio::test]
async fn a_day_that_a_clock_ahead_has_made_is_made_again() {
    let (folder, platform) = (TempDir::new().unwrap(), platform(""));
    let server = Server::start(&folder, &platform, at(LATE)).await;
    server.seen(LATE + 10, 7);
    server.look(at(LATE + 1800 + 61)).await;
    assert_eq!(server.days(), ["2026-11-20"]);
    // It was half past eleven after all.
    server.look(at(LATE + 120)).await;
    assert_eq!(server.days(), Vec::<String>::new());
    server.look(at(LATE + 1800 + 61)).await;
    assert_eq!(server.days(), ["2026-11-20"]);
}

#[tokio::test]
async fn a_folder_that_can_not_be_written_is_an_error_and_tried_again() {
    let (folder, platform) = (TempDir::new().unwrap(), platform(""));
    let server = Server::start(&folder, &platform, at(LATE)).await;
    server.seen(LATE + 10, 7);
    std::fs::write(folder.path().join("reports"), "a file in its place").unwrap();
    let over = at(LATE + 1800 + 61);
    assert!(server.reports.source.keep_days(over).await.is_err());
    std::fs::remove_file(folder.path().join("reports")).unwrap();
    server.look(over).await;
    assert_eq!(server.days(), ["2026-11-20"]);
    std::fs::write(folder.path().join("reports/2026-11-20.json.zst"), "damaged").unwrap();
    assert!(server.reports.source.shelf.day("2026-11-20").is_none(), "what can't be read is left out");
}

/// A tiny disk at a folder; taken away when dropped.
struct Disk<'f>(&'f Path);

impl Disk<'_> {
    fn mount(folder: &Path) -> Disk<'_> {
        let mount = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k", "naru-test"])
            .arg(folder)
            .status();
        assert!(mount.unwrap().success());
        Disk(folder)
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        assert!(std::process::Command::new("umount").arg(self.0).status().unwrap().success());
    }
}

#[tokio::test]
async fn a_full_disk_leaves_no_half_of_a_day_and_the_day_comes_when_there_is_room() {
    use std::io::Write;
    let (folder, platform) = (TempDir::new().unwrap(), platform(", daily: ops"));
    let reports = folder.path().join("reports");
    std::fs::create_dir(&reports).unwrap();
    let disk = Disk::mount(&reports);
    let server = Server::start(&folder, &platform, at(LATE)).await;
    server.seen(LATE + 10, 7);
    // Since when the report is wanted is noted while there is room.
    server.look(at(LATE + 60)).await;
    let filler = reports.join("filler");
    let mut file = std::fs::File::create(&filler).unwrap();
    while file.write_all(&[0; 512]).is_ok() {}
    let over = at(LATE + 1800 + 61);
    for _ in 0..2 {
        let error = server.reports.source.keep_days(over).await.unwrap_err();
        let told = format!("{error:#}");
        assert!(told.contains("a day can't be kept") && told.contains("No space left"), "{told}");
        assert_eq!(server.days(), Vec::<String>::new());
    }
    let left: Vec<_> = std::fs::read_dir(&reports).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".part")), "{left:?}");
    // One that is open still takes its room.
    drop(file);
    std::fs::remove_file(&filler).unwrap();
    server.look(over).await;
    assert_eq!(server.days(), ["2026-11-20"]);
    let seven = at(LATE + 1800 + 7 * HOUR);
    server.look(seven).await;
    assert_eq!(server.sent().await, ["daily 2026-11-20 ops"]);
    let span = server.reports.source.span(Kind::Daily, None, seven).unwrap();
    let summary = server.reports.source.summary(span, seven).await.unwrap();
    assert_eq!((summary.all().unwrap().now.requests, summary.complete), (7, true));
    server.end().await;
    drop(disk);
}
