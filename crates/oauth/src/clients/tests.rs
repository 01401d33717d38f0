//! A client's life, without a store.

use super::change::*;
use super::*;

const SECOND: u64 = 1_000_000;
const DAY: Duration = Duration::from_secs(86_400);

fn at(second: u64) -> Timestamp {
    Timestamp(second * SECOND)
}

fn name(name: &str) -> ClientName {
    name.parse().unwrap()
}

fn proof(digit: char, until: Option<Timestamp>) -> Secret {
    Secret { sha256: digit.to_string().repeat(64), from: None, until }
}

fn registered_with(client: Client) -> Registered {
    change::register(name("mobile"), client, "kim", at(1)).unwrap()
}

#[test]
fn a_change_keeps_keys_secrets_and_the_block() {
    let client = Client {
        title: Some("Mobile".to_owned()),
        keys: vec![proof('a', None)],
        secrets: vec![proof('b', None)],
        blocked: true,
        scopes: vec!["read".to_owned()],
        ..Client::default()
    };
    let old = registered_with(client.clone());
    let new = Client { title: Some("앱".to_owned()), keys: vec![proof('c', None)], ..Client::default() };
    let changed = change::change(&old, new, "lee", at(5)).unwrap();
    let expected = Client { title: Some("앱".to_owned()), scopes: Vec::new(), ..client };
    assert_eq!(changed.client, expected);
    assert_eq!((changed.made_at, changed.made_by.as_str()), (at(1), "kim"));
    assert_eq!((changed.changed_at, changed.changed_by.as_str()), (at(5), "lee"));
    assert!(!block(&changed, false, "lee", at(6)).client.blocked);
}

#[test]
fn a_rotated_key_overlaps_and_those_that_have_ended_go() {
    let keys = vec![
        proof('a', None),
        proof('b', Some(at(50))),
        proof('c', Some(at(9))),
        proof('d', Some(at(999_999))),
    ];
    let old = registered_with(Client { keys, ..Client::default() });
    let rotated = rotate(&old, Kind::ApiKey, proof('e', None), DAY, "kim", at(10)).unwrap();
    let end = Some(at(10) + DAY);
    let kept = [proof('a', end), proof('b', Some(at(50))), proof('d', end), proof('e', None)];
    assert_eq!(rotated.client.keys, kept);
    assert!(rotated.client.keys.iter().all(|key| key.is_good(at(10))));

    // No overlap: the old ones end now.
    let rotated = rotate(&old, Kind::ApiKey, proof('e', None), Duration::ZERO, "kim", at(10)).unwrap();
    assert_eq!(rotated.client.keys, [proof('e', None)]);
    let added = add(&old, Kind::Secret, proof('f', None), "kim", at(10)).unwrap();
    assert_eq!((added.client.keys.len(), added.client.secrets), (4, vec![proof('f', None)]));
}

#[test]
fn one_key_is_ended_by_the_beginning_of_its_hash() {
    let old = registered_with(Client { keys: vec![proof('a', None), proof('b', None)], ..Client::default() });
    let ended = end(&old, Kind::ApiKey, "aaaaaaaa", "kim", at(5)).unwrap();
    assert_eq!(ended.client.keys, [proof('b', None)]);
    for wrong in ["", "aaaaaaa", "cccccccc"] {
        assert!(
            matches!(end(&old, Kind::ApiKey, wrong, "kim", at(5)), Err(ClientError::NoProof { .. })),
            "{wrong}"
        );
    }
    assert!(end(&old, Kind::Secret, "aaaaaaaa", "kim", at(5)).is_err());
}

#[test]
fn what_can_not_be_is_refused_with_what_would_be_right() {
    let jwks = |text: &str| Client { jwks: Some(text.to_owned()), ..Client::default() };
    let certificate = |one| Client { certificates: vec![one], ..Client::default() };
    let fingerprint = |text: &str| naru_model::client::Certificate {
        fingerprint: Some(text.to_owned()),
        ..Default::default()
    };
    for (client, why) in [
        (Client { title: Some("가".repeat(201)), ..Client::default() }, "title"),
        (Client { keys: vec![proof('a', None); 51], ..Client::default() }, "50 keys"),
        (Client { keys: vec![proof('G', None)], ..Client::default() }, "64 digits"),
        (Client { scopes: vec!["a b".to_owned()], ..Client::default() }, "scopes"),
        (Client { scopes: vec!["a".to_owned(); 102], ..Client::default() }, "100 scopes"),
        (Client { groups: vec![String::new()], ..Client::default() }, "groups"),
        (certificate(Default::default()), "everybody"),
        (certificate(fingerprint("AB")), "SHA-256"),
        (jwks("{}"), "keys"),
        (jwks(&" ".repeat(70_000)), "longer"),
        (jwks(r#"{"keys":[{"kty":"EC","d":"x"}]}"#), "private"),
    ] {
        let said = change::register(name("mobile"), client, "kim", at(1)).unwrap_err().to_string();
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn the_file_wins_over_what_is_registered() {
    let client = |title: &str| Client { title: Some(title.to_owned()), ..Client::default() };
    let file = BTreeMap::from([(name("mobile"), client("file")), (name("batch"), client("file"))]);
    let registered = [("mobile", "state"), ("kiosk", "state")].map(|(one, title)| {
        let made = change::register(name(one), client(title), "kim", at(1)).unwrap();
        (name(one), made)
    });
    let registered = BTreeMap::from(registered);
    let numbers = [("mobile", 1), ("batch", 2), ("kiosk", 3)].map(|(one, id)| (name(one), CallerId(id)));
    let numbers = BTreeMap::from(numbers);
    let merged = directory::merge(&file, &registered, &numbers);
    let told: Vec<_> = merged
        .callers()
        .map(|caller| (caller.name.as_str(), caller.id.0, caller.client.title.as_deref().unwrap()))
        .collect();
    assert_eq!(told, [("batch", 2, "file"), ("kiosk", 3, "state"), ("mobile", 1, "file")]);
    assert_eq!(merged.hidden, [name("mobile")]);
    let hidden = |listed: &Listed| matches!(listed.origin, Origin::Registered { hidden: true, .. });
    let listed = directory::list(&file, &registered, &numbers);
    assert_eq!((listed.len(), listed.iter().filter(|one| hidden(one)).count()), (4, 1));
}
