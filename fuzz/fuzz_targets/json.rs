//! JSON: no panic; what is read is what serde_json reads, and is written so that it reads the same; what is told in XML is XML.

#![no_main]

use libfuzzer_sys::fuzz_target;
use naru_convert::map::Mapping;
use naru_convert::{json, xml};
use naru_model::policy::{Speaker, Xml};

fuzz_target!(|input: &[u8]| {
    let Ok(value) = json::read(input) else { return };
    match serde_json::from_slice::<serde_json::Value>(input) {
        Ok(theirs) => assert_eq!(value.to_serde(), theirs),
        // A number past a double is one all the same.
        Err(error) => assert!(error.to_string().contains("number out of range"), "{error}"),
    }
    let written = value.write();
    assert_eq!(json::read(written.as_bytes()).as_ref(), Ok(&value));
    let (namespaces, lists) = (vec![("a".to_owned(), "a".to_owned())], Vec::new());
    let policy = Xml { spoken_by: Speaker::Service, root: "root".to_owned(), lists, namespaces };
    let mapping = Mapping::new(&policy).expect("a mapping");
    if let Ok(told) = mapping.to_xml(input) {
        // What is larger than is read is all that a reader may refuse.
        let read = xml::read(told.as_bytes());
        let bound = |error: &xml::Error| error.fault.to_string().contains("more than");
        assert!(read.as_ref().is_ok() || read.as_ref().is_err_and(bound), "{told}");
    }
});
