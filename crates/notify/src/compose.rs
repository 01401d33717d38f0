//! What people read: a subject that says it all, and a text that says why and what to do; of many causes the counts and the
//! worst ten.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use naru_model::alert::{Alert, Ending, Reason, Severity, Text};
use naru_model::figure::unit;
use naru_model::units::Timestamp;
use naru_model::wording;

/// Causes that are told one by one.
pub(crate) const WORST: usize = 10;
/// Causes whose explanation is told with them.
const EXPLAINED: usize = 3;

/// The words of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Texts {
    pub(crate) subject: String,
    pub(crate) text: String,
}

/// Which language, and which clock.
pub(crate) struct Reader<'a> {
    pub(crate) platform: &'a str,
    pub(crate) korean: bool,
    pub(crate) zone: &'a TimeZone,
    pub(crate) now: Timestamp,
}

/// The worst first: what lasts before what is over, critical before warning, what is farthest from its threshold.
pub(crate) fn by_badness(causes: &mut [(Reason, &Alert)]) {
    let rank = |(reason, alert): &(Reason, &Alert)| {
        let far = alert.threshold.map_or(0.0, |threshold| {
            (alert.worst - threshold).abs() / threshold.abs().max(f64::MIN_POSITIVE)
        });
        (*reason == Reason::Resolved, alert.severity != Severity::Critical, -far.min(1e9))
    };
    causes.sort_by(|one, other| {
        let (one, other) = (rank(one), rank(other));
        (one.0, one.1).cmp(&(other.0, other.1)).then(one.2.total_cmp(&other.2))
    });
}

/// Writes a message of causes that [`by_badness`] has sorted.
pub(crate) fn compose(causes: &[(Reason, &Alert)], reader: &Reader<'_>) -> Texts {
    match causes {
        [(reason, alert)] => Texts {
            subject: format!("[naru {}] {}", reader.platform, reader.line(*reason, alert)),
            text: reader.one(*reason, alert),
        },
        _ => reader.many(causes),
    }
}

/// A message to try a channel out.
pub(crate) fn trial(channel: &str, reader: &Reader<'_>) -> Texts {
    let subject = reader.say("알림 시험", "a trial");
    let text = if reader.korean {
        format!("채널 {channel}이(가) 잘 도착하는지 확인하는 시험 알림입니다. 할 일은 없습니다.")
    } else {
        format!("Somebody tried out the channel {channel}. There is nothing to do.")
    };
    Texts { subject: format!("[naru {}] {subject}: {channel}", reader.platform), text }
}

impl Reader<'_> {
    fn say<'t>(&self, ko: &'t str, en: &'t str) -> &'t str {
        if self.korean { ko } else { en }
    }

    fn pick<'t>(&self, text: &'t Text) -> &'t str {
        self.say(&text.ko, &text.en)
    }

    fn state(&self, reason: Reason, alert: &Alert) -> &'static str {
        let (ko, en) = match (reason, alert.severity) {
            (Reason::Resolved, _) => ("해제", "over"),
            (Reason::Worse, Severity::Critical) => ("심각, 더 나빠짐", "critical and worse"),
            (Reason::Worse, Severity::Warning) => ("경고, 더 나빠짐", "warning and worse"),
            (Reason::Escalated, Severity::Critical) => {
                ("아무도 확인하지 않은 심각 경보", "critical, and nobody has answered")
            }
            (Reason::Escalated, Severity::Warning) => {
                ("아무도 확인하지 않은 경고", "warning, and nobody has answered")
            }
            (_, Severity::Critical) => ("심각", "critical"),
            (_, Severity::Warning) => ("경고", "warning"),
        };
        self.say(ko, en)
    }

    /// One cause in one line: how bad, what, how much, and of what that is too much.
    fn line(&self, reason: Reason, alert: &Alert) -> String {
        let unit = unit(&alert.figure);
        let (owner_ko, owner_en) = wording::owner(&alert.owner);
        let (figure_ko, figure_en) = wording::figure(&alert.figure);
        let (owner, figure) = (self.say(&owner_ko, &owner_en), self.say(figure_ko, figure_en));
        let (state, value) = (self.state(reason, alert), unit.shown(alert.value));
        let limit = alert.threshold.map(|threshold| unit.shown(threshold));
        let why = match (reason, alert.ahead, limit) {
            (Reason::Resolved, ..) => String::new(),
            (_, Some(ahead), Some(limit)) => {
                let at = self.time(Timestamp(ahead.at.max(0) as u64 * 1_000_000));
                match self.korean {
                    true => format!(", {at}쯤 {limit} 도달 예상"),
                    false => format!(", expected to reach {limit} at {at}"),
                }
            }
            (_, _, Some(limit)) => format!(" ({} {limit})", self.say("기준", "limit")),
            (_, _, None) => self.say(" (평소와 다름)", " (not as usual)").to_owned(),
        };
        format!("{state}: {owner} {figure} {value}{why}")
    }

    /// One cause with all that is known.
    fn one(&self, reason: Reason, alert: &Alert) -> String {
        let mut text = format!("{}\n", self.line(reason, alert));
        let (ko, en) = wording::lasted(alert.resolved.unwrap_or(self.now).since(alert.since));
        let (since, worst) = (self.time(alert.since), self.worst(alert));
        let goes_on = reason != Reason::Resolved;
        let just_begun = self.now.since(alert.since) < Duration::from_secs(1);
        text += &match self.korean {
            true if just_begun => {
                format!("{since}에 시작되었습니다. 지금까지 가장 나빴던 값은 {worst}입니다.\n")
            }
            true if goes_on => format!("{since}부터 {ko}째입니다. 가장 나빴던 값은 {worst}입니다.\n"),
            true => format!("{since}부터 {ko} 동안 이어졌습니다. 가장 나빴던 값은 {worst}입니다.\n"),
            false if just_begun => format!("It began at {since}. At worst {worst} so far.\n"),
            false if goes_on => format!("Since {since}, for {en} now. At worst {worst}.\n"),
            false => format!("It began at {since} and lasted {en}. At worst {worst}.\n"),
        };
        text += &match self.korean {
            true => format!("경보 항목: {} ({})\n", alert.item, alert.when),
            false => format!("Item: {} ({})\n", alert.item, alert.when),
        };
        if !goes_on {
            text += &self.ending(alert);
            return text;
        }
        self.explain(alert, &mut text);
        text += &match self.korean {
            true => format!(
                "\n내가 맡는다고 알리기: naru alerts acknowledge {0}\n자세히 보기: naru alerts explain {0} --ko\n",
                alert.id
            ),
            false => format!(
                "\nSay that you see to it: naru alerts acknowledge {0}\nMore: naru alerts explain {0}\n",
                alert.id
            ),
        };
        text
    }

    fn worst(&self, alert: &Alert) -> String {
        unit(&alert.figure).shown(alert.worst)
    }

    fn ending(&self, alert: &Alert) -> String {
        let (ko, en) = match alert.ending {
            None | Some(Ending::Back) => ("정상으로 돌아왔습니다.", "It is as it should be again."),
            Some(Ending::Gone) => ("대상이 없어져 해제했습니다.", "What it was about is no longer there."),
            Some(Ending::Unmeasured) => (
                "측정값이 더 이상 들어오지 않아 해제했습니다. 정상이라는 뜻은 아닙니다.",
                "Nobody measures the figure any more. That does not mean that all is well.",
            ),
            Some(Ending::Unwatched) => (
                "이 항목을 더 이상 지켜보지 않거나 조건이 바뀌어 해제했습니다.",
                "The item is no longer watched, or its condition was changed.",
            ),
        };
        format!("{}\n", self.say(ko, en))
    }

    fn explain(&self, alert: &Alert, text: &mut String) {
        let of = &alert.explanation;
        if !self.pick(&of.means).is_empty() {
            *text += &format!("\n{}\n", self.pick(&of.means));
        }
        let unit = unit(&alert.figure);
        let before: Vec<String> = [
            (self.say("1시간 전", "an hour ago"), of.hour_ago),
            (self.say("하루 전", "a day ago"), of.day_ago),
            (self.say("일주일 전", "a week ago"), of.week_ago),
        ]
        .into_iter()
        .filter_map(|(when, value)| Some(format!("{when} {}", unit.shown(value?))))
        .collect();
        if !before.is_empty() {
            let earlier = self.say("이전 값", "Earlier");
            *text += &format!("{earlier}: {}\n", before.join(", "));
        }
        if !of.causes.is_empty() {
            *text += self.say("\n유력한 원인\n", "\nLikely causes\n");
            for (number, cause) in of.causes.iter().take(EXPLAINED).enumerate() {
                *text += &format!("{}. {}\n", number + 1, self.pick(&cause.text));
            }
        }
        if !of.what_to_do.is_empty() {
            *text += self.say("\n할 일\n", "\nWhat to do\n");
            for what in of.what_to_do.iter().take(EXPLAINED) {
                *text += &format!("- {}\n", self.pick(what));
            }
        }
    }

    fn many(&self, causes: &[(Reason, &Alert)]) -> Texts {
        let count = |wanted: &dyn Fn(Reason, &Alert) -> bool| {
            causes.iter().filter(|(reason, alert)| wanted(*reason, alert)).count()
        };
        let over = count(&|reason, _| reason == Reason::Resolved);
        let critical =
            count(&|reason, alert| reason != Reason::Resolved && alert.severity == Severity::Critical);
        let warnings = causes.len() - over - critical;
        let counts = if self.korean {
            format!("경보 {}건: 심각 {critical}, 경고 {warnings}, 해제 {over}", causes.len())
        } else {
            format!("{} alerts: {critical} critical, {warnings} warnings, {over} over", causes.len())
        };
        let mut by_item = BTreeMap::<&str, usize>::new();
        causes.iter().for_each(|(_, alert)| *by_item.entry(&alert.item).or_default() += 1);
        let mut by_item: Vec<_> = by_item.into_iter().collect();
        by_item.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let items: Vec<String> =
            by_item.iter().take(WORST).map(|(item, count)| format!("{item} {count}")).collect();
        let mut text = format!("{counts}\n{}\n\n", items.join(", "));
        for (reason, alert) in causes.iter().take(WORST) {
            text += &format!("- {}\n", self.line(*reason, alert));
        }
        if causes.len() > WORST {
            let more = causes.len() - WORST;
            text += &match self.korean {
                true => format!("그 밖에 {more}건: naru alerts --open\n"),
                false => format!("and {more} more: naru alerts --open\n"),
            };
        }
        if let Some((_, worst)) = causes.first().filter(|(reason, _)| *reason != Reason::Resolved) {
            self.explain(worst, &mut text);
        }
        Texts { subject: format!("[naru {}] {counts}", self.platform), text }
    }

    fn time(&self, at: Timestamp) -> String {
        let time = jiff::Timestamp::from_microsecond(i64::try_from(at.0).unwrap_or(i64::MAX));
        time.map(|time| time.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string())
            .unwrap_or_else(|_| "-".to_owned())
    }
}
