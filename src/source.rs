//! A descriptor that tasks wait for; `bytes` has reading and writing.

mod bytes;
#[cfg(feature = "futures-io")]
mod polled;

use std::cell::Ref;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::rc::Rc;
use std::{fmt, io};

use eagain_sys::descriptor;
use eagain_sys::poller::Interest;

use crate::error::LoopError;
use crate::event_loop::budget;
use crate::event_loop::core::Core;
use crate::event_loop::io::Kind;
use crate::event_loop::reactor::{self, Io};
use crate::until::Until;

/// By how much a full buffer grows, at least, before something is read behind what it holds.
pub(crate) const GROWTH: usize = 4096;

/// A descriptor that the loop owns, with what it knows of its readiness.
///
/// A call is *tried* first. `None` is `EAGAIN`: the kernel said so, or it is known without
/// asking, or the task's budget for this turn is spent. Then the task yields what
/// [`Context::readable`](crate::Context::readable) or
/// [`Context::writable`](crate::Context::writable) gives it, and tries again when it is resumed.
/// A source that never has to wait never costs a registration.
///
/// Dropping it closes the descriptor.
///
/// ```
/// use eagain::Source;
///
/// let (read, write) = eagain_sys::pipe::pipe2()?;
/// let (read, write) = (Source::new(read)?, Source::new(write)?);
/// let mut buf = [0; 8];
/// assert_eq!(read.try_read(&mut buf)?, None);
/// assert_eq!(write.try_write(b"hello")?, Some(5));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Source {
    pub(crate) io: Rc<Io>,
}

impl Source {
    /// Takes any descriptor that the library knows no better: a pipe, a socket, a terminal, an
    /// eventfd, a timerfd, what a C library hands out. What the kernel cannot poll, files and
    /// directories, is always ready, and read while the loop waits. Switches it to non-blocking if
    /// it is not yet (`fcntl` F_GETFL, perhaps F_SETFL).
    ///
    /// A number is not enough, since anybody could close what it stands for:
    ///
    /// ```compile_fail,E0277
    /// eagain::Source::new(5); // pitfall 19
    /// ```
    ///
    /// If a duplicate of it exists or is made elsewhere, lend it once with [`fd`](Source::fd):
    /// then it is deregistered before it is closed, which the duplicate would prevent.
    ///
    /// ```
    /// use std::fs::File;
    ///
    /// use eagain::Source;
    ///
    /// # eagain::run(async {
    /// let entropy = Source::new(File::open("/dev/urandom")?)?; // a device
    /// let manifest = Source::new(File::open("Cargo.toml")?)?; // a file: always ready
    /// let mut buf = [0; 16];
    /// assert_eq!(entropy.read(&mut buf).await?, 16);
    /// assert_eq!(manifest.read(&mut buf).await?, 16);
    /// # std::io::Result::Ok(())
    /// # })??;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new(fd: impl Into<OwnedFd>) -> io::Result<Source> {
        let fd = fd.into();
        if !descriptor::is_nonblocking(fd.as_fd())? {
            descriptor::set_nonblocking(fd.as_fd(), true)?;
        }
        Ok(Source::of_kind(fd, Kind::Stream))
    }

    /// A descriptor that is non-blocking already.
    pub(crate) fn of_kind(fd: OwnedFd, kind: Kind) -> Source {
        Source { io: Rc::new(Io::new(fd, kind)) }
    }

    /// Tries a call on the descriptor. `call` is not made if the direction is known not to be
    /// ready; a `WouldBlock` from it is remembered, and `None` is the answer.
    ///
    /// System calls: those of `call`, or none.
    pub fn try_io<T>(
        &self,
        interest: Interest,
        call: impl FnOnce(BorrowedFd<'_>) -> io::Result<T>,
    ) -> io::Result<Option<T>> {
        self.attempt(interest, |fd| match call(fd) {
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(None),
            answer => answer.map(Some),
        })
    }

    /// Tries a call of `eagain-sys`.
    #[inline(always)]
    pub(crate) fn try_sys<T>(
        &self,
        interest: Interest,
        mut call: impl FnMut(BorrowedFd<'_>) -> eagain_sys::Result<T>,
    ) -> io::Result<Option<T>> {
        self.attempt(interest, |fd| {
            loop {
                match call(fd) {
                    Ok(value) => return Ok(Some(value)),
                    Err(e) if e.is_would_block() => return Ok(None),
                    Err(e) if e.is_interrupted() => {}
                    Err(e) => return Err(e.into()),
                }
            }
        })
    }

    #[inline(always)]
    fn attempt<T>(
        &self,
        interest: Interest,
        call: impl FnOnce(BorrowedFd<'_>) -> io::Result<Option<T>>,
    ) -> io::Result<Option<T>> {
        if !self.io.ready.get().satisfies(interest) {
            return Ok(None);
        }
        let fd = self.io.fd.borrow();
        let Some(fd) = fd.as_ref() else { return Err(LoopError::Closed.into()) };
        if !budget::spend() {
            return Ok(None);
        }
        let answer = call(fd.as_fd());
        if let Ok(None) = answer {
            self.io.clear(interest);
        }
        answer
    }

    /// Tries to read into a buffer of `len` bytes.
    #[inline(always)]
    pub(crate) fn try_read_of(
        &self,
        len: usize,
        call: impl FnMut(BorrowedFd<'_>) -> eagain_sys::Result<usize>,
    ) -> io::Result<Option<usize>> {
        let answer = self.try_sys(Interest::READ, call);
        if let Ok(Some(n)) = answer {
            if 0 < n && n < len {
                self.io.short_read();
            }
        }
        answer
    }

    /// The same for writing: a connection that takes only a part is full.
    #[inline(always)]
    pub(crate) fn try_write_of(
        &self,
        len: usize,
        call: impl FnMut(BorrowedFd<'_>) -> eagain_sys::Result<usize>,
    ) -> io::Result<Option<usize>> {
        let answer = self.try_sys(Interest::WRITE, call);
        if let Ok(Some(n)) = answer {
            if n < len {
                self.io.short_write();
            }
        }
        answer
    }

    /// Waits until a read (or accept) is worth a try.
    ///
    /// Cancel-safe. System calls: one `epoll_ctl` the first time in the source's life, else none.
    ///
    /// # Errors
    /// As [`Context::readable`](crate::Context::readable); [`LoopError::NoLoop`].
    #[track_caller]
    pub fn readable(&self) -> impl Future<Output = io::Result<()>> {
        self.ready(Interest::READ)
    }

    /// Waits until a write is worth a try, or a pending connection is decided. As
    /// [`readable`](Source::readable).
    ///
    /// Cancel-safe. System calls: one `epoll_ctl` the first time in the source's life, else none.
    #[track_caller]
    pub fn writable(&self) -> impl Future<Output = io::Result<()>> {
        self.ready(Interest::WRITE)
    }

    #[track_caller]
    fn ready(&self, direction: Interest) -> Until<'_, impl FnMut() -> io::Result<Option<()>>> {
        Until::new(self, direction, move || self.attempt(direction, |_| Ok(Some(()))))
    }

    /// Makes a call, and makes it again whenever it answered `WouldBlock` and the descriptor has
    /// become ready since: [`try_io`](Source::try_io) as a future.
    ///
    /// Cancel-safe: the call was made with success, or the future is not done. System calls:
    /// those of `call`, and one `epoll_ctl` the first time in the source's life that it waits.
    ///
    /// # Errors
    /// Those of `call`, and as [`readable`](Source::readable).
    ///
    /// ```
    /// # use std::{io, net::UdpSocket};
    /// use eagain::{Interest, Source};
    /// # let (here, there) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
    /// # there.send_to(b"hello", here.local_addr()?)?;
    /// let socket = Source::new(here)?; // UDP
    /// let mut buf = [0; 16];
    /// let n = eagain::run(async {
    ///     socket.io(Interest::READ, |fd| Ok(eagain_sys::socket::recv(fd, &mut buf)?)).await
    /// })??;
    /// assert_eq!(&buf[..n], b"hello");
    /// # io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn io<T>(
        &self,
        direction: Interest,
        mut call: impl FnMut(BorrowedFd<'_>) -> io::Result<T>,
    ) -> impl Future<Output = io::Result<T>> {
        self.until(direction, move || self.try_io(direction, &mut call))
    }

    #[track_caller]
    pub(crate) fn until<T, F: FnMut() -> io::Result<Option<T>>>(
        &self,
        direction: Interest,
        attempt: F,
    ) -> Until<'_, F> {
        Until::new(self, direction, attempt)
    }

    /// Closes the descriptor now, whoever else shares the source. Every task that waits for it
    /// is resumed with [`Cause::Closed`](crate::Cause::Closed), and every later try fails with
    /// [`LoopError::Closed`]. Closing twice is fine.
    ///
    /// System calls: one `close`; before it one `epoll_ctl` if the descriptor was ever lent.
    ///
    /// # Errors
    /// [`LoopError::Lent`] while what [`fd`](Source::fd) gave is about.
    pub fn close(&self) -> io::Result<()> {
        let had_no_loop = reactor::close(&self.io)?;
        if had_no_loop {
            // It never had to wait, but its descriptor may be what somebody here waits for.
            Core::with_current(|core| core.reactor.feed_starved());
        }
        Ok(())
    }

    /// Makes a call that does not wait.
    pub(crate) fn with_fd<T>(
        &self,
        call: impl FnOnce(BorrowedFd<'_>) -> eagain_sys::Result<T>,
    ) -> io::Result<T> {
        match self.io.fd.borrow().as_ref() {
            Some(fd) => Ok(call(fd.as_fd())?),
            None => Err(LoopError::Closed.into()),
        }
    }

    /// Lends the descriptor, for calls that the library does not have: what it gives is
    /// [`AsFd`](std::os::fd::AsFd). Nobody can close the source meanwhile.
    ///
    /// That is why neither a source nor any stream is `AsFd` itself. It could not say no when it is
    /// closed already; nobody could keep it from being [closed](Source::close) while the descriptor
    /// is borrowed; and it would have to count as duplicated from the first message that asks for its
    /// number, which is [`number`](Source::number).
    ///
    /// ```
    /// use std::os::fd::AsFd;
    ///
    /// use eagain::net::UdpSocket;
    ///
    /// let socket = UdpSocket::bind("127.0.0.1:0")?;
    /// let source: &eagain::Source = socket.as_ref();
    /// let duplicate = source.fd()?.as_fd().try_clone_to_owned()?;
    /// # drop(duplicate);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// ```compile_fail,E0277
    /// fn lend(_: impl std::os::fd::AsFd) {}
    /// lend(&eagain::net::UdpSocket::bind("127.0.0.1:0").unwrap());
    /// ```
    ///
    /// System calls: none.
    ///
    /// # Errors
    /// [`LoopError::Closed`].
    pub fn fd(&self) -> io::Result<Ref<'_, OwnedFd>> {
        self.io.lent.set(true);
        Ref::filter_map(self.io.fd.borrow(), Option::as_ref).map_err(|_| LoopError::Closed.into())
    }

    /// Takes the descriptor out of the loop, for another loop, thread or library. It stays
    /// non-blocking.
    ///
    /// System calls: one `epoll_ctl` if it ever had to wait.
    ///
    /// # Errors
    /// [`LoopError::Closed`].
    pub fn into_owned_fd(self) -> io::Result<OwnedFd> {
        self.io.lent.set(true);
        reactor::release(&self.io)?.ok_or(LoopError::Closed.into())
    }

    /// The descriptor's number, for messages.
    pub fn number(&self) -> RawFd {
        self.io.number
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        // It cannot be lent: the borrow would have to outlive it.
        let _ = self.close();
    }
}

impl AsRef<Source> for Source {
    fn as_ref(&self) -> &Source {
        self
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("fd", &self.number())
            .field("ready", &self.io.ready.get())
            .finish()
    }
}
