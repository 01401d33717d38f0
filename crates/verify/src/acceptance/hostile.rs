//! Requests made to hurt, as attackers have sent them to gateways, and what a gateway that is well does with each. They change
//! nothing: none is a request that a service should ever see, or it is a GET.

use naru_model::language::Text;

/// What is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    /// 4xx, 501, 505 or an end of the connection. Anything else means that it was taken for a request.
    Refused,
    /// As above, or any answer without this text in its head or body.
    Without(&'static str),
}

pub(super) struct Attack {
    pub(super) name: Text,
    pub(super) request: Vec<u8>,
    pub(super) right: Right,
    /// Where it is known from.
    pub(super) source: &'static str,
}

/// A request line, the fields between it and the empty line, and what follows.
fn of(line: &str, fields: &[&str], body: &str) -> Vec<u8> {
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    format!("{line}\r\n{fields}\r\n{body}").into_bytes()
}

/// All of them, against a path that is routed to a service.
pub(super) fn all(host: &str, path: &str) -> Vec<Attack> {
    let host = format!("host: {host}");
    [framing(&host, path), heads(&host, path), sizes(&host, path), targets(&host, path)]
        .into_iter()
        .flatten()
        .collect()
}

fn refused(ko: &'static str, en: &'static str, source: &'static str, request: Vec<u8>) -> Attack {
    Attack { name: Text::new(ko, en), request, right: Right::Refused, source }
}

/// Where one request ends and the next begins: who sees it otherwise than the service lets requests be smuggled.
fn framing(host: &str, path: &str) -> Vec<Attack> {
    const SMUGGLING: &str = "RFC 9112 §6.1, §11.2";
    const CHUNKS: &str = "RFC 9112 §7.1";
    let post = format!("POST {path} HTTP/1.1");
    let of = |fields: &[&str], body: &str| of(&post, &[&[host], fields].concat(), body);
    let smuggled = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n";
    vec![
        refused(
            "요청 밀수(CL.TE)",
            "smuggling, CL.TE",
            SMUGGLING,
            of(&["content-length: 6", "transfer-encoding: chunked"], smuggled),
        ),
        refused(
            "요청 밀수(TE.CL)",
            "smuggling, TE.CL",
            SMUGGLING,
            of(&["transfer-encoding: chunked", "content-length: 4"], smuggled),
        ),
        refused(
            "요청 밀수(TE.TE)",
            "smuggling, TE.TE",
            SMUGGLING,
            of(&["transfer-encoding: chunked", "transfer-encoding: x"], smuggled),
        ),
        refused(
            "요청 밀수(변형 TE)",
            "smuggling, odd TE",
            SMUGGLING,
            of(&["transfer-encoding: xchunked"], smuggled),
        ),
        refused(
            "Content-Length 중복",
            "two lengths",
            "RFC 9112 §6.3",
            of(&["content-length: 1", "content-length: 2"], "ab"),
        ),
        refused(
            "Content-Length 부호",
            "a length with a sign",
            "RFC 9110 §8.6",
            of(&["content-length: +1"], "a"),
        ),
        refused(
            "Content-Length 음수",
            "a length below zero",
            "RFC 9110 §8.6",
            of(&["content-length: -1"], ""),
        ),
        refused(
            "잘못된 청크 크기",
            "a chunk without a size",
            CHUNKS,
            of(&["transfer-encoding: chunked"], "xyz\r\na\r\n0\r\n\r\n"),
        ),
        refused(
            "청크 길이 불일치",
            "a chunk longer than it says",
            CHUNKS,
            of(&["transfer-encoding: chunked"], "1\r\nabc\r\n0\r\n\r\n"),
        ),
        refused(
            "청크 크기 넘침",
            "a chunk of 2^64",
            CHUNKS,
            of(&["transfer-encoding: chunked"], "10000000000000000\r\na\r\n0\r\n\r\n"),
        ),
    ]
}

/// Heads that are none.
fn heads(host: &str, path: &str) -> Vec<Attack> {
    const FIELDS: &str = "RFC 9112 §5";
    let get = format!("GET {path} HTTP/1.1");
    let with = |fields: &[&str]| of(&get, &[&[host], fields].concat(), "");
    vec![
        refused("Host 없음", "no host", "RFC 9112 §3.2", of(&get, &[], "")),
        refused("Host 중복", "two hosts", "RFC 9112 §3.2", with(&["host: other.example"])),
        refused("머리글 이름 뒤 공백", "a space before the colon", FIELDS, with(&["x-a : b"])),
        refused("접힌 머리글", "a folded field", "RFC 9112 §5.2", with(&["x-a: b\r\n c"])),
        refused("머리글 NUL", "NUL in a field", "RFC 9110 §5.5", with(&["x-a: b\0c"])),
        refused(
            "머리글 CR 삽입",
            "a bare CR in a field",
            "RFC 9112 §2.2",
            with(&["x-a: b\rset-cookie: naru=1"]),
        ),
        refused("콜론 없는 머리글", "a field without a colon", FIELDS, with(&["x-a"])),
        refused(
            "잘못된 메서드",
            "a method that is none",
            "RFC 9110 §9.1",
            of(&format!("G(ET {path} HTTP/1.1"), &[host], ""),
        ),
        refused(
            "잘못된 버전",
            "a version that is none",
            "RFC 9112 §2.3",
            of(&format!("GET {path} HTTP/9.9"), &[host], ""),
        ),
        refused(
            "TLS 아닌 이진 자료",
            "bytes that are no HTTP",
            "RFC 9112 §3",
            vec![0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0, b'\r', b'\n', b'\r', b'\n'],
        ),
    ]
}

/// Too much of everything.
fn sizes(host: &str, path: &str) -> Vec<Attack> {
    let get = format!("GET {path} HTTP/1.1");
    let long = "a".repeat(256 << 10);
    let many: Vec<String> = (0..5000).map(|n| format!("x-{n}: 1")).collect();
    let mut many: Vec<&str> = many.iter().map(String::as_str).collect();
    many.push(host);
    vec![
        refused(
            "과대 URI(256 KiB)",
            "a URI of 256 KiB",
            "RFC 9110 §15.5.15",
            of(&format!("GET {path}?{long} HTTP/1.1"), &[host], ""),
        ),
        refused(
            "과대 머리글(256 KiB)",
            "a field of 256 KiB",
            "RFC 6585 §5",
            of(&get, &[host, &format!("x-a: {long}")], ""),
        ),
        refused("과다 머리글(5,000개)", "5,000 fields", "RFC 6585 §5", of(&get, &many, "")),
    ]
}

/// Targets that lead elsewhere.
fn targets(host: &str, path: &str) -> Vec<Attack> {
    const TRAVERSAL: &str = "CWE-22";
    let base = path.trim_end_matches('/');
    let climb = |ko, en, up: &str| {
        let line = format!("GET {base}/{}etc/passwd HTTP/1.1", up.repeat(8));
        // An answer with the file of users is what must never come; that there is no such page is right.
        Attack {
            name: Text::new(ko, en),
            request: of(&line, &[host], ""),
            right: Right::Without("root:x:0:0:"),
            source: TRAVERSAL,
        }
    };
    let split = format!("GET {base}/%0d%0aset-cookie:%20naru=smuggled HTTP/1.1");
    vec![
        climb("경로 탈출(../)", "path traversal, ../", "../"),
        climb("경로 탈출(%2e%2e%2f)", "path traversal, %2e%2e%2f", "%2e%2e%2f"),
        climb("경로 탈출(이중 부호화)", "path traversal, encoded twice", "%252e%252e%252f"),
        climb("경로 탈출(역슬래시)", "path traversal, backslashes", "..%5c"),
        climb("경로 탈출(과잉 UTF-8)", "path traversal, overlong UTF-8", "..%c0%af"),
        Attack {
            name: Text::new("응답 머리글 삽입", "splitting of the answer"),
            request: of(&split, &[host], ""),
            right: Right::Without("\r\nset-cookie: naru=smuggled"),
            source: "CWE-113",
        },
        refused("URI 공백", "a space in the target", "RFC 9112 §3.2", of("GET /a b HTTP/1.1", &[host], "")),
        refused(
            "상대 URI",
            "a target without a slash",
            "RFC 9112 §3.2.1",
            of("GET etc/passwd HTTP/1.1", &[host], ""),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attack_is_one_of_its_own() {
        let all = all("a.example", "/portal");
        assert!(all.len() >= 30, "{}", all.len());
        for (index, attack) in all.iter().enumerate() {
            assert!(
                all[..index].iter().all(|other| other.name != attack.name && other.request != attack.request)
            );
        }
        let smuggled = all.iter().filter(|attack| attack.name.en.starts_with("smuggling"));
        assert!(
            smuggled.clone().count() == 4 && smuggled.clone().all(|attack| attack.right == Right::Refused)
        );
    }
}
