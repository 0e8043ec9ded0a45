//! Each example says to the kernel what a person has read and approved, per descriptor and per
//! task: `tests/transcripts` holds it. `make strace-bless` records anew.

mod strace;

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use strace::folding::Order;
use strace::line::{Call, calls};
use strace::recording::record;
use strace::server::Server;
use strace::transcript::{Options, transcript};
use strace::{golden, program, quoted, tracer};

/// With these the loop says where it is, and a transcript has a section for each task.
const MARKS: &[(&str, &str)] = &[("EAGAIN_TRACE", "strace")];
const NO_MARKS: &[(&str, &str)] = &[];

/// A program on `eagain-sys` alone has no tasks to speak of.
const IN_ORDER: Options = Options { order: Order::Seen, pipes: false, optional: &[] };

/// Both sides of a connection are fast: whether the data or the reader is there first is open, and
/// so is what a task is told on the way. That it was served is not.
const RACING: Options = Options {
    order: Order::Turn,
    optional: &[
        "listener: event IN",
        "conn: event OUT",
        "task: resume readable",
        "task: resume writable",
        "task: resume readable|writable",
    ],
    ..IN_ORDER
};

/// Several futures at once: whether one is ready while another one runs is open.
const TOGETHER: Options = Options {
    optional: &["epoll: epoll_wait(0)", "epoll: epoll_wait(finite) = ready"],
    ..IN_ORDER
};

/// The clients of this server do not wait for each other either.
const RACING_CLIENTS: Options = Options {
    optional: &[
        "epoll: epoll_wait(0)",
        "listener: accept4(SOCK_CLOEXEC|SOCK_NONBLOCK) = EAGAIN",
        "listener: epoll_ctl(ADD, IN|PRI|RDHUP|ET)",
        "listener: event IN",
        "conn: recvfrom = EAGAIN",
        "conn: event OUT",
        "sock: event OUT",
    ],
    ..RACING
};

/// When another thread is done is open: a loop that is awake at the time needs no bell.
const OFFLOADED: Options = Options {
    order: Order::Turn,
    optional: &[
        "epoll: epoll_wait(finite) = ready",
        "epoll: epoll_wait(none) = ready",
        "eventfd: event IN",
    ],
    ..IN_ORDER
};

/// A thread reads the file, and a child may speak before it is listened to.
const FILES: Options = Options {
    pipes: true,
    optional: &[
        "epoll: epoll_wait(0)",
        "epoll: epoll_wait(none) = ready",
        "eventfd: event IN",
        "pipe, to read: event HUP",
        "pipe, to read: event IN|HUP",
    ],
    ..IN_ORDER
};

/// Whether the foreign loop sleeps when something comes or is due is open.
const EMBEDDED: Options = Options {
    optional: &[
        "epoll: poll(IN, finite)",
        "epoll: poll(IN, finite) = timeout",
        "eventfd: event IN",
        "no task: epoll: poll(IN, finite) = ready",
        "no task: epoll: poll(IN, finite) = timeout",
    ],
    ..IN_ORDER
};

/// A second may pass at any time, and has its own turn.
const TICKING: Options = Options {
    optional: &[
        "epoll: epoll_wait(finite) = timeout",
        "no task: epoll: epoll_wait(finite) = timeout",
    ],
    ..IN_ORDER
};

macro_rules! transcripts {
    ($($test:ident: $name:literal $args:tt $marks:ident, $options:expr;)*) => {$(
        #[test]
        fn $test() {
            if tracer::works() {
                check($name, &$args, $marks, $options);
            }
        }
    )*};
}

transcripts! {
    blocking_fetch:    "01_blocking_fetch" []      NO_MARKS, IN_ORDER;
    nonblocking_spin:  "02_nonblocking_spin" []    NO_MARKS, IN_ORDER;
    poll_one:          "03_poll_one" []            NO_MARKS, IN_ORDER;
    epoll_many:        "04_epoll_many" []          NO_MARKS, IN_ORDER;
    select_poll_epoll: "05_select_poll_epoll" []   NO_MARKS, IN_ORDER;
    // Of thousands of sleepers the next may be due while the first are being resumed.
    sleepers:          "06_sleepers" ["0.1"]       NO_MARKS, Options { optional: &["no descriptor: poll(0)"], ..IN_ORDER };
    generator_fetch:   "07_generator_fetch" []     NO_MARKS, IN_ORDER;
    run_all:           "08_run_all" []             NO_MARKS, IN_ORDER;
    edge_triggered:    "09_edge_triggered" []      MARKS, IN_ORDER;
    echo:              "10_echo" []                MARKS, RACING;
    // Long enough for a busy machine: what is delivered to somebody who is awake needs no bell.
    future_by_hand:    "11_future_by_hand" ["0.5"] NO_MARKS, IN_ORDER;
    async_fetch:       "12_async_fetch" []         MARKS, IN_ORDER;
    gather:            "13_gather" []              NO_MARKS, IN_ORDER;
    race:              "14_race" []                NO_MARKS, TOGETHER;
    group:             "15_group" []               NO_MARKS, TOGETHER;
    offload:           "16_offload" []             NO_MARKS, OFFLOADED;
    stream:            "17_stream" []              NO_MARKS, IN_ORDER;
    // Long enough for a busy machine: the connections keep pace.
    pool:              "18_pool" ["200"]           NO_MARKS, TOGETHER;
    // Its own end of a pipe, too, and not only the loop's.
    files:             "19_files" []               NO_MARKS, FILES;
    // By tasks; what other threads do is not in the trace.
    threads_and_tasks: "20_threads_and_tasks" ["10", "10"] NO_MARKS, RACING_CLIENTS;
    // The main thread; what the loops' threads do is not in the trace.
    multicore:         "21_multicore" ["2"]        NO_MARKS, IN_ORDER;
    fetch:             "fetch" []                  MARKS, IN_ORDER;
    embedded:          "embedded" []               MARKS, EMBEDDED;
    // The clients' side; the server is a child.
    c10k:              "c10k" ["3"]                NO_MARKS, TOGETHER;
}

/// Runs an example to its end and compares what it said.
fn check(name: &str, args: &[&str], environment: &[(&str, &str)], options: Options<'_>) {
    let program = program::example(name);
    let run = || {
        let run = record(name, tracer::TRANSCRIPT, &program, args, environment);
        assert_eq!(run.code, Some(0), "{name} failed or hung:\n{}{}", run.stdout, run.stderr);
        (transcript(&run.calls(), options), run)
    };
    let (said, recording) = run();
    if golden::is_blessing() {
        // What two runs do not agree on, no third one can be held to.
        let (again, _) = run();
        if let Err(difference) = golden::judge(name, Some(&said), &again) {
            panic!("no transcript can be recorded, since two runs differ: {difference}");
        }
    }
    if let Err(difference) = golden::compare(name, &said) {
        panic!("{difference}\nthe whole trace: {}", recording.file.display());
    }
    assert_true_quotation(name, &recording.calls());
}

/// The strace in an example's header must be what the example does.
fn assert_true_quotation(name: &str, calls: &[Call]) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/{name}.rs"));
    let source = fs::read_to_string(file).expect("the example is there");
    let untrue = quoted::first_untrue(&source, calls);
    assert_eq!(untrue, None, "the header of {name} quotes a call that it does not make there");
}

/// The compiler's state machine and the one written by hand say the same to the kernel, each
/// descriptor's calls in the same order; 12 does all of it twice.
#[test]
fn an_async_fetch_makes_the_calls_of_a_fetch_by_hand() {
    if !tracer::works() {
        return;
    }
    let descriptors = |name| {
        let run = record(
            &format!("{name}_compared"),
            tracer::TRANSCRIPT,
            &program::example(name),
            &[],
            NO_MARKS,
        );
        assert_eq!(run.code, Some(0), "{name} failed or hung:\n{}{}", run.stdout, run.stderr);
        transcript(&run.calls(), IN_ORDER)
    };
    let by_hand = descriptors("09_edge_triggered");
    let twice = by_hand
        .replace("\nepoll\n", "\nepoll ×2\n")
        .replace("\neventfd\n", "\neventfd ×2\n")
        .replace("\nsock ×5\n", "\nsock ×10\n");
    assert_eq!(descriptors("12_async_fetch"), twice);
}

/// By hand and by the compiler.
#[test]
fn echo_server() {
    check_server("echo_server", &[], IN_ORDER, echoes);
}

#[test]
fn echo_server_async() {
    check_server("echo_server_async", &[], IN_ORDER, echoes);
}

/// Two clients, one after the other, each with two requests: everything in a connection's life.
fn echoes(server: &Server) {
    for _ in 0..2 {
        let mut client = server.accepted();
        for _ in 0..2 {
            server.park();
            let mut answer = [0; 64];
            client.write_all(&[b'x'; 64]).expect("the server takes bytes");
            client.read_exact(&mut answer).expect("the server echoes");
            assert_eq!(answer, [b'x'; 64]);
        }
        server.left_by(client);
    }
}

/// A request; one that is not known; three at once, the last of which is refused.
#[test]
fn http_server() {
    check_server("http_server", &[], TICKING, |server| {
        let mut client = server.accepted();
        for (request, end) in [
            ("GET / HTTP/1.1\r\nHost: here\r\n\r\n".to_owned(), "Hello, World!"),
            ("GET /nope HTTP/1.1\r\nHost: here\r\n\r\n".to_owned(), "nothing here\n"),
            (
                format!("{0}{0}DELETE / HTTP/1.1\r\nHost: here\r\n\r\n", HELLO),
                "GET and HEAD are all there is\n",
            ),
        ] {
            server.park();
            client.write_all(request.as_bytes()).expect("the server takes bytes");
            until(&mut client, end);
        }
        server.left_by(client);
    });
}

const HELLO: &str = "GET / HTTP/1.1\r\nHost: here\r\n\r\n";

/// Two people; one says something, and goes.
#[test]
fn chat() {
    check_server("chat", &[], IN_ORDER, |server| {
        let mut first = server.accepted();
        until(&mut first, "\n");
        server.park();
        let mut second = server.accepted();
        until(&mut second, "\n");
        server.park();
        second.write_all(b"hello\n").expect("the server takes bytes");
        until(&mut first, "hello\n");
        take_all(server, &mut second);
        server.left_by(second);
        take_all(server, &mut first);
        server.left_by(first);
    });
}

/// Two requests on a client's connection go over one to the upstream.
#[test]
fn gateway() {
    let upstream = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = upstream.local_addr().expect("an address").to_string();
    check_server("gateway", &[&addr], IN_ORDER, |server| {
        let mut client = server.accepted();
        let mut connection = None;
        for _ in 0..2 {
            server.park();
            client.write_all(HELLO.as_bytes()).expect("the gateway takes bytes");
            let accept = || upstream.accept().expect("the gateway connects").0;
            let wire = connection.get_or_insert_with(accept);
            until(wire, "\r\n\r\n");
            server.park(); // the answer is there when it waits for it, not before
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
            wire.write_all(answer).expect("the gateway takes bytes");
            until(&mut client, "hello");
        }
        server.left_by(client);
        // It was kept for another request.
        drop(connection);
    });
}

/// Reads up to what ends with this.
fn until(stream: &mut TcpStream, end: &str) {
    let (mut all, mut byte) = (Vec::new(), [0]);
    while !all.ends_with(end.as_bytes()) {
        stream.read_exact(&mut byte).expect("there is more");
        all.push(byte[0]);
    }
}

/// Reads what has been sent so far: who leaves something unread resets the connection.
fn take_all(server: &Server, stream: &mut TcpStream) {
    server.park();
    stream.set_nonblocking(true).expect("an option");
    let left = stream.read_to_end(&mut Vec::new()).expect_err("the server does not close");
    assert_eq!(left.kind(), std::io::ErrorKind::WouldBlock);
    stream.set_nonblocking(false).expect("an option");
}

fn check_server(name: &str, args: &[&str], options: Options<'_>, talk: impl Fn(&Server)) {
    if !tracer::works() {
        return;
    }
    let program = program::example(name);
    let args = [&["127.0.0.1:0"], args].concat();
    let run = || {
        let server = Server::start_with(name, tracer::TRANSCRIPT, &program, &args, MARKS);
        talk(&server);
        let calls = calls(&server.interrupt());
        (transcript(&calls, options), calls)
    };
    let (said, calls) = run();
    if golden::is_blessing() {
        let (again, _) = run();
        if let Err(difference) = golden::judge(name, Some(&said), &again) {
            panic!("no transcript can be recorded, since two runs differ: {difference}");
        }
    }
    if let Err(difference) = golden::compare(name, &said) {
        panic!("{difference}");
    }
    assert_true_quotation(name, &calls);
}

/// An example that is renamed takes its transcript along.
#[test]
fn every_transcript_has_its_example() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in fs::read_dir(root.join("tests/transcripts")).expect("transcripts are there") {
        let name = entry.expect("a folder can be listed").path();
        let name = name.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let example = root.join(format!("examples/{name}.rs"));
        assert!(example.exists(), "tests/transcripts/{name}.strace has no examples/{name}.rs");
    }
}
