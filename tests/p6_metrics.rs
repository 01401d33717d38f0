//! P6: what a service shows to Prometheus by a client that others wrote, and what the machine measures, are kept as series, over a
//! SIGKILL of the server too; a page that can't be read is a figure and one line.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use naru_testkit::naru::{Naru, PATIENCE};
use serde_json::Value;

/// Where prometheus_client is, installed once.
fn peers() -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers-metrics");
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let installed =
        Command::new(tests.join("install")).arg(tests.join("metrics")).arg(&place).status().unwrap();
    assert!(installed.success(), "prometheus_client can't be installed from PyPI");
    place
}

fn up() -> Naru {
    let python = peers().join("venv/bin/python");
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/metrics/shop.py");
    let yaml = format!(
        r#"
services:
  shop:
    exec: ["{}", "{}"]
    scale: {{ min: 2 }}
    metrics: {{ every: 1s }}
  plain:
    exec: ["naru", "app"]
    metrics: {{ path: /no-such-page, every: 1s }}
routes:
  - {{ match: {{ path: /** }}, to: plain }}
"#,
        python.display(),
        shop.display()
    );
    Naru::up(&yaml)
}

/// Series of the last ten minutes, by ten seconds.
fn ask(naru: &Naru, arguments: &[&str]) -> Vec<Value> {
    let found = naru.json(&[&["metrics", "--minutes", "10"][..], arguments].concat());
    found.as_array().unwrap().clone()
}

/// Asks until the series are as wanted.
fn await_series(
    naru: &Naru,
    arguments: &[&str],
    what: &str,
    wanted: impl Fn(&[Value]) -> bool,
) -> Vec<Value> {
    let began = Instant::now();
    loop {
        let found = ask(naru, arguments);
        if wanted(&found) {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{what} did not come about: {found:#?}\n{}", naru.output());
    }
}

fn means(series: &Value) -> Vec<f64> {
    series["points"].as_array().unwrap().iter().map(|point| point["mean"].as_f64().unwrap()).collect()
}

fn kilobytes(key: &str) -> f64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<f64>().unwrap() * 1024.0
}

#[test]
fn p6_what_a_service_shows_is_kept_by_instance_and_survives_a_sigkill() {
    let mut naru = up();
    for instance in ["instance:shop-1-1", "instance:shop-1-2"] {
        let jobs = await_series(&naru, &[instance, "jobs_total"], "a rate", |found| {
            found.first().is_some_and(|one| means(one).len() >= 2)
        });
        assert_eq!(
            (jobs.len(), &jobs[0]["rate"], &jobs[0]["labels"]["kind"]),
            (1, &true.into(), &"mail".into())
        );
        let rate = *means(&jobs[0]).last().unwrap();
        assert!((40.0..60.0).contains(&rate), "fifty a second were done, not {rate}");
        let queue = ask(&naru, &[instance, "queue_length"]);
        assert_eq!(means(&queue[0])[0], 7.0);
        let up = ask(&naru, &[instance, "up"]);
        assert_eq!(*means(&up[0]).last().unwrap(), 1.0);
    }
    let times = ask(&naru, &["instance:shop-1-1", "job_duration_seconds"]);
    let of = |name: &str| {
        let named = |one: &&Value| one["name"] == format!("job_duration_seconds.{name}");
        *means(times.iter().find(named).unwrap()).last().unwrap()
    };
    assert!((of("mean") - 0.05).abs() < 1e-6 && (0.01..=0.1).contains(&of("p95")), "{times:#?}");

    let before = ask(&naru, &["instance:shop-1-1", "jobs_total"]);
    let before = before[0]["points"][0].clone();
    naru.kill_server();
    naru.start_again();
    naru.await_line("naru: ready");
    await_series(&naru, &["instance:shop-1-1", "jobs_total"], "what was before the kill", |found| {
        found.first().is_some_and(|one| one["points"][0]["at"] == before["at"])
    });
}

#[test]
fn p6_a_page_that_cannot_be_read_is_a_figure_and_one_line() {
    let naru = up();
    let down = await_series(&naru, &["instance:plain-1-1", "up"], "up", |found| !found.is_empty());
    assert!(means(&down[0]).iter().all(|mean| *mean == 0.0), "{down:#?}");
    let line = naru.await_line("metrics of plain-1-1: GET http://127.0.0.1:");
    // `naru app` answers everything, and nothing in Prometheus' format.
    assert!(line.contains("line 1 of the page") && line.contains("services.plain.metrics"), "{line}");
    await_series(&naru, &["instance:plain-1-1", "scrape_duration_seconds"], "a second question", |found| {
        found.first().is_some_and(|one| means(one).len() >= 2)
    });
    assert_eq!(naru.output().matches("metrics of plain").count(), 1);
}

#[test]
fn p6_the_machines_figures_agree_with_proc() {
    let naru = up();
    await_series(&naru, &["host", "host.swap.total"], "the machine", |found| !found.is_empty());
    let last = |name: &str| {
        let found = ask(&naru, &["host", name]);
        *means(&found[0]).last().unwrap()
    };
    // Kept with 24 bits.
    let near = |found: f64, truth: f64| (found - truth).abs() <= 1e-6 * truth.max(1.0);
    assert!(near(last("host.swap.total"), kilobytes("SwapTotal:")));
    assert!(near(last("host.memory.total"), kilobytes("MemTotal:")));
    let used = kilobytes("MemTotal:") - kilobytes("MemAvailable:");
    assert!((last("host.memory.used") - used).abs() < 0.2 * kilobytes("MemTotal:"));
    let disks = ask(&naru, &["host", "host.disk.used"]);
    assert_eq!(disks.len(), 2, "of the state and of /: {disks:#?}");
    let status = naru.status().host;
    assert_eq!(status.swap_bytes as f64, kilobytes("SwapTotal:"));
    assert!(status.load[0] >= 0.0 && status.open_files > 0);
}
