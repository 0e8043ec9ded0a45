//! What is read ahead of who wants it.

use std::io;

use crate::event_loop::budget;
use crate::io::read::text;
use crate::io::{AsyncRead, Lines, Split};

/// A reader that keeps what it has read and nobody has taken yet.
///
/// What is read stays in the buffer until it is [consumed](AsyncBufRead::consume), so lines and
/// their like are cancel-safe: a part of a line is never taken. [`BufReader`](crate::io::BufReader)
/// makes one of any reader.
///
/// A parser needs no more than this, and copies nothing:
///
/// ```
/// use std::io;
///
/// use eagain::io::AsyncBufRead;
///
/// /// The number in front of each message says how long it is.
/// async fn message<R: AsyncBufRead>(from: &mut R) -> io::Result<String> {
///     loop {
///         if let [len, rest @ ..] = from.buffer() {
///             let len = usize::from(*len);
///             if let Some(message) = rest.get(..len) {
///                 let message = String::from_utf8_lossy(message).into_owned();
///                 from.consume(1 + len);
///                 return Ok(message);
///             }
///         }
///         if from.fill_more().await? == 0 {
///             return Err(io::ErrorKind::UnexpectedEof.into());
///         }
///     }
/// }
///
/// # eagain::run(async {
/// assert_eq!(message(&mut &b"\x05hello\x05wo"[..]).await?, "hello");
/// # io::Result::Ok(())
/// # })??;
/// # io::Result::Ok(())
/// ```
pub trait AsyncBufRead: AsyncRead {
    /// What was read and not consumed.
    fn buffer(&self) -> &[u8];

    /// Reads more, behind what is in the buffer, and waits until there is some; returns how much.
    /// 0 is the end.
    ///
    /// Cancel-safe: what was read is in the buffer.
    ///
    /// # Errors
    /// As [`read`](AsyncRead::read), and [`TooLong`](crate::io::TooLong) where the buffer may not
    /// grow any more.
    async fn fill_more(&mut self) -> io::Result<usize>;

    /// Takes the first `n` bytes out of the buffer.
    ///
    /// # Panics
    /// If there are not as many.
    fn consume(&mut self, n: usize);

    /// What is in the buffer; if that is nothing, reads some and waits for it. Nothing is the end.
    ///
    /// Cancel-safe.
    async fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.buffer().is_empty() {
            self.fill_more().await?;
        }
        Ok((*self).buffer())
    }

    /// Reads until `byte` is in the buffer; returns how much of the buffer it ends, itself
    /// included. Less than that is there at the end: then it is all. Nothing is consumed.
    ///
    /// Cancel-safe. What is in the buffer already costs one of the task's budget as well: a buffer
    /// holds many lines, and the others want their turn.
    ///
    /// # Errors
    /// As [`fill_more`](AsyncBufRead::fill_more).
    async fn fill_until(&mut self, byte: u8) -> io::Result<usize> {
        budget::take().await;
        let mut searched = 0;
        loop {
            let new = &self.buffer()[searched..];
            if let Some(at) = new.iter().position(|b| *b == byte) {
                return Ok(searched + at + 1);
            }
            searched += new.len();
            if self.fill_more().await? == 0 {
                return Ok(searched);
            }
        }
    }

    /// Reads until `byte`, behind what `buf` holds, itself included; returns how much. It lacks
    /// where the end comes first, and 0 is the end.
    ///
    /// Cancel-safe: all of it is taken at once. After an error, it is still in the buffer.
    ///
    /// # Errors
    /// As [`fill_more`](AsyncBufRead::fill_more).
    async fn read_until(&mut self, byte: u8, buf: &mut Vec<u8>) -> io::Result<usize> {
        let n = self.fill_until(byte).await?;
        buf.extend_from_slice(&self.buffer()[..n]);
        self.consume(n);
        Ok(n)
    }

    /// Reads a line, behind what `buf` holds, with its `\n`, which may lack in the last one;
    /// returns how much. 0 is the end.
    ///
    /// Cancel-safe: a line is taken at once.
    ///
    /// # Errors
    /// As [`fill_more`](AsyncBufRead::fill_more), and then it is still in the buffer. `InvalidData`
    /// for a line that is not UTF-8: that is gone, or the next call would meet it again.
    async fn read_line(&mut self, buf: &mut String) -> io::Result<usize> {
        let n = self.fill_until(b'\n').await?;
        let read = text(&self.buffer()[..n]).map(|line| buf.push_str(line));
        self.consume(n);
        read.map(|()| n)
    }

    /// The lines, one after the other.
    fn lines(self) -> Lines<Self>
    where
        Self: Sized,
    {
        Lines::of(self)
    }

    /// What lies between one `byte` and the next.
    fn split(self, byte: u8) -> Split<Self>
    where
        Self: Sized,
    {
        Split::of(self, byte)
    }
}
