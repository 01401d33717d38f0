//! What comes of it in a few lines, by whom each is for: users, whoever pays, whoever runs it, and whoever must still measure something.

use naru_model::language::Language;
use naru_model::report::{Report, Tone};

use super::model::Origin;
use super::words::{count, money, name, percent};
use super::{Effect, Failed, Measured, Name, Variant, Way};

impl Effect {
    pub(super) fn tell_result(&self, report: &mut Report) {
        let (Some(today), Some(peak), Some(naru)) =
            (self.of(Way::Today), self.of(Way::FixedPeak), self.of(Way::Naru))
        else {
            return;
        };
        let language = report.language;
        let bad = |variant: &Variant| variant.whole.waited + variant.whole.failed;
        let told = |measured: &Measured| {
            let bad = measured.waited + measured.failed;
            format!("{} ({})", count(bad), percent(bad as f64 / measured.requests.max(1) as f64))
        };
        let (before, after) = (told(&today.whole), told(&naru.whole));
        let users = language.pick(
            format!("기다리거나 실패한 요청: 현행 {before} → naru {after}"),
            format!("requests that waited or failed: {before} today, {after} with naru"),
        );
        let tone = if bad(naru) < bad(today) { Tone::Good } else { Tone::Plain };
        report.result(tone, users);
        let mut items = vec![self.in_the_surge(language, &today.surge, &naru.surge)];
        items.push(costs(language, [&today.whole, &peak.whole], &naru.whole));
        items.extend(self.bounds(language, naru));
        items.extend(self.spreads(language));
        items.extend(self.assumed(language));
        report.list(items);
    }

    fn in_the_surge(&self, language: Language, today: &Measured, naru: &Measured) -> String {
        let share = |of: &Measured| percent((of.waited + of.failed) as f64 / of.requests.max(1) as f64);
        let (from, before, after) = (self.clock(self.surge.from), share(today), share(naru));
        language.pick(
            format!("이용자: 최대 급증 시간대({from}부터)에 현행은 요청의 {before}, naru는 {after}가 기다리거나 실패"),
            format!("for users: in the worst surge (from {from}) {before} of the requests wait or fail today, and {after} with naru"),
        )
    }

    fn bounds(&self, language: Language, naru: &Variant) -> Option<String> {
        let (least, most): (u32, u32) =
            (naru.services.iter().map(|s| s.least).sum(), naru.services.iter().map(|s| s.most).sum());
        let today = self.figures.iter().find(|figure| figure.name == Name::Instances)?.value;
        Some(language.pick(
            format!("운영: 인스턴스 최소 {least}대, 가장 많을 때 {most}대(서비스 {}개). 현행 {today}대", naru.services.len()),
            format!("for operation: {least} instances at the least and {most} at the most, of {} services; {today} today", naru.services.len()),
        ))
    }

    /// What the failure of one function does to the others.
    fn spreads(&self, language: Language) -> Option<String> {
        let failure = self.failure.as_ref()?;
        let share = |way: Way| {
            let Failed { others, .. } = failure.ways.iter().find(|failed| failed.way == way)?;
            Some(percent((others.waited + others.failed) as f64 / others.requests.max(1) as f64))
        };
        let (function, before, after) = (&failure.function, share(Way::Today)?, share(Way::Naru)?);
        Some(language.pick(
            format!("장애: '{function}' 업무가 멈추면 다른 업무 요청의 {before}(현행), {after}(나눈 뒤)가 기다리거나 실패"),
            format!("in a failure: when {function:?} hangs, {before} of the other requests wait or fail today, and {after} once it is split off"),
        ))
    }

    /// The numbers that nobody knows.
    fn assumed(&self, language: Language) -> Option<String> {
        let measured = |of: Name| !matches!(of, Name::Waits | Name::Patience);
        let assumed = self.figures.iter().filter(|f| f.origin == Origin::Assumed && measured(f.name));
        let names: Vec<&str> = assumed.map(|figure| name(figure.name, language)).collect();
        (!names.is_empty()).then(|| {
            let names = names.join(", ");
            language.pick(
                format!("주의: 가정값을 쓴 항목은 {names}. 틀릴 때의 결과는 '가정이 틀릴 때의 결과'에 있으며, 실측값을 입력하면 확정됨"),
                format!("beware: assumed are the {names}; what comes of it when they are off is told below, and giving measured ones settles it"),
            )
        })
    }
}

/// What naru takes beside today and beside a fixed number for the peak.
fn costs(language: Language, [today, peak]: [&Measured; 2], naru: &Measured) -> String {
    let beside = |other: &Measured| {
        let less = 1.0 - naru.instance_hours / other.instance_hours.max(1e-9);
        let (ko, en) = if less >= 0.0 { ("적음", "fewer") } else { ("많음", "more") };
        format!("{} {}", percent(less.abs()), language.pick(ko, en))
    };
    let price = |of: &Measured| of.cost.map(|cost| money(cost, language));
    let won = price(today).zip(price(peak)).zip(price(naru)).map(|((today, peak), naru)| {
        language.pick(
            format!(" (기간 중 현행 {today}, 최대 기준 고정 {peak}, naru {naru})"),
            format!(" (in the period {today} today, {peak} fixed for the peak, {naru} with naru)"),
        )
    });
    let (than_today, than_peak, won) = (beside(today), beside(peak), won.unwrap_or_default());
    language.pick(
        format!("예산: naru의 인스턴스 시간은 현행보다 {than_today}, 최대 기준 고정 방식보다 {than_peak}{won}"),
        format!(
            "for the budget: {than_today} instance-hours than today, {than_peak} than a fixed number for the peak{won}"
        ),
    )
}
