//! Some hundred and fifty tokens that somebody could try; each must be refused, with 401.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{Keys, OWN, Signer, encode, joined, own_header};

/// The id of the token that was taken back.
pub const REVOKED: &str = "revoked-1";

/// What is asked of one's own tokens alone. Source: RFC 9068, 2 and 4.
const OF_OURS: [&str; 5] =
    ["one of ours without a type", "one of ours called JWT", "no id", "an id that is no text", "revoked"];

pub struct Attack {
    /// What it tries.
    pub what: String,
    pub token: String,
    /// Whether it is one only where the issuer `own` is one's own: more is asked of those tokens than of others'.
    pub of_ours: bool,
}

/// Attacks on who trusts both issuers, `own` as its own and the other one for the audience `naru`; who knows the clients `mobile`
/// and `batch`, and has taken back [`REVOKED`].
pub fn tokens(world: &Keys) -> Vec<Attack> {
    let mut attacks = Vec::new();
    let mut add = |what: &str, token: String| {
        let of_ours = OF_OURS.contains(&what);
        attacks.push(Attack { what: what.to_owned(), token, of_ours });
    };
    algorithms(world, &mut add);
    keys(world, &mut add);
    headers(world, &mut add);
    claims(world, &mut add);
    shapes(world, &mut add);
    attacks
}

/// None, symmetric ones with the public key as their secret, the right key with another's name, names spelled otherwise.
fn algorithms(world: &Keys, add: &mut dyn FnMut(&str, String)) {
    let claims = world.own_claims("mobile", "a").to_string();
    for name in ["none", "None", "NONE", "nOnE", "", " none"] {
        let header = json!({"alg": name, "typ": "at+jwt"}).to_string();
        add("no algorithm, no signature", format!("{}.{}.", encode(&header), encode(&claims)));
        add("no algorithm, some signature", joined(&header, &claims, b"signature"));
        add("no algorithm, a good signature", world.own.token_of(&header, &claims));
    }
    let public = world.rsa.jwk("rsa");
    let secrets = [public.to_string(), public["n"].as_str().unwrap().to_owned(), String::new()];
    for (name, how) in [
        ("HS256", ring::hmac::HMAC_SHA256),
        ("HS384", ring::hmac::HMAC_SHA384),
        ("HS512", ring::hmac::HMAC_SHA512),
    ] {
        for secret in &secrets {
            let header = json!({"alg": name, "kid": "rsa"}).to_string();
            let signed = format!("{}.{}", encode(&header), encode(world.outside_claims().to_string()));
            let tag = ring::hmac::sign(&ring::hmac::Key::new(how, secret.as_bytes()), signed.as_bytes());
            add("a public key as an HMAC's secret", format!("{signed}.{}", encode(tag)));
        }
    }
    for name in
        ["es256", "ES256 ", "ES256K", "ES384", "ES512", "RS256", "PS256", "EdDSA", "HS256", "RSA-OAEP"]
    {
        let header = json!({"alg": name, "typ": "at+jwt", "kid": "own-1"});
        add("a good signature called otherwise", world.own.token(&header, &world.own_claims("mobile", "a")));
    }
    for alg in [json!(null), json!(256), json!(["ES256"]), json!({"ES256": 1}), json!(true)] {
        let header = json!({"alg": alg, "typ": "at+jwt", "kid": "own-1"});
        add("an algorithm that is no text", world.own.token(&header, &world.own_claims("mobile", "a")));
    }
    let header = json!({"typ": "at+jwt", "kid": "own-1"});
    add("no algorithm named", world.own.token(&header, &world.own_claims("mobile", "a")));
}

/// Somebody else's keys, however they are brought in.
fn keys(world: &Keys, add: &mut dyn FnMut(&str, String)) {
    let strangers = [Signer::p256(), Signer::p384(), Signer::ed25519()];
    for (stranger, alg) in strangers.iter().zip(["ES256", "ES384", "EdDSA"]) {
        let claims = world.own_claims("mobile", "a");
        let with = |extra: Value| {
            let mut header = json!({"alg": alg, "typ": "at+jwt"});
            extra.as_object().unwrap().iter().for_each(|(name, value)| header[name] = value.clone());
            stranger.token(&header, &claims)
        };
        add("a stranger's key", with(json!({})));
        add("a stranger's key by our name", with(json!({"kid": "own-1"})));
        add("a stranger's key in the header", with(json!({"kid": "own-1", "jwk": stranger.jwk("own-1")})));
        add("a stranger's key in the header alone", with(json!({"jwk": stranger.jwk("evil")})));
        add("a URL of keys", with(json!({"kid": "evil", "jku": "http://127.0.0.1:9/jwks.json"})));
        add("a URL of certificates", with(json!({"kid": "evil", "x5u": "http://127.0.0.1:9/cert.pem"})));
        add("a certificate chain", with(json!({"kid": "own-1", "x5c": ["MIIB"], "x5t": "AAAA"})));
    }
    for kid in [
        "../../../../dev/null",
        "/dev/null",
        "' UNION SELECT 'key",
        "http://127.0.0.1:9/k",
        "",
        "OWN-1",
        "own-1\0",
    ] {
        let mut header = own_header();
        header["kid"] = kid.into();
        add("a key id that leads elsewhere", world.own.token(&header, &world.own_claims("mobile", "a")));
    }
    for kid in [json!(1), json!(null), json!(["own-1"]), json!({"own-1": 1})] {
        let mut header = own_header();
        header["kid"] = kid;
        add("a key id that is no text", world.own.token(&header, &world.own_claims("mobile", "a")));
    }
    let outside = json!({"alg": "ES256", "kid": "p256"});
    add("another issuer's key", world.p256.token(&outside, &world.own_claims("mobile", "a")));
    let mut header = own_header();
    header["kid"] = "p256".into();
    add("another issuer's key by its name", world.p256.token(&header, &world.own_claims("mobile", "a")));
    add("our key for another issuer's token", world.own.token(&own_header(), &world.outside_claims()));
    let wrong_curve = json!({"alg": "ES256", "kid": "p384"});
    add("a key of another curve", world.p384.token(&wrong_curve, &world.outside_claims()));
    add(
        "RSA by a curve's name",
        world.rsa.token(&json!({"alg": "ES256", "kid": "rsa"}), &world.outside_claims()),
    );
}

fn headers(world: &Keys, add: &mut dyn FnMut(&str, String)) {
    let claims = world.own_claims("mobile", "a");
    for extra in [
        json!({"crit": ["exp"], "exp": 1}),
        json!({"crit": []}),
        json!({"crit": ["b64"], "b64": false}),
        json!({"b64": false}),
        json!({"crit": "exp"}),
        json!({"crit": null}),
    ] {
        let mut header = own_header();
        extra.as_object().unwrap().iter().for_each(|(name, value)| header[name] = value.clone());
        add("a critical header", world.own.token(&header, &claims));
    }
    for (what, kind) in [
        ("one of ours called JWT", json!("JWT")),
        ("a token for something else", json!("logout+jwt")),
        ("a token for something else", json!("dpop+jwt")),
        ("a token for something else", json!("JWE")),
        ("a type that is no text", json!(1)),
        ("a type that is no text", json!(null)),
        ("a type with a space", json!("at+jwt ")),
    ] {
        let mut header = own_header();
        header["typ"] = kind;
        add(what, world.own.token(&header, &claims));
    }
    let untyped = json!({"alg": "ES256", "kid": "own-1"});
    add("one of ours without a type", world.own.token(&untyped, &claims));
    let outside = json!({"alg": "ES256", "kid": "p256", "typ": "logout+jwt"});
    add("an outside one for something else", world.p256.token(&outside, &world.outside_claims()));
    let claims = claims.to_string();
    for header in [
        r#"{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"own-1"}"#,
        r#"{"alg":"ES256","\u0061lg":"ES256","typ":"at+jwt","kid":"own-1"}"#,
        r#"{"alg":"ES256","typ":"at+jwt","kid":"own-1"} "x""#,
        r#"{"alg":"ES256","typ":"at+jwt","kid":"own-1"}{}"#,
        r#"["ES256"]"#,
        r#""ES256""#,
        "null",
        "",
        "{",
    ] {
        add("a header that can be read in two ways, or in none", world.own.token_of(header, &claims));
    }
}

fn claims(world: &Keys, add: &mut dyn FnMut(&str, String)) {
    let now = world.now;
    let mut own = |what: &str, name: &str, value: Option<Value>| {
        let mut claims = world.own_claims("mobile", "a");
        match value {
            Some(value) => claims[name] = value,
            None => drop(claims.as_object_mut().unwrap().remove(name)),
        }
        add(what, world.own.token(&own_header(), &claims));
    };
    own("expired", "exp", Some(json!(now - 31)));
    own("expired long ago", "exp", Some(json!(0)));
    own("no end", "exp", None);
    for end in [json!("9999999999"), json!(null), json!(-1), json!(1e300), json!([now + 600]), json!(true)] {
        own("an end that is none", "exp", Some(end));
    }
    own("not yet", "nbf", Some(json!(now + 300)));
    own("not yet by far", "nbf", Some(json!(now + 86_400)));
    own("a begin that is none", "nbf", Some(json!("0")));
    own("made in the future", "iat", Some(json!(now + 300)));
    own("a making that is none", "iat", Some(json!("yesterday")));
    for audience in [
        json!("https://other.example.kr"),
        json!([]),
        json!(["x", "y"]),
        json!(1),
        json!(null),
        json!({}),
        json!("https://api.example.kr/"),
    ] {
        own("for somebody else", "aud", Some(audience));
    }
    own("for nobody", "aud", None);
    for issuer in [
        "https://evil.example",
        "https://api.example.kr/",
        "HTTPS://API.EXAMPLE.KR",
        "",
        "https://api.example.kr\0",
    ] {
        own("another issuer", "iss", Some(issuer.into()));
    }
    for issuer in [json!([OWN]), json!(null), json!({"0": OWN}), json!(1)] {
        own("an issuer that is no text", "iss", Some(issuer));
    }
    own("no issuer", "iss", None);
    own("no id", "jti", None);
    own("an id that is no text", "jti", Some(json!(7)));
    own("revoked", "jti", Some(json!(REVOKED)));
    own("a client that is not registered", "client_id", Some(json!("nobody")));
    own("a client that is no name", "client_id", Some(json!("mobile\r\nnaru-client: batch")));
    own("no client", "client_id", None);
    own("a client that is no text", "client_id", Some(json!(["mobile"])));
    own("bound to a certificate", "cnf", Some(json!({"x5t#S256": encode([7; 32])})));
    own("bound to a certificate, badly", "cnf", Some(json!({"x5t#S256": "AA"})));
    own("bound to another key", "cnf", Some(json!({"jkt": encode([7; 32])})));
    own("bound to nothing", "cnf", Some(json!({})));
    let end = now + 600;
    for claims in [
        format!(
            r#"{{"iss":"{OWN}","iss":"{OWN}","aud":"{OWN}","client_id":"mobile","jti":"a","exp":{end}}}"#
        ),
        format!(
            r#"{{"iss":"{OWN}","aud":"{OWN}","client_id":"batch","client_id":"mobile","jti":"a","exp":{end}}}"#
        ),
        format!(r#"{{"iss":"{OWN}","aud":"{OWN}","client_id":"mobile","jti":"a","exp":1,"exp":{end}}}"#),
        format!(
            r#"{{"iss":"{OWN}","aud":"{OWN}","client_id":"mobile","jti":"a","x":{{"y":1,"y":2}},"exp":{end}}}"#
        ),
        format!(r#"{{"iss":"{OWN}","aud":"{OWN}","client_id":"mobile","jti":"a","exp":{end}}}trailing"#),
        format!(r#"[{{"iss":"{OWN}"}}]"#),
        "{}".to_owned(),
        "".to_owned(),
        "\u{feff}{}".to_owned(),
        format!("{}1{}", r#"{"a":"#.repeat(300), "}".repeat(300)),
    ] {
        add(
            "claims that can be read in two ways, or in none",
            world.own.token_of(&own_header().to_string(), &claims),
        );
    }
}

/// Broken, cut, lengthened, padded, tampered with.
fn shapes(world: &Keys, add: &mut dyn FnMut(&str, String)) {
    let good = world.own_token("mobile", "a");
    let parts: Vec<&str> = good.split('.').collect();
    let [header, claims, signature] = parts[..] else { unreachable!("a token has three parts") };
    add("unsigned", format!("{header}.{claims}."));
    add("unsigned, without the dot", format!("{header}.{claims}"));
    add("a part too many", format!("{good}.{signature}"));
    add("five parts, as an encrypted one", format!("{good}.{signature}.{signature}"));
    add("nothing", String::new());
    add("dots", "..".to_owned());
    add("an empty header", format!(".{claims}.{signature}"));
    add("empty claims", format!("{header}..{signature}"));
    add("padding", format!("{good}=="));
    add("padding in the middle", format!("{header}=.{claims}.{signature}"));
    add("bytes behind", format!("{good}A"));
    add("a space within", format!("{header}. {claims}.{signature}"));
    add("another alphabet", format!("{header}.{claims}.{}", "+/".repeat(43)));
    add("opaque", "2YotnFZFEjr1zCsicMWpAA".to_owned());
    add("an API key as a token", format!("nk_mobile_{}", encode([1; 32])));
    let longer = world.own_claims("mobile", &"x".repeat(8 << 10));
    add("over 8 KiB", world.own.token(&own_header(), &longer));
    add("huge", format!("{header}.{}.{signature}", "A".repeat(20_000)));
    let mut tampered = world.own_claims("mobile", "a");
    tampered["scope"] = "orders.read orders.write".into();
    add("claims changed", format!("{header}.{}.{signature}", encode(tampered.to_string())));
    let other = world.own_token("batch", "a");
    add("another token's claims", format!("{header}.{}.{signature}", other.split('.').nth(1).unwrap()));
    let mut raw = URL_SAFE_NO_PAD.decode(signature).unwrap();
    raw[63] ^= 1;
    add("a signature with a bit changed", format!("{header}.{claims}.{}", encode(&raw)));
    add("a signature of zeros", format!("{header}.{claims}.{}", encode([0; 64])));
    add("a signature cut", format!("{header}.{claims}.{}", encode(&raw[..63])));
    add("half a signature", format!("{header}.{claims}.{}", encode(&raw[..32])));
    add(
        "a signature in DER",
        format!("{header}.{claims}.{}", encode([&[0x30, 0x44, 2, 32][..], &raw].concat())),
    );
}
