//! Every fault for every server and program.

use crate::WAITS;
use crate::programs;
use crate::servers::{SERVERS, spoils_nothing, spoils_one_at_most};

const ACCEPT: &str = "accept,accept4";

pub(crate) fn run() {
    for fault in harmless() {
        println!("{fault}");
        SERVERS.iter().for_each(|server| spoils_nothing(server, &[&fault]));
        programs::all_do_their_work(&[&fault]);
    }
    for fault in fatal_to_one() {
        println!("{fault}");
        SERVERS.iter().for_each(|server| spoils_one_at_most(server, &[&fault]));
        programs::all_end(&fault);
    }
    for fault in fatal() {
        println!("{fault}");
        programs::all_end(&fault);
    }
}

/// After these the same call, made again, does what it should, or was only late.
fn harmless() -> Vec<String> {
    let mut faults = Vec::new();
    for call in [WAITS, ACCEPT, "connect", "recvfrom", "sendto", "write"] {
        for when in ["1", "2", "1+2", "1+3", "2..40"] {
            faults.push(format!("{call}:error=EINTR:when={when}"));
        }
    }
    for error in ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "ECONNABORTED", "EPROTO", "EPERM"] {
        for when in ["1", "1..3", "1+2"] {
            faults.push(format!("{ACCEPT}:error={error}:when={when}"));
        }
    }
    for call in [WAITS, ACCEPT, "connect", "recvfrom", "sendto", "epoll_ctl", "close"] {
        faults.push(format!("{call}:delay_enter=20000:when=1..6"));
        faults.push(format!("{call}:delay_exit=20000:when=1..6"));
    }
    // A wait that has nothing to tell.
    faults.push("?epoll_wait,epoll_pwait:retval=0:when=1..20".into());
    faults
}

/// These end the connection that they hit.
fn fatal_to_one() -> Vec<String> {
    let mut faults = Vec::new();
    for when in 1..6 {
        faults.push(format!("recvfrom:retval=0:when={when}"));
        for error in ["ECONNRESET", "ETIMEDOUT", "ENOBUFS", "ENOMEM"] {
            faults.push(format!("recvfrom:error={error}:when={when}"));
        }
        for error in ["ECONNRESET", "EPIPE", "ENOBUFS"] {
            faults.push(format!("sendto:error={error}:when={when}"));
        }
    }
    faults
}

/// These may end a program before it has begun.
fn fatal() -> Vec<String> {
    let mut faults = Vec::new();
    for call in ["epoll_create1", "eventfd2", "pipe2", "socket"] {
        for error in ["EMFILE", "ENFILE", "ENOMEM", "EINTR"] {
            faults.push(format!("{call}:error={error}:when=1"));
        }
    }
    for when in 1..4 {
        for error in ["ENOSPC", "ENOMEM", "EINTR"] {
            faults.push(format!("epoll_ctl:error={error}:when={when}"));
        }
        for error in ["ECONNREFUSED", "ENETUNREACH", "EADDRNOTAVAIL", "EAGAIN", "EPERM"] {
            faults.push(format!("connect:error={error}:when={when}"));
        }
        for call in ["bind", "listen", "getsockname", "setsockopt", "getsockopt", "getpeername"] {
            faults.push(format!("{call}:error=EINTR:when={when}"));
        }
        faults.push(format!("clone3:error=EAGAIN:when={when}"));
    }
    faults
}
