//! Step 2: the same fetch on a socket that never stops the thread, and what that alone is worth.
//!
//! One bit of the descriptor, `O_NONBLOCK`, changes what the calls answer when they would have
//! to wait: `connect` says `EINPROGRESS`, `send` and `recv` say `EAGAIN`, all of them at once.
//! The thread is free, but it has nothing to do, so it asks again, and again. The page comes no
//! sooner, and the processor is busy all the time: this is what the rest of the path avoids.
//!
//! ```text
//! cargo run --release --example 02_nonblocking_spin
//! cargo run --release --example 02_nonblocking_spin http://example.org/
//! ```
//!
//! Under strace each call takes so long that far fewer of them fit (and strace's share of the
//! time counts as waiting):
//!
//! ```text
//! socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3
//! fcntl(3, F_GETFL) = 0x2 (flags O_RDWR)
//! fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
//! connect(3, {...}, ...) = -1 EINPROGRESS (Operation now in progress)
//! connect(3, {...}, ...) = 0
//! sendto(3, "GET /page/1 HTTP/1.0\r\nHost: 127."..., 66, MSG_NOSIGNAL, NULL, 0) = 66
//! recvfrom(3, 0x7ffff77c3ec0, 16384, 0, NULL, NULL) = -1 EAGAIN (Resource temporarily unavailable)
//!     ... the same 1557 times more
//! recvfrom(3, "HTTP/1.1 200 OK\r\nContent-Type: t"..., 16384, 0, NULL, NULL) = 40
//! recvfrom(3, 0x7ffff77c3ec0, 16384, 0, NULL, NULL) = -1 EAGAIN (Resource temporarily unavailable)
//!     ... and so on, until
//! recvfrom(3, "", 16384, 0, NULL, NULL) = 0
//! ```

mod pages;

use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::process::ExitCode;

use eagain_sys::{clock, descriptor, errno, socket};
use pages::{Response, Url};

const ABOUT: &str =
    "Fetches a page with non-blocking calls, repeats each until it is done, and says how often.";

fn main() -> ExitCode {
    pages::serve_if_asked();
    pages::one(ABOUT, fetch)
}

fn fetch(url: &Url, addr: &SocketAddr) -> Result<(), Box<dyn Error>> {
    let (began, cpu_before) = (clock::now(), clock::thread_cpu_time());

    let fd = socket::blocking_tcp(addr)?;
    descriptor::set_nonblocking(fd.as_fd(), true)?;

    let connects = connect(fd.as_fd(), addr)?;

    let request = url.request();
    let (mut sent, mut send_refused) = (0, 0_u64);
    while sent < request.len() {
        match socket::send(fd.as_fd(), &request.as_bytes()[sent..]) {
            Ok(n) => sent += n,
            Err(e) if e.is_would_block() => send_refused += 1,
            Err(e) if e.is_interrupted() => {}
            Err(e) => return Err(e.into()),
        }
    }

    let (mut page, mut buffer) = (Vec::new(), [0; 16384]);
    let (mut receives, mut recv_refused) = (0, 0_u64);
    loop {
        match socket::recv(fd.as_fd(), &mut buffer) {
            Ok(0) => break,
            Ok(n) => page.extend_from_slice(&buffer[..n]),
            Err(e) if e.is_would_block() => {
                recv_refused += 1;
                continue;
            }
            Err(e) if e.is_interrupted() => continue,
            Err(e) => return Err(e.into()),
        }
        receives += 1;
    }
    drop(fd);
    let (wall, cpu) = (began.elapsed(), clock::thread_cpu_time() - cpu_before);

    let response = Response::parse(&page)?;
    let percent = 100.0 * (1.0 - cpu.as_secs_f64() / wall.as_secs_f64());
    let mut out = io::stdout();
    writeln!(out, "{url}: {}, {} bytes of body", response.status, response.body.len())?;
    writeln!(out, "connect   asked {connects} times until it stood")?;
    writeln!(out, "send      {send_refused:>9} x EAGAIN")?;
    writeln!(out, "recv      {recv_refused:>9} x EAGAIN, and bytes {receives} times")?;
    writeln!(out, "wall {wall:.1?}, of which CPU {cpu:.1?}: {percent:.1} % was waiting")?;
    Ok(())
}

/// Asks until the connection stands, and answers how often that was.
fn connect(fd: BorrowedFd<'_>, addr: &SocketAddr) -> eagain_sys::Result<u64> {
    let mut asked = 0;
    loop {
        asked += 1;
        match socket::connect(fd, addr) {
            Ok(()) => return Ok(asked),
            Err(e) => match e.errno() {
                errno::EISCONN => return Ok(asked),
                // It has begun; it is still going on.
                errno::EINPROGRESS | errno::EALREADY | errno::EINTR => {}
                _ => return Err(e),
            },
        }
    }
}
