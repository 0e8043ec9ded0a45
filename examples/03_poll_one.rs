//! Step 3: the thread sleeps until the socket is ready, and learns what "ready" means.
//!
//! Instead of asking again, the program tells the kernel what it waits for: `poll` returns when
//! a call on the socket would have an answer. *Readable* means that there are bytes in the
//! socket's receive buffer (`FIONREAD` counts them), or the end of the stream. It does not mean
//! that a message is there. TCP carries a stream of bytes: the response comes in the pieces that
//! the network made of it, and `recv` takes as much as fits its own buffer of 3000 bytes, be that
//! half of a piece or two of them.
//!
//! The page is fetched a second time with `SO_RCVLOWAT`: the socket then counts as readable only
//! when so many bytes are there (or the end). The thread is woken less often, and later.
//!
//! ```text
//! cargo run --release --example 03_poll_one
//! cargo run --release --example 03_poll_one http://example.org/
//! ```
//!
//! In strace (with `ioctl` among the calls it shows):
//!
//! ```text
//! connect(3, {...}, ...) = -1 EINPROGRESS (Operation now in progress)
//! poll([{fd=3, events=POLLOUT}], 1, -1) = 1 ([{fd=3, revents=POLLOUT}])
//! getsockopt(3, SOL_SOCKET, SO_ERROR, [0], [4]) = 0
//! getpeername(3, {...}, [128 => 16]) = 0
//! sendto(3, "GET /page/1 HTTP/1.0\r\nHost: 127."..., 66, MSG_NOSIGNAL, NULL, 0) = 66
//! poll([{fd=3, events=POLLIN}], 1, -1) = 1 ([{fd=3, revents=POLLIN}])
//! ioctl(3, FIONREAD, [40]) = 0
//! recvfrom(3, "HTTP/1.1 200 OK\r\nContent-Type: t"..., 3000, 0, NULL, NULL) = 40
//! poll([{fd=3, events=POLLIN}], 1, -1) = 1 ([{fd=3, revents=POLLIN}])
//! ioctl(3, FIONREAD, [4096]) = 0
//! recvfrom(3, "n\r\nContent-Length: 10092\r\nConnec"..., 3000, 0, NULL, NULL) = 3000
//! ```

mod pages;

use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::process::ExitCode;
use std::time::Instant;

use eagain_sys::poll::{PollFd, poll};
use eagain_sys::poller::Interest;
use eagain_sys::{clock, descriptor, errno, socket};
use pages::{Response, Url};

const ABOUT: &str =
    "Fetches a page twice, sleeping in poll, and shows what had arrived at each wake-up.";

fn main() -> ExitCode {
    pages::serve_if_asked();
    pages::one(ABOUT, |url, addr| {
        fetch(url, addr, 1)?;
        fetch(url, addr, 6000)
    })
}

fn fetch(url: &Url, addr: &SocketAddr, low_water: u32) -> Result<(), Box<dyn Error>> {
    let (began, cpu_before) = (clock::now(), clock::thread_cpu_time());
    let mut out = io::stdout();
    writeln!(out, "{url}, readable from {low_water} bytes on:")?;

    let fd = socket::tcp(addr)?;
    let fd = fd.as_fd();
    if low_water > 1 {
        socket::set_receive_low_water(fd, low_water)?;
    }
    match socket::connect(fd, addr) {
        Ok(()) => {}
        Err(e) if e.is_in_progress() || e.is_interrupted() => {
            sleep_until(fd, Interest::WRITE)?;
            while !is_connected(fd)? {
                sleep_until(fd, Interest::WRITE)?;
            }
        }
        Err(e) => return Err(e.into()),
    }
    writeln!(out, "{:8.1} ms  writable: connected", milliseconds(began))?;

    let request = url.request();
    let mut sent = 0;
    while sent < request.len() {
        match socket::send(fd, &request.as_bytes()[sent..]) {
            Ok(n) => sent += n,
            Err(e) if e.is_would_block() => sleep_until(fd, Interest::WRITE)?,
            Err(e) if e.is_interrupted() => {}
            Err(e) => return Err(e.into()),
        }
    }

    let (mut page, mut buffer, mut woken) = (Vec::new(), [0; 3000], 0);
    loop {
        sleep_until(fd, Interest::READ)?;
        woken += 1;
        let there = descriptor::unread(fd)?;
        let line = match socket::recv(fd, &mut buffer) {
            Ok(0) => break,
            Ok(n) => {
                page.extend_from_slice(&buffer[..n]);
                format!("{there:>6} bytes are there, recv takes {n:>4}")
            }
            Err(e) if e.is_would_block() || e.is_interrupted() => "nothing after all".into(),
            Err(e) => return Err(e.into()),
        };
        writeln!(out, "{:8.1} ms  readable: {line}", milliseconds(began))?;
    }
    writeln!(out, "{:8.1} ms  readable: the end", milliseconds(began))?;

    let (wall, cpu) = (began.elapsed(), clock::thread_cpu_time() - cpu_before);
    let percent = 100.0 * (1.0 - cpu.as_secs_f64() / wall.as_secs_f64());
    let response = Response::parse(&page)?;
    writeln!(out, "{}, {} bytes of body in {woken} recvs", response.status, response.body.len())?;
    writeln!(out, "wall {wall:.1?}, of which CPU {cpu:.1?}: {percent:.1} % was waiting\n")?;
    Ok(())
}

/// Returns when `fd` has something to say about `interest`.
fn sleep_until(fd: BorrowedFd<'_>, interest: Interest) -> eagain_sys::Result<()> {
    loop {
        match poll(&mut [PollFd::new(fd, interest)], None) {
            Err(e) if e.is_interrupted() => {}
            answer => return answer.map(drop),
        }
    }
}

/// A socket that was connecting is writable now. That may also mean that it failed, which
/// `SO_ERROR` tells, once; it is connected if it has a peer.
fn is_connected(fd: BorrowedFd<'_>) -> io::Result<bool> {
    socket::take_error(fd)?.map_or(Ok(()), Err)?;
    match socket::peer(fd) {
        Err(e) if e.errno() == errno::ENOTCONN => Ok(false),
        answer => answer.map(|_| true).map_err(io::Error::from),
    }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
