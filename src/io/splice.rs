//! From one descriptor to another, within the kernel.

use std::io;
use std::os::fd::AsFd;

use eagain_sys::poller::Interest;
use eagain_sys::{errno, pipe, splice as sys};

use crate::io::{copy, streams};
use crate::source::Source;

/// How much is moved at once: what a pipe holds, unless it was told otherwise.
const PIECE: usize = 64 * 1024;

/// Moves what `from` has to `to`, until there is no more, without copying it to the program and
/// back. Returns how much it was.
///
/// On Linux, one end of what is spliced has to be a pipe, so it goes through one that is made for
/// it. Elsewhere there is no such call, and it is [`copy`].
///
/// It pays for much that comes in large pieces. For small ones, [`copy`] is as fast: it makes as
/// many calls.
///
/// Not cancel-safe: what is in the pipe is lost. System calls: `pipe2`, then `splice` twice for up
/// to 64 KiB, again after each wait, with one `epoll_ctl` the first time in the life of either; two
/// `close`. Like `write`, it raises `SIGPIPE` if the other end is gone and the program has not
/// ignored that, as Rust programs do.
///
/// # Errors
/// As reading and writing has them. `EINVAL`: one of the two cannot be spliced: a terminal, a file
/// that is appended to.
///
/// ```
/// use eagain::io::splice;
/// use eagain::pipe::pipe;
///
/// # eagain::run(async {
/// # let (sender, from) = pipe()?;
/// # let (to, receiver) = pipe()?;
/// sender.write_all(b"hello").await?;
/// drop(sender);
/// assert_eq!(splice(&from, &to).await?, 5);
/// let mut buf = [0; 5];
/// receiver.read_exact(&mut buf).await?;
/// assert_eq!(&buf, b"hello");
/// # std::io::Result::Ok(())
/// # })??;
/// # std::io::Result::Ok(())
/// ```
pub async fn splice(from: &impl AsRef<Source>, to: &impl AsRef<Source>) -> io::Result<u64> {
    let (from, to) = (from.as_ref(), to.as_ref());
    let (out, into) = pipe::pipe2()?;
    let mut sum = 0;
    loop {
        // The pipe is empty, so `EAGAIN` is about the other end.
        let filled = from.until(Interest::READ, || {
            from.try_sys(Interest::READ, |fd| sys::splice(fd, into.as_fd(), PIECE))
        });
        let mut held = match filled.await {
            Err(e) if e.raw_os_error() == Some(errno::ENOSYS) => {
                return copy(&mut &*from, &mut &*to).await;
            }
            filled => filled?,
        };
        if held == 0 {
            return Ok(sum);
        }
        sum += held as u64;
        while held > 0 {
            let drained = to.until(Interest::WRITE, || {
                to.try_sys(Interest::WRITE, |fd| sys::splice(out.as_fd(), fd, held))
            });
            held -= drained.await?;
        }
    }
}

/// [`copy_bidirectional`](crate::io::copy_bidirectional) by [`splice`]: both ways, until both have
/// ended, with the end of each direction passed on. Returns how much went from `a` to `b`, and from
/// `b` to `a`.
///
/// An error of either direction ends both.
///
/// Not cancel-safe: as [`splice`]. System calls: those of two [`splice`], and two `shutdown`.
pub async fn splice_bidirectional(
    a: &impl AsRef<Source>,
    b: &impl AsRef<Source>,
) -> io::Result<(u64, u64)> {
    let one_way = async |from, to: &Source| {
        let sum = splice(from, &to).await?;
        streams::end(to)?;
        io::Result::Ok(sum)
    };
    let (a, b) = (a.as_ref(), b.as_ref());
    crate::try_join!(one_way(&a, b), one_way(&b, a))
}
