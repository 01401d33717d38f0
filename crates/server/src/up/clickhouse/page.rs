//! How it stands with ClickHouse, for Prometheus. Source: "Exposition formats", text format 0.0.4.

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering::Relaxed};

use naru_model::stored::Kind;

use super::ledger::Rows;

/// Counted since the start; what was lost since the ledger was begun.
#[derive(Debug, Default)]
pub(super) struct Counts {
    shipped: [AtomicU64; 3],
    lost: [AtomicU64; 3],
    waiting: AtomicUsize,
    failures: AtomicU64,
    /// A ClickHouse is named and was tried.
    on: AtomicBool,
    /// 0: never tried, 1: it takes what is sent, 2: it does not.
    state: AtomicU8,
}

const UP: u8 = 1;
const DOWN: u8 = 2;

impl Counts {
    /// There is no ClickHouse to send to.
    pub(super) fn rest(&self) {
        self.on.store(false, Relaxed);
        self.state.store(0, Relaxed);
    }

    /// `true`: it was down.
    pub(super) fn come_up(&self) -> bool {
        self.on.store(true, Relaxed);
        self.state.swap(UP, Relaxed) == DOWN
    }

    /// `true`: it was not down already.
    pub(super) fn go_down(&self) -> bool {
        self.on.store(true, Relaxed);
        self.failures.fetch_add(1, Relaxed);
        self.state.swap(DOWN, Relaxed) != DOWN
    }

    pub(super) fn count_waiting(&self, files: usize) {
        self.waiting.store(files, Relaxed);
    }

    pub(super) fn count_shipped(&self, kind: Kind, rows: u64) {
        self.shipped[kind as usize].fetch_add(rows, Relaxed);
    }

    pub(super) fn count_lost(&self, lost: &Rows) {
        lost.iter().for_each(|(kind, rows)| self.lost[*kind as usize].store(*rows, Relaxed));
    }

    /// Empty without a ClickHouse.
    pub(super) fn page(&self) -> String {
        let mut page = String::new();
        if !self.on.load(Relaxed) {
            return page;
        }
        // Writing to a String can't fail.
        let _ = write!(
            page,
            "# HELP naru_clickhouse_up Whether ClickHouse took what was last sent.\n# TYPE naru_clickhouse_up gauge\n\
             naru_clickhouse_up {}\n\
             # HELP naru_clickhouse_files_waiting Files that are finished here and not there yet.\n\
             # TYPE naru_clickhouse_files_waiting gauge\nnaru_clickhouse_files_waiting {}\n\
             # HELP naru_clickhouse_failures_total Times that sending failed.\n\
             # TYPE naru_clickhouse_failures_total counter\nnaru_clickhouse_failures_total {}\n",
            u8::from(self.state.load(Relaxed) == UP),
            self.waiting.load(Relaxed),
            self.failures.load(Relaxed)
        );
        let families = [
            ("naru_clickhouse_rows_total", "Rows that were sent.", &self.shipped),
            (
                "naru_clickhouse_rows_lost_total",
                "Rows that went from here before they were sent.",
                &self.lost,
            ),
        ];
        for (name, help, rows) in families {
            let _ = writeln!(page, "# HELP {name} {help}\n# TYPE {name} counter");
            for kind in Kind::ALL {
                let rows = rows[kind as usize].load(Relaxed);
                let _ = writeln!(page, "{name}{{what=\"{}\"}} {rows}", kind.as_str());
            }
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_how_it_stands_and_nothing_without_a_clickhouse() {
        let counts = Counts::default();
        assert_eq!(counts.page(), "");
        assert!(counts.go_down() && !counts.go_down());
        counts.count_shipped(Kind::Spans, 5);
        counts.count_lost(&Rows::from([(Kind::Logs, 3)]));
        let page = counts.page();
        for line in [
            "naru_clickhouse_up 0\n",
            "naru_clickhouse_failures_total 2\n",
            "naru_clickhouse_rows_total{what=\"spans\"} 5\n",
            "naru_clickhouse_rows_lost_total{what=\"logs\"} 3\n",
        ] {
            assert!(page.contains(line), "{line}{page}");
        }
        assert!(counts.come_up() && !counts.come_up());
        assert!(counts.page().contains("naru_clickhouse_up 1\n"));
        counts.rest();
        assert_eq!(counts.page(), "");
    }
}
