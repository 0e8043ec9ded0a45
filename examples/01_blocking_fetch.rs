//! Step 1: a page is fetched the plain way, and the thread stands still for it.
//!
//! A socket is blocking unless it is told otherwise: `connect` returns when the connection
//! stands, `send` when the kernel has taken the bytes, `recv` when some have arrived. Nothing
//! else can happen on the thread meanwhile, and nearly all of the time is spent like that.
//!
//! ```text
//! cargo run --release --example 01_blocking_fetch
//! cargo run --release --example 01_blocking_fetch http://example.org/
//! ```
//!
//! `strace -T` says how long each call took. The page comes in pieces, and each `recv` waits for
//! one:
//!
//! ```text
//! socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3 <0.000013>
//! connect(3, {sa_family=AF_INET, sin_port=htons(36499), ...}, ...) = 0 <0.000078>
//! sendto(3, "GET /page/1 HTTP/1.0\r\nHost: 127."..., 66, MSG_NOSIGNAL, NULL, 0) = 66 <0.000136>
//! recvfrom(3, "HTTP/1.1 200 OK\r\nContent-Type: t"..., 16384, 0, NULL, NULL) = 40 <0.170242>
//! recvfrom(3, "n\r\nContent-Length: 10092\r\nConnec"..., 16384, 0, NULL, NULL) = 4096 <0.010083>
//! recvfrom(3, "ine 245\npage 1, line 246\npage 1,"..., 16384, 0, NULL, NULL) = 4096 <0.010065>
//! recvfrom(3, "line 486\npage 1, line 487\npage 1"..., 16384, 0, NULL, NULL) = 1947 <0.010146>
//! recvfrom(3, "", 16384, 0, NULL, NULL) = 0 <0.000059>
//! close(3) = 0 <0.000051>
//! ```

mod pages;

use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::process::ExitCode;

use eagain_sys::poll::{PollFd, poll};
use eagain_sys::poller::Interest;
use eagain_sys::{clock, socket};
use pages::{Response, Url};

const ABOUT: &str = "Fetches a page with blocking calls and says where the time went.";

fn main() -> ExitCode {
    pages::serve_if_asked();
    pages::one(ABOUT, fetch)
}

fn fetch(url: &Url, addr: &SocketAddr) -> Result<(), Box<dyn Error>> {
    let (began, cpu_before) = (clock::now(), clock::thread_cpu_time());

    let request = url.request();
    let built = clock::now();

    let fd = socket::blocking_tcp(addr)?;
    connect(fd.as_fd(), addr)?;
    let mut sent = 0;
    while sent < request.len() {
        sent += again(|| socket::send(fd.as_fd(), &request.as_bytes()[sent..]))?;
    }
    // What arrives is kept until there is no more; only then is it a page.
    let (mut page, mut buffer, mut receives) = (Vec::new(), [0; 16384], 0);
    loop {
        let n = again(|| socket::recv(fd.as_fd(), &mut buffer))?;
        receives += 1;
        if n == 0 {
            break;
        }
        page.extend_from_slice(&buffer[..n]);
    }
    drop(fd);
    let waited = clock::now();

    let response = Response::parse(&page)?;
    let parsed = clock::now();
    let cpu = clock::thread_cpu_time() - cpu_before;

    let wall = parsed - began;
    let percent = 100.0 * (1.0 - cpu.as_secs_f64() / wall.as_secs_f64());
    let mut out = io::stdout();
    writeln!(out, "{url}: {}, {} bytes of body", response.status, response.body.len())?;
    writeln!(out, "build {:>10.1?}   the request, {} bytes", built - began, request.len())?;
    writeln!(out, "wait  {:>10.1?}   connect, send, {receives} x recv", waited - built)?;
    writeln!(out, "parse {:>10.1?}   the response, {} bytes", parsed - waited, page.len())?;
    writeln!(out, "wall  {wall:>10.1?}   of which CPU {cpu:.1?}: {percent:.1} % was waiting")?;
    Ok(())
}

fn connect(fd: BorrowedFd<'_>, addr: &SocketAddr) -> Result<(), Box<dyn Error>> {
    match socket::connect(fd, addr) {
        // The attempt goes on without us, and its end makes the socket writable.
        Err(e) if e.is_interrupted() => {
            again(|| poll(&mut [PollFd::new(fd, Interest::WRITE)], None))?;
            Ok(socket::take_error(fd)?.map_or(Ok(()), Err)?)
        }
        answer => Ok(answer?),
    }
}

/// Calls again where a signal came first.
fn again<T>(mut call: impl FnMut() -> eagain_sys::Result<T>) -> eagain_sys::Result<T> {
    loop {
        match call() {
            Err(e) if e.is_interrupted() => {}
            answer => return answer,
        }
    }
}
