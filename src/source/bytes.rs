//! Reading and writing a source by the calls that every descriptor has.

use std::io::{self, IoSlice, IoSliceMut};

use eagain_sys::pipe;
use eagain_sys::poller::Interest;

use crate::source::{GROWTH, Source};

impl Source {
    /// Tries to read. `Some(0)` is the end, unless `buf` is empty.
    ///
    /// System calls: one `read`, or none.
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        self.try_read_of(buf.len(), |fd| pipe::read(fd, buf))
    }

    /// Tries to read into the spare capacity of `buf`, behind what it holds; it need not be
    /// initialised. A buffer without any grows first. `Some(0)` is the end.
    ///
    /// System calls: one `read`, or none.
    pub fn try_read_append(&self, buf: &mut Vec<u8>) -> io::Result<Option<usize>> {
        if buf.len() == buf.capacity() {
            buf.reserve(GROWTH);
        }
        let room = buf.capacity() - buf.len();
        self.try_read_of(room, |fd| pipe::read_append(fd, buf))
    }

    /// Tries to read into several buffers, one after the other.
    ///
    /// System calls: one `readv`, or none.
    pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<Option<usize>> {
        let count = bufs.len().min(pipe::IOV_MAX);
        let bufs = &mut bufs[..count];
        let room = bufs.iter().map(|buf| buf.len()).sum();
        self.try_read_of(room, |fd| pipe::readv(fd, bufs))
    }

    /// Tries to write, and tells how much was taken.
    ///
    /// System calls: one `write`, or none.
    pub fn try_write(&self, buf: &[u8]) -> io::Result<Option<usize>> {
        self.try_write_of(buf.len(), |fd| pipe::write(fd, buf))
    }

    /// Tries to write from several buffers, one after the other, and tells how much was taken.
    ///
    /// System calls: one `writev`, or none.
    pub fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<Option<usize>> {
        let bufs = &bufs[..bufs.len().min(pipe::IOV_MAX)]; // no less was taken for want of room
        let len = bufs.iter().map(|buf| buf.len()).sum();
        self.try_write_of(len, |fd| pipe::writev(fd, bufs))
    }

    /// Reads what is there, and waits until something is. 0 is the end, unless `buf` is empty.
    ///
    /// Cancel-safe: what was read is returned. System calls: `read`, again after each wait, and
    /// one `epoll_ctl` the first time in the source's life that it waits.
    ///
    /// ```
    /// # use std::io;
    /// use eagain::Source;
    ///
    /// let (one, other) = std::os::unix::net::UnixStream::pair()?;
    /// let (one, other) = (Source::new(one)?, Source::new(other)?);
    /// let mut buf = [0; 8];
    /// let (n, _) = eagain::run(async {
    ///     eagain::try_join!(one.read(&mut buf), other.write(b"hello"))
    /// })??;
    /// assert_eq!(&buf[..n], b"hello");
    /// # Ok::<(), io::Error>(())
    /// ```
    #[track_caller]
    pub fn read(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.until(Interest::READ, move || self.try_read(buf))
    }

    /// The same into the spare capacity of `buf`, behind what it holds; it need not be
    /// initialised. A buffer without any grows first. 0 is the end.
    ///
    /// Cancel-safe: what was read is in `buf`. System calls: as [`read`](Source::read).
    #[track_caller]
    pub fn read_append(&self, buf: &mut Vec<u8>) -> impl Future<Output = io::Result<usize>> {
        self.until(Interest::READ, move || self.try_read_append(buf))
    }

    /// The same into several buffers, one after the other.
    ///
    /// Cancel-safe: what was read is returned. System calls: `readv`, and as
    /// [`read`](Source::read).
    #[track_caller]
    pub fn read_vectored(
        &self,
        bufs: &mut [IoSliceMut<'_>],
    ) -> impl Future<Output = io::Result<usize>> {
        self.until(Interest::READ, move || self.try_read_vectored(bufs))
    }

    /// Writes as much as there is room for, and waits until there is some.
    ///
    /// Cancel-safe: what was written is returned. System calls: `write`, and as
    /// [`read`](Source::read).
    #[track_caller]
    pub fn write(&self, buf: &[u8]) -> impl Future<Output = io::Result<usize>> {
        self.until(Interest::WRITE, move || self.try_write(buf))
    }

    /// The same from several buffers, one after the other.
    ///
    /// Cancel-safe: what was written is returned. System calls: `writev`, and as
    /// [`read`](Source::read).
    #[track_caller]
    pub fn write_vectored(&self, bufs: &[IoSlice<'_>]) -> impl Future<Output = io::Result<usize>> {
        self.until(Interest::WRITE, move || self.try_write_vectored(bufs))
    }
}
