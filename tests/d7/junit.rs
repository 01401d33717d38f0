//! JUnit's XML as build servers read it.

use std::path::Path;

/// Each case's name and what kept it from passing, as a build server reads them.
pub(crate) fn cases(file: &Path) -> Vec<(String, Option<String>)> {
    use quick_xml::events::Event;
    let text = std::fs::read_to_string(file).unwrap();
    let mut reader = quick_xml::Reader::from_str(&text);
    let (mut cases, mut path, mut counted) = (Vec::new(), Vec::new(), (0, 0));
    loop {
        let event = reader.read_event().unwrap();
        let (element, opens) = match &event {
            Event::Start(element) => (element, true),
            Event::Empty(element) => (element, false),
            Event::End(_) => {
                path.pop();
                continue;
            }
            Event::Eof => break,
            _ => continue,
        };
        let name = element.name().as_ref().to_owned();
        let attribute = |name: &str| {
            let found = element.try_get_attribute(name).unwrap();
            found.map(|found| found.value.into_owned())
        };
        let inside = path.last().map(String::as_str);
        match name.as_str() {
            "testsuites" => counted.0 = attribute("tests").unwrap().parse::<usize>().unwrap(),
            "testsuite" => {
                assert_eq!(inside, Some("testsuites"));
                counted.1 += attribute("tests").unwrap().parse::<usize>().unwrap();
            }
            "testcase" => {
                assert_eq!(inside, Some("testsuite"));
                assert!(
                    attribute("classname").is_some() && attribute("time").unwrap().parse::<f64>().is_ok()
                );
                cases.push((attribute("name").unwrap(), None));
            }
            "failure" | "skipped" => {
                assert_eq!(inside, Some("testcase"));
                cases.last_mut().unwrap().1 = Some(attribute("message").unwrap());
            }
            "system-out" => assert_eq!(inside, Some("testcase")),
            other => panic!("<{other}> has no place in JUnit's XML"),
        }
        if opens {
            path.push(name);
        }
    }
    assert_eq!(counted, (cases.len(), cases.len()));
    cases
}
