//! Apdex: how satisfied users are by response time.
//!
//! Source: Apdex Technical Specification 1.1, Apdex Alliance, 2007. Counts are added up, scores never averaged.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Requests by zone. Those that failed by the service's or the platform's fault are frustrated however fast they were;
/// those that failed by the client's own fault count by their time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Apdex {
    /// Within T.
    pub satisfied: u64,
    /// Over T and within 4 T.
    pub tolerating: u64,
    /// Over 4 T, or failed.
    pub frustrated: u64,
}

/// With fewer samples a score is marked. Source: specification, 3.1 ("small group").
const SMALL_GROUP: u64 = 100;

impl Apdex {
    /// Counts one request.
    pub fn add(&mut self, response: Duration, target: Duration, failed: bool) {
        let zone = if failed || response > target * 4 {
            &mut self.frustrated
        } else if response > target {
            &mut self.tolerating
        } else {
            &mut self.satisfied
        };
        *zone += 1;
    }

    pub fn merge(&mut self, other: Apdex) {
        self.satisfied += other.satisfied;
        self.tolerating += other.tolerating;
        self.frustrated += other.frustrated;
    }

    pub fn samples(&self) -> u64 {
        self.satisfied + self.tolerating + self.frustrated
    }

    /// 0 to 1; `None` without samples.
    pub fn score(&self) -> Option<f64> {
        let samples = self.samples();
        (samples > 0).then(|| (self.satisfied as f64 + self.tolerating as f64 / 2.0) / samples as f64)
    }

    /// The score as the specification prints it: two places, `*` when the group is small, T in seconds in brackets where all
    /// samples share one; `NS` without samples.
    pub fn display(self, target: Option<Duration>) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            match self.score() {
                Some(score) => write!(f, "{score:.2}")?,
                None => f.write_str("NS")?,
            }
            if (1..SMALL_GROUP).contains(&self.samples()) {
                f.write_str("*")?;
            }
            match target {
                Some(target) => write!(f, " [{}]", target.as_secs_f64()),
                None => Ok(()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: Duration = Duration::from_millis(500);

    #[test]
    fn zones_end_at_t_and_four_t_and_errors_frustrate() {
        let mut apdex = Apdex::default();
        apdex.add(T, T, false);
        apdex.add(T + Duration::from_micros(1), T, false);
        apdex.add(T * 4, T, false);
        apdex.add(T * 4 + Duration::from_micros(1), T, false);
        apdex.add(Duration::ZERO, T, true);
        assert_eq!(apdex, Apdex { satisfied: 1, tolerating: 2, frustrated: 2 });
        assert_eq!(apdex.score(), Some(0.4));
    }

    #[test]
    fn a_score_is_printed_as_the_specification_has_it() {
        let many = Apdex { satisfied: 60, tolerating: 30, frustrated: 10 };
        assert_eq!(many.display(Some(T)).to_string(), "0.75 [0.5]");
        let few = Apdex { satisfied: 3, tolerating: 0, frustrated: 1 };
        assert_eq!(few.display(None).to_string(), "0.75*");
        assert_eq!(Apdex::default().display(Some(T * 8)).to_string(), "NS [4]");
    }
}
