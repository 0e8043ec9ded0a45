//! Pipes of packets, which Linux has.

use eagain::pipe;
use eagain::time::timeout;
use eagain::{join, run};

use crate::tasks::PATIENCE;

/// The rule that a short read has emptied the buffer is for TCP.
#[test]
fn a_short_read_of_a_packet_is_not_the_last_one() {
    let (sender, receiver) = pipe::packet_pipe().expect("a pipe");
    run(async {
        assert_eq!(receiver.try_read(&mut [0; 64]).expect("no error"), None);
        let send = async {
            eagain::yield_now().await; // the reader waits
            for packet in [&b"one"[..], b"two", b"three"] {
                assert_eq!(sender.try_write(packet).expect("room"), Some(packet.len()));
            }
        };
        let receive = async {
            let mut lengths = Vec::new();
            for _ in 0..3 {
                // One edge has told of all three: with the rule on, the second read would wait.
                let read = receiver.read(&mut [0; 64]).await;
                lengths.push(read.expect("a packet"));
            }
            lengths
        };
        let received = timeout(PATIENCE, async { join!(receive, send).0 }).await;
        assert_eq!(received.expect("none of them is lost"), [3, 3, 5]);
    })
    .expect("a loop");
}

#[test]
fn what_does_not_fit_of_a_packet_is_lost() {
    let (sender, receiver) = pipe::packet_pipe().expect("a pipe");
    sender.try_write(b"one and more").expect("room");
    sender.try_write(b"two").expect("room");
    let mut buf = [0; 3];
    assert_eq!(receiver.try_read(&mut buf).expect("no error"), Some(3));
    assert_eq!((receiver.try_read(&mut buf).expect("no error"), &buf), (Some(3), b"two"));
}
