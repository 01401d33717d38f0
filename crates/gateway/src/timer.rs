//! One timer per connection, set anew many times a request and seldom touched.
//!
//! A deadline that moves away leaves the timer where it is; when it fires too early it is set to where the deadline has
//! gone. Requests that are answered in time so cost no work in the runtime's wheel.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

#[derive(Debug, Default)]
pub(crate) struct Timer {
    sleep: Option<Pin<Box<Sleep>>>,
    /// The sleep knows whom to wake.
    polled: bool,
}

impl Timer {
    /// Ready when `deadline` has passed. To be polled by one task only, with whatever deadline holds at the moment.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if deadline < sleep.deadline() {
            sleep.as_mut().reset(deadline);
        } else if self.polled && !sleep.is_elapsed() {
            // It will wake the task, and then it is time enough to look.
            return Poll::Pending;
        }
        self.polled = true;
        while sleep.as_mut().poll(cx).is_ready() {
            if sleep.deadline() >= deadline || Instant::now() >= deadline {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

/// `from` plus `after`, or a year from it where that is no point in time.
pub(crate) fn after(from: Instant, after: Duration) -> Instant {
    from.checked_add(after).unwrap_or(from + Duration::from_secs(365 * 86_400))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;

    #[tokio::test(start_paused = true)]
    async fn it_fires_at_the_deadline_that_holds_in_the_end() {
        let mut timer = Timer::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        // Set to 10, moved away to 60, drawn near to 20.
        for deadline in [10, 60, 20] {
            poll_fn(|cx| {
                assert!(timer.poll(cx, at(deadline)).is_pending());
                Poll::Ready(())
            })
            .await;
        }
        poll_fn(|cx| timer.poll(cx, at(20))).await;
        assert_eq!(start.elapsed().as_secs(), 20);
        poll_fn(|cx| timer.poll(cx, at(30))).await;
        assert_eq!(start.elapsed().as_secs(), 30);
    }
}
