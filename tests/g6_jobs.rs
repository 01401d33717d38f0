//! G6: nothing that was acknowledged is lost, whoever is killed.

use naru_testkit::naru::{verify, verify_with};

#[test]
fn g6_jobs_and_messages_survive_server_gateway_and_nats_killed_at_random() {
    verify("jobs");
}

#[test]
fn g6_jobs_and_messages_survive_server_gateway_and_rabbitmq_killed_at_random() {
    verify_with("jobs", &["--broker", "amqp"]);
}
