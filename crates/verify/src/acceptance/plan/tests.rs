#![allow(clippy::unwrap_used)]

use super::*;

fn route() -> Route {
    Route {
        name: "/portal/**".to_owned(),
        host: None,
        path: Some("/portal/**".to_owned()),
        methods: Vec::new(),
        services: vec!["portal".parse().unwrap()],
        function: None,
        open: true,
        limits: Vec::new(),
    }
}

#[test]
fn patterns_become_paths_that_they_match() {
    let paths = ["/**", "/portal/**", "/users/*/orders", "/a/{id}", "/"].map(concrete);
    assert_eq!(paths, ["/", "/portal", "/users/1/orders", "/a/1", "/"]);
}

#[test]
fn a_route_that_needs_a_key_or_takes_no_get_is_not_asked() {
    let status = Status::default();
    let asked = Asked::of(&route(), &status).unwrap();
    assert_eq!((asked.path.as_str(), asked.goals()), ("/portal", (APDEX_T, APDEX_T * 4)));
    assert_eq!(Asked::of(&Route { open: false, ..route() }, &status), None);
    assert_eq!(Asked::of(&Route { methods: vec!["POST".to_owned()], ..route() }, &status), None);
}

#[test]
fn a_function_s_response_time_is_the_goal() {
    let name: naru_model::name::FunctionName = "apply".parse().unwrap();
    let function = naru_model::status::FunctionStatus {
        name: name.clone(),
        title: BTreeMap::new(),
        owner: None,
        apdex_t_seconds: 0.2,
        services: Vec::new(),
        traffic: naru_model::status::Traffic::default(),
    };
    let status = Status { functions: vec![function], ..Status::default() };
    let asked = Asked::of(&Route { function: Some(name), ..route() }, &status).unwrap();
    assert_eq!(asked.goals(), (Duration::from_millis(200), Duration::from_millis(800)));
}

#[test]
fn a_plan_is_read_with_its_units_and_refuses_what_cant_be() {
    let json = serde_json::json!({
        "routes": [{ "name": "apply", "path": "/apply", "rate": 20.0, "p95": "300ms", "errors": "0.1%" }],
        "scaling": { "steps": ["50%", "100%"], "step_lasts": "3s" },
    });
    let plan: Plan = serde_json::from_value(json).unwrap();
    assert_eq!(plan.check(), Ok(()));
    assert_eq!(plan.routes[0].goals(), (Duration::from_millis(300), Duration::from_millis(1200)));
    assert_eq!((plan.routes[0].errors, plan.scaling.steps.clone()), (0.001, vec![0.5, 1.0]));
    assert_eq!((plan.allowed(None), plan.allowed(Some(80.0))), (10.0, 80.0));

    for (key, bad) in [
        ("path", serde_json::json!("a b")),
        ("method", serde_json::json!("GE T")),
        ("host", serde_json::json!("a\r\nx: y")),
        ("headers", serde_json::json!({ "a": "b\r\nc: d" })),
        ("expect", serde_json::json!([300, 200])),
        ("rate", serde_json::json!(0.0)),
    ] {
        let mut route = serde_json::json!({ "name": "apply", "path": "/apply" });
        route[key] = bad;
        let plan: Plan = serde_json::from_value(serde_json::json!({ "routes": [route] })).unwrap();
        assert!(plan.check().is_err(), "{key}");
    }
    let unknown = serde_json::from_value::<Plan>(serde_json::json!({ "rutes": [] }));
    assert!(unknown.unwrap_err().to_string().contains("rutes"));
}

#[test]
fn a_request_has_its_host_headers_and_body() {
    let mut asked = Asked::of(&route(), &Status::default()).unwrap();
    asked.headers.insert("accept".to_owned(), "text/html".to_owned());
    asked.body = "abc".to_owned();
    let text = String::from_utf8(asked.request("127.0.0.1:8080")).unwrap();
    assert!(text.starts_with("GET /portal HTTP/1.1\r\nhost: 127.0.0.1:8080\r\n"), "{text}");
    assert!(text.ends_with("accept: text/html\r\ncontent-length: 3\r\n\r\nabc"), "{text}");
}
