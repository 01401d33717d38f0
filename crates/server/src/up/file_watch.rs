//! Applies naru.yaml again when it changes. A file that fails its checks changes nothing that runs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{RecursiveMode, Watcher};
use tokio::sync::{mpsc, oneshot};

use super::inbox::{Input, Request};

/// Editors write a file in several steps; it is read once it has been still for this long.
const SETTLE: Duration = Duration::from_millis(200);

/// Watches `file` until the inbox closes.
///
/// # Errors
/// The kernel gives no watch: the folder can't be read, or `fs.inotify.max_user_watches` is used up.
pub(crate) fn start(file: PathBuf, inbox: mpsc::Sender<Input>) -> Result<(), notify::Error> {
    let (changed, mut changes) = mpsc::channel(1);
    let name = file.file_name().map(ToOwned::to_owned);
    let mut watcher = notify::recommended_watcher(move |event: Result<notify::Event, notify::Error>| {
        let ours = |event: &notify::Event| event.paths.iter().any(|path| path.file_name() == name.as_deref());
        let written = |event: &notify::Event| !matches!(event.kind, notify::EventKind::Access(_));
        if event.is_ok_and(|event| written(&event) && ours(&event)) {
            // A full channel means that a change is waiting to be looked at already.
            let _ = changed.try_send(());
        }
    })?;
    // The folder, not the file: editors replace the file by a new one of the same name.
    watcher.watch(file.parent().unwrap_or(Path::new(".")), RecursiveMode::NonRecursive)?;
    tokio::spawn(async move {
        let _watcher = watcher;
        let mut last = tokio::fs::read(&file).await.ok();
        while changes.recv().await.is_some() {
            while tokio::time::timeout(SETTLE, changes.recv()).await.is_ok_and(|change| change.is_some()) {}
            let now = tokio::fs::read(&file).await.ok();
            if now == last {
                continue;
            }
            last = now;
            if apply(&file, &inbox).await.is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// Fails only when the inbox has closed.
async fn apply(file: &Path, inbox: &mpsc::Sender<Input>) -> Result<(), ()> {
    let refused = match naru_config::load(file) {
        Ok(platform) => {
            let (reply, answer) = oneshot::channel();
            let request = Request::Apply { platform: Box::new(platform), actor: "file".to_owned() };
            inbox.send(Input::Ask { request, reply }).await.map_err(|_| ())?;
            match answer.await {
                Ok(Err(refused)) => refused.to_string(),
                _ => return Ok(()),
            }
        }
        Err(report) => report.to_string(),
    };
    inbox.send(Input::FileRefused { what: refused }).await.map_err(|_| ())
}
