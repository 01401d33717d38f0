//! Searches log lines, as telemetry's own store does.

use naru_model::trace::{FoundLogs, LogLine, LogSearch};
use naru_model::units::Timestamp;

use crate::client::Client;
use crate::error::Error;
use crate::merge;
use crate::older::Older;
use crate::row_binary::Reader;
use crate::rows::{digits, value};
use crate::sql::{Where, bytes, contains};
use crate::stretches::stretches;

pub(crate) const COLUMNS: &str =
    "at_us, severity, service, instance, trace_id, span_id, scope, body, attributes";

impl Client {
    /// Lists log lines that are older than what is kept here, the latest first.
    ///
    /// # Errors
    /// ClickHouse can't be reached, refuses, or does not answer in time.
    pub async fn logs(&self, search: &LogSearch, older: &Older) -> Result<FoundLogs, Error> {
        let Some(wanted) = self.wanted_lines(search, older) else { return Ok(FoundLogs::default()) };
        let mut lines = Vec::new();
        let most = search.limit.clamp(1, 1000) as usize;
        for stretch in stretches(search.from.0, search.to.min(older.before).0) {
            let mut conditions = wanted.clone();
            conditions.within("at_us", stretch);
            let left = most + 1 - lines.len();
            let sql = format!(
                "SELECT {COLUMNS} FROM logs WHERE {conditions} \
                 ORDER BY at_us DESC, file DESC, row DESC LIMIT {left} FORMAT RowBinary"
            );
            lines.extend(Reader::of(&self.ask(sql).await?).rows(line)?);
            if lines.len() > most {
                break;
            }
        }
        Ok(merge::lines(lines, most))
    }

    /// `None`: no line can be what is asked for.
    fn wanted_lines(&self, search: &LogSearch, older: &Older) -> Option<Where> {
        let mut wanted = Where::platform(&self.settings.platform);
        older.apply(&mut wanted);
        let named = [("service", &search.service), ("instance", &search.instance)];
        for (column, name) in named.into_iter().filter_map(|(column, name)| Some((column, name.as_ref()?))) {
            wanted.is(column, name);
        }
        if let Some(digits) = &search.trace_id {
            let is_one = digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            let id = u128::from_str_radix(digits, 16).ok().filter(|_| is_one)?;
            wanted.and(format_args!("trace_id = {}", bytes(&id.to_be_bytes())));
        }
        if search.severity > 0 {
            wanted.and(format_args!("severity >= {}", search.severity));
        }
        if let Some(part) = search.text.as_ref().filter(|part| !part.is_empty()) {
            wanted.and(contains(&["body"], part));
        }
        Some(wanted)
    }
}

/// The columns in their order.
pub(crate) fn line(row: &mut Reader<'_>) -> Result<LogLine, Error> {
    Ok(LogLine {
        at: Timestamp(row.u64()?),
        severity: row.u8()?,
        service: row.text()?,
        instance: row.text()?,
        trace_id: digits(&row.array::<16>()?),
        span_id: digits(&row.array::<8>()?),
        scope: row.text()?,
        body: row.text()?,
        attributes: value(row.text()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row_binary::Writer;
    use crate::rows;

    #[test]
    fn a_line_comes_back_as_it_was_sent() {
        let whole = LogLine {
            at: Timestamp(1_795_250_000_123_456),
            severity: 17,
            service: "portal".to_owned(),
            instance: "portal-3-1".to_owned(),
            trace_id: "4bf92f3577b34da6a3ce929d0e0e4736".to_owned(),
            span_id: "00f067aa0ba902b7".to_owned(),
            scope: "kr.go.portal".to_owned(),
            body: "실패: can't\nreach\t'x'".to_owned(),
            attributes: serde_json::json!({ "thread.name": "main", "n": [1, null] }),
        };
        let bare = LogLine { trace_id: String::new(), attributes: serde_json::Value::Null, ..whole.clone() };
        let mut writer = Writer::default();
        rows::line(&mut writer, &whole);
        rows::line(&mut writer, &bare);
        let bytes = writer.bytes();
        assert_eq!(Reader::of(&bytes).rows(line).unwrap(), [whole, bare]);
    }
}
