//! Instants as numbers: a table of timers wants something small to compare.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use eagain_sys::clock;

/// Nanoseconds since the process first asked. What lies further ahead than 146 years is
/// [`NEVER`](Moment::NEVER), so that two bits stay free for those who pack something beside it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Moment(u64);

fn epoch() -> Instant {
    static EPOCH: OnceLock<Instant> = OnceLock::new();
    *EPOCH.get_or_init(clock::now)
}

impl Moment {
    pub(crate) const NEVER: Moment = Moment((1 << 62) - 1);
    /// The last one before that.
    pub(crate) const LAST: Moment = Moment(Moment::NEVER.0 - 1);

    /// What came before the process asked is past, whenever it was.
    #[inline]
    pub(crate) fn of(instant: Instant) -> Moment {
        let since = instant.saturating_duration_since(epoch());
        let whole = since.as_secs().checked_mul(1_000_000_000);
        let nanos = whole.and_then(|nanos| nanos.checked_add(since.subsec_nanos().into()));
        Moment::from_nanos(nanos.unwrap_or(u64::MAX))
    }

    #[inline]
    pub(crate) fn from_nanos(nanos: u64) -> Moment {
        Moment(nanos.min(Moment::NEVER.0))
    }

    #[inline]
    pub(crate) fn nanos(self) -> u64 {
        self.0
    }

    /// `None` for never.
    pub(crate) fn instant(self) -> Option<Instant> {
        if self == Moment::NEVER {
            return None;
        }
        epoch().checked_add(Duration::from_nanos(self.0))
    }

    /// So much later.
    pub(crate) fn plus(self, time: Duration) -> Moment {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Moment::from_nanos(self.0.saturating_add(nanos))
    }

    /// How long it is from `now` until then.
    pub(crate) fn after(self, now: Moment) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(now.0))
    }
}
