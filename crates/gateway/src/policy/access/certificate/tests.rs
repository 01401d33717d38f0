use proptest::prelude::*;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SanType};

use super::*;
use crate::policy::access::fixture::{NOW, at};

fn certificate(params: CertificateParams) -> Vec<u8> {
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
}

fn mobile() -> Vec<u8> {
    let mut params = CertificateParams::new(vec!["Mobile.Example.kr".to_owned()]).unwrap();
    let mut name = DistinguishedName::new();
    name.push(DnType::CountryName, "KR");
    name.push(DnType::OrganizationName, "Example, Inc.");
    name.push(DnType::CommonName, "모바일");
    params.distinguished_name = name;
    params.subject_alt_names.push(SanType::URI("spiffe://Example/mobile".try_into().unwrap()));
    params.subject_alt_names.push(SanType::Rfc822Name("ops@example.kr".try_into().unwrap()));
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2060, 1, 1);
    certificate(params)
}

#[test]
fn subject_names_and_validity_are_read() {
    let peer = PeerCertificate::read(&mobile()).unwrap();
    assert_eq!(peer.subject, "CN=모바일,O=Example\\,\\ Inc.,C=KR");
    assert_eq!(peer.names, ["mobile.example.kr", "spiffe://Example/mobile", "ops@example.kr"]);
    assert!(peer.is_valid(NOW));
    // 2026-01-01 is 324.5 days before; 2060 needs the four digits of a GeneralizedTime.
    assert!(!peer.is_valid(at(-325 * 86_400)) && peer.is_valid(at(-324 * 86_400)));
    assert!(peer.is_valid(at(33 * 365 * 86_400)) && !peer.is_valid(at(34 * 365 * 86_400)));
}

#[test]
fn a_certificate_is_known_by_all_that_is_registered_of_it() {
    let der = mobile();
    let peer = PeerCertificate::read(&der).unwrap();
    let hex: String = hash::sha256(&der).iter().map(|byte| format!("{byte:02x}")).collect();
    let wanted = |subject: Option<&str>, san: Option<&str>, fingerprint: Option<&str>| Certificate {
        subject: subject.map(str::to_owned),
        san: san.map(str::to_owned),
        fingerprint: fingerprint.map(str::to_owned),
    };
    let subject = "cn=모바일, O=Example\\2c Inc. , c=KR";
    let zeros = "0".repeat(64);
    for (wanted, found) in [
        (wanted(Some(subject), None, None), true),
        (wanted(None, Some("mobile.EXAMPLE.kr"), None), true),
        (wanted(None, Some("spiffe://Example/mobile"), None), true),
        (wanted(None, Some("spiffe://example/mobile"), None), false),
        (wanted(None, Some("ops@example.kr"), None), true),
        (wanted(None, None, Some(&hex)), true),
        (wanted(Some(subject), Some("ops@example.kr"), Some(&hex)), true),
        (wanted(Some(subject), Some("other.example.kr"), None), false),
        (wanted(Some("CN=모바일"), None, None), false),
        (wanted(Some("C=KR,O=Example\\, Inc.,CN=모바일"), None, None), false),
        (wanted(Some("CN=other"), None, Some(&hex)), false),
        (wanted(None, Some("ops@example.kr"), Some(&zeros)), false),
    ] {
        let mut marks = Marks::default();
        assert!(marks.add(7, &wanted));
        assert_eq!(marks.find(&peer), found.then_some(7), "{wanted:?}");
    }
    for broken in
        [wanted(None, None, None), wanted(Some("mobile"), None, None), wanted(None, None, Some("ab"))]
    {
        let mut marks = Marks::default();
        assert!(!marks.add(7, &broken), "{broken:?}");
        assert_eq!(marks.find(&peer), None);
    }
}

#[test]
fn the_most_telling_mark_comes_first() {
    let peer = PeerCertificate::read(&mobile()).unwrap();
    let hex: String = peer.fingerprint.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut marks = Marks::default();
    marks.add(1, &Certificate { san: Some("ops@example.kr".to_owned()), ..Certificate::default() });
    assert_eq!(marks.find(&peer), Some(1));
    marks.add(2, &Certificate { subject: Some(peer.subject.clone()), ..Certificate::default() });
    assert_eq!(marks.find(&peer), Some(2));
    marks.add(3, &Certificate { fingerprint: Some(hex), ..Certificate::default() });
    assert_eq!(marks.find(&peer), Some(3));
}

#[test]
fn names_are_evened_out_and_what_is_none_is_refused() {
    for (text, expected) in [
        ("CN=a,O=b", Some("CN=a,O=b")),
        ("2.5.4.3=a , 2.5.4.10 = b", Some("CN=a,O=b")),
        ("OU=x+CN=a", Some("CN=a+OU=x")),
        ("CN=a\\ ", Some("CN=a\\ ")),
        ("CN= a b ", Some("CN=a\\ b")),
        ("CN=a\\,b\\=c\\+d\\5c", Some("CN=a\\,b\\=c\\+d\\\\")),
        ("1.2.3=x", Some("1.2.3=x")),
        ("CN=", Some("CN=")),
        ("CN= \u{3000}a", Some("CN=\u{3000}a")),
        ("", None),
        ("CN", None),
        ("CN=a,", None),
        ("nothing=a", None),
        ("=a", None),
        ("CN=a\\", None),
        ("CN=\\ff", None),
    ] {
        assert_eq!(name::canonical(text).as_deref(), expected, "{text}");
    }
}

#[test]
fn a_certificate_without_other_names_has_none() {
    let peer = PeerCertificate::read(&certificate(CertificateParams::new(Vec::new()).unwrap())).unwrap();
    assert!(peer.names.is_empty() && peer.subject.starts_with("CN="));
}

proptest! {
    #[test]
    fn whatever_is_cut_or_changed_nothing_panics(at in 0usize..600, byte in any::<u8>(), length in 0usize..600) {
        let mut der = mobile();
        let at = at % der.len();
        der[at] = byte;
        der.truncate(length.max(1));
        PeerCertificate::read(&der);
        PeerCertificate::read(&der[at.min(der.len())..]);
    }

    #[test]
    fn a_written_name_reads_as_itself(value in "\\PC{0,20}") {
        let escaped: String = value.chars().flat_map(|c| ['\\', c]).collect();
        let written = name::canonical(&format!("CN={escaped}"));
        // Two hexadecimal digits after a backslash are a byte; who means letters does not escape them.
        if !value.chars().any(|c| c.is_ascii_hexdigit()) {
            let written = written.unwrap();
            prop_assert_eq!(name::canonical(&written), Some(written));
        }
    }
}
