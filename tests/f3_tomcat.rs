//! F3 and F7 on real input: Debian's Tomcat with its examples, unmodified, several instances behind one route, deployed
//! anew while clients ask.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::path::Path;
use std::process::Command;

use naru_testkit::naru::Naru;

/// Answers GET and POST.
const PAGE: &str = "/examples/servlets/servlet/RequestParamExample";

#[test]
fn f3_tomcat_is_deployed_under_load_without_a_failed_request() {
    let naru = Naru::up(&example());
    assert!(naru.get(PAGE).text().contains("Request Parameters Example"), "no Tomcat answers");
    let pids = || naru.instances("examples").iter().map(|instance| instance.pid).collect::<Vec<_>>();
    let first = pids();
    assert_eq!(first.len(), 2, "two instances are wanted");

    let traffic = naru.traffic(PAGE, 4);
    for release in ["RELEASE=2", "RELEASE=3"] {
        traffic.await_more(100);
        naru.run(&["deploy", "examples", "--env", release, "--wait"]);
    }
    traffic.await_more(100);
    traffic.stop_without_failure();

    let service = naru.service("examples");
    assert_eq!((service.revision, service.stable, service.ready), (3, 3, 2));
    assert!(pids().iter().all(|pid| !first.contains(pid)), "an instance of the first revision is left");
}

/// examples/tomcat/naru.yaml, with its packages installed.
fn example() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/tomcat").canonicalize().unwrap();
    let installed = Command::new(folder.join("install")).status().unwrap();
    assert!(installed.success(), "examples/tomcat/install failed");
    let file = std::fs::read_to_string(folder.join("naru.yaml")).unwrap();
    // The test kit lays the file into a folder of its own.
    let artifact = format!("artifact: {}", folder.join("start").display());
    assert_eq!(file.matches("artifact: start").count(), 1);
    file.replace("artifact: start", &artifact)
}
