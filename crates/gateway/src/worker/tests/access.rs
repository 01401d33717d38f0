//! Who calls and whether they may, through a worker: what clients are told, what services get to see, what holds live.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use naru_model::client;
use naru_model::platform::{Certificate, Protocol};
use naru_model::policy::{Auth, Proof};
use naru_model::snapshot::CallerId;
use naru_model::units::Timestamp;
use naru_testkit::token::hostile;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::harness::*;
use crate::policy::access::fixture::{World, api_key, own_header};

fn asking(proof: Proof) -> Auth {
    Auth { any_of: vec![proof], ..Auth::default() }
}

/// A gateway whose route asks for this, the fixture's callers, and the one endpoint.
fn gateway(world: &World, auth: Option<Auth>) -> (Gateway, Upstream) {
    let upstream = Upstream::listen();
    let mut routing = routing();
    routing.routes[0].policy.auth = auth;
    let mut gateway = Gateway::with(routing, &[upstream.address], Protocol::Http1);
    gateway.set_callers(&world.callers);
    (gateway, upstream)
}

/// A token of naru's own that is good now.
fn token(world: &World, client: &str, id: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut claims = world.keys.own_claims(client, id);
    (claims["iat"], claims["exp"]) = (json!(now), json!(now + 600));
    world.keys.own.token(&own_header(), &claims)
}

/// Sends a request with these fields, and returns the head and the body of the refusal.
fn refused(client: &mut Peer, fields: &str) -> (String, serde_json::Value) {
    client.say(format!("GET /orders HTTP/1.1\r\nHost: a\r\n{fields}\r\n"));
    let head = client.head();
    let length = field(&head, "content-length").unwrap().parse().unwrap();
    (head, serde_json::from_slice(&client.exactly(length)).unwrap())
}

/// Sends a request that gets through, and returns what the endpoint saw.
fn served(client: &mut Peer, upstream: &Upstream, fields: &str) -> String {
    client.say(format!("GET /orders HTTP/1.1\r\nHost: a\r\n{fields}\r\n"));
    let mut endpoint = upstream.accept();
    let seen = endpoint.head();
    endpoint.say("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    assert!(client.head().starts_with("HTTP/1.1 204 "));
    seen
}

#[test]
fn a_known_client_gets_through_and_its_service_is_told_who_it_is() {
    let world = World::new();
    let (mut gateway, upstream) = gateway(&world, Some(asking(Proof::ApiKey)));
    let mut client = gateway.connect();
    let key = api_key("mobile", 1);
    let fields = format!(
        "X-API-Key: {key}\r\nNaru-Client: batch\r\nnaru_scopes: admin\r\nAuthorization: Bearer x\r\n"
    );
    let seen = served(&mut client, &upstream, &fields);
    assert_eq!(field(&seen, "naru-client"), Some("mobile"));
    assert_eq!(field(&seen, "naru-scopes"), Some("orders.read orders.write"));
    assert_eq!(field(&seen, "authorization"), Some("Bearer x"), "not looked at, and the service's own");
    assert!(!seen.contains("nk_mobile") && !seen.contains("naru_scopes"), "{seen}");
    assert_eq!(gateway.record(|record| (record.caller, record.status)), (CallerId(1), 204));
}

#[test]
fn who_shows_nothing_or_something_bad_is_told_what_is_asked_for() {
    let world = World::new();
    let (mut gateway, upstream) = gateway(&world, Some(asking(Proof::ApiKey)));
    let mut client = gateway.connect();
    let (head, problem) = refused(&mut client, "");
    assert!(head.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{head}");
    assert_eq!(field(&head, "www-authenticate"), Some("ApiKey realm=\"naru\""));
    assert_eq!(field(&head, "content-type"), Some("application/problem+json"));
    assert_eq!(problem["type"], "urn:naru:problem:credentials-missing");
    let key = api_key("mobile", 7);
    let (head, problem) = refused(&mut client, &format!("X-API-Key: {key}\r\n"));
    assert!(head.starts_with("HTTP/1.1 401 "));
    assert_eq!(problem["type"], "urn:naru:problem:invalid-api-key");
    assert!(!problem.to_string().contains(&key));
    for _ in 0..2 {
        assert_eq!(gateway.record(|record| (record.caller, record.status)), (CallerId(0), 401));
    }
    assert!(upstream.has_no_connection());
}

#[test]
fn every_hostile_token_ends_at_the_gateway() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut world = World::at(Timestamp(0) + now);
    world.callers.revoked.push((hostile::REVOKED.to_owned(), Timestamp(u64::MAX)));
    let (gateway, upstream) = gateway(&world, Some(asking(Proof::Jwt)));
    let attacks = hostile::tokens(&world.keys);
    assert!(attacks.len() >= 100);
    for hostile::Attack { what, token, .. } in
        attacks.into_iter().filter(|attack| attack.token.len() < 16_000)
    {
        let (head, problem) = refused(&mut gateway.connect(), &format!("Authorization: Bearer {token}\r\n"));
        assert!(head.starts_with("HTTP/1.1 401 "), "{what}: {head}");
        assert_eq!(problem["type"], "urn:naru:problem:invalid-token", "{what}");
    }
    assert!(upstream.has_no_connection());
}

#[test]
fn a_revoked_token_and_a_blocked_client_are_out_at_once() {
    let mut world = World::new();
    let (mut gateway, upstream) = gateway(&world, Some(asking(Proof::Jwt)));
    let mut client = gateway.connect();
    let first = format!("Authorization: Bearer {}\r\n", token(&world, "mobile", "t-1"));
    let second = format!("Authorization: Bearer {}\r\n", token(&world, "mobile", "t-2"));
    for fields in [&first, &second, &first] {
        let seen = served(&mut client, &upstream, fields);
        assert_eq!(field(&seen, "naru-client"), Some("mobile"));
        assert!(seen.contains("Bearer "), "a token is for the service too");
    }
    world.callers.revoked.push(("t-1".to_owned(), Timestamp(u64::MAX)));
    gateway.set_callers(&world.callers);
    let (head, problem) = refused(&mut client, &first);
    assert!(head.starts_with("HTTP/1.1 401 "), "{head}");
    assert_eq!(problem["detail"], "the token was revoked");
    served(&mut client, &upstream, &second);
    world.client("mobile").blocked = true;
    gateway.set_callers(&world.callers);
    let (head, problem) = refused(&mut client, &second);
    assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
    assert_eq!(problem["type"], "urn:naru:problem:client-blocked");
    assert_eq!(field(&head, "www-authenticate"), None);
}

#[test]
fn on_a_route_without_policies_the_known_are_recorded_and_the_blocked_are_out() {
    let mut world = World::new();
    let (mut gateway, upstream) = gateway(&world, None);
    let mut client = gateway.connect();
    let fields = format!("X-API-Key: {}\r\n", api_key("batch", 2));
    assert_eq!(field(&served(&mut client, &upstream, &fields), "naru-client"), Some("batch"));
    assert_eq!(gateway.record(|record| record.caller), CallerId(2));
    let seen = served(&mut client, &upstream, "X-API-Key: its-own\r\nAuthorization: Bearer its-own\r\n");
    assert_eq!((field(&seen, "x-api-key"), field(&seen, "naru-client")), (Some("its-own"), None));
    world.client("batch").blocked = true;
    gateway.set_callers(&world.callers);
    assert!(refused(&mut client, &fields).0.starts_with("HTTP/1.1 403 "));
    served(&mut client, &upstream, "");
}

#[test]
fn a_platform_is_closed_and_opened_live() {
    let mut world = World::new();
    let (mut gateway, upstream) = gateway(&world, None);
    let mut client = gateway.connect();
    served(&mut client, &upstream, "");
    world.callers.default_deny = true;
    gateway.set_callers(&world.callers);
    let (head, problem) = refused(&mut client, &format!("X-API-Key: {}\r\n", api_key("mobile", 1)));
    assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
    assert_eq!(problem["type"], "urn:naru:problem:route-closed");
    gateway.change(|routing| routing.routes[0].policy.auth = Some(Auth::default()));
    served(&mut client, &upstream, "");
}

/// An authority of client certificates.
struct Authority {
    certificate: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Authority { certificate, issuer: Issuer::new(params, key) }
    }

    fn issue(&self, name: &str) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.der().clone(), PrivateKeyDer::try_from(key.serialize_der()).unwrap())
    }
}

/// What a client with this certificate gets answered; the error of TLS when it does not come to that.
async fn ask_over_tls(
    gateway: &Gateway,
    server: &CertificateDer<'static>,
    identity: Option<(CertificateDer<'static>, PrivateKeyDer<'static>)>,
) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(server.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match identity {
        Some((certificate, key)) => builder.with_client_auth_cert(vec![certificate], key).unwrap(),
        None => builder.with_no_client_auth(),
    };
    let tcp = TcpStream::connect(gateway.tls_address).await?;
    let name = ServerName::try_from("a.kr").unwrap();
    let mut tls = TlsConnector::from(Arc::new(config)).connect(name, tcp).await?;
    tls.write_all(b"GET / HTTP/1.1\r\nHost: a.kr\r\nConnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    tls.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn a_client_is_known_by_its_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["a.kr".to_owned()]).unwrap();
    let files = Certificate { cert: folder.path().join("a.crt"), key: folder.path().join("a.key") };
    std::fs::write(&files.cert, cert.pem()).unwrap();
    std::fs::write(&files.key, signing_key.serialize_pem()).unwrap();
    let (authority, other) = (Authority::new(), Authority::new());
    let client_ca = folder.path().join("ca.crt");
    std::fs::write(&client_ca, authority.certificate.pem()).unwrap();

    let mut world = World::new();
    let san = Some("mobile.example.kr".to_owned());
    world.client("mobile").certificates = vec![client::Certificate { san, ..client::Certificate::default() }];
    world.callers.client_ca = Some(client_ca.clone());
    let (mut gateway, upstream) = gateway(&world, Some(asking(Proof::Mtls)));
    gateway.change(|routing| routing.certificates = vec![files]);
    std::thread::spawn(move || {
        loop {
            let mut endpoint = upstream.accept();
            let head = endpoint.head();
            let name = field(&head, "naru-client").unwrap_or("nobody").to_owned();
            endpoint.say(format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{name}",
                name.len()
            ));
        }
    });
    let ask = async |identity| ask_over_tls(&gateway, cert.der(), identity).await;
    // Certificates and authorities are looked at once a second.
    let start = Instant::now();
    while !ask(Some(authority.issue("mobile.example.kr")))
        .await
        .is_ok_and(|answer| answer.ends_with("mobile"))
    {
        assert!(start.elapsed() < PATIENCE, "the client is not known");
    }
    let without = ask(None).await.unwrap();
    assert!(without.starts_with("HTTP/1.1 401 ") && without.contains("credentials-missing"), "{without}");
    let unknown = ask(Some(authority.issue("stranger.example.kr"))).await.unwrap();
    assert!(unknown.starts_with("HTTP/1.1 401 ") && unknown.contains("invalid-certificate"), "{unknown}");
    ask(Some(other.issue("mobile.example.kr"))).await.expect_err("its authority is not known");
    // The other authority takes the first one's place.
    std::fs::write(&client_ca, other.certificate.pem()).unwrap();
    let start = Instant::now();
    while ask(Some(other.issue("mobile.example.kr"))).await.is_err() {
        assert!(start.elapsed() < PATIENCE, "the new authority is not looked at");
    }
    ask(Some(authority.issue("mobile.example.kr"))).await.expect_err("its authority is gone");
}
