//! What is chosen where nobody chose: the best that the kernel has. The tests have a build that
//! asks the environment, see `by_env.rs`.

use crate::poller::Backend;

/// What a loop waits with that was not told.
pub(crate) const fn backend() -> Backend {
    Backend::NATIVE
}

/// Whether something is done as if the kernel lacked the better way.
pub(crate) const fn falls_back_on(_what: &str) -> bool {
    false
}
