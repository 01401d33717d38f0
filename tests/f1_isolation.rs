//! F1: a failing or slow service never degrades the others.

use naru_testkit::naru::verify;

#[test]
fn f1_a_service_that_hangs_and_one_that_errs_leave_the_third_alone() {
    verify("isolation");
}
