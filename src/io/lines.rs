//! Lines, and what else ends with a certain byte.

use std::io;

use crate::io::AsyncBufRead;
use crate::io::read::text;

/// The lines of a reader; [`AsyncBufRead::lines`] makes it.
///
/// ```
/// use eagain::io::{AsyncBufRead, BufReader};
///
/// # eagain::run(async {
/// # let stream = &b"one\r\ntwo\nthree"[..];
/// let mut lines = BufReader::new(stream).line_limit(1000).lines();
/// let mut all = Vec::new();
/// while let Some(line) = lines.next_line().await? {
///     all.push(line);
/// }
/// assert_eq!(all, ["one", "two", "three"]);
/// # std::io::Result::Ok(())
/// # })??;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
}

impl<R: AsyncBufRead> Lines<R> {
    pub(crate) fn of(reader: R) -> Lines<R> {
        Lines { reader }
    }

    /// The next line, without the `\n` or `\r\n` that ends it; `None` at the end. What comes after
    /// the last of these is a line as well, unless it is empty.
    ///
    /// Cancel-safe: a line is taken at once, and what there is of one stays in the buffer.
    ///
    /// # Errors
    /// As [`AsyncBufRead::read_line`].
    pub async fn next_line(&mut self) -> io::Result<Option<String>> {
        let n = self.reader.fill_until(b'\n').await?;
        if n == 0 {
            return Ok(None);
        }
        let without_end = |line: &str| {
            let line = line.strip_suffix('\n').map_or(line, |l| l.strip_suffix('\r').unwrap_or(l));
            Some(line.to_owned())
        };
        let line = text(&self.reader.buffer()[..n]).map(without_end);
        self.reader.consume(n);
        line
    }

    /// The reader, with what its buffer holds.
    pub fn into_inner(self) -> R {
        self.reader
    }

    /// The reader.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.reader
    }
}

/// The parts of what a reader reads that end with a byte; [`AsyncBufRead::split`] makes it.
#[derive(Debug)]
pub struct Split<R> {
    reader: R,
    byte: u8,
}

impl<R: AsyncBufRead> Split<R> {
    pub(crate) fn of(reader: R, byte: u8) -> Split<R> {
        Split { reader, byte }
    }

    /// The next part, without the byte that ends it; `None` at the end.
    ///
    /// Cancel-safe, as [`Lines::next_line`].
    ///
    /// # Errors
    /// As [`AsyncBufRead::fill_more`].
    pub async fn next_segment(&mut self) -> io::Result<Option<Vec<u8>>> {
        let n = self.reader.fill_until(self.byte).await?;
        if n == 0 {
            return Ok(None);
        }
        let part = &self.reader.buffer()[..n];
        let part = part.strip_suffix(&[self.byte]).unwrap_or(part).to_owned();
        self.reader.consume(n);
        Ok(Some(part))
    }

    /// The reader, with what its buffer holds.
    pub fn into_inner(self) -> R {
        self.reader
    }

    /// The reader.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.reader
    }
}
