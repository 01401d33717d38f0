//! A schedule put into the text of a naru.yaml, so that every other byte of it stays: for an acceptance that adds one of its own
//! and takes it out again. No other change to a file is naru's to make.

use naru_model::name::ServiceName;
use naru_model::scaling::Schedule;
use naru_model::units::format_duration;

use crate::report::{Pos, Problems};
use crate::tree::{self, Data, Node};

/// Returns the text with one more schedule for a service that scales by itself, before those that it has. `None`: the text is no
/// naru.yaml, or the service has no `scale` in it.
pub fn with_schedule(text: &str, service: &ServiceName, schedule: &Schedule) -> Option<String> {
    // The mark that some editors begin a file with stands in no line.
    let mark = text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len();
    let body = &text[mark..];
    let root = tree::parse(body, &mut Problems::default())?;
    let scale = inside(inside(inside(&root, "services")?, service.as_str())?, "scale")?;
    let Data::Map(_) = scale.data else { return None };
    let zone = schedule.zone.as_ref().map(|zone| format!(", zone: {zone}")).unwrap_or_default();
    let (lasts, add) = (format_duration(schedule.lasts), schedule.add);
    let item = format!("{{ at: \"{}\", for: {lasts}, add: {add}{zone} }}", schedule.at);
    let (place, insert) = match inside(scale, "schedule") {
        Some(list) => {
            let Data::List(_) = list.data else { return None };
            before_first(
                body,
                list.at,
                '[',
                |brackets| if brackets { item.clone() } else { format!("- {item}") },
            )?
        }
        None => before_first(body, scale.at, '{', |_| format!("schedule: [{item}]"))?,
    };
    Some(format!("{}{insert}{}", &text[..mark + place], &body[place..]))
}

fn inside<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let Data::Map(pairs) = &node.data else { return None };
    pairs.iter().find(|pair| pair.key == key).map(|pair| &pair.value)
}

/// Where something goes before the first thing of a list or group that begins at `at`, and what is written there: after its
/// bracket and with a comma, or on a line of its own at the same indent.
fn before_first(
    text: &str,
    at: Pos,
    bracket: char,
    what: impl Fn(bool) -> String,
) -> Option<(usize, String)> {
    let line = text.split_inclusive('\n').take(at.line.checked_sub(1)?).map(str::len).sum::<usize>();
    let column = at.column.checked_sub(1)?;
    let mut place = line + text[line..].char_indices().nth(column)?.0;
    if text[place..].starts_with(bracket) {
        return Some((place + 1, format!(" {},", what(true))));
    }
    let before = text[line..place].trim_end();
    // A list that stands no deeper than its key begins at its first item, for the parser, and not at the dash before that.
    if bracket == '[' && before.trim_start() == "-" {
        place = line + before.len() - 1;
    }
    let indent = text[line..place].chars().count();
    Some((place, format!("{}\n{}", what(false), " ".repeat(indent))))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::{Machine, diff, parse};

    fn changed(scale: &str) -> String {
        let text = format!(
            "\u{feff}# 차세대\nplatform: 포털\nservices:\n  other: {{ exec: [a], scale: {{ max: 3, target: {{ cpu: 60% }} }} }}\n  \
             portal:\n    exec: [a] # 실행\n    {scale}\nroutes:\n  - {{ match: {{ path: /** }}, to: portal }}\n"
        );
        let schedule = Schedule {
            at: "5 4 3 2 *".to_owned(),
            zone: Some("UTC".to_owned()),
            lasts: Duration::from_secs(90),
            add: 1,
        };
        let with = with_schedule(&text, &"portal".parse().unwrap(), &schedule).unwrap();
        let read = |text: &str| {
            parse("naru.yaml", text, Path::new("/"), Machine::detect())
                .unwrap_or_else(|report| panic!("{report}"))
        };
        let (before, after) = (read(&text), read(&with));
        let portal = &after.services[&"portal".parse().unwrap()].scale.schedule;
        assert_eq!(portal[0], schedule, "{with}");
        let keys: Vec<String> = diff(&before, &after).into_iter().map(|change| change.key).collect();
        assert_eq!(keys, ["services.portal.scale.schedule"], "{with}");
        // Nothing else of the text is another.
        let all: String = text.chars().filter(|c| !with.contains(*c)).collect();
        assert_eq!(all, "");
        with.lines().skip(6).take_while(|line| !line.starts_with("routes")).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn a_schedule_goes_in_however_the_file_is_written() {
        let item = "{ at: \"5 4 3 2 *\", for: 1m30s, add: 1, zone: UTC }";
        assert_eq!(
            changed("scale: { max: 3, target: { cpu: 60% } }"),
            format!("    scale: {{ schedule: [{item}], max: 3, target: {{ cpu: 60% }} }}")
        );
        assert_eq!(
            changed("scale:\n      max: 3\n      target: { cpu: 60% }"),
            format!("    scale:|      schedule: [{item}]|      max: 3|      target: {{ cpu: 60% }}")
        );
        let known = "{ at: \"0 20 * * *\", for: 2h, add: 2 }";
        assert_eq!(
            changed(&format!("scale: {{ max: 3, schedule: [{known}] }}")),
            format!("    scale: {{ max: 3, schedule: [ {item},{known}] }}")
        );
        assert_eq!(
            changed(&format!("scale:\n      schedule: # 저녁\n        - {known}\n      max: 3")),
            format!("    scale:|      schedule: # 저녁|        - {item}|        - {known}|      max: 3")
        );
        assert_eq!(
            changed(&format!("scale:\n      max: 3\n      schedule:\n      - {known}")),
            format!("    scale:|      max: 3|      schedule:|      - {item}|      - {known}")
        );
    }

    #[test]
    fn what_is_no_such_file_is_left_alone() {
        let schedule =
            Schedule { at: "0 0 1 1 *".to_owned(), zone: None, lasts: Duration::from_secs(60), add: 1 };
        for text in
            ["", "services: [", "services: { a: { exec: [a] } }", "services: { portal: { scale: 3 } }"]
        {
            for name in ["a", "portal"] {
                assert_eq!(with_schedule(text, &name.parse().unwrap(), &schedule), None, "{text}");
            }
        }
    }
}
