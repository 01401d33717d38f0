//! How long conversions take for a KiB of body: a list of 50 orders, as public APIs answer them.

use std::hint::black_box;
use std::time::Instant;

use naru_convert::map::Mapping;
use naru_convert::mask::Masks;
use naru_convert::shape;
use naru_model::message::{Converted, Request};
use naru_model::policy::{Conversion, FieldChange, Fields, Mask, Policy, Speaker, Xml};

const ORDERS: usize = 50;
/// The best of several: what others take of the machine only makes it slower.
const RUNS: usize = 15;
const ROUNDS: u32 = 200;

fn main() {
    let json = orders();
    let mapping = Mapping::new(&xml()).expect("a mapping");
    let xml = mapping.to_xml(json.as_bytes()).expect("orders in XML");
    println!("{} KiB of JSON, {} KiB of XML", json.len() / 1024, xml.len() / 1024);
    measure("JSON to XML", json.len(), || mapping.to_xml(json.as_bytes()).expect("XML").len());
    measure("XML to JSON", xml.len(), || mapping.to_json(xml.as_bytes()).expect("JSON").len());
    let change = FieldChange {
        select: vec!["orders.id".to_owned(), "orders.owner".to_owned(), "orders.items.sku".to_owned()],
        remove: vec!["orders.owner.address".to_owned()],
        rename: vec![("orders.id".to_owned(), "number".to_owned())],
        mask: vec!["orders.owner.phone".to_owned()],
    };
    let fields = Fields { request: change, response: FieldChange::default(), groups: Vec::new() };
    let policy = Policy { convert: vec![Conversion::Fields(fields)], ..Policy::default() };
    let shape = shape(&policy).expect("a policy").expect("a shape");
    measure("fields: select, remove, rename, mask", json.len(), || {
        let request = Request {
            method: "POST".to_owned(),
            path: "/orders".to_owned(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: json.clone().into_bytes(),
            ..Request::default()
        };
        match shape.request(request) {
            Ok(Converted::Send(request, _)) => request.body.len(),
            _ => unreachable!("the body is JSON"),
        }
    });
    let masks = [Mask::ResidentNumber, Mask::Card, Mask::Phone, Mask::Account, Mask::Email];
    let masks = Masks::new(&masks).expect("masks");
    measure("masks, all five, as text", json.len(), || masks.bytes(json.as_bytes()).len());
}

fn measure(what: &str, bytes: usize, work: impl Fn() -> usize) {
    let mut best = f64::INFINITY;
    for _ in 0..RUNS {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            black_box(work());
        }
        best = best.min(start.elapsed().as_secs_f64() / f64::from(ROUNDS));
    }
    println!("{what}: {:.0} ns per KiB", best * 1e9 / (bytes as f64 / 1024.0));
}

fn xml() -> Xml {
    Xml { spoken_by: Speaker::Service, root: "root".to_owned(), lists: Vec::new(), namespaces: Vec::new() }
}

fn orders() -> String {
    let orders = (0..ORDERS).map(|n| {
        format!(
            r#"{{"id":{n},"state":"paid","owner":{{"name":"홍길동","phone":"010-1234-{n:04}","address":"서울특별시 종로구 세종대로 {n}","email":"hong{n}@example.go.kr"}},"items":[{{"sku":"A-{n}","name":"주민등록등본 발급","price":1000.50,"count":2}},{{"sku":"B-{n}","name":"가족관계증명서","price":1500,"count":1}}],"memo":null,"paid":true}}"#
        )
    });
    format!(r#"{{"orders":[{}]}}"#, orders.collect::<Vec<_>>().join(","))
}
