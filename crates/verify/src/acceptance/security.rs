//! Security as it can be seen from outside: TLS, certificates, headers, tokens. What attackers send is in `attack`.

use rustls::pki_types::ServerName;

use super::ask::{Answer, Door};
use super::cases::{CERTIFICATE, CONSOLE, Finding, HEADERS, Planned, REDIRECT, ROLES, TLS, TOKENS};
use super::guard::Stop;
use super::platform::Refused;
use super::{Context, attack, tls};

/// Headers that tell attackers what runs here.
const TELLING: [&str; 4] = ["x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "x-generator"];
/// What browsers are to be told by the console's pages. Source: OWASP, HTTP Security Response Headers Cheat Sheet.
const CONSOLE_HEADERS: [&str; 4] =
    ["content-security-policy", "x-frame-options", "x-content-type-options", "referrer-policy"];
/// A path that no route has.
const NOWHERE: &str = "/naru-verify-no-such-page";

pub(super) fn plan<'a>(cx: &'a Context<'a>) -> Vec<Planned<'a>> {
    let mut cases = of_tls(cx);
    cases.push(Planned::new(
        HEADERS,
        cx.say("경로마다 요청 1건, 응답 머리글 확인", "one request a route; its headers"),
        |finding| headers(cx, finding),
    ));
    cases.extend(of_console(cx));
    cases.extend(attack::plan(cx));
    cases
}

fn of_tls<'a>(cx: &'a Context<'a>) -> Vec<Planned<'a>> {
    let mut cases = Vec::new();
    let none = || {
        cx.say(
            "게이트웨이에 TLS 수신 주소 없음(naru.yaml의 gateway.tls)",
            "the gateway has no TLS listener (gateway.tls of naru.yaml)",
        )
    };
    match &cx.doors.tls {
        Some(door) => {
            let will = cx.say("구형 TLS·약한 암호 방식으로 접속 시도", "tries old versions and weak ciphers");
            cases.push(Planned::new(TLS, will, move |finding| versions(cx, door, finding)));
            let will = cx.say("인증서 확인", "looks at the certificate");
            cases.push(Planned::new(CERTIFICATE, will, move |finding| certificate(cx, door, finding)));
        }
        None => cases.extend([TLS, CERTIFICATE].map(|case| Planned::not_run(case, none()))),
    }
    cases.push(match (&cx.doors.plain, cx.plan.security.redirect) {
        (_, false) => Planned::not_run(
            REDIRECT,
            cx.say(
                "전환 요구 없음(계획서 security.redirect)",
                "not asked for (security.redirect of the plan)",
            ),
        ),
        (None, true) => {
            Planned::not_run(REDIRECT, cx.say("평문 HTTP 수신 주소 없음", "nothing listens for plain HTTP"))
        }
        (Some(door), true) => {
            Planned::new(REDIRECT, cx.say("평문 요청 1건", "one plain request"), move |finding| {
                redirect(cx, door, finding)
            })
        }
    });
    cases
}

fn of_console<'a>(cx: &'a Context<'a>) -> Vec<Planned<'a>> {
    let Some((door, host)) = &cx.console else {
        let why = cx.say(
            "관리 주소 필요: --server URL 또는 계획서 console",
            "needs --server URL, or console in the plan",
        );
        return [TOKENS, ROLES, CONSOLE].map(|case| Planned::not_run(case, why.as_str())).into();
    };
    let will =
        cx.say("토큰 없이 1건, 틀린 토큰으로 1건 요청", "one request without a token, one with a wrong one");
    let mut cases = vec![Planned::new(TOKENS, will, move |finding| tokens(cx, door, host, finding))];
    let will = cx.say(
        "조회 권한 토큰을 만들어 없는 서비스의 변경을 시도하고 토큰을 폐기",
        "makes a viewer's token, tries to change a service that does not exist with it, and revokes it",
    );
    cases.push(Planned::new(ROLES, will, move |finding| roles(cx, door, host, finding)));
    let will = cx.say("관리 화면 첫 쪽 1건 요청", "asks for the console's first page");
    cases.push(Planned::new(CONSOLE, will, move |finding| console(cx, door, host, finding)));
    cases
}

pub(super) fn refused(error: std::io::Error) -> Stop {
    Stop::Refused(Refused(error.to_string()))
}

fn versions(cx: &Context<'_>, door: &Door, finding: &mut Finding) -> Result<(), Stop> {
    finding.done = cx.say(
        "TLS 1.2·1.3으로 접속, 이어 구형 버전·약한 암호 방식만 제시하며 접속 시도",
        "connected by TLS 1.2 and 1.3, then offered old versions and weak ciphers alone",
    );
    finding.wanted = cx.say(
        "TLS 1.2 이상만 허용, 구형·약한 방식은 모두 거부",
        "TLS 1.2 or newer, everything older or weaker refused",
    );
    let (version, _) = tls::hello(door).map_err(refused)?;
    let version = version.map_or_else(String::new, |version| format!("{version:?}"));
    finding.tell(cx.language.pick(format!("합의된 버전: {version}"), format!("agreed upon: {version}")));
    let mut taken = Vec::new();
    for weak in &tls::WEAK {
        cx.guard.check()?;
        let takes = tls::takes(door, weak).map_err(refused)?;
        let what = if takes { cx.say("허용", "taken") } else { cx.say("거부", "refused") };
        finding.judge(!takes, format!("{}: {what}", weak.name));
        if takes {
            taken.push(weak.name);
        }
    }
    finding.found = if taken.is_empty() {
        cx.language.pick(
            format!("{version}, 구형·약한 방식 {}종 모두 거부", tls::WEAK.len()),
            format!("{version}; all {} weak offers refused", tls::WEAK.len()),
        )
    } else {
        cx.language.pick(format!("허용됨: {}", taken.join(", ")), format!("taken: {}", taken.join(", ")))
    };
    Ok(())
}

fn certificate(cx: &Context<'_>, door: &Door, finding: &mut Finding) -> Result<(), Stop> {
    let security = &cx.plan.security;
    let days = security.certificate_days;
    let name = match &security.name {
        Some(name) => ServerName::try_from(name.clone())
            .map_err(|error| Stop::NotRun(format!("security.name: {error}")))?,
        None => door.tls.clone().ok_or_else(|| Stop::NotRun("TLS".to_owned()))?,
    };
    let shown_name = name.to_str().into_owned();
    finding.done = cx.language.pick(
        format!("인증서를 {shown_name} 이름으로 검증"),
        format!("verified the certificate for {shown_name}"),
    );
    finding.wanted = cx.language.pick(
        format!("신뢰된 기관 발급, 이름 일치, {days}일 후에도 유효"),
        format!("by a trusted issuer, for this name, good for {days} more days"),
    );
    let roots = tls::roots(security.ca.as_deref()).map_err(refused)?;
    let (_, shown) = tls::hello(door).map_err(refused)?;
    let mut faults = Vec::new();
    for (ko, en, at) in [("현재", "now", 0), ("기한", "then", days)] {
        let fault = tls::fault(&shown, &name, roots.clone(), tls::in_days(at));
        let fault = fault.map(|why| tls::words(&why).of(cx.language).to_owned());
        let said = fault.clone().unwrap_or_else(|| cx.say("유효", "good"));
        finding.judge(fault.is_none(), format!("{} (+{at}{}): {said}", cx.say(ko, en), cx.say("일", "d")));
        faults.extend(fault);
    }
    finding.tell(
        cx.language
            .pick(format!("제시된 인증서 {}장", shown.len()), format!("{} certificates shown", shown.len())),
    );
    finding.found = faults.first().cloned().unwrap_or_else(|| cx.say("유효", "good"));
    Ok(())
}

fn redirect(cx: &Context<'_>, door: &Door, finding: &mut Finding) -> Result<(), Stop> {
    finding.done = cx.say("평문 HTTP로 요청 1건", "one request by plain HTTP");
    finding.wanted = cx.say("https 주소로 301·302·307·308 전환", "301, 302, 307 or 308 to https");
    let answer = door.answer(&cx.plain_get("/")).map_err(refused)?;
    let to = answer.header("location").unwrap_or_default().to_owned();
    let leads = matches!(answer.status, 301 | 302 | 307 | 308) && to.starts_with("https://");
    finding.found = format!("{} {to}", answer.status);
    finding.judge(leads, finding.found.clone());
    Ok(())
}

fn headers(cx: &Context<'_>, finding: &mut Finding) -> Result<(), Stop> {
    finding.done = cx.say(
        "경로마다 요청 1건, 없는 쪽 요청 1건의 응답 머리글 확인",
        "looked at the headers of one answer a route, and of one for a page that does not exist",
    );
    let wanted = cx.plan.security.headers.join(", ");
    finding.wanted = cx.language.pick(
        format!("서버 제품·버전 비노출{}{wanted}", if wanted.is_empty() { "" } else { ", 필수 머리글: " }),
        format!(
            "no product or version is told{}{wanted}",
            if wanted.is_empty() { "" } else { "; there must be " }
        ),
    );
    let door = cx.users_door();
    let address = door.address.to_string();
    let mut wrong = 0;
    let mut look = |finding: &mut Finding, name: &str, answer: &Answer, required: &[String]| {
        let faults = header_faults(cx, answer, required);
        let said =
            if faults.is_empty() { cx.say("이상 없음", "nothing wrong") } else { faults.join("; ") };
        finding.judge(faults.is_empty(), format!("{name}: {} {said}", answer.status));
        wrong += usize::from(!faults.is_empty());
    };
    for asked in cx.plan.routes.iter().filter(|asked| asked.method == "GET") {
        cx.guard.check()?;
        let answer = door.answer(&asked.request(&address)).map_err(refused)?;
        look(finding, &asked.name, &answer, &cx.plan.security.headers);
    }
    // What the gateway itself says of an error is for clients, not for attackers.
    let answer = door.answer(&cx.plain_get(NOWHERE)).map_err(refused)?;
    look(finding, NOWHERE, &answer, &[]);
    finding.found = cx.language.pick(format!("지적 {wrong}건"), format!("{wrong} with something wrong"));
    Ok(())
}

fn header_faults(cx: &Context<'_>, answer: &Answer, required: &[String]) -> Vec<String> {
    let missing = required.iter().filter(|name| answer.header(name).is_none());
    let missing = missing.map(|name| cx.language.pick(format!("{name} 없음"), format!("no {name}")));
    let tells = |name: &str| {
        answer
            .header(name)
            .map(|value| cx.language.pick(format!("{name}: {value} 노출"), format!("tells {name}: {value}")))
    };
    // A product's name is no secret by itself; with a version, known holes can be looked up.
    let versioned = answer.header("server").filter(|server| server.bytes().any(|b| b.is_ascii_digit()));
    missing
        .chain(TELLING.iter().filter_map(|name| tells(name)))
        .chain(versioned.and_then(|_| tells("server")))
        .collect()
}

fn api_request(method: &str, path: &str, host: &str, token: Option<&str>) -> Vec<u8> {
    let token = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    let body = if method == "GET" { "" } else { "{}" };
    let fields = format!(
        "host: {host}\r\naccept: application/json\r\ncontent-type: application/json\r\n{token}connection: close\r\n"
    );
    format!("{method} {path} HTTP/1.1\r\n{fields}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn tokens(cx: &Context<'_>, door: &Door, host: &str, finding: &mut Finding) -> Result<(), Stop> {
    finding.done = cx.say(
        "상태 조회를 토큰 없이, 틀린 토큰으로 각 1건 요청",
        "asked for the status without a token and with a wrong one",
    );
    finding.wanted = cx.say("모두 401", "401 for both");
    let mut found = Vec::new();
    // One wrong token, not ten: from the tenth on the address is shut out.
    for (ko, en, token) in [("토큰 없음", "none", None), ("틀린 토큰", "wrong", Some("naru-verify-no-token"))]
    {
        let answer = door.answer(&api_request("GET", "/v1/status", host, token)).map_err(refused)?;
        finding.judge(answer.status == 401, format!("{}: {}", cx.say(ko, en), answer.status));
        found.push(answer.status.to_string());
    }
    finding.found = found.join(", ");
    Ok(())
}

fn roles(cx: &Context<'_>, door: &Door, host: &str, finding: &mut Finding) -> Result<(), Stop> {
    finding.done = cx.say("조회 권한 토큰으로 없는 서비스의 확장·배포와 토큰 발급을 시도한 뒤 토큰 폐기", "with a viewer's token: read the status, then tried to scale and deploy a service that does not exist, and to make a token; revoked it");
    finding.wanted = cx.say("조회는 200, 변경은 모두 403", "200 for reading, 403 for every change");
    let (id, secret) = cx.platform.make_viewer(&format!("naru-verify-{}", std::process::id()))?;
    let undo =
        cx.guard.undo(cx.say("시험용 토큰 폐기", "the token is revoked"), || cx.platform.revoke(id));
    let mut found = Vec::new();
    for (method, path, right) in [
        ("GET", "/v1/status", 200),
        ("POST", "/v1/services/naru-verify-none/scale", 403),
        ("POST", "/v1/services/naru-verify-none/deploy", 403),
        ("POST", "/v1/tokens", 403),
    ] {
        let answer = door.answer(&api_request(method, path, host, Some(&secret))).map_err(refused)?;
        finding.judge(answer.status == right, format!("{method} {path}: {}", answer.status));
        found.push(answer.status.to_string());
    }
    finding.tell(undo.now());
    finding.found = found.join(", ");
    Ok(())
}

fn console(cx: &Context<'_>, door: &Door, host: &str, finding: &mut Finding) -> Result<(), Stop> {
    finding.done =
        cx.say("관리 화면 첫 쪽의 응답 머리글 확인", "looked at the headers of the console's first page");
    finding.wanted = CONSOLE_HEADERS.join(", ");
    let request = format!("GET / HTTP/1.1\r\nhost: {host}\r\naccept: text/html\r\nconnection: close\r\n\r\n");
    let answer = door.answer(request.as_bytes()).map_err(refused)?;
    for name in CONSOLE_HEADERS {
        let value = answer.header(name);
        finding.judge(value.is_some(), format!("{name}: {}", value.unwrap_or("-")));
    }
    for fault in header_faults(cx, &answer, &[]) {
        finding.judge(false, fault);
    }
    let missing = CONSOLE_HEADERS.iter().filter(|name| answer.header(name).is_none()).count();
    finding.found = cx.language.pick(
        format!("{} 응답, 누락 {missing}건", answer.status),
        format!("{}; {missing} missing", answer.status),
    );
    Ok(())
}
