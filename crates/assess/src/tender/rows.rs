//! The rows themselves.

use super::{Area, Facts, Row};
use crate::log::findings::Findings;
use crate::questionnaire::{Figure, Questionnaire, number};
use crate::target::Target;

/// `naru verify surge --times` takes numbers above 1 up to this.
const MOST_TIMES: f64 = 100.0;

/// Title, detail, acceptance, basis.
type Said = (String, String, String, String);

pub(super) fn all(q: &Questionnaire, log: Option<&Findings>, target: &Target) -> Vec<Row> {
    let facts = Facts { language: q.language, q, log, target };
    let areas = [
        (
            Area::Orchestration,
            vec![
                separation(&facts),
                scaling(&facts),
                surge(&facts),
                deployment(&facts),
                recovery(&facts),
                slow_instance(&facts),
                registry(&facts),
            ],
        ),
        (
            Area::Gateway,
            vec![access(&facts), limits(&facts), links(&facts), conversion(&facts), calls(&facts)],
        ),
        (Area::Monitoring, vec![dashboard(&facts), transactions(&facts), alerts(&facts), tracing(&facts)]),
    ];
    let number = |(area, rows): (Area, Vec<Said>)| {
        rows.into_iter().enumerate().map(move |(i, (title, detail, acceptance, basis))| {
            let id = format!("{}-{:02}", area.prefix(), i + 1);
            Row { id, area, title, detail, acceptance, basis }
        })
    };
    areas.into_iter().flat_map(number).collect()
}

impl Facts<'_> {
    fn say(&self, korean: [String; 4], english: [String; 4]) -> Said {
        let [title, detail, acceptance, basis] = self.language.pick(korean, english);
        (title, detail, acceptance, basis)
    }

    /// Where figures of the load come from.
    fn basis(&self) -> (&'static str, &'static str) {
        match self.log {
            Some(_) => ("접근 로그 분석", "the access log"),
            None => ("질문지 수치", "the questionnaire"),
        }
    }

    /// How many times the usual load a surge is.
    fn times(&self) -> Option<f64> {
        let logged = self.log.map(|log| log.peaks.surge_ratio).filter(|ratio| *ratio > 1.0);
        let times = logged.or(self.q.figure(Figure::SurgeTimes).filter(|times| *times > 1.0))?;
        Some((times.min(MOST_TIMES) * 10.0).round() / 10.0).filter(|times| *times > 1.0)
    }

    /// A case of scaling, with the load that it takes: the peak's, where the log tells it.
    fn scaling(&self, case: &str) -> String {
        let peak = self.log.map(|log| log.peaks.busiest_second.requests as f64).filter(|rate| *rate >= 1.0);
        let rate = peak.map_or(text("RATE"), |rate| format!("{}", rate.ceil()));
        format!("naru verify all --only scaling --allow-load {rate} ({case})")
    }

    fn names(&self) -> String {
        let titles: Vec<&str> = self.target.services.iter().map(|service| service.title.as_str()).collect();
        titles.join(", ")
    }
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn separation(f: &Facts<'_>) -> Said {
    let (count, names) = (f.target.services.len(), f.names());
    f.say(
        [
            text("업무별 장애 격리"),
            format!("업무를 {count}개 서비스({names})로 나누어 운영\n한 서비스가 멈추거나 느려져도 다른 서비스의 오류와 응답시간에 영향이 없을 것"),
            text("naru verify all --only failure --allow-destructive (failure-service)"),
            text("목표 모델"),
        ],
        [
            text("Failures stay in their function"),
            format!("{count} services ({names})\nOne that hangs or slows down changes neither errors nor response times of the others"),
            text("naru verify all --only failure --allow-destructive (failure-service)"),
            text("the target model"),
        ],
    )
}

fn scaling(f: &Facts<'_>) -> Said {
    let bound = |s: &crate::target::Service| format!("{} {}~{}", s.title, s.min, s.max);
    let bounds: Vec<String> = f.target.services.iter().map(bound).collect();
    let bounds = bounds.join(", ");
    let (ko, en) = f.basis();
    f.say(
        [
            text("자동 확장"),
            format!("부하를 받는 서비스만 사람의 개입 없이 인스턴스를 늘리고 줄일 것\n인스턴스 수 범위: {bounds}\n응답시간·CPU 등 목표값, 임계값 규칙, 예약 일정을 함께 쓸 수 있을 것"),
            f.scaling("scaling-steps"),
            text(ko),
        ],
        [
            text("Scaling by itself"),
            format!("Only the service under load gains and loses instances, without a person\nInstances: {bounds}\nBy targets (response time, CPU and others), rules and schedules together"),
            f.scaling("scaling-steps"),
            text(en),
        ],
    )
}

fn surge(f: &Facts<'_>) -> Said {
    let times = f.times();
    let beside =
        times.map_or(text("naru verify surge"), |times| format!("naru verify surge --times {times}"));
    let command = format!("{}, {beside}", f.scaling("scaling-surge"));
    let said = times.map_or(("여러 배".to_owned(), "many times".to_owned()), |n| {
        (format!("{}배", number(n)), format!("{} times", number(n)))
    });
    let (ko, en) = if times.is_some() {
        f.basis()
    } else {
        ("수치 없음: 3.1, 17, 46배로 시험", "no figure: tested with 3.1, 17 and 46 times")
    };
    f.say(
        [
            text("이용자 폭주 대응"),
            format!("평소의 {} 부하가 갑자기 들어와도 오류 응답 없이 처리할 것\n처리 용량을 넘는 요청은 오류 대신 줄을 세워 순서대로 처리할 것", said.0),
            command.clone(),
            text(ko),
        ],
        [
            text("Surges of users"),
            format!("{} the usual load comes at once and nobody gets an error\nWhat is over capacity waits in line instead of failing", said.1),
            command,
            text(en),
        ],
    )
}

fn deployment(f: &Facts<'_>) -> Said {
    let a_month =
        f.q.figure(Figure::DeploymentsAMonth)
            .or(f.log.and_then(|log| log.history.as_ref()).map(|h| h.deployments_per_month));
    let a_month = a_month.filter(|n| *n > 0.0).map(number);
    let (ko, en) = match &a_month {
        Some(n) => (format!("현재 월 {n}회 배포"), format!("{n} deployments a month today")),
        None => (String::new(), String::new()),
    };
    f.say(
        [
            text("무중단 배포와 자동 복귀"),
            text("바뀐 서비스만 배포하며 배포 중 실패하거나 끊기는 요청이 없을 것\n새 버전이 기동하지 않거나 오류가 늘면 자동으로 이전 버전으로 되돌릴 것\n배포·변경마다 누가, 언제, 무엇을 바꾸었는지 기록할 것"),
            text("naru verify all --only change --allow-destructive (change-deploy·change-rollback)"),
            ko,
        ],
        [
            text("Deployment without interruption, and going back by itself"),
            text("Only the changed service is deployed, and no request fails or breaks off meanwhile\nA version that does not start or that errs is taken back by itself\nWho changed what and when is recorded"),
            text("naru verify all --only change --allow-destructive (change-deploy·change-rollback)"),
            en,
        ],
    )
}

fn recovery(f: &Facts<'_>) -> Said {
    let stops = f.q.figure(Figure::StopsAYear).filter(|stops| *stops > 0.0).map(number);
    let (ko, en) = stops.map_or((String::new(), String::new()), |n| {
        (format!("현재 연 {n}회 중단"), format!("{n} stops a year today"))
    });
    f.say(
        [
            text("자동 복구"),
            text("죽거나 멈춘 인스턴스를 자동으로 교체하고, 그동안 재시도해도 되는 요청은 실패 없이 처리할 것\n관리 소프트웨어가 다시 시작해도 실행 중인 서비스가 끊기지 않을 것"),
            text("naru verify all --only failure --allow-destructive (failure-instance-killed·failure-instance-frozen·failure-server-frozen·failure-gateway)"),
            ko,
        ],
        [
            text("Recovery by itself"),
            text("Instances that die or hang are replaced, and no request that may be repeated fails meanwhile\nA restart of the managing software interrupts no running service"),
            text("naru verify all --only failure --allow-destructive (failure-instance-killed·failure-instance-frozen·failure-server-frozen·failure-gateway)"),
            en,
        ],
    )
}

fn slow_instance(f: &Facts<'_>) -> Said {
    f.say(
        [
            text("부하분산"),
            text("인스턴스 11개 중 하나가 느려져도 전체 성공률 99.9% 이상을 유지할 것"),
            text("naru verify slow-instance"),
            String::new(),
        ],
        [
            text("Balancing"),
            text("With one of eleven instances turned slow, success stays at 99.9 % or above"),
            text("naru verify slow-instance"),
            String::new(),
        ],
    )
}

fn registry(f: &Facts<'_>) -> Said {
    f.say(
        [
            text("선언적 구성과 서비스 등록"),
            text("서비스·경로·확장 범위를 파일 하나로 선언하고, 잘못된 구성은 적용 전에 위치와 함께 알릴 것\n인스턴스의 생성·소멸이 1초 안에 라우팅에 반영될 것"),
            text("naru check (잘못된 파일을 종료 코드 64로 거부), naru status"),
            String::new(),
        ],
        [
            text("One declarative file, and a registry"),
            text("Services, routes and bounds are one file; a wrong one is refused with its place before it takes effect\nRouting follows instances within a second"),
            text("naru check (refuses a wrong file with exit code 64), naru status"),
            String::new(),
        ],
    )
}

fn access(f: &Facts<'_>) -> Said {
    f.say(
        [
            text("인증과 접근 통제"),
            text("API 키, JWT, OAuth 2.0 클라이언트 자격증명, 상호 TLS로 호출자를 확인할 것\n경로와 권한 범위별로 허용하고, 호출자·네트워크·시간대별로 거부할 수 있을 것"),
            text("naru verify all --only security (security-tokens·security-hostile), naru explain GET URL --client 이름 (허용·거부와 그 근거를 표시)"),
            String::new(),
        ],
        [
            text("Authentication and authorization"),
            text("Callers prove themselves by API key, JWT, OAuth 2.0 client credentials or mutual TLS\nTerms by route and scope; clients, networks and times can be denied"),
            text("naru verify all --only security (security-tokens·security-hostile), naru explain GET URL --client NAME (says what admits or denies, and why)"),
            String::new(),
        ],
    )
}

fn limits(f: &Facts<'_>) -> Said {
    let users =
        f.q.figure(Figure::UsersADay)
            .or(f.log.and_then(|log| log.users.a_day()).map(|users| users as f64))
            .filter(|n| *n > 0.0)
            .map(number);
    let (ko, en) = users.map_or((String::new(), String::new()), |n| {
        (format!("하루 이용자 {n}명"), format!("{n} users a day"))
    });
    f.say(
        [
            text("호출 한도와 서비스 품질"),
            text("호출자·주소·서비스별로 호출 수, 전송량, 대역폭, 동시 처리 수를 제한하고 우선순위를 둘 것\n한도를 넘은 호출은 다른 호출에 영향 없이 429로 응답할 것"),
            text("naru verify all --only security (security-limits), naru calls --by caller,status"),
            ko,
        ],
        [
            text("Limits and quality of service"),
            text("Calls, bytes, bandwidth and concurrency are bounded by caller, address and service, with priorities\nWhat is over its limit is answered 429 and harms no other call"),
            text("naru verify all --only security (security-limits), naru calls --by caller,status"),
            en,
        ],
    )
}

fn links(f: &Facts<'_>) -> Said {
    let given = (!f.target.links.is_empty()).then_some(f.target.links.len() as f64);
    let count = f.q.figure(Figure::LinkedSystems).or(given).filter(|n| *n > 0.0);
    let (n_ko, n_en) = count
        .map_or((String::new(), String::new()), |n| (format!(" {}개", number(n)), format!("{} ", number(n))));
    let (ko, en) = count.map_or(("", ""), |_| ("질문지 수치", "the questionnaire"));
    f.say(
        [
            text("연계 시스템 격리"),
            format!("연계 시스템{n_ko}마다 제한시간·동시 호출 수·차단 기준을 따로 둘 것\n연계 시스템 하나가 느리거나 멈춰도 다른 연계와 서비스에 번지지 않을 것"),
            text("naru verify all --only failure --allow-destructive (failure-link), naru status (연계별 상태)"),
            text(ko),
        ],
        [
            text("Linked systems apart"),
            format!("Each of the {n_en}linked systems has its own time limit, concurrency and breaker\nOne that is slow or dead harms no other link and no service"),
            text("naru verify all --only failure --allow-destructive (failure-link), naru status (each link)"),
            text(en),
        ],
    )
}

fn conversion(f: &Facts<'_>) -> Said {
    f.say(
        [
            text("프로토콜·호출 방식 변환"),
            text("JSON/REST, XML, SOAP, gRPC를 서로 변환할 것\n동기 호출을 비동기 작업으로(접수, 상태, 결과) 바꾸고 메시지 브로커와 연결할 것\n접수한 작업은 장애에도 잃지 않을 것"),
            text("naru verify jobs"),
            String::new(),
        ],
        [
            text("Conversion of protocols and patterns"),
            text("JSON/REST, XML, SOAP and gRPC into each other\nCalls become jobs (accepted, state, result) and go through message brokers\nWhat was accepted is never lost, whatever fails"),
            text("naru verify jobs"),
            String::new(),
        ],
    )
}

fn calls(f: &Facts<'_>) -> Said {
    f.say(
        [
            text("호출 이력 분석"),
            text("누가, 어디서, 무엇을, 언제, 얼마나 빠르게, 어떤 결과로 호출했는지 집계하고 평소와 다른 호출을 알릴 것\n개인정보는 가리고 기록할 것"),
            text("naru calls, naru calls --by caller,route --csv"),
            String::new(),
        ],
        [
            text("Analysis of calls"),
            text("Who calls what, from where, when, how fast and with what result; what is unlike usual is told\nPersonal data is masked"),
            text("naru calls, naru calls --by caller,route --csv"),
            String::new(),
        ],
    )
}

fn dashboard(f: &Facts<'_>) -> Said {
    let goal = |s: &crate::target::Service| format!("{} {}ms", s.title, s.apdex_t.as_millis());
    let goals: Vec<String> = f.target.services.iter().map(goal).collect();
    let goals = goals.join(", ");
    f.say(
        [
            text("업무별 실시간 현황"),
            format!("업무별로 처리 중 요청, 초당 요청, 응답시간, Apdex, 오류율, 동시 사용자와 인스턴스별 CPU·메모리를 실시간으로 보일 것\n업무별 만족 응답시간(Apdex T): {goals}"),
            text("naru verify all --only performance (performance-route), naru status --json, naru top"),
            text("목표 모델"),
        ],
        [
            text("Live, by business function"),
            format!("Requests in flight and a second, response times, Apdex, errors and active users by function; CPU and memory by instance\nSatisfying response time (Apdex T): {goals}"),
            text("naru verify all --only performance (performance-route), naru status --json, naru top"),
            text("the target model"),
        ],
    )
}

fn transactions(f: &Facts<'_>) -> Said {
    f.say(
        [
            text("전체 트랜잭션 조회"),
            text("모든 트랜잭션을 시각과 응답시간의 분포도로 보이고, 느리거나 실패한 건을 골라 상세와 트레이스까지 볼 수 있을 것"),
            text("naru query transactions"),
            String::new(),
        ],
        [
            text("Every transaction"),
            text("All transactions as response time over time; slow and failed ones can be opened, down to the trace"),
            text("naru query transactions"),
            String::new(),
        ],
    )
}

fn alerts(f: &Facts<'_>) -> Said {
    f.say(
        [
            text("경보와 통보"),
            text("오류율, Apdex, JVM 힙·GC, 메모리, 디스크 등을 기본으로 감시하고 메신저·문자·전자우편으로 알릴 것\n한꺼번에 난 경보는 묶어 알리고, 경보마다 뜻·원인·조치를 함께 보일 것"),
            text("naru alerts, naru notices"),
            String::new(),
        ],
        [
            text("Alerts and notices"),
            text("Errors, Apdex, JVM heap and GC, memory, disk and more are watched from the first day and told by messenger, SMS and mail\nStorms become one message; each alert says what it means, why, and what to do"),
            text("naru alerts, naru notices"),
            String::new(),
        ],
    )
}

fn tracing(f: &Facts<'_>) -> Said {
    f.say(
        [
            text("분산 추적과 로그·지표 통합"),
            text("서비스를 고치지 않고 OpenTelemetry로 트레이스·지표·로그를 모아 한곳에서 조회하고 서비스 호출 관계를 보일 것"),
            text("naru query traces, naru query map"),
            String::new(),
        ],
        [
            text("Traces, metrics and logs in one place"),
            text("Collected by OpenTelemetry without changing services, searched in one place, with the map of who calls whom"),
            text("naru query traces, naru query map"),
            String::new(),
        ],
    )
}
