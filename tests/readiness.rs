//! From `EAGAIN` to the edge: no data is left lying, no end is missed, and nobody is woken for
//! nothing.

#[cfg(target_os = "linux")]
#[path = "readiness/forged.rs"]
mod forged;
mod tasks;

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use eagain::net::TcpStream;
use eagain::{Builder, Cause, EventLoop, Interest, JoinHandle, Source, Step, Wait, errno};
use eagain_sys::{pipe as sys_pipe, socket};
use tasks::addresses::{black_hole, nobody};
use tasks::{
    PATIENCE, believes, has_events, is_ready, read_to_end, refuse, returned, run, stubborn, task,
    tcp_pair, trying, turn_until, turn_until_idle, unix_pair, write_all,
};

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

#[test]
fn pitfall_1_what_a_partial_read_leaves_is_read_later() {
    for (name, near, mut far) in streams() {
        let mut event_loop = new_loop();
        let mut left = 64 * 1024;
        // It waits after each read, although there is more: no edge will tell.
        let reader = event_loop.spawn(trying(move |cx| {
            left -= near.try_read(&mut [0; 1024])?.unwrap_or(0); // pitfall 1
            if left == 0 {
                return Ok(Step::Return(()));
            }
            Ok(Step::Yield(cx.readable(&near)?))
        }));
        turn_until_idle(&mut event_loop);
        let writer = thread::spawn(move || far.write_all(&[b'x'; 64 * 1024]).map(|()| far));
        turn_until(&mut event_loop, || reader.is_finished());
        returned(&reader).unwrap_or_else(|e| panic!("{name}: {e}"));
        writer.join().expect("the writer ends").expect("and has written all");
    }
}

#[test]
fn pitfall_2_a_firehose_leaves_room_for_the_others() {
    let mut event_loop = Builder::new().budget(8).build().expect("a loop");
    let firehose = Source::new(File::open("/dev/zero").expect("zeros")).expect("a source");
    let in_one_turn = Rc::new(RefCell::new(Vec::new()));
    let noted = in_one_turn.clone();
    event_loop
        .spawn(trying::<()>(move |cx| {
            let mut reads = 0;
            while reads < 1000 && firehose.try_read(&mut [0; 16])?.is_some() {
                reads += 1; // pitfall 2: there is always more
            }
            noted.borrow_mut().push(reads);
            Ok(Step::Yield(cx.readable(&firehose)?))
        }))
        .detach();
    let (near, mut far) = unix_pair();
    event_loop
        .spawn(trying(move |cx| {
            match near.try_read(&mut [0; 1])? {
                Some(0) => return Ok(Step::Return(())),
                Some(_) => drop(near.try_write(b"!")?),
                None => {}
            }
            Ok(Step::Yield(cx.readable(&near)?))
        }))
        .detach();
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    for _ in 0..100 {
        far.write_all(b"?").expect("a write");
        // One turn learns of it, the next one answers.
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        assert!(is_ready(&far, Interest::READ, Duration::ZERO), "no answer in two turns");
        far.read_exact(&mut [0; 1]).expect("the answer");
    }
    assert_eq!(*in_one_turn.borrow(), vec![8; event_loop.counts().turns as usize]);
}

#[test]
fn pitfall_2_the_budget_loses_no_edge() {
    let mut event_loop = Builder::new().budget(8).build().expect("a loop");
    let (near, mut far) = unix_pair();
    let mut read = 0;
    let reader = event_loop.spawn(trying(move |cx| {
        loop {
            match near.try_read(&mut [0; 1])? {
                Some(0) => return Ok(Step::Return(read)),
                Some(n) => read += n,
                None => return Ok(Step::Yield(cx.readable(&near)?)),
            }
        }
    }));
    turn_until_idle(&mut event_loop);
    far.write_all(&[b'x'; 1000]).expect("a write");
    drop(far);
    let before = event_loop.counts().resumes;
    run(&mut event_loop);
    assert_eq!(returned(&reader).expect("no error"), 1000);
    // 1000 bytes and the end, 8 calls at a time.
    assert_eq!(event_loop.counts().resumes - before, 126);
}

#[test]
fn pitfall_3_a_short_read_spares_the_next_call_on_tcp_only() {
    let mut event_loop = new_loop();
    for (name, near, mut far) in streams() {
        let expected = if name == "tcp" { None } else { Some(()) };
        let reader = event_loop.spawn(trying(move |cx| {
            match near.try_read(&mut [0; 16])? {
                None => Ok(Step::Yield(cx.readable(&near)?)),
                Some(n) => {
                    assert_eq!(n, 5);
                    // Is another call made now? pitfall 3
                    Ok(Step::Return(near.try_io(Interest::READ, |_| Ok(()))?))
                }
            }
        }));
        turn_until_idle(&mut event_loop);
        far.write_all(b"hello").expect("a write");
        turn_until(&mut event_loop, || reader.is_finished());
        assert_eq!(returned(&reader).expect("no error"), expected, "{name}");
    }
}

#[test]
fn pitfall_3_a_short_write_spares_the_next_call_on_tcp_only() {
    for (name, near, _far) in streams().into_iter().filter(|(name, ..)| *name != "pipe") {
        let expected = if name == "tcp" { None } else { Some(()) };
        let much = vec![0; 64 << 20];
        let n = near.try_write(&much).expect("no error").expect("room");
        assert!(n < much.len(), "{name} took all");
        // Is another call made now? pitfall 3
        assert_eq!(near.try_io(Interest::WRITE, |_| Ok(())).expect("no error"), expected, "{name}");
    }
}

#[test]
fn pitfall_3_a_read_that_fills_the_buffer_spares_no_call() {
    for (name, near, mut far) in streams() {
        let mut event_loop = new_loop();
        let reader = event_loop.spawn(trying(move |cx| {
            match near.try_read(&mut [0; 5])? {
                None => Ok(Step::Yield(cx.readable(&near)?)),
                Some(_) => Ok(Step::Return(near.try_io(Interest::READ, |_| Ok(()))?)), // pitfall 3
            }
        }));
        turn_until_idle(&mut event_loop);
        far.write_all(b"hello").expect("a write");
        turn_until(&mut event_loop, || reader.is_finished());
        assert_eq!(returned(&reader).expect("no error"), Some(()), "{name}");
    }
}

#[test]
fn pitfall_3_the_end_behind_a_short_read_is_seen() {
    // Once before the source is registered, once in the same event as the data, once after it.
    for moment in ["before", "with the data", "after"] {
        for (name, near, mut far) in streams() {
            let mut event_loop = new_loop();
            let reader = event_loop.spawn(read_to_end(near));
            if moment != "before" {
                turn_until_idle(&mut event_loop);
            }
            far.write_all(b"hello").expect("a write");
            if moment == "after" {
                turn_until_idle(&mut event_loop);
            }
            drop(far); // pitfall 3
            turn_until(&mut event_loop, || reader.is_finished());
            assert_eq!(returned(&reader).expect("no error"), b"hello", "{name}, {moment}");
        }
    }
}

#[test]
fn pitfall_4_an_edge_between_the_call_and_its_answer_is_kept() {
    for (name, near, mut far) in streams() {
        let mut event_loop = new_loop();
        let mut peer = far.try_clone().expect("another one");
        let mut read = 0;
        let reader = event_loop.spawn(trying(move |cx| {
            loop {
                let tried = near.try_io(Interest::READ, |fd| {
                    let answer = sys_pipe::read(fd, &mut [0; 1]);
                    if answer.is_err_and(|e| e.is_would_block()) && read == 1 {
                        // pitfall 4: EAGAIN is on its way to the loop, and so is a byte
                        peer.write_all(b"!")?;
                    }
                    Ok(answer?)
                })?;
                match tried {
                    None => return Ok(Step::Yield(cx.readable(&near)?)),
                    Some(n) => read += n,
                }
                if read == 2 {
                    return Ok(Step::Return(()));
                }
            }
        }));
        turn_until_idle(&mut event_loop);
        far.write_all(b"?").expect("a write");
        turn_until(&mut event_loop, || reader.is_finished());
        returned(&reader).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

#[test]
fn pitfall_5_room_to_write_does_not_wake_a_reader() {
    let mut event_loop = new_loop();
    let (near, mut far) = unix_pair();
    let near = Rc::new(near);
    let (_reader, causes) = stubborn(&event_loop, &near, Interest::READ);
    let writer = event_loop.spawn(write_all(near, 4 << 20));
    let mut buf = vec![0; 1 << 20];
    while !writer.is_finished() {
        turn_until_idle(&mut event_loop);
        while is_ready(&far, Interest::READ, Duration::ZERO) {
            assert_ne!(far.read(&mut buf).expect("a read"), 0); // pitfall 5: room, again and again
        }
    }
    returned(&writer).expect("no error");
    assert_eq!(*causes.borrow(), []);
}

#[test]
fn pitfall_5_data_does_not_wake_a_writer() {
    let mut event_loop = new_loop();
    let (near, mut far) = unix_pair();
    let near = Rc::new(near);
    let (_reader, read) = stubborn(&event_loop, &near, Interest::READ);
    while near.try_write(&[b'x'; 65536]).expect("a write").is_some() {}
    let (_writer, written) = stubborn(&event_loop, &near, Interest::WRITE);
    turn_until_idle(&mut event_loop);
    let before = written.borrow().len();
    for _ in 0..10 {
        far.write_all(b"!").expect("a write"); // pitfall 5
        turn_until_idle(&mut event_loop);
    }
    assert_eq!((read.borrow().len(), written.borrow().len()), (10, before));
}

/// What a peer can do to a connection on which one task waits to read and another to write.
struct End {
    name: &'static str,
    near: Source,
    far: OwnedFd,
    /// Fill the connection first, so that the writer has to wait for room. Otherwise it only says
    /// so, and who does not believe that has nothing to learn there.
    full: bool,
    /// What it does, and whether it goes on reading.
    deed: fn(OwnedFd) -> Option<File>,
}

fn ends() -> Vec<End> {
    let pipes = || sys_pipe::pipe2().expect("a pipe");
    let unix = || {
        let (near, far) = unix_pair();
        (near, OwnedFd::from(far))
    };
    let tcp = || {
        let (near, far) = tcp_pair();
        (Source::from(near), OwnedFd::from(far))
    };
    let close = |far| {
        drop(far);
        None
    };
    let shut_wr = |far: OwnedFd| {
        socket::shutdown(far.as_fd(), Shutdown::Write).expect("a shutdown");
        Some(File::from(far))
    };
    let shut_both = |far: OwnedFd| {
        socket::shutdown(far.as_fd(), Shutdown::Both).expect("a shutdown");
        Some(File::from(far))
    };
    let reset = |far: OwnedFd| {
        socket::set_linger(far.as_fd(), Some(Duration::ZERO)).expect("an option");
        None
    };
    let end = |name, (near, far), full, deed| End { name, near, far, full, deed };
    let (read, write) = pipes();
    let reading_end = (Source::new(read).expect("a source"), write);
    let (read, write) = pipes();
    let writing_end = (Source::new(write).expect("a source"), read);
    vec![
        end("pipe, the writer closes: HUP alone", reading_end, false, close),
        end("pipe, the reader of a full one closes: ERR alone", writing_end, true, close),
        end("unix, close", unix(), false, close),
        end("unix, close with data unread", unix(), true, close),
        end("unix, SHUT_WR", unix(), true, shut_wr),
        end("unix, SHUT_RDWR", unix(), true, shut_both),
        end("tcp, close", tcp(), false, close),
        end("tcp, close with data unread", tcp(), true, close),
        end("tcp, SHUT_WR", tcp(), true, shut_wr),
        end("tcp, RST", tcp(), false, reset),
        end("tcp, RST with data unread", tcp(), true, reset),
    ]
}

/// Waits for a direction until it is told to stop, and is resumed by the source once more.
fn witness(
    event_loop: &EventLoop,
    source: &Rc<Source>,
    interest: Interest,
    stop: &Rc<Cell<bool>>,
) -> JoinHandle<io::Result<()>> {
    let (source, stop) = (source.clone(), stop.clone());
    event_loop.spawn(trying(move |cx| {
        if stop.get() {
            return Ok(Step::Return(()));
        }
        refuse(&source, interest);
        Ok(Step::Yield(tasks::until_ready(cx, &source, interest)?))
    }))
}

#[test]
fn pitfall_6_every_end_of_a_connection_wakes_both_directions() {
    for End { name, near, far, full, deed } in ends() {
        let is_pipe = name.starts_with("pipe");
        if !full && !is_pipe && !believes() {
            continue;
        }
        let mut event_loop = new_loop();
        let (near, done) = (Rc::new(near), Rc::new(Cell::new(false)));
        // A pipe's end has one direction, and yet can be waited for in both.
        let reader = if is_pipe && full {
            witness(&event_loop, &near, Interest::READ, &done)
        } else {
            let mut reader = read_to_end(near.clone());
            event_loop.spawn(task(move |cx| {
                match eagain::Generator::resume(&mut reader, cx) {
                    Step::Yield(wait) => Step::Yield(wait),
                    Step::Return(_) => Step::Return(Ok(())), // an error is an end, too
                }
            }))
        };
        let writer = if full {
            event_loop.spawn(write_all(near.clone(), 16 << 20))
        } else {
            witness(&event_loop, &near, Interest::WRITE, &done)
        };
        drop(near);
        turn_until_idle(&mut event_loop);
        assert!(!reader.is_finished() && !writer.is_finished(), "{name}: both wait");

        done.set(true);
        let reads_on = deed(far); // pitfall 6
        let sink =
            reads_on.map(|mut far| thread::spawn(move || io::copy(&mut far, &mut io::sink())));
        turn_until(&mut event_loop, || reader.is_finished() && writer.is_finished());
        let waits_for_room = name.ends_with("SHUT_WR") || !full;
        assert_eq!(returned(&writer).is_ok(), waits_for_room, "{name}");
        returned(&reader).unwrap_or_else(|e| panic!("{name}: {e}"));
        if let Some(sink) = sink {
            sink.join().expect("the peer ends").expect("and has read all");
        }
        assert_eq!(event_loop.counts().sources, 0, "{name}");
    }
}

#[test]
fn pitfall_7_a_hang_up_that_nobody_waits_for_is_reported_once() {
    for (name, near, far) in streams() {
        let mut event_loop = new_loop();
        let waker = Rc::new(RefCell::new(None));
        let (given, near) = (waker.clone(), Rc::new(near));
        let (read, mut waited) = (near.clone(), false);
        let sleeper = event_loop.spawn(trying(move |cx| {
            if cx.cause() == Cause::Woken {
                return Ok(Step::Return(read.try_read(&mut [0; 8])?));
            }
            assert!(!waited, "resumed by {}", cx.cause());
            // Registers the source, but then it waits for something else.
            waited = true;
            refuse(&read, Interest::READ);
            let _ = cx.readable(&read)?;
            *given.borrow_mut() = Some(cx.waker());
            Ok(Step::Yield(Wait::woken()))
        }));
        turn_until_idle(&mut event_loop);
        drop(far);
        assert!(is_ready(&*near.fd().expect("it is open"), Interest::READ, PATIENCE), "{name}");
        event_loop.turn(Some(PATIENCE)).expect("a turn");
        assert!(!has_events(&mut event_loop), "{name}: it is reported again and again"); // pitfall 7
        assert_eq!(event_loop.counts().resumes, 1, "{name}");
        // It is not forgotten either.
        waker.borrow_mut().take().expect("the task has given it").wake();
        run(&mut event_loop);
        assert_eq!(returned(&sleeper).expect("no error"), Some(0), "{name}");
    }
}

#[test]
fn pitfall_8_what_was_sent_before_the_end_is_read() {
    for (name, near, mut far) in streams() {
        let mut event_loop = new_loop();
        let reader = event_loop.spawn(read_to_end(near));
        let writer = thread::spawn(move || far.write_all(&[b'x'; 100 * 1024]));
        turn_until(&mut event_loop, || reader.is_finished());
        let got = returned(&reader).expect("no error"); // pitfall 8
        assert_eq!(got.len(), 100 * 1024, "{name}");
        writer.join().expect("the writer ends").expect("and has written all");
    }
}

#[test]
fn pitfall_9_a_writer_that_is_done_leaves_the_loop_idle() {
    let mut event_loop = new_loop();
    let (near, mut far) = unix_pair();
    let near = Rc::new(near);
    let (_reader, causes) = stubborn(&event_loop, &near, Interest::READ);
    let writer = event_loop.spawn(write_all(near, 1 << 20));
    turn_until_idle(&mut event_loop);
    assert!(!writer.is_finished(), "it had to wait for room");
    let mut left = 1 << 20;
    while left > 0 {
        left -= far.read(&mut [0; 65536]).expect("a read");
        turn_until_idle(&mut event_loop);
    }
    returned(&writer).expect("no error");
    let before = event_loop.counts().resumes;
    for _ in 0..100 {
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        assert!(!has_events(&mut event_loop), "there is room to write, and nobody asked"); // pitfall 9
    }
    assert_eq!(event_loop.counts().resumes, before);
    assert_eq!(*causes.borrow(), []);
}

#[test]
fn pitfall_9_who_never_had_to_wait_for_room_is_not_told_of_it() {
    let mut event_loop = new_loop();
    let (near, mut far) = unix_pair();
    let near = Rc::new(near);
    let (_reader, causes) = stubborn(&event_loop, &near, Interest::READ);
    turn_until_idle(&mut event_loop);
    for _ in 0..10 {
        assert_eq!(near.try_write(b"hello").expect("a write"), Some(5));
        far.read_exact(&mut [0; 5]).expect("a read");
        assert!(!has_events(&mut event_loop), "each read of the peer makes room"); // pitfall 9
    }
    assert_eq!(*causes.borrow(), []);
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

#[test]
fn pitfall_11_a_connection_is_one_wait() {
    let mut event_loop = new_loop();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let connecting = connect(&event_loop, listener.local_addr().expect("an address"));
    run(&mut event_loop);
    returned(&connecting).expect("a connection");
    // pitfall 11: watched before it connects, a socket would report a hang-up first
    assert_eq!(event_loop.counts().resumes, 2);
}

#[test]
fn pitfall_12_a_refused_connection_is_an_error() {
    let mut event_loop = new_loop();
    let (_port, addr) = nobody();
    let connecting = connect(&event_loop, addr);
    run(&mut event_loop);
    // pitfall 12: SO_ERROR tells once; asked twice, it would say that all is well
    let error = returned(&connecting).expect_err("nobody listens");
    assert_eq!(error.raw_os_error(), Some(errno::ECONNREFUSED));
}

#[test]
fn pitfall_12_a_connection_without_an_answer_ends_at_its_deadline() {
    let mut event_loop = new_loop();
    let (_listener, _first, addr) = black_hole();
    let stream = TcpStream::begin_connect(addr).expect("an attempt");
    let connecting = event_loop.spawn(trying(move |cx| {
        if cx.cause() == Cause::TimedOut {
            return Ok(Step::Return(stream.try_connected()?));
        }
        assert_eq!(stream.try_connected()?, None);
        let deadline = cx.now() + Duration::from_millis(20);
        Ok(Step::Yield(cx.writable(&stream)?.or_until(deadline))) // pitfall 12
    }));
    run(&mut event_loop);
    assert_eq!(returned(&connecting).expect("no error"), None);
    assert_eq!((event_loop.counts().sources, event_loop.counts().timers), (0, 0));
}

#[test]
fn pitfall_13_an_error_of_a_datagram_socket_is_told_once() {
    let mut event_loop = new_loop();
    let far = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let elsewhere = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    // It has the port, but takes nothing from us: the port is as good as closed.
    far.connect(elsewhere.local_addr().expect("an address")).expect("a peer");
    let near = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let addr = near.local_addr().expect("an address");
    near.connect(far.local_addr().expect("an address")).expect("a peer");
    near.send(b"is anybody there?").expect("a datagram");

    let source = Source::new(near).expect("a source");
    let told = Rc::new(RefCell::new(Vec::new()));
    let noted = told.clone();
    let receiver = event_loop.spawn(trying(move |cx| {
        loop {
            let tried = source.try_io(Interest::READ, |fd| Ok(socket::recv(fd, &mut [0; 64])?));
            match tried {
                Ok(Some(n)) => return Ok(Step::Return(n)),
                Ok(None) => return Ok(Step::Yield(cx.readable(&source)?)),
                Err(e) => noted.borrow_mut().push(e.raw_os_error()), // pitfall 13
            }
        }
    }));
    turn_until(&mut event_loop, || !told.borrow().is_empty());
    turn_until_idle(&mut event_loop);
    far.connect(addr).expect("a peer");
    far.send(b"here I am").expect("a datagram");
    turn_until(&mut event_loop, || receiver.is_finished());
    assert_eq!(returned(&receiver).expect("no error"), 9);
    assert_eq!(*told.borrow(), [Some(errno::ECONNREFUSED)]);
}

/// What the kernel does not poll.
fn files() -> [(&'static str, File); 3] {
    ["Cargo.toml", "src", "/dev/null"].map(|name| {
        let from_here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        (name, File::open(from_here).expect("a file"))
    })
}

#[test]
fn pitfall_14_what_cannot_be_polled_is_always_ready() {
    for (name, file) in files() {
        for interest in [Interest::READ, Interest::WRITE, Interest::BOTH] {
            let mut event_loop = new_loop();
            let source = Source::new(file.try_clone().expect("another one")).expect("a source");
            let mut waits = 0;
            let waiter = event_loop.spawn(trying(move |cx| {
                if waits == 3 {
                    return Ok(Step::Return(()));
                }
                waits += 1;
                refuse(&source, interest); // as a short write to a full disk would
                Ok(Step::Yield(tasks::until_ready(cx, &source, interest)?)) // pitfall 14
            }));
            for _ in 0..5 {
                event_loop.turn(Some(Duration::ZERO)).expect("a turn");
            }
            assert!(waiter.is_finished(), "{name}: {interest:?} never came");
            returned(&waiter).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(event_loop.counts().sources, 0);
        }
    }
}

#[test]
fn pitfall_14_a_file_is_read_to_its_end() {
    let mut event_loop = Builder::new().budget(2).build().expect("a loop");
    let [(name, file), _, _] = files();
    let expected = std::fs::read(name).expect("a file");
    let reader = event_loop.spawn(read_to_end(Source::new(file).expect("a source"))); // pitfall 14
    run(&mut event_loop);
    assert_eq!(returned(&reader).expect("no error"), expected);
}
