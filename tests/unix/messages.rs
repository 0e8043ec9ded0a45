//! Messages: datagrams and packets.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use eagain::net::{UnixDatagram, UnixSeqpacket};
use eagain::time::{Clock, now, sleep, timeout};
use eagain::{Backend, EventLoop, errno};

use crate::place::{Place, run};
use crate::tasks::{self, PATIENCE, returned, turn_until_idle};

#[test]
fn a_datagram_tells_who_can_be_answered() {
    let (here, there) = (Place::new("here"), Place::new("there"));
    let server = UnixDatagram::bind(here.socket()).expect("a socket");
    let client = UnixDatagram::bind(there.socket()).expect("a socket");
    run(async {
        client.send_to(b"ping", here.socket()).await.expect("sent");
        let mut buf = [0; 16];
        let (n, from) = server.recv_from(&mut buf).await.expect("received");
        assert_eq!((n, from.as_pathname()), (4, Some(&*there.socket())));
        server.send_to_addr(b"pong", &from).await.expect("sent");
        client.connect(here.socket()).expect("connected");
        assert_eq!(client.recv(&mut buf).await.expect("received"), 4);
        client.send(b"ping").await.expect("sent");
        assert_eq!(server.recv(&mut buf).await.expect("received"), 4);
    });
}

#[test]
fn pitfall_3_a_message_that_leaves_room_in_the_buffer_is_not_the_last() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (near, far) = UnixSeqpacket::pair().expect("a pair");
    let task = event_loop.spawn(async move {
        let mut lengths = vec![];
        for _ in 0..3 {
            lengths.push(near.recv(&mut [0; 100]).await.expect("received")); // pitfall 3
        }
        lengths
    });
    turn_until_idle(&mut event_loop);
    for message in [&b"a"[..], b"bb", b"ccc"] {
        assert_eq!(far.try_send(message).expect("no error"), Some(message.len()));
    }
    turn_until_idle(&mut event_loop);
    assert_eq!(returned(&task), [1, 2, 3]);
}

#[test]
fn who_sends_waits_for_who_receives() {
    let (one, other) = UnixSeqpacket::pair().expect("a pair");
    one.set_send_buffer(1).expect("an option");
    run(async {
        let send = async {
            for n in 0..200_u8 {
                one.send(&[n; 500]).await.expect("sent");
            }
        };
        let receive = async {
            for n in 0..200 {
                let mut buf = [0; 500];
                assert_eq!(other.recv(&mut buf).await.expect("received"), 500);
                assert_eq!(buf, [n; 500]);
            }
        };
        eagain::join!(send, receive);
    });
}

#[test]
fn room_is_watched_for_from_the_first_refusal_on() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (near, far) = UnixDatagram::pair().expect("a pair");
    let (near, far) = (Rc::new(near), far);
    let (its, also) = (near.clone(), near.clone());
    let reader = event_loop.spawn(async move { also.recv(&mut [0; 8]).await });
    turn_until_idle(&mut event_loop);
    assert_eq!(event_loop.counts().reactor.registrations, 1);
    let mut sent = 0;
    while near.try_send(&[1; 1000]).expect("no error").is_some() {
        sent += 1;
    }
    let writer = event_loop.spawn(async move { its.send(&[2; 1000]).await.expect("sent") });
    turn_until_idle(&mut event_loop);
    assert_eq!(event_loop.counts().reactor.registrations, 2, "and now for room, too");
    for _ in 0..=sent {
        assert_eq!(far.try_recv(&mut [0; 1000]).expect("no error"), Some(1000));
        turn_until_idle(&mut event_loop);
    }
    assert_eq!(returned(&writer), 1000);
    reader.abort();
    tasks::run(&mut event_loop);
}

#[test]
fn a_receiver_that_is_full_is_tried_again_until_it_has_room() {
    let place = Place::new("full-receiver");
    let server = UnixDatagram::bind(place.socket()).expect("a socket");
    let client = Rc::new(UnixDatagram::unbound().expect("a socket"));
    let addr = server.local_addr().expect("an address");
    let mut queued = 0;
    while client.try_send_to(b"x", &addr).expect("no error").is_some() {
        queued += 1;
    }
    assert!(queued > 0);
    let mut event_loop = EventLoop::builder().clock(Clock::Virtual).build().expect("a loop");
    let task = event_loop.spawn(async move { client.send_to_addr(b"last", &addr).await });
    event_loop
        .block_on(async {
            sleep(Duration::from_secs(1)).await;
            assert!(!task.is_finished(), "the queue is full");
            for _ in 0..queued {
                assert_eq!(server.recv(&mut [0; 8]).await.expect("received"), 1);
            }
            assert_eq!(server.recv(&mut [0; 8]).await.expect("received"), 4);
            assert_eq!(task.await.expect("it did not panic").expect("sent"), 4);
        })
        .expect("a run");
}

/// Room at one receiver says nothing of room at the other: a poller that tells of levels has to be
/// asked again for the one that somebody waits for.
#[test]
fn who_waits_for_one_receiver_is_not_forgotten_when_another_one_is_sent_to() {
    for poller in [Backend::default(), Backend::Poll, Backend::Select] {
        let (here, there) = (Place::new("waits-here"), Place::new("waits-there"));
        let near = UnixDatagram::bind(here.socket()).expect("a socket");
        let far = UnixDatagram::bind(there.socket()).expect("a socket");
        let near_addr = near.local_addr().expect("an address");
        let far_addr = far.local_addr().expect("an address");
        let client = UnixDatagram::unbound().expect("a socket");
        client.connect(here.socket()).expect("connected");
        let other = UnixDatagram::unbound().expect("a socket");
        let sent = async {
            // It was told that there is room, and another one has taken that.
            while client.try_send(b"x")?.is_some() {}
            near.recv(&mut [0; 8]).await?;
            client.writable().await?;
            while other.try_send_to(b"x", &near_addr)?.is_some() {}
            assert_eq!(client.try_send(b"x")?, None);
            let receive = async {
                assert_eq!(client.try_send_to(b"x", &far_addr)?, Some(1));
                while near.try_recv(&mut [0; 8])?.is_some() {}
                far.recv(&mut [0; 8]).await
            };
            let begin = now();
            eagain::try_join!(client.send(b"last"), receive)?;
            io::Result::Ok(now() - begin)
        };
        let builder = EventLoop::builder().poller(poller).clock(Clock::Virtual);
        let mut event_loop = builder.build().expect("a loop");
        let sent = event_loop.block_on(timeout(PATIENCE, sent)).expect("a run");
        // When its time is up it is tried once more, and would find the room by itself.
        let took = sent.expect("it is asked about").expect("no error");
        assert!(took < PATIENCE, "{poller}: {took:?}");
    }
}

#[test]
fn a_message_that_is_longer_than_the_send_buffer_is_refused() {
    let (one, _other) = UnixDatagram::pair().expect("a pair");
    let error = one.try_send(&vec![0; 1 << 24]).expect_err("too long");
    assert_eq!(error.raw_os_error(), Some(errno::EMSGSIZE));
}

#[test]
fn what_does_not_fit_is_lost_and_a_message_tells_so() {
    let (one, other) = UnixSeqpacket::pair().expect("a pair");
    run(async {
        one.send(b"a long one").await.expect("sent");
        one.send(b"short").await.expect("sent");
        let mut buf = [0; 6];
        let message = other.recv_message(&mut buf).await.expect("received");
        assert_eq!((message.len, message.truncated), (6, true));
        let message = other.recv_message(&mut buf).await.expect("received");
        assert_eq!((message.len, message.truncated), (5, false));
    });
}

#[test]
fn the_end_of_packets_is_told_to_all_who_wait() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (near, far) = UnixSeqpacket::pair().expect("a pair");
    let near = Rc::new(near);
    let waits: Vec<_> = (0..2)
        .map(|_| {
            let near = near.clone();
            event_loop.spawn(async move { near.recv(&mut [0; 8]).await })
        })
        .collect();
    turn_until_idle(&mut event_loop);
    drop(far);
    tasks::run(&mut event_loop);
    for task in &waits {
        assert_eq!(returned(task).expect("not refused"), 0);
    }
}
