//! Clients and their keys: who may do what, what is shown, and what the audit keeps of it.

use naru_model::access::Role;
use naru_model::name::ClientName;
use naru_model::units::Timestamp;

use super::managed::of_file;
use super::{Served, shows};
use crate::message::{ClientTerms, KeyKind, MakeKey, RegisterClient};

fn mobile() -> ClientName {
    "mobile".parse().unwrap()
}

/// With a token of each role, and one client of the file.
async fn with_roles() -> Served {
    let served = Served::start().await;
    for role in Role::ALL {
        served.fake.give(&format!("a {role}"), role, &format!("{role}-secret"), None);
    }
    served.fake.clients.lock().unwrap().push(of_file("kiosk"));
    served
}

fn registered() -> RegisterClient {
    let client = ClientTerms {
        title: Some("Mobile app".to_owned()),
        scopes: vec!["booking.read".to_owned()],
        networks: vec!["192.0.2.0/24".parse().unwrap()],
        ..ClientTerms::default()
    };
    RegisterClient { name: mobile(), client }
}

#[tokio::test]
async fn a_client_is_registered_changed_blocked_and_removed() {
    let served = with_roles().await;
    let admin = served.local();
    let made = admin.register_client(&registered()).await.unwrap();
    assert_eq!(serde_json::to_value(&made).unwrap()["origin"], "registered");
    assert_eq!((made.client.title.as_deref(), made.hidden), (Some("Mobile app"), false));
    let names: Vec<String> = admin.clients().await.unwrap().iter().map(|one| one.name.to_string()).collect();
    assert_eq!(names, ["kiosk", "mobile"]);

    let terms = ClientTerms { scopes: vec!["booking.write".to_owned()], ..ClientTerms::default() };
    let changed = admin.change_client(&mobile(), &terms).await.unwrap();
    assert_eq!((changed.client.title, changed.client.scopes), (None, vec!["booking.write".to_owned()]));
    assert!(admin.block_client(&mobile(), true).await.unwrap().client.blocked);
    let read = admin.client(&mobile()).await.unwrap();
    // What was read can be handed in again as it is.
    let same = admin.change_client(&mobile(), &ClientTerms::of(read.client.clone())).await.unwrap();
    assert_eq!(same.client, read.client);
    let unblocked = ClientTerms { blocked: Some(false), ..ClientTerms::default() };
    let refused = admin.change_client(&mobile(), &unblocked).await.unwrap_err().to_string();
    assert!(refused.contains("/v1/clients/mobile/block"), "{refused}");

    admin.remove_client(&mobile()).await.unwrap();
    let gone = admin.client(&mobile()).await.unwrap_err().to_string();
    assert!(gone.starts_with("there is no client mobile"), "{gone}");
    let of_file = admin.block_client(&"kiosk".parse().unwrap(), true).await.unwrap_err().to_string();
    assert_eq!(of_file, "the client kiosk is in naru.yaml; change it there");
}

#[tokio::test]
async fn a_key_is_shown_once_and_its_hash_never_whole() {
    let served = with_roles().await;
    let admin = served.local();
    admin.register_client(&registered()).await.unwrap();
    let made = admin.make_key(&mobile(), &MakeKey::default()).await.unwrap();
    assert_eq!((made.text.as_str(), made.sha256.as_str()), ("nk_mobile_text", "000000010000"));
    let listed = served.get("/v1/clients").await.body;
    assert!(!listed.contains("nk_mobile_text") && !listed.contains("0000000100000001"), "{listed}");
    assert_eq!(served.get("/v1/clients/mobile").await.json()["client"]["keys"][0]["sha256"], "000000010000");

    admin.end_key(&mobile(), KeyKind::Key, &made.sha256).await.unwrap();
    assert!(admin.client(&mobile()).await.unwrap().client.keys.is_empty());
    for digits in ["0000", "00000001x", "0000000A"] {
        let named =
            served.ask("DELETE", &format!("/v1/clients/mobile/keys/{digits}"), &admin_token(), "").await;
        assert_eq!(named.problem().0, 422, "{digits}");
    }
    let until = Some(Timestamp(1));
    for request in [
        MakeKey { until, ..MakeKey::default() },
        MakeKey { until: Some(Timestamp(u64::MAX)), ..MakeKey::default() },
        MakeKey { overlap: Some(u32::MAX), ..MakeKey::default() },
        MakeKey { until: Some(Timestamp(1 << 60)), overlap: Some(1), ..MakeKey::default() },
    ] {
        let body = serde_json::to_string(&request).unwrap();
        assert_eq!(served.post("/v1/clients/mobile/keys", &body).await.problem().0, 422, "{body}");
    }
}

fn admin_token() -> String {
    shows("admin-secret")
}

#[tokio::test]
async fn the_audit_says_whose_client_was_changed_and_how_without_a_secret() {
    let served = with_roles().await;
    let admin = served.remote(Some("admin-secret"));
    admin.register_client(&registered()).await.unwrap();
    let terms = ClientTerms { scopes: vec!["booking.write".to_owned()], ..ClientTerms::default() };
    admin.change_client(&mobile(), &terms).await.unwrap();
    admin.make_key(&mobile(), &MakeKey { overlap: Some(60), ..MakeKey::default() }).await.unwrap();
    admin.end_key(&mobile(), KeyKind::Key, "000000010000").await.unwrap();
    admin.block_client(&mobile(), true).await.unwrap();
    admin.remove_client(&mobile()).await.unwrap();
    let mut audits = served.fake.audits.subscribe();
    let kept = audits.wait_for(|kept| kept.len() == 6).await.unwrap().clone();
    let told = |entry: &naru_model::access::Audit| {
        format!("{} {} {}: {}", entry.actor, entry.action, entry.subject, entry.detail)
    };
    let expected = [
        "a admin register_client mobile: networks none → [\"192.0.2.0/24\"]; scopes none → [\"booking.read\"]; \
         title none → \"Mobile app\"",
        "a admin change_client mobile: networks [\"192.0.2.0/24\"] → none; scopes [\"booking.read\"] → \
         [\"booking.write\"]; title \"Mobile app\" → none",
        "a admin make_key mobile: a key; those before end after 60 s; 000000010000",
        "a admin end_key mobile: key 000000010000",
        "a admin block_client mobile: blocked",
        "a admin remove_client mobile: ",
    ];
    assert_eq!(kept.iter().map(told).collect::<Vec<_>>(), expected);
    assert!(!serde_json::to_string(&kept).unwrap().contains("nk_mobile_text"));
}

#[tokio::test]
async fn what_is_too_long_for_the_audit_is_cut() {
    let served = with_roles().await;
    let groups = (0..50).map(|n| format!("{n}-{}", "가".repeat(100))).collect();
    let client = ClientTerms { groups, title: Some("가".repeat(200)), ..ClientTerms::default() };
    served.local().register_client(&RegisterClient { name: mobile(), client }).await.unwrap();
    let kept = served.fake.audits.subscribe().wait_for(|kept| kept.len() == 1).await.unwrap().clone();
    assert!(kept[0].detail.chars().count() < 300 && kept[0].detail.contains('…'), "{}", kept[0].detail);
}
