//! What is taken out of records before anything of them is kept: personal data in targets, once for transactions, journals and
//! the access log alike; and what only the access log has a place for.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use naru_model::record::{Agent, RequestRecord};
use naru_model::snapshot::RouteId;

/// Returns a text with personal data masked; `None`: there was none in it.
pub type Masker = Arc<dyn Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync>;

/// What is done to the records of a route.
#[derive(Clone, Default)]
pub struct RouteLog {
    /// Default: nothing is masked.
    pub mask: Option<Masker>,
    /// The access log has one of so many of its requests, and what failed; 0 and 1: all.
    pub one_in: u32,
}

/// By the ids that the server has given out; a route that is not in it has no wishes.
pub type RouteLogs = BTreeMap<RouteId, RouteLog>;

impl fmt::Debug for RouteLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let masks = self.mask.is_some();
        f.debug_struct("RouteLog").field("masks", &masks).field("one_in", &self.one_in).finish()
    }
}

/// A batch as it may be kept.
pub(crate) struct Screened<'b> {
    /// For transactions: without what clients say of themselves.
    pub(crate) kept: Cow<'b, [u8]>,
    /// For the access log; `None`: the same.
    logged: Option<Vec<u8>>,
}

impl Screened<'_> {
    pub(crate) fn logged(&self) -> &[u8] {
        self.logged.as_deref().unwrap_or(&self.kept)
    }
}

/// Costs nothing while no route masks and no record carries more than a target. `carries_agents`: some record of the batch does;
/// `logs_agents`: the access log has a place for it. A gateway may still send what no log wants any more.
pub(crate) fn screen<'b>(
    batch: &'b [u8],
    routes: &RouteLogs,
    carries_agents: bool,
    logs_agents: bool,
) -> Screened<'b> {
    if !carries_agents && routes.values().all(|route| route.mask.is_none()) {
        return Screened { kept: Cow::Borrowed(batch), logged: None };
    }
    let twice = carries_agents && logs_agents;
    let (mut kept, mut logged) = (Vec::with_capacity(batch.len()), Vec::new());
    let mut rest = batch;
    // What can't be read has been complained of where it was counted.
    while let Ok((record, agent)) = RequestRecord::decode_with(&mut rest) {
        let mask = routes.get(&record.route).and_then(|route| route.mask.as_ref());
        let masked = |text: &[u8]| mask.and_then(|mask| mask(text));
        let target =
            masked(record.target.as_bytes()).map(|masked| String::from_utf8_lossy(&masked).into_owned());
        let record = RequestRecord { target: target.as_deref().unwrap_or(record.target), ..record };
        record.encode(&mut kept);
        if twice {
            let agent = agent.unwrap_or_default();
            let (referer, user_agent) = (masked(agent.referer), masked(agent.user_agent));
            let agent = Agent {
                referer: referer.as_deref().unwrap_or(agent.referer),
                user_agent: user_agent.as_deref().unwrap_or(agent.user_agent),
            };
            record.encode_with(agent, &mut logged);
        }
    }
    Screened { kept: Cow::Owned(kept), logged: twice.then_some(logged) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::fixture::record;

    fn batch() -> Vec<u8> {
        let mut batch = Vec::new();
        let agent = Agent { referer: b"https://a.kr/secret", user_agent: b"curl" };
        RequestRecord { target: "/a?secret=1", ..record(1, 1, 1) }.encode_with(agent, &mut batch);
        RequestRecord { target: "/b?secret=2", ..record(2, 1, 1) }.encode(&mut batch);
        batch
    }

    fn masking() -> RouteLogs {
        let mask: Masker = Arc::new(|text: &[u8]| {
            let text = std::str::from_utf8(text).ok()?;
            text.contains("secret").then(|| text.replace("secret", "***").into_bytes())
        });
        [(RouteId(1), RouteLog { mask: Some(mask), one_in: 1 })].into()
    }

    fn read(mut batch: &[u8]) -> Vec<(String, Option<(String, String)>)> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let mut read = Vec::new();
        while let Ok((record, agent)) = RequestRecord::decode_with(&mut batch) {
            let agent = agent.map(|agent| (text(agent.referer), text(agent.user_agent)));
            read.push((record.target.to_owned(), agent));
        }
        read
    }

    #[test]
    fn what_a_route_masks_is_kept_nowhere_and_what_it_does_not_stays() {
        let batch = batch();
        let screened = screen(&batch, &masking(), true, true);
        let of = |target: &str, agent: Option<(&str, &str)>| {
            (target.to_owned(), agent.map(|(referer, agent)| (referer.to_owned(), agent.to_owned())))
        };
        assert_eq!(read(&screened.kept), [of("/a?***=1", None), of("/b?secret=2", None)]);
        let expected =
            [of("/a?***=1", Some(("https://a.kr/***", "curl"))), of("/b?secret=2", Some(("", "")))];
        assert_eq!(read(screened.logged()), expected);
        let without = screen(&batch, &masking(), true, false);
        assert_eq!(read(without.logged()), [of("/a?***=1", None), of("/b?secret=2", None)]);
    }

    #[test]
    fn a_batch_that_nobody_masks_goes_on_as_it_is() {
        let mut batch = Vec::new();
        record(1, 1, 1).encode(&mut batch);
        let screened = screen(&batch, &RouteLogs::new(), false, true);
        assert!(matches!(&screened.kept, Cow::Borrowed(same) if *same == batch));
    }
}
