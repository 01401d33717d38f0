//! The worst surge in two pictures: what comes and what is carried, and who waits.

use naru_model::language::Language;
use naru_model::report::{Axis, Chart, Mark, Series, Tone, Unit};

use super::words::way;
use super::{Effect, Variant, play};

/// Arrivals, and what the ready instances of each way carry.
pub(super) fn carried(effect: &Effect, language: Language) -> Chart {
    let mut series = vec![Series {
        name: language.pick("유입 요청", "requests that come").to_owned(),
        mark: Mark::Bars,
        tone: Tone::Plain,
        points: points(effect, effect.surge.rates.iter().copied()),
    }];
    series.extend(effect.variants.iter().map(|variant| Series {
        name: way(variant.way, language).to_owned(),
        mark: Mark::Step,
        tone: Tone::Plain,
        points: points(effect, variant.carried.iter().copied()),
    }));
    Chart {
        caption: language
            .pick(
                "최대 급증 시간대의 유입 요청과 처리 가능 용량",
                "What comes in the worst surge, and what each way carries",
            )
            .to_owned(),
        x: time(effect, language),
        y: Axis::new(language.pick("초당 요청", "requests per second"), Unit::Number),
        series,
        spans: Vec::new(),
    }
}

/// Requests without a worker, in each way.
pub(super) fn waiting(effect: &Effect, language: Language) -> Chart {
    let of = |variant: &Variant| Series {
        name: way(variant.way, language).to_owned(),
        mark: Mark::Line,
        tone: Tone::Plain,
        points: points(effect, variant.waiting.iter().map(|waiting| *waiting as f64)),
    };
    Chart {
        caption: language
            .pick("최대 급증 시간대의 대기 요청", "Requests that wait in the worst surge")
            .to_owned(),
        x: time(effect, language),
        y: Axis::new(language.pick("대기 요청", "requests waiting"), Unit::Number),
        series: effect.variants.iter().map(of).collect(),
        spans: Vec::new(),
    }
}

fn time(effect: &Effect, language: Language) -> Axis {
    Axis::new(language.pick("시각", "time"), Unit::Time { offset_seconds: effect.offset_seconds })
}

fn points(effect: &Effect, values: impl Iterator<Item = f64>) -> Vec<(f64, f64)> {
    let from = effect.surge.from.0 as f64 / 1e6;
    values.enumerate().map(|(index, value)| (from + (index * play::SAMPLE) as f64, value)).collect()
}
