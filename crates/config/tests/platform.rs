//! Good files: what they become, and that what the table of keys promises is what reading does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use naru_config::{Machine, load, parse, reference, schema};
use naru_model::access_log::LogFormat;
use naru_model::client::Access;
use naru_model::platform::{
    ClickHouse, Function, Gateway, Health, InstanceSize, Limits, Match, Otlp, Platform, Pool, Protocol,
    Rollout, Route, Scale, Service, Target, Telemetry, Traffic, UserKey,
};
use naru_model::policy::Policy;
use naru_model::scaling::{Condition, Level, Rule, Schedule};
use naru_model::service_level::{Goal, Reports};
use naru_model::units::{Bytes, Cpu, Percent, Rate};
use serde_json::Value;

const MACHINE: Machine = Machine { cores: 8, memory: Bytes(16 << 30) };

fn read(text: &str) -> Platform {
    parse("naru.yaml", text, Path::new("/srv/portal"), MACHINE).unwrap_or_else(|report| panic!("{report}"))
}

/// All of DESIGN's example that this version has.
const EXAMPLE: &str = r#"
platform: public-portal
pool: { cpu: 4, memory: 8Gi }

services:
  booking:
    exec: ["java", "-jar", "booking.jar"]
    artifact: ./booking.jar
    env: { SPRING_PROFILES_ACTIVE: prod, POOL: 20, VERSION: 1.10 }
    instance: { cpu: 500m, memory: 512Mi }
    health: { path: /healthz, every: 2s, timeout: 1s, ready_after: 1, dead_after: 3 }
    drain: 30s
    scale:
      min: 2
      max: 20
      warm_up: 5s
      target: { cpu: 60% }
      rules:
        - when: cpu > 50% for 5m
          add: 2
      schedule:
        - { at: "0 20 * * *", for: 2h, add: 2 }
      priority: 10
    rollout: { hold: 1m }

routes:
  - match: { host: WWW.example.go.kr, path: /booking/** }
    to: booking
    function: booking-apply
    timeout: 10s
  - match:
      path: /booking/**
      methods: [POST, GET, POST]
      headers: { X-Canary: 1, X-Any: true }
      query: { v: "true" }
    to: [{ service: booking, weight: 3 }]

functions:
  booking-apply: { name: { ko: 예약 신청, en: Booking application }, owner: reservations@example.go.kr, apdex_t: 500ms }
  receipt: { name: 접수 }
"#;

#[test]
fn the_example_of_the_design_becomes_what_it_says() {
    let platform = read(EXAMPLE);
    assert_eq!(platform.name, "public-portal");
    assert_eq!(platform.pool, Pool { cpu: Cpu { millicores: 4000 }, memory: Bytes(8 << 30) });
    let booking = &platform.services[&"booking".parse().unwrap()];
    assert_eq!(booking.exec, ["java", "-jar", "booking.jar"]);
    assert_eq!(booking.artifact.as_deref(), Some(Path::new("/srv/portal/booking.jar")));
    let env = [("POOL", "20"), ("SPRING_PROFILES_ACTIVE", "prod"), ("VERSION", "1.10")];
    assert_eq!(booking.env, env.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
    let size = InstanceSize { cpu: Some(Cpu { millicores: 500 }), memory: Some(Bytes(512 << 20)) };
    assert_eq!(booking.instance, size);
    assert_eq!(booking.health, Health { path: Some("/healthz".to_owned()), ..Health::default() });
    let half = Level::Cpu(Percent { thousandths: 500 });
    let when = Condition { level: half, above: true, lasts: Duration::from_secs(300) };
    let evening =
        Schedule { at: "0 20 * * *".to_owned(), zone: None, lasts: Duration::from_secs(7200), add: 2 };
    let scale = Scale {
        min: 2,
        max: 20,
        warm_up: Duration::from_secs(5),
        priority: 10,
        target: vec![Level::Cpu(Percent { thousandths: 600 })],
        rules: vec![Rule { when, add: 2 }],
        schedule: vec![evening],
        ..Scale::default()
    };
    assert_eq!(booking.scale, scale);
    assert_eq!(booking.rollout, Rollout { hold: Duration::from_secs(60), ..Rollout::default() });
    let names = |ko: &str, en: &str| {
        BTreeMap::from([("ko".to_owned(), ko.to_owned()), ("en".to_owned(), en.to_owned())])
    };
    let apply = &platform.functions[&"booking-apply".parse().unwrap()];
    assert_eq!(apply.name, names("예약 신청", "Booking application"));
    assert_eq!(apply.owner.as_deref(), Some("reservations@example.go.kr"));
    let receipt = &platform.functions[&"receipt".parse().unwrap()];
    assert_eq!(
        *receipt,
        Function {
            name: names("접수", "접수"),
            owner: None,
            apdex_t: Function::APDEX_T,
            goal: Goal::default()
        }
    );
}

#[test]
fn routes_are_in_normal_form_and_named_by_what_they_match() {
    let platform = read(EXAMPLE);
    let booking = || "booking".parse().unwrap();
    let first = Route {
        name: "www.example.go.kr/booking/**".to_owned(),
        matches: Match {
            host: Some("www.example.go.kr".to_owned()),
            path: Some("/booking/**".to_owned()),
            ..Match::default()
        },
        to: vec![Target { service: booking(), weight: 1 }],
        function: Some("booking-apply".parse().unwrap()),
        timeout: Some(Duration::from_secs(10)),
        policy: Policy::default(),
    };
    let second = Route {
        name: "GET,POST /booking/** x-any x-canary=1 ?v=true".to_owned(),
        matches: Match {
            host: None,
            path: Some("/booking/**".to_owned()),
            methods: vec!["GET".to_owned(), "POST".to_owned()],
            headers: vec![("x-any".to_owned(), None), ("x-canary".to_owned(), Some("1".to_owned()))],
            query: vec![("v".to_owned(), Some("true".to_owned()))],
        },
        to: vec![Target { service: booking(), weight: 3 }],
        function: None,
        timeout: None,
        policy: Policy::default(),
    };
    assert_eq!(platform.routes, [first, second]);
}

#[test]
fn what_is_not_given_is_the_models_default() {
    let platform = read("services: { web: { exec: [web] } }");
    let gateway = Gateway {
        listen: vec!["0.0.0.0:8080".parse().unwrap()],
        tls: None,
        threads: 8,
        trusted_proxies: Vec::new(),
        access_log: true,
        access_log_format: LogFormat::Json,
        user: UserKey::Client,
        limits: Limits::default(),
        links: Gateway::LINKS,
        counters: None,
    };
    let service = Service {
        exec: vec!["web".to_owned()],
        artifact: None,
        env: BTreeMap::new(),
        port: None,
        protocol: Protocol::Http1,
        instance: InstanceSize::default(),
        health: Health::default(),
        drain: Duration::from_secs(30),
        scale: Scale::default(),
        rollout: Rollout::default(),
        traffic: Traffic::default(),
        metrics: None,
        telemetry: true,
    };
    let expected = Platform {
        name: "portal".to_owned(),
        pool: Pool { cpu: Cpu { millicores: 8000 }, memory: MACHINE.memory },
        gateway,
        services: BTreeMap::from([("web".parse().unwrap(), service)]),
        routes: Vec::new(),
        functions: BTreeMap::new(),
        telemetry: Telemetry::default(),
        otlp: Otlp::default(),
        clickhouse: None,
        access: Access::default(),
        links: BTreeMap::new(),
        brokers: BTreeMap::new(),
        consumers: Vec::new(),
        alerts: Default::default(),
        notices: Default::default(),
        reports: Reports::default(),
    };
    assert_eq!(platform, expected);
}

#[test]
fn the_maximum_follows_the_minimum() {
    let scale = |text: &str| {
        let platform = read(&format!("services: {{ web: {{ exec: [web], scale: {text} }} }}"));
        let scale = &platform.services.values().next().unwrap().scale;
        (scale.min, scale.max)
    };
    assert_eq!([scale("{ min: 3 }"), scale("{ max: 3 }"), scale("{ min: 0 }")], [(3, 3), (1, 3), (0, 1)]);
}

#[test]
fn what_scales_is_equal_however_it_is_ordered_and_in_units_of_its_own() {
    let scale = |text: &str| {
        let platform = read(&format!("services: {{ web: {{ exec: [web], scale: {text} }} }}"));
        platform.services.values().next().unwrap().scale.clone()
    };
    let every =
        scale("{ max: 9, target: { apdex: 0.94, p95: 500ms, rate: 100/s, concurrency: 20, cpu: 60% } }");
    let expected = [
        Level::Cpu(Percent { thousandths: 600 }),
        Level::Concurrency(20),
        Level::Rate(Rate { per_1000_seconds: 100_000 }),
        Level::P95(Duration::from_millis(500)),
        Level::Apdex(Percent { thousandths: 940 }),
    ];
    assert_eq!(every.target, expected);
    let rest = scale(
        r#"{ max: 9, shrink_after: 5m, grow_by: 100%, shrink_by: 10%,
             rules: [{ when: apdex<0.85 for 30s, remove: 3 }],
             schedule: [{ at: " 0  9 * * MON-FRI", zone: Asia/Seoul, for: 9h, add: 1 }] }"#,
    );
    assert_eq!(rest.shrink_after, Duration::from_secs(300));
    assert_eq!(rest.grow_by, Some(Percent { thousandths: 1000 }));
    assert_eq!(rest.shrink_by, Percent { thousandths: 100 });
    let level = Level::Apdex(Percent { thousandths: 850 });
    let when = Condition { level, above: false, lasts: Duration::from_secs(30) };
    assert_eq!(rest.rules, [Rule { when, add: -3 }]);
    let schedule = &rest.schedule[0];
    assert_eq!((schedule.at.as_str(), schedule.zone.as_deref()), ("0 9 * * MON-FRI", Some("Asia/Seoul")));
}

#[test]
fn users_are_told_apart_by_address_cookie_or_header() {
    let user = |text: &str| {
        read(&format!("gateway: {{ user: {text} }}\nservices: {{ web: {{ exec: [web] }} }}")).gateway.user
    };
    assert_eq!(user("client"), UserKey::Client);
    assert_eq!(user("cookie SESSION"), UserKey::Cookie("SESSION".to_owned()));
    assert_eq!(user("header  X-User"), UserKey::Header("x-user".to_owned()));
}

#[test]
fn what_was_seen_is_kept_as_long_as_the_file_says() {
    let platform = read(
        "telemetry: { transactions: 1d, disk: 25%, figures: 90d, traces: 2d, traces_per_day: 5Gi, logs_per_day: 64Mi, metrics: 3d }\nservices: { web: { exec: [web], traffic: { per_instance: 8 } } }",
    );
    let day = Duration::from_secs(86_400);
    let expected = Telemetry {
        transactions: day,
        disk: Percent { thousandths: 250 },
        figures: 90 * day,
        traces: 2 * day,
        traces_per_day: Bytes(5 << 30),
        logs_per_day: Bytes(64 << 20),
        metrics: 3 * day,
    };
    assert_eq!(platform.telemetry, expected);
    assert_eq!(platform.services.values().next().unwrap().traffic.per_instance, Some(8));
}

#[test]
fn opentelemetry_is_taken_in_where_the_file_says() {
    let read = |text: &str| read(&format!("{text}\nservices: {{ web: {{ exec: [web], telemetry: off }} }}"));
    let platform =
        read("telemetry: { otlp: { grpc: off, http: 127.0.0.1:14318 }, java_agent: lib/agent.jar }");
    let expected = Otlp {
        grpc: None,
        http: Some("127.0.0.1:14318".parse().unwrap()),
        java_agent: Some("/srv/portal/lib/agent.jar".into()),
    };
    assert_eq!(platform.otlp, expected);
    assert!(platform.services.values().all(|service| !service.telemetry));
    assert_eq!(read("").otlp, Otlp::default());
}

#[test]
fn a_clickhouse_is_told_by_its_address_alone() {
    let read = |text: &str| {
        read(&format!("telemetry: {{ {text} }}\nservices: {{ web: {{ exec: [web] }} }}")).clickhouse
    };
    let of = |url: &str| ClickHouse {
        url: url.to_owned(),
        database: "naru".to_owned(),
        user: "default".to_owned(),
        password_env: None,
        every: Duration::from_secs(600),
    };
    assert_eq!(read(""), None);
    assert_eq!(read("clickhouse: { url: http://10.0.0.5:8123 }"), Some(of("http://10.0.0.5:8123")));
    let all = "clickhouse: { url: 'https://ch:8443', database: agency, user: naru, password_env: CH_PASSWORD, every: 1h }";
    let (database, user) = ("agency".to_owned(), "naru".to_owned());
    let (password_env, every) = (Some("CH_PASSWORD".to_owned()), Duration::from_secs(3600));
    assert_eq!(read(all), Some(ClickHouse { database, user, password_env, every, ..of("https://ch:8443") }));
}

#[test]
fn the_gateway_takes_one_address_or_several_and_networks_or_addresses() {
    let text = r#"
gateway:
  listen: []
  tls:
    listen: "[::]:8443"
    certificates: [{ cert: tls/a.crt, key: /etc/a.key }]
  threads: 2
  trusted_proxies: [10.0.0.0/8, 192.0.2.7]
  limits: { body: 10Mi }
services: { web: { exec: [web], protocol: h2c, port: 8080 } }
"#;
    let gateway = read(text).gateway;
    assert_eq!(gateway.listen, []);
    let tls = gateway.tls.unwrap();
    assert_eq!(tls.listen, ["[::]:8443".parse().unwrap()]);
    assert_eq!(tls.certificates[0].cert, PathBuf::from("/srv/portal/tls/a.crt"));
    assert_eq!(tls.certificates[0].key, PathBuf::from("/etc/a.key"));
    assert_eq!(gateway.trusted_proxies, ["10.0.0.0/8".parse().unwrap(), "192.0.2.7/32".parse().unwrap()]);
    assert_eq!(gateway.limits, Limits { body: Some(Bytes(10 << 20)), ..Limits::default() });
}

#[test]
fn routes_that_differ_in_anything_that_orders_or_excludes_are_no_overlap() {
    read(
        r#"
services: { web: { exec: [web] } }
routes:
  - { to: web }
  - { match: { host: "*.kr" }, to: web }
  - { match: { host: "*.go.kr" }, to: web }
  - { match: { host: www.go.kr }, to: web }
  - { match: { path: /a/* }, to: web }
  - { match: { path: /a/b }, to: web }
  - { match: { path: /a/*/c }, to: web }
  - { match: { path: /a/b/* }, to: web }
  - { match: { path: /a/** }, to: web }
  - { match: { path: /a/**, method: GET }, to: web }
  - { match: { path: /a/**, method: POST }, to: web }
  - { match: { path: /a/**, method: PUT, headers: { v: 1 } }, to: web }
  - { match: { path: /a/**, method: PUT, headers: { v: 2 } }, to: web }
  - { match: { path: /a/**, method: PUT, headers: { v: 1 }, query: { q: 1 } }, to: web }
  - { match: { path: /a/**, method: PUT, headers: { v: 1 }, query: { q: 2 } }, to: web }
"#,
    );
}

#[test]
fn files_that_are_there_are_found_from_the_files_own_folder() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["booking.jar", "a.crt", "a.key"] {
        std::fs::write(folder.path().join(name), "x").unwrap();
    }
    let text = "\u{feff}gateway:\r\n  tls: { listen: 0.0.0.0:8443, certificates: [{ cert: a.crt, key: a.key }] }\r\nservices: { web: { exec: [web], artifact: booking.jar } }\r\n";
    let file = folder.path().join("naru.yaml");
    std::fs::write(&file, text).unwrap();
    let platform = load(&file).unwrap();
    let artifact = platform.services.values().next().unwrap().artifact.clone();
    assert_eq!(artifact, Some(folder.path().join("booking.jar")));
}

#[test]
fn a_file_that_cant_be_read_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let message =
        |path: &Path| load(path).unwrap_err().to_string().replace(&*folder.path().to_string_lossy(), "");
    assert_eq!(
        message(&folder.path().join("x.yaml")),
        "/x.yaml: there is no such file; give the path of a readable file"
    );
    assert_eq!(message(folder.path()), ": this is a folder; give the path of a readable file");
    let large = folder.path().join("large.yaml");
    std::fs::write(&large, vec![b'#'; (1 << 20) + 1]).unwrap();
    assert_eq!(message(&large), "/large.yaml: the file has 1048577 bytes; keep it below 1 MiB");
}

/// Walks the schema's properties and calls `visit` with each key's path and schema.
fn each_key(schema: &Value, path: &str, visit: &mut dyn FnMut(&str, &Value)) {
    for (name, of) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        visit(&path, of);
        each_key(of, &path, visit);
    }
    for inner in ["additionalProperties", "items"] {
        if schema[inner].is_object() {
            each_key(&schema[inner], &format!("{path}[]"), visit);
        }
    }
    for inner in schema["anyOf"].as_array().into_iter().flatten() {
        each_key(inner, path, visit);
    }
}

#[test]
fn the_schema_and_the_reference_describe_every_key() {
    let (schema, reference) = (schema(), reference());
    let mut keys = 0;
    each_key(&schema, "", &mut |path, key| {
        keys += 1;
        assert!(key["description"].as_str().is_some_and(|d| d.len() > 5), "{path} has no description");
        let name = path.rsplit('.').next().unwrap();
        assert!(reference.contains(&format!("| `{name}` |")), "the reference has no {path}");
    });
    assert!(keys > 80, "only {keys} keys");
}

#[test]
fn the_guides_examples_and_messages_are_real() {
    for guide in ["naru-yaml.md", "naru-yaml.ko.md"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides").join(guide);
        let text = std::fs::read_to_string(path).unwrap();
        let (_, rest) = text.split_once("```yaml\n").expect("the guide has an example");
        let (example, rest) = rest.split_once("```").unwrap();
        read(example);
        let others: Vec<&str> =
            rest.split("```yaml\n").skip(1).filter_map(|other| Some(other.split_once("```")?.0)).collect();
        assert!(!others.is_empty(), "{guide} shows nothing that scales");
        others.into_iter().for_each(|example| drop(read(example)));
        let broken = example.replace("min: 2, max: 6", "min: 4, max: 2").replace("to: booking", "to: bookin");
        let report = parse("naru.yaml", &broken, Path::new("/srv/portal"), MACHINE).unwrap_err();
        assert!(rest.contains(&format!("```\n{report}\n```")), "{guide} should show\n{report}");
    }
}

#[test]
fn the_examples_are_good_files() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let files: Vec<PathBuf> = std::fs::read_dir(examples)
        .unwrap()
        .map(|folder| folder.unwrap().path().join("naru.yaml"))
        .filter(|file| file.exists())
        .collect();
    assert!(!files.is_empty(), "there are no examples");
    for file in files {
        read(&std::fs::read_to_string(&file).unwrap());
    }
}

#[test]
fn the_guide_holds_the_reference() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/naru-yaml.md");
    let text = std::fs::read_to_string(&guide).unwrap();
    let mark = "<!-- What follows is written by `UPDATE=1 cargo test -p naru-config`. -->\n\n";
    let (by_hand, _) = text.split_once(mark).expect("the guide has the mark that the reference follows");
    let expected = format!("{by_hand}{mark}{}", reference());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&guide, &expected).unwrap();
    } else if text != expected {
        panic!(
            "docs/guides/naru-yaml.md is not what the keys say; write it anew with UPDATE=1 cargo test -p naru-config"
        );
    }
}
