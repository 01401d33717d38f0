//! The load of bench/access-log: makes a large log of a seed, and analyses one. Processor time and memory are measured from
//! outside, by `bench/access-log/run`.
//!
//! `access_log make FILE MEGABYTES SEED`, `access_log hostile FILE MEGABYTES SEED`, `access_log read THREADS FILE...`

use std::fs::File;
use std::io::{BufWriter, Write};
use std::sync::Arc;

use naru_assess::log::{Options, Progress, analyse};

/// xorshift64*: the same log of the same seed on each machine. Source: S. Vigna, "An experimental exploration of Marsaglia's
/// xorshift generators, scrambled", 2016.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// 0 to 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number below `count`, small ones far more often: the cube of an even one.
    fn skewed(&mut self, count: usize) -> usize {
        ((self.unit().powi(3) * count as f64) as usize).min(count - 1)
    }
}

const USERS: usize = 300_000;
const ASSETS: usize = 400;
const FUNCTIONS: [&str; 12] = [
    "board", "member", "apply", "search", "orders", "notice", "pay", "my", "library", "booking", "stats",
    "help",
];
const ACTIONS: [&str; 6] = ["list.do", "view.do", "detail", "form.do", "save.do", "print.do"];
const SYSTEMS: [&str; 6] = [
    "Windows NT 10.0; Win64; x64",
    "Macintosh; Intel Mac OS X 10_15_7",
    "X11; Linux x86_64",
    "Linux; Android 14; SM-S918N",
    "iPhone; CPU iPhone OS 17_4 like Mac OS X",
    "Linux; Android 13; SM-A546S",
];
const ROBOTS: [&str; 3] = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
];

/// A user's browser: some 600 different ones.
fn agent(user: usize) -> String {
    let system = SYSTEMS[user % SYSTEMS.len()];
    let (major, minor) = (100 + user / 6 % 25, user / 150 % 4);
    format!(
        "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.{minor}.0 Safari/537.36"
    )
}

fn path(random: &mut Random, is_page: bool) -> String {
    if !is_page {
        let number = random.skewed(ASSETS);
        let (folder, ending) =
            [("css", "css"), ("js", "min.js"), ("images/common", "png"), ("images/icon", "svg")][number % 4];
        return format!("/portal/{folder}/asset{number}.{ending}?v=20240131");
    }
    let function = FUNCTIONS[random.skewed(FUNCTIONS.len())];
    match random.skewed(8) {
        0 => "/portal/main.do".to_owned(),
        1..=3 => format!("/portal/{function}/{}", ACTIONS[random.skewed(ACTIONS.len())]),
        4 | 5 => {
            format!("/portal/{function}/view.do?id={}&page={}", random.skewed(100_000), random.skewed(50))
        }
        6 => format!("/portal/{function}/{}", random.skewed(50_000)),
        _ => format!("/portal/{function}/{}/detail", random.skewed(50_000)),
    }
}

fn make(path_of: &str, megabytes: u64, seed: u64) -> std::io::Result<()> {
    const MONTHS: [&str; 2] = ["Jan", "Feb"];
    let mut random = Random(seed.max(1));
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path_of)?);
    let (mut written, mut at) = (0, 0.0_f64);
    // A week, at whatever rate fills it.
    let per_second = megabytes as f64 * 1e6 / 235.0 / (7.0 * 86_400.0);
    while written < megabytes * 1_000_000 {
        let second = at as u64;
        let hour = second / 3600 % 24;
        let busy = if (9..18).contains(&hour) { 1.8 } else { 0.52 };
        at += -random.unit().max(1e-12).ln() / (per_second * busy);
        let user = random.skewed(USERS);
        let is_robot = random.next() % 100 < 4;
        let agent = if is_robot { ROBOTS[user % ROBOTS.len()].to_owned() } else { agent(user) };
        let is_page = is_robot || random.next() % 100 < 45;
        let path = path(&mut random, is_page);
        let (status, bytes) = match random.next() % 1000 {
            0..=1 => (500, 512),
            2..=14 => (404, 1024),
            15..=29 => (302, 0),
            30..=79 => (304, 0),
            _ => (200, 400 + random.skewed(200_000)),
        };
        let method = if path.ends_with("save.do") { "POST" } else { "GET" };
        let (day, month) = (second / 86_400 + 29, 0);
        let (day, month) = if day > 31 { (day - 31, month + 1) } else { (day, month) };
        let line = format!(
            "{}.{}.{}.{} - - [{day:02}/{}/2024:{hour:02}:{:02}:{:02} +0900] \"{method} {path} HTTP/1.1\" {status} {bytes} \"https://www.example.go.kr/portal/{}\" \"{agent}\"\n",
            11 + user % 200,
            user / 200 % 250,
            user * 7 % 251,
            user * 13 % 253,
            MONTHS[month.min(1)],
            second / 60 % 60,
            second % 60,
            if is_page { "main.do" } else { "board/list.do" },
        );
        out.write_all(line.as_bytes())?;
        written += line.len() as u64;
    }
    out.flush()
}

/// A name of a number, without digits.
fn letters(number: u64) -> String {
    number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
}

/// A log that is made to fill memory: no address, user, path, folder, agent or response time twice, most times in another hour of
/// thirty years than the one before.
fn hostile(path_of: &str, megabytes: u64, seed: u64) -> std::io::Result<()> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut random = Random(seed.max(1));
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path_of)?);
    let (mut written, mut number) = (0, 0_u64);
    while written < megabytes * 1_000_000 {
        let any = random.next();
        let (day, month, year) = (1 + any % 28, any / 28 % 12, 1995 + any / 336 % 30);
        let (hour, minute, second) = (any >> 20 & 15, any >> 32 & 31, any >> 40 & 31);
        let micros = 1_u64 << (any >> 48 & 31) | any & 0xfff;
        let status = [200, 404, 500, 302][(any >> 56 & 3) as usize];
        let line = format!(
            "2001:db8::{:x}:{:x} - user{number} [{day:02}/{}/{year}:{hour:02}:{minute:02}:{second:02} +0900] \"GET /{}/{}/z{number}.do?a={number} HTTP/1.1\" {status} {micros} \"https://{number}.example/\" \"Mozilla/5.0 (Windows NT 10.0) Agent/{number} {}\" {micros}\n",
            any >> 32,
            number & 0xffff,
            MONTHS[month as usize],
            letters(any >> 8 & 511),
            letters(any >> 17 & 0xffff),
            "a".repeat((any >> 16 & 127) as usize),
        );
        out.write_all(line.as_bytes())?;
        written += line.len() as u64;
        number += 1;
    }
    out.flush()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["make", file, megabytes, seed] => make(file, megabytes.parse()?, seed.parse()?)?,
        ["hostile", file, megabytes, seed] => hostile(file, megabytes.parse()?, seed.parse()?)?,
        ["read", threads, ref files @ ..] => {
            let files = files.iter().map(Into::into).collect();
            let options = Options { files, threads: threads.parse()?, ..Options::default() };
            let findings = analyse(&options, &Arc::new(Progress::default()))?;
            println!("{}", serde_json::to_string(&findings)?);
        }
        _ => return Err("usage: access_log make|hostile FILE MEGABYTES SEED | read THREADS FILE...".into()),
    }
    Ok(())
}
