//! How late the kernel may end a sleep of this thread.

use std::time::Duration;

use eagain_sys::prctl;

/// The time in which a thread has the slack of a loop; ends with the one it had before.
pub(crate) struct Slack {
    before: Option<Duration>,
}

impl Slack {
    /// Nothing is asked for: nothing is done.
    pub(crate) fn set(slack: Option<Duration>) -> eagain_sys::Result<Slack> {
        let Some(slack) = slack else { return Ok(Slack { before: None }) };
        let before = prctl::get_timerslack()?;
        prctl::set_timerslack(slack)?;
        Ok(Slack { before: Some(before) })
    }
}

impl Drop for Slack {
    fn drop(&mut self) {
        if let Some(before) = self.before {
            // What could be set can be set back.
            let _ = prctl::set_timerslack(before);
        }
    }
}
