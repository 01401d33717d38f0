//! Documents made to hurt who reads them: each is refused for the right reason, and all of them together take little memory.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use naru_convert::map::Mapping;
use naru_convert::mask::Masks;
use naru_convert::{json, openapi, shape, xml};
use naru_model::message::{Converted, Flow, Request, Response};
use naru_model::policy::{Conversion, FieldChange, Fields, Mask, Policy, Speaker, Validate, Xml};

/// All that the process ever had, test harness included; the largest document of the corpus has 17 MB.
const MOST_MEMORY_KIB: u64 = 400 << 10;

/// Files of `tests/hostile` and what they are refused with.
fn corpus() -> Vec<(String, String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
    let index = fs::read_to_string(folder.join("index.tsv")).unwrap();
    let lines = index.lines().filter(|line| !line.starts_with('#'));
    let files: Vec<_> = lines
        .map(|line| {
            let [name, _, expected] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let content = fs::read(folder.join(name)).unwrap();
            match name.strip_suffix(".repeat") {
                Some(name) => (name.to_owned(), expected.to_owned(), repeated(&content)),
                None => (name.to_owned(), expected.to_owned(), content),
            }
        })
        .collect();
    let there = fs::read_dir(&folder).unwrap().count() - 1;
    assert_eq!(files.len(), there, "a file is not in the index");
    files
}

fn repeated(recipe: &[u8]) -> Vec<u8> {
    let recipe = str::from_utf8(recipe).unwrap();
    let parts = recipe.lines().map(|line| {
        let (count, text) = line.split_once(' ').unwrap();
        text.repeat(count.parse().unwrap())
    });
    parts.collect::<String>().into_bytes()
}

fn mapping(spoken_by: Speaker) -> Xml {
    Xml { spoken_by, root: "root".to_owned(), lists: Vec::new(), namespaces: Vec::new() }
}

/// Reads a document as what its name says it is.
fn read(name: &str, content: &[u8]) -> Result<(), String> {
    let mapping = Mapping::new(&mapping(Speaker::Service)).unwrap();
    match name.rsplit('.').next().unwrap() {
        "xml" | "html" => {
            let read = xml::read(content).map(|_| ()).map_err(|error| error.to_string());
            // The mapping refuses what the reader does.
            assert_eq!(mapping.to_json(content).is_err(), read.is_err(), "{name}");
            read
        }
        "json" => json::read(content).map(|_| ()).map_err(|error| error.to_string()),
        "told" => mapping.to_xml(content).map(|_| ()).map_err(|error| error.to_string()),
        "openapi" => {
            let folder = tempfile::tempdir().unwrap();
            let openapi = folder.path().join("openapi");
            fs::write(&openapi, content).unwrap();
            let validate = Some(Validate { openapi, requests: true, responses: true });
            let _ = openapi::import(&String::from_utf8_lossy(content), "service");
            shape(&Policy { validate, ..Policy::default() }).map(|_| ()).map_err(|error| error.to_string())
        }
        other => panic!("no reader for {other}"),
    }
}

/// Sends a document through all that a policy can do, both ways; gives the statuses it was refused with.
fn through(policy: &Policy, media: &str, content: &[u8]) -> Vec<u16> {
    let shape = shape(policy).unwrap().unwrap();
    let headers = vec![("content-type".to_owned(), media.to_owned())];
    let asked = Request {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        headers: headers.clone(),
        ..Request::default()
    };
    let mut statuses = Vec::new();
    match shape.request(Request { body: content.to_vec(), ..asked.clone() }) {
        Err(refusal) => statuses.push(refusal.status),
        Ok(Converted::Answer(answer)) => statuses.push(answer.status),
        Ok(Converted::Send(..)) => {}
    }
    let Ok(Converted::Send(_, mut answering)) = shape.request(asked) else { panic!("nothing is not sent") };
    let head = Response { status: 200, headers, ..Response::default() };
    match answering.head(&head) {
        Ok(Flow::Whole) => match answering.whole(Response { body: content.to_vec(), ..head }) {
            Err(refusal) => statuses.push(refusal.status),
            Ok(answer) if answer.status >= 400 => statuses.push(answer.status),
            Ok(_) => {}
        },
        Err(refusal) => statuses.push(refusal.status),
        Ok(Flow::Pass | Flow::Stream(_)) => {}
    }
    statuses
}

fn policies() -> Vec<Policy> {
    let change = FieldChange { mask: vec!["a.b".to_owned()], ..FieldChange::default() };
    let fields = Fields { request: change.clone(), response: change, groups: Vec::new() };
    let with = |conversion| Policy { convert: vec![conversion], ..Policy::default() };
    vec![
        with(Conversion::Fields(fields)),
        with(Conversion::Xml(mapping(Speaker::Service))),
        with(Conversion::Xml(mapping(Speaker::Client))),
        Policy { mask: vec![Mask::Card, Mask::Email], problems: true, ..Policy::default() },
    ]
}

#[test]
fn each_document_is_refused_for_what_is_wrong_with_it() {
    let mut wrong = Vec::new();
    for (name, expected, content) in corpus() {
        match (read(&name, &content), expected.as_str()) {
            (Ok(()), "-") => {}
            (Ok(()), _) => wrong.push(format!("{name} was taken")),
            (Err(error), expected) if !error.contains(expected) || error.len() > 1_000 => {
                wrong.push(format!("{name}: {error}"));
            }
            (Err(_), _) => {}
        }
        let media = if name.ends_with("json") || name.ends_with("told") {
            "application/json"
        } else {
            "application/xml"
        };
        for policy in policies() {
            for status in through(&policy, media, &content) {
                if !matches!(status, 400 | 413 | 415 | 422 | 502) {
                    wrong.push(format!("{name}: {status}"));
                }
            }
        }
        let _ = Masks::new(&[Mask::Phone, Mask::Account, Mask::ResidentNumber]).unwrap().bytes(&content);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak < MOST_MEMORY_KIB, "{peak} KiB at the most");
}
