//! What attackers do to a gateway, one thing after the other, and whether it still serves everybody else afterwards.

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::time::{Duration, Instant};

use naru_model::language::Language;

use super::Context;
use super::ask::{Answer, Came, Door, Line};
use super::cases::{Finding, HOSTILE, LIMITS, PROXY, Planned, SLOW};
use super::guard::Stop;
use super::hostile::{self, Right};
use super::plan::Asked;
use super::platform::Route;
use super::security::refused;

/// Connections that send too slowly at once.
const SLOW_ONES: usize = 5;
/// How often each of them sends a byte.
const SLOW_BYTE: Duration = Duration::from_millis(500);
/// Requests that are sent to see a limit without having been allowed to load anything.
const FEW: u32 = 60;
/// And however much was allowed: each has a connection.
const MANY: u32 = 500;

pub(super) fn plan<'a>(cx: &'a Context<'a>) -> Vec<Planned<'a>> {
    let mut cases = limits(cx);
    let Some(asked) = cx.plan.routes.iter().find(|asked| asked.method == "GET") else {
        let why = cx.say("GET 요청을 보낼 경로 없음", "there is no route to ask by GET");
        cases.extend([HOSTILE, PROXY, SLOW].map(|case| Planned::not_run(case, why.as_str())));
        return cases;
    };
    let will = cx.say(
        "알려진 공격 요청을 하나씩 전송(서비스 자료를 바꾸지 않음)",
        "sends known hostile requests, one by one; none of them changes data",
    );
    cases.push(Planned::new(HOSTILE, will, move |finding| attacks(cx, asked, finding)));
    let will = cx.say(
        "이 시험기 주소로의 중계를 게이트웨이에 요청",
        "asks the gateway to go to an address of this machine",
    );
    cases.push(Planned::new(PROXY, will, move |finding| proxy(cx, finding)));
    let will = cx.say("머리글을 느리게 보내는 접속 5개", "five connections that send their heads slowly");
    cases.push(Planned::new(SLOW, will, move |finding| slow(cx, asked, finding)));
    cases
}

/// Sends one ordinary request, and tells whether it was answered as it should be.
fn serves(cx: &Context<'_>, asked: &Asked) -> Result<(), String> {
    let door = cx.users_door();
    match door.answer(&asked.request(&door.address.to_string())) {
        Ok(answer) if asked.expected().contains(&answer.status) => Ok(()),
        Ok(answer) => Err(answer.status.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

fn attacks(cx: &Context<'_>, asked: &Asked, finding: &mut Finding) -> Result<(), Stop> {
    let door = cx.users_door();
    let host = asked.host.clone().unwrap_or_else(|| door.address.to_string());
    let all = hostile::all(&host, &asked.path);
    finding.done = cx.language.pick(
        format!(
            "공격 요청 {}종을 각각 새 접속으로 보내고, 그때마다 정상 요청으로 게이트웨이 응답 확인",
            all.len()
        ),
        format!(
            "sent {} hostile requests, each on a connection of its own, and an ordinary request after each",
            all.len()
        ),
    );
    finding.wanted = cx.say(
        "모두 4xx 거부 또는 접속 종료, 이후 정상 요청은 정상 응답",
        "each refused with 4xx or by closing, and the ordinary requests answered",
    );
    let mut wrong = 0;
    for attack in &all {
        cx.guard.check()?;
        let came = door.ask(&attack.request).map_err(refused)?;
        let (mut right, said) = judge(cx.language, &came, attack.right);
        let mut line = format!("{}: {said} [{}]", attack.name.of(cx.language), attack.source);
        if let Err(why) = serves(cx, asked) {
            right = false;
            line.push_str(&cx.language.pick(
                format!("; 이후 정상 요청 실패({why})"),
                format!("; the ordinary request after it failed ({why})"),
            ));
        }
        wrong += usize::from(!right);
        finding.judge(right, line);
    }
    finding.found = cx.language.pick(
        format!("{}종 중 {}종 차단", all.len(), all.len() - wrong),
        format!("{} of {} refused", all.len() - wrong, all.len()),
    );
    Ok(())
}

fn judge(language: Language, came: &Came, right: Right) -> (bool, String) {
    match came {
        Came::Closed => (true, language.pick("접속 종료", "closed").to_owned()),
        Came::Nothing => (false, language.pick("응답 없음", "no answer").to_owned()),
        Came::Answer(answer) => {
            let refused = matches!(answer.status, 400..=499 | 501 | 505);
            let without = |text: &str| {
                let head: String =
                    answer.headers.iter().map(|(name, value)| format!("\r\n{name}: {value}")).collect();
                !head.contains(text) && memchr::memmem::find(&answer.body, text.as_bytes()).is_none()
            };
            let right = match right {
                Right::Refused => refused,
                Right::Without(text) => refused || without(text),
            };
            (right, answer.status.to_string())
        }
    }
}

/// An address of this machine from which the gateway is reached.
fn own_address(gateway: SocketAddr) -> io::Result<IpAddr> {
    let any: SocketAddr = if gateway.is_ipv4() {
        ([0, 0, 0, 0], 0).into()
    } else {
        (std::net::Ipv6Addr::UNSPECIFIED, 0).into()
    };
    let socket = UdpSocket::bind(any)?;
    // Nothing is sent: the kernel tells by which address it would go.
    socket.connect(gateway)?;
    Ok(socket.local_addr()?.ip())
}

fn proxy(cx: &Context<'_>, finding: &mut Finding) -> Result<(), Stop> {
    let door = cx.users_door();
    finding.done = cx.say(
        "시험기에서 접속을 기다리며, 절대 URI·CONNECT·Host로 그 주소를 요청",
        "listened here and asked for that address by an absolute URI, by CONNECT and by Host",
    );
    finding.wanted = cx.say("게이트웨이가 그 주소로 접속하지 않음", "the gateway does not connect to it");
    let listener = TcpListener::bind((own_address(door.address).map_err(refused)?, 0)).map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    listener.set_nonblocking(true).map_err(refused)?;
    let mut reached = 0;
    for (name, request) in [
        (
            "GET http://",
            format!(
                "GET http://{address}/naru-verify HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
            ),
        ),
        ("CONNECT", format!("CONNECT {address} HTTP/1.1\r\nhost: {address}\r\n\r\n")),
        ("Host", format!("GET /naru-verify HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")),
    ] {
        let came = door.ask(request.as_bytes()).map_err(refused)?;
        let connected = listener.accept().is_ok();
        let (_, said) = judge(cx.language, &came, Right::Refused);
        let what =
            if connected { cx.say("중계됨", "relayed") } else { cx.say("중계 안 됨", "not relayed") };
        finding.judge(!connected, format!("{name}: {said}, {what}"));
        reached += usize::from(connected);
    }
    finding.found = cx.language.pick(format!("중계 {reached}건"), format!("{reached} relayed"));
    Ok(())
}

fn slow(cx: &Context<'_>, asked: &Asked, finding: &mut Finding) -> Result<(), Stop> {
    let within = cx.plan.security.slow_within;
    finding.done = cx.language.pick(
        format!("접속 {SLOW_ONES}개에서 머리글을 {} 마다 1바이트씩 전송", cx.lasts(SLOW_BYTE)),
        format!("sent a head on {SLOW_ONES} connections, a byte each {}", cx.lasts(SLOW_BYTE)),
    );
    let limit = cx.lasts(within);
    finding.wanted = cx.language.pick(
        format!("{limit} 안에 모두 종료, 그동안 정상 요청은 정상 응답"),
        format!("all cut off within {limit}, ordinary requests answered meanwhile"),
    );
    let began = Instant::now();
    let mut open = (0..SLOW_ONES)
        .map(|_| begin_slowly(cx.users_door()))
        .collect::<io::Result<Vec<_>>>()
        .map_err(refused)?;
    let mut served = Ok(());
    while !open.is_empty() && began.elapsed() < within {
        cx.guard.pause(SLOW_BYTE)?;
        open.retain_mut(|line| {
            line.write_all(b"a").and_then(|()| line.flush()).is_ok() && !has_ended(line.as_mut())
        });
        served = served.and(serves(cx, asked));
    }
    let took = began.elapsed();
    finding.judge(
        open.is_empty(),
        cx.language.pick(
            format!("{:.1}초 후 남은 접속 {}개", took.as_secs_f64(), open.len()),
            format!("{} left after {:.1} s", open.len(), took.as_secs_f64()),
        ),
    );
    finding.judge(
        served.is_ok(),
        cx.language.pick(
            format!("그동안 정상 요청: {}", served.as_ref().err().map_or("정상", |why| why)),
            format!("ordinary requests meanwhile: {}", served.as_ref().err().map_or("answered", |why| why)),
        ),
    );
    finding.found = cx.language.pick(
        format!("{:.1}초 안에 종료", took.as_secs_f64()),
        format!("cut off within {:.1} s", took.as_secs_f64()),
    );
    if !open.is_empty() {
        finding.found = cx.language.pick(
            format!("{limit} 후에도 {}개 유지", open.len()),
            format!("{} still open after {limit}", open.len()),
        );
    }
    Ok(())
}

fn begin_slowly(door: &Door) -> io::Result<Box<dyn Line>> {
    let mut line = door.open_impatient()?;
    line.write_all(b"GET / HTTP/1.1\r\nx-slow: ")?;
    line.flush()?;
    Ok(line)
}

/// An answer (408) is an end as well: what comes after it is nobody's.
fn has_ended(line: &mut dyn Line) -> bool {
    match line.read(&mut [0; 512]) {
        Ok(0..) => true,
        Err(error) => !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut),
    }
}

/// One case for each route that has a rate.
fn limits<'a>(cx: &'a Context<'a>) -> Vec<Planned<'a>> {
    let limited = cx.routes.iter().filter_map(|route| {
        let asked = cx.plan.routes.iter().find(|asked| asked.name == route.name)?;
        Some((asked, enough(route)?))
    });
    let mut cases: Vec<Planned<'a>> = limited.map(|(asked, enough)| limit(cx, asked, enough)).collect();
    if cases.is_empty() {
        let why =
            cx.say("호출 한도(limits.rate)가 있는 시험 경로 없음", "no route here has a limit of its rate");
        cases.push(Planned::not_run(LIMITS, why));
    }
    cases
}

/// How many requests at once are more than a route's rate lets through.
fn enough(route: &Route) -> Option<u32> {
    let of = |text: &String| -> Option<u32> {
        let mut words = text.split(' ');
        let mut rate = None;
        let mut burst = None;
        while let Some(word) = words.next() {
            match word {
                "rate" => rate = words.next().and_then(|rate| rate.split('/').next()?.parse::<f64>().ok()),
                "burst" => burst = words.next().and_then(|burst| burst.parse::<f64>().ok()),
                _ => {}
            }
        }
        // Without a burst a whole unit's worth may come at once; what is given back meanwhile comes on top.
        Some((burst.unwrap_or(0.0).max(rate?) * 2.0 + 10.0).min(f64::from(u32::MAX)) as u32)
    };
    route.limits.iter().filter_map(of).min()
}

fn limit<'a>(cx: &'a Context<'a>, asked: &'a Asked, enough: u32) -> Planned<'a> {
    if enough > FEW && (cx.allowed * 10.0 < f64::from(enough) || enough > MANY) {
        let rate = enough.min(MANY) / 10;
        let why = cx.language.pick(
            format!("--allow-load {rate} 필요(한도까지 요청 {enough}건)"),
            format!("needs --allow-load {rate} ({enough} requests to get to the limit)"),
        );
        return Planned::not_run(LIMITS, why).of(&asked.name);
    }
    let will = cx.language.pick(
        format!("{} 에 동시 요청 {enough}건", asked.path),
        format!("{enough} requests of {} at once", asked.path),
    );
    Planned::new(LIMITS, will, move |finding| exceed(cx, asked, enough, finding)).of(&asked.name)
}

fn exceed(cx: &Context<'_>, asked: &Asked, enough: u32, finding: &mut Finding) -> Result<(), Stop> {
    finding.done = cx.language.pick(
        format!("{} 에 {enough}건을 동시에 요청", asked.path),
        format!("asked for {} {enough} times at once", asked.path),
    );
    finding.wanted =
        cx.say("한도를 넘으면 429와 Retry-After", "429 with Retry-After once it is over the limit");
    let door = cx.users_door();
    let request = asked.request(&door.address.to_string());
    let came = door.ask_at_once(&request, enough).map_err(refused)?;
    let over: Vec<&Answer> = came
        .iter()
        .filter_map(|came| match came {
            Came::Answer(answer) if answer.status == 429 => Some(answer),
            _ => None,
        })
        .collect();
    let after = over.iter().find_map(|answer| answer.header("retry-after"));
    let said = after.unwrap_or(cx.language.pick("없음", "missing"));
    finding.found = cx.language.pick(
        format!("{enough}건 중 {}건 429, Retry-After {said}", over.len()),
        format!("{} of {enough} answered 429, Retry-After {said}", over.len()),
    );
    finding.judge(after.is_some(), finding.found.clone());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_4xx_or_an_end_and_silence_is_none() {
        let answer = |status: u16| Came::Answer(Answer { status, ..Answer::default() });
        for (came, right) in [
            (answer(400), true),
            (answer(501), true),
            (answer(200), false),
            (answer(502), false),
            (Came::Closed, true),
            (Came::Nothing, false),
        ] {
            assert_eq!(judge(Language::Ko, &came, Right::Refused).0, right, "{came:?}");
        }
        let leaked =
            Came::Answer(Answer { status: 200, body: b"root:x:0:0:root".to_vec(), ..Answer::default() });
        assert!(!judge(Language::Ko, &leaked, Right::Without("root:x:0:0:")).0);
        assert!(judge(Language::Ko, &answer(200), Right::Without("root:x:0:0:")).0);
        let split = Answer {
            status: 200,
            headers: vec![("set-cookie".to_owned(), "naru=smuggled".to_owned())],
            ..Answer::default()
        };
        assert!(
            !judge(Language::Ko, &Came::Answer(split), Right::Without("\r\nset-cookie: naru=smuggled")).0
        );
    }

    #[test]
    fn as_many_requests_as_pass_a_limit_follow_from_its_words() {
        let route = |limits: &[&str]| Route {
            name: "a".to_owned(),
            host: None,
            path: None,
            methods: Vec::new(),
            services: Vec::new(),
            function: None,
            open: true,
            limits: limits.iter().map(|limit| (*limit).to_owned()).collect(),
        };
        assert_eq!(enough(&route(&["rate 5/s per client"])), Some(20));
        assert_eq!(enough(&route(&["rate 50/s burst 100 per address", "concurrency 3"])), Some(210));
        assert_eq!(enough(&route(&["concurrency 3"])), None);
    }
}
