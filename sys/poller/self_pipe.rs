//! A bell for every Unix: a pipe to oneself. A byte in it makes a wait end.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use crate::Result;
use crate::pipe;

/// A pipe whose both ends are here. It has to be emptied each time it is heard, or a poller that
/// is not edge-triggered hears it for ever. The poller that watches it and who rings it share it.
#[derive(Clone, Debug)]
pub struct Bell {
    pipe: Arc<Pipe>,
}

#[derive(Debug)]
struct Pipe {
    read: OwnedFd,
    write: OwnedFd,
}

impl Bell {
    /// Makes one: [`pipe::pipe2`].
    pub(crate) fn new() -> Result<Bell> {
        let (read, write) = pipe::pipe2()?;
        Ok(Bell { pipe: Arc::new(Pipe { read, write }) })
    }

    /// Ends the current or the next wait. Any thread may ring: one `write` of a byte.
    pub fn ring(&self) -> Result<()> {
        match pipe::write(self.pipe.write.as_fd(), &[1]) {
            Err(e) if e.is_would_block() => Ok(()), // full of rings that were not heard yet
            Err(e) if e.is_interrupted() => self.ring(),
            answer => answer.map(drop),
        }
    }

    /// Takes all rings out: one `read` and mostly no more, since a short one has emptied it.
    pub fn answer(&self) -> Result<()> {
        let mut rings = [0; 64];
        loop {
            match pipe::read(self.pipe.read.as_fd(), &mut rings) {
                Ok(n) if n == rings.len() => {}
                Err(e) if e.is_interrupted() => {}
                Err(e) if !e.is_would_block() => return Err(e),
                _ => return Ok(()),
            }
        }
    }
}

impl AsFd for Bell {
    /// The end that is readable while a ring was not answered.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.read.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pitfall_45_a_full_pipe_still_rings_and_is_empty_once_it_was_answered() {
        let bell = Bell::new().unwrap();
        for _ in 0..100_000 {
            bell.ring().unwrap(); // more than a pipe holds
        }
        assert_eq!(pipe::read(bell.as_fd(), &mut [0]), Ok(1));
        bell.answer().unwrap();
        assert!(pipe::read(bell.as_fd(), &mut [0]).unwrap_err().is_would_block());
    }
}
