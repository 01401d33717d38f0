//! Deployments, other changes and scalings of a day, of the state's events and revisions.

use anyhow::{Context, Result};
use naru_model::alert::Text;
use naru_model::event::{Event, Kind, Search};
use naru_model::platform::Platform;
use naru_model::revision::Revision;
use naru_model::scaling::Decision;
use naru_model::service_level::{Change, ChangeKind};
use naru_model::units::Timestamp;
use naru_model::wording;
use naru_sla::ScaledOnce;

use super::Source;
use super::collect::keep_first;

/// Events that are read at once, and in all.
const PAGE: u32 = 5_000;
const MOST_PAGES: usize = 20;
/// A revision belongs to the rollout that begins so much later at most, in microseconds.
const AT_ONCE: u64 = 5_000_000;

impl Source {
    /// Changes and scalings from one time on and before another, and how many more there were.
    pub(super) async fn happened(
        &self,
        platform: &Platform,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<(Vec<Change>, Vec<ScaledOnce>, u32)> {
        let mut revisions = Vec::new();
        for name in platform.services.keys() {
            revisions.extend(self.state.revisions(name).await.context("can't read the revisions")?);
        }
        let (mut changes, mut scaled) = (Vec::new(), Vec::new());
        for event in self.events(from, to).await? {
            if event.kind == Kind::Scaled {
                scaled.extend(scaling(&event));
            } else {
                changes.extend(change(&event, &revisions));
            }
        }
        let more = keep_first(&mut changes) + keep_first(&mut scaled);
        Ok((changes, scaled, more))
    }

    async fn events(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Event>> {
        let kinds = vec![
            Kind::RolloutStarted,
            Kind::RolloutFailed,
            Kind::RolledBack,
            Kind::ConfigApplied,
            Kind::Upgraded,
            Kind::Scaled,
        ];
        let (mut all, mut after) = (Vec::<Event>::new(), 0);
        for _ in 0..MOST_PAGES {
            let (after_id, limit) = (Some(after), PAGE);
            let search = Search {
                kinds: kinds.clone(),
                after: after_id,
                from: Some(from),
                to: Some(to),
                limit,
                ..Search::default()
            };
            let page = self.state.events(&search).await.context("can't read the events")?;
            let last = page.last().map(|event| event.id);
            let whole = page.len() < limit as usize;
            all.extend(page);
            match last {
                Some(last) if !whole => after = last,
                _ => break,
            }
        }
        Ok(all)
    }
}

fn change(event: &Event, revisions: &[Revision]) -> Option<Change> {
    let (kind, ko) = match event.kind {
        Kind::RolloutStarted => match made_for(event, revisions) {
            Some(revision) => (ChangeKind::Deployment, format!("개정 {} 배포", revision.number)),
            None => (ChangeKind::Rollback, "이전 개정으로 되돌림".to_owned()),
        },
        Kind::RolledBack => (ChangeKind::Failed, "새 개정의 이상으로 이전 개정으로 자동 되돌림".to_owned()),
        Kind::RolloutFailed => (ChangeKind::Failed, "배포 실패".to_owned()),
        Kind::ConfigApplied => {
            (ChangeKind::File, format!("설정 파일 적용: {}", wording::file_changes(&event.message)))
        }
        Kind::Upgraded => (ChangeKind::Upgrade, "naru 교체".to_owned()),
        _ => return None,
    };
    Some(Change {
        at: event.at,
        kind,
        service: event.service.clone(),
        what: Text { ko, en: event.message.clone() },
        by: event.actor.clone(),
    })
}

/// The revision that was made for a rollout; `None`: it goes to one that was there.
fn made_for<'r>(event: &Event, revisions: &'r [Revision]) -> Option<&'r Revision> {
    let mine = revisions.iter().filter(|revision| Some(&revision.service) == event.service.as_ref());
    let made = mine.filter(|revision| {
        let made = revision.made_at;
        made <= event.at && event.at.0 - made.0 < AT_ONCE
    });
    made.max_by_key(|revision| revision.number)
}

/// `None`: by a person, whose word says how many without what there were, or to as many as there were.
fn scaling(event: &Event) -> Option<ScaledOnce> {
    let Decision { from, to, wishes, .. } = event.decision.as_deref()?;
    let wanted = wishes.iter().filter(|wish| wish.wants.is_some());
    let by = wanted.max_by_key(|wish| wish.wants).map(|wish| wish.by);
    let service = event.service.clone().filter(|_| from != to)?;
    Some(ScaledOnce { at: event.at, service, from: *from, to: *to, by })
}
