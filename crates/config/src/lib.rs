//! Reads naru.yaml into a [`Platform`], and says everything that is wrong with it at once.
//!
//! It stands before the loop: what it returns is what the controller keeps and the gateway follows. A file goes through
//! four steps, each in a module of its own, and each adds what it finds to one report:
//!
//! ```text
//! text ─tree→ nodes with positions ─read→ typed items ─rules→ checked across keys ─build→ Platform
//!                                     ▲
//!                       keys: every key once, with its kind, default and meaning
//!                                     ▼
//!                           schema · reference · diff
//! ```

mod build;
mod condition;
mod diff;
mod edit;
mod format;
mod item;
mod keys;
mod machine;
mod plain;
mod read;
mod reference;
mod report;
mod rules;
mod scalar;
mod schema;
mod shape;
mod suggest;
mod syntax;
#[cfg(test)]
mod tests;
mod tree;
mod watched;
mod write;

use std::path::Path;

use naru_model::platform::Platform;

pub use diff::{Change, diff};
pub use edit::with_schedule;
pub use machine::Machine;
pub use plain::read_plain;
pub use reference::reference;
pub use report::{Problem, Report};
pub use schema::schema;
pub use shape::Effect;
pub use watched::item as alert_item;

use crate::report::Problems;
use crate::rules::{Found, Place};

/// The longest file, in bytes. 1,000 services with a route each are below 400 KiB.
pub const MAX_FILE: u64 = 1 << 20;

/// Reads, parses and checks a file, against the machine it is run on and the files it names.
///
/// # Errors
/// Everything that is wrong with it, in the order of its lines; or the one reason why it can't be read.
pub fn load(path: &Path) -> Result<Platform, Report> {
    let name = path.display().to_string();
    let cant_read = |what: String, help: &str| Report::whole_file(&name, what, help);
    let path = std::path::absolute(path).map_err(|e| cant_read(e.to_string(), "give the path of a file"))?;
    let size =
        path.metadata().map_err(|e| cant_read(unreadable(&e), "give the path of a readable file"))?.len();
    if size > MAX_FILE {
        return Err(cant_read(format!("the file has {size} bytes"), "keep it below 1 MiB"));
    }
    let bytes =
        std::fs::read(&path).map_err(|e| cant_read(unreadable(&e), "give the path of a readable file"))?;
    let text = decode(&name, bytes)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    read_platform(&name, &text, &Place { folder, machine: Machine::detect(), look: found, read: contents })
}

/// Parses and checks the text of a file as if it lay in `folder`, an absolute path; paths in it are made absolute from
/// there. Reads nothing: whether the files it names exist is not checked, and a client whose JWK Set is one of them has none.
///
/// # Errors
/// Everything that is wrong with it, in the order of its lines.
pub fn parse(file_name: &str, text: &str, folder: &Path, machine: Machine) -> Result<Platform, Report> {
    let place = Place { folder, machine, look: |_| Found::NotAsked, read: |_| Ok(None) };
    read_platform(file_name, text, &place)
}

fn read_platform(file_name: &str, text: &str, place: &Place<'_>) -> Result<Platform, Report> {
    // Some editors start a file with it; it is no part of the text (RFC 3629 §6).
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut problems = Problems::default();
    let root = tree::parse(text, &mut problems).and_then(|node| read::document(&node, &mut problems));
    let Some(root) = root else { return Err(problems.into_report(file_name, text)) };
    let texts = rules::check(&root, place, &mut problems);
    if problems.is_empty() {
        Ok(build::platform(&root, place.folder, place.machine, &texts))
    } else {
        Err(problems.into_report(file_name, text))
    }
}

fn decode(name: &str, bytes: Vec<u8>) -> Result<String, Report> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Report::whole_file(name, "the file is UTF-16".to_owned(), "save it as UTF-8"));
    }
    String::from_utf8(bytes).map_err(|e| {
        let valid = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|b| **b == b'\n').count() + 1;
        let column =
            String::from_utf8_lossy(valid.rsplit(|b| *b == b'\n').next().unwrap_or(&[])).chars().count() + 1;
        let bytes = e.as_bytes().split(|b| *b == b'\n').nth(line - 1).unwrap_or(&[]);
        let source = String::from_utf8_lossy(bytes);
        Report::one(name, line, column, &source, "a byte here is not UTF-8", "save the file as UTF-8")
    })
}

fn unreadable(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "the file may not be read by this user".to_owned(),
        std::io::ErrorKind::IsADirectory => "this is a folder".to_owned(),
        _ => format!("the file can't be read: {error}"),
    }
}

/// Reads a small file that naru.yaml names.
fn contents(path: &Path) -> Result<Option<String>, String> {
    match path.metadata() {
        Ok(file) if file.len() > MAX_FILE => return Err(format!("{} is larger than 1 MiB", path.display())),
        _ => {}
    }
    let text = std::fs::read_to_string(path);
    text.map(Some).map_err(|error| format!("{}: {}", path.display(), unreadable(&error)))
}

fn found(path: &Path) -> Found {
    match path.metadata() {
        Ok(found) if found.is_dir() => Found::Folder,
        Ok(_) => Found::File,
        Err(_) => Found::Nothing,
    }
}
