//! JUnit XML, which build servers show. Source: the schema that Jenkins' JUnit plugin and Surefire 3 share: testsuites,
//! testsuite, testcase, failure, skipped, system-out.

use std::fmt::Write;

use super::outcome::{Acceptance, Case, Part, Verdict};

impl Acceptance {
    /// One suite a part.
    pub fn junit(&self) -> String {
        let counts = self.counts(None);
        let all = counts.passed + counts.failed + counts.not_run;
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let _ = writeln!(
            xml,
            "<testsuites name=\"{}\" tests=\"{all}\" failures=\"{}\" skipped=\"{}\" errors=\"0\" time=\"{:.3}\">",
            escaped(&format!("naru verify all: {}", self.platform)),
            counts.failed,
            counts.not_run,
            self.took.as_secs_f64()
        );
        for part in self.parts.iter().copied().chain([Part::Restored]) {
            self.write_suite(part, &mut xml);
        }
        xml.push_str("</testsuites>\n");
        xml
    }

    fn write_suite(&self, part: Part, xml: &mut String) {
        let counts = self.counts(Some(part));
        let all = counts.passed + counts.failed + counts.not_run;
        if all == 0 {
            return;
        }
        let seconds: f64 = self.of_part(part).map(|case| case.took.as_secs_f64()).sum();
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" tests=\"{all}\" failures=\"{}\" skipped=\"{}\" errors=\"0\" time=\"{seconds:.3}\">",
            part.as_str(),
            counts.failed,
            counts.not_run
        );
        for case in self.of_part(part) {
            write_case(case, xml);
        }
        xml.push_str("  </testsuite>\n");
    }
}

fn write_case(case: &Case, xml: &mut String) {
    let (id, found) = (escaped(&case.id), escaped(&case.found));
    let class = case.part.as_str();
    let _ = writeln!(
        xml,
        "    <testcase classname=\"{class}\" name=\"{id}\" time=\"{:.3}\">",
        case.took.as_secs_f64()
    );
    let wanted = escaped(&case.wanted);
    match case.verdict {
        Verdict::Pass => {}
        Verdict::Fail => {
            let _ = writeln!(xml, "      <failure type=\"{class}\" message=\"{found}\">{wanted}</failure>");
        }
        Verdict::NotRun => {
            let _ = writeln!(xml, "      <skipped message=\"{found}\"/>");
        }
    }
    if !case.evidence.is_empty() {
        let evidence = escaped(&case.evidence.join("\n"));
        let _ = writeln!(xml, "      <system-out>{evidence}</system-out>");
    }
    xml.push_str("    </testcase>\n");
}

/// A text as it may stand in XML; characters that may not are dropped. Source: XML 1.0 §2.2, §2.4.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(c),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_xml_can_hold_is_left_out_and_what_it_means_is_escaped() {
        assert_eq!(escaped("a<b>&\"c\"\0\u{1b}\n가"), "a&lt;b&gt;&amp;&quot;c&quot;\n가");
    }
}
