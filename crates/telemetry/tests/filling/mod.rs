//! This program again, with a bound on its files (RLIMIT_FSIZE) and deaf to the signal that comes with it: a full disk of its own.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Tells the process where to write.
const FOLDER: &str = "NARU_TO_FILL";

/// Runs `fill` in that process, over a folder of its own.
pub(crate) fn run(fill: impl Fn(&Path)) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return fill(Path::new(&folder));
    }
    let folder = tempfile::TempDir::new().unwrap();
    let status = Command::new("sh")
        .args(["-c", r#"trap "" XFSZ; exec "$0""#])
        .arg(std::env::current_exe().unwrap())
        .env(FOLDER, folder.path())
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
    println!("went on after its disk was full");
}

/// The store's threads tell nobody when they are done with something.
pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !done() {
        assert!(Instant::now() < deadline, "{what} took over 30 seconds");
        std::thread::sleep(Duration::from_millis(5));
    }
}
