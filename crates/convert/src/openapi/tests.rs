use std::fs;

use naru_model::message::{Flow, header};
use proptest::prelude::*;

use super::*;

const DOCUMENT: &str = r##"
openapi: 3.0.3
info: { title: Orders, version: 1.0.0 }
servers: [{ url: "https://api.example.go.kr/v1" }]
paths:
  /orders:
    get:
      parameters:
        - { name: limit, in: query, schema: { type: integer, minimum: 1, maximum: 100 } }
        - { name: state, in: query, schema: { type: array, items: { type: string, enum: [new, paid] } } }
        - { name: ids, in: query, explode: false, schema: { type: array, items: { type: integer } } }
        - { name: filter, in: query, style: deepObject, schema: { type: object, properties: { price: { type: number } }, additionalProperties: false } }
        - { name: X-Trace, in: header, required: true, schema: { type: string, format: uuid } }
      responses:
        "200":
          description: all
          content: { application/json: { schema: { type: array, items: { $ref: "#/components/schemas/Order" } } } }
    post:
      requestBody:
        required: true
        content:
          application/json: { schema: { $ref: "#/components/schemas/Order" } }
          application/x-www-form-urlencoded: { schema: { $ref: "#/components/schemas/Order" } }
      responses:
        "201": { description: made }
        4XX: { description: no, content: { application/problem+json: {} } }
  /orders/{id}:
    parameters: [{ $ref: "#/components/parameters/Id" }]
    get: { responses: { default: { description: one, content: { "application/*": { schema: { $ref: "#/components/schemas/Order" } } } } } }
  /orders/recent:
    get: { responses: { "200": { description: recent } } }
components:
  parameters:
    Id: { name: id, in: path, required: true, schema: { type: integer } }
  schemas:
    Order:
      type: object
      required: [id, item, secret]
      properties:
        id: { type: integer, readOnly: true }
        secret: { type: string, writeOnly: true }
        item: { type: string, nullable: true, pattern: "^[a-z]+$" }
        price: { type: number, minimum: 0, exclusiveMinimum: true }
        next: { nullable: true, allOf: [{ $ref: "#/components/schemas/Order" }] }
      additionalProperties: false
"##;

fn shape(document: &str, responses: bool) -> Result<ValidateShape, Error> {
    let folder = tempfile::tempdir().unwrap();
    let openapi = folder.path().join("openapi.yaml");
    fs::write(&openapi, document).unwrap();
    ValidateShape::new(&Validate { openapi, requests: true, responses })
}

fn request(method: &str, target: &str, media: &str, body: &str) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = vec![("x-trace".to_owned(), "67e55044-10b1-426f-9247-bb680e5fe0c8".to_owned())];
    if !media.is_empty() {
        headers.push(("content-type".to_owned(), media.to_owned()));
    }
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: body.into(),
        ..Request::default()
    }
}

/// Status and detail; 0 when it is sent on.
fn asked(request: Request) -> (u16, String) {
    match shape(DOCUMENT, false).unwrap().request(request) {
        Ok(Converted::Send(..)) => (0, String::new()),
        Ok(Converted::Answer(answer)) => {
            (answer.status, header(&answer.headers, "allow").unwrap_or("").to_owned())
        }
        Err(refusal) => (refusal.status, refusal.detail),
    }
}

#[test]
fn paths_and_methods_are_those_of_the_document() {
    assert_eq!(asked(request("GET", "/v1/orders", "", "")).0, 0);
    assert_eq!(asked(request("HEAD", "/orders/7", "", "")).0, 0);
    // Not the id `recent`, which is no number.
    assert_eq!(asked(request("GET", "/orders/recent", "", "")).0, 0);
    assert_eq!(asked(request("GET", "/v2/orders", "", "")).0, 404);
    assert_eq!(asked(request("DELETE", "/orders", "", "")), (405, "GET, POST, HEAD".to_owned()));
}

#[test]
fn parameters_are_what_their_schemas_say() {
    let get = |query: &str| asked(request("GET", &format!("/orders?{query}"), "", ""));
    for good in ["limit=7", "state=new&state=paid", "state=new", "ids=1,2", "filter[price]=1.5&x=y", ""] {
        assert_eq!(get(good), (0, String::new()), "{good}");
    }
    for (query, detail) in [
        ("limit=0", "query parameter `limit`: the value is less than the minimum of 1"),
        ("limit=x", "query parameter `limit`: the value is not of type \"integer\""),
        ("state=new&state=old", "query parameter `state` at /1: the value is not one of \"new\" or \"paid\""),
        ("ids=1,b", "query parameter `ids` at /1: the value is not of type \"integer\""),
        ("filter%5Bprice%5D=x", "query parameter `filter` at /price: the value is not of type \"number\""),
    ] {
        assert_eq!(get(query), (400, detail.to_owned()));
    }
    let (status, detail) = asked(request("GET", "/orders/x", "", ""));
    assert_eq!((status, detail.as_str()), (400, "path parameter `id`: the value is not of type \"integer\""));
    let bare = Request { headers: Vec::new(), ..request("GET", "/orders", "", "") };
    assert_eq!(asked(bare), (400, "header `x-trace` is missing".to_owned()));
}

#[test]
fn bodies_are_what_their_schemas_say() {
    let post = |media: &str, body: &str| asked(request("POST", "/orders", media, body));
    for good in [
        r#"{"item":"a","secret":"s"}"#,
        r#"{"item":null,"secret":"s","price":0.1,"next":null}"#,
        r#"{"item":"a","secret":"s","next":{"item":"b","secret":"t"}}"#,
    ] {
        assert_eq!(post("application/json; charset=utf-8", good), (0, String::new()), "{good}");
    }
    assert_eq!(post("application/x-www-form-urlencoded", "item=a&secret=1&price=2").0, 0);
    for (body, detail) in [
        (r#"{"item":"A","secret":"s"}"#, "body at /item: the value does not match \"^[a-z]+$\""),
        (r#"{"secret":"s"}"#, "body: \"item\" is a required property"),
        (
            r#"{"item":"a","secret":"s","price":0}"#,
            "body at /price: the value is less than or equal to the minimum of 0",
        ),
        (r#"{"item":"a","item":"b"}"#, "body: no JSON: line 1, column 13: the member is there twice"),
        ("", "a body is missing"),
    ] {
        assert_eq!(post("application/json", body), (400, detail.to_owned()));
    }
    let (status, detail) = post("text/xml", "<a/>");
    assert_eq!(status, 415);
    assert_eq!(
        detail,
        "`text/xml` is not taken here; send application/json or application/x-www-form-urlencoded"
    );
}

fn answered(method: &str, path: &str, status: u16, media: &str, body: &str) -> Option<String> {
    let Ok(Converted::Send(_, mut answering)) =
        shape(DOCUMENT, true).unwrap().request(request(method, path, "", ""))
    else {
        panic!("not sent")
    };
    let headers = vec![("content-type".to_owned(), media.to_owned())];
    let response = Response { status, headers, body: body.into(), trailers: Vec::new() };
    assert!(matches!(answering.head(&response), Ok(Flow::Whole)));
    answering.whole(response).err().map(|refusal| {
        assert_eq!(refusal.status, 502);
        refusal.detail.strip_prefix("the service's answer does not fit its description: ").unwrap().to_owned()
    })
}

#[test]
fn answers_are_what_the_document_says() {
    let json = "application/json";
    assert_eq!(answered("GET", "/orders", 200, json, r#"[{"id":1,"item":"a"}]"#), None);
    let detail = answered("GET", "/orders", 200, json, r#"[{"item":"a"}]"#);
    assert_eq!(detail.as_deref(), Some("body at /0: \"id\" is a required property"));
    assert_eq!(answered("GET", "/orders", 204, json, "").as_deref(), Some("status 204 is not in it"));
    assert_eq!(answered("GET", "/orders", 503, "text/html", "<p>"), None);
    assert_eq!(
        answered("GET", "/orders", 200, "text/html", "<p>").as_deref(),
        Some("content type `text/html` is not in it")
    );
    assert_eq!(
        answered("GET", "/orders/1", 200, json, "[]").as_deref(),
        Some("body: the value is not of type \"object\"")
    );
    assert_eq!(answered("HEAD", "/orders/1", 200, json, ""), None);
    assert_eq!(answered("GET", "/orders/recent", 200, "text/html", "<p>"), None);
}

#[test]
fn a_document_that_is_none_is_refused() {
    let error = |text: &str| {
        shape(text, false).unwrap_err().to_string().split_once("openapi.yaml: ").unwrap().1.to_owned()
    };
    assert_eq!(error("swagger: '2.0'"), "Swagger \"2.0\" is not read; convert it to OpenAPI 3");
    assert_eq!(error("{}"), "no OpenAPI document: `openapi: 3.1.0` is missing");
    assert_eq!(error("openapi: 3.2.0"), "OpenAPI 3.2.0 is not read; only 3.0 and 3.1 are");
    let other = "openapi: 3.1.0\npaths: { /a: { $ref: other.yaml } }";
    assert_eq!(error(other), "/paths//a: other.yaml is another document; bundle them into one");
    let circle = "openapi: 3.1.0\npaths: { /a: { $ref: '#/paths/~1a' } }";
    assert_eq!(error(circle), "/paths/~1a: references go round in a circle");
    let nowhere = "openapi: 3.1.0\npaths: { /a: { get: { requestBody: { $ref: '#/x' } } } }";
    assert_eq!(error(nowhere), "/paths/~1a/get/requestBody: reference #/x leads nowhere");
    let schema = "openapi: 3.1.0\npaths: { /a: { get: { requestBody: { content: { a/b: { schema: { type: 7 } } } } } } }";
    assert!(
        error(schema).starts_with("/paths/~1a/get/requestBody/content/a~1b/schema: "),
        "{}",
        error(schema)
    );
}

#[test]
fn json_schema_of_3_1_holds_as_it_is() {
    let document = r#"{"openapi":"3.1.0","paths":{"/a":{"post":{"requestBody":{"content":{"application/json":{"schema":
        {"type":["object","null"],"properties":{"n":{"exclusiveMinimum":0}},"unevaluatedProperties":false}}}}}}}}"#;
    let shape = shape(document, false).unwrap();
    let status = |body| {
        shape.request(request("POST", "/a", "application/json", body)).err().map(|refusal| refusal.status)
    };
    assert_eq!(status("null"), None);
    assert_eq!(status(r#"{"n":1}"#), None);
    assert_eq!(status(r#"{"n":0}"#), Some(400));
    assert_eq!(status(r#"{"m":1}"#), Some(400));
}

#[test]
fn schemas_that_are_nothing_but_themselves_do_not_go_round() {
    for schemas in [
        r##"{"A":{"$ref":"#/components/schemas/A"}}"##,
        r##"{"A":{"allOf":[{"$ref":"#/components/schemas/B"}]},"B":{"anyOf":[{"$ref":"#/components/schemas/A"}]}}"##,
        r##"{"A":{"type":"object","not":{"$ref":"#/components/schemas/A"}}}"##,
    ] {
        let document = format!(
            r##"{{"openapi":"3.1.0","paths":{{"/a":{{"post":{{"requestBody":{{"content":{{"application/json":{{"schema":
            {{"$ref":"#/components/schemas/A"}}}}}}}}}}}}}},"components":{{"schemas":{schemas}}}}}"##
        );
        match shape(&document, false) {
            Ok(shape) => drop(shape.request(request("POST", "/a", "application/json", "{}"))),
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn routes_are_made_of_paths() {
    let routes = import(DOCUMENT, "orders").unwrap();
    assert_eq!(
        routes,
        "routes:\n  - match: { path: /v1/orders, methods: [GET, POST] }\n    to: orders\n  - match: { path: /v1/orders/*, method: GET }\n    \
         to: orders\n  - match: { path: /v1/orders/recent, method: GET }\n    to: orders\n"
    );
    let file = format!("services:\n  orders: {{ exec: [x] }}\n{routes}");
    let machine = naru_config::Machine { cores: 2, memory: naru_model::units::Bytes(1 << 30) };
    let platform = naru_config::parse("naru.yaml", &file, Path::new("/"), machine);
    assert_eq!(platform.expect("a platform").routes.len(), 3);
    assert_eq!(
        import("openapi: 3.1.0", "a").unwrap_err().to_string(),
        "can't import: the document has no paths with methods"
    );
}

proptest! {
    #[test]
    fn whatever_is_asked_does_not_panic(
        path in "/(orders|v1)?/?[0-9a-z%{}/]{0,10}", query in "[a-z%=&,0-9\\[\\]]{0,20}", body in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let shape = shape(DOCUMENT, true).unwrap();
        for (method, media) in [("GET", ""), ("POST", "application/json"), ("POST", "application/x-www-form-urlencoded")] {
            let asked = request(method, &format!("{path}?{query}"), media, "");
            let _ = shape.request(Request { body: body.clone(), ..asked });
        }
    }
}
