//! How fast one may talk.

use std::time::{Duration, Instant};

use eagain::time::{now, sleep_until};

/// So many lines at once, and after that one in each of these.
const AT_ONCE: u32 = 100;
const EACH: Duration = Duration::from_millis(10);

/// A bucket that fills with time: kept as the moment at which it is full.
pub(crate) struct Pace {
    full_at: Instant,
}

impl Pace {
    pub(crate) fn new() -> Pace {
        Pace { full_at: now() }
    }

    /// Waits until one more line may be said.
    pub(crate) async fn one_more(&mut self) {
        let now = now();
        self.full_at = self.full_at.max(now) + EACH;
        let latest = now + EACH * AT_ONCE;
        if self.full_at > latest {
            sleep_until(now + (self.full_at - latest)).await;
        }
    }
}
