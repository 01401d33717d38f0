//! Reads a page of metrics: Prometheus' text format 0.0.4 and OpenMetrics 1.0.
//!
//! Source: Prometheus, "Exposition formats", <https://prometheus.io/docs/instrumenting/exposition_formats/>; OpenMetrics 1.0,
//! <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>.
//!
//! # Caveats
//! What both allow is read the same way: an empty line, or spaces between the parts of a label, are taken in OpenMetrics too.
//! Exemplars are read over. Names in quotes (UTF-8 names of Prometheus 3) are not asked for, and refused.

use std::collections::HashMap;

use naru_model::units::Timestamp;

/// The most samples of a page.
pub const MAX_SAMPLES: usize = 20_000;
/// The most labels of a sample.
pub const MAX_LABELS: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Text,
    OpenMetrics,
}

impl Format {
    /// By `Content-Type`; what names no other is text.
    pub fn of(content_type: &str) -> Format {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("application/openmetrics-text") {
            Format::OpenMetrics
        } else {
            Format::Text
        }
    }
}

/// What the samples of a family are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Unknown,
    Counter,
    Gauge,
    Histogram,
    /// Of values that come and go.
    GaugeHistogram,
    Summary,
    Info,
    StateSet,
}

impl Kind {
    fn parse(word: &str) -> Option<Kind> {
        Some(match word {
            "counter" => Kind::Counter,
            "gauge" => Kind::Gauge,
            "histogram" => Kind::Histogram,
            "gaugehistogram" => Kind::GaugeHistogram,
            "summary" => Kind::Summary,
            "info" => Kind::Info,
            "stateset" => Kind::StateSet,
            "unknown" | "untyped" => Kind::Unknown,
            _ => return None,
        })
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Family {
    pub kind: Kind,
    /// As the page says it: `seconds`, `bytes`; empty: it does not.
    pub unit: String,
}

/// Names and values in the order of the page; no name twice.
pub type Labels = Vec<(String, String)>;

#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub name: String,
    pub labels: Labels,
    /// May be NaN or infinite.
    pub value: f64,
    /// When the page says so.
    pub at: Option<Timestamp>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    pub families: HashMap<String, Family>,
    pub samples: Vec<Sample>,
}

/// What is wrong with a page, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the page: {fault}")]
pub struct Error {
    /// From 1.
    pub line: usize,
    pub fault: Fault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("a metric begins with a letter, _ or :")]
    Name,
    #[error("{0} is expected")]
    Expected(&'static str),
    #[error("a label is there twice")]
    Twice,
    #[error("there are more than {MAX_LABELS} labels")]
    Labels,
    #[error("the value is no number")]
    Value,
    #[error("the timestamp is no time")]
    Time,
    #[error("the type is none of counter, gauge, histogram, summary...")]
    Type,
    #[error("there are more than {MAX_SAMPLES} samples")]
    Samples,
    #[error("something follows # EOF")]
    AfterEnd,
    #[error("the page ends without # EOF")]
    NoEnd,
}

/// Reads a page.
///
/// # Errors
/// A line can't be read, or there are too many: then nothing of the page is known.
pub fn read(text: &str, format: Format) -> Result<Page, Error> {
    let mut page = Page::default();
    let (mut ended, mut last) = (false, 0);
    for (at, line) in text.lines().enumerate() {
        last = at + 1;
        let wrong = |fault| Error { line: at + 1, fault };
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        if ended {
            return Err(wrong(Fault::AfterEnd));
        }
        if let Some(said) = line.strip_prefix('#') {
            ended = format == Format::OpenMetrics && said.trim() == "EOF";
            comment(said, &mut page).map_err(wrong)?;
        } else if page.samples.len() >= MAX_SAMPLES {
            return Err(wrong(Fault::Samples));
        } else {
            page.samples.push(sample(line, format).map_err(wrong)?);
        }
    }
    if format == Format::OpenMetrics && !ended {
        return Err(Error { line: last, fault: Fault::NoEnd });
    }
    Ok(page)
}

/// `TYPE name kind`, `UNIT name unit`; what else is said is for people.
fn comment(said: &str, page: &mut Page) -> Result<(), Fault> {
    let mut words = said.split_whitespace();
    let (word, name, value) = (words.next(), words.next(), words.next());
    let (Some(word @ ("TYPE" | "UNIT")), Some(name)) = (word, name) else { return Ok(()) };
    if page.families.len() >= MAX_SAMPLES {
        return Err(Fault::Samples);
    }
    let family = page.families.entry(name.to_owned()).or_default();
    match word {
        "TYPE" => family.kind = value.and_then(Kind::parse).ok_or(Fault::Type)?,
        _ => family.unit = value.unwrap_or_default().to_owned(),
    }
    Ok(())
}

fn sample(line: &str, format: Format) -> Result<Sample, Fault> {
    let (name, rest) = take_name(line, ':').ok_or(Fault::Name)?;
    let rest = rest.trim_start();
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => take_labels(rest)?,
        None => (Vec::new(), rest),
    };
    // An exemplar follows its own #.
    let rest = match format {
        Format::OpenMetrics => rest.split(" #").next().unwrap_or(rest),
        Format::Text => rest,
    };
    let mut words = rest.split_whitespace();
    let value = words.next().ok_or(Fault::Expected("a value"))?;
    let value = value.parse().map_err(|_| Fault::Value)?;
    let at = words.next().map(|word| time(word, format).ok_or(Fault::Time)).transpose()?;
    if words.next().is_some() {
        return Err(Fault::Expected("the end of the line"));
    }
    Ok(Sample { name: name.to_owned(), labels, value, at })
}

/// Letters, digits, `_`, and for metrics `:`; no digit first.
fn take_name(text: &str, also: char) -> Option<(&str, &str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == also;
    let (name, rest) = text.split_at(text.find(|c| !is_part(c)).unwrap_or(text.len()));
    (!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())).then_some((name, rest))
}

/// Up to and with the closing brace.
fn take_labels(mut rest: &str) -> Result<(Labels, &str), Fault> {
    let mut labels = Labels::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('}') {
            return Ok((labels, after));
        }
        let (name, after) = take_name(rest, '_').ok_or(Fault::Expected("the name of a label, or }"))?;
        let after = after.trim_start().strip_prefix('=').ok_or(Fault::Expected("="))?;
        let after = after.trim_start().strip_prefix('"').ok_or(Fault::Expected("\""))?;
        let (value, after) = take_value(after)?;
        if labels.iter().any(|(other, _)| other == name) {
            return Err(Fault::Twice);
        }
        if labels.len() >= MAX_LABELS {
            return Err(Fault::Labels);
        }
        labels.push((name.to_owned(), value));
        rest = after.trim_start();
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None if rest.starts_with('}') => {}
            None => return Err(Fault::Expected(", or }")),
        }
    }
}

/// Up to and with the closing quote.
fn take_value(text: &str) -> Result<(String, &str), Fault> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let at = rest.find(['"', '\\']).ok_or(Fault::Expected("\""))?;
        value.push_str(&rest[..at]);
        let (mark, after) = rest[at..].split_at(1);
        if mark == "\"" {
            return Ok((value, after));
        }
        let mut chars = after.chars();
        match chars.next().ok_or(Fault::Expected("\""))? {
            'n' => value.push('\n'),
            escaped @ ('"' | '\\') => value.push(escaped),
            // Both are what was written.
            other => value.extend(['\\', other]),
        }
        rest = chars.as_str();
    }
}

/// Milliseconds in text, seconds in OpenMetrics.
fn time(word: &str, format: Format) -> Option<Timestamp> {
    match format {
        Format::Text => {
            let millis = u64::try_from(word.parse::<i64>().ok()?).ok()?;
            millis.checked_mul(1000).map(Timestamp)
        }
        Format::OpenMetrics => {
            let seconds: f64 = word.parse().ok()?;
            (0.0..1e12).contains(&seconds).then_some(Timestamp((seconds * 1e6) as u64))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(labels: &[(&str, &str)]) -> Vec<(String, String)> {
        labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn text_is_read_as_prometheus_writes_it() {
        let text = r#"# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1.458255915e9
metric_without_timestamp_and_labels 12.47
something_weird{problem="division by zero",} +Inf -3982045
nothing NaN
"#;
        // No time before 1970.
        assert_eq!(read(text, Format::Text), Err(Error { line: 9, fault: Fault::Time }));
        let page = read(&text.replace(" -3982045", ""), Format::Text).unwrap();
        assert_eq!(page.families["http_requests_total"].kind, Kind::Counter);
        assert_eq!(page.samples.len(), 6);
        assert_eq!(page.samples[0].labels, labels(&[("method", "post"), ("code", "200")]));
        assert_eq!(page.samples[0].at, Some(Timestamp(1_395_066_363_000_000)));
        let escaped = [("path", r"C:\DIR\FILE.TXT"), ("error", "Cannot find file:\n\"FILE.TXT\"")];
        assert_eq!(page.samples[2].labels, labels(&escaped));
        assert_eq!((page.samples[4].value, page.samples[5].value.is_nan()), (f64::INFINITY, true));
    }

    #[test]
    fn open_metrics_has_units_exemplars_and_an_end() {
        let text = "# TYPE acme_http_router_request_seconds summary\n# UNIT acme_http_router_request_seconds seconds\n\
                    acme_http_router_request_seconds_sum{path=\"/api/v1\"} 9036.32\n\
                    # TYPE foo histogram\n\
                    foo_bucket{le=\"1.0\"} 11 # {trace_id=\"KOO5S4vxi0o\"} 0.67\n\
                    foo_bucket{le=\"10.0\"} 17 1520879607.789 # {trace_id=\"oHg5SJYRHA0\"} 9.8 1520879607.789\n\
                    foo_created 1520430000.123\n# EOF\n";
        let page = read(text, Format::OpenMetrics).unwrap();
        assert_eq!(page.families["acme_http_router_request_seconds"].unit, "seconds");
        assert_eq!(page.samples[1].value, 11.0);
        assert_eq!(page.samples[2].at, Some(Timestamp(1_520_879_607_789_000)));
        assert_eq!(page.samples.len(), 4);
        let cut = text.replace("# EOF\n", "");
        assert_eq!(read(&cut, Format::OpenMetrics), Err(Error { line: 7, fault: Fault::NoEnd }));
        assert!(matches!(
            read(&format!("{text}a 1\n"), Format::OpenMetrics),
            Err(Error { line: 9, fault: Fault::AfterEnd })
        ));
    }

    #[test]
    fn a_line_that_is_none_is_told_with_its_number() {
        for (line, fault) in [
            ("{a=\"b\"} 1", Fault::Name),
            ("1a 1", Fault::Name),
            ("a", Fault::Expected("a value")),
            ("a{b} 1", Fault::Expected("=")),
            ("a{b=c} 1", Fault::Expected("\"")),
            ("a{b=\"c} 1", Fault::Expected("\"")),
            ("a{b=\"c\" d=\"e\"} 1", Fault::Expected(", or }")),
            ("a{b=\"c\",b=\"d\"} 1", Fault::Twice),
            ("a one", Fault::Value),
            ("a 1 now", Fault::Time),
            ("a 1 2 3", Fault::Expected("the end of the line")),
            ("# TYPE a nonsense", Fault::Type),
        ] {
            let text = format!("good 1\n{line}\n");
            assert_eq!(read(&text, Format::Text), Err(Error { line: 2, fault }), "{line}");
        }
        assert_eq!(
            read("<html>no</html>", Format::Text).unwrap_err().to_string(),
            "line 1 of the page: a metric begins with a letter, _ or :"
        );
    }

    #[test]
    fn a_page_has_no_more_samples_than_are_kept() {
        let text = "a 1\n".repeat(MAX_SAMPLES + 1);
        assert_eq!(read(&text, Format::Text).unwrap_err().fault, Fault::Samples);
        assert_eq!(read(&text[4..], Format::Text).unwrap().samples.len(), MAX_SAMPLES);
    }

    proptest! {
        #[test]
        fn whatever_a_label_says_is_read_back(value in "\\PC{0,40}", number in any::<f64>()) {
            let written = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let page = read(&format!("a{{b=\"{written}\"}} {number}\n"), Format::Text).unwrap();
            prop_assert_eq!(&page.samples[0].labels, &labels(&[("b", &value)]));
            prop_assert!(page.samples[0].value == number || number.is_nan());
        }

        #[test]
        fn garbage_never_panics(text in "[a-z{}=\"\\\\,# \n0-9.A-Z]{0,200}") {
            for format in [Format::Text, Format::OpenMetrics] {
                let _ = read(&text, format);
            }
        }
    }
}
