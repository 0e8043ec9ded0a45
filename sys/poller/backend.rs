//! Which pollers there are, by name.

use std::fmt;
use std::str::FromStr;

use crate::{choice, native};

/// A way of waiting for descriptors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Backend {
    /// `epoll`: Linux keeps the list of what is watched, and hands out what is ready.
    Epoll,
    /// `kqueue`: the same on macOS and the BSDs.
    Kqueue,
    /// `poll`: the list is handed over at each wait. Every Unix has it.
    Poll,
    /// `select`: a bit for each descriptor. Every Unix has it, for descriptors below `FD_SETSIZE`.
    Select,
}

impl Backend {
    /// All of them, whether this kernel has them or not.
    pub const ALL: [Backend; 4] = [Backend::Epoll, Backend::Kqueue, Backend::Poll, Backend::Select];

    /// The kernel's own: what a loop waits with unless it is told otherwise.
    pub const NATIVE: Backend = native::BACKEND;

    /// Whether this kernel has it.
    pub fn is_available(self) -> bool {
        matches!(self, Backend::NATIVE | Backend::Poll | Backend::Select)
    }

    /// Whether it has a descriptor that is readable while there are events, so that a foreign loop
    /// can wait for a loop on it. `poll` and `select` have only their bell's, which tells of other
    /// threads and not of what is watched: such a loop is the outer one, or is turned every now
    /// and then.
    pub const fn tells_by_descriptor(self) -> bool {
        matches!(self, Backend::Epoll | Backend::Kqueue)
    }

    /// Its name, as in `EAGAIN_POLLER`.
    pub const fn name(self) -> &'static str {
        match self {
            Backend::Epoll => "epoll",
            Backend::Kqueue => "kqueue",
            Backend::Poll => "poll",
            Backend::Select => "select",
        }
    }
}

impl Default for Backend {
    /// [`Backend::NATIVE`], but in a build for tests that asks the environment.
    fn default() -> Backend {
        choice::backend()
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no poller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such poller; there are epoll, kqueue, poll and select")]
pub struct UnknownBackend;

impl FromStr for Backend {
    type Err = UnknownBackend;

    fn from_str(name: &str) -> Result<Backend, UnknownBackend> {
        Backend::ALL.into_iter().find(|backend| backend.name() == name).ok_or(UnknownBackend)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poller_is_known_by_the_name_that_it_shows() {
        for backend in Backend::ALL {
            assert_eq!(backend.to_string().parse(), Ok(backend));
        }
        assert_eq!("Epoll".parse::<Backend>(), Err(UnknownBackend));
    }

    #[test]
    fn one_of_the_kernels_own_is_here_and_not_both() {
        assert_ne!(Backend::Epoll.is_available(), Backend::Kqueue.is_available());
        assert!(Backend::default().is_available());
    }
}
