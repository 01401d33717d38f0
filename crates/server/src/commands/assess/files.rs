//! Files of `naru assess`: bounded reading with every mistake by file and line, and writing that leaves the old file or the new one.

use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use naru_assess::log::findings::Findings;
use naru_assess::questionnaire::{MAX_FILE, Questionnaire};
use naru_model::language::Language;
use naru_model::name::ServiceName;
use naru_model::report::Report;

use crate::up::BAD_FILE;

/// The largest file of findings: a million hours are below 200 MiB.
const MAX_FINDINGS: u64 = 256 << 20;

/// Reads a questionnaire; says on standard error what is wrong with it, and returns nothing then.
pub(super) fn questionnaire(path: &Path, language: Option<Language>) -> Result<Option<Questionnaire>> {
    let bytes = read(path, MAX_FILE)?;
    let Ok(text) = String::from_utf8(bytes) else {
        eprintln!("{}: this is no UTF-8; save the file as UTF-8", path.display());
        return Ok(None);
    };
    match Questionnaire::read(&text) {
        Ok(mut q) => {
            q.language = language.unwrap_or(q.language);
            Ok(Some(q))
        }
        Err(problems) => {
            for problem in problems {
                let what = problem.what.of(language.unwrap_or_else(self::language));
                eprintln!("{}:{}: {what}", path.display(), problem.line);
            }
            Ok(None)
        }
    }
}

/// Reads what `naru assess logs --json` wrote.
pub(super) fn findings(path: Option<&Path>) -> Result<Option<Findings>> {
    let Some(path) = path else { return Ok(None) };
    let bytes = read(path, MAX_FINDINGS)?;
    let findings = serde_json::from_slice(&bytes)
        .with_context(|| format!("{} is nothing that `naru assess logs --json` wrote", path.display()))?;
    Ok(Some(findings))
}

/// # Errors
/// There is none, it can't be read, or it is larger than `most` bytes.
pub(super) fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    let file = File::open(path).with_context(|| format!("can't read {}", path.display()))?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).with_context(|| format!("can't read {}", path.display()))?;
    if bytes.len() as u64 > most {
        bail!("{} is larger than {} MiB", path.display(), most >> 20);
    }
    Ok(bytes)
}

/// Writes a file that must not be there yet.
pub(in crate::commands) fn write_new(path: &Path, content: &[u8]) -> Result<()> {
    let opened = fs::OpenOptions::new().write(true).create_new(true).open(path);
    if opened.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::AlreadyExists) {
        bail!("{} is there already; remove it or give another name", path.display());
    }
    let written = opened.and_then(|mut file| file.write_all(content));
    written.with_context(|| format!("can't write {}", path.display()))
}

/// Puts this in the place of a file: whoever reads it finds the old content or the new, also after a Ctrl-C or a full disk.
pub(in crate::commands) fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(name);
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    });
    if written.is_err() {
        // What is left of it helps nobody; that it can't be removed either is the same trouble.
        let _ = fs::remove_file(&beside);
    }
    written.with_context(|| format!("can't write {}", path.display()))
}

/// Writes to standard output; a reader that has gone away, as `head` does, is no error.
pub(in crate::commands) fn to_stdout(content: &[u8]) -> Result<()> {
    match io::stdout().write_all(content).and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("can't write to standard output")
        }
        _ => Ok(()),
    }
}

pub(in crate::commands) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Says which characters a PDF can't show.
pub(super) fn warn_of_unknown(report: &Report) -> Result<()> {
    let unknown: String = naru_report::unknown_in_pdf(report)?.into_iter().collect();
    if !unknown.is_empty() {
        eprintln!(
            "{}",
            report.language.pick(
                format!("PDF 글꼴에 없는 문자는 □로 표시됨: {unknown} (HTML이나 DOCX에는 그대로 나옴)"),
                format!(
                    "the PDF shows □ for characters that its type lacks: {unknown} (HTML and DOCX show them)"
                ),
            )
        );
    }
    Ok(())
}

pub(in crate::commands) fn bad_file() -> ExitCode {
    ExitCode::from(BAD_FILE)
}

/// The language of this machine, by the variables that POSIX names (locale(7)).
pub(in crate::commands) fn language() -> Language {
    let first = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|v| !v.is_empty());
    if first.is_some_and(|value| value.starts_with("ko")) { Language::Ko } else { Language::En }
}

/// The short name of a system by the name of its file, or `my-system`.
pub(super) fn name_of(path: &Path) -> ServiceName {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("").to_lowercase();
    let plain: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let parts: Vec<&str> = plain.split('-').filter(|part| !part.is_empty()).collect();
    let short: String = parts.join("-").chars().take(36).collect();
    short.trim_end_matches('-').parse().unwrap_or_else(|_| fallback())
}

pub(super) fn fallback() -> ServiceName {
    "my-system".parse().unwrap_or_else(|_| unreachable!("a good name"))
}
