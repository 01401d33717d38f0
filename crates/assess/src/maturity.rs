//! How mature a system is, 0 to 3, from the application's and the infrastructure's side, and what each step up takes: what to do, and
//! what naru does of it.

use serde::{Deserialize, Serialize};

use crate::questionnaire::{Figure, Questionnaire};
use crate::verdict::Outcome;
use naru_model::language::Text;
use naru_model::report::{Cell, Report, Table};

/// The highest level.
pub const NATIVE: u8 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Application,
    Infrastructure,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maturity {
    pub application: Course,
    pub infrastructure: Course,
}

/// From where to where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// 0 to 3; nothing when nobody said.
    pub today: Option<u8>,
    /// 0 to 3.
    pub wanted: u8,
    /// Whether somebody said so; else it follows from the verdict.
    pub given: bool,
}

/// Levels today and wanted. Where nobody says what is wanted: 3 for what is to become cloud native, 1 for what keeps its architecture
/// and may move as it is, today's for what is not to move.
pub fn of(q: &Questionnaire, outcome: Option<Outcome>) -> Maturity {
    let level = |figure| q.figure(figure).map(|value| value as u8);
    let course = |today: Option<u8>, wanted: Option<u8>| {
        let follows = match outcome {
            Some(Outcome::Adopt) | None => NATIVE,
            Some(Outcome::Keep | Outcome::KeepRecommended) => today.unwrap_or(0).max(1),
            Some(Outcome::NoRenewal | Outcome::KeepSystem) => today.unwrap_or(0),
        };
        Course { today, wanted: wanted.unwrap_or(follows), given: wanted.is_some() }
    };
    Maturity {
        application: course(level(Figure::ApplicationToday), level(Figure::ApplicationWanted)),
        infrastructure: course(level(Figure::InfrastructureToday), level(Figure::InfrastructureWanted)),
    }
}

/// What a level is called.
pub fn level(side: Side, level: u8) -> Text {
    match (side, level) {
        (Side::Application, 0) => {
            Text::new("0 기존: 자체 장비에서 기존 방식으로 운영", "0 legacy: on machines of its own")
        }
        (Side::Application, 1) => {
            Text::new("1 준비: 구조 변경 없이 IaaS로 이전", "1 ready: rehosted on IaaS")
        }
        (Side::Application, 2) => {
            Text::new("2 친화: PaaS·컨테이너로 이전", "2 friendly: replatformed on PaaS and containers")
        }
        (Side::Application, _) => Text::new(
            "3 네이티브: 마이크로서비스로 재구성하거나 SaaS로 대체, DevOps·CI/CD",
            "3 native: refactored into microservices or replaced by SaaS, with DevOps and CI/CD",
        ),
        (Side::Infrastructure, 0) => Text::new(
            "0 기존: 업무별 전용 장비와 상용 소프트웨어",
            "0 legacy: machines and products bought for one system",
        ),
        (Side::Infrastructure, 1) => Text::new(
            "1 표준 플랫폼·비용 절감: 공개 소프트웨어 WAS·DB, 배포는 기존 방식",
            "1 standard platform and cost: open-source middleware and database, deployment as before",
        ),
        (Side::Infrastructure, 2) => Text::new(
            "2 자동 확장·컨테이너: CI/CD, 12요소, 단일 구조 경량화",
            "2 auto-scaling and containers: CI/CD, twelve factors, monolith made lighter",
        ),
        (Side::Infrastructure, _) => Text::new(
            "3 가볍고 민첩한 서비스: 서비스마다 자기 데이터",
            "3 light, agile services, each with its own data",
        ),
    }
}

/// One step up: what is to be done, and what naru does of it.
pub struct Step {
    pub to: u8,
    pub work: Text,
    pub naru: Text,
}

/// The steps of a side, from level 0 up.
pub const APPLICATION: [Step; 3] = [
    Step {
        to: 1,
        work: Text::new(
            "코드를 바꾸지 않고 가상 서버로 이전. 설정의 고정 주소와 고정 경로를 목록으로 정리",
            "Move to virtual servers without changing code. List fixed addresses and paths in its configuration",
        ),
        naru: Text::new(
            "기존 실행 명령을 naru.yaml의 services.<이름>.exec에 적고 naru up으로 운영(상태 점검, 자동 재기동). 고정 주소·경로는 naru assess factors DIR로 찾음",
            "Its command goes into services.<name>.exec of naru.yaml; naru up keeps it running. naru assess factors DIR finds fixed addresses and paths",
        ),
    },
    Step {
        to: 2,
        work: Text::new(
            "설정을 환경변수로 옮기고, 로그를 표준 출력으로 내보내고, 세션을 외부 저장소로 옮겨 여러 인스턴스로 운영",
            "Configuration into the environment, logs to standard output, sessions into a store outside, so that several instances run",
        ),
        naru: Text::new(
            "env로 설정 전달, 인스턴스마다 PORT 부여, scale.min·max로 인스턴스 수 조정, naru logs로 로그 조회. 남은 항목은 naru assess factors로 확인",
            "env passes configuration, each instance gets its PORT, scale.min and max set their number, naru logs shows their output. naru assess factors tells what is left",
        ),
    },
    Step {
        to: 3,
        work: Text::new(
            "따로 움직이는 업무부터 서비스로 분리하고, 서비스마다 따로 시험·배포",
            "Split off the functions that behave by themselves, and test and deploy each service by itself",
        ),
        naru: Text::new(
            "나눌 업무는 naru assess logs로 찾고 목표 구성은 naru assess target으로 생성. routes로 업무별 서비스에 연결, naru deploy로 바뀐 서비스만 무중단 배포, 이상 시 자동 복귀",
            "naru assess logs finds what to split, naru assess target writes the target. routes lead to each service, naru deploy replaces only the one that changed and goes back by itself when it fails",
        ),
    },
];

/// The steps of a side, from level 0 up.
pub const INFRASTRUCTURE: [Step; 3] = [
    Step {
        to: 1,
        work: Text::new(
            "상용 WAS·DB를 표준 공개 소프트웨어로 바꾸고 서버 구성을 통일",
            "Replace bought middleware and databases with standard open source, and make servers alike",
        ),
        naru: Text::new(
            "게이트웨이·부하분산·관제를 naru 하나로 구성(추가 제품 불필요). Tomcat 등 기존 WAS를 고치지 않고 실행",
            "Gateway, balancing and monitoring are naru alone. Tomcat and the like run unchanged",
        ),
    },
    Step {
        to: 2,
        work: Text::new(
            "자동 확장 기준을 정하고, 빌드부터 배포까지 자동화하고, 단일 구조를 가볍게 정리",
            "Set goals for auto-scaling, automate from build to deployment, make the monolith lighter",
        ),
        naru: Text::new(
            "scale.target·rules·schedule로 자동 확장, naru deploy --wait를 CI에서 호출해 무중단 배포, naru verify surge로 확장 확인",
            "scale.target, rules and schedule scale by themselves; CI calls naru deploy --wait; naru verify surge proves scaling",
        ),
    },
    Step {
        to: 3,
        work: Text::new(
            "서비스별로 데이터를 나누고, 서비스 사이와 연계 구간의 장애가 번지지 않게 격리",
            "Give each service its data, and keep failures between services and links from spreading",
        ),
        naru: Text::new(
            "서비스별 traffic 한도와 links의 break_after로 장애 격리, naru verify isolation으로 확인, 업무별 지표는 콘솔과 naru status로 확인",
            "traffic of each service and break_after of links keep failures apart, naru verify isolation proves it; figures by function are in the console and naru status",
        ),
    },
];

impl Maturity {
    pub fn describe(&self, report: &mut Report) {
        let language = report.language;
        report.heading(1, language.pick("성숙도와 단계별 과제", "Maturity, and the steps between"));
        let head = language.pick(["구분", "현재", "목표"], ["side", "today", "wanted"]);
        let mut table = Table { widths: vec![2, 5, 5], ..Table::new(head) };
        for (side, course, _) in self.sides() {
            let today =
                course.today.map_or(language.pick("모름", "unknown"), |at| level(side, at).of(language));
            let wanted = level(side, course.wanted).of(language);
            let mark = if course.given {
                ""
            } else {
                language.pick(" (검토 결과에 따름)", " (follows from the verdict)")
            };
            table.row([
                Cell::from(side.name().of(language)),
                Cell::from(today),
                Cell::from(format!("{wanted}{mark}")),
            ]);
        }
        report.table(table);
        self.steps(report);
    }

    fn steps(&self, report: &mut Report) {
        let language = report.language;
        let head = language.pick(
            ["구분", "단계", "할 일", "naru가 하는 일"],
            ["side", "step", "what to do", "what naru does of it"],
        );
        let mut table = Table { widths: vec![3, 2, 7, 8], ..Table::new(head) };
        for (side, course, steps) in self.sides() {
            let from = course.today.unwrap_or(0);
            for step in steps.iter().filter(|step| step.to > from && step.to <= course.wanted) {
                let which = format!("{} → {}", step.to - 1, step.to);
                let texts = [step.work.of(language), step.naru.of(language)];
                table.row([side.name().of(language), &which].into_iter().chain(texts).map(Cell::from));
            }
        }
        if table.rows.is_empty() {
            report.paragraph(language.pick(
                "목표가 현재 단계와 같아 추가 과제가 없음",
                "What is wanted is what there is: no step to take",
            ));
        } else {
            report.table(table);
        }
    }

    fn sides(&self) -> [(Side, Course, &'static [Step; 3]); 2] {
        [
            (Side::Application, self.application, &APPLICATION),
            (Side::Infrastructure, self.infrastructure, &INFRASTRUCTURE),
        ]
    }
}

impl Side {
    pub fn name(self) -> Text {
        match self {
            Side::Application => Text::new("애플리케이션", "application"),
            Side::Infrastructure => Text::new("인프라", "infrastructure"),
        }
    }
}
