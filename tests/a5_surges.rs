//! A5 and F8: the reference test of scaling, and surges that nobody gets an error from.

use naru_testkit::naru::verify;

#[test]
fn a5_scaling_shared_by_two_services_beats_the_reference() {
    verify("surge-shift");
}

#[test]
fn f8_surges_of_3_17_and_46_times_are_absorbed_without_an_error() {
    verify("surge");
}
