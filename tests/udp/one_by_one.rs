//! One datagram a call.

use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use eagain::net::{Ecn, UdpSocket};
use eagain::{EventLoop, errno};

use crate::socket::{connected, loopback, run, socket};
use crate::tasks::{self, turn_until_idle};

#[test]
fn a_datagram_comes_whole_and_with_its_sender() {
    let ((here, here_addr), (there, there_addr)) = (socket(), socket());
    run(async {
        assert_eq!(there.send_to(b"hello", here_addr).await.expect("sent"), 5);
        let mut buf = [0; 16];
        assert_eq!(here.recv_from(&mut buf).await.expect("received"), (5, there_addr));
        assert_eq!(&buf[..5], b"hello");
    });
}

#[test]
fn an_empty_datagram_is_one() {
    let (near, far) = connected();
    far.send(b"").expect("sent");
    far.send(b"next").expect("sent");
    run(async {
        let mut buf = [0; 16];
        assert_eq!(near.recv(&mut buf).await.expect("received"), 0);
        assert_eq!(near.recv(&mut buf).await.expect("received"), 4);
    });
}

#[test]
fn who_peeks_takes_nothing() {
    let (near, far) = connected();
    far.send(b"hello").expect("sent");
    run(async {
        let mut buf = [0; 16];
        let from = far.local_addr().expect("an address");
        assert_eq!(near.peek_from(&mut buf).await.expect("peeked"), (5, from));
        assert_eq!(near.peek_from(&mut buf[..2]).await.expect("peeked").0, 2);
        assert_eq!(near.recv(&mut buf).await.expect("received"), 5);
        assert_eq!(near.try_recv(&mut buf).expect("no error"), None);
    });
}

#[test]
fn what_does_not_fit_is_lost_and_a_message_tells_so() {
    let (near, far) = connected();
    far.send(b"a long one").expect("sent");
    far.send(b"short").expect("sent");
    run(async {
        let mut buf = [0; 6];
        let arrival = near.recv_message(&mut buf).await.expect("received");
        assert_eq!((arrival.len, arrival.truncated), (6, true));
        let arrival = near.recv_message(&mut buf).await.expect("received");
        assert_eq!((arrival.len, arrival.truncated), (5, false));
    });
}

#[test]
fn each_of_several_tasks_that_wait_gets_one_datagram() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (near, far) = connected();
    let (near, got) = (Rc::new(near), Rc::new(RefCell::new(vec![])));
    for _ in 0..3 {
        let (near, got) = (near.clone(), got.clone());
        let wait = async move {
            let mut buf = [0; 8];
            let n = near.recv(&mut buf).await.expect("not refused"); // as pitfall 20 has it for streams
            got.borrow_mut().push(buf[..n].to_vec());
        };
        event_loop.spawn(wait).detach();
    }
    turn_until_idle(&mut event_loop);
    far.send(b"a").expect("sent");
    turn_until_idle(&mut event_loop);
    assert_eq!(*got.borrow(), [b"a"]);
    far.send(b"b").expect("sent");
    far.send(b"c").expect("sent");
    tasks::run(&mut event_loop);
    assert_eq!(*got.borrow(), [b"a", b"b", b"c"]);
}

#[test]
fn a_socket_that_sends_and_waits_to_receive_is_registered_once_and_not_woken_by_its_own_room() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (near, far) = connected();
    let (near, got) = (Rc::new(near), Rc::new(RefCell::new(0)));
    let (its, count) = (near.clone(), got.clone());
    let waits = event_loop.spawn(async move {
        loop {
            its.readable().await.expect("a wait");
            *count.borrow_mut() += 1;
            while its.try_recv(&mut [0; 8]).expect("no error").is_some() {}
        }
    });
    turn_until_idle(&mut event_loop);
    *got.borrow_mut() = 0;
    for _ in 0..10 {
        assert_eq!(near.try_send(b"out").expect("no error"), Some(3));
        assert_eq!(far.recv(&mut [0; 8]).expect("received"), 3);
        turn_until_idle(&mut event_loop);
    }
    assert_eq!(*got.borrow(), 0, "it was told of room that nobody waits for");
    assert_eq!(event_loop.counts().reactor.registrations, 1);
    waits.abort();
}

#[test]
fn pitfall_13_a_refused_datagram_is_told_once_and_the_socket_goes_on() {
    let (near, far) = connected();
    let addr = far.local_addr().expect("an address");
    drop(far); // now nobody listens there
    run(async {
        near.send(b"anybody?").await.expect("sent");
        let error = near.recv(&mut [0; 8]).await.expect_err("nobody"); // pitfall 13
        assert_eq!(error.raw_os_error(), Some(errno::ECONNREFUSED));
        assert_eq!(near.try_recv(&mut [0; 8]).expect("told once"), None);
        let far = std::net::UdpSocket::bind(addr).expect("the port is free again");
        let near_addr = near.local_addr().expect("an address");
        let mut buf = [0; 8];
        let (received, _) = eagain::join!(near.recv(&mut buf), async {
            eagain::yield_now().await;
            far.send_to(b"here", near_addr).expect("sent");
        });
        assert_eq!(received.expect("received"), 4);
    });
}

#[test]
fn pitfall_13_an_error_that_nobody_asks_for_does_not_make_the_loop_spin() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (near, far) = connected();
    drop(far);
    let near = Rc::new(near);
    let its = near.clone();
    let task = event_loop.spawn(async move {
        its.readable().await.expect("a wait");
        assert_eq!(its.try_recv(&mut [0; 8]).expect("nothing yet"), None);
        its.send(b"anybody?").await.expect("sent");
        its.readable().await.expect("a wait");
        std::future::pending::<()>().await; // the error stays where it is
    });
    turn_until_idle(&mut event_loop); // pitfall 13: it panics if the loop spins
    let error = near.take_error().expect("a socket").expect("the error");
    assert_eq!(error.raw_os_error(), Some(errno::ECONNREFUSED));
    task.abort();
}

#[test]
fn what_is_for_all_takes_leave_to_send() {
    let (here, addr) = socket();
    let all = ("127.255.255.255", addr.port());
    let member = UdpSocket::bind("0.0.0.0:0").expect("a socket");
    let to = (IpAddr::from([127, 255, 255, 255]), member.local_addr().expect("an address").port());
    let refused = here.try_send_to(b"all", all).expect_err("not without");
    assert_eq!(refused.raw_os_error(), Some(errno::EACCES));
    here.set_broadcast(true).expect("an option");
    run(async {
        here.send_to(b"all", to).await.expect("sent");
        assert_eq!(member.recv(&mut [0; 8]).await.expect("received"), 3);
    });
}

#[test]
fn an_address_is_shared_only_if_both_say_so() {
    let (_here, addr) = socket();
    let refused = UdpSocket::bind(addr).expect_err("taken");
    assert_eq!(refused.raw_os_error(), Some(errno::EADDRINUSE));
    let builder = UdpSocket::builder().reuse_address(true).reuse_port(true);
    let one = builder.bind(loopback()).expect("a socket");
    builder.bind(one.local_addr().expect("an address")).expect("a second one");
}

#[test]
fn buffers_are_as_large_as_they_were_asked_for() {
    let builder = UdpSocket::builder().receive_buffer(4096).send_buffer(8192);
    let here = builder.bind(loopback()).expect("a socket");
    let there = std::net::UdpSocket::bind(loopback()).expect("a socket");
    let addr = here.local_addr().expect("an address");
    (0..100).for_each(|_| drop(there.send_to(&[0; 1000], addr)));
    let mut came = 0;
    while here.try_recv(&mut [0; 1500]).expect("no error").is_some() {
        came += 1;
    }
    assert!((1..100).contains(&came), "{came} of 100 fit in a small buffer");
}

/// What the header of a packet from `from` to `here` said.
fn header(here: &UdpSocket, from: &UdpSocket, tos: u8) -> eagain::net::PacketInfo {
    here.set_receive_tos(true).expect("an option");
    here.set_receive_packet_info(true).expect("an option");
    from.set_tos(tos).expect("an option");
    from.set_ttl(7).expect("an option");
    let to = here.local_addr().expect("an address");
    from.try_send_to(b"x", to).expect("sent");
    run(here.recv_message(&mut [0; 8])).expect("received").info
}

#[test]
fn the_header_of_a_packet_tells_where_it_was_sent_to_and_if_it_met_congestion() {
    for addr in ["127.0.0.1:0", "[::1]:0"] {
        let addr: SocketAddr = addr.parse().expect("an address");
        let Ok(here) = UdpSocket::bind(addr) else { continue }; // not every machine has IPv6
        let there = UdpSocket::bind(addr).expect("a socket");
        for (tos, ecn) in [
            (0, Ecn::NotCapable),
            (1, Ecn::Capable1),
            (2, Ecn::Capable0),
            (0b10111011, Ecn::Congestion),
        ] {
            let info = header(&here, &there, tos);
            assert_eq!((info.tos, info.ecn()), (Some(tos), Some(ecn)));
            assert_eq!(info.to, Some(addr.ip()));
            assert_eq!(info.interface, Some(1), "the loopback interface is the first one");
        }
    }
}

#[test]
fn a_socket_moves_to_another_loop_with_what_has_arrived() {
    let (near, far) = connected();
    run(async { near.readable().await.expect("a wait") });
    far.send(b"hello").expect("sent");
    let fd = std::os::fd::OwnedFd::try_from(near).expect("a descriptor");
    let near = UdpSocket::try_from(fd).expect("a socket");
    assert_eq!(run(near.recv(&mut [0; 8])).expect("received"), 5);
}
