//! A connection that moves from loop to loop.

use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::sync::mpsc;
use std::thread;

use eagain::net::{TcpListener, TcpStream};
use eagain::{EventLoop, Handle, LoopEnd, PerCore, Seat};
use std::future::pending;

use crate::watchdog::watch;
use crate::{MINUTE, new_loop};

/// Reads a byte where it is.
async fn read_one(stream: &TcpStream) -> u8 {
    let mut byte = [0];
    assert_eq!(stream.read(&mut byte).await.expect("a read"), 1);
    byte[0]
}

/// Moves on through all loops, and reads a byte on each; the last one answers what it got.
async fn travel(fd: OwnedFd, mut way: Vec<Handle>, mut bytes: Vec<u8>) {
    let stream = TcpStream::try_from(fd).expect("a connection");
    bytes.push(read_one(&stream).await);
    match way.pop() {
        Some(next) => {
            let fd = OwnedFd::try_from(stream).expect("it is open");
            next.spawn(move || Box::pin(travel(fd, way, bytes))).detach();
        }
        None => {
            assert_eq!(stream.write(&bytes).await.expect("a write"), bytes.len());
        }
    }
}

#[test]
fn a_connection_moves_from_loop_to_loop_and_back() {
    let _watchdog = watch(MINUTE);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
    let mut client = std::net::TcpStream::connect(listener.local_addr().expect("an address"))
        .expect("a connection");
    let server: OwnedFd = listener.accept().expect("the connection").0.into();
    let loops = PerCore::new().threads(3).start(|_: Seat| pending::<()>()).expect("they start");
    let order = [2, 0, 1, 0, 2]; // popped from the end
    let way: Vec<_> = order.map(|i: usize| loops.handles()[i].clone()).into();
    let first = loops.handles()[1].clone();
    first.spawn(move || travel(server, way, Vec::new())).detach();
    // One at a time, so that each loop has to wait for it.
    for byte in b"moving" {
        client.write_all(&[*byte]).expect("a write");
    }
    let mut answer = [0; 6];
    client.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"moving");
    let ends = loops.shutdown();
    assert!(ends.iter().all(|end| matches!(end, Err(LoopEnd::Stopped))), "{ends:?}");
}

#[test]
fn a_connection_that_has_waited_on_one_loop_waits_on_another() {
    let _watchdog = watch(MINUTE);
    let (mut one, mut other) = (new_loop(), new_loop());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
    let mut client = std::net::TcpStream::connect(listener.local_addr().expect("an address"))
        .expect("a connection");
    let (server, _) = listener.accept().expect("the connection");
    let send = |client: &mut std::net::TcpStream, byte| client.write_all(&[byte]).expect("a write");
    let waits = |event_loop: &EventLoop| event_loop.counts().sources;

    let (asked, ask) = mpsc::channel();
    let fd = one
        .block_on(async {
            let stream = TcpStream::try_from(server).expect("a connection");
            let sender = thread::spawn(move || {
                ask.recv().expect("it is about to wait");
                send(&mut client, b'a');
                client
            });
            assert!(stream.try_read(&mut [0]).expect("no error").is_none());
            asked.send(()).expect("the sender listens");
            assert_eq!(read_one(&stream).await, b'a');
            let client = sender.join().expect("no panic");
            (OwnedFd::try_from(stream).expect("it is open"), client)
        })
        .expect("a run");
    assert_eq!(waits(&one), 0);
    let (fd, mut client) = fd;
    let byte = other.block_on(async {
        let stream = TcpStream::try_from(fd).expect("a connection");
        assert!(stream.try_read(&mut [0]).expect("no error").is_none());
        let sender = thread::spawn(move || {
            client.write_all(b"b").expect("a write");
            client
        });
        let byte = read_one(&stream).await;
        drop(sender.join().expect("no panic"));
        byte
    });
    assert_eq!(byte.expect("a run"), b'b');
    // The first loop does not hear of it any more.
    one.turn(Some(std::time::Duration::ZERO)).expect("a turn");
    assert_eq!(one.counts().reactor.stale_events, 0);
}

#[test]
fn a_listener_moves_as_well() {
    let _watchdog = watch(MINUTE);
    let listener = TcpListener::bind("127.0.0.1:0");
    let listener = listener.expect("a listener");
    let address = listener.local_addr().expect("an address");
    let fd = OwnedFd::try_from(listener).expect("it is open");
    let server = thread::spawn(move || {
        eagain::run(async {
            let listener = TcpListener::try_from(fd).expect("a listener");
            let (stream, _) = listener.accept().await.expect("a connection");
            read_one(&stream).await
        })
    });
    let mut client = std::net::TcpStream::connect(address).expect("a connection");
    client.write_all(b"x").expect("a write");
    assert_eq!(server.join().expect("no panic").expect("a run"), b'x');
}
