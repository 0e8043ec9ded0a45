//! What an upstream answers before it has all of a request: its connection is no good any more, for it
//! would take the next request for the rest of that one. On the clock that goes on when nothing else
//! does, a piece is sent when the one before has got as far as it can.

use std::rc::Rc;
use std::time::Duration;

use eagain::EventLoop;
use eagain::net::{TcpListener, TcpStream};
use eagain::time::{Clock, sleep, timeout};

use super::{GET, LIMIT};
use crate::client;
use crate::gateway::{Gateway, PATIENCE, Presence};

/// As much as the gateway reads at once.
const PIECE: usize = 16 * 1024;
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno";
/// How much the kernel takes for somebody who does not read is found out, and not always the same.
const TRIES: usize = 100;

/// Sends a request with a body of that length, as much of it as is taken.
async fn post(client: &TcpStream, length: usize) {
    let head = format!("POST / HTTP/1.1\r\nHost: here\r\nContent-Length: {length}\r\n\r\n");
    client.write_all(head.as_bytes()).await.expect("it is taken");
    let body = async {
        for _ in 0..length / PIECE {
            client.write_all(&[b'x'; PIECE]).await.expect("it is taken");
            sleep(Duration::from_millis(1)).await;
        }
    };
    // The time in which nothing moves any more.
    let _ = timeout(Duration::from_secs(5), body).await;
}

/// An answer, to the end of its body. Whether another request may follow.
async fn may_go_on(client: &TcpStream) -> bool {
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\nno") {
        assert!(client.read_append(&mut answer).await.expect("no reset") > 0, "{answer:?}");
    }
    !String::from_utf8_lossy(&answer).contains("Connection: close")
}

/// What has come and still comes, until the gateway closes, or begins another request.
async fn rest(wire: &TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    while wire.read_append(&mut bytes).await.expect("no reset") > 0 {
        if bytes.ends_with(b"\r\n\r\n") && bytes.windows(5).any(|bytes| bytes == b"GET /") {
            break;
        }
    }
    bytes
}

/// Asks with a body of that length, which the upstream answers so late, and does not read before. How
/// much of it was sent, if the gateway did not have it all in hand, or sent it all; `None` if it was
/// answered between that, and made another connection for the next request.
async fn sent(length: usize, late: Duration) -> Option<usize> {
    let upstream = TcpListener::bind("127.0.0.1:0").expect("a port");
    let name = upstream.local_addr().expect("an address").to_string();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    let client = TcpStream::connect(addr).await.expect("a connection");
    let (stream, from) = listener.accept().await.expect("a connection");
    let presence = Presence::new(Rc::new(Gateway::new(&[name], LIMIT)));
    let _gateway = eagain::spawn(client::serve(stream, from, presence));

    post(&client, length).await;
    let (wire, _) = upstream.accept().await.expect("a connection");
    sleep(late).await;
    wire.write_all(ANSWER).await.expect("it is taken");
    let goes_on = may_go_on(&client).await;
    if goes_on {
        client.write_all(GET).await.expect("it is taken");
    }
    let bytes = rest(&wire).await;
    let head = bytes.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head") + 4;
    let sent = &bytes[head..bytes.len().min(head + length)];
    assert!(sent.iter().all(|&byte| byte == b'x'), "the next request is within the body");
    if !goes_on || sent.len() == length {
        return Some(sent.len());
    }
    let (wire, _) = upstream.accept().await.expect("another connection");
    assert!(rest(&wire).await.starts_with(b"GET /"));
    None
}

fn is_not_used_again_after(late: Duration) {
    let mut event_loop = EventLoop::builder().clock(Clock::Virtual).build().expect("a loop");
    let ended = event_loop.block_on(async {
        let mut length = 1 << 30;
        for _ in 0..TRIES {
            match sent(length, late).await {
                Some(sent) => length = (sent / PIECE + 1) * PIECE,
                None => return,
            }
        }
        panic!("the kernel takes another amount each time");
    });
    ended.expect("a run");
}

#[test]
fn an_answer_before_the_last_piece_is_sent_is_the_last_on_its_connection() {
    is_not_used_again_after(Duration::ZERO);
}

#[test]
fn an_answer_after_the_last_piece_was_given_up_is_the_last_on_its_connection() {
    is_not_used_again_after(PATIENCE + Duration::from_secs(1));
}
