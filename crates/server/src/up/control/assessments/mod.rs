//! Assessments for the API: what crate `assess` tells of what a request brings. Nothing of it is kept, and what it may take is
//! bounded: a few at a time, beside the threads that serve, and a log in a process of its own.

mod log;
mod sheet;
mod words;

use std::sync::Arc;

use bytes::Bytes;
use naru_api::control::{Answer, Feed};
use naru_api::error::Error;
use naru_api::message::{
    AssessRequest, Assessed, AssessmentFormat, AssessmentKind, BrokenRow, PortfolioRequest, Printed,
    Questions, RankedSystem, RankedSystems, SystemGrade, TableRow,
};
use naru_api::seam::assessments::Assessments;
use naru_assess::log::findings::Findings;
use naru_assess::portfolio::{self, Portfolio, Ranked, Table};
use naru_assess::priority::Grade;
use naru_assess::questionnaire::{self, Questionnaire};
use naru_assess::{target, tender, verdict};
use naru_model::language::Language;
use naru_model::report::Report;
use naru_report::Format;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::Door;

/// Assessments at the same time: each takes a processor for milliseconds, a portfolio of thousands for a second.
const AT_A_TIME: usize = 2;
/// How many mistakes a refusal names.
const MOST_NAMED: usize = 20;

/// Where assessments are made.
pub(super) struct Desk {
    assessing: Arc<Semaphore>,
    analysing: Arc<Semaphore>,
}

impl Desk {
    pub(super) fn new() -> Desk {
        Desk { assessing: Arc::new(Semaphore::new(AT_A_TIME)), analysing: Arc::new(Semaphore::new(1)) }
    }

    /// Works something out beside the threads that serve.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let failed =
            |error: Box<dyn std::error::Error + Send + Sync>| Error::internal("could not assess this", error);
        let place = self.assessing.clone().acquire_owned().await.map_err(|error| failed(error.into()))?;
        let done = tokio::task::spawn_blocking(move || {
            // Held to the end of the work, which goes on when its caller is gone.
            let _place = place;
            work()
        });
        done.await.map_err(|error| failed(error.into()))?
    }
}

impl Assessments for Door {
    fn questions(&self, language: Language) -> Answer<'_, Questions> {
        Box::pin(async move { Ok(words::questions(language)) })
    }

    fn assess(&self, request: AssessRequest) -> Answer<'_, Assessed> {
        Box::pin(self.desk.work(move || {
            let (q, log) = known(request)?;
            let verdict = serde_json::to_value(verdict::judge(&q, log.as_ref()))
                .map_err(|error| Error::internal("could not write the verdict", error))?;
            Ok(Assessed { yaml: q.write(), questionnaire: sheet::of(&q), verdict })
        }))
    }

    fn assessment_report(
        &self,
        request: AssessRequest,
        kind: AssessmentKind,
        format: AssessmentFormat,
    ) -> Answer<'_, Printed> {
        Box::pin(self.desk.work(move || {
            let (q, log) = known(request)?;
            let log = log.as_ref();
            let report = match kind {
                AssessmentKind::Verdict => {
                    let logs =
                        log.map(|_| q.language.pick("접근 로그 분석 결과", "findings of the access log"));
                    verdict::judge(&q, log).report(q.language, logs)
                }
                AssessmentKind::Tender => tender::of(&q, log).report(q.language),
                AssessmentKind::Target => {
                    let content = target::of(&q, log).yaml(q.language).into_bytes();
                    return Ok(Printed { media_type: "application/yaml", ending: "yaml", content });
                }
            };
            printed(&report, format)
        }))
    }

    fn portfolio(&self, request: PortfolioRequest) -> Answer<'_, RankedSystems> {
        Box::pin(self.desk.work(move || {
            let ranked = ranked(&request)?;
            let broken = |row: portfolio::Broken| BrokenRow { line: row.line as u32, what: row.what };
            Ok(RankedSystems {
                systems: ranked.systems.into_iter().map(system).collect::<Result<_, _>>()?,
                broken: ranked.broken.into_iter().map(broken).collect(),
            })
        }))
    }

    fn portfolio_report(&self, request: PortfolioRequest, format: AssessmentFormat) -> Answer<'_, Printed> {
        Box::pin(self.desk.work(move || {
            let ranked = ranked(&request)?;
            if format == AssessmentFormat::Csv {
                // The table alone: what a spreadsheet sorts.
                let mut table = Report::new(request.language, "");
                table.table(ranked.table(request.language));
                return printed(&table, format);
            }
            printed(&ranked.report(request.language), format)
        }))
    }

    fn analyse_log(&self, log: Feed<Result<Bytes, Error>>, language: Language) -> Answer<'_, Value> {
        Box::pin(async move {
            let busy = language.pick(
                "다른 접근 로그를 분석하고 있음. 끝난 뒤 다시 시도",
                "another access log is being analysed; try again when it is done",
            );
            let _place = self.desk.analysing.try_acquire().map_err(|_| Error::Conflict(busy.to_owned()))?;
            log::analyse(log, language).await
        })
    }
}

/// What a request says of its system.
fn known(request: AssessRequest) -> Result<(Questionnaire, Option<Findings>), Error> {
    let AssessRequest { questionnaire, yaml, table, language, findings } = request;
    let mut q = match (questionnaire, table, yaml) {
        (Some(given), ..) => sheet::read(&given, language.unwrap_or(given.language))?,
        (None, Some(row), _) => row_of(row, language.unwrap_or(Language::Ko))?,
        (None, None, yaml) => {
            let language = language.unwrap_or(Language::En);
            let by_line = |error: &questionnaire::Error| line(error.line, error.what.of(language), language);
            Questionnaire::read(&yaml.unwrap_or_default())
                .map_err(|wrong| refused(wrong.iter().map(by_line), language))?
        }
    };
    q.language = language.unwrap_or(q.language);
    let strange = |error| {
        Error::Invalid(q.language.pick(
            format!("findings 가 naru assess logs --json 의 결과가 아님: {error}"),
            format!("the findings are nothing that `naru assess logs --json` wrote: {error}"),
        ))
    };
    let log = findings.map(serde_json::from_value).transpose().map_err(strange)?;
    Ok((q, log))
}

/// One of a table's systems, as the ranking's `given` counts them.
fn row_of(TableRow { text, given }: TableRow, language: Language) -> Result<Questionnaire, Error> {
    let mut systems = Table::read("table", &text, language).systems;
    let count = systems.len();
    let place = (given as usize).checked_sub(1).filter(|place| *place < count);
    place.map(|place| systems.swap_remove(place)).ok_or_else(|| {
        Error::Invalid(language.pick(
            format!("표에 {given}번째 시스템이 없음. 읽은 시스템은 {count}개"),
            format!("the table has no system {given}; {count} of its systems can be read"),
        ))
    })
}

/// Everything that is wrong, one a line.
fn refused(wrong: impl Iterator<Item = String>, language: Language) -> Error {
    let mut said: Vec<String> = wrong.collect();
    if let Some(more) = said.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
        said.truncate(MOST_NAMED);
        said.push(language.pick(format!("외 {more}건"), format!("and {more} more")));
    }
    Error::Invalid(said.join("\n"))
}

fn line(line: usize, what: &str, language: Language) -> String {
    language.pick(format!("{line}행: {what}"), format!("line {line}: {what}"))
}

fn ranked(request: &PortfolioRequest) -> Result<Portfolio, Error> {
    let Table { systems, broken } = Table::read("table", &request.table, request.language);
    if systems.is_empty() {
        let language = request.language;
        if broken.is_empty() {
            let what = language.pick("표에 시스템이 없음", "there is no system in the table");
            return Err(Error::Invalid(what.to_owned()));
        }
        return Err(refused(broken.iter().map(|row| line(row.line, &row.what, language)), language));
    }
    Ok(portfolio::rank(&systems, broken))
}

fn system(Ranked { rank, given, verdict }: Ranked) -> Result<RankedSystem, Error> {
    let priority = verdict.priority;
    let grade =
        |grade: Option<Grade>| grade.map(|Grade { value, estimated }| SystemGrade { value, estimated });
    Ok(RankedSystem {
        rank: rank.map(|rank| rank as u32),
        given: given as u32,
        outcome: verdict.outcome.map(words::key).transpose()?,
        possible: verdict.possible.into_iter().map(words::key).collect::<Result<_, _>>()?,
        system: verdict.system,
        name: verdict.name,
        yes: verdict.yes as u32,
        no: verdict.no as u32,
        unknown: verdict.unknown as u32,
        size: grade(priority.size),
        complexity: grade(priority.complexity),
        scalability: grade(priority.scalability),
        score: priority.score,
    })
}

fn printed(report: &Report, format: AssessmentFormat) -> Result<Printed, Error> {
    let (format, media_type, ending) = match format {
        AssessmentFormat::Html => (Format::Html, "text/html; charset=utf-8", "html"),
        AssessmentFormat::Pdf => (Format::Pdf, "application/pdf", "pdf"),
        AssessmentFormat::Docx => {
            (Format::Docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx")
        }
        AssessmentFormat::Csv => (Format::Csv, "text/csv; charset=utf-8", "csv"),
        AssessmentFormat::Markdown => (Format::Markdown, "text/markdown; charset=utf-8", "md"),
        AssessmentFormat::Text => (Format::Text, "text/plain; charset=utf-8", "txt"),
    };
    let failed = |error| Error::internal("could not write the report", error);
    Ok(Printed { media_type, ending, content: naru_report::render(report, format).map_err(failed)? })
}
