//! One datagram for all who have joined a group.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::OwnedFd;

use eagain::errno;
use eagain::net::UdpSocket;

use crate::socket::run;

const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 77, 2);

/// Two sockets on one port, and where to send to.
fn members() -> (UdpSocket, UdpSocket, SocketAddr) {
    let builder = UdpSocket::builder().reuse_address(true).reuse_port(true);
    let one = builder.bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a socket");
    let port = one.local_addr().expect("an address").port();
    let other = builder.bind((Ipv4Addr::UNSPECIFIED, port)).expect("a socket");
    (one, other, (GROUP, port).into())
}

fn sender() -> UdpSocket {
    let sender = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a socket");
    sender.set_multicast_interface_v4(Ipv4Addr::LOCALHOST).expect("an option");
    sender.set_multicast_ttl(0).expect("an option");
    sender
}

#[test]
fn all_members_of_a_group_get_what_is_sent_to_it() {
    let (one, other, group) = members();
    for member in [&one, &other] {
        member.join_multicast_v4(GROUP, Ipv4Addr::LOCALHOST).expect("joined");
    }
    run(async {
        sender().send_to(b"all", group).await.expect("sent");
        for member in [&one, &other] {
            assert_eq!(member.recv(&mut [0; 8]).await.expect("received"), 3);
        }
    });
}

#[test]
fn who_has_left_a_group_gets_nothing() {
    // One of its own: Linux gives a socket what any on the machine has joined (IP_MULTICAST_ALL in ip(7)).
    let group = Ipv4Addr::new(239, 255, 77, 3);
    let member = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a socket");
    let port = member.local_addr().expect("an address").port();
    member.join_multicast_v4(group, Ipv4Addr::LOCALHOST).expect("joined");
    member.leave_multicast_v4(group, Ipv4Addr::LOCALHOST).expect("left");
    let again = member.leave_multicast_v4(group, Ipv4Addr::LOCALHOST).expect_err("left before");
    assert_eq!(again.raw_os_error(), Some(errno::EADDRNOTAVAIL));
    run(async {
        let sender = sender();
        sender.send_to(b"all", (group, port)).await.expect("sent");
        sender.send_to(b"you alone", (Ipv4Addr::LOCALHOST, port)).await.expect("sent");
        assert_eq!(member.recv(&mut [0; 16]).await.expect("received"), 9);
    });
}

#[test]
fn how_far_a_group_reaches_can_be_set() {
    for any in [SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)), (Ipv6Addr::UNSPECIFIED, 0).into()] {
        let Ok(socket) = UdpSocket::bind(any) else { continue }; // not every machine has IPv6
        socket.set_multicast_loop(false).expect("an option");
        socket.set_multicast_ttl(5).expect("an option");
        let std = std::net::UdpSocket::from(OwnedFd::try_from(socket).expect("a descriptor"));
        if any.is_ipv4() {
            assert!(!std.multicast_loop_v4().expect("an option"));
            assert_eq!(std.multicast_ttl_v4().expect("an option"), 5);
        } else {
            assert!(!std.multicast_loop_v6().expect("an option"));
        }
    }
}

/// Joins on an interface that can send to the group, too; what is sent there stays on the machine.
fn join_v6(member: &UdpSocket, sender: &UdpSocket, group: Ipv6Addr) -> Option<u32> {
    let to = SocketAddr::from((group, member.local_addr().expect("an address").port()));
    (1..16).find(|interface| {
        let can_join = member.join_multicast_v6(group, *interface).is_ok();
        can_join && sender.set_multicast_interface_v6(*interface).is_ok() && {
            let can_send = sender.try_send_to(b"all", to).is_ok();
            if !can_send {
                member.leave_multicast_v6(group, *interface).expect("left");
            }
            can_send
        }
    })
}

#[test]
fn a_group_of_ipv6() {
    let any = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
    let Ok(member) = UdpSocket::builder().only_v6(true).bind(any) else { return }; // no IPv6 here
    let group: Ipv6Addr = "ff01::7702".parse().expect("an address");
    let sender = UdpSocket::bind(any).expect("a socket");
    sender.set_multicast_ttl(0).expect("an option");
    // The loopback interface has no route to groups everywhere, and may be the only one.
    let Some(interface) = join_v6(&member, &sender, group) else { return };
    assert_eq!(run(member.recv(&mut [0; 8])).expect("received"), 3);
    member.leave_multicast_v6(group, interface).expect("left");
    assert!(member.leave_multicast_v6(group, interface).is_err(), "left twice");
}
