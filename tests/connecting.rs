//! Connecting: to addresses in all their spellings, to names, to whichever of several answers.

#[path = "soak/own_process.rs"]
mod own_process;
mod tasks;

use std::fs::File;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc;
use std::time::Duration;

use eagain::net::{ConnectError, TcpListener, TcpStream, lookup_host};
use eagain::time::{Clock, now};
use eagain::{EventLoop, errno, is_fd_exhaustion, offload};
use eagain_sys::limits;
use tasks::addresses::{black_hole, listener, nobody, nobody_at};

/// Runs a future on a loop whose time passes only when nothing else can happen.
fn run<T>(future: impl Future<Output = T>) -> T {
    let mut event_loop = EventLoop::builder().clock(Clock::Virtual).build().expect("a loop");
    let output = event_loop.block_on(future).expect("a run");
    let counts = event_loop.counts();
    assert_eq!((counts.timers, counts.sources), (0, 0), "something is left");
    output
}

/// Connects, and tells to what and how long it took. What it connected with is gone.
async fn connect(to: &[SocketAddr]) -> io::Result<(SocketAddr, Duration)> {
    let begin = now();
    let stream = TcpStream::connect(to).await?;
    Ok((stream.peer_addr()?, now() - begin))
}

#[test]
fn an_address_may_be_written_in_any_way_that_std_knows() {
    let (_listener, addr) = listener();
    let (ip, port) = (addr.ip(), addr.port());
    run(async {
        let peers = [
            TcpStream::connect(addr).await,
            TcpStream::connect(&addr).await,
            TcpStream::connect((ip, port)).await,
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await,
            TcpStream::connect(("127.0.0.1", port)).await,
            TcpStream::connect(("127.0.0.1".to_owned(), port)).await,
            TcpStream::connect(addr.to_string()).await,
            TcpStream::connect(addr.to_string().as_str()).await,
            TcpStream::connect(vec![addr]).await,
            TcpStream::connect(&[addr][..]).await,
        ];
        for peer in peers {
            assert_eq!(peer.expect("a connection").peer_addr().expect("a peer"), addr);
        }
    });
}

#[test]
fn what_is_no_address_says_what_one_looks_like() {
    run(async {
        for wrong in ["", "80", "localhost", "localhost:", "localhost:http", "::1:x", ":80"] {
            let error = TcpStream::connect(wrong).await.expect_err("it is no address");
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{wrong:?}: {error}");
            assert!(TcpListener::bind(wrong).is_err(), "{wrong:?}");
        }
        let error = TcpStream::connect(Vec::new()).await.expect_err("there is none");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(TcpListener::bind(Vec::new()).is_err());
    });
}

#[test]
fn a_listener_is_not_bound_to_a_name_and_says_who_knows_its_addresses() {
    let error = TcpListener::bind("localhost:0").expect_err("it does not ask");
    assert!(error.to_string().contains("localhost:0"), "{error}");
    assert!(error.to_string().contains("lookup_host"), "{error}");
    let bound = run(async {
        TcpListener::bind(lookup_host("localhost:0").await?)?.local_addr() // as it says
    });
    assert!(bound.expect("an address").ip().is_loopback());
}

#[test]
fn of_several_addresses_a_listener_takes_the_first_that_can_be_had() {
    let (_taken, addr) = listener();
    let free = "127.0.0.1:0".parse().expect("an address");
    let listener = TcpListener::bind(&[addr, free][..]).expect("a listener");
    assert_ne!(listener.local_addr().expect("an address"), addr);
}

#[test]
fn a_name_is_looked_up_by_another_thread() {
    let (_listener, addr) = listener();
    let mut event_loop = EventLoop::new().expect("a loop");
    let stream = event_loop.block_on(TcpStream::connect(("localhost", addr.port())));
    assert_eq!(stream.expect("a run").expect("a connection").peer_addr().expect("a peer"), addr);
    assert_eq!(event_loop.counts().bells, 1, "somebody else did it");
}

#[test]
fn what_is_an_address_already_is_not_looked_up() {
    let mut event_loop = EventLoop::builder().offload_threads(1).build().expect("a loop");
    event_loop
        .block_on(async {
            // The only thread is busy until this is over.
            let (done, wait) = mpsc::channel::<()>();
            let _busy = offload(move || wait.recv());
            let addresses = lookup_host("127.0.0.1:80").await.expect("an address");
            assert_eq!(addresses, ["127.0.0.1:80".parse().expect("an address")]);
            assert_eq!(lookup_host(("::1", 80)).await.expect("an address").len(), 1);
            let (_listener, addr) = listener();
            TcpStream::connect(addr.to_string()).await.expect("a connection");
            drop(done);
        })
        .expect("a run");
}

#[test]
fn a_lookup_that_is_dropped_before_it_began_is_taken_back() {
    let mut event_loop = EventLoop::builder().offload_threads(1).build().expect("a loop");
    let (done, wait) = mpsc::channel::<()>();
    let busy = event_loop.spawn(async { offload(move || wait.recv()).await.is_ok() });
    let lookup = event_loop.spawn(lookup_host("localhost:80"));
    tasks::turn_until_idle(&mut event_loop);
    assert_eq!((event_loop.counts().offloads, event_loop.counts().timers), (2, 1));
    lookup.abort();
    assert_eq!((event_loop.counts().offloads, event_loop.counts().timers), (1, 0));
    drop(done);
    tasks::run(&mut event_loop);
    assert!(tasks::returned(&busy));
}

#[test]
fn many_names_are_looked_up_at_once() {
    let found =
        run(eagain::future::join_all((1..=20).map(|port| lookup_host(("localhost", port)))));
    for (addresses, port) in found.into_iter().zip(1..) {
        assert!(addresses.expect("an address").iter().all(|address| address.port() == port));
    }
}

#[test]
fn a_name_that_nobody_knows_is_told_by_name() {
    let name = "x".repeat(300); // longer than names can be, so that nobody is asked
    let error = run(TcpStream::connect((name.as_str(), 80))).expect_err("there is no such host");
    assert!(error.to_string().contains(&name), "{error}");
}

#[test]
fn the_first_that_answers_wins_and_nothing_is_left_of_the_others() {
    let ((_hole, _first, silent), (_listener, addr)) = (black_hole(), listener());
    let connected = run(connect(&[silent, addr])).expect("a connection");
    assert_eq!(connected, (addr, Duration::from_millis(250)));
}

#[test]
fn an_attempt_that_fails_lets_the_next_begin_at_once() {
    let ((_port, closed), (_hole, _first, silent)) = (nobody(), black_hole());
    let (_listener, addr) = listener();
    let connected = run(connect(&[closed, addr])).expect("a connection");
    assert_eq!(connected, (addr, Duration::ZERO));
    // The second fails when it is begun, after the first was alone for a while.
    let connected = run(connect(&[silent, closed, addr])).expect("a connection");
    assert_eq!(connected, (addr, Duration::from_millis(250)));
}

#[test]
fn an_attempt_goes_on_while_others_are_made() {
    let ((hole, _first, silent), (_port, closed)) = (black_hole(), nobody());
    let connected = run(async {
        let room = async {
            eagain::time::sleep(Duration::from_millis(600)).await;
            hole.accept().await // a place in the queue: the kernel sends the SYN again after 1 s
        };
        let addresses = [silent, closed];
        eagain::join!(connect(&addresses), room).0
    });
    assert_eq!(connected.expect("a connection").0, silent);
}

#[test]
fn families_alternate_and_the_error_tells_of_all_addresses() {
    let Ok(_) = TcpListener::bind("[::1]:0") else { return eprintln!("no IPv6 here") };
    let ports = ["127.0.0.1:0", "127.0.0.2:0", "[::1]:0"].map(nobody_at);
    let [one, two, six] = ports.each_ref().map(|(_, addr)| *addr);
    let error = run(connect(&[one, two, six])).expect_err("nobody listens");
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    let tried = ConnectError::of(&error).expect("it tells of all").tried();
    let order: Vec<_> = tried.iter().map(|(address, _)| *address).collect();
    assert_eq!(order, [one, six, two]);
    assert!(tried.iter().all(|(_, e)| e.raw_os_error() == Some(errno::ECONNREFUSED)));
    let told = error.to_string();
    assert!(order.iter().all(|address| told.contains(&address.to_string())), "{told}");
}

#[test]
fn a_name_without_a_listener_is_told_with_its_addresses() {
    let (_port, closed) = nobody();
    let error = run(TcpStream::connect(("localhost", closed.port()))).expect_err("nobody listens");
    let told = error.to_string();
    assert!(told.contains("localhost") && told.contains(&closed.to_string()), "{told}");
}

#[test]
fn one_address_fails_with_the_error_of_the_kernel() {
    let (_port, closed) = nobody();
    let error = run(TcpStream::connect(closed)).expect_err("nobody listens");
    assert_eq!(error.raw_os_error(), Some(errno::ECONNREFUSED));
}

#[test]
fn pitfall_12_a_connection_without_an_answer_ends_in_time() {
    let (_hole, _first, silent) = black_hole();
    let (error, took) = run(async {
        let begin = now();
        let connected = TcpStream::connect_timeout(silent, Duration::from_secs(3)).await;
        (connected.expect_err("nobody answers"), now() - begin) // pitfall 12
    });
    assert_eq!((error.kind(), took), (ErrorKind::TimedOut, Duration::from_secs(3)));
    assert!(error.to_string().contains(&silent.to_string()), "{error}");
}

#[test]
fn a_source_is_bound_before_and_other_families_are_left_out() {
    let (_listener, addr) = listener();
    let source = "127.0.0.3:0".parse().expect("an address");
    let six = "[::1]:1".parse().expect("an address");
    let builder = TcpStream::builder().source(source);
    run(async {
        let stream = builder.connect(&[six, addr][..]).await.expect("a connection");
        assert_eq!(stream.local_addr().expect("an address").ip(), source.ip());
        let error = builder.connect(&[six][..]).await.expect_err("no address is left");
        assert!(error.to_string().contains("[::1]:1"), "{error}");
    });
}

#[test]
fn out_of_descriptors_is_told_as_such_by_several_attempts_too() {
    if !own_process::entered("out_of_descriptors_is_told_as_such_by_several_attempts_too") {
        return;
    }
    let ((_listener, one), (_other, two)) = (listener(), listener());
    limits::set_descriptors(64).expect("a lower limit");
    let error = run(async {
        let _files: Vec<_> = (0..).map_while(|_| File::open("/dev/null").ok()).collect();
        TcpStream::connect(&[one, two][..]).await.expect_err("no descriptor is left")
    });
    assert!(is_fd_exhaustion(&error), "{error}");
}
