use naru_model::platform::Match;
use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone, Default)]
struct Request {
    method: String,
    host: String,
    path: String,
    query: Option<String>,
    headers: Vec<(String, Vec<u8>)>,
}

impl RequestView for Request {
    fn method(&self) -> &str {
        &self.method
    }

    fn host(&self) -> &str {
        &self.host
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    fn header(&self, lower_name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(name, _)| name == lower_name).map(|(_, value)| value.as_slice())
    }
}

/// `GET` of what is written like `www.example.kr/a/b?c=d`.
fn get(target: &str) -> Request {
    let (host, rest) = target.split_at(target.find('/').unwrap());
    let (path, query) =
        rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query.to_owned())));
    Request { method: "GET".into(), host: host.into(), path: path.into(), query, headers: Vec::new() }
}

fn host_and_path(text: &str) -> Match {
    let (host, path) = text.split_at(text.find('/').unwrap());
    let host = Some(host.to_owned()).filter(|host| !host.is_empty());
    Match { host, path: Some(path.to_owned()), ..Match::default() }
}

/// A router whose targets are the routes as written.
fn router(routes: &[&'static str]) -> Router<&'static str> {
    Router::new((1..).zip(routes).map(|(id, text)| (host_and_path(text), RouteId(id), *text)))
}

#[test]
fn the_more_specific_host_wins_and_gives_way_where_it_has_no_route() {
    let routes =
        ["/**", "*.kr/**", "*.example.kr/**", "www.example.kr/**", "www.example.kr/a", "*.example.kr/b/**"];
    let router = router(&routes);
    for (target, route) in [
        ("www.example.kr/x", "www.example.kr/**"),
        ("www.example.kr/a", "www.example.kr/a"),
        ("api.example.kr/x", "*.example.kr/**"),
        ("v1.api.example.kr/b/c", "*.example.kr/b/**"),
        ("example.kr/x", "*.kr/**"),
        ("other.kr/x", "*.kr/**"),
        ("kr/x", "/**"),
        ("/x", "/**"),
    ] {
        assert_eq!(router.find(&get(target)), Some(&route), "{target}");
    }
    let narrow = self::router(&["www.example.kr/a", "*.example.kr/b", "/c"]);
    assert_eq!(narrow.find(&get("www.example.kr/b")), Some(&"*.example.kr/b"));
    assert_eq!(narrow.find(&get("www.example.kr/c")), Some(&"/c"));
    assert_eq!(narrow.find(&get("www.example.kr/d")), None);
}

#[test]
fn the_more_specific_path_wins() {
    let router = router(&["/**", "/a/**", "/a/b/**", "/a/*/c", "/a/b/c", "/*/b/**", "/a/*", "/"]);
    for (path, route) in [
        ("/", "/"),
        ("/x", "/**"),
        ("/a", "/a/**"),
        ("/a/", "/a/**"),
        ("/a/x", "/a/*"),
        ("/a/b", "/a/*"),
        ("/a/b/", "/a/b/**"),
        ("/a/b/c", "/a/b/c"),
        ("/a/x/c", "/a/*/c"),
        ("/a/x/y", "/a/**"),
        ("/a/b/c/d", "/a/b/**"),
        ("/x/b/c", "/*/b/**"),
        ("/ab", "/**"),
    ] {
        assert_eq!(router.find(&get(path)), Some(&route), "{path}");
    }
}

#[test]
fn asking_for_the_server_itself_goes_where_everything_goes() {
    let options = Request { method: "OPTIONS".into(), path: "*".into(), ..Request::default() };
    assert_eq!(router(&["/**", "/a"]).find(&options), Some(&"/**"));
    assert_eq!(router(&["/*"]).find(&options), None);
}

#[test]
fn more_conditions_win_and_all_must_hold() {
    let plain = host_and_path("/a");
    let post = Match { methods: vec!["POST".into(), "PUT".into()], ..plain.clone() };
    let beta = Match {
        headers: vec![("x-beta".into(), Some("yes".into())), ("x-user".into(), None)],
        ..post.clone()
    };
    let page = Match { query: vec![("쪽".into(), Some("1 2".into()))], ..plain.clone() };
    let routes = [(plain, "plain"), (post, "post"), (beta, "beta"), (page, "page")];
    let router = Router::new((1..).zip(routes).map(|(id, (matches, name))| (matches, RouteId(id), name)));
    let mut request = get("/a");
    assert_eq!(router.find(&request), Some(&"plain"));
    request.method = "PUT".into();
    request.headers = vec![("x-beta".into(), b"yes".to_vec())];
    assert_eq!(router.find(&request), Some(&"post"));
    request.headers.push(("x-user".into(), Vec::new()));
    assert_eq!(router.find(&request), Some(&"beta"));
    assert_eq!(router.find(&get("/a?%EC%AA%BD=1+2&x")), Some(&"page"));
    assert_eq!(router.find(&get("/a?%EC%AA%BD=1%202")), Some(&"page"));
    assert_eq!(router.find(&get("/a?%EC%AA%BD=1%2")), Some(&"plain"), "half an escape is text");
}

#[test]
fn services_are_chosen_in_proportion_to_their_weights() {
    let clock = crate::clock::Clock::manual();
    let service = || crate::fixture::service(Default::default(), 0, &clock).0;
    let (one, three, none) = (service(), service(), service());
    let to = [(none.clone(), 0), (one.clone(), 1), (three.clone(), 3)];
    let route = Route::new(RouteId(1), FunctionId(1), None, Arc::new(Flight::new(1)), to).unwrap();
    let mut counts = [0; 3];
    for _ in 0..4000 {
        let chosen = route.choose();
        counts[[&none, &one, &three].iter().position(|s| Arc::ptr_eq(s, chosen)).unwrap()] += 1;
    }
    assert_eq!(counts[0], 0);
    assert!((850..1150).contains(&counts[1]), "{counts:?}");
    assert!(Route::new(RouteId(1), FunctionId(1), None, Arc::new(Flight::new(1)), [(none, 0)]).is_none());
}

/// What the module's documentation says, word by word and slowly.
mod reference {
    use super::*;

    fn path_matches(pattern: &str, path: &str) -> bool {
        let (fixed, below) = pattern.strip_suffix("/**").map_or((pattern, false), |fixed| (fixed, true));
        let wanted: Vec<_> = fixed.split('/').skip(1).collect();
        let got: Vec<_> = path.split('/').skip(1).collect();
        let enough = if below { got.len() >= wanted.len() } else { got.len() == wanted.len() };
        enough && wanted.iter().zip(&got).all(|(w, g)| if *w == "*" { !g.is_empty() } else { w == g })
    }

    fn host_matches(pattern: &str, host: &str) -> bool {
        match pattern.strip_prefix('*') {
            Some(suffix) => host.ends_with(suffix) && host.len() > suffix.len(),
            None => pattern == host,
        }
    }

    fn matches(route: &Match, request: &Request) -> bool {
        route.host.as_deref().is_none_or(|pattern| host_matches(pattern, &request.host))
            && route.path.as_deref().is_none_or(|pattern| path_matches(pattern, &request.path))
            && (route.methods.is_empty() || route.methods.contains(&request.method))
            && route.headers.iter().all(|(name, value)| {
                let got = request.header(name);
                got.is_some() && value.as_ref().is_none_or(|value| got == Some(value.as_bytes()))
            })
    }

    /// The greatest is the most specific.
    fn rank(route: &Match) -> impl Ord + use<> {
        let host = match route.host.as_deref() {
            None => (0, 0),
            Some(host) if host.starts_with('*') => (1, host.len()),
            Some(_) => (2, 0),
        };
        let path = route.path.as_deref().unwrap_or("/**");
        let exact = !path.ends_with("/**");
        let segments: Vec<_> = path.trim_end_matches("/**").split('/').skip(1).map(|s| s != "*").collect();
        let conditions = usize::from(!route.methods.is_empty()) + route.headers.len();
        (host, exact, segments.len(), segments, conditions)
    }

    pub(super) fn find(routes: &[Match], request: &Request) -> Option<usize> {
        let matching = (0..routes.len()).filter(|i| matches(&routes[*i], request));
        matching.max_by_key(|i| (rank(&routes[*i]), std::cmp::Reverse(*i)))
    }
}

fn route_strategy() -> impl Strategy<Value = Match> {
    let host = prop_oneof![
        Just(None),
        proptest::sample::select(vec!["a.kr", "b.a.kr", "*.kr", "*.a.kr", "*.b.a.kr"])
            .prop_map(|h| Some(h.to_owned())),
    ];
    let segment = proptest::sample::select(vec!["a", "b", "*"]);
    let path = (proptest::collection::vec(segment, 0..4), any::<bool>()).prop_map(|(segments, below)| {
        let path: String = segments.iter().map(|s| format!("/{s}")).collect();
        match (below, path.is_empty()) {
            (true, _) => format!("{path}/**"),
            (false, true) => "/".to_owned(),
            (false, false) => path,
        }
    });
    let methods = proptest::sample::subsequence(vec!["GET".to_owned(), "POST".to_owned()], 0..=2);
    let headers = proptest::sample::subsequence(
        vec![("x".to_owned(), None), ("y".to_owned(), Some("1".to_owned()))],
        0..=2,
    );
    (host, proptest::option::of(path), methods, headers).prop_map(|(host, path, methods, headers)| Match {
        host,
        path,
        methods,
        headers,
        query: Vec::new(),
    })
}

fn request_strategy() -> impl Strategy<Value = Request> {
    let host = proptest::sample::select(vec!["a.kr", "b.a.kr", "c.b.a.kr", "kr", "a.com"]);
    let path = proptest::collection::vec(proptest::sample::select(vec!["a", "b", "c", ""]), 1..5);
    let headers = proptest::sample::subsequence(
        vec![("x".to_owned(), b"0".to_vec()), ("y".to_owned(), b"1".to_vec())],
        0..=2,
    );
    (host, path, any::<bool>(), headers).prop_map(|(host, path, post, headers)| Request {
        method: if post { "POST" } else { "GET" }.to_owned(),
        host: host.to_owned(),
        path: path.iter().map(|s| format!("/{s}")).collect(),
        query: None,
        headers,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn the_router_finds_what_the_rules_say(
        routes in proptest::collection::vec(route_strategy(), 0..24),
        requests in proptest::collection::vec(request_strategy(), 1..12),
    ) {
        let numbered = routes.iter().enumerate().map(|(i, matches)| (matches.clone(), RouteId(i as u32), i));
        // In another order than they are numbered.
        let router = Router::new(numbered.rev());
        for request in &requests {
            prop_assert_eq!(router.find(request).copied(), reference::find(&routes, request), "{:?}", request);
        }
    }

    #[test]
    fn whatever_the_request_finding_never_panics(path in ".{0,40}", query in ".{0,40}", host in ".{0,20}") {
        let router = router(&["/a/**", "*.kr/b", "/*/c"]);
        router.find(&Request { path, query: Some(query), host, ..Request::default() });
    }
}
