//! How long the example `gateway` waits for whom, on a clock that does not wait: its own modules, in
//! this process.

#[path = "../examples/gateway/answer.rs"]
mod answer;
#[path = "../examples/gateway/attempt.rs"]
mod attempt;
#[path = "../examples/gateway/body.rs"]
mod body;
#[path = "../examples/gateway/client.rs"]
mod client;
#[path = "../examples/gateway/exchange.rs"]
mod exchange;
#[path = "../examples/gateway/fields.rs"]
mod fields;
#[expect(dead_code, reason = "here nobody drains")]
#[path = "../examples/gateway/gateway.rs"]
mod gateway;
#[path = "../examples/gateway/peer.rs"]
mod peer;
#[path = "../examples/gateway/refusal.rs"]
mod refusal;
#[path = "../examples/gateway/request.rs"]
mod request;
#[path = "../examples/gateway/upstreams.rs"]
mod upstreams;

#[path = "gateway_patience/delivery.rs"]
mod delivery;

use std::rc::Rc;
use std::time::Duration;

use eagain::EventLoop;
use eagain::net::{TcpListener, TcpStream};
use eagain::time::{self, Clock, sleep};
use gateway::{Gateway, Presence};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n";
const LIMIT: Duration = Duration::from_secs(20);

/// Serves a client that does this, in front of an upstream that says only so much. Returns how long
/// the gateway had patience, and what the client was told, `None` if it was broken off.
fn serve(
    client: impl AsyncFn(&TcpStream),
    upstream_says: &'static [u8],
) -> (Duration, Option<String>) {
    let mut event_loop = EventLoop::builder().clock(Clock::Virtual).build().expect("a loop");
    let ended = event_loop.block_on(async {
        let upstream = TcpListener::bind("127.0.0.1:0").expect("a port");
        let name = upstream.local_addr().expect("an address").to_string();
        let serving = eagain::spawn(async move {
            let mut held = Vec::new();
            loop {
                let (stream, _) = upstream.accept().await.expect("a connection");
                stream.write_all(upstream_says).await.expect("it is taken");
                held.push(stream);
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let addr = listener.local_addr().expect("an address");
        let peer = TcpStream::connect(addr).await.expect("a connection");
        let (stream, from) = listener.accept().await.expect("a connection");
        let began = time::now();
        let gateway = Rc::new(Gateway::new(&[name], LIMIT));
        let gateway = eagain::spawn(client::serve(stream, from, Presence::new(gateway)));
        client(&peer).await;
        gateway.await.expect("no panic");
        let took = time::now() - began;
        serving.abort();
        let mut told = Vec::new();
        let read = peer.read_to_end(&mut told).await;
        (took, read.ok().map(|_| String::from_utf8_lossy(&told).into_owned()))
    });
    ended.expect("a run")
}

fn is_about((took, told): (Duration, Option<String>), seconds: u64) -> Option<String> {
    let seconds = Duration::from_secs(seconds);
    assert!(seconds <= took && took <= seconds + Duration::from_secs(3), "{took:?}: {told:?}");
    told
}

#[test]
fn who_asks_nothing_is_closed_after_a_minute() {
    assert_eq!(is_about(serve(async |_| {}, b""), 60).as_deref(), Some(""));
}

#[test]
fn half_a_head_is_refused_after_ten_seconds_however_it_comes() {
    let slowly = async |peer: &TcpStream| {
        for byte in &GET[..8] {
            peer.write_all(&[*byte]).await.expect("it is taken");
            sleep(Duration::from_secs(1)).await;
        }
    };
    let told = is_about(serve(slowly, b""), 10).expect("an answer");
    assert!(told.starts_with("HTTP/1.1 408 "), "{told}");
}

#[test]
fn an_upstream_that_does_not_answer_is_given_up_after_the_limit() {
    let ask = async |peer: &TcpStream| peer.write_all(GET).await.expect("it is taken");
    // And then the client says nothing for a minute.
    let told = is_about(serve(ask, b""), 20 + 60).expect("an answer");
    assert!(told.starts_with("HTTP/1.1 504 "), "{told}");
    // A head that has begun, and does not end, is no answer either.
    let told = is_about(serve(ask, b"HTTP/1.1 200 OK\r\n"), 20 + 60).expect("an answer");
    assert!(told.starts_with("HTTP/1.1 504 "), "{told}");
}

#[test]
fn an_answer_that_does_not_go_on_breaks_off_after_half_a_minute() {
    let ask = async |peer: &TcpStream| peer.write_all(GET).await.expect("it is taken");
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello";
    assert_eq!(is_about(serve(ask, answer), 30), None);
}

#[test]
fn a_body_that_does_not_come_is_refused_after_half_a_minute() {
    let begin = async |peer: &TcpStream| {
        let request = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\nhello";
        peer.write_all(request).await.expect("it is taken");
    };
    let told = is_about(serve(begin, b""), 30).expect("an answer");
    assert!(told.starts_with("HTTP/1.1 408 "), "{told}");
}

#[test]
fn a_body_that_comes_byte_by_byte_gains_no_time() {
    let slowly = async |peer: &TcpStream| {
        let request = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n";
        peer.write_all(request).await.expect("it is taken");
        for _ in 0..29 {
            peer.write_all(b"x").await.expect("it is taken");
            sleep(Duration::from_secs(1)).await;
        }
    };
    let told = is_about(serve(slowly, b""), 30).expect("an answer");
    assert!(told.starts_with("HTTP/1.1 408 "), "{told}");
}
