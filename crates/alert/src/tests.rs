use std::collections::BTreeMap;
use std::time::Duration;

use naru_model::alert::{Ahead, Condition, Ending, Item, OwnerKind, Severity, Side, Silence, Test, Watched};
use naru_model::metric::{Owner, Reading};
use naru_model::units::Timestamp;
use proptest::prelude::*;

use super::{Foresight, Kind, Look, Outlook, Watcher};

const START: u64 = 1_700_000_000;

/// What the forecasts say, as a test wants it.
#[derive(Default)]
struct Told {
    ahead: Option<Ahead>,
    outlook: Outlook,
}

impl Foresight for Told {
    fn ahead(&self, _: &Owner, _: &str, _: Side, _: f64, _: Duration, _: Timestamp) -> Option<Ahead> {
        self.ahead
    }

    fn outlook(&self, _: &Owner, _: &str) -> Outlook {
        self.outlook
    }
}

/// A watcher and the time, ten seconds a look.
struct Day {
    watcher: Watcher,
    now: u64,
    told: Told,
    silences: Vec<Silence>,
    gone: bool,
    warnings_after: Option<Duration>,
}

impl Day {
    fn of(test: Test) -> Day {
        Day::severely(test, Severity::Warning)
    }

    fn severely(test: Test, severity: Severity) -> Day {
        let when = Condition { figure: "p95".to_owned(), test };
        let of = Watched::Each(OwnerKind::Service);
        let item = Item { name: "slow".to_owned(), of, when, severity, notify: Vec::new() };
        let mut watcher = Watcher::default();
        watcher.set_items(vec![item]);
        Day {
            watcher,
            now: START,
            told: Told::default(),
            silences: Vec::new(),
            gone: false,
            warnings_after: None,
        }
    }

    fn look(&mut self, readings: &[Reading]) -> Vec<Kind> {
        let gone = self.gone;
        let changes = self.watcher.look(&Look {
            now: Timestamp(self.now * 1_000_000),
            readings,
            silences: &self.silences,
            maintenance: &[],
            foresight: &self.told,
            exists: &|_| !gone,
            escalate_after: Some(Duration::from_secs(900)),
            escalate_warnings_after: self.warnings_after,
        });
        self.now += 10;
        changes.into_iter().map(|change| change.kind).collect()
    }

    /// So many looks at the same value.
    fn at(&mut self, value: f64, looks: usize) -> Vec<Kind> {
        (0..looks).flat_map(|_| self.look(&[reading(value)])).collect()
    }

    fn without(&mut self, looks: usize) -> Vec<Kind> {
        (0..looks).flat_map(|_| self.look(&[])).collect()
    }
}

fn reading(value: f64) -> Reading {
    Reading { owner: portal(), figure: "p95".to_owned(), value }
}

fn portal() -> Owner {
    "service:portal".parse().expect("an owner")
}

fn level() -> Test {
    Test::Level { side: Side::Above, threshold: 0.5, lasts: Duration::from_secs(120) }
}

#[test]
fn it_opens_when_it_has_lasted_and_ends_when_it_is_back_by_a_tenth() {
    let mut day = Day::of(level());
    assert_eq!(day.at(0.6, 12), []);
    assert_eq!(day.at(0.6, 1), [Kind::Opened]);
    assert_eq!(day.at(0.46, 60), [], "below the threshold, and not by a tenth");
    assert_eq!(day.at(0.44, 6), []);
    assert_eq!(day.at(0.44, 1), [Kind::Resolved]);
    assert_eq!(day.watcher.open().count(), 0);
}

#[test]
fn what_does_not_last_opens_nothing() {
    let mut day = Day::of(level());
    for _ in 0..50 {
        assert_eq!(day.at(0.9, 11), []);
        assert_eq!(day.at(0.5, 1), [], "the threshold itself is not beyond it");
    }
}

#[test]
fn missing_readings_neither_open_nor_end_at_once() {
    let mut day = Day::of(level());
    assert_eq!(day.at(0.6, 10), []);
    assert_eq!(day.without(7), []);
    assert_eq!(day.at(0.6, 12), [], "a stretch without readings begins anew");
    assert_eq!(day.at(0.6, 1), [Kind::Opened]);
    assert_eq!(day.without(30), []);
    assert_eq!(day.without(1), [Kind::Resolved]);
}

#[test]
fn what_is_gone_ends_its_alerts_and_says_so() {
    let mut day = Day::of(level());
    day.at(0.6, 13);
    day.gone = true;
    let readings = [];
    let gone = |_: &Owner| false;
    let changes = day.watcher.look(&Look {
        now: Timestamp(day.now * 1_000_000),
        readings: &readings,
        silences: &[],
        maintenance: &[],
        foresight: &day.told,
        exists: &gone,
        escalate_after: None,
        escalate_warnings_after: None,
    });
    assert_eq!(changes[0].kind, Kind::Resolved);
    assert_eq!(changes[0].alert.ending, Some(Ending::Gone));
}

#[test]
fn what_flaps_is_told_less_and_less() {
    let mut day = Day::of(Test::Level { side: Side::Above, threshold: 0.5, lasts: Duration::from_secs(20) });
    // A minute wrong, a minute right, for a day.
    let told: usize = (0..720).map(|_| day.at(0.9, 6).len() + day.at(0.1, 6).len()).sum();
    assert!(told <= 6, "{told} messages of one trouble");
}

#[test]
fn a_share_near_its_bound_can_end_too() {
    let mut day = Day::of(Test::Level { side: Side::Below, threshold: 0.94, lasts: Duration::from_secs(20) });
    let apdex = |value: f64| Reading { figure: "apdex".to_owned(), ..reading(value) };
    let when = Condition {
        figure: "apdex".to_owned(),
        test: Test::Level { side: Side::Below, threshold: 0.94, lasts: Duration::from_secs(20) },
    };
    let mut items = day.watcher.items().to_vec();
    items[0].when = when;
    day.watcher.set_items(items);
    let opened: Vec<Kind> = (0..3).flat_map(|_| day.look(&[apdex(0.5)])).collect();
    assert_eq!(opened, [Kind::Opened]);
    let ended: Vec<Kind> = (0..10).flat_map(|_| day.look(&[apdex(0.98)])).collect();
    assert_eq!(ended, [Kind::Resolved]);
}

#[test]
fn it_is_told_again_when_it_is_much_worse_and_not_at_every_step() {
    let mut day = Day::of(level());
    assert_eq!(day.at(0.6, 13), [Kind::Opened]);
    assert_eq!(day.at(0.65, 60), []);
    assert_eq!(day.at(0.9, 60), [Kind::Worse]);
    assert_eq!(day.at(1.2, 60), []);
}

#[test]
fn nobody_acknowledged_means_that_it_is_escalated_once() {
    let mut day = Day::severely(level(), Severity::Critical);
    assert_eq!(day.at(0.6, 13), [Kind::Opened]);
    assert_eq!(day.at(0.6, 89), []);
    assert_eq!(day.at(0.6, 1), [Kind::Escalated]);
    assert_eq!(day.at(0.6, 500), []);

    let mut day = Day::severely(level(), Severity::Critical);
    day.at(0.6, 13);
    let id = day.watcher.open().next().expect("it is open").id;
    day.watcher.acknowledge(id, "kim", Timestamp(day.now)).expect("it is there");
    assert_eq!(day.at(0.6, 500), []);
    assert_eq!(Day::of(level()).at(0.6, 500), [Kind::Opened]);
}

#[test]
fn a_warning_that_lasts_is_escalated_when_that_is_wanted() {
    let mut day = Day::of(level());
    day.warnings_after = Some(Duration::from_secs(3600));
    assert_eq!(day.at(0.6, 13), [Kind::Opened]);
    assert_eq!(day.at(0.6, 359), []);
    assert_eq!(day.at(0.6, 1), [Kind::Escalated]);
    assert_eq!(day.at(0.6, 500), []);
}

#[test]
fn what_is_silenced_is_told_when_the_silence_ends() {
    let mut day = Day::of(level());
    day.silences.push(Silence {
        id: 1,
        owner: Some(portal()),
        item: None,
        from: Timestamp(0),
        until: Timestamp((START + 600) * 1_000_000),
        why: "an exercise".to_owned(),
        by: "kim".to_owned(),
    });
    assert_eq!(day.at(0.6, 13), [Kind::Opened]);
    assert!(day.watcher.open().all(|alert| alert.silenced));
    assert_eq!(day.at(0.6, 47), []);
    assert_eq!(day.at(0.6, 1), [Kind::Unsilenced]);
}

#[test]
fn what_is_foreseen_opens_before_it_comes_and_stays_until_it_is_back() {
    let within = Duration::from_secs(1800);
    let mut day = Day::of(Test::Ahead { side: Side::Above, threshold: 0.5, within });
    assert_eq!(day.at(0.6, 20), [], "what is there already is nothing to foresee");
    day.told.ahead = Some(Ahead { at: 0, from: 0, until: None, probability: 0.9 });
    assert_eq!(day.at(0.4, 1), [], "once may be chance");
    assert_eq!(day.at(0.4, 1), [Kind::Opened]);
    day.told.ahead = None;
    assert_eq!(day.at(0.52, 40), [Kind::Worse], "it came");
    assert_eq!(day.at(0.3, 61), [Kind::Resolved]);
}

#[test]
fn what_is_anomalous_opens_once() {
    let mut day = Day::of(Test::Anomalous);
    assert_eq!(day.at(0.6, 20), []);
    day.told.outlook = Outlook { anomalous: true, surprise: 4.0 };
    assert_eq!(day.at(0.6, 30), [Kind::Opened]);
    day.told.outlook = Outlook { anomalous: false, surprise: 0.3 };
    assert_eq!(day.at(0.6, 61), [Kind::Resolved]);
}

#[test]
fn an_alert_goes_on_over_a_restart() {
    let mut day = Day::of(level());
    day.at(0.6, 13);
    let open: Vec<_> = day.watcher.open().cloned().collect();
    let items = day.watcher.items().to_vec();
    day.watcher = Watcher::resume(7, open, Timestamp(day.now * 1_000_000));
    day.watcher.set_items(items);
    assert_eq!(day.at(0.6, 100), [], "it is not opened again");
    assert_eq!(day.at(0.1, 7), [Kind::Resolved]);
    assert_eq!(day.at(0.6, 13), [Kind::Opened]);
    assert_eq!(day.watcher.open().next().map(|alert| alert.id), Some(8));
}

#[test]
fn a_changed_item_ends_what_it_had_open() {
    let mut day = Day::of(level());
    day.at(0.6, 13);
    day.watcher.set_items(Vec::new());
    assert_eq!(day.at(0.6, 1), [Kind::Resolved]);
}

#[test]
fn p6_naru_comes_with_an_item_for_every_figure_of_the_list() {
    let items = super::items::defaults();
    let mut names = BTreeMap::new();
    for item in &items {
        let owners = naru_model::figure::owners(&item.when.figure).expect("a figure of naru's");
        assert!(owners.contains(&item.of.kind()), "{}: {} has no {}", item.name, item.of, item.when.figure);
        assert!(names.insert(&item.name, ()).is_none(), "{} twice", item.name);
    }
    for figure in [
        "heap",
        "metaspace",
        "gc",
        "apdex",
        "error_ratio",
        "db_time",
        "db_pool",
        "waiting",
        "requests",
        "traffic",
        "workers",
        "memory",
        "swap",
        "disk",
        "cpu",
        "network_errors",
    ] {
        assert!(items.iter().any(|item| item.when.figure == figure), "nothing watches {figure}");
    }
    for figure in ["memory", "disk", "heap"] {
        let ahead = |item: &&Item| item.when.figure == figure && matches!(item.when.test, Test::Ahead { .. });
        assert!(items.iter().any(|item| ahead(&item)), "nobody is told of {figure} before");
    }
    // The guide lists each of them as it is.
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guides/alerts.md");
    let guide = std::fs::read_to_string(guide).expect("the guide is there");
    for item in &items {
        assert!(guide.contains(&format!("| `{}` |", item.name)), "the guide has no {}", item.name);
        assert!(
            guide.contains(&format!("| `{}` |", item.when)),
            "{}: the guide has another condition",
            item.name
        );
    }
}

proptest! {
    /// Whatever the readings do, what is open is not opened, and what is over does not end again.
    #[test]
    fn it_never_opens_twice(values in prop::collection::vec(prop::option::of(0.0f64..2.0), 1..400)) {
        let mut day = Day::of(Test::Level { side: Side::Above, threshold: 1.0, lasts: Duration::from_secs(20) });
        let mut open = false;
        for value in values {
            let readings: Vec<Reading> = value.map(reading).into_iter().collect();
            for kind in day.look(&readings) {
                match kind {
                    Kind::Opened => { prop_assert!(!open); open = true; }
                    Kind::Resolved => { prop_assert!(open); open = false; }
                    _ => prop_assert!(open),
                }
            }
            prop_assert_eq!(day.watcher.open().count(), usize::from(open));
        }
    }

    /// Nothing opens before it has been beyond for as long as the item says.
    #[test]
    fn it_never_opens_early(values in prop::collection::vec(0.0f64..2.0, 1..200)) {
        let mut day = Day::of(Test::Level { side: Side::Above, threshold: 1.0, lasts: Duration::from_secs(60) });
        let mut beyond = 0;
        for value in values {
            beyond = if value > 1.0 { beyond + 1 } else { 0 };
            if day.look(&[reading(value)]).contains(&Kind::Opened) {
                prop_assert!(beyond >= 7);
            }
        }
    }
}
