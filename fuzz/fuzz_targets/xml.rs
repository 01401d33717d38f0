//! XML: no panic; what is read is written so that it reads the same, and is told in JSON that reads.

#![no_main]

use libfuzzer_sys::fuzz_target;
use naru_convert::map::Mapping;
use naru_convert::{json, xml};
use naru_model::policy::{Speaker, Xml};

fuzz_target!(|input: &[u8]| {
    let Ok(root) = xml::read(input) else { return };
    let written = xml::write(&root).expect("what was read can be written");
    assert_eq!(xml::read(written.as_bytes()).as_ref(), Ok(&root));
    let (namespaces, lists) = (vec![("a".to_owned(), "a".to_owned())], vec!["a.b".to_owned()]);
    let policy = Xml { spoken_by: Speaker::Service, root: "root".to_owned(), lists, namespaces };
    let mapping = Mapping::new(&policy).expect("a mapping");
    if let Ok(told) = mapping.to_json(input) {
        json::read(told.as_bytes()).expect("what is told in JSON is JSON");
    }
});
