//! The twelve factors as a report, and as the JSON that scripts read.

use serde_json::{Value, json};

use super::{Factor, Factors, Found, Judged, State};
use naru_model::language::{Language, Text};
use naru_model::report::{Cell, Report, Table, Tone};

impl Factor {
    pub fn name(self) -> Text {
        match self {
            Factor::Codebase => {
                Text::new("코드베이스: 버전 관리되는 하나의 코드", "codebase: one, under version control")
            }
            Factor::Dependencies => Text::new("의존성: 모두 선언", "dependencies: all declared"),
            Factor::Configuration => {
                Text::new("설정: 코드가 아닌 환경에", "configuration: in the environment")
            }
            Factor::BackingServices => {
                Text::new("외부 자원: 설정으로 연결", "backing services: attached by configuration")
            }
            Factor::BuildReleaseRun => Text::new("빌드·릴리스·실행 분리", "build, release, run: apart"),
            Factor::Processes => Text::new("프로세스: 상태를 갖지 않음", "processes: without state"),
            Factor::PortBinding => {
                Text::new("포트 바인딩: 스스로 포트를 엶", "port binding: serves on a port by itself")
            }
            Factor::Concurrency => {
                Text::new("동시성: 프로세스를 늘려 확장", "concurrency: scales by more processes")
            }
            Factor::Disposability => {
                Text::new("폐기 용이성: 빨리 뜨고 순순히 끝남", "disposability: starts fast, ends in order")
            }
            Factor::Parity => Text::new("개발·운영 일치", "development like production"),
            Factor::Logs => Text::new("로그: 표준 출력으로", "logs: to standard output"),
            Factor::AdminProcesses => {
                Text::new("관리 작업: 같은 환경의 일회성 프로세스", "administrative work: one-off processes")
            }
        }
    }

    /// What to do where it is not met, or to see where it can't be told.
    fn advice(self) -> Text {
        match self {
            Factor::Codebase => Text::new("소스를 Git으로 관리", "keep the source under Git"),
            Factor::Dependencies => Text::new(
                "라이브러리를 빌드 도구의 선언으로 옮기고 버전을 고정",
                "declare libraries in the build tool, with fixed versions",
            ),
            Factor::Configuration => Text::new(
                "주소·계정을 환경변수로 옮기고 naru.yaml의 env로 전달",
                "move addresses and accounts into environment variables, passed by env of naru.yaml",
            ),
            Factor::BackingServices => {
                Text::new("연결 정보를 환경변수로 받도록 변경", "take connections from environment variables")
            }
            Factor::BuildReleaseRun => Text::new(
                "빌드는 CI에서 하고 결과물을 artifact로 넘겨 naru deploy로 배포",
                "build in CI, hand the result on as artifact, deploy by naru deploy",
            ),
            Factor::Processes => Text::new(
                "세션은 외부 저장소로, 업로드 파일은 공유 저장소로",
                "sessions into a store outside, uploads into shared storage",
            ),
            Factor::PortBinding => Text::new(
                "환경변수 PORT의 포트에서 응답하도록 변경 (WAR은 내장 서버 또는 Tomcat 설정)",
                "listen on the port in PORT (for a WAR: an embedded server, or Tomcat's settings)",
            ),
            Factor::Concurrency => Text::new(
                "예약 작업은 잠금을 두거나 별도 서비스로 분리",
                "lock scheduled work, or make it a service of its own",
            ),
            Factor::Disposability => Text::new(
                "SIGTERM을 받으면 처리 중인 요청을 마치고 끝나도록 변경",
                "on SIGTERM end after the requests under way",
            ),
            Factor::Parity => Text::new(
                "개발에서도 운영과 같은 제품과 버전을 사용",
                "use production's products and versions in development",
            ),
            Factor::Logs => Text::new(
                "파일 대신 표준 출력으로 기록 (naru logs로 조회)",
                "write to standard output, not to files (naru logs shows it)",
            ),
            Factor::AdminProcesses => Text::new(
                "테이블 변경을 스크립트로 만들어 배포와 함께 실행",
                "make changes of tables scripts that run with a deployment",
            ),
        }
    }
}

impl State {
    fn word(self) -> Text {
        match self {
            State::Met => Text::new("충족", "met"),
            State::NotMet => Text::new("미충족", "not met"),
            State::CantBeTold => Text::new("판단 불가", "can't be told"),
        }
    }

    fn tone(self) -> Tone {
        match self {
            State::Met => Tone::Good,
            State::NotMet => Tone::Bad,
            State::CantBeTold => Tone::Warn,
        }
    }
}

impl Factors {
    pub fn report(&self, language: Language) -> Report {
        let mut report = Report::new(language, language.pick("12요소 점검", "The twelve factors"));
        report.about.push((language.pick("대상", "of").to_owned(), self.subject.clone()));
        if let Some(read) = self.read {
            report.about.push((
                language.pick("읽은 파일", "files read").to_owned(),
                language.pick(
                    format!(
                        "{}개, {} 바이트 (건너뜀 {}개, 따라가지 않은 링크 {}개)",
                        read.files, read.bytes, read.left_out, read.links
                    ),
                    format!(
                        "{}, {} bytes ({} left out, {} links not followed)",
                        read.files, read.bytes, read.left_out, read.links
                    ),
                ),
            ));
        }
        let count = |state| self.judged.iter().filter(|one| one.state == state).count();
        let (met, not, open) = (count(State::Met), count(State::NotMet), count(State::CantBeTold));
        let tone = if not > 0 { Tone::Warn } else { Tone::Plain };
        report.result(
            tone,
            language.pick(
                format!("충족 {met} · 미충족 {not} · 판단 불가 {open}"),
                format!("{met} met, {not} not met, {open} can't be told"),
            ),
        );
        let head = language.pick(
            ["번호", "요소", "결과", "찾은 것과 위치", "할 일"],
            ["no.", "factor", "state", "what was found, and where", "what to do"],
        );
        let mut table = Table { right: vec![0], widths: vec![2, 6, 4, 12, 7], ..Table::new(head) };
        for one in &self.judged {
            table.row(one.cells(language));
        }
        report.table(table);
        report
    }

    pub fn json(&self, language: Language) -> Value {
        let factor = |one: &Judged| {
            json!({
                "number": one.factor.number(),
                "factor": one.factor,
                "name": one.factor.name().of(language),
                "state": one.state,
                "found": one.found.iter().map(|found| found.json(language)).collect::<Vec<_>>(),
                "more": one.more,
            })
        };
        json!({
            "subject": self.subject,
            "read": self.read,
            "factors": self.judged.iter().map(factor).collect::<Vec<_>>(),
        })
    }
}

impl Judged {
    fn cells(&self, language: Language) -> [Cell; 5] {
        let mut lines: Vec<String> = self.found.iter().map(|found| found.line(language)).collect();
        if self.more > 0 {
            lines.push(language.pick(format!("그 밖에 {}건", self.more), format!("and {} more", self.more)));
        }
        if lines.is_empty() {
            lines.push(language.pick("근거를 찾지 못함", "nothing found that tells").to_owned());
        }
        let advice = if self.state == State::Met { "" } else { self.factor.advice().of(language) };
        [
            Cell::from(self.factor.number().to_string()),
            Cell::from(self.factor.name().of(language)),
            Cell::toned(self.state.word().of(language), self.state.tone()),
            Cell::from(lines.join("\n")),
            Cell::from(advice),
        ]
    }
}

impl Found {
    fn line(&self, language: Language) -> String {
        let mark = if self.speaks_for { "+" } else { "−" };
        let parts = [self.what.of(language), &self.detail, &self.place];
        let said: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        format!("{mark} {}", said.join(" — "))
    }

    fn json(&self, language: Language) -> Value {
        json!({ "speaks_for": self.speaks_for, "what": self.what.of(language), "detail": self.detail, "place": self.place })
    }
}
