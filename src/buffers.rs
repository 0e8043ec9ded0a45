//! Buffers of the loop's thread: for who has something to read, while there is something to read.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::ops::{Deref, DerefMut};

/// How much is read at once.
pub(crate) const SIZE: usize = 16 * 1024;
/// How many a thread keeps when nobody uses them.
const KEPT: usize = 16;

type Buffer = Box<[u8; SIZE]>;

thread_local! {
    /// Mostly one is enough, and it is cheaper to take from here.
    static FIRST: Cell<Option<Buffer>> = const { Cell::new(None) };
    static SPARE: RefCell<Vec<Buffer>> = const { RefCell::new(Vec::new()) };
}

/// A buffer of the thread's, until it is dropped. Whoever asks for one meanwhile gets another one.
pub(crate) struct Loan(Option<Buffer>);

impl Loan {
    #[inline(always)]
    pub(crate) fn new() -> Loan {
        // While the thread is torn down there is no stock.
        match FIRST.try_with(Cell::take) {
            Ok(Some(buffer)) => Loan(Some(buffer)),
            _ => Loan::another(),
        }
    }

    #[cold]
    fn another() -> Loan {
        let spare = SPARE.try_with(|spare| spare.borrow_mut().pop()).ok().flatten();
        Loan(Some(spare.unwrap_or_else(|| Box::new([0; SIZE]))))
    }
}

impl Deref for Loan {
    type Target = [u8];

    #[inline(always)]
    fn deref(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], |buffer| &buffer[..])
    }
}

impl DerefMut for Loan {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [u8] {
        self.0.as_mut().map_or(&mut [], |buffer| &mut buffer[..])
    }
}

impl Drop for Loan {
    #[inline(always)]
    fn drop(&mut self) {
        let Some(buffer) = self.0.take() else { return };
        if let Ok(Some(other)) = FIRST.try_with(|first| first.replace(Some(buffer))) {
            keep(other);
        }
    }
}

/// Puts a buffer behind the first, unless there are enough.
#[cold]
fn keep(buffer: Buffer) {
    let _ = SPARE.try_with(|spare| {
        let mut spare = spare.borrow_mut();
        if spare.len() < KEPT {
            spare.push(buffer);
        }
    });
}

/// What was read, in a buffer of the loop's thread that goes back when this is dropped: what
/// [`TcpStream::read_pooled`](crate::net::TcpStream::read_pooled) returns.
#[must_use = "what was read is in it, and nowhere else"]
pub struct PooledBuf {
    buffer: Loan,
    len: usize,
}

impl PooledBuf {
    pub(crate) fn new(buffer: Loan, len: usize) -> PooledBuf {
        PooledBuf { buffer, len }
    }
}

impl Deref for PooledBuf {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.buffer[..self.len]
    }
}

impl DerefMut for PooledBuf {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.buffer[..self.len]
    }
}

impl AsRef<[u8]> for PooledBuf {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for PooledBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PooledBuf({} bytes)", self.len)
    }
}
