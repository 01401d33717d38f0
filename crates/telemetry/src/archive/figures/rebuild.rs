//! The minutes that were not over when the process before this one died: made again of the records in its journal.

use std::collections::{BTreeMap, HashMap};

use naru_model::instance::InstanceId;
use naru_model::record::RequestRecord;
use naru_model::series::Subject;
use naru_model::snapshot::{CallerId, FunctionId, RouteId, ServiceId};

use crate::cell::{Cell, Sample};
use crate::live::{Figures, MINUTE};
use crate::names::Names;
use crate::users::Users;

type Way = (RouteId, FunctionId, ServiceId, u32, u32, CallerId);

/// What journals tell of the minutes that are in no file of figures.
pub(in crate::archive) struct Rebuilt {
    /// The first such minute, in seconds since 1970.
    from: u32,
    cells: HashMap<(u32, Way), Cell>,
}

impl Rebuilt {
    /// `last` is when the last minute that is kept begins.
    pub(in crate::archive) fn after(last: Option<u32>) -> Rebuilt {
        Rebuilt { from: last.map_or(0, |last| last.saturating_add(MINUTE)), cells: HashMap::new() }
    }

    pub(in crate::archive) fn add(&mut self, record: &RequestRecord<'_>, names: &Names) {
        let second = record.start.0.saturating_add(record.whole_us.into()) / 1_000_000;
        let second = u32::try_from(second).unwrap_or(u32::MAX);
        let minute = second - second % MINUTE;
        if minute < self.from {
            return;
        }
        let sample = Sample::of(record, names.apdex_t(record.function));
        let way =
            (record.route, record.function, record.service, record.revision, record.ordinal, record.caller);
        let cell = self.cells.entry((minute, way)).or_default();
        cell.add_sample(&sample);
        if let Some(user) = sample.user {
            cell.users.get_or_insert_with(Users::default).add(user);
        }
    }

    /// Minute by minute, of everything that has a name.
    pub(in crate::archive) fn minutes(self, names: &Names) -> Vec<Vec<(Subject, Figures)>> {
        let mut minutes = BTreeMap::<u32, Vec<(Subject, Figures)>>::new();
        for ((start, way), cell) in self.cells {
            let minute = minutes.entry(start).or_default();
            for (subject, with_users) in subjects(way, names) {
                let mut cell = cell.clone();
                cell.users = cell.users.filter(|_| with_users);
                let figures = Figures { start, seconds: MINUTE, cell, gauges: None };
                match minute.iter_mut().find(|(other, _)| *other == subject) {
                    Some((_, sum)) => sum.cell.add(&figures.cell),
                    None => minute.push((subject, figures)),
                }
            }
        }
        minutes.into_values().collect()
    }
}

/// What a request of this way counts for, and whether users are counted there.
fn subjects(
    (route, function, service, revision, ordinal, caller): Way,
    names: &Names,
) -> Vec<(Subject, bool)> {
    let mut subjects = vec![(Subject::All, true)];
    if let Some(service) = names.services.get(&service) {
        subjects.push((Subject::Service(service.clone()), true));
        if revision > 0 {
            subjects.push((Subject::Revision(service.clone(), revision), false));
            let id = InstanceId { service: service.clone(), revision, ordinal };
            subjects.push((Subject::Instance(id), false));
        }
    }
    subjects.extend(names.callers.get(&caller).map(|name| (Subject::Caller(name.clone()), false)));
    subjects.extend(names.routes.get(&route).map(|name| (Subject::Route(name.clone()), true)));
    subjects.extend(names.functions.get(&function).map(|name| (Subject::Function(name.clone()), true)));
    subjects
}
