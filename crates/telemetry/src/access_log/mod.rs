//! The access log: one line of JSON or of the combined format for each request, written by a thread of its own.
//!
//! Nothing waits for it. When it falls behind, or the disk is full, lines are dropped, counted and said.

mod combined;
mod file;
mod line;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use naru_model::record::RequestRecord;

use crate::Log;
use file::LogFile;
pub(crate) use line::LineWriter;

/// What may wait to be written, in bytes of records: about 200,000 requests.
const MAX_QUEUED: usize = 32 << 20;
/// How old a line may grow before it is written.
const MAX_AGE: Duration = Duration::from_millis(500);
/// What is written at once at the latest, in bytes.
const MAX_BUFFER: usize = 256 << 10;

/// The sending end. Dropping it writes what is left.
pub(crate) struct AccessLog {
    queue: Option<Sender<Box<[u8]>>>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    /// Bytes in the queue.
    queued: AtomicUsize,
    /// Lines dropped since the start.
    dropped: AtomicU64,
}

impl AccessLog {
    pub(crate) fn start(path: &Path, lines: LineWriter, log: Log) -> io::Result<AccessLog> {
        let (queue, batches) = channel();
        let shared = Arc::new(Shared::default());
        let writer = Writer {
            file: LogFile::new(path),
            lines,
            shared: shared.clone(),
            said_dropped: 0,
            failing: false,
            log,
        };
        let thread =
            std::thread::Builder::new().name("access-log".to_owned()).spawn(|| writer.run(batches))?;
        Ok(AccessLog { queue: Some(queue), shared, thread: Some(thread) })
    }

    /// Hands a batch over, or drops it when too much waits already.
    pub(crate) fn offer(&self, batch: &[u8]) {
        let Some(queue) = &self.queue else { return };
        let queued = self.shared.queued.fetch_add(batch.len(), Ordering::Relaxed);
        if queued + batch.len() > MAX_QUEUED || queue.send(batch.into()).is_err() {
            self.shared.queued.fetch_sub(batch.len(), Ordering::Relaxed);
            self.shared.dropped.fetch_add(count(batch), Ordering::Relaxed);
        }
    }

    /// Lines dropped since the start.
    pub(crate) fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }
}

impl Drop for AccessLog {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // It panicked: there is nothing left to write.
            let _ = thread.join();
        }
    }
}

fn count(mut batch: &[u8]) -> u64 {
    let mut records = 0;
    while !batch.is_empty() && RequestRecord::decode(&mut batch).is_ok() {
        records += 1;
    }
    records
}

/// The thread's own.
struct Writer {
    file: LogFile,
    lines: LineWriter,
    shared: Arc<Shared>,
    /// How many of the dropped lines the log itself tells of.
    said_dropped: u64,
    /// Whether the last write failed, and was said.
    failing: bool,
    log: Log,
}

impl Writer {
    fn run(mut self, batches: Receiver<Box<[u8]>>) {
        let mut due = None::<Instant>;
        loop {
            let wait =
                due.map_or(Duration::from_secs(3600), |due| due.saturating_duration_since(Instant::now()));
            match batches.recv_timeout(wait) {
                Ok(batch) => {
                    self.shared.queued.fetch_sub(batch.len(), Ordering::Relaxed);
                    self.take(&batch);
                    if !self.lines.is_empty() {
                        due = due.or_else(|| Some(Instant::now() + MAX_AGE));
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.flush(),
            }
            if due.is_some_and(|due| due <= Instant::now()) {
                self.flush();
                due = None;
            }
        }
    }

    fn take(&mut self, batch: &[u8]) {
        let mut rest = batch;
        // What can't be read has been complained of where it was counted.
        while let Ok((record, agent)) = RequestRecord::decode_with(&mut rest) {
            self.lines.add(&record, agent.unwrap_or_default());
            if self.lines.bytes() >= MAX_BUFFER {
                self.flush();
            }
        }
    }

    fn flush(&mut self) {
        if self.lines.is_empty() {
            return;
        }
        let dropped = self.shared.dropped.load(Ordering::Relaxed);
        let unsaid = dropped - self.said_dropped;
        match self.file.write(&self.lines.text(unsaid)) {
            Ok(()) => {
                self.said_dropped = dropped;
                if unsaid > 0 {
                    (self.log)(&format!("access log: writes again; {unsaid} lines were dropped"));
                }
                self.failing = false;
            }
            Err(error) => {
                self.shared.dropped.fetch_add(self.lines.count(), Ordering::Relaxed);
                if !self.failing {
                    let path = self.file.path().display();
                    (self.log)(&format!(
                        "access log: could not write {path}: {error}; requests go on, lines are dropped until it can be written"
                    ));
                }
                self.failing = true;
            }
        }
        self.lines.clear();
    }
}

#[cfg(test)]
mod tests;
