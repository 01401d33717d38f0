//! Jobs and dead letters.

use serde_json::json;

use super::Served;
use super::managed::letter;
use crate::message::LettersQuery;

async fn with_letters(count: usize) -> Served {
    let served = Served::start().await;
    let letters = (0..count).map(|n| letter(&format!("id{n}"), &format!("/later/{n}?resident=secret")));
    *served.fake.letters.lock().unwrap() = letters.collect();
    served
}

#[tokio::test]
async fn dead_letters_are_listed_page_by_page() {
    let served = with_letters(3).await;
    let client = served.local();
    assert_eq!(client.jobs().await.unwrap()[0].dead, 3);
    let first = client.dead_letters(&LettersQuery { limit: 2, ..LettersQuery::default() }).await.unwrap();
    assert_eq!((first.letters.len(), first.more), (2, true));
    let after = Some(first.letters[1].id.clone());
    let rest =
        client.dead_letters(&LettersQuery { limit: 2, after, ..LettersQuery::default() }).await.unwrap();
    assert_eq!((rest.letters.len(), rest.more), (1, false));
    let other = LettersQuery { route: Some("/other".to_owned()), ..LettersQuery::default() };
    assert!(client.dead_letters(&other).await.unwrap().letters.is_empty());
    for limit in ["0", "501"] {
        assert_eq!(served.get(&format!("/v1/dead-letters?limit={limit}")).await.problem().0, 422);
    }
}

#[tokio::test]
async fn a_letter_is_opened_replayed_and_discarded_and_the_audit_says_which() {
    let served = with_letters(2).await;
    let client = served.local();
    assert_eq!(
        served.get("/v1/dead-letters/id0").await.json()["headers"],
        json!([["authorization", "(hidden)"]])
    );
    client.replay("id0").await.unwrap();
    client.discard("id1").await.unwrap();
    let gone = client.dead_letter("a/b?c").await.unwrap_err().to_string();
    assert!(gone.starts_with("there is no dead letter \"a/b?c\""), "{gone}");
    assert_eq!(
        served.ask("POST", "/v1/dead-letters/id0/replay", &super::shows(super::TOKEN), "").await.status,
        404
    );
    assert_eq!(served.fake.asked.lock().unwrap().as_slice(), ["replay id0"]);

    let kept = served.fake.audits.subscribe().wait_for(|kept| kept.len() == 3).await.unwrap().clone();
    let told: Vec<String> =
        kept.iter().map(|one| format!("{} {}: {}", one.action, one.subject, one.detail)).collect();
    let of = |n| format!("POST api.example.go.kr/later/{n} of /later/**, dead: the service answered 503");
    assert_eq!(told[..2], [format!("replay id0: {}", of(0)), format!("discard id1: {}", of(1))]);
    assert_eq!((told[2].as_str(), kept[2].outcome), ("replay id0: ", 404));
}
