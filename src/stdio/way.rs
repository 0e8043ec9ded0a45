//! How a descriptor that others share is read and written without changing it.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use eagain_sys::descriptor::{self, Kind};
use eagain_sys::poll::{PollFd, poll};
use eagain_sys::poller::Interest;
use eagain_sys::{Error, Result, dontwait, errno, pipe, reopen};

use crate::event_loop::io::Kind as Promise;
use crate::source::Source;

/// What can be written without waiting to whatever `poll` calls writable: POSIX's least `PIPE_BUF`.
const SURE: usize = 512;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// As it is: it is non-blocking, or always ready.
    Direct,
    /// A socket, told at each call not to wait.
    Told,
    /// Asked before each call.
    Asked,
}

/// A descriptor that is shared, and the way to use it.
pub(super) struct Shared {
    pub(super) source: Source,
    way: Way,
}

impl Shared {
    /// Finds the way for a descriptor, and takes it: by a description of its own, or a duplicate.
    pub(super) fn new(fd: BorrowedFd<'_>, to_write: bool) -> io::Result<Shared> {
        let way = match descriptor::kind(fd)? {
            Kind::Pipe | Kind::Terminal => {
                if let Ok(own) = reopen::reopen(fd, to_write) {
                    let source = Source::of_kind(own, Promise::Stream);
                    return Ok(Shared { source, way: Way::Direct });
                }
                Way::Asked
            }
            Kind::File => Way::Direct,
            Kind::Socket => Way::Told,
            Kind::Other => Way::Asked,
        };
        let source = Source::of_kind(descriptor::duplicate(fd)?, Promise::Stream);
        // What is shared outlives it, and so would its registration.
        source.io.lent.set(true);
        Ok(Shared { source, way })
    }

    pub(super) fn try_read(&self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        self.source.try_sys(Interest::READ, |fd| {
            self.ask(fd, Interest::READ)?;
            if self.way == Way::Told { dontwait::recv(fd, buf) } else { pipe::read(fd, buf) }
        })
    }

    /// That a part was taken says nothing: a terminal takes a line, and then the next.
    pub(super) fn try_write(&self, buf: &[u8]) -> io::Result<Option<usize>> {
        self.source.try_sys(Interest::WRITE, |fd| {
            self.ask(fd, Interest::WRITE)?;
            match self.way {
                Way::Direct => pipe::write(fd, buf),
                Way::Told => dontwait::send(fd, buf),
                Way::Asked => pipe::write(fd, &buf[..buf.len().min(SURE)]),
            }
        })
    }

    /// `EAGAIN`, if a blocking call would have to wait.
    fn ask(&self, fd: BorrowedFd<'_>, direction: Interest) -> Result<()> {
        let asked = self.way == Way::Asked;
        if asked && poll(&mut [PollFd::new(fd, direction)], Some(Duration::ZERO))? == 0 {
            return Err(Error::new("poll", errno::EAGAIN));
        }
        Ok(())
    }
}
