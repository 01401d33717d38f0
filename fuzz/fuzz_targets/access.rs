//! Keys and tokens as anybody may show them: no panic, and nobody is let in who was given none.

#![no_main]

use std::net::IpAddr;
use std::sync::OnceLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use naru_gateway::Gate;
use naru_gateway::head::RequestHead;
use naru_model::client::{Client, Issuer, Secret};
use naru_model::policy::{Auth, Policy, Proof};
use naru_model::snapshot::{Caller, CallerId, Callers, Route, TrustedIssuer};
use naru_model::units::Timestamp;

const NOW: Timestamp = Timestamp(1_795_262_400_000_000);
const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
/// RFC 8037, appendix A.2: whose private half nobody here has.
const JWKS: &str =
    r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

thread_local! {
    static GATE: OnceLock<Gate> = const { OnceLock::new() };
}

fn gate() -> Gate {
    let secret = Secret { sha256: "ab".repeat(32), from: None, until: None };
    let client = Client { keys: vec![secret], ..Client::default() };
    let issuer = Issuer {
        issuer: "i".to_owned(),
        jwks: None,
        audience: vec!["i".to_owned()],
        client_claim: None,
        unknown_clients: true,
        leeway: Duration::ZERO,
    };
    let callers = Callers {
        clients: vec![Caller { id: CallerId(1), name: "mobile".parse().expect("a name"), client }],
        issuers: vec![TrustedIssuer { issuer, jwks: JWKS.to_owned(), own: false }],
        ..Callers::default()
    };
    let auth = Auth { any_of: vec![Proof::ApiKey, Proof::Jwt], ..Auth::default() };
    Gate::new(&Route { policy: Policy { auth: Some(auth), ..Policy::default() }, ..Route::default() }, &callers)
}

fuzz_target!(|input: &[u8]| {
    GATE.with(|kept| {
        let gate = kept.get_or_init(gate);
        for name in ["x-api-key", "authorization"] {
            let mut head = RequestHead::default();
            head.fields.push(name.as_bytes(), input);
            assert_eq!(gate.pass(&head, ADDRESS, NOW), 401);
        }
        let mut head = RequestHead::default();
        head.fields.push(b"authorization", &[b"Bearer ", input].concat());
        assert_eq!(gate.pass(&head, ADDRESS, NOW), 401);
    });
});
