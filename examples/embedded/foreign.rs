//! Somebody else's event loop on `poll(2)`, as toolkits have one. It knows nothing of the library.
//!
//! Whatever it looks after is a *source*: it is asked before each wait how long that may take at
//! most (`prepare`), asked behind it whether there is something to do (`check`), and called if so
//! (`dispatch`).

use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use eagain_sys::poll::{PollFd, poll};
use eagain_sys::poller::Interest;

/// What the loop looks after.
pub(crate) trait Source {
    /// How long the wait may take at most; `None`: as long as it likes.
    fn prepare(&mut self) -> Option<Duration>;

    /// What is watched during the wait.
    fn descriptor(&self) -> Option<BorrowedFd<'_>>;

    /// Whether there is something to do now; `readable` is what the wait said of the descriptor.
    fn check(&mut self, readable: bool) -> bool;

    /// Does it.
    fn dispatch(&mut self) -> io::Result<Then>;
}

/// What is to become of a source that was called.
#[derive(PartialEq, Eq)]
pub(crate) enum Then {
    Stay,
    Leave,
    /// The whole loop is to end.
    Quit,
}

/// Runs until a source says that it is enough. Answers how often it waited.
pub(crate) fn run(mut sources: Vec<Box<dyn Source>>) -> io::Result<u64> {
    for waits in 1.. {
        let ready = wait(&mut sources)?;
        let mut ready = ready.into_iter();
        let mut left = Vec::with_capacity(sources.len());
        for mut source in sources {
            let then = match ready.next() {
                Some(readable) if source.check(readable) => source.dispatch()?,
                _ => Then::Stay,
            };
            match then {
                Then::Stay => left.push(source),
                Then::Leave => {}
                Then::Quit => return Ok(waits),
            }
        }
        sources = left;
    }
    Ok(0)
}

/// Sleeps until a descriptor is readable, or as long as everybody agrees to; answers which are.
fn wait(sources: &mut [Box<dyn Source>]) -> io::Result<Vec<bool>> {
    let timeout = sources.iter_mut().filter_map(|source| source.prepare()).min();
    let descriptors: Vec<_> = sources.iter().map(|source| source.descriptor()).collect();
    let mut fds: Vec<_> =
        descriptors.iter().flatten().map(|fd| PollFd::new(*fd, Interest::READ)).collect();
    match poll(&mut fds, timeout) {
        Err(e) if !e.is_interrupted() => return Err(e.into()),
        _ => {}
    }
    let mut polled = fds.iter();
    let mut is_ready = |has_one| has_one && polled.next().is_some_and(PollFd::is_ready);
    Ok(descriptors.iter().map(|fd| is_ready(fd.is_some())).collect())
}
