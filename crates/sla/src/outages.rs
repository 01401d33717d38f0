//! Down minutes, and outages made of them.

use naru_model::service_level::Stretch;

use crate::day::Outage;

/// Of the requests of a minute, and at least so many.
const SHARE: f64 = 0.05;
const LEAST: u64 = 5;
/// Where few come.
const HALF: f64 = 0.5;
const FEW: u64 = 2;
/// Down minutes less than this apart are of one outage, in seconds.
const APART: u32 = 180;

/// Whether far too many requests failed by our fault.
pub(crate) fn is_down(stretch: &Stretch) -> bool {
    let (failed, requests) = (stretch.failed(), stretch.requests as f64);
    let beyond = |share: f64, least: u64| failed >= least && failed as f64 >= share * requests;
    beyond(SHARE, LEAST) || beyond(HALF, FEW)
}

/// Outages by their begin, and minutes that were down. Stretches in the order of time.
pub(crate) fn outages(stretches: &[Stretch]) -> (Vec<Outage>, u32) {
    let (mut found, mut seconds) = (Vec::<Outage>::new(), 0u32);
    for down in stretches.iter().filter(|stretch| is_down(stretch)) {
        let to = down.at.saturating_add(down.seconds);
        seconds = seconds.saturating_add(down.seconds);
        let (requests, failed) = (down.requests, down.failed());
        match found.last_mut().filter(|last| down.at < last.to.saturating_add(APART)) {
            Some(last) => {
                (last.to, last.requests, last.failed) = (to, last.requests + requests, last.failed + failed);
            }
            None => found.push(Outage { from: down.at, to, requests, failed }),
        }
    }
    (found, seconds.div_ceil(60))
}
