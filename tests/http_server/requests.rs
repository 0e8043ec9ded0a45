//! Requests that are as they should be.

use super::{Client, HELLO, get, server};

#[test]
fn hello_is_thirteen_bytes_with_its_length() {
    let server = server();
    let answer = Client::of(&server).ask(HELLO);
    assert_eq!((answer.status, answer.field("Content-Length")), (200, Some("13")));
    assert_eq!(answer.body, b"Hello, World!");
    assert!(answer.field("Date").is_some_and(|date| date.ends_with(" GMT")));
}

#[test]
fn a_connection_stays_for_any_number_of_requests() {
    let server = server();
    let mut client = Client::of(&server);
    for _ in 0..10 {
        assert_eq!(client.ask(HELLO).body, b"Hello, World!");
        assert_eq!(client.ask(&get("/nope")).status, 404);
    }
}

#[test]
fn requests_that_arrive_in_one_piece_are_answered_in_their_order() {
    let server = server();
    let mut client = Client::of(&server);
    client.send([HELLO, &get("/async"), &get("/nope"), HELLO, &get("/offload"), HELLO].concat());
    let statuses: Vec<_> = (0..6).map(|_| client.answer()).map(|a| (a.status, a.body)).collect();
    let expected: [(u16, &[u8]); 6] = [
        (200, b"Hello, World!"),
        (200, b"awaited\n"),
        (404, b"nothing here\n"),
        (200, b"Hello, World!"),
        (200, b"done by a thread\n"),
        (200, b"Hello, World!"),
    ];
    assert_eq!(statuses, expected.map(|(status, body)| (status, body.to_vec())));
}

#[test]
fn a_request_that_arrives_byte_by_byte_is_one() {
    let server = server();
    let mut client = Client::of(&server);
    client.0.get_ref().set_nodelay(true).expect("an option");
    for byte in HELLO.bytes().chain(HELLO.bytes()) {
        client.send([byte]);
    }
    assert_eq!(client.answer().body, b"Hello, World!");
    assert_eq!(client.answer().body, b"Hello, World!");
}

#[test]
fn a_client_that_takes_nothing_for_a_while_gets_all_answers() {
    let server = server();
    let mut client = Client::of(&server);
    // Far more than socket buffers hold, so that the server has to stop reading.
    const MANY: usize = 100_000;
    let requests = HELLO.repeat(MANY);
    let mut sender = client.0.get_ref().try_clone().expect("a clone");
    let sent =
        std::thread::spawn(move || std::io::Write::write_all(&mut sender, requests.as_bytes()));
    for _ in 0..MANY {
        assert_eq!(client.answer().body, b"Hello, World!");
    }
    sent.join().expect("no panic").expect("all is taken");
}

#[test]
fn head_is_the_same_without_the_body() {
    let server = server();
    let mut client = Client::of(&server);
    client.send("HEAD / HTTP/1.1\r\nHost: here\r\n\r\n");
    let head = client.head();
    assert_eq!((head.status, head.field("Content-Length")), (200, Some("13")));
    assert_eq!(client.ask(HELLO).body, b"Hello, World!"); // nothing came in between
}

#[test]
fn who_says_close_is_answered_and_closed() {
    let server = server();
    let mut client = Client::of(&server);
    let answer = client.ask("GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
    assert_eq!((answer.status, answer.field("Connection")), (200, Some("close")));
    assert!(client.is_at_end());
}

#[test]
fn an_old_client_is_closed_unless_it_asks_to_stay() {
    let server = server();
    let mut client = Client::of(&server);
    let answer = client.ask("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
    assert_eq!(answer.field("Connection"), Some("keep-alive"));
    let answer = client.ask("GET / HTTP/1.0\r\n\r\n");
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"Hello, World!".as_slice()));
    assert!(client.is_at_end());
}

#[test]
fn a_target_may_be_a_whole_url_and_have_a_query() {
    let server = server();
    let mut client = Client::of(&server);
    assert_eq!(client.ask(&get("http://here/?a=b")).body, b"Hello, World!");
    assert_eq!(client.ask(&get("http://here")).body, b"Hello, World!");
    assert_eq!(client.ask(&get("/?x#y")).body, b"Hello, World!");
    assert_eq!(client.ask(&get("HTTP://here?a/b")).body, b"Hello, World!"); // no path, but a query
}

#[test]
fn what_asks_for_nothing_more_is_answered_as_ever() {
    let server = server();
    let mut client = Client::of(&server);
    // A body of no bytes is none; to go on is not asked of who has nothing to send; a host may be
    // unknown, or an address.
    for fields in [
        "Host: here\r\nContent-Length: 0",
        "Host: here\r\nContent-Length: 000",
        "Host: here\r\nExpect: 100-continue",
        "Host: ",
        "Host: [::1]:8080",
    ] {
        let answer = client.ask(&format!("GET / HTTP/1.1\r\n{fields}\r\n\r\n"));
        assert_eq!((answer.status, answer.body.len()), (200, 13), "{fields}");
    }
}

#[test]
fn a_client_that_ends_its_side_is_answered() {
    let server = server();
    let mut client = Client::of(&server);
    client.send(HELLO);
    client.0.get_ref().shutdown(std::net::Shutdown::Write).expect("a shutdown");
    assert_eq!(client.answer().body, b"Hello, World!");
    assert!(client.is_at_end());
}
