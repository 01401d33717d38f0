//! How many instances keep a figure at its target.

use naru_model::platform::InstanceSize;
use naru_model::scaling::{By, Level, Wish};

use super::measure::Load;

/// What a target sees and wants of a load.
pub(super) fn wish(target: Level, load: &Load, size: InstanceSize, count: u32) -> Wish {
    let (by, total) = match target {
        Level::Cpu(_) => (By::Cpu, load.cores.map(|cores| cores / reserved_cores(size))),
        Level::Concurrency(_) => (By::Concurrency, load.concurrency),
        Level::Rate(_) => (By::Rate, load.arrived),
        Level::P95(_) => return felt(By::P95, target, load.p95, |seen, wanted| seen / wanted, count),
        Level::Apdex(_) => {
            return felt(
                By::Apdex,
                target,
                load.apdex,
                |seen, wanted| if seen < wanted { 1.5 } else { 1.0 },
                count,
            );
        }
        Level::Errors(_) | Level::Waiting(_) => {
            unreachable!("{target} is no target: the file's checks let only rules have it")
        }
    };
    let each = target.value();
    Wish {
        by,
        seen: total.map(|total| total / f64::from(load.ready.max(1))),
        level: Some(each),
        wants: total.map(|total| instances(total, each)),
    }
}

/// What one instance reserves; a whole core when it reserves nothing.
pub(super) fn reserved_cores(size: InstanceSize) -> f64 {
    size.cpu.map_or(1.0, |cpu| cpu.cores()).max(0.001)
}

/// How many carry `total` at `each`.
pub(super) fn instances(total: f64, each: f64) -> u32 {
    // A sum of fractions that is whole but for its last digit is whole.
    (total / each.max(f64::MIN_POSITIVE) - 1e-9).ceil().clamp(0.0, f64::from(u32::MAX)) as u32
}

/// A figure that users feel follows no law of proportion.
fn felt(by: By, target: Level, seen: Option<f64>, over: impl Fn(f64, f64) -> f64, count: u32) -> Wish {
    let wanted = target.value();
    let wants = seen.map(|seen| if over(seen, wanted) > 1.0 { count + 1 } else { count });
    Wish { by, seen, level: Some(wanted), wants }
}
