//! An access log that somebody sends, analysed by `naru assess logs` in a process of its own: what it takes ends with it, and a
//! log that takes too long or too much takes nothing from the platform.

use std::process::Stdio;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use naru_api::control::Feed;
use naru_api::error::Error;
use naru_model::language::Language;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};

/// Before the API gives the request up (60 s), so that the caller learns why. 64 MiB take a second.
const LONGEST: Duration = Duration::from_secs(50);
/// The most that findings may be: what the API takes back with a questionnaire.
const MOST_FINDINGS: u64 = 4 << 20;
/// What is kept of what the program complains of.
const MOST_SAID: u64 = 4096;
/// How compressed files begin. Sources: RFC 1952 §2.3.1 (gzip), RFC 8878 §3.1.1 (Zstandard).
const PACKED: [&[u8]; 2] = [&[0x1f, 0x8b], &[0x28, 0xb5, 0x2f, 0xfd]];

/// # Errors
/// It is no log, or too much.
pub(super) async fn analyse(mut log: Feed<Result<Bytes, Error>>, language: Language) -> Result<Value, Error> {
    let first = match log.next().await {
        Some(piece) => piece?,
        None => return Err(Error::Invalid(language.pick("빈 로그", "the log is empty").to_owned())),
    };
    if PACKED.iter().any(|head| first.starts_with(head)) {
        let what = language.pick(
            "압축된 로그. 압축을 풀어 올리거나 gzip·zstd 를 읽는 naru assess logs 명령을 사용",
            "the log is compressed; send it unpacked, or use `naru assess logs`, which reads gzip and zstd",
        );
        return Err(Error::MediaType(what.to_owned()));
    }
    let mut child = Command::new("/proc/self/exe")
        .args(["assess", "logs", "--json", "--threads", "1", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| Error::internal("could not start the analysis", error))?;
    let slow = || {
        let seconds = LONGEST.as_secs();
        Error::TimedOut(language.pick(
            format!("분석이 {seconds}초를 넘음. 이 로그는 naru assess logs 명령으로 분석"),
            format!("the analysis took longer than {seconds} seconds; use `naru assess logs` for this log"),
        ))
    };
    tokio::time::timeout(LONGEST, run(&mut child, first, log, language)).await.map_err(|_| slow())?
}

async fn run(
    child: &mut Child,
    first: Bytes,
    log: Feed<Result<Bytes, Error>>,
    language: Language,
) -> Result<Value, Error> {
    let failed = |error| Error::internal("could not analyse the log", error);
    let (Some(stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(Error::internal("could not analyse the log", "a process without pipes"));
    };
    let (mut findings, mut said) = (Vec::new(), String::new());
    let (fed, read, heard) = tokio::join!(
        feed(stdin, first, log),
        // Each end is closed when enough was read, so that the program does not wait for more room for ever.
        async { stdout.take(MOST_FINDINGS + 1).read_to_end(&mut findings).await },
        async { stderr.take(MOST_SAID).read_to_string(&mut said).await },
    );
    fed?;
    read.map_err(failed)?;
    heard.map_err(failed)?;
    if findings.len() as u64 > MOST_FINDINGS {
        let what = language.pick(
            "여기에 보이기에는 기간이 너무 긴 로그. naru assess logs 명령을 사용",
            "the log spans too many years to be shown here; use `naru assess logs`",
        );
        return Err(Error::Invalid(what.to_owned()));
    }
    if !child.wait().await.map_err(failed)?.success() {
        // The program speaks English; what to do is said in the page's language before it.
        let said = said.trim().trim_start_matches("naru: ");
        return Err(Error::Invalid(language.pick(
            format!(
                "접근 로그로 읽을 수 없음. Apache·nginx·Tomcat·IIS·JSON 형식의 접근 로그인지 확인({said})"
            ),
            said.to_owned(),
        )));
    }
    serde_json::from_slice(&findings).map_err(|error| Error::internal("could not read the findings", error))
}

/// A program that has seen enough closes its end: what it says then is what counts.
async fn feed(mut stdin: ChildStdin, first: Bytes, mut log: Feed<Result<Bytes, Error>>) -> Result<(), Error> {
    let mut taken = stdin.write_all(&first).await.is_ok();
    while let Some(piece) = log.next().await {
        let piece = piece?;
        taken = taken && stdin.write_all(&piece).await.is_ok();
    }
    Ok(())
}
