//! SOAP, both faces: whatever is given as WSDL, as envelope, as answer of a SOAP service or as JSON for one, there is no panic;
//! what goes on is well-formed, and a refusal says whose fault it is.

#![no_main]

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use naru_convert::xml;
use naru_model::message::{Answering, Converted, Request, Response, Shape};
use naru_model::policy::{Conversion, OfferSoap, Policy, Soap};

/// The schemas that have most to say, each with a request that fits it.
const WSDLS: [(&str, &str); 4] = [
    ("choice", r#"{"id":1,"card":"c"}"#),
    ("repeated", r##"{"name":["a"],"#items":[{"key":"k"}]}"##),
    ("extension", r#"{"pet":[{"@xsi:type":"Cat","name":"a","lives":1}],"favourite":{"name":"a","lives":1}}"#),
    ("nillable", r#"{"count":1,"box":null,"several":[1]}"#),
];

static REST: LazyLock<Vec<(Arc<dyn Shape>, &str)>> = LazyLock::new(|| {
    let folder = root().join("crates/convert/tests/wsdl");
    let read = |name: &str| made(soap(folder.join(format!("{name}.wsdl")))).expect("a WSDL of the tests");
    WSDLS.iter().map(|(name, fits)| (read(name), *fits)).collect()
});
static OFFERED: LazyLock<Arc<dyn Shape>> = LazyLock::new(|| {
    let openapi = root().join("tests/peers/soap/orders.yaml");
    let offered = OfferSoap { openapi, namespace: "urn:orders".into(), name: "Orders".into() };
    made(Conversion::OfferSoap(offered)).expect("a document of the tests")
});
/// Where an input lies as a WSDL, in memory; one for each process.
static GIVEN: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = PathBuf::from(format!("/dev/shm/naru-fuzz-soap-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder in memory");
    folder.join("given.wsdl")
});

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn soap(wsdl: PathBuf) -> Conversion {
    Conversion::Soap(Soap { wsdl, service: None, port: None })
}

fn made(conversion: Conversion) -> Option<Arc<dyn Shape>> {
    naru_convert::shape(&Policy { convert: vec![conversion], ..Policy::default() }).ok()?
}

/// Sends it as a client; what would go to the service is well-formed.
fn asked(shape: &dyn Shape, media: &str, body: &[u8], is_xml: bool) -> Option<Box<dyn Answering>> {
    let request = Request {
        method: "POST".into(),
        path: "/Echo".into(),
        headers: vec![("content-type".into(), media.into())],
        body: body.to_vec(),
        ..Request::default()
    };
    match shape.request(request) {
        Ok(Converted::Send(sent, answering)) => {
            if is_xml {
                xml::read(&sent.body).expect("well-formed");
            }
            return Some(answering);
        }
        Ok(Converted::Answer(response)) => assert!((200..600).contains(&response.status)),
        Err(refusal) => assert!((400..500).contains(&refusal.status), "{refusal:?}"),
    }
    None
}

fn answered(mut answering: Box<dyn Answering>, status: u16, body: &[u8]) {
    let headers = vec![("content-type".into(), "text/xml".into())];
    match answering.whole(Response { status, headers, body: body.to_vec(), ..Response::default() }) {
        Ok(response) => assert!((200..600).contains(&response.status)),
        Err(refusal) => assert_eq!(refusal.status, 502),
    }
}

fuzz_target!(|input: &[u8]| {
    if !input.starts_with(b"<") {
        for (shape, _) in &*REST {
            asked(&**shape, "application/json", input, true);
        }
        return;
    }
    std::fs::write(&*GIVEN, input).expect("memory");
    if let Some(shape) = made(soap(GIVEN.clone())) {
        asked(&*shape, "application/json", b"{}", true);
    }
    asked(&**OFFERED, "text/xml", input, false);
    for (shape, fits) in &*REST {
        for status in [200, 500] {
            let answering = asked(&**shape, "application/json", fits.as_bytes(), true);
            answered(answering.expect("it fits"), status, input);
        }
    }
});
