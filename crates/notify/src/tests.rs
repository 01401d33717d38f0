use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use naru_model::alert::{
    Alert, Cause as Why, Channel, Explanation, NoticeState, Notices, Reason, Severity, Shape, Smtp, SmtpTls,
    Text, Way,
};
use naru_model::language::Language;
use naru_model::service_level::Kind;
use naru_model::units::Timestamp;
use naru_model::watch::Outgoing;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::gather::{Gatherer, OWNERS};
use super::*;

fn alert(id: u64, owner: &str, severity: Severity) -> Alert {
    Alert {
        id,
        item: "naru-errors".to_owned(),
        owner: owner.parse().expect("an owner"),
        when: "error_ratio > 5% for 2m".to_owned(),
        figure: "error_ratio".to_owned(),
        severity,
        since: Timestamp(1_000_000),
        resolved: None,
        ending: None,
        acknowledged: None,
        escalated: None,
        silenced: false,
        value: 0.05 + id as f64 / 10_000.0,
        worst: 0.05 + id as f64 / 10_000.0,
        threshold: Some(0.05),
        ahead: None,
        explanation: Explanation {
            causes: vec![Why {
                text: Text {
                    ko: "인스턴스 portal-1-2가 느림".into(),
                    en: "instance portal-1-2 is slow".into(),
                },
                subject: "instance:portal-1-2".to_owned(),
                support: 0.9,
                moved_at: None,
            }],
            ..Explanation::default()
        },
    }
}

fn cause(id: u64, reason: Reason) -> Cause {
    let alert = alert(id, &format!("service:s{id}"), Severity::Critical);
    Cause { reason, alert, channels: Vec::new(), owners: Vec::new() }
}

fn channel(name: &str, way: Way) -> Channel {
    Channel { name: name.to_owned(), way, severity: Severity::Warning }
}

fn webhook(name: &str, url: String, shape: Shape) -> Channel {
    channel(name, Way::Webhook { url, shape })
}

fn settings(channels: Vec<Channel>) -> Settings {
    let notices = Notices {
        channels,
        gather: Duration::from_millis(50),
        language: "en".to_owned(),
        ..Notices::default()
    };
    Settings { notices, platform: "portal".to_owned() }
}

fn at(seconds: u64) -> Timestamp {
    Timestamp(1_700_000_000_000_000 + seconds * 1_000_000)
}

#[test]
fn a_storm_of_a_thousand_causes_is_one_message_with_counts_and_the_worst_ten() {
    let mut settings = settings(vec![webhook("ops", "http://a".to_owned(), Shape::Json)]);
    settings.notices.gather = Duration::from_secs(30);
    let mut gatherer = Gatherer::default();
    for second in 0..20 {
        let causes = (0..50).map(|n| cause(1 + second * 50 + n, Reason::First)).collect();
        assert_eq!(gatherer.add(causes, &settings, at(second)).len(), 1);
        assert!(gatherer.due(at(second)).is_empty());
    }
    assert_eq!(gatherer.next_due(), Some(at(30)));
    let sent = gatherer.due(at(30));
    assert_eq!(sent.len(), 1);
    let notice = &sent[0].notice;
    assert_eq!(notice.alerts.len(), 1000);
    assert_eq!(notice.subject, "[naru portal] 1000 alerts: 1000 critical, 0 warnings, 0 over");
    assert_eq!(notice.text.lines().filter(|line| line.starts_with("- ")).count(), 10, "{}", notice.text);
    assert!(
        notice.text.contains("- critical: service s1000 error rate 15% (limit 5%)"),
        "the worst: {}",
        notice.text
    );
    assert!(notice.text.contains("and 990 more"));
    assert_eq!(sent[0].worst.len(), 10);
    assert!(notice.text.len() < 5_000);

    // What the storm brings next gathers for longer, and then for as long as ever again.
    gatherer.add((2000..2100).map(|id| cause(id, Reason::First)).collect(), &settings, at(40));
    assert_eq!(gatherer.next_due(), Some(at(100)));
    assert_eq!(gatherer.due(at(100)).len(), 1);
    gatherer.add(vec![cause(3000, Reason::First)], &settings, at(1000));
    assert_eq!(gatherer.next_due(), Some(at(1030)));
}

#[test]
fn one_alert_is_told_once_in_a_message_and_only_where_it_is_to_be_told() {
    let mut chat = webhook("chat", "http://a".to_owned(), Shape::Slack);
    chat.severity = Severity::Critical;
    let settings = settings(vec![webhook("ops", "http://a".to_owned(), Shape::Json), chat]);
    let mut gatherer = Gatherer::default();
    let mut warning = cause(1, Reason::First);
    warning.alert.severity = Severity::Warning;
    let mut chosen = cause(2, Reason::First);
    chosen.channels = vec!["chat".to_owned()];
    let mut owned = cause(3, Reason::Escalated);
    owned.owners = vec!["owner@example.go.kr".to_owned()];
    gatherer.add(vec![warning.clone(), chosen, owned, cause(4, Reason::Escalated)], &settings, at(0));
    warning.reason = Reason::Worse;
    gatherer.add(vec![warning], &settings, at(1));
    let sent: BTreeMap<String, Outgoing> =
        gatherer.due(at(60)).into_iter().map(|one| (one.notice.channel.clone(), one)).collect();
    assert_eq!(sent.keys().collect::<Vec<_>>(), ["chat", "ops", OWNERS]);
    assert_eq!((&sent["ops"].notice.alerts, sent["ops"].notice.reason), (&vec![1], Reason::First));
    assert_eq!(sent["chat"].notice.alerts, [2]);
    assert_eq!(sent[OWNERS].to, ["owner@example.go.kr"]);
    // Who was called is told of the end as well.
    let mut over = cause(3, Reason::Resolved);
    over.owners = vec!["owner@example.go.kr".to_owned()];
    gatherer.add(vec![over, cause(4, Reason::Resolved)], &settings, at(100));
    let over: Vec<Outgoing> =
        gatherer.due(at(200)).into_iter().filter(|one| one.notice.channel == OWNERS).collect();
    assert_eq!((over.len(), over[0].notice.alerts.clone()), (1, vec![3]));
    let text = &sent["chat"].notice.text;
    assert!(text.contains("Likely causes\n1. instance portal-1-2 is slow"), "{text}");
}

#[test]
fn messages_are_korean_where_the_file_says_so() {
    let mut settings = settings(vec![webhook("ops", "http://a".to_owned(), Shape::Json)]);
    settings.notices.language = "ko".to_owned();
    let mut gatherer = Gatherer::default();
    let mut over = cause(1, Reason::Resolved);
    over.alert.resolved = Some(Timestamp(91_000_000));
    gatherer.add(vec![over], &settings, at(0));
    let sent = gatherer.due(at(60));
    assert_eq!(sent[0].notice.subject, "[naru portal] 해제: 서비스 s1 오류율 5.01%");
    assert!(sent[0].notice.text.contains("정상으로 돌아왔습니다"), "{}", sent[0].notice.text);
}

/// Keeps in memory what a state would keep.
#[derive(Default)]
struct Memory(Mutex<BTreeMap<u64, Outgoing>>);

impl Store for Memory {
    fn put(&self, mut outgoing: Outgoing) -> Stored<'_, Outgoing> {
        Box::pin(async move {
            let mut kept = self.0.lock().expect("nobody panics with it");
            if outgoing.notice.id == 0 {
                outgoing.notice.id = kept.len() as u64 + 1;
            }
            kept.insert(outgoing.notice.id, outgoing.clone());
            Ok(outgoing)
        })
    }

    fn waiting(&self) -> Stored<'_, Vec<Outgoing>> {
        Box::pin(async move {
            let kept = self.0.lock().expect("nobody panics with it");
            Ok(kept.values().filter(|one| one.notice.state == NoticeState::Waiting).cloned().collect())
        })
    }
}

/// Brings one page to each report.
struct Page;

impl Attach for Page {
    fn files(&self, report: &ReportRef) -> Stored<'_, Vec<ReportFile>> {
        let name = format!("{}.html", report.date);
        Box::pin(async move {
            Ok(vec![ReportFile {
                name,
                media_type: "text/html; charset=utf-8",
                content: b"<p>99.9%</p>".to_vec(),
            }])
        })
    }
}

async fn start(store: &Arc<Memory>, settings: Settings) -> Notifier {
    let began = std::time::Instant::now();
    let clock = move || at(0) + began.elapsed();
    let setup =
        Setup { store: store.clone(), attach: Arc::new(Page), clock: Arc::new(clock), log: Arc::new(|_| {}) };
    Notifier::start(setup, settings).await.expect("it starts")
}

/// An HTTP server that answers the requests in turn with these statuses, the last one again and again, and passes on what came.
async fn receiver(statuses: Vec<u16>) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/secret-path", listener.local_addr().expect("it listens"));
    let (heard, requests) = mpsc::channel(64);
    tokio::spawn(async move {
        let mut statuses = statuses.into_iter().peekable();
        loop {
            let Ok((mut stream, _)) = listener.accept().await else { return };
            let request = read(&mut stream).await;
            let status = match statuses.len() {
                1 => statuses.peek().copied(),
                _ => statuses.next(),
            };
            let answer = format!("HTTP/1.1 {} x\r\ncontent-length: 2\r\n\r\nhm", status.unwrap_or(200));
            let _ = stream.write_all(answer.as_bytes()).await;
            if heard.send(request).await.is_err() {
                return;
            }
        }
    });
    (url, requests)
}

/// Head and body of one request.
async fn read(stream: &mut tokio::net::TcpStream) -> String {
    let (mut all, mut some) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&all).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut some).await {
            Ok(1..) => all.extend_from_slice(&some[..]),
            _ => return text,
        }
        // What was read of the last chunk alone counts.
        while all.last() == Some(&0) {
            all.pop();
        }
        some = [0; 4096];
    }
}

async fn until_sent(store: &Memory) -> Outgoing {
    loop {
        let sent = store
            .0
            .lock()
            .expect("nobody panics")
            .values()
            .find(|one| one.notice.state != NoticeState::Waiting)
            .cloned();
        if let Some(sent) = sent {
            return sent;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_does_not_arrive_is_sent_again_and_recorded() {
    let (url, mut requests) = receiver(vec![503, 200]).await;
    let store = Arc::new(Memory::default());
    let notifier = start(&store, settings(vec![webhook("chat", url, Shape::Slack)])).await;
    notifier.tell(vec![cause(1, Reason::First), cause(2, Reason::First)]).await;
    let first = requests.recv().await.expect("a request");
    assert_eq!(requests.recv().await.as_deref(), Some(first.as_str()), "the same again");
    assert!(first.starts_with("POST /secret-path HTTP/1.1\r\n"), "{first}");
    assert!(first.contains(r#"{"text":"*[naru portal] 2 alerts: 2 critical"#), "{first}");
    let sent = until_sent(&store).await;
    assert_eq!((sent.notice.state, sent.notice.attempts, sent.notice.error), (NoticeState::Sent, 2, None));
}

#[tokio::test]
async fn a_new_server_sends_what_its_predecessor_could_not() {
    let store = Arc::new(Memory::default());
    let nowhere = webhook("chat", "http://127.0.0.1:1/secret-path".to_owned(), Shape::Json);
    let notifier = start(&store, settings(vec![nowhere])).await;
    notifier.tell(vec![cause(1, Reason::First)]).await;
    drop(notifier);
    let (url, mut requests) = receiver(vec![200]).await;
    let _notifier = start(&store, settings(vec![webhook("chat", url, Shape::Json)])).await;
    let request = requests.recv().await.expect("a request");
    let (_, body) = request.split_once("\r\n\r\n").expect("a body");
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(body["alerts"][0]["owner"], "service:s1");
    assert_eq!(until_sent(&store).await.notice.state, NoticeState::Sent);
}

#[tokio::test]
async fn a_channel_can_be_tried_out_and_its_url_is_told_nobody() {
    let (url, mut requests) = receiver(vec![404]).await;
    let store = Arc::new(Memory::default());
    let notifier = start(&store, settings(vec![webhook("chat", url, Shape::Mattermost)])).await;
    let notice = notifier.try_out("chat".to_owned()).await.expect("there is such a channel");
    assert_eq!((notice.state, notice.attempts, notice.reason), (NoticeState::Failed, 1, Reason::Trial));
    let error = notice.error.expect("it failed");
    assert!(error.contains("404") && !error.contains("secret-path"), "{error}");
    assert!(requests.recv().await.is_some_and(|request| request.contains("a trial: chat")));
    let unknown = notifier.try_out("pager".to_owned()).await.expect_err("there is none");
    assert_eq!(unknown.to_string(), "there is no channel pager; the channels are chat");
}

#[tokio::test]
async fn an_sms_gateway_gets_its_template_filled_in_once_per_number() {
    let (url, mut requests) = receiver(vec![200]).await;
    let way = Way::Sms {
        url: format!("{url}?to={{to}}"),
        method: "POST".to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: r#"{"msg":"{text}"}"#.to_owned(),
        to: vec!["010-1".to_owned(), "010-2".to_owned()],
    };
    let store = Arc::new(Memory::default());
    let notifier = start(&store, settings(vec![channel("phone", way)])).await;
    notifier.tell(vec![cause(7, Reason::First)]).await;
    for number in ["010%2D1", "010%2D2"] {
        let request = requests.recv().await.expect("a request");
        assert!(request.starts_with(&format!("POST /secret-path?to={number} HTTP/1.1")), "{request}");
        assert!(
            request.ends_with(r#"{"msg":"[naru portal] critical: service s7 error rate 5.07% (limit 5%)"}"#)
        );
    }
}

/// A mail server that takes one message, and settings to send by it; what was said to it.
async fn mail_server() -> (Settings, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("it listens").port();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut said = String::new();
        stream.write_all(b"220 mail ready\r\n").await.expect("it listens");
        let mut some = [0; 4096];
        while let Ok(read @ 1..) = stream.read(&mut some).await {
            let text = String::from_utf8_lossy(&some[..read]).into_owned();
            said += &text;
            let answer: &[u8] = match text.split_whitespace().next().unwrap_or_default() {
                "DATA" => b"354 go on\r\n",
                "QUIT" => b"221 bye\r\n",
                _ if said.contains("\r\nDATA\r\n") && !said.ends_with("\r\n.\r\n") => continue,
                _ => b"250 fine\r\n",
            };
            stream.write_all(answer).await.expect("it listens");
            if said.ends_with("\r\n.\r\n") {
                break;
            }
        }
        said
    });
    let mut settings =
        settings(vec![channel("ops", Way::Email { to: vec!["ops@example.go.kr".to_owned()] })]);
    settings.notices.smtp = Some(Smtp {
        host: "127.0.0.1".to_owned(),
        port,
        from: "naru@example.go.kr".to_owned(),
        tls: SmtpTls::Never,
        user: None,
        password_env: None,
    });
    (settings, server)
}

#[tokio::test]
async fn e_mail_is_spoken_as_servers_want_it() {
    let (settings, server) = mail_server().await;
    let store = Arc::new(Memory::default());
    let notifier = start(&store, settings).await;
    notifier.tell(vec![cause(1, Reason::First)]).await;
    let said = server.await.expect("the server ends");
    assert!(
        said.contains("MAIL FROM:<naru@example.go.kr>") && said.contains("RCPT TO:<ops@example.go.kr>"),
        "{said}"
    );
    assert!(said.contains("Subject: [naru portal] critical: service s1"), "{said}");
    assert_eq!(until_sent(&store).await.notice.state, NoticeState::Sent);
}

#[tokio::test]
async fn a_report_is_kept_before_it_is_sent_and_its_e_mail_brings_its_files() {
    let (settings, server) = mail_server().await;
    let store = Arc::new(Memory::default());
    let notifier = start(&store, settings).await;
    let report =
        ReportRef { kind: Kind::Daily, date: "2026-11-20".to_owned(), subject: None, language: Language::Ko };
    let notice = Notice {
        id: 0,
        at: at(0),
        channel: "ops".to_owned(),
        reason: Reason::Report,
        alerts: Vec::new(),
        report: Some(report),
        subject: "a report".to_owned(),
        text: "all goals met".to_owned(),
        state: NoticeState::Waiting,
        attempts: 0,
        error: None,
    };
    let outgoing = Outgoing { notice, due: at(0), to: Vec::new(), worst: Vec::new() };
    let kept = notifier.send(outgoing).await.expect("it is kept");
    assert!(kept.id > 0 && store.0.lock().expect("nobody panics").contains_key(&kept.id));
    let said = server.await.expect("the server ends");
    for part in ["multipart/mixed", "all goals met", "filename=\"2026-11-20.html\"", "text/html"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    assert_eq!(until_sent(&store).await.notice.state, NoticeState::Sent);
}
