//! A new gateway takes over from the one that runs, on the same sockets and without a refused connection: because naru
//! is upgraded, or because the file has it listen elsewhere.
//!
//! `start the new one → it routes by the newest table → the old one accepts no more and ends what it has`

use std::path::{Path, PathBuf};
use std::time::Duration;

use naru_model::event::{Kind, Severity};
use naru_model::units::Timestamp;

use super::core::Core;
use super::gateway_process::Socket;
use super::gateways;
use super::inbox::{Done, Refused};

/// How long the new gateway may take before the old one stays.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct TakeOver {
    /// The gateway that is to take over.
    new: u32,
    /// The one that serves till then, and its program.
    old: u32,
    old_program: PathBuf,
    since: Timestamp,
    /// The program that the server is to become afterwards.
    become_program: Option<PathBuf>,
    /// The sockets there were, when they have changed.
    old_sockets: Option<Vec<Socket>>,
    pub(crate) handed_over: bool,
}

impl Core {
    /// Begins to replace naru by `binary`: first the gateway, then the server itself. Instances are not touched.
    pub(crate) async fn begin_upgrade(
        &mut self,
        binary: PathBuf,
        actor: &str,
        now: Timestamp,
    ) -> Result<Done, Refused> {
        let version = version_of(&binary).await?;
        let message = format!("naru is replaced by {} ({version})", binary.display());
        self.gateways.program = binary.clone();
        self.begin_takeover(Some(binary), None, now)?;
        self.note(Kind::Upgraded, Severity::Info, None, message, actor, now);
        Ok(Done { revision: 0, count: 0 })
    }

    pub(crate) fn begin_takeover(
        &mut self,
        become_program: Option<PathBuf>,
        old_sockets: Option<Vec<Socket>>,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let (old, old_program) = (self.gateways.current, self.gateways.running_program.clone());
        let started = if self.takeover.is_some() {
            Err("another gateway is taking over at this moment; try again in a second".to_owned())
        } else {
            self.gateways.start(now).map_err(|error| error.to_string())
        };
        let new = match started {
            Ok(pid) => pid,
            Err(why) => {
                self.gateways.put_back(old_sockets);
                return Err(Refused::Failed(why));
            }
        };
        self.takeover = Some(TakeOver {
            new,
            old,
            old_program,
            since: now,
            become_program,
            old_sockets,
            handed_over: false,
        });
        Ok(())
    }

    /// Hands over once the new gateway routes by the newest table; gives up when it does not come to it.
    pub(crate) async fn advance_takeover(&mut self) {
        let now = self.clock.now();
        let newest = self.tables.newest_version();
        let Some(takeover) = self.takeover.as_mut().filter(|takeover| !takeover.handed_over) else { return };
        let routes_by_newest =
            |gateway: &super::world::Gateway| gateway.pid == takeover.new && gateway.acknowledged >= newest;
        if self.world.gateways.values().any(routes_by_newest) {
            takeover.handed_over = true;
            let new = takeover.new;
            let within = self.longest_drain();
            for gateway in self.world.gateways.values().filter(|gateway| gateway.pid != new) {
                gateways::drain(&gateway.control, within).await;
            }
            let message = format!("gateway {new} has taken over");
            self.note(Kind::GatewayStarted, Severity::Info, None, message, "naru", now);
            self.takeover = self.takeover.take().filter(|takeover| takeover.become_program.is_some());
        } else if now.since(takeover.since) > PATIENCE {
            let pid = takeover.new;
            super::gateway_process::kill(pid);
            self.takeover_failed(pid, now);
        }
    }

    /// Goes back to the old gateway when `pid`, the new one, has failed. Returns false when it was another one.
    pub(crate) fn takeover_failed(&mut self, pid: u32, now: Timestamp) -> bool {
        let Some(takeover) = self.takeover.take_if(|takeover| takeover.new == pid && !takeover.handed_over)
        else {
            return false;
        };
        self.gateways.go_back(takeover.old, takeover.old_program, takeover.old_sockets, now);
        let message = format!(
            "the new gateway (pid {pid}) did not take over, gateway.log may tell why; gateway {} goes on",
            takeover.old
        );
        self.note(Kind::GatewayLost, Severity::Error, None, message, "naru", now);
        true
    }

    /// The program that the server is to become now, once all is handed over and written down.
    pub(crate) fn next_program(&self) -> Option<PathBuf> {
        let takeover = self.takeover.as_ref().filter(|takeover| takeover.handed_over)?;
        takeover.become_program.clone()
    }
}

/// Asks a binary for its version: what does not answer is not started.
pub(crate) async fn version_of(binary: &Path) -> Result<String, Refused> {
    let refused = |why: String| {
        Refused::Failed(format!("{} is no naru that runs here: {why}; nothing was changed", binary.display()))
    };
    let mut command = tokio::process::Command::new(binary);
    command.arg("--version").kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(5), command.output())
        .await
        .map_err(|_| refused("it does not tell its version within 5 s".to_owned()))?
        .map_err(|error| refused(error.to_string()))?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match said.strip_prefix("naru ") {
        Some(version) if output.status.success() => Ok(version.to_owned()),
        _ => Err(refused(format!("`--version` says {said:?}"))),
    }
}
