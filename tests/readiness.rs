//! From `EAGAIN` to the edge: no data is left lying, no end is missed, and nobody is woken for
//! nothing.

#[path = "readiness/always.rs"]
mod always;
#[path = "readiness/directions.rs"]
mod directions;
#[path = "readiness/edges.rs"]
mod edges;
#[path = "readiness/errors.rs"]
mod errors;
#[cfg(target_os = "linux")]
#[path = "readiness/forged.rs"]
mod forged;
mod tasks;

use std::fs::File;
use std::io::{self};
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};

use eagain::net::TcpStream;
use eagain::{EventLoop, JoinHandle, Source, Step};
use eagain_sys::pipe as sys_pipe;
use tasks::{tcp_pair, trying, unix_pair};

fn new_loop() -> EventLoop {
    EventLoop::new().expect("a loop")
}

/// What can be written to and read from at the other end, which blocks.
fn streams() -> Vec<(&'static str, Source, File)> {
    let (unix, far_unix) = unix_pair();
    let (tcp, far_tcp) = tcp_pair();
    let (read, write) = sys_pipe::pipe2().expect("a pipe");
    eagain_sys::descriptor::set_nonblocking(write.as_fd(), false).expect("a flag");
    vec![
        ("unix", unix, OwnedFd::from(far_unix).into()),
        ("tcp", tcp.into(), OwnedFd::from(far_tcp).into()),
        ("pipe", Source::new(read).expect("a source"), write.into()),
    ]
}

/// Connects, and returns the stream when the connection is there.
fn connect(event_loop: &EventLoop, addr: SocketAddr) -> JoinHandle<io::Result<TcpStream>> {
    let mut stream = None;
    event_loop.spawn(trying(move |cx| {
        if stream.is_none() {
            stream = Some(TcpStream::begin_connect(addr)?);
        }
        let waiting = stream.take().expect("made just before");
        match waiting.try_connected()? {
            Some(()) => Ok(Step::Return(waiting)),
            None => Ok(Step::Yield(cx.writable(stream.insert(waiting))?)),
        }
    }))
}
