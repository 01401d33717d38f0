//! Builds `console/` with npm and writes down what there is to embed. Works in a copy under `OUT_DIR`, so that nothing appears
//! in the source tree; its `node_modules` is kept there and installed again only when `package-lock.json` has changed.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What the build reads. Tests and editor settings are no part of it.
const FILES: [&str; 5] = ["index.html", "pack.js", "package-lock.json", "package.json", "vite.config.js"];
const FOLDERS: [&str; 2] = ["public", "src"];
/// In `node_modules`: the lock file that it was installed by.
const STAMP: &str = ".installed-by";

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("the console could not be built: {message}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), String> {
    let source = folder("CARGO_MANIFEST_DIR")?.join("../../console");
    let out = folder("OUT_DIR")?;
    let work = out.join("console");
    for name in FILES.iter().chain(&FOLDERS) {
        println!("cargo::rerun-if-changed={}", source.join(name).display());
    }
    copy_sources(&source, &work).map_err(|error| format!("copying {} failed: {error}", source.display()))?;
    install(&work)?;
    npm(&work, &["run", "--silent", "build"])?;
    let manifest = work.join("dist/manifest.tsv");
    let lines = fs::read_to_string(&manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
    fs::write(out.join("files.rs"), listing(&lines, &work.join("dist"))?).map_err(|error| error.to_string())
}

fn folder(variable: &str) -> Result<PathBuf, String> {
    env::var_os(variable).map(PathBuf::from).ok_or_else(|| format!("cargo did not set {variable}"))
}

/// Replaces the copy, so that what was removed from the source is gone from it too.
fn copy_sources(source: &Path, work: &Path) -> io::Result<()> {
    fs::create_dir_all(work)?;
    for name in FOLDERS.iter().chain(&["dist"]) {
        match fs::remove_dir_all(work.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    for name in FILES {
        fs::copy(source.join(name), work.join(name))?;
    }
    FOLDERS.iter().try_for_each(|name| copy_folder(&source.join(name), &work.join(name)))
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn install(work: &Path) -> Result<(), String> {
    let lock =
        fs::read(work.join("package-lock.json")).map_err(|error| format!("package-lock.json: {error}"))?;
    let stamp = work.join("node_modules").join(STAMP);
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    npm(work, &["ci", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"])?;
    fs::write(&stamp, lock).map_err(|error| format!("{}: {error}", stamp.display()))
}

fn npm(work: &Path, arguments: &[&str]) -> Result<(), String> {
    let spoken = arguments.join(" ");
    let output = Command::new("npm").args(arguments).current_dir(work).output().map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            "npm was not found; install Node.js 20.19 or later together with npm, and build again".to_owned()
        } else {
            format!("npm {spoken}: {error}")
        }
    })?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "npm {spoken} in {} ended with {} (Node.js 20.19 or later is needed; the first build fetches packages):\n{}{}",
        work.display(),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    ))
}

/// The Rust of `FILES`, from lines of path, media type, ETag and whether it is immutable.
fn listing(manifest: &str, dist: &Path) -> Result<String, String> {
    let mut rust =
        "/// Every file of the console, sorted by path.\npub static FILES: &[File] = &[\n".to_owned();
    for line in manifest.lines() {
        let [path, media_type, etag, immutable] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("manifest.tsv: {line:?} is no path, media type, ETag and true or false"));
        };
        let gzip = dist.join(format!("{path}.gz"));
        let immutable = immutable == "true";
        writeln!(
            rust,
            "    File {{ path: {path:?}, media_type: {media_type:?}, etag: {:?}, immutable: {immutable}, gzip: \
             include_bytes!({gzip:?}) }},",
            format!("\"{etag}\""),
        )
        .map_err(|error| error.to_string())?;
    }
    rust.push_str("];\n");
    Ok(rust)
}
