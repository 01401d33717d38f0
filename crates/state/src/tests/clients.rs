//! Registered clients and signing keys.

use std::os::unix::fs::PermissionsExt;

use naru_model::client::{Client, Secret};
use naru_model::name::ClientName;
use naru_model::oauth::{Registered, SigningKey};

use super::*;

fn registered(name: &str, changed_at: u64) -> Registered {
    let secret = Secret { sha256: "ab".repeat(32), from: Some(Timestamp(1)), until: None };
    Registered {
        name: name.parse().unwrap(),
        client: Client { scopes: vec!["read".to_owned()], keys: vec![secret], ..Client::default() },
        made_at: Timestamp(5),
        made_by: "minji".to_owned(),
        changed_at: Timestamp(changed_at),
        changed_by: "kim".to_owned(),
    }
}

#[tokio::test]
async fn a_registered_client_stays_until_it_is_removed() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    for one in [registered("mobile", 5), registered("kiosk", 5), registered("mobile", 9)] {
        state.put_registered(&one).await.unwrap();
    }
    let state = reopen(state, folder.path()).await;
    assert_eq!(state.registered().await.unwrap(), [registered("kiosk", 5), registered("mobile", 9)]);
    let kiosk: ClientName = "kiosk".parse().unwrap();
    assert!(state.remove_registered(&kiosk).await.unwrap());
    assert!(!state.remove_registered(&kiosk).await.unwrap());
    assert_eq!(state.registered().await.unwrap(), [registered("mobile", 9)]);
}

#[tokio::test]
async fn a_clients_number_is_never_anothers() {
    let folder = TempDir::new().unwrap();
    let state = State::open(folder.path()).await.unwrap();
    for (name, number) in [("mobile", 1), ("kiosk", 2), ("mobile", 1), ("batch", 3)] {
        assert_eq!(state.id_of(Kind::Client, name).await.unwrap(), number);
    }
    assert_eq!(state.id_of(Kind::Route, "mobile").await.unwrap(), 1);
}

#[tokio::test]
async fn signing_keys_come_back_in_the_order_in_which_they_sign_and_only_to_their_owner() {
    let folder = TempDir::new().unwrap();
    let state = State::open(&folder.path().join("state")).await.unwrap();
    let key = |kid: &str, from: u64| SigningKey {
        kid: kid.to_owned(),
        pkcs8: vec![0, 1, 2],
        from: Timestamp(from),
        longest: 600,
    };
    for one in [key("b", 20), key("a", 30), key("c", 10), key("c", 5)] {
        state.put_signing_key(&one).await.unwrap();
    }
    let state = reopen(state, &folder.path().join("state")).await;
    assert_eq!(state.signing_keys().await.unwrap(), [key("c", 5), key("b", 20), key("a", 30)]);
    state.remove_signing_key("c").await.unwrap();
    assert_eq!(state.signing_keys().await.unwrap().len(), 2);
    let mode = std::fs::metadata(folder.path().join("state")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}
