//! Whole buffers, from calls that take or give a part: each of these makes an attempt for a source
//! to repeat, which is done when all of it is.

use std::io;

/// How much is read at once where the whole is not known.
const PIECE: usize = 16 * 1024;

/// Fills `buf`.
pub(crate) fn fill(
    buf: &mut [u8],
    mut try_read: impl FnMut(&mut [u8]) -> io::Result<Option<usize>>,
) -> impl FnMut() -> io::Result<Option<()>> {
    let mut filled = 0;
    move || {
        while filled < buf.len() {
            match try_read(&mut buf[filled..])? {
                Some(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Some(n) => filled += n,
                None => return Ok(None),
            }
        }
        Ok(Some(()))
    }
}

/// Reads to the end, behind what `buf` holds. What was read is there, and no more, whenever it stops.
pub(crate) fn drain(
    buf: &mut Vec<u8>,
    mut try_read: impl FnMut(&mut [u8]) -> io::Result<Option<usize>>,
) -> impl FnMut() -> io::Result<Option<usize>> {
    let before = buf.len();
    move || {
        loop {
            let len = buf.len();
            buf.resize(len + PIECE, 0);
            let answer = try_read(&mut buf[len..]);
            buf.truncate(len + answer.as_ref().map_or(0, |n| n.unwrap_or(0)));
            match answer? {
                Some(0) => return Ok(Some(len - before)),
                Some(_) => {}
                None => return Ok(None),
            }
        }
    }
}

/// Writes all of `buf`.
pub(crate) fn pour(
    buf: &[u8],
    mut try_write: impl FnMut(&[u8]) -> io::Result<Option<usize>>,
) -> impl FnMut() -> io::Result<Option<()>> {
    let mut written = 0;
    move || {
        while written < buf.len() {
            match try_write(&buf[written..])? {
                Some(0) => return Err(io::ErrorKind::WriteZero.into()),
                Some(n) => written += n,
                None => return Ok(None),
            }
        }
        Ok(Some(()))
    }
}
