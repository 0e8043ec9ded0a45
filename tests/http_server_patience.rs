//! How long a client of the example `http_server` may take, on a clock that does not wait: the
//! server's own modules, in this process.

#[path = "../examples/http_server/connection.rs"]
mod connection;
#[expect(dead_code, reason = "here no directory is served")]
#[path = "../examples/http_server/files.rs"]
mod files;
#[path = "../examples/http_server/framing.rs"]
mod framing;
#[path = "../examples/http_server/request.rs"]
mod request;
#[path = "../examples/http_server/response.rs"]
mod response;
#[expect(dead_code, reason = "here nobody drains")]
#[path = "../examples/http_server/server.rs"]
mod server;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use eagain::EventLoop;
use eagain::net::TcpListener;
use eagain::time::{self, Clock};
use server::Server;

const HELLO: &[u8] = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n";

/// Serves one client until the server has given it up. How long that took.
fn serve(client: impl FnOnce(&mut TcpStream)) -> (TcpStream, Duration) {
    serve_while(client, async |_| ())
}

/// The same, while the client goes on with this. It is a task of the loop: of one that ran on a
/// thread the clock would not know whether it is done or only slow.
fn serve_while(
    client: impl FnOnce(&mut TcpStream),
    meanwhile: impl AsyncFnOnce(TcpStream) + 'static,
) -> (TcpStream, Duration) {
    let mut event_loop = EventLoop::builder().clock(Clock::Virtual).build().expect("a loop");
    let server = std::rc::Rc::new(Server::new(None).expect("a server"));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    let mut peer = TcpStream::connect(addr).expect("a connection");
    peer.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    client(&mut peer);
    let clone = peer.try_clone().expect("a clone");
    let took = event_loop.block_on(async {
        let began: Instant = time::now();
        let meanwhile = eagain::spawn(async move { meanwhile(clone).await });
        let (stream, _) = listener.accept().await.expect("a connection");
        let ticking = eagain::spawn(server.clone().tick());
        connection::serve(server.watch(stream), server.clone()).await;
        let took = time::now() - began;
        ticking.abort();
        meanwhile.await.expect("the client did not panic");
        took
    });
    assert_eq!(server.connections(), 0);
    let counts = event_loop.counts();
    assert_eq!((counts.timers, counts.sources), (0, 0), "something is left");
    (peer, took.expect("a run"))
}

fn rest(mut peer: TcpStream) -> String {
    let mut rest = String::new();
    peer.read_to_string(&mut rest).expect("an orderly end");
    rest
}

fn is_about(took: Duration, seconds: u64) {
    let seconds = Duration::from_secs(seconds);
    assert!(seconds <= took && took <= seconds + Duration::from_secs(2), "{took:?}");
}

#[test]
fn who_asks_nothing_is_closed_after_a_minute() {
    let (peer, took) = serve(|_| {});
    is_about(took, 60);
    assert_eq!(rest(peer), "");
}

#[test]
fn who_asks_nothing_more_is_closed_after_a_minute() {
    let (peer, took) = serve(|peer| peer.write_all(HELLO).expect("it is taken"));
    is_about(took, 60);
    assert!(rest(peer).ends_with("\r\n\r\nHello, World!"));
}

#[test]
fn half_a_head_is_refused_after_ten_seconds() {
    let (peer, took) = serve(|peer| peer.write_all(b"GET / HTTP/1.1\r\nHo").expect("it is taken"));
    is_about(took, 10);
    let answer = rest(peer);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[test]
fn the_time_for_a_head_begins_with_each_request() {
    // Once a second the end of one and the beginning of the next, for more than ten of them.
    let (head, rest) = HELLO.split_at(8);
    let (peer, took) = serve_while(
        |peer| peer.write_all(head).expect("it is taken"),
        async move |peer| {
            let peer = eagain::net::TcpStream::try_from(peer).expect("it is a socket");
            for _ in 0..15 {
                time::sleep(Duration::from_secs(1)).await;
                peer.write_all(&[rest, head].concat()).await.expect("it is taken");
            }
        },
    );
    is_about(took, 15 + 10);
    let mut answers = String::new();
    peer.set_nonblocking(false).expect("an option");
    (&peer).read_to_string(&mut answers).expect("an orderly end");
    assert_eq!(answers.matches("Hello, World!").count(), 15);
    assert!(answers.contains("HTTP/1.1 408 "), "{answers}");
}

#[test]
fn who_takes_no_answer_is_closed_after_half_a_minute() {
    // Far more than socket buffers hold.
    let requests = HELLO.repeat(200_000);
    let (_, took) = serve_while(
        |_| (),
        async move |peer| {
            let peer = eagain::net::TcpStream::try_from(peer).expect("it is a socket");
            peer.write_all(&requests).await.expect_err("the server has closed");
        },
    );
    is_about(took, 30);
}

#[test]
fn who_goes_on_talking_after_a_refusal_is_closed_in_a_moment() {
    let (peer, took) = serve(|peer| peer.write_all(b"garbage\r\n\r\n").expect("it is taken"));
    is_about(took, 2);
    let answer = rest(peer);
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}
