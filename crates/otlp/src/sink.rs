//! Where what was received goes on to.

use naru_model::metric::MetricPoint;

/// No more can be taken right now; what was offered is to be sent again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy;

/// Takes what was received. Called on the receivers' only thread: it must not wait.
pub trait Sink: Send + Sync {
    /// Whether a service of this name is naru's, so that an instance's id in a resource can be believed.
    fn has_service(&self, name: &str) -> bool;

    /// Whether so many bytes of spans or log lines would be taken now, one batch after another.
    fn has_room(&self, bytes: usize) -> bool;

    /// Takes spans, as [`naru_model::span::SpanRecord::encode`] writes them, one after another.
    ///
    /// # Errors
    /// Nothing of the batch was taken.
    fn spans(&self, batch: &[u8]) -> Result<(), Busy>;

    /// Takes log lines, as [`naru_model::span::LogRecord::encode`] writes them.
    ///
    /// # Errors
    /// Nothing of the batch was taken.
    fn logs(&self, batch: &[u8]) -> Result<(), Busy>;

    /// Takes points of metrics.
    ///
    /// # Errors
    /// None of them was taken.
    fn metrics(&self, points: Vec<MetricPoint>) -> Result<(), Busy>;
}
