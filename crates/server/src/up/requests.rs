//! Takes in what people ask for. Each only changes what is wanted; the controller does the rest.

use std::collections::BTreeMap;

use naru_model::event::{Kind, Severity};
use naru_model::name::ServiceName;
use naru_model::plan::{DesiredService, Needs, Progress};
use naru_model::platform::{Platform, Service};
use naru_model::revision::{Revision, RevisionSpec};
use naru_model::units::Timestamp;

use super::core::Core;
use super::file_audit;
use super::inbox::{Done, Refused, Request};
use super::links;

impl Core {
    /// Takes a request in and writes down what it changes before it is answered; a refused one changes nothing.
    pub(crate) async fn take_in(&mut self, request: Request, now: Timestamp) -> Result<Done, Refused> {
        if self.stopping.is_some() && !matches!(request, Request::Stop { .. }) {
            return Err(Refused::Stopping);
        }
        let before = (self.desired.clone(), self.applied.clone());
        let mut done = self.change(request, now).await;
        if done.is_ok()
            && let Err(error) = self.commit().await
        {
            done = Err(Refused::Failed(format!("it can't be written down, so it is not done: {error}")));
        }
        if done.is_err() {
            (self.desired, self.applied) = before;
            self.unsaid.clear();
            self.unaudited.clear();
        }
        done
    }

    async fn change(&mut self, request: Request, now: Timestamp) -> Result<Done, Refused> {
        match request {
            Request::Apply { platform, actor } => self.apply(*platform, &actor, now).await,
            Request::Deploy { service, env, actor } => self.deploy(&service, env, &actor, now).await,
            Request::Rollback { service, to, actor } => self.roll_back(&service, to, &actor, now),
            Request::Scale { service, count, actor } => self.scale(&service, count, &actor, now),
            Request::Stop { actor } => self.begin_stop(&actor, now).await,
            Request::Upgrade { binary, actor } => self.begin_upgrade(binary, &actor, now).await,
        }
    }

    /// Makes the file's platform the wanted one. Everything that can fail is done before anything is changed.
    async fn apply(&mut self, platform: Platform, actor: &str, now: Timestamp) -> Result<Done, Refused> {
        let changes = naru_config::diff(&self.applied.platform, &platform);
        let mut specs = BTreeMap::new();
        for (name, service) in &platform.services {
            specs.insert(name.clone(), self.spec_of(service).await?);
        }
        self.listen_as(&platform, now).await?;
        let front = self.gateways.front(&links::doors(&platform));
        self.own.follow(&platform, front).await.map_err(|error| Refused::Failed(format!("{error:#}")))?;
        self.follow_otlp(&platform, now).await;
        let first_time = self.desired.services.is_empty();
        for (name, service) in &platform.services {
            let spec = &specs[name];
            let reason = if first_time { "the first run" } else { "the file changed" };
            self.want(name, service, spec, actor, reason, now).await?;
        }
        for (name, wanted) in &mut self.desired.services {
            wanted.removed = !platform.services.contains_key(name);
            if wanted.removed {
                self.applied.leaving.insert(name.clone(), wanted.service.clone());
            } else {
                self.applied.leaving.remove(name);
            }
        }
        self.desired.pool = platform.pool;
        self.ids = self.number(&platform).await?;
        self.applied.platform = platform;
        self.name_numbers();
        self.follow_logs();
        self.follow_links();
        self.alerting.follow(&self.applied.platform).await;
        self.reports.follow(&self.applied.platform);
        self.unaudited = file_audit::entries(&changes, actor, now);
        if !changes.is_empty() {
            let list: Vec<String> = changes.iter().take(5).map(ToString::to_string).collect();
            let more =
                if changes.len() > 5 { format!(" and {} more", changes.len() - 5) } else { String::new() };
            let message = format!("the file was applied: {}{more}", list.join("; "));
            self.note(Kind::ConfigApplied, Severity::Info, None, message, actor, now);
        }
        Ok(Done { revision: 0, count: 0 })
    }

    /// Wants a service as the file has it: a new revision only when what its instances are made of has changed.
    async fn want(
        &mut self,
        name: &ServiceName,
        service: &Service,
        spec: &RevisionSpec,
        actor: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let changed = self.applied.specs.get(name) != Some(spec);
        let wanted = self.desired.services.entry(name.clone()).or_insert_with(|| DesiredService {
            service: service.clone(),
            removed: false,
            count: None,
            progress: Progress::default(),
            needs: BTreeMap::new(),
        });
        // What somebody has said stays as far as the file allows.
        wanted.count = wanted.count.map(|count| count.clamp(service.scale.min, service.scale.max));
        wanted.service = service.clone();
        if changed || wanted.progress.target == 0 {
            self.new_revision(name, spec.clone(), actor, reason, now).await?;
            self.applied.specs.insert(name.clone(), spec.clone());
        }
        Ok(())
    }

    async fn deploy(
        &mut self,
        name: &ServiceName,
        env: BTreeMap<String, String>,
        actor: &str,
        now: Timestamp,
    ) -> Result<Done, Refused> {
        let service = self.service(name)?.service.clone();
        let mut spec = self.spec_of(&service).await?;
        self.applied.specs.insert(name.clone(), spec.clone());
        let reason = if env.is_empty() {
            "a deployment".to_owned()
        } else {
            format!("a deployment with {}", env.keys().cloned().collect::<Vec<_>>().join(", "))
        };
        spec.env.extend(env);
        let revision = self.new_revision(name, spec, actor, &reason, now).await?;
        Ok(Done { revision, count: naru_controller::asked(self.service(name)?) })
    }

    /// Makes a revision and wants it.
    async fn new_revision(
        &mut self,
        name: &ServiceName,
        spec: RevisionSpec,
        actor: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<u32, Refused> {
        let revision = self
            .state
            .make_revision(name, spec, now, actor, reason)
            .await
            .map_err(|error| Refused::Failed(error.to_string()))?;
        let number = revision.number;
        self.remember(revision);
        self.go_to(name, number, actor, reason, now);
        Ok(number)
    }

    fn roll_back(
        &mut self,
        name: &ServiceName,
        to: Option<u32>,
        actor: &str,
        now: Timestamp,
    ) -> Result<Done, Refused> {
        let progress = &self.service(name)?.progress;
        let (target, stable) = (progress.target, progress.stable);
        let proved_before = progress.proved.iter().rev().find(|revision| **revision != target);
        let to = match to {
            Some(revision) => revision,
            // A rollout that is under way or watched still: back to where it came from.
            None if stable != target && stable != 0 => stable,
            None => *proved_before.ok_or_else(|| Refused::NothingToGoBackTo(name.clone()))?,
        };
        if !self.revisions.contains_key(&(name.clone(), to)) {
            return Err(Refused::NoRevision { service: name.clone(), revision: to });
        }
        self.go_to(name, to, actor, &format!("a rollback from revision {target}"), now);
        Ok(Done { revision: to, count: naru_controller::asked(self.service(name)?) })
    }

    /// Wants a revision that exists.
    fn go_to(&mut self, name: &ServiceName, revision: u32, actor: &str, reason: &str, now: Timestamp) {
        let needs = self.needs_of(name);
        let Some(wanted) = self.desired.services.get_mut(name) else { return };
        let from = wanted.progress.target;
        wanted.progress = naru_controller::rollout::begin(&wanted.progress, revision, now);
        wanted.needs = needs;
        let message = match from {
            0 => format!("{name} begins with revision {revision} ({reason})"),
            _ => format!("{name} goes from revision {from} to {revision} ({reason})"),
        };
        self.note(Kind::RolloutStarted, Severity::Info, Some(name), message, actor, now);
    }

    fn scale(
        &mut self,
        name: &ServiceName,
        count: Option<u32>,
        actor: &str,
        now: Timestamp,
    ) -> Result<Done, Refused> {
        let wanted = self.service(name)?;
        let (min, max) = (wanted.service.scale.min, wanted.service.scale.max);
        if let Some(count) = count.filter(|count| !(min..=max).contains(count)) {
            return Err(Refused::OutOfRange { service: name.clone(), count, min, max });
        }
        let (before, revision) = (naru_controller::asked(wanted), wanted.progress.target);
        if let Some(wanted) = self.desired.services.get_mut(name) {
            wanted.count = count;
        }
        let wanted = self.service(name)?;
        let message = match count {
            Some(count) if wanted.service.scale.is_automatic() => format!(
                "{name} is to have {count} instances instead of {before}, whatever its policies say, until \
                 `naru scale {name} auto`"
            ),
            Some(count) => format!("{name} is to have {count} instances instead of {before}"),
            None if wanted.service.scale.is_automatic() => {
                format!("{name} is scaled by its policies again, from {before} instances on")
            }
            None => format!("{name} is to have its minimum of {min} instances instead of {before}"),
        };
        let count = naru_controller::asked(wanted);
        self.note(Kind::Scaled, Severity::Info, Some(name), message, actor, now);
        Ok(Done { revision, count })
    }

    /// Returns a service that is in the file.
    fn service(&self, name: &ServiceName) -> Result<&DesiredService, Refused> {
        self.desired.services.get(name).filter(|wanted| !wanted.removed).ok_or_else(|| {
            let known: Vec<&str> = self.applied.platform.services.keys().map(ServiceName::as_str).collect();
            Refused::NoService { name: name.clone(), known: known.join(", ") }
        })
    }

    /// Reads what an instance of this service is made of, and keeps a copy of its artifact.
    async fn spec_of(&self, service: &Service) -> Result<RevisionSpec, Refused> {
        let artifact = match service.artifact.clone() {
            None => None,
            Some(source) => {
                let store = self.state_dir.join("artifacts");
                let kept =
                    tokio::task::spawn_blocking(move || naru_runtime::artifact::keep(&store, &source)).await;
                let kept = kept.map_err(|error| Refused::Failed(error.to_string()))?;
                Some(kept.map_err(|error| Refused::Failed(error.to_string()))?)
            }
        };
        Ok(RevisionSpec {
            exec: service.exec.clone(),
            env: service.env.clone(),
            port: service.port,
            protocol: service.protocol,
            instance: service.instance,
            artifact,
        })
    }

    pub(crate) fn remember(&mut self, revision: Revision) {
        self.revisions.insert((revision.service.clone(), revision.number), revision);
    }

    /// What the instances of each revision take from the machine.
    pub(crate) fn needs_of(&self, name: &ServiceName) -> BTreeMap<u32, Needs> {
        self.revisions
            .range((name.clone(), 0)..=(name.clone(), u32::MAX))
            .map(|((_, number), revision)| {
                (*number, Needs { size: revision.spec.instance, port: revision.spec.port })
            })
            .collect()
    }
}
