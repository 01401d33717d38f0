//! Every case there is, and what running one needs. What is not listed here is not run; what a tender names is one of these.

use naru_model::language::Text;
use naru_model::report::Chart;

use super::guard::Stop;
use super::outcome::Part;

/// What somebody must have allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// It changes nothing, and its load is low.
    Nothing,
    /// `--allow-load RATE`.
    Load,
    /// `--allow-destructive`.
    Destruction,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Definition {
    pub id: &'static str,
    pub part: Part,
    pub title: Text,
    /// Rows of docs/REQUIREMENTS.md.
    pub requirements: &'static [&'static str],
    pub needs: Needs,
}

macro_rules! cases {
    ($($name:ident: $id:literal, $part:ident, $ko:literal, $en:literal, [$($row:literal),*], $needs:ident;)*) => {
        $(pub(super) const $name: &Definition = &Definition {
            id: $id,
            part: Part::$part,
            title: Text::new($ko, $en),
            requirements: &[$($row),*],
            needs: Needs::$needs,
        };)*
        /// In the order in which they run.
        pub const ALL: &[&Definition] = &[$($name),*];
    };
}

cases! {
    TLS: "security-tls", Security, "TLS 버전·암호 방식", "TLS versions and ciphers", ["G4"], Nothing;
    CERTIFICATE: "security-certificate", Security, "인증서 유효성·이름", "The certificate and its name", ["G4"], Nothing;
    REDIRECT: "security-redirect", Security, "평문 HTTP의 https 전환", "Plain HTTP leads to https", ["G4"], Nothing;
    HEADERS: "security-headers", Security, "응답 머리글(버전 노출·필수 머리글)", "Headers of answers", ["G4"], Nothing;
    TOKENS: "security-tokens", Security, "관리 API 토큰 검사", "The API asks for a token", ["G1", "G2"], Nothing;
    ROLES: "security-roles", Security, "조회 권한의 변경 차단", "A viewer changes nothing", ["G2"], Destruction;
    CONSOLE: "security-console", Security, "관리 화면 보안 머리글", "Headers of the console", ["G4"], Nothing;
    LIMITS: "security-limits", Security, "호출 한도(429·Retry-After)", "Limits answer 429 with Retry-After", ["G7"], Nothing;
    HOSTILE: "security-hostile", Security, "알려진 공격 요청 차단", "Known hostile requests are refused", ["G4"], Nothing;
    PROXY: "security-proxy", Security, "개방 프록시 차단", "It is no open proxy", ["G4"], Nothing;
    SLOW: "security-slow", Security, "느린 요청(슬로로리스) 차단", "Slow senders are cut off", ["G4"], Nothing;
    ROUTE: "performance-route", Performance, "목표 부하에서의 응답시간·오류율", "Response times and errors at the stated rate", ["P1", "F8"], Nothing;
    EXPLAINED: "scaling-explained", Scaling, "인스턴스 수의 범위와 결정 근거", "Instances within bounds, and why so many", ["M7", "A1", "A3"], Nothing;
    SCHEDULE: "scaling-schedule", Scaling, "예약 확장", "Schedules", ["A2"], Nothing;
    SCHEDULE_ADDS: "scaling-schedule-adds", Scaling, "예약 시각의 자동 증설", "A schedule adds instances at its time", ["A2"], Destruction;
    STEPS: "scaling-steps", Scaling, "단계별 부하에 따른 확장·축소", "Instances follow a stepped load, up and down", ["F2", "A3", "M7"], Load;
    SURGE: "scaling-surge", Scaling, "이용자 폭주", "A surge", ["F8", "A6"], Load;
    PROVEN: "change-proven", Change, "검증된 리비전 운영과 복귀 가능 여부", "Proven revisions, and where to go back to", ["F6", "M8"], Nothing;
    DEPLOY: "change-deploy", Change, "부하 중 무중단 배포", "A deployment under load", ["F3"], Destruction;
    ROLLBACK: "change-rollback", Change, "부하 중 복귀·재적용", "Back and forth under load", ["M8", "F6"], Destruction;
    WELL: "failure-well", Failure, "서비스·인스턴스·연계 정상 여부", "Services, instances and links are well", ["M2", "P15"], Nothing;
    KILLED: "failure-instance-killed", Failure, "인스턴스 강제 종료", "An instance is killed", ["F4", "M2", "M4"], Destruction;
    FROZEN: "failure-instance-frozen", Failure, "인스턴스 멈춤", "An instance hangs", ["F4", "M6"], Destruction;
    SERVICE: "failure-service", Failure, "서비스 전체 멈춤과 격리", "A whole service hangs, the others do not notice", ["F1"], Destruction;
    LINK: "failure-link", Failure, "연계 시스템 단절", "A link is cut", ["F1", "P15"], Destruction;
    GATEWAY: "failure-gateway", Failure, "게이트웨이 강제 종료", "The gateway is killed", ["F4"], Destruction;
    SERVER_FROZEN: "failure-server-frozen", Failure, "관리 서버 멈춤", "The server hangs", ["F4"], Destruction;
    SERVER_REPLACED: "failure-server-replaced", Failure, "관리 서버 교체", "The server is replaced", ["F4"], Destruction;
    RESTORED: "restored", Restored, "시험 전 상태로 복구", "Everything is as it was before", ["D7"], Nothing;
}

/// What a case that runs writes down.
#[derive(Debug, Default)]
pub(super) struct Finding {
    pub(super) done: String,
    pub(super) wanted: String,
    pub(super) found: String,
    pub(super) evidence: Vec<String>,
    pub(super) charts: Vec<Chart>,
    pub(super) failed: bool,
}

impl Finding {
    /// Writes down what was looked at and whether it was right.
    pub(super) fn judge(&mut self, right: bool, line: impl Into<String>) {
        let mark = if right { "" } else { "!! " };
        self.failed |= !right;
        self.evidence.push(format!("{mark}{}", line.into()));
    }

    pub(super) fn tell(&mut self, line: impl Into<String>) {
        self.evidence.push(line.into());
    }
}

pub(super) type Run<'a> = Box<dyn FnOnce(&mut Finding) -> Result<(), Stop> + 'a>;

/// A case that would be run, or why it can't be.
pub(super) struct Planned<'a> {
    pub(super) definition: &'static Definition,
    /// What it is done to, where that may be several.
    pub(super) subject: Option<String>,
    /// What it will do, for whoever has to allow it.
    pub(super) will: String,
    pub(super) ready: Result<Run<'a>, String>,
}

impl<'a> Planned<'a> {
    pub(super) fn new(
        definition: &'static Definition,
        will: String,
        run: impl FnOnce(&mut Finding) -> Result<(), Stop> + 'a,
    ) -> Planned<'a> {
        Planned { definition, subject: None, will, ready: Ok(Box::new(run)) }
    }

    /// One that can't be run here.
    pub(super) fn not_run(definition: &'static Definition, why: impl Into<String>) -> Planned<'a> {
        Planned { definition, subject: None, will: String::new(), ready: Err(why.into()) }
    }

    pub(super) fn of(self, subject: impl ToString) -> Planned<'a> {
        Planned { subject: Some(subject.to_string()), ..self }
    }

    pub(super) fn id(&self) -> String {
        match &self.subject {
            Some(subject) => format!("{}:{subject}", self.definition.id),
            None => self.definition.id.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_has_an_id_of_its_own_that_begins_with_its_part() {
        for (index, case) in ALL.iter().enumerate() {
            assert!(case.id.starts_with(case.part.as_str()), "{}", case.id);
            assert!(ALL[..index].iter().all(|other| other.id != case.id), "{}", case.id);
            assert!(!case.requirements.is_empty());
        }
        assert!(
            Part::ASKED
                .iter()
                .all(|part| ALL.iter().any(|case| case.part == *part && case.needs == Needs::Nothing))
        );
    }
}
