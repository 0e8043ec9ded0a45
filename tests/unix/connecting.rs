//! Names, and who connects to them.

use std::cell::Cell;
use std::fs;
use std::os::unix::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use eagain::net::{UnixDatagram, UnixListener, UnixSeqpacket, UnixSeqpacketListener, UnixStream};
use eagain::time::{Clock, sleep};
use eagain::{EventLoop, errno};

use crate::place::{Place, refusal, run};
use crate::{descriptors, own_process};

#[test]
fn a_connection_by_a_path_knows_the_path() {
    let place = Place::new("path");
    let listener = UnixListener::bind(place.socket()).expect("a listener");
    run(async {
        let client = UnixStream::connect(place.socket()).await.expect("connected");
        let (server, peer) = listener.accept().await.expect("accepted");
        assert!(peer.is_unnamed(), "a client has no name");
        assert!(client.local_addr().expect("an address").is_unnamed());
        let path = place.socket();
        let named = client.peer_addr().expect("an address");
        assert_eq!(named.as_pathname(), Some(&*path));
        assert_eq!(server.local_addr().expect("an address").as_pathname(), Some(&*path));
        assert_eq!(listener.local_addr().expect("an address").as_pathname(), Some(&*path));
    });
}

#[test]
fn the_file_of_a_listener_stays_until_it_is_removed() {
    let place = Place::new("stays");
    drop(UnixListener::bind(place.socket()).expect("a listener"));
    let taken = UnixListener::bind(place.socket()).expect_err("left over");
    assert_eq!(taken.raw_os_error(), Some(errno::EADDRINUSE));
    let nobody = refusal(|| UnixStream::connect(place.socket()));
    assert_eq!(nobody.raw_os_error(), Some(errno::ECONNREFUSED));
    fs::remove_file(place.socket()).expect("the file");
    let none = run(UnixStream::connect(place.socket())).expect_err("no such file");
    assert_eq!(none.raw_os_error(), Some(errno::ENOENT));
    UnixListener::bind(place.socket()).expect("a listener once more");
}

#[test]
fn a_path_that_is_too_long_or_an_address_without_a_name_is_an_error() {
    let long = "x".repeat(200);
    let error = UnixListener::bind(&long).expect_err("too long");
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    assert!(run(UnixStream::connect(&long)).is_err());
    let nobody = SocketAddr::from_pathname("").expect("an address");
    let error = UnixListener::bind_addr(&nobody).expect_err("no name");
    assert_eq!(error.raw_os_error(), Some(errno::EINVAL));
    assert!(UnixDatagram::unbound().expect("a socket").connect_addr(&nobody).is_err());
}

#[test]
fn packets_connect_to_packets_and_to_nothing_else() {
    let place = Place::new("kinds");
    let listener = UnixSeqpacketListener::bind(place.socket()).expect("a listener");
    assert!(run(UnixStream::connect(place.socket())).is_err());
    run(async {
        let client = UnixSeqpacket::connect(place.socket()).await.expect("connected");
        let (server, _) = listener.accept().await.expect("accepted");
        assert_eq!(client.send(b"hello").await.expect("sent"), 5);
        assert_eq!(server.recv(&mut [0; 16]).await.expect("received"), 5);
    });
}

#[test]
fn who_is_at_the_other_end_is_known() {
    let (one, other) = UnixStream::pair().expect("a pair");
    let peer = one.peer_cred().expect("it is connected");
    assert_eq!(peer.pid, Some(std::process::id() as i32));
    assert_eq!(peer, other.peer_cred().expect("it is connected"));
    let alone = UnixDatagram::unbound().expect("a socket");
    let error = alone.peer_cred().expect_err("nobody");
    assert_eq!(error.raw_os_error(), Some(errno::ENOTCONN));
}

/// A listener whose queue is full, and what queues there.
fn full(place: &Place) -> (UnixListener, Vec<UnixStream>) {
    let addr = SocketAddr::from_pathname(place.socket()).expect("an address");
    let listener = UnixListener::bind_with_backlog(&addr, 0).expect("a listener");
    let client = run(UnixStream::connect(place.socket())).expect("the queue takes one");
    (listener, vec![client])
}

#[test]
fn pitfall_12_who_finds_the_queue_full_connects_when_there_is_room() {
    let place = Place::new("full");
    let (listener, queued) = full(&place);
    let mut event_loop = EventLoop::builder().clock(Clock::Virtual).build().expect("a loop");
    let connected = Rc::new(Cell::new(false));
    let (path, told) = (place.socket(), connected.clone());
    let client = event_loop.spawn(async move {
        let client = UnixStream::connect(path).await.expect("connected"); // pitfall 12
        told.set(true);
        client.write_all(b"hello").await.expect("written");
    });
    event_loop
        .block_on(async {
            sleep(Duration::from_secs(1)).await;
            assert!(!connected.get(), "nobody was accepted");
            let first = listener.accept().await.expect("accepted");
            let (second, _) = listener.accept().await.expect("accepted");
            let mut said = [0; 5];
            second.read_exact(&mut said).await.expect("read");
            assert_eq!(&said, b"hello");
            drop(first);
            client.await.expect("it did not panic");
        })
        .expect("a run");
    drop(queued);
}

#[test]
fn pitfall_11_a_socket_that_is_not_connected_yet_is_not_watched() {
    let place = Place::new("unwatched");
    let (listener, queued) = full(&place);
    let mut event_loop = EventLoop::builder().clock(Clock::Virtual).build().expect("a loop");
    let client = event_loop.spawn(UnixStream::connect(place.socket()));
    let before = event_loop.counts();
    event_loop.block_on(sleep(Duration::from_secs(1))).expect("a run");
    let counts = event_loop.counts();
    assert!(!client.is_finished());
    // It would be told that it is writable, and hung up. pitfall 11
    assert_eq!((counts.sources, counts.reactor.registrations), (0, before.reactor.registrations));
    assert!(counts.resumes - before.resumes < 40, "it tries less and less often");
    client.abort();
    drop((listener, queued));
}

#[test]
fn pitfall_12_an_attempt_that_is_given_up_leaves_nothing() {
    let test = "connecting::pitfall_12_an_attempt_that_is_given_up_leaves_nothing";
    if !own_process::entered(test) {
        return;
    }
    let place = Place::new("given-up");
    let (listener, queued) = full(&place);
    let mut event_loop = EventLoop::builder().clock(Clock::Virtual).build().expect("a loop");
    let before = descriptors::open();
    for kind in 0..2 {
        let path = place.socket();
        let client = event_loop.spawn(async move {
            match kind {
                0 => drop(UnixStream::connect(path).await),
                _ => drop(
                    eagain::time::timeout(Duration::from_millis(5), UnixStream::connect(path))
                        .await,
                ),
            }
        });
        event_loop.block_on(sleep(Duration::from_millis(10))).expect("a run");
        client.abort();
    }
    assert_eq!(descriptors::open(), before); // pitfall 12
    assert_eq!((event_loop.counts().timers, event_loop.counts().sources), (0, 0));
    drop((listener, queued));
}

#[test]
fn a_socket_of_std_becomes_ours_and_moves_on() {
    let (one, other) = std::os::unix::net::UnixStream::pair().expect("a pair");
    let (one, other) = (UnixStream::try_from(one).expect("ours"), UnixStream::try_from(other));
    let fd = std::os::fd::OwnedFd::try_from(one).expect("a descriptor");
    let (one, other) = (UnixStream::try_from(fd).expect("a stream"), other.expect("ours"));
    run(async {
        one.write_all(b"hello").await.expect("written");
        drop(one);
        let mut said = vec![];
        assert_eq!(other.read_to_end(&mut said).await.expect("read"), 5);
    });
}

#[test]
fn incoming_is_one_connection_after_the_other_until_the_listener_is_closed() {
    let place = Place::new("incoming");
    let listener = UnixListener::bind(place.socket()).expect("a listener");
    run(async {
        let connect = async {
            for _ in 0..3 {
                let stream = UnixStream::connect(place.socket()).await?;
                assert_eq!(stream.read(&mut [0; 8]).await?, 2);
            }
            listener.close()
        };
        let serve = async {
            let (mut incoming, mut count) = (listener.incoming(), 0);
            while let Some(stream) = incoming.try_next().await? {
                stream.write_all(b"hi").await?;
                count += 1;
            }
            std::io::Result::Ok(count)
        };
        assert_eq!(eagain::try_join!(serve, connect).expect("no error"), (3, ()));
    });
}
