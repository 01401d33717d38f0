//! A table of systems, one a row, as agencies keep it in Excel: into questionnaires, with the rows that can't be read named by line.

use naru_model::name::ServiceName;
use serde::Serialize;

use super::{MOST, csv};
use crate::questionnaire::{CLOUD_TARGET, Choice, Figure, Questionnaire, RENEWAL, Refusal, SELF_CHECK};
use naru_model::language::Language;

/// What was read of a table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    pub systems: Vec<Questionnaire>,
    pub broken: Vec<Broken>,
}

/// A row that can't be read, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Broken {
    pub file: String,
    /// From 1, the head among them.
    pub line: usize,
    pub what: String,
}

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    System,
    Name,
    PublicService,
    Answer(&'static str),
    Evidence(&'static str),
    Figure(Figure),
}

/// The text of a file that Excel may have written in CP949 (what Korean Windows calls ANSI).
pub fn decode(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::EUC_KR.decode(bytes).0.into_owned(),
    }
}

impl Table {
    /// Reads a table whose first row names its columns: `system`, `name`, `public_service`, the questions' keys or numbers (`cost` or
    /// `q1`), the figures' keys, and `KEY_evidence`. Rows that can't be read are counted and named; nothing is fatal but a head
    /// without `system`.
    pub fn read(file: &str, text: &str, language: Language) -> Table {
        let mut table = Table::default();
        let broken = |line, what: Refusal| {
            let what = what.of(language).to_owned();
            Broken { file: file.to_owned(), line, what }
        };
        let records = match csv::records(text.trim_start_matches('\u{feff}')) {
            Ok(records) => records,
            Err((line, what)) => {
                table.broken.push(broken(line, what));
                return table;
            }
        };
        let Some(((line, head), rows)) = records.split_first() else {
            let what = Refusal::new(
                "빈 파일. 첫 행에 열 이름이 있어야 함",
                "the file is empty; its first row names the columns",
            );
            table.broken.push(broken(1, what));
            return table;
        };
        let columns = match columns(head) {
            Ok(columns) => columns,
            Err(what) => {
                table.broken.push(broken(*line, what));
                return table;
            }
        };
        for (line, cells) in rows {
            if table.systems.len() == MOST {
                let what = Refusal::new(
                    format!("시스템은 {MOST}개까지. 나머지는 제외함"),
                    format!("a portfolio holds {MOST} systems; the rest is left out"),
                );
                table.broken.push(broken(*line, what));
                break;
            }
            match system(cells, &columns, language, table.systems.len()) {
                Ok(system) => table.systems.push(system),
                Err(what) => table.broken.push(broken(*line, what)),
            }
        }
        table
    }
}

fn columns(head: &[String]) -> Result<Vec<Column>, Refusal> {
    let mut columns: Vec<Column> = Vec::new();
    for text in head {
        let text = text.trim();
        let column = column(text).ok_or_else(|| {
            Refusal::new(
                format!("없는 열 이름 {text:?}. 쓸 수 있는 열: system, name, public_service, cloud_target, renewal, q1~q10, naru assess new 로 만든 질문지의 키"),
                format!("there is no column {text:?}; there are system, name, public_service, cloud_target, renewal, q1 to q10 and the keys that `naru assess new` writes"),
            )
        })?;
        if columns.contains(&column) {
            return Err(Refusal::new(
                format!("열 {text:?} 이(가) 두 번 있음. 하나만 남길 것"),
                format!("the column {text:?} is there twice; keep one"),
            ));
        }
        columns.push(column);
    }
    if columns.contains(&Column::System) {
        Ok(columns)
    } else {
        Err(Refusal::new("시스템 이름 열(system)이 없음", "there is no column `system`"))
    }
}

fn column(text: &str) -> Option<Column> {
    let text = text.trim().to_lowercase();
    let key = |text: &str| {
        let numbered = text.strip_prefix('q').and_then(|n| n.parse::<usize>().ok());
        let by_number = numbered.and_then(|n| SELF_CHECK.get(n.checked_sub(1)?));
        let all = [&CLOUD_TARGET, &RENEWAL].into_iter().chain(&SELF_CHECK);
        by_number.or_else(|| all.into_iter().find(|q| q.key == text)).map(|q| q.key)
    };
    match text.as_str() {
        "system" | "시스템" | "시스템명" => Some(Column::System),
        "name" | "이름" => Some(Column::Name),
        "public_service" | "대국민" => Some(Column::PublicService),
        text => {
            let figure = || Figure::named(text).map(Column::Figure);
            let evidence = || text.strip_suffix("_evidence").and_then(key).map(Column::Evidence);
            key(text).map(Column::Answer).or_else(figure).or_else(evidence)
        }
    }
}

fn system(
    cells: &[String],
    columns: &[Column],
    language: Language,
    index: usize,
) -> Result<Questionnaire, Refusal> {
    let (fields, wanted) = (cells.len(), columns.len());
    if fields > wanted {
        return Err(Refusal::new(
            format!("열은 {wanted}개인데 값이 {fields}개. 쉼표가 든 글은 따옴표로 묶을 것"),
            format!("there are {fields} fields for {wanted} columns; put text with commas in quotes"),
        ));
    }
    let name: ServiceName = format!("system-{}", index + 1).parse()?;
    let mut q = Questionnaire::new(language, "", name);
    for (column, cell) in columns.iter().zip(cells) {
        let cell = cell.trim();
        fill(&mut q, *column, cell)?;
    }
    if q.system.is_empty() {
        return Err(Refusal::new("시스템 이름이 비어 있음", "the system has no name"));
    }
    Ok(q)
}

fn fill(q: &mut Questionnaire, column: Column, cell: &str) -> Result<(), Refusal> {
    let choice = |key: &str| cell.parse::<Choice>().map_err(|error| Refusal::from(error).under(key));
    match column {
        Column::System => q.system = cell.to_owned(),
        Column::Name if cell.is_empty() => {}
        Column::Name => {
            q.name = cell.parse::<ServiceName>().map_err(|error| Refusal::from(error).under("name"))?;
        }
        Column::PublicService => q.public_service = choice("public_service")?,
        Column::Answer(key) => {
            let choice = choice(key)?;
            if let Some(answer) = q.answer_mut(key) {
                answer.choice = choice;
            }
        }
        Column::Evidence(key) => {
            if let Some(answer) = q.answer_mut(key) {
                answer.evidence = cell.to_owned();
            }
        }
        Column::Figure(_) if cell.is_empty() => {}
        Column::Figure(figure) => {
            let value = figure.read(cell).map_err(|what| what.under(figure.about().key))?;
            q.figures.insert(figure, value);
        }
    }
    Ok(())
}
