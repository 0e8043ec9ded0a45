//! A loop sleeps between two turns: its own descriptor tells when it would wake.

use std::time::Duration;

use eagain::{EventLoop, Interest};

/// Sleeps until the loop has events. False if `patience` is at its end before.
pub(crate) fn has_events_within(event_loop: &EventLoop, patience: Duration) -> bool {
    super::is_ready(event_loop, Interest::READ, patience)
}
