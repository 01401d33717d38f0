//! What the target model's schedules bring: the services that have some, replayed without them.

use naru_model::report::{Cell, Report, Table, Tone};
use serde::Serialize;

use super::model::{Busiest, Model};
use super::play::play;
use super::words::{count, hours};
use super::{Effect, Used, Way};
use crate::target::Schedule;

/// A service's schedules, and what it would have had without them. With them it is in its variant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scheduled {
    pub schedules: Vec<Schedule>,
    pub without: Used,
}

pub(super) fn replay(model: &Model, counts: &[Vec<u32>], surge: &Busiest) -> Vec<Scheduled> {
    let services = model.services.iter().zip(counts).enumerate();
    let scheduled = services.filter(|(_, (service, _))| !service.schedules.is_empty());
    scheduled
        .map(|(index, (service, counts))| {
            let (world, sizing) = model.world(index, Way::Naru);
            let played = play(&world, sizing.unscheduled(), counts, surge);
            let without = Used::new(&service.name, world.max, &played);
            Scheduled { schedules: service.schedules.clone(), without }
        })
        .collect()
}

impl Effect {
    pub(super) fn tell_schedules(&self, report: &mut Report) {
        let language = report.language;
        if self.scheduled.is_empty() {
            report.paragraph(language.pick(
                "예약 확장(schedule): 목표 모델에 없음. 되풀이되는 혼잡이 없거나 최소 인스턴스로 처리 가능",
                "schedules: the target model has none; nothing that comes again takes more than the least instances",
            ));
            return;
        }
        report.heading(2, language.pick("예약 확장(schedule)의 효과", "What the schedules bring"));
        let mut table = Table::new([
            language.pick("서비스", "service"),
            language.pick("예약", "schedules"),
            language.pick("대기·실패(예약 없음)", "waited or failed without"),
            language.pick("대기·실패(예약 적용)", "with"),
            language.pick("인스턴스 시간(예약 없음)", "instance-hours without"),
            language.pick("인스턴스 시간(예약 적용)", "with"),
            language.pick("판단", "so"),
        ]);
        table.right = (2..6).collect();
        for Scheduled { schedules, without } in &self.scheduled {
            let services = self.variants.iter().filter(|variant| variant.way == Way::Naru);
            let with = services.flat_map(|naru| &naru.services).find(|used| used.service == without.service);
            let Some(with) = with else { continue };
            let times = schedules.iter().map(|one| {
                language.pick(
                    format!("{} 부터 {}시간 +{}대", one.at, one.hours, one.add),
                    format!("{} for {} h: +{}", one.at, one.hours, one.add),
                )
            });
            let less = without.bad().saturating_sub(with.bad());
            let verdict = if less > 0 {
                let text = language.pick(
                    format!("유지: 대기·실패 {}건 감소", count(less)),
                    format!("keep: {} fewer", count(less)),
                );
                Cell::toned(text, Tone::Good)
            } else if with.instance_hours > without.instance_hours {
                let text = language.pick(
                    "제외 검토: 줄어드는 대기가 없음",
                    "leave out: nobody waits less, and more instances run",
                );
                Cell::toned(text.to_owned(), Tone::Warn)
            } else {
                Cell::from(language.pick("차이 없음", "no difference"))
            };
            table.row([
                Cell::from(with.service.clone()),
                Cell::from(times.collect::<Vec<_>>().join("; ")),
                Cell::from(count(without.bad())),
                Cell::from(count(with.bad())),
                Cell::from(hours(without.instance_hours)),
                Cell::from(hours(with.instance_hours)),
                verdict,
            ]);
        }
        report.table(table);
    }
}
