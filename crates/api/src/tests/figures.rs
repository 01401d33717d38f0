//! Figures, the T-Map and transactions: what is handed on, and what is refused.

use serde_json::json;

use super::Served;
use super::fake::booking;
use crate::message::{MapParams, SeriesParams, TransactionsParams};

/// The fake's clock, in seconds.
const NOW: u32 = 1_795_219_200;

#[tokio::test]
async fn figures_are_asked_for_as_the_query_has_them() {
    let served = Served::start().await;
    let asked = || served.fake.asked.lock().unwrap().pop().unwrap();
    let answer = served.get("/v1/series?subject=service:booking&from=100&to=400&points=30").await;
    assert_eq!((answer.status, &answer.json()[0]["seconds"]), (200, &json!(300)));
    assert_eq!(asked(), "series of service:booking from 100 to 400 in 30");
    let answer = served.get("/v1/series").await;
    assert_eq!(answer.status, 200);
    assert_eq!(asked(), format!("series of all from {} to {} in 300", NOW + 1 - 3600, NOW + 1));

    let map = served
        .get("/v1/map?subject=function:approval&from=100&to=200&columns=10&rows=5&top=2.5&dots=7")
        .await;
    assert_eq!((map.status, &map.json()["dots"]), (200, &json!([[0.5, 1.5, 1]])));
    let said = asked();
    assert!(said.contains("columns: 10, rows: 5, top: Some(2.5s), dots: 7"), "{said}");

    let path = "/v1/transactions?subject=route:/a%3Fb&from=1000000&to=2000000&at_least=0.5&at_most=3&errors=true&limit=9";
    let found = served.get(path).await;
    assert_eq!((found.status, &found.json()["more"]), (200, &json!(true)));
    let said = asked();
    assert!(said.contains("Route(\"/a?b\"), from: Timestamp(1000000), to: Timestamp(2000000)"), "{said}");
    assert!(said.contains("at_least: 500ms, at_most: Some(3s), errors: true, "), "{said}");
    assert!(said.ends_with("limit: 9 }"), "{said}");

    let path = "/v1/tally?subject=caller:mobile-app&from=100&to=200&by=route,status&order=errors&limit=5";
    let tally = served.get(path).await;
    assert_eq!((tally.status, &tally.json()["rows"][0]["calls"]), (200, &json!(3)));
    let said = asked();
    assert!(said.contains("by: [Route, Status], order: Errors, limit: 5"), "{said}");
    let table = served.get("/v1/tally?format=csv").await;
    assert!(table.body.contains("mobile-app,\"'=cmd, \"\"x\"\"\",3,1,"), "{}", table.body);

    let calls = served.get("/v1/calls?from=100&to=200").await;
    assert_eq!((calls.status, &calls.json()["unused_routes"][0]["route"]), (200, &json!("/never/**")));
    assert!(asked().contains("calls Period { from: 100, to: 200 }"));
    let table = served.get("/v1/calls?format=csv").await;
    assert!(table.body.contains("unused_route,,/never/**,"), "{}", table.body);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_the_range_that_does() {
    let served = Served::start().await;
    for (path, status, why) in [
        ("series?subject=portal", 400, "\"portal\" is nothing that has figures"),
        ("series?points=0", 422, "points=0 is not from 1 to 5000"),
        ("series?from=9&to=9", 422, "from=9 is not before to=9"),
        ("series?from=0&to=1795219200", 422, "at most 400"),
        ("series?from=-1", 400, "the query can't be read"),
        ("series?unit=ms", 400, "unknown field `unit`"),
        ("map?subject=host", 422, "the host has no transactions"),
        ("map?columns=1001", 422, "columns=1001 is not from 1 to 1000"),
        ("map?rows=0", 422, "rows=0 is not from 1 to 1000"),
        ("map?dots=20001", 422, "dots=20001 is not from 0 to 20000"),
        ("map?top=0", 422, "top=0"),
        ("map?top=NaN", 422, "top=NaN is not from 0 to 86400 seconds"),
        ("transactions?limit=1001", 422, "limit=1001 is not from 1 to 1000"),
        ("transactions?at_least=-1", 422, "at_least=-1 is not from 0"),
        ("transactions?at_least=3&at_most=2", 422, "at_most is less than at_least"),
        ("tally?by=caller,colour", 422, "can't be added up by \"colour\""),
        ("tally?by=caller,route,hour,status", 422, "is more than 3"),
        ("calls?from=9&to=9", 422, "from=9 is not before to=9"),
        ("transactions?from=5&to=4", 422, "from=5 is not before to=4"),
        ("transactions?from=1&to=18446744073709551615", 422, "is no time"),
        ("events?kind=scaled,sneezed", 400, "unknown variant `sneezed`"),
        ("events?follow=true&to=5", 422, "a stream has no end"),
        ("events?after=18446744073709551615", 422, "is no event's id"),
    ] {
        let (found, detail) = served.get(&format!("/v1/{path}")).await.problem();
        assert_eq!((found, detail.contains(why)), (status, true), "{path}: {detail}");
    }
    assert!(served.fake.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_client_asks_for_what_it_is_told() {
    let served = Served::start().await;
    let client = served.local();
    let asked = || served.fake.asked.lock().unwrap().pop().unwrap();
    let subject = "route:www.example.go.kr/a b/**".parse().unwrap();
    let wanted = SeriesParams { subject, from: Some(1), to: Some(3), points: 2 };
    assert_eq!(client.series(&wanted).await.unwrap()[0].at, 1);
    assert_eq!(asked(), "series of route:www.example.go.kr/a b/** from 1 to 3 in 2");
    let wanted = MapParams { top: Some(0.25), from: Some(5), ..MapParams::default() };
    assert_eq!(client.map(&MapParams { to: Some(6), ..wanted }).await.unwrap().from, 5);
    assert!(asked().contains("top: Some(250ms)"));
    let wanted = TransactionsParams { at_most: Some(1.5), errors: true, ..TransactionsParams::default() };
    assert!(client.transactions(&wanted).await.unwrap().more);
    assert!(asked().contains("at_most: Some(1.5s), errors: true"));
}

#[tokio::test]
async fn scaling_is_explained_by_the_last_hours_decisions() {
    let served = Served::start().await;
    served.fake.say(Some("booking"), "long ago");
    *served.fake.clock.lock().unwrap() = naru_model::units::Timestamp(u64::from(NOW + 3601) * 1_000_000);
    served.fake.say(Some("booking"), "3 to 4: cpu 71% over 60%");
    served.fake.say(Some("portal"), "of another");
    let scaling = served.local().scaling(&booking()).await.unwrap();
    assert_eq!((scaling.desired, scaling.ready, scaling.scaling.held), (2, 1, Some(2)));
    let messages: Vec<&str> = scaling.events.iter().map(|event| event.message.as_str()).collect();
    assert_eq!(messages, ["3 to 4: cpu 71% over 60%"]);
    assert_eq!(served.get("/v1/services/other/scaling").await.problem().0, 404);
    let kinds = served.get("/v1/events?kind=scaled&before=3").await.json();
    assert_eq!(kinds.as_array().map(Vec::len), Some(2));
    assert_eq!(served.get("/v1/events?kind=upgraded").await.json(), json!([]));
}
