//! Sees an instance's end through its shim's: a thread that waits for all shims' pidfds at once.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::process::Child;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use naru_model::instance::InstanceId;
use naru_model::observed::Process;
use naru_model::units::Timestamp;
use rustix::buffer::spare_capacity;
use rustix::event::{EventfdFlags, epoll, eventfd};

use super::Inner;
use crate::files::{self, Exit};
use crate::proc::ProcessKey;
use crate::{RuntimeEvent, leftovers};

/// What is told of an instance whose shim was killed.
const UNSEEN: &str = "the process that watches over it was killed, so nobody saw how it ended";
/// Stands for the runtime's own end among the numbers given to shims.
const CLOSE: u64 = 0;

/// The shim to be watched.
pub(super) struct Shim {
    pub id: InstanceId,
    pub key: ProcessKey,
    /// When this server started it, and so has to wait for it.
    pub child: Option<Child>,
}

/// A shim that can't be watched.
enum Unwatched {
    Gone(Shim),
    Lives(Shim),
}

/// All shims that are watched.
pub(super) struct Ends {
    epoll: OwnedFd,
    close: OwnedFd,
    next: AtomicU64,
    watched: Mutex<BTreeMap<u64, (Shim, OwnedFd)>>,
}

impl Ends {
    /// Opens what the watching takes.
    pub(super) fn new() -> io::Result<Ends> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let close = eventfd(0, EventfdFlags::CLOEXEC)?;
        epoll::add(&epoll, &close, epoll::EventData::new_u64(CLOSE), epoll::EventFlags::IN)?;
        Ok(Ends { epoll, close, next: AtomicU64::new(CLOSE + 1), watched: Mutex::default() })
    }

    fn watched(&self) -> MutexGuard<'_, BTreeMap<u64, (Shim, OwnedFd)>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches a shim from now on.
    ///
    /// # Errors
    /// Gives it back when it can't be watched: because it has gone already, or for lack of descriptors.
    fn watch(&self, shim: Shim) -> Result<(), Unwatched> {
        let handle = match shim.key.open() {
            Ok(Some(handle)) => handle,
            Ok(None) => return Err(Unwatched::Gone(shim)),
            Err(_) => return Err(Unwatched::Lives(shim)),
        };
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        // Held over both steps, so that an end that is seen at once finds its shim.
        let mut watched = self.watched();
        let data = epoll::EventData::new_u64(number);
        if epoll::add(&self.epoll, &handle, data, epoll::EventFlags::IN).is_err() {
            return Err(Unwatched::Lives(shim));
        }
        watched.insert(number, (shim, handle));
        Ok(())
    }

    /// Ends [`Ends::run`].
    pub(super) fn close(&self) {
        // The counter is at 0: there is room for 1.
        let _ = rustix::io::write(&self.close, &1u64.to_ne_bytes());
    }

    /// Sees to each shim that ends, until it is closed.
    pub(super) fn run(&self, inner: &Weak<Inner>) {
        let mut events = Vec::with_capacity(64);
        loop {
            events.clear();
            match epoll::wait(&self.epoll, spare_capacity(&mut events), None) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
            for event in &events {
                let number = event.data.u64();
                if number == CLOSE {
                    return;
                }
                // Closing the pidfd takes it out of the epoll set.
                let ended = self.watched().remove(&number);
                if let Some((shim, _)) = ended {
                    bury(inner, shim);
                }
            }
        }
    }
}

/// Sees to a shim that has ended.
fn bury(inner: &Weak<Inner>, shim: Shim) {
    if let Some(mut child) = shim.child {
        let _ = child.wait();
    }
    if let Some(inner) = inner.upgrade() {
        inner.ended(&shim.id, shim.key);
    }
}

impl Inner {
    /// Watches a shim; its end is told even if it can't be.
    pub(super) fn watch(self: &Arc<Self>, shim: Shim) {
        let inner = Arc::downgrade(self);
        let shim = match self.ends.watch(shim) {
            Ok(()) => return,
            Err(Unwatched::Gone(shim)) => return bury(&inner, shim),
            Err(Unwatched::Lives(shim)) => shim,
        };
        // Without a descriptor the end can only be asked for.
        self.tokio.spawn(async move {
            let lives = || crate::proc::stat(shim.key.pid).is_some_and(|s| s.key == shim.key && !s.ended);
            while lives() {
                tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            }
            drop(tokio::task::spawn_blocking(move || bury(&inner, shim)).await);
        });
    }

    /// Takes note of an instance whose shim has gone, and tells the server.
    fn ended(&self, id: &InstanceId, shim: ProcessKey) {
        let Some(group) = self.known().instances.get(id).map(|i| i.group.clone()) else { return };
        let dir = self.folder(id);
        let exit = files::read_json::<Exit>(&dir.join(files::EXIT)).ok().flatten();
        // A shim that ends by itself leaves nothing behind, and says so.
        if exit.as_ref().is_none_or(|exit| !exit.all_gone) {
            leftovers::kill(&group, shim, &dir.join(files::WORK));
        }
        group.remove();
        self.confinement.balance();
        let exit = exit.unwrap_or_else(|| unseen(self.clock.now()));
        let mut known = self.known();
        let Some(instance) = known.instances.get_mut(id) else { return };
        let Exit { at, code, signal, detail, .. } = exit;
        instance.running.process = Process::Exited { at, code, signal };
        instance.running.detail.clone_from(&detail);
        drop(known);
        // Nobody listens any more when the server is on its way out; the next one reads the same from disk.
        let _ = self.events.send(RuntimeEvent::Exited { id: id.clone(), at, code, signal, detail });
    }
}

/// The end of an instance whose status nobody could write down.
pub(super) fn unseen(at: Timestamp) -> Exit {
    Exit { at, code: None, signal: None, oom: false, all_gone: false, detail: Some(UNSEEN.to_owned()) }
}
