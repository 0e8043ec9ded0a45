//! hyper's connections on this loop: HTTP/1 and HTTP/2, its timer, and TLS below it.
#![cfg(feature = "hyper")]

use std::cell::Cell;
use std::convert::Infallible;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use eagain::hyper::{Executor, Io, Timer};
use eagain::net::{TcpListener, TcpStream};
use eagain::time::{self, Clock};
use eagain::{EventLoop, JoinHandle};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::rt::Timer as _;
use hyper::service::service_fn;
use hyper::{Request, Response, client, server};

/// Runs a future to its end on a loop of its own, on which nothing may be left.
fn run<F: Future>(future: F) -> F::Output {
    let mut event_loop = EventLoop::new().expect("a loop");
    let output = event_loop.block_on(future).expect("a run");
    let counts = event_loop.counts();
    assert_eq!((counts.tasks, counts.timers, counts.sources), (0, 0, 0), "something is left");
    output
}

fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener");
    let addr = listener.local_addr().expect("its address");
    (listener, addr)
}

/// Sends back what it is sent.
async fn echo(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    Ok(Response::new(Full::new(request.into_body().collect().await?.to_bytes())))
}

#[test]
fn a_server_and_a_client_of_http_1_exchange_bodies_over_one_connection() {
    run(async {
        let (listener, addr) = listen();
        let served = Rc::new(Cell::new(0)); // no `Send` anywhere
        let counted = served.clone();
        let server = eagain::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a connection");
            let service = service_fn(move |request| {
                counted.set(counted.get() + 1);
                echo(request)
            });
            server::conn::http1::Builder::new().serve_connection(Io::new(stream), service).await
        });
        let stream = TcpStream::connect(addr).await.expect("a connection");
        let (mut sender, connection) =
            client::conn::http1::handshake(Io::new(stream)).await.expect("a handshake");
        let connection = eagain::spawn(connection);
        for length in [0, 1, 100_000] {
            let sent = Bytes::from(vec![7; length]);
            let request = Request::post("/").body(Full::new(sent.clone())).expect("a request");
            let answer = sender.send_request(request).await.expect("an answer");
            assert_eq!(answer.into_body().collect().await.expect("a body").to_bytes(), sent);
        }
        drop(sender);
        connection.await.expect("it ends").expect("without an error");
        server.await.expect("it ends").expect("without an error");
        assert_eq!(served.get(), 3);
    });
}

#[test]
fn http_2_spawns_on_the_loop_and_answers_many_at_once() {
    run(async {
        let (listener, addr) = listen();
        let server = eagain::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a connection");
            server::conn::http2::Builder::new(Executor)
                .timer(Timer)
                .serve_connection(Io::new(stream), service_fn(echo))
                .await
        });
        let stream = TcpStream::connect(addr).await.expect("a connection");
        let handshake = client::conn::http2::handshake(Executor, Io::new(stream)).await;
        let (sender, connection) = handshake.expect("a handshake");
        let connection = eagain::spawn(connection);
        let ask = |n: usize| {
            let mut sender = sender.clone();
            async move {
                let body = Full::new(Bytes::from(n.to_string()));
                let request = Request::post("http://here/").body(body).expect("a request");
                let answer = sender.send_request(request).await.expect("an answer");
                let body = answer.into_body().collect().await.expect("a body");
                assert_eq!(body.to_bytes(), n.to_string());
            }
        };
        eagain::future::join_all((0..20).map(ask)).await;
        drop(sender);
        connection.await.expect("it ends").expect("without an error");
        server.await.expect("it ends").expect("without an error");
    });
}

/// A server of one connection that waits five seconds for the head of a request.
fn impatient(listener: TcpListener) -> JoinHandle<Result<(), hyper::Error>> {
    eagain::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        let answer = service_fn(|_| async {
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("yes"))))
        });
        server::conn::http1::Builder::new()
            .timer(Timer)
            .header_read_timeout(Duration::from_secs(5))
            .serve_connection(Io::new(stream), answer)
            .await
    })
}

#[test]
fn a_head_that_does_not_come_ends_by_the_timer() {
    let mut event_loop = EventLoop::builder().clock(Clock::Virtual).build().expect("a loop");
    let (listener, addr) = listen();
    let mut peer = std::net::TcpStream::connect(addr).expect("a connection");
    peer.write_all(b"GET / HTTP/1.1\r\n").expect("half a head");
    let ended = event_loop.block_on(async {
        let began = time::now();
        let ended = impatient(listener).await.expect("no panic");
        (ended, time::now() - began)
    });
    let (ended, took) = ended.expect("a run");
    assert!(ended.expect_err("it timed out").is_timeout());
    assert_eq!(took, Duration::from_secs(5));
    assert_eq!(event_loop.counts().timers, 0);
    let mut rest = Vec::new();
    peer.read_to_end(&mut rest).expect("the end");
}

#[test]
fn a_sleep_of_hyper_is_reset_and_taken_back() {
    let mut event_loop = EventLoop::builder().clock(Clock::Virtual).build().expect("a loop");
    event_loop
        .block_on(async {
            let began = Timer.now();
            let mut sleep = Timer.sleep(Duration::from_secs(1));
            Timer.reset(&mut sleep, began + Duration::from_secs(3));
            sleep.await;
            assert_eq!(Timer.now() - began, Duration::from_secs(3));
            let mut cancelled = Timer.sleep_until(began + Duration::from_secs(3600));
            let polled = futures::poll!(Pin::new(&mut cancelled));
            assert!(polled.is_pending());
        })
        .expect("a run");
    assert_eq!(event_loop.counts().timers, 0);
}

#[test]
fn a_sleep_of_hyper_that_is_dropped_on_another_thread_is_given_up_in_time() {
    run(async {
        for _ in 0..1000 {
            let sleep = Timer.sleep(Duration::from_secs(3600));
            std::thread::spawn(move || drop(sleep)).join().expect("a thread");
        }
        // Strays are looked for when there are many; none of them ever had a timer of the loop.
        drop(Timer.sleep(Duration::ZERO));
    });
}
