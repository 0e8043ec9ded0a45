//! Many datagrams a call.

use std::net::SocketAddr;

use eagain::errno;
use eagain::net::{RecvBatch, SendBatch, UdpSocket};

use crate::socket::{connected, run, socket};

fn fill(batch: &mut SendBatch, datagrams: u8, addr: SocketAddr) {
    for n in 0..datagrams {
        assert!(batch.push_to(&vec![n; usize::from(n)], addr), "there is room for {n}");
    }
}

fn contents(batch: &RecvBatch) -> Vec<Vec<u8>> {
    batch.iter().map(|datagram| datagram.data.to_vec()).collect()
}

fn expected(range: std::ops::Range<u8>) -> Vec<Vec<u8>> {
    range.map(|n| vec![n; usize::from(n)]).collect()
}

#[test]
fn a_batch_comes_as_it_was_sent() {
    let ((here, here_addr), (there, there_addr)) = (socket(), socket());
    run(async {
        let mut out = SendBatch::new(64, 64);
        fill(&mut out, 64, here_addr);
        assert!(!out.push_to(b"one more", here_addr), "it is full");
        there.send_batch(&mut out).await.expect("sent");
        assert!(out.is_empty());
        let mut into = RecvBatch::new(64, 100);
        assert_eq!(here.recv_batch(&mut into).await.expect("received"), 64);
        assert_eq!(contents(&into), expected(0..64));
        assert!(into.iter().all(|d| d.from == Some(there_addr) && !d.truncated));
    });
}

#[test]
fn more_than_a_batch_comes_in_several() {
    let ((here, here_addr), (there, _)) = (socket(), socket());
    run(async {
        let mut out = SendBatch::new(20, 20);
        fill(&mut out, 20, here_addr);
        there.send_batch(&mut out).await.expect("sent");
        let mut into = RecvBatch::new(8, 100);
        let mut all = vec![];
        for n in [8, 8, 4] {
            assert_eq!(here.recv_batch(&mut into).await.expect("received"), n);
            all.extend(contents(&into));
        }
        assert_eq!(all, expected(0..20));
        assert_eq!(here.try_recv_batch(&mut into).expect("no error"), None);
    });
}

#[test]
fn what_comes_after_a_batch_that_was_not_filled_wakes_who_waits() {
    let (near, far) = connected();
    run(async {
        let mut into = RecvBatch::new(8, 100);
        for round in 0..3 {
            let (received, _) = eagain::join!(near.recv_batch(&mut into), async {
                eagain::yield_now().await;
                far.send(&[round]).expect("sent");
            });
            assert_eq!(received.expect("received"), 1);
            assert_eq!(contents(&into), [[round]]);
        }
    });
}

#[test]
fn a_datagram_that_is_too_long_for_its_place_is_cut_off() {
    let (near, far) = connected();
    far.send(&[1; 100]).expect("sent");
    far.send(&[2; 10]).expect("sent");
    let mut into = RecvBatch::new(4, 50);
    assert_eq!(near.try_recv_batch(&mut into).expect("no error"), Some(2));
    let all: Vec<_> = into.iter().map(|d| (d.data.len(), d.truncated)).collect();
    assert_eq!(all, [(50, true), (10, false)]);
}

#[test]
fn a_batch_tells_what_headers_said() {
    let (near, far) = connected();
    near.set_receive_tos(true).expect("an option");
    let far = UdpSocket::try_from(far).expect("a socket");
    let mut into = RecvBatch::new(4, 50);
    for tos in [1, 2] {
        far.set_tos(tos).expect("an option");
        assert_eq!(far.try_send(b"x").expect("no error"), Some(1));
    }
    assert_eq!(near.try_recv_batch(&mut into).expect("no error"), Some(2));
    let classes: Vec<_> = into.iter().map(|d| d.info.tos).collect();
    assert_eq!(classes, [Some(1), Some(2)]);
}

#[test]
fn what_cannot_be_sent_is_told_and_can_be_passed_over() {
    let (near, far) = connected();
    let mut out = SendBatch::new(4, 100);
    assert!(out.push(b"one"));
    assert!(out.push(&[0; 70_000]));
    assert!(out.push(b"two"));
    run(async {
        let error = near.send_batch(&mut out).await.expect_err("no datagram is so long");
        assert_eq!(error.raw_os_error(), Some(errno::EMSGSIZE));
        assert_eq!(out.len(), 2, "the first one was sent");
        assert!(out.skip());
        near.send_batch(&mut out).await.expect("sent");
    });
    let mut buf = [0; 8];
    for said in [b"one", b"two"] {
        let n = far.recv(&mut buf).expect("received");
        assert_eq!(&buf[..n], said);
    }
    assert!(!out.skip(), "there is none");
}

#[test]
fn pitfall_13_a_batch_tells_of_a_refused_datagram_once() {
    let (near, far) = connected();
    drop(far);
    run(async {
        near.send(b"anybody?").await.expect("sent");
        let mut into = RecvBatch::new(4, 50);
        let error = near.recv_batch(&mut into).await.expect_err("nobody"); // pitfall 13
        assert_eq!(error.raw_os_error(), Some(errno::ECONNREFUSED));
        assert_eq!(near.try_recv_batch(&mut into).expect("told once"), None);
        assert!(into.is_empty());
    });
}

#[test]
fn the_smallest_batch_takes_one_and_the_largest_is_no_larger_than_the_kernel_takes() {
    assert_eq!(RecvBatch::new(0, 0).capacity(), 1);
    assert_eq!(SendBatch::new(0, 0).capacity(), 1);
    assert_eq!(RecvBatch::new(usize::MAX, 1).capacity(), 1024);
    // Together that is more than a `usize` can tell.
    let mut into = RecvBatch::new(2, usize::MAX / 2 + 1);
    let (near, far) = connected();
    far.send(b"hello").expect("sent");
    assert_eq!(near.try_recv_batch(&mut into).expect("no error"), Some(1));
    assert_eq!(contents(&into), [b"hello"]);
    assert_eq!(SendBatch::new(2, usize::MAX / 2 + 1).capacity(), 2);
    let mut out = SendBatch::new(2, 0);
    assert!(near.try_send_batch(&mut out).expect("nothing is sent").is_some());
    assert!(out.push(b"it grows"));
    near.try_send_batch(&mut out).expect("sent");
    assert_eq!(far.recv(&mut [0; 16]).expect("received"), 8);
}
