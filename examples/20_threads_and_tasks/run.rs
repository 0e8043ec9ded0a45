//! What is measured of a scene, by threads as well as by tasks.

use std::time::Duration;

use crate::process::Growth;

/// How many are at once in a scene, and what that took.
#[derive(Default)]
pub(crate) struct Run {
    /// How many there were.
    pub(crate) made: usize,
    /// Why there were no more, if the system refused.
    pub(crate) refused: Option<String>,
    /// What had come when all of them were there, and waited.
    pub(crate) there: Growth,
    /// What had come in the end.
    pub(crate) whole: Growth,
}

impl Run {
    /// What one of them took, when all were there.
    pub(crate) fn each(&self, total: u64) -> u64 {
        total / self.made.max(1) as u64
    }

    /// How long one of them took to make.
    pub(crate) fn creation(&self) -> Duration {
        self.there.wall / self.made.max(1) as u32
    }
}
