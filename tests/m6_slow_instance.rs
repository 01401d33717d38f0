//! M6: success stays above 99.9 % when one of eleven instances turns slow.

use naru_testkit::naru::verify;

#[test]
fn m6_one_slow_instance_of_eleven_is_not_noticed() {
    verify("slow-instance");
}
