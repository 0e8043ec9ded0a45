//! The flags of every descriptor the loop makes, and how few calls it takes to watch one.
#![cfg(target_os = "linux")]

#[path = "soak/descriptors.rs"]
mod descriptors;
#[path = "soak/own_process.rs"]
mod own_process;
mod tasks;

use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::process::Command;

use eagain::net::{TcpListener, TcpStream};
use eagain::{EventLoop, Source, Step};
use eagain_sys::descriptor::{is_close_on_exec, is_nonblocking};
use eagain_sys::{epoll, eventfd, pipe, socket, udp, unix};
use tasks::{returned, tcp_pair, trying, turn_until_idle};

fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().expect("an address")
}

#[track_caller]
fn assert_born_right(fd: BorrowedFd<'_>) {
    assert!(is_nonblocking(fd).expect("an open descriptor"), "{fd:?} blocks"); // pitfall 29
    assert!(is_close_on_exec(fd).expect("an open descriptor"), "{fd:?} survives exec");
}

/// The descriptor behind a socket of the library.
fn descriptor(socket: impl Into<Source>) -> OwnedFd {
    socket.into().into_owned_fd().expect("an open socket")
}

/// A connection that was accepted by this listener, and the other end of it.
fn accepted(listener: &TcpListener) -> (TcpStream, TcpStream) {
    let connecting = TcpStream::begin_connect(listener.local_addr().expect("an address"));
    let connecting = connecting.expect("a connection on its way");
    // On the loopback, a connection queues before connect returns.
    let (stream, _) = listener.try_accept().expect("no error").expect("a connection");
    (stream, connecting)
}

#[test]
fn pitfall_29_what_sys_makes_neither_blocks_nor_survives_exec() {
    let (read, write) = pipe::pipe2().expect("a pipe");
    let (one, other) = socket::socketpair().expect("a pair");
    let listener = socket::listen_tcp(&loopback(), 1).expect("a listener");
    let address = socket::local(listener.as_fd()).expect("an address");
    let _peer = std::net::TcpStream::connect(address).expect("a connection");
    let (accepted, _) = socket::accept4(listener.as_fd()).expect("a connection");
    let tcp = socket::tcp(&loopback()).expect("a socket");
    let tcp_of_6 = socket::tcp(&"[::1]:0".parse().expect("an address"));
    let udp = udp::udp(&loopback()).expect("a socket");
    let packets = unix::pair(unix::Kind::Seqpacket).expect("a pair");
    let unix = unix::socket(unix::Kind::Stream).expect("a socket");
    let counter = eventfd::eventfd().expect("a counter");
    for fd in
        [&read, &write, &one, &other, &listener, &accepted, &tcp, &udp, &packets.0, &unix, &counter]
    {
        assert_born_right(fd.as_fd());
    }
    // Not every machine has this family.
    tcp_of_6.iter().for_each(|fd| assert_born_right(fd.as_fd()));
}

#[test]
fn pitfall_29_what_is_meant_to_block_does_not_survive_exec_either() {
    let blocking = socket::blocking_tcp(&loopback()).expect("a socket");
    let epoll = epoll::epoll_create1().expect("an epoll instance");
    for fd in [&blocking, &epoll] {
        assert!(is_close_on_exec(fd.as_fd()).expect("an open descriptor")); // pitfall 29
        assert!(!is_nonblocking(fd.as_fd()).expect("an open descriptor"));
    }
}

#[test]
fn pitfall_29_connections_neither_block_nor_survive_exec() {
    let listener = TcpListener::bind(loopback()).expect("a listener");
    let (accepted, connecting) = accepted(&listener);
    for fd in [descriptor(accepted), descriptor(connecting), descriptor(listener)] {
        assert_born_right(fd.as_fd());
    }
}

#[test]
fn pitfall_29_what_is_taken_over_no_longer_blocks() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
    let far = std::net::TcpStream::connect(listener.local_addr().expect("an address"));
    let (near, _) = listener.accept().expect("a connection");
    let (one, _other) = UnixStream::pair().expect("a pair");
    for blocking in [one.as_fd(), near.as_fd(), listener.as_fd()] {
        assert!(!is_nonblocking(blocking).expect("an open descriptor"));
    }
    let near = descriptor(TcpStream::try_from(near).expect("a stream"));
    let far = descriptor(TcpStream::try_from(far.expect("a connection")).expect("a stream"));
    let listener = descriptor(TcpListener::try_from(listener).expect("a listener"));
    let one = Source::new(one).expect("a source").into_owned_fd().expect("an open socket");
    let file = Source::new(File::open("/dev/zero").expect("zeros")).expect("a source");
    let file = file.into_owned_fd().expect("an open file");
    for fd in [near, far, listener, one, file] {
        assert_born_right(fd.as_fd()); // pitfall 29
    }
}

/// The flags that `/proc` tells of a descriptor.
fn flags(number: RawFd) -> u32 {
    let told = fs::read_to_string(format!("/proc/self/fdinfo/{number}")).expect("it is open");
    let octal = told.lines().find_map(|line| line.strip_prefix("flags:")).expect("it has flags");
    u32::from_str_radix(octal.trim(), 8).expect("they are octal")
}

#[test]
fn pitfall_29_nothing_of_a_loop_is_inherited() {
    if !own_process::entered("pitfall_29_nothing_of_a_loop_is_inherited") {
        return;
    }
    const O_CLOEXEC: u32 = 0o2000000;
    let list = || {
        // What a child finds open, with its own that reads the list.
        let list = Command::new("ls").arg("/proc/self/fd").output().expect("ls starts");
        String::from_utf8(list.stdout).expect("numbers")
    };
    let (open_before, listed_before) = (descriptors::open(), list());

    let mut event_loop = EventLoop::new().expect("a loop");
    let of_loop = descriptors::open().len() - open_before.len();
    let listener = TcpListener::bind(loopback()).expect("a listener");
    let (near, far) = accepted(&listener);
    let mut buf = [0; 8];
    let reader = event_loop.spawn(trying(move |cx| match near.try_read(&mut buf)? {
        None => Ok(Step::Yield(cx.readable(&near)?)),
        Some(n) => Ok(Step::Return(n)),
    }));
    turn_until_idle(&mut event_loop);
    let (_read, _write) = pipe::pipe2().expect("a pipe");

    let made: Vec<_> =
        descriptors::open().into_iter().filter(|fd| !open_before.contains(fd)).collect();
    // The poller, its bell, which may be a pipe; the listener, both ends of the connection, and of
    // the pipe.
    assert!((2..=3).contains(&of_loop), "{of_loop} of a loop");
    assert_eq!(made.len(), of_loop + 5, "{made:?}");
    for number in made {
        let what = fs::read_link(format!("/proc/self/fd/{number}"));
        assert!(flags(number) & O_CLOEXEC != 0, "{what:?} survives exec"); // pitfall 29
    }
    assert_eq!(list(), listed_before, "a child finds what was made");

    drop(far);
    event_loop.run().expect("a run");
    assert_eq!(returned(&reader).expect("a read"), 0);
}

#[test]
fn pitfall_21_a_connection_is_registered_once_in_its_life() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (near, far) = tcp_pair();
    let far = TcpStream::try_from(far).expect("a stream");
    // Each answers what it gets, a hundred times; one of them begins.
    assert_eq!(near.try_write(b"x").expect("a write"), Some(1));
    for end in [near, far] {
        let mut left = 100;
        let echo = trying(move |cx| {
            let mut buf = [0; 8];
            loop {
                match end.try_read(&mut buf)? {
                    None => return Ok(Step::Yield(cx.readable(&end)?)),
                    Some(0) => return Ok(Step::Return(())),
                    Some(n) => {
                        assert_eq!(end.try_write(&buf[..n])?, Some(n));
                        left -= 1;
                        if left == 0 {
                            return Ok(Step::Return(()));
                        }
                    }
                }
            }
        });
        event_loop.spawn(echo).detach();
    }
    event_loop.run().expect("a run");
    // One for each end, and none to leave.
    assert_eq!(event_loop.counts().reactor.registrations, 2); // pitfall 21
    assert_eq!(event_loop.counts().sources, 0);
}

#[test]
fn pitfall_21_blocking_on_a_write_adds_one_registration() {
    const BYTES: usize = 16 << 20; // more than fits into the kernel
    let mut event_loop = EventLoop::new().expect("a loop");
    let (near, far) = tcp_pair();
    let far = TcpStream::try_from(far).expect("a stream");
    // It waits to read, then to write again and again, ...
    let chunk = vec![b'x'; 64 * 1024];
    let (mut left, mut began, mut blocked) = (BYTES, false, 0);
    let writer = event_loop.spawn(trying(move |cx| {
        if !began {
            began = true;
            assert_eq!(near.try_read(&mut [0; 8])?, None);
            return Ok(Step::Yield(cx.readable(&near)?));
        }
        near.try_read(&mut [0; 8])?;
        while left > 0 {
            match near.try_write(&chunk[..left.min(chunk.len())])? {
                Some(n) => left -= n,
                None => {
                    blocked += 1;
                    return Ok(Step::Yield(cx.writable(&near)?));
                }
            }
        }
        near.shutdown(std::net::Shutdown::Write)?;
        Ok(Step::Return(blocked))
    }));
    turn_until_idle(&mut event_loop);
    // ... while the other end takes everything.
    assert_eq!(far.try_write(b"x").expect("a write"), Some(1));
    let mut buf = vec![0; 64 * 1024];
    let mut taken = 0;
    let reader = event_loop.spawn(trying(move |cx| {
        loop {
            match far.try_read(&mut buf)? {
                Some(0) => return Ok(Step::Return(taken)),
                Some(n) => taken += n,
                None => return Ok(Step::Yield(cx.readable(&far)?)),
            }
        }
    }));
    event_loop.run().expect("a run");
    assert_eq!(returned(&reader).expect("reads"), BYTES);
    let blocked = returned(&writer).expect("writes");
    assert!(blocked > 1, "it had to wait {blocked} times");
    assert_eq!(event_loop.counts().reactor.registrations, 3); // pitfall 21
}

#[test]
fn pitfall_21_what_never_waits_is_never_registered() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (near, far) = tcp_pair();
    let far = TcpStream::try_from(far).expect("a stream");
    assert_eq!(far.try_write(b"hello").expect("a write"), Some(5));
    let task = event_loop.spawn(trying(move |_| {
        near.try_write(b"answer")?;
        Ok(Step::Return(near.try_read(&mut [0; 8])?))
    }));
    event_loop.run().expect("a run");
    assert_eq!(returned(&task).expect("no error"), Some(5));
    assert_eq!(event_loop.counts().reactor.registrations, 0); // pitfall 21
}
