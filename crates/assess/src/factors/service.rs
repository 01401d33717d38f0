//! The twelve factors of a running service, by what naru knows of it. Much of the twelve is in the source alone and can't be told here.

use std::collections::{BTreeMap, HashMap};

use super::{Factor, Factors, Found, judge};
use naru_model::language::Text;

/// What naru knows of a service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Service {
    pub name: String,
    pub revision: u32,
    /// The command and its arguments.
    pub exec: Vec<String>,
    /// Variables of naru.yaml, besides those that naru sets.
    pub env: BTreeMap<String, String>,
    /// A port of its own, which only one instance can hold.
    pub fixed_port: Option<u16>,
    /// The digest of what the revision keeps a copy of.
    pub artifact: Option<String>,
    pub ready: u32,
    /// Lines of its output, of those that were looked at.
    pub output_lines: usize,
    /// Instances that were told to go and ended by themselves.
    pub ended_in_order: usize,
    /// Instances that were told to go and had to be killed.
    pub killed: usize,
}

/// Judges a running service.
pub fn of_service(service: &Service) -> Factors {
    let mut seen = Seen(Vec::new());
    seen.configuration(service);
    seen.running(service);
    seen.ends(service);
    judge(&service.name, seen.0, &HashMap::new(), None)
}

struct Seen(Vec<(Factor, Found)>);

impl Seen {
    fn add(&mut self, factor: Factor, speaks_for: bool, ko: &'static str, en: &'static str, detail: String) {
        let what = Text::new(ko, en);
        self.0.push((factor, Found { speaks_for, what, detail, place: String::new() }));
    }

    fn configuration(&mut self, service: &Service) {
        let names = |keep: &dyn Fn(&str) -> bool| {
            let names: Vec<&str> = service.env.keys().map(String::as_str).filter(|name| keep(name)).collect();
            names.join(", ")
        };
        if !service.env.is_empty() {
            self.add(
                Factor::Configuration,
                true,
                "환경변수로 설정을 받음",
                "is configured by its environment",
                names(&|_| true),
            );
        }
        // The argument's name alone: what follows the equals sign is nobody's business.
        for argument in service.exec.iter().filter(|argument| is_secret(argument)) {
            let name = argument.split(['=', ':']).next().unwrap_or("").to_owned();
            self.add(
                Factor::Configuration,
                false,
                "실행 명령에 비밀번호·주소를 적음",
                "its command holds a password or an address",
                name,
            );
        }
        let attached = names(&|name| {
            ["_URL", "_URI", "_HOST", "_DSN", "_ENDPOINT", "_ADDR"].iter().any(|end| name.ends_with(end))
        });
        if !attached.is_empty() {
            self.add(
                Factor::BackingServices,
                true,
                "외부 자원을 환경변수로 연결",
                "attaches backing services by its environment",
                attached,
            );
        }
        if let Some(digest) = &service.artifact {
            let short: String = digest.chars().take(12).collect();
            let detail = format!("revision {}, sha256 {short}", service.revision);
            self.add(
                Factor::BuildReleaseRun,
                true,
                "리비전마다 빌드 결과의 사본을 보관",
                "each revision keeps its own copy of what was built",
                detail,
            );
        }
    }

    fn running(&mut self, service: &Service) {
        match service.fixed_port {
            Some(port) => {
                self.add(Factor::PortBinding, false, "고정된 포트", "a fixed port", port.to_string());
                self.add(
                    Factor::Concurrency,
                    false,
                    "고정된 포트라 인스턴스를 하나만 둘 수 있음",
                    "a fixed port allows one instance alone",
                    port.to_string(),
                );
            }
            None if service.ready > 0 => {
                self.add(
                    Factor::PortBinding,
                    true,
                    "받은 PORT에서 응답함",
                    "answers on the PORT it is given",
                    String::new(),
                );
            }
            None => {}
        }
        if service.ready > 1 {
            self.add(
                Factor::Concurrency,
                true,
                "여러 인스턴스가 함께 실행 중",
                "several instances run side by side",
                service.ready.to_string(),
            );
        }
        if service.output_lines > 0 {
            self.add(
                Factor::Logs,
                true,
                "표준 출력에 로그를 씀",
                "writes its log to standard output",
                format!("{} lines", service.output_lines),
            );
        }
    }

    fn ends(&mut self, service: &Service) {
        if service.killed > 0 {
            self.add(
                Factor::Disposability,
                false,
                "종료 신호에 끝나지 않아 강제 종료됨",
                "had to be killed after it was told to end",
                service.killed.to_string(),
            );
        }
        if service.ended_in_order > 0 {
            self.add(
                Factor::Disposability,
                true,
                "종료 신호를 받고 스스로 끝남",
                "ended by itself when it was told to",
                service.ended_in_order.to_string(),
            );
        }
    }
}

fn is_secret(argument: &str) -> bool {
    let lower = argument.to_lowercase();
    let named =
        ["password=", "passwd=", "secret=", "apikey=", "api-key="].iter().any(|name| lower.contains(name));
    let given = !argument.contains("${") && !argument.ends_with('=');
    (named && given) || lower.contains("jdbc:")
}
