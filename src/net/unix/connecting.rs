//! Connecting to a Unix socket: at once, or once more.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::SocketAddr;
use std::time::Duration;

use eagain_sys::unix;

use crate::time::{Sleep, sleep};

/// How long to wait before another try where the kernel does not tell when there is room: twice as
/// long each time.
pub(super) struct Pauses(Duration);

impl Pauses {
    const FIRST: Duration = Duration::from_millis(1);
    const LONGEST: Duration = Duration::from_millis(100);

    pub(super) fn new() -> Pauses {
        Pauses(Pauses::FIRST)
    }

    pub(super) fn next(&mut self) -> Sleep {
        let pause = self.0;
        self.0 = Pauses::LONGEST.min(pause * 2);
        sleep(pause)
    }
}

/// A full queue answers `EAGAIN`, and nothing is reported when there is room: what the kernel says
/// of a socket that is not connected yet (writable, hung up) means nothing. So it is not asked: the
/// source is registered when there is a connection.
pub(super) async fn connect(fd: OwnedFd, addr: SocketAddr) -> io::Result<OwnedFd> {
    let mut pauses = Pauses::new();
    loop {
        match unix::connect(fd.as_fd(), &addr) {
            Ok(()) => return Ok(fd),
            Err(e) if e.is_interrupted() => {}
            Err(e) if e.is_would_block() => pauses.next().await,
            Err(e) => return Err(e.into()),
        }
    }
}
