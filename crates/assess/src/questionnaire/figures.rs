//! The figures of a system that a questionnaire has room for: what each means, in which unit, and how large it may be.

use serde::{Deserialize, Serialize};

use naru_model::language::Text;

use super::Refusal;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    InitialCost,
    YearlyCost,
    UsersADay,
    PeakRate,
    SurgeTimes,
    ResponseTime,
    SlowHours,
    StopsAYear,
    ChangesAMonth,
    DeploymentsAMonth,
    LinkedSystems,
    Servers,
    Size,
    Complexity,
    Scalability,
    ApplicationToday,
    ApplicationWanted,
    InfrastructureToday,
    InfrastructureWanted,
}

/// What is to be known of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// Its key in a questionnaire and column in a portfolio.
    pub key: &'static str,
    pub text: Text,
    pub unit: Text,
    pub most: u64,
    /// Whether parts of one make sense.
    pub whole: bool,
}

const fn about(key: &'static str, text: Text, unit: Text, most: u64, whole: bool) -> About {
    About { key, text, unit, most, whole }
}

const MONEY: Text = Text::new("원", "KRW");
const GRADE: Text = Text::new("1~5", "1 to 5");
const LEVEL: Text = Text::new("0~3단계", "level 0 to 3");

impl Figure {
    pub const ALL: [Figure; 19] = [
        Figure::InitialCost,
        Figure::YearlyCost,
        Figure::UsersADay,
        Figure::PeakRate,
        Figure::SurgeTimes,
        Figure::ResponseTime,
        Figure::SlowHours,
        Figure::StopsAYear,
        Figure::ChangesAMonth,
        Figure::DeploymentsAMonth,
        Figure::LinkedSystems,
        Figure::Servers,
        Figure::Size,
        Figure::Complexity,
        Figure::Scalability,
        Figure::ApplicationToday,
        Figure::ApplicationWanted,
        Figure::InfrastructureToday,
        Figure::InfrastructureWanted,
    ];

    pub fn named(key: &str) -> Option<Figure> {
        Figure::ALL.into_iter().find(|figure| figure.about().key == key)
    }

    pub fn about(self) -> About {
        match self {
            Figure::InitialCost => about(
                "initial_cost",
                Text::new("최초 구축비", "initial cost"),
                MONEY,
                1_000_000_000_000_000,
                true,
            ),
            Figure::YearlyCost => about(
                "yearly_cost",
                Text::new("연간 기능 추가·유지관리비", "additions and maintenance a year"),
                MONEY,
                1_000_000_000_000_000,
                true,
            ),
            Figure::UsersADay => about(
                "users_a_day",
                Text::new("하루 이용자 수", "users a day"),
                Text::new("명", "users"),
                1_000_000_000,
                true,
            ),
            Figure::PeakRate => about(
                "peak_rate",
                Text::new("가장 바쁠 때의 초당 요청 수", "requests a second at the busiest time"),
                Text::new("건/초", "requests/s"),
                10_000_000,
                false,
            ),
            Figure::SurgeTimes => about(
                "surge_times",
                Text::new("몰릴 때 평소의 몇 배인가", "how many times the usual load in a surge"),
                Text::new("배", "times"),
                10_000,
                false,
            ),
            Figure::ResponseTime => about(
                "response_time",
                Text::new("평균 응답시간", "mean response time"),
                Text::new("밀리초", "ms"),
                3_600_000,
                false,
            ),
            Figure::SlowHours => about(
                "slow_hours",
                Text::new("연간 접속 지연 시간", "hours of slow access a year"),
                Text::new("시간", "hours"),
                8784,
                false,
            ),
            Figure::StopsAYear => about(
                "stops_a_year",
                Text::new("장애 복구를 위한 연간 중단 횟수", "stops a year to recover from failures"),
                Text::new("회", "times"),
                100_000,
                true,
            ),
            Figure::ChangesAMonth => about(
                "changes_a_month",
                Text::new("월 변경 요청 건수", "change requests a month"),
                Text::new("건", "requests"),
                1_000_000,
                false,
            ),
            Figure::DeploymentsAMonth => about(
                "deployments_a_month",
                Text::new("월 배포 횟수", "deployments a month"),
                Text::new("회", "times"),
                1_000_000,
                false,
            ),
            Figure::LinkedSystems => about(
                "linked_systems",
                Text::new("연계 시스템 수", "linked outside systems"),
                Text::new("개", "systems"),
                100_000,
                true,
            ),
            Figure::Servers => about(
                "servers",
                Text::new("현재 서버(WAS) 대수", "servers of the application today"),
                Text::new("대", "servers"),
                100_000,
                true,
            ),
            Figure::Size => {
                about("size", Text::new("규모 (5가 가장 큼)", "size (5 is the largest)"), GRADE, 5, true)
            }
            Figure::Complexity => about(
                "complexity",
                Text::new("복잡도 (5가 가장 복잡)", "complexity (5 is the most complex)"),
                GRADE,
                5,
                true,
            ),
            Figure::Scalability => about(
                "scalability",
                Text::new(
                    "확장성 (1: 증설이 불가능하거나 중단 필요, 5: 무중단으로 쉽게 증설)",
                    "scalability (1: can't grow or must stop for it, 5: grows easily while it runs)",
                ),
                GRADE,
                5,
                true,
            ),
            Figure::ApplicationToday => about(
                "application_today",
                Text::new("애플리케이션 성숙도, 현재", "maturity of the application, today"),
                LEVEL,
                3,
                true,
            ),
            Figure::ApplicationWanted => about(
                "application_wanted",
                Text::new("애플리케이션 성숙도, 목표", "maturity of the application, wanted"),
                LEVEL,
                3,
                true,
            ),
            Figure::InfrastructureToday => about(
                "infrastructure_today",
                Text::new("인프라 성숙도, 현재", "maturity of the infrastructure, today"),
                LEVEL,
                3,
                true,
            ),
            Figure::InfrastructureWanted => about(
                "infrastructure_wanted",
                Text::new("인프라 성숙도, 목표", "maturity of the infrastructure, wanted"),
                LEVEL,
                3,
                true,
            ),
        }
    }

    /// The least it may be: grades begin at 1, everything else at 0.
    pub fn least(self) -> f64 {
        if matches!(self, Figure::Size | Figure::Complexity | Figure::Scalability) { 1.0 } else { 0.0 }
    }

    /// Reads a number as a person writes it: `1,600,000` as well.
    ///
    /// # Errors
    /// What would be right.
    pub fn read(self, text: &str) -> Result<f64, Refusal> {
        let about = self.about();
        let plain: String = text.trim().chars().filter(|c| !matches!(c, ',' | '_')).collect();
        let (least, most) = (self.least(), about.most as f64);
        let number = plain.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= least && *n <= most);
        number.filter(|n| !about.whole || n.fract() == 0.0).ok_or_else(|| {
            let (ko, en) = if about.whole { ("정수", "a whole number") } else { ("숫자", "a number") };
            let most = about.most;
            Refusal::new(
                format!("{text:?} 은(는) {least}~{most} 사이의 {ko}가 아님. 모르면 비워 둘 것"),
                format!("{text:?} is not {en} from {least} to {most}; leave it empty when it is not known"),
            )
        })
    }
}

/// A number with its thousands apart, and at most two digits behind the point.
pub fn number(value: f64) -> String {
    let text = format!("{:.2}", value.abs());
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let part = part.trim_end_matches('0');
    let mut out = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if !part.is_empty() {
        out = format!("{out}.{part}");
    }
    if value < 0.0 { format!("-{out}") } else { out }
}
