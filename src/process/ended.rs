//! How the end of a process is learnt.

use std::io;
use std::process::{self, ExitStatus};
use std::task::Waker;

use eagain_sys::fork::Guard;
use eagain_sys::poller::Interest;
use eagain_sys::{errno, exit};

use crate::event_loop::core::Core;
use crate::event_loop::io::Kind;
use crate::event_loop::waiter::Ticket;
use crate::signal::{Signal, SignalKind, signal};
use crate::source::Source;
use crate::task::generator::Place;
use crate::until::Until;

/// A process that may not have ended yet.
pub(super) struct Process {
    child: process::Child,
    /// It was waited for, so that its number may be another one's.
    gone: bool,
    by_sigchld: bool,
    news: Option<News>,
}

/// What says that it is worth asking.
enum News {
    /// What keeps a number from being another one's in a child of `fork`, and the descriptor of that
    /// number, which is closed after it is dropped.
    Own(#[expect(dead_code, reason = "it is there to be dropped")] Option<Guard>, Source),
    /// A child has ended, whichever.
    SigChld(Signal),
}

impl Process {
    pub(super) fn new(child: process::Child, by_sigchld: bool) -> Process {
        Process { child, gone: false, by_sigchld, news: None }
    }

    /// Its number, as long as it is its own.
    pub(super) fn id(&self) -> Option<u32> {
        (!self.gone).then(|| self.child.id())
    }

    /// One `waitpid` for it alone.
    pub(super) fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        let status = self.child.try_wait();
        self.gone |= !matches!(status, Ok(None));
        status
    }

    pub(super) fn kill(&mut self) -> io::Result<()> {
        self.child.kill()
    }

    pub(super) async fn wait(&mut self, at: Place) -> io::Result<ExitStatus> {
        if let Some(status) = self.try_wait()? {
            return Ok(status);
        }
        self.news()?;
        let Process { child, news: Some(news), .. } = self else { return Err(not_yet()) };
        let status = match news {
            News::Own(_, source) => {
                // The report means "ask again", nothing more.
                let ask = || source.try_io(Interest::READ, |_| child.try_wait()?.ok_or(not_yet()));
                Until::at(source, Interest::READ, ask, at).await
            }
            News::SigChld(signal) => signal.until(|| child.try_wait(), at).await,
        };
        self.gone = says_gone(&status);
        status
    }

    /// False if it has ended. Else the loop of this thread, if one runs, uses the waker when there
    /// is news; `ticket` is where that waits.
    pub(super) fn is_there_and_tells(&mut self, waker: &Waker, ticket: &mut Ticket) -> bool {
        if let Some(News::SigChld(signal)) = &mut self.news {
            // What comes from here on is an edge.
            while matches!(signal.try_recv(), Ok(Some(()))) {}
        }
        if !matches!(self.try_wait(), Ok(None)) {
            return false;
        }
        let parked = Core::with_current(|core| {
            let io = &self.news()?.source().io;
            io.clear(Interest::READ);
            core.park_behind(waker, io, Interest::READ, *ticket)
        });
        match parked {
            Some(Ok(parked)) => *ticket = parked,
            // It belonged to another loop, or there was no descriptor for it.
            Some(Err(_)) => (self.news, *ticket) = (None, Ticket::NONE),
            None => {}
        }
        true
    }

    fn news(&mut self) -> io::Result<&mut News> {
        let news = match self.news.take() {
            Some(news) => news,
            None => News::of(self.child.id(), self.by_sigchld)?,
        };
        Ok(self.news.insert(news))
    }

    /// For one whose owner is gone.
    pub(super) fn into_std(self) -> process::Child {
        self.child
    }
}

/// That it has ended, or is nobody's to wait for (`ECHILD`). Any other error is the loop's or the
/// poller's, and says nothing of the child.
fn says_gone(status: &io::Result<ExitStatus>) -> bool {
    match status {
        Ok(_) => true,
        Err(e) => e.raw_os_error() == Some(errno::ECHILD),
    }
}

fn not_yet() -> io::Error {
    io::ErrorKind::WouldBlock.into()
}

impl News {
    fn source(&self) -> &Source {
        match self {
            News::Own(_, source) => source,
            News::SigChld(signal) => signal.as_ref(),
        }
    }

    fn of(pid: u32, by_sigchld: bool) -> io::Result<News> {
        let own = if by_sigchld { None } else { exit::watch(pid)? };
        Ok(match own {
            Some((fd, guard)) => News::Own(guard, Source::of_kind(fd, Kind::Stream)),
            None => News::SigChld(signal(SignalKind::child())?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_the_poller_refuses_says_nothing_of_a_child() {
        let error = |errno| Err(io::Error::from_raw_os_error(errno));
        assert!(says_gone(&Ok(ExitStatus::default())));
        assert!(says_gone(&error(errno::ECHILD)));
        assert!(!says_gone(&error(errno::ENOMEM)));
        assert!(!says_gone(&Err(crate::LoopError::NoLoop.into())));
    }
}
