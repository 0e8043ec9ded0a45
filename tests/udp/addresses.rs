//! What can be said where an address is due.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};

use eagain::net::UdpSocket;

use crate::socket::{loopback, run, socket};

#[test]
fn an_address_may_be_written_in_every_way_that_tcp_takes() {
    let here = UdpSocket::bind(("127.0.0.1", 0)).expect("a socket");
    let port = here.local_addr().expect("an address").port();
    let taken = here.local_addr().expect("an address");
    let there = UdpSocket::bind(&[taken, loopback()][..]).expect("the second address");
    let text = format!("127.0.0.1:{port}");
    run(async {
        there.send_to(b"text", &text).await.expect("sent");
        there.send_to(b"a tuple", (Ipv4Addr::LOCALHOST, port)).await.expect("sent");
        assert_eq!(there.try_send_to(b"a slice", &[taken][..]).expect("sent"), Some(7));
        there.connect(("127.0.0.1", port)).expect("connected");
        there.send(b"connected").await.expect("sent");
        for len in [4, 7, 7, 9] {
            assert_eq!(here.recv(&mut [0; 16]).await.expect("received"), len);
        }
    });
}

#[test]
fn a_name_is_looked_up_where_it_can_be_waited_for_and_refused_elsewhere() {
    let (here, addr) = socket();
    let named = ("localhost", addr.port());
    run(async {
        // Its first address may be of IPv6, of which this socket knows nothing.
        here.send_to(b"to itself", named).await.expect("sent");
        assert_eq!(here.recv(&mut [0; 16]).await.expect("received"), 9);
    });
    let refused = [
        here.try_send_to(b"x", named).expect_err("a name"),
        here.connect(named).expect_err("a name"),
        UdpSocket::bind(named).expect_err("a name"),
    ];
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("lookup_host"), "{error}");
    }
    let none: &[SocketAddr] = &[];
    let error = run(here.send_to(b"x", none)).expect_err("nobody");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}
