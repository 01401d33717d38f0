#![allow(clippy::unwrap_used)]

use super::*;
use std::fs;
use std::path::Path;

use regex::Regex;
use tempfile::TempDir;

fn tree(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn state(factors: &Factors, factor: Factor) -> State {
    factors.judged[factor.number() - 1].state
}

fn places(factors: &Factors, factor: Factor, speaks_for: bool) -> Vec<String> {
    let found = &factors.judged[factor.number() - 1].found;
    found.iter().filter(|f| f.speaks_for == speaks_for).map(|f| f.place.clone()).collect()
}

fn checked(files: &[(&str, &str)]) -> Factors {
    check(tree(files).path(), Limits::default()).unwrap()
}

#[test]
fn every_pattern_is_one() {
    for pattern in
        rules::LINES.iter().map(|rule| rule.pattern).chain(rules::PLACES.iter().map(|rule| rule.pattern))
    {
        Regex::new(pattern).unwrap();
    }
    regex::RegexSet::new(rules::LINES.iter().map(|rule| rule.pattern)).unwrap();
}

#[test]
fn nothing_is_met_where_nothing_is_found() {
    let factors = checked(&[("README.md", "server.shutdown=graceful, ConsoleAppender, System.getenv(")]);
    for one in &factors.judged {
        assert_eq!((one.state, one.found.len()), (State::CantBeTold, 0), "{:?}", one.factor);
    }
}

#[test]
fn a_legacy_tree_is_told_where_it_fails() {
    let factors = checked(&[
        (
            "src/main/java/Board.java",
            "class Board {\n  String url = \"jdbc:oracle:thin:@10.1.2.3:1521:ORCL\";\n  // jdbc:oracle:thin:@10.9.9.9:1521:X\n  void save(HttpServletRequest r) {\n    r.getSession().setAttribute(\"u\", 1);\n    new FileOutputStream(\"/data/upload/x\");\n  }\n}\n",
        ),
        (
            "src/main/resources/application.properties",
            "spring.datasource.password=hunter2hunter2\nserver.port=8080\nlogging.file.name=/logs/app.log\nspring.jpa.hibernate.ddl-auto=update\n",
        ),
        ("src/main/webapp/WEB-INF/lib/legacy.jar", "PK\u{0}\u{0}"),
        ("pom.xml", "<project>\n<packaging>war</packaging>\n</project>\n"),
        ("bin/stop.sh", "#!/bin/sh\nkill -9 $(cat app.pid)\n"),
        ("bin/deploy.sh", "cp target/app.war /opt/tomcat/webapps/\n"),
        ("src/test/java/BoardTest.java", "String url = \"jdbc:oracle:thin:@10.1.2.3:1521:ORCL\";\n"),
        ("node_modules/x/index.js", "const a = process.env.PORT\n"),
    ]);
    for factor in [
        Factor::Dependencies,
        Factor::Configuration,
        Factor::BackingServices,
        Factor::BuildReleaseRun,
        Factor::Processes,
        Factor::PortBinding,
        Factor::Disposability,
        Factor::Logs,
        Factor::AdminProcesses,
    ] {
        assert_eq!(state(&factors, factor), State::NotMet, "{factor:?}");
    }
    for factor in [Factor::Concurrency, Factor::Parity] {
        assert_eq!(state(&factors, factor), State::CantBeTold, "{factor:?}");
    }
    let configuration = places(&factors, Factor::Configuration, false);
    assert!(configuration.contains(&"src/main/java/Board.java:2".to_owned()), "{configuration:?}");
    assert!(
        configuration.iter().all(|place| !place.contains("Test") && !place.ends_with("Board.java:3")),
        "{configuration:?}"
    );
    assert_eq!(
        places(&factors, Factor::Processes, false),
        ["src/main/java/Board.java:5", "src/main/java/Board.java:6"]
    );
    let json = factors.json(naru_model::language::Language::En).to_string();
    assert!(!json.contains("hunter2"), "a password is in the report");
}

#[test]
fn a_modern_tree_meets_them_and_each_says_where() {
    let factors = checked(&[
        (".git/HEAD", "ref: refs/heads/main\n"),
        (
            "build.gradle",
            "dependencies {\n  implementation 'org.springframework.session:spring-session-data-redis'\n  implementation 'org.flywaydb:flyway-core'\n  testImplementation 'org.testcontainers:junit-jupiter'\n}\n",
        ),
        (".gitlab-ci.yml", "build:\n  script: ./gradlew build\n"),
        (
            "src/main/resources/application.yml",
            "server:\n  port: ${PORT:8080}\n  shutdown: graceful\nspring:\n  datasource:\n    url: ${DATABASE_URL}\n    password: ${DATABASE_PASSWORD}\n",
        ),
        (
            "src/main/resources/logback.xml",
            "<appender name=\"A\" class=\"ch.qos.logback.core.ConsoleAppender\"/>\n",
        ),
        (
            "src/main/java/Login.java",
            "HttpSession session = request.getSession();\n@SchedulerLock(name = \"x\")\n@Scheduled(cron = \"0 0 * * * *\")\n",
        ),
    ]);
    for one in &factors.judged {
        assert_eq!(one.state, State::Met, "{:?} {:?}", one.factor, one.found);
        assert!(one.found.iter().any(|found| !found.place.is_empty()), "{:?}", one.factor);
    }
}

#[test]
fn walking_keeps_to_the_tree_and_its_bounds() {
    let outside = tree(&[("secret.sh", "kill -9 1\n")]);
    let inside = tree(&[
        ("a.sh", "kill -9 1\n"),
        ("b.sh", "kill -9 1\n"),
        ("large.sh", &"kill -9 1\n".repeat(200_000)),
    ]);
    std::os::unix::fs::symlink(outside.path(), inside.path().join("link")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret.sh"), inside.path().join("file.sh")).unwrap();
    std::os::unix::fs::symlink(inside.path(), inside.path().join("loop")).unwrap();
    let factors = check(inside.path(), Limits::default()).unwrap();
    let read = factors.read.unwrap();
    assert_eq!((read.files, read.links, read.left_out), (3, 3, 1));
    assert_eq!(places(&factors, Factor::Disposability, false), ["a.sh:1", "b.sh:1"]);
    let few = check(inside.path(), Limits { files: 1, ..Limits::default() }).unwrap().read.unwrap();
    assert_eq!((few.files, few.left_out >= 2), (1, true));
    assert!(matches!(check(&inside.path().join("a.sh"), Limits::default()), Err(Error::NoFolder(_))));
    assert!(matches!(check(Path::new("/nowhere/at/all"), Limits::default()), Err(Error::Folder { .. })));
}

#[test]
fn what_is_found_a_thousand_times_is_listed_ten_times_and_counted() {
    let factors = checked(&[("x.sh", &"kill -9 1\n".repeat(1500))]);
    let one = &factors.judged[Factor::Disposability.number() - 1];
    assert_eq!((one.found.len(), one.more), (SHOWN, 1490));
}

#[test]
fn long_lines_and_bytes_that_are_no_text_are_no_trouble() {
    let folder = tree(&[("long.java", &"가".repeat(300_000))]);
    fs::write(folder.path().join("bytes.java"), [0xff, 0xfe, b'\n', 0xc3]).unwrap();
    assert_eq!(check(folder.path(), Limits::default()).unwrap().read.unwrap().files, 2);
}

#[test]
fn a_running_service_is_judged_by_what_naru_knows() {
    let good = Service {
        name: "booking".to_owned(),
        env: [("DB_URL".to_owned(), "secret-url".to_owned())].into(),
        artifact: Some("0123456789abcdef".to_owned()),
        ready: 2,
        output_lines: 5,
        ended_in_order: 3,
        ..Service::default()
    };
    let factors = of_service(&good);
    for factor in [
        Factor::Configuration,
        Factor::BackingServices,
        Factor::BuildReleaseRun,
        Factor::PortBinding,
        Factor::Concurrency,
        Factor::Disposability,
        Factor::Logs,
    ] {
        assert_eq!(state(&factors, factor), State::Met, "{factor:?}");
    }
    for factor in
        [Factor::Codebase, Factor::Dependencies, Factor::Processes, Factor::Parity, Factor::AdminProcesses]
    {
        assert_eq!(state(&factors, factor), State::CantBeTold, "{factor:?}");
    }
    let bad =
        Service { exec: vec!["-Dpassword=hunter2".to_owned()], fixed_port: Some(8080), killed: 1, ..good };
    let factors = of_service(&bad);
    for factor in [Factor::Configuration, Factor::PortBinding, Factor::Concurrency, Factor::Disposability] {
        assert_eq!(state(&factors, factor), State::NotMet, "{factor:?}");
    }
    let json = factors.json(naru_model::language::Language::Ko).to_string();
    assert!(!json.contains("hunter2") && !json.contains("secret-url"), "{json}");
}
