//! Which user agents are robots by their own word: crawlers, feed readers, monitors, and programs that name their library.

/// Words in the names of robots and of the libraries that they are made with, in lower case. Sources: the agents' own
/// documentation; RFC 9110, 10.1.5, asks them to name themselves.
const WORDS: &[&[u8]] = &[
    b"bot",
    b"crawl",
    b"spider",
    b"slurp",
    b"scan",
    b"fetch",
    b"feed",
    b"rss",
    b"archive",
    b"monitor",
    b"check",
    b"probe",
    b"yeti",
    b"daum",
    b"curl/",
    b"wget",
    b"python",
    b"java/",
    b"go-http-client",
    b"httpclient",
    b"libwww",
    b"lwp::",
    b"perl",
    b"ruby",
    b"php/",
    b"guzzle",
    b"axios",
    b"node-fetch",
    b"undici",
    b"headless",
    b"phantomjs",
    b"selenium",
    b"scrapy",
    b"httrack",
    b"zgrab",
    b"nmap",
    b"masscan",
    b"nikto",
    b"sqlmap",
    b"pingdom",
    b"uptime",
    b"zabbix",
    b"nagios",
    b"kube-probe",
    b"elb-health",
    b"googlehc",
    b"prometheus",
    b"blackbox",
    b"datadog",
    b"newrelic",
    b"facebookexternalhit",
    b"mediapartners",
    b"ia_archiver",
    b"preview",
    b"validator",
    b"chef client",
    b"puppet",
    b"ansible",
    b"apache-httpasync",
    b"jakarta",
    b"dalvik-probe",
    b"loader",
    b"search",
    b"index",
    b"vegeta",
    b"wrk",
    b"jmeter",
    b"k6/",
    b"hey/",
    b"apachebench",
    b"siege",
];
/// Words of programs that people look at pages with, though a word above is in them.
const PEOPLE: &[&[u8]] =
    &[b"cubot", b"searchbar", b"kakaotalk", b"naver(inapp", b"daumapps", b"searchtoolbar", b"funwebproducts"];

/// Whether an agent says that it is a robot. One that says nothing at all is not taken for one: logs in common format name none.
pub(super) fn is_robot(agent: &[u8]) -> bool {
    let lower: Vec<u8> = agent.iter().take(512).map(u8::to_ascii_lowercase).collect();
    let has = |words: &[&[u8]]| words.iter().any(|word| memchr::memmem::find(&lower, word).is_some());
    has(WORDS) && !has(PEOPLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn robots_are_told_from_people() {
        for robot in [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)",
            "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
            "python-requests/2.31.0",
            "Java/17.0.9",
            "kube-probe/1.29",
        ] {
            assert!(is_robot(robot.as_bytes()), "{robot}");
        }
        for person in [
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
            "Mozilla/5.0 (Linux; Android 14; SM-S918N) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0 Mobile Safari/537.36;KAKAOTALK 2410350",
            // The library of Android apps, and the system's own agents of apps.
            "okhttp/4.12.0",
            "Dalvik/2.1.0 (Linux; U; Android 14; SM-S918N Build/UP1A.231005.007)",
            "Bokjiro/3.1 CFNetwork/1494.0.7 Darwin/23.4.0",
            "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)",
            "-",
            "",
        ] {
            assert!(!is_robot(person.as_bytes()), "{person}");
        }
    }
}
