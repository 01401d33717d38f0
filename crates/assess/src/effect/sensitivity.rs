//! What comes of it when a number is off: the worst surge replayed with each of them a fifth more or less, the target model staying as it
//! is. So whoever reads a result that rests on assumptions sees which of them to measure first.

use std::time::Duration;

use naru_model::language::Language;
use naru_model::report::{Cell, Report, Table};
use serde::Serialize;

use super::failing::Harm;
use super::model::{Busiest, Model};
use super::play::{Sizing, play};
use super::report::tone;
use super::words::{count, origin, percent};
use super::{Effect, Figure, Name, Way};
use crate::log::Arrivals;
use crate::simulate::World;

/// What is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Off {
    /// Nothing: as everywhere else in the report.
    Nothing,
    /// A request takes a fifth longer, or less long.
    Slower,
    Faster,
    /// An instance works on a fifth fewer at a time, or more.
    FewerWorkers,
    MoreWorkers,
    /// An instance takes twice as long to start.
    SlowerStart,
    /// A fifth more requests come than the log has.
    MoreRequests,
}

impl Off {
    const ALL: [Off; 7] = [
        Off::Nothing,
        Off::Slower,
        Off::Faster,
        Off::FewerWorkers,
        Off::MoreWorkers,
        Off::SlowerStart,
        Off::MoreRequests,
    ];

    /// The number of the basis that it changes; requests are the log's.
    fn figure(self) -> Option<Name> {
        match self {
            Off::Nothing | Off::MoreRequests => None,
            Off::Slower | Off::Faster => Some(Name::ServiceTime),
            Off::FewerWorkers | Off::MoreWorkers => Some(Name::Workers),
            Off::SlowerStart => Some(Name::StartUp),
        }
    }

    fn world(self, world: World) -> World {
        let workers = |times: f64| (f64::from(world.workers) * times).round().max(1.0) as u32;
        let work = |times: f64| world.work.mul_f64(times).max(Duration::from_millis(1));
        match self {
            Off::Nothing | Off::MoreRequests => world,
            Off::Slower => World { work: work(1.2), ..world },
            Off::Faster => World { work: work(0.8), ..world },
            Off::FewerWorkers => World { workers: workers(0.8), ..world },
            Off::MoreWorkers => World { workers: workers(1.2), ..world },
            Off::SlowerStart => World { start_up: world.start_up * 2, ..world },
        }
    }

    fn counts(self, counts: &[u32]) -> Vec<u32> {
        if self != Off::MoreRequests {
            return counts.to_vec();
        }
        // What a second's fifth leaves over goes to the next one.
        let mut left = 0;
        let more = |count: &u32| {
            let fifths = count % 5 + left;
            left = fifths % 5;
            count + count / 5 + fifths / 5
        };
        counts.iter().map(more).collect()
    }
}

/// The worst surge with one number off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Swing {
    pub off: Off,
    pub today: Harm,
    pub naru: Harm,
    /// Of naru, in the surge.
    pub instance_hours: f64,
}

/// Seconds that are replayed before the surge.
const BEFORE: usize = 600;

pub(super) fn replay(model: &Model, arrivals: &Arrivals, surge: &Busiest) -> Vec<Swing> {
    let from = (surge.from * 60).saturating_sub(BEFORE);
    let to = (surge.to * 60).min(arrivals.seconds.len());
    let whole = &arrivals.seconds[from..to];
    let counts = model.counts(arrivals, from..to);
    let minutes = |minute: usize| minute.saturating_sub(from / 60);
    let watch = Busiest {
        from: minutes(surge.from),
        to: minutes(surge.to),
        minute: minutes(surge.minute),
        times: surge.times,
    };
    let one = |off: Off| {
        let mut swing = Swing { off, today: Harm::default(), naru: Harm::default(), instance_hours: 0.0 };
        let add = |harm: &mut Harm, world: World, sizing: Sizing, counts: &[u32]| {
            let world = model.begun_at(off.world(world), from);
            let played = play(&world, sizing.with_workers(world.workers), &off.counts(counts), &watch);
            harm.add(&played);
            played.watched_us as f64 / 3.6e9
        };
        add(&mut swing.today, model.today.clone(), model.today_sizing(), whole);
        for (index, counts) in counts.iter().enumerate() {
            let (world, sizing) = model.world(index, Way::Naru);
            swing.instance_hours += add(&mut swing.naru, world, sizing, counts);
        }
        swing
    };
    Off::ALL.into_iter().map(one).collect()
}

impl Harm {
    fn share(&self) -> f64 {
        (self.waited + self.failed) as f64 / self.requests.max(1) as f64
    }
}

impl Effect {
    pub(super) fn tell_sensitivity(&self, report: &mut Report) {
        let language = report.language;
        let Some(as_is) = self.sensitivity.iter().find(|swing| swing.off == Off::Nothing) else { return };
        report.heading(1, language.pick("가정이 틀릴 때의 결과", "When a number is off"));
        report.paragraph(language.pick(
            "최대 급증 시간대를 값 하나씩만 바꾸어 다시 모의실험한 결과. 목표 모델(최소·최대 인스턴스)은 그대로 둠",
            "the worst surge replayed with one number changed at a time; the target model's bounds stay as they are",
        ));
        let mut table = Table::new([
            language.pick("바꾼 값", "changed"),
            language.pick("값의 출처", "where the number is from"),
            language.pick("현행: 대기·실패", "today: waited or failed"),
            language.pick("naru: 대기·실패", "naru: waited or failed"),
            language.pick("naru: 인스턴스 시간", "naru: instance-hours"),
        ]);
        table.right = vec![2, 3, 4];
        for swing in &self.sensitivity {
            let cell = |harm: &Harm| {
                let bad = count(harm.waited + harm.failed);
                Cell::toned(format!("{bad} ({})", percent(harm.share())), tone(harm.share()))
            };
            let from = match swing.off {
                Off::Nothing => "-",
                Off::MoreRequests => language.pick("로그에서 산출", "from the log"),
                _ => self.origin_of(swing.off, language),
            };
            table.row([
                Cell::from(name(swing.off, language)),
                Cell::from(from),
                cell(&swing.today),
                cell(&swing.naru),
                Cell::from(format!("{:.1}", swing.instance_hours)),
            ]);
        }
        report.table(table);
        let worst = |of: fn(&Swing) -> &Harm| {
            let more = |swing: &&Swing| of(swing).share() > of(as_is).share() + NOTICED;
            self.sensitivity.iter().filter(more).max_by(|a, b| of(a).share().total_cmp(&of(b).share()))
        };
        let sides = [
            (language.pick("현행", "today"), worst(|swing| &swing.today)),
            (language.pick("naru", "naru"), worst(|swing| &swing.naru)),
        ];
        let tell = |(side, swing): (&str, Option<&Swing>)| match swing {
            Some(swing) => {
                let what = name(swing.off, language);
                language.pick(
                    format!("{side}: '{what}'일 때 결과가 가장 나빠짐. 이 값을 실측해 다시 실행할 것"),
                    format!("{side}: worst when {what}; measure that number and run this again"),
                )
            }
            None => language.pick(
                format!("{side}: 위 범위 안에서는 결과가 달라지지 않음(요청의 0.1% 이내)"),
                format!("{side}: none of these changes the result by more than 0.1 % of the requests"),
            ),
        };
        report.list(sides.map(tell).into());
    }

    fn origin_of(&self, off: Off, language: Language) -> &'static str {
        let figure = self.figures.iter().find(|figure: &&Figure| Some(figure.name) == off.figure());
        figure.map_or("-", |figure| origin(figure.origin, language))
    }
}

/// A smaller part of the requests is chance.
const NOTICED: f64 = 0.001;

fn name(off: Off, language: Language) -> &'static str {
    match off {
        Off::Nothing => language.pick("없음(본 보고서의 값)", "nothing (as in this report)"),
        Off::Slower => language.pick("처리시간 20% 길어짐", "requests take 20 % longer"),
        Off::Faster => language.pick("처리시간 20% 짧아짐", "requests take 20 % less long"),
        Off::FewerWorkers => language.pick("동시 처리 수 20% 적음", "20 % fewer requests at a time"),
        Off::MoreWorkers => language.pick("동시 처리 수 20% 많음", "20 % more requests at a time"),
        Off::SlowerStart => language.pick("기동 시간 2배", "instances take twice as long to start"),
        Off::MoreRequests => language.pick("요청 20% 증가", "20 % more requests come"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifth_more_is_a_fifth_more_of_small_numbers_too() {
        let counts = vec![1; 1000];
        assert_eq!(Off::MoreRequests.counts(&counts).iter().sum::<u32>(), 1200);
        let uneven: Vec<u32> = (0..100).map(|n| n * 7 % 13).collect();
        let (before, after) = (uneven.iter().sum::<u32>(), Off::MoreRequests.counts(&uneven));
        assert_eq!(after.iter().sum::<u32>(), before + before / 5);
        assert_eq!(Off::Slower.counts(&uneven), uneven);
    }

    #[test]
    fn what_is_off_is_the_world_alone() {
        let world = World { workers: 1, ..World::default() };
        assert_eq!(Off::FewerWorkers.world(world.clone()).workers, 1);
        assert_eq!(Off::Slower.world(world.clone()).work, world.work.mul_f64(1.2));
        assert_eq!(Off::Nothing.world(world.clone()), world);
    }
}
