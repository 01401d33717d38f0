//! What is asked of a system: two questions that come before, ten of the self-check, and what each of them is told by.

use serde::{Deserialize, Serialize};

use naru_model::language::Text;

/// What a self-check question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    StableOperation,
    Change,
    Quality,
    DevelopmentTime,
}

impl Goal {
    pub const ALL: [Goal; 4] = [Goal::StableOperation, Goal::Change, Goal::Quality, Goal::DevelopmentTime];

    pub fn name(self) -> Text {
        match self {
            Goal::StableOperation => Text::new("안정적 운영", "Stable operation"),
            Goal::Change => Text::new("변화 대응", "Change"),
            Goal::Quality => Text::new("품질 개선", "Quality"),
            Goal::DevelopmentTime => Text::new("개발 기간 단축", "Development time"),
        }
    }
}

/// A question that is answered yes, no or unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// Its key in a questionnaire and column in a portfolio.
    pub key: &'static str,
    pub text: Text,
    /// The operating indicator that shows the answer, and where it is found.
    pub indicator: Text,
}

/// Is it a target, does it need renewal? A no to either ends the flow.
pub const CLOUD_TARGET: Question = Question {
    key: "cloud_target",
    text: Text::new(
        "클라우드 전환이 가능한 시스템인가? (법령·보안 등급·전용 장비 등으로 옮길 수 없는 시스템이면 '아니오')",
        "May the system be moved to a cloud at all? (no, when law, its security class or special hardware forbids it)",
    ),
    indicator: Text::new(
        "근거: 보안 등급 검토 결과, 전용 장비 의존 여부, 소관 법령",
        "Evidence: its security classification, hardware it depends on, the law it stands under",
    ),
};
pub const RENEWAL: Question = Question {
    key: "renewal",
    text: Text::new(
        "재구축·고도화 등 개편이 필요한가?",
        "Does it need renewal (rebuilding or a substantial extension)?",
    ),
    indicator: Text::new(
        "근거: 장비 내구연한, 기술지원 종료 일정, 정보화전략계획(ISP)·운영평가 결과",
        "Evidence: age of its machines, end of support of its software, the last review of its operation",
    ),
};

/// How many there are of the self-check.
pub const COUNT: usize = 10;

/// The goal of the self-check question at this place, from 0.
pub fn goal(index: usize) -> Goal {
    match index {
        0..=2 => Goal::StableOperation,
        3..=5 => Goal::Change,
        6..=7 => Goal::Quality,
        _ => Goal::DevelopmentTime,
    }
}

/// The self-check, in its order: number 1 is the first.
pub const SELF_CHECK: [Question; COUNT] = [
    Question {
        key: "maintenance_cost",
        text: Text::new(
            "기능 추가와 유지관리에 해마다 최초 구축비의 15% 안팎을 넘는 비용이 드는가? (대국민 서비스는 하루 이용자 1만 명 이상인지도 함께 본다)",
            "Do additions and maintenance cost more than about 15 % of the initial cost every year? (for a public service, 10,000 users a day or more weigh in)",
        ),
        indicator: Text::new(
            "지표: 구축비 대비 연간 유지관리비 비율, 하루 이용자 수. 계약서와 이용 통계에서 확인",
            "Indicator: yearly cost over initial cost, users a day. From contracts and usage statistics",
        ),
    },
    Question {
        key: "stops_to_recover",
        text: Text::new(
            "장애 복구(서버 증설, 업그레이드 등) 때문에 서비스를 중단한 적이 있는가?",
            "Was the service stopped to recover from failures (adding servers, upgrading)?",
        ),
        indicator: Text::new(
            "지표: 복구 시간과 그 추이, 신뢰도와 가용률. 장애 대장에서 확인",
            "Indicator: time to recover and how it grows, reliability and availability. From the record of failures",
        ),
    },
    Question {
        key: "slow_at_times",
        text: Text::new(
            "특정 시기(연·월·주·일 중 일정한 때)에 접속이 느리다는 민원이 있는가?",
            "Are there complaints of slow access at certain times of the year, month, week or day?",
        ),
        indicator: Text::new(
            "지표: 시간대별 응답시간과 오류율, 민원 건수. 접근 로그와 민원 대장에서 확인",
            "Indicator: response times and errors by the hour, complaints. From the access log and the record of complaints",
        ),
    },
    Question {
        key: "frequent_change",
        text: Text::new(
            "정책이나 업무가 자주 바뀌어 빠른 반영이 필요한가?",
            "Do policy or business change often, and need a fast answer?",
        ),
        indicator: Text::new(
            "지표: 변경 요청 건수와 기한 내 처리율. 변경 관리 대장과 배포 이력에서 확인",
            "Indicator: change requests and the share handled in time. From the record of changes and deployments",
        ),
    },
    Question {
        key: "new_technology",
        text: Text::new(
            "신기술, 다른 개발 언어, 공개 소프트웨어를 도입하고자 하는가?",
            "Are new technology, other languages or open source wanted?",
        ),
        indicator: Text::new(
            "지표: 업그레이드 용이성. 사용 제품의 버전과 기술지원 종료일에서 확인",
            "Indicator: ease of upgrade. From the versions in use and the end of their support",
        ),
    },
    Question {
        key: "separable_functions",
        text: Text::new(
            "업무와 데이터를 명확히 나누어 따로 운영할 수 있는가? (공통 기능, 공용 데이터, 연계 시스템, 의존 관계를 함께 고려)",
            "Can functions and their data be separated clearly and run by themselves (shared functions and data, links, dependencies considered)?",
        ),
        indicator: Text::new(
            "지표: 연계 구조와 데이터베이스 설계. 업무 분류표, 테이블 정의서, 연계 목록에서 확인",
            "Indicator: integration and database design. From the list of functions, tables and links",
        ),
    },
    Question {
        key: "teams_apart",
        text: Text::new(
            "개발 조직과 운영 조직이 나뉘어 있어 처리가 지연되는가?",
            "Do separate development and operations teams delay things?",
        ),
        indicator: Text::new(
            "지표: 변경 요청의 기한 내 처리율, 요청부터 반영까지 걸린 날. 변경 관리 대장에서 확인",
            "Indicator: change requests handled in time, days from request to release. From the record of changes",
        ),
    },
    Question {
        key: "old_complex_code",
        text: Text::new(
            "오래되고 복잡한 코드를 개선하거나 나눌 필요가 있는가?",
            "Does old, complex code need improvement or splitting?",
        ),
        indicator: Text::new(
            "지표: 유지보수성. 코드 규모와 복잡도, 수정 한 건에 드는 기간에서 확인",
            "Indicator: maintainability. From the size and complexity of the code, and the time that one change takes",
        ),
    },
    Question {
        key: "manual_delivery",
        text: Text::new(
            "소스 반영부터 개발·시험·운영 시스템 배포까지 빌드·시험·배포 도구를 쓰지 않거나 일부만 쓰는가?",
            "Are build, test and deployment tools not, or only partly, used from commit to the development, test and production systems?",
        ),
        indicator: Text::new(
            "지표: 자동화된 단계의 수, 배포 한 건에 드는 시간과 인력. 배포 절차서에서 확인",
            "Indicator: steps that are automatic, time and people that one deployment takes. From the deployment procedure",
        ),
    },
    Question {
        key: "faster_release",
        text: Text::new("배포 주기를 지금보다 줄이고자 하는가?", "Is a shorter deployment cycle wanted?"),
        indicator: Text::new(
            "지표: 월 배포 횟수, 요청부터 반영까지 걸린 날. 배포 이력에서 확인",
            "Indicator: deployments a month, days from request to release. From the record of deployments",
        ),
    },
];
