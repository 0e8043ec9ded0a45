//! The example `fetch`: its parser in all splits of a response, and the whole program against
//! servers that do what they should not. Who is first is settled by the servers, which wait for
//! each other, never by time.

#[path = "fetch/command_line.rs"]
mod command_line;
mod examples;
#[path = "fetch/parsing.rs"]
mod parsing;
#[path = "fetch/program.rs"]
mod program;
#[path = "../examples/fetch/response.rs"]
mod response;
#[path = "fetch/server.rs"]
mod server;

use std::io::Write;
use std::net::{Ipv6Addr, Shutdown, TcpListener, ToSocketAddrs};
use std::sync::{Arc, Barrier, Condvar, Mutex};
use std::time::Duration;

use program::{fetch, path, run};
use server::{Server, hang_up, read_request, wait_for_end};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// Fetches one page of a server that sends this and then closes.
fn row_of(answer: &'static [u8]) -> program::Row {
    let server = Server::start(move |mut stream| stream.write_all(answer));
    let run = fetch(&[&server.url("/")]);
    assert_eq!(run.rows.len(), 1, "{run:?}");
    assert_eq!(run.rows[0].url, server.url("/"));
    let (code, total) = match run.rows[0].status.as_str() {
        "failed" => (1, "0 fetched, 1 failed in "),
        _ => (0, "1 fetched, 0 failed in "),
    };
    assert_eq!(run.code, Some(code), "{run:?}");
    assert!(run.total.starts_with(total), "{run:?}");
    assert_eq!(run.stderr, "");
    run.rows[0].clone()
}

fn fetched(answer: &'static [u8]) -> (String, u64) {
    let row = row_of(answer);
    assert_eq!(row.cause, "", "{row:?}");
    (row.status, row.bytes)
}

fn failure(answer: &'static [u8]) -> String {
    let row = row_of(answer);
    assert_eq!((row.status.as_str(), row.bytes), ("failed", 0), "{row:?}");
    row.cause
}

#[test]
fn five_pages_at_once_in_the_order_in_which_they_end() {
    // No page is answered before all five were asked for, and each only after the one before it
    // was taken: so the fetches run together, and end in this order.
    let all_asked = Arc::new(Barrier::new(5));
    let turn = Arc::new((Mutex::new(5), Condvar::new()));
    let servers: Vec<_> = (1..=5)
        .map(|n| {
            let (all_asked, turn) = (all_asked.clone(), turn.clone());
            Server::start(move |mut stream| {
                all_asked.wait();
                let (next, changed) = &*turn;
                let next = next.lock().expect("no server panics");
                let mut next = changed.wait_while(next, |next| *next != n).expect("likewise");
                stream.write_all(OK.as_bytes())?;
                wait_for_end(&stream);
                *next -= 1;
                changed.notify_all();
                Ok(())
            })
        })
        .collect();
    let urls: Vec<_> = servers.iter().map(|server| server.url("/page?n=1")).collect();
    let run = fetch(&urls.iter().map(String::as_str).collect::<Vec<_>>());
    let order: Vec<_> = run.rows.iter().map(|row| row.url.clone()).collect();
    assert_eq!(order, urls.iter().rev().cloned().collect::<Vec<_>>());
    assert!(run.rows.iter().all(|row| row.status == "200" && row.bytes == 5), "{run:?}");
    assert!(run.total.starts_with("5 fetched, 0 failed in "), "{run:?}");
    assert_eq!(run.code, Some(0));
}

#[test]
fn a_url_is_fetched_count_times_at_once() {
    let all_asked = Barrier::new(100);
    let server = Server::start(move |mut stream| {
        all_asked.wait();
        stream.write_all(OK.as_bytes())
    });
    // The limit that is in force has to be raised for that.
    let (url, soft) = (server.url("/"), "ulimit -Sn 64; exec \"$0\" \"$@\"");
    let run = run("sh", &["-c", soft, &path(), "--count", "100", &url]);
    assert_eq!(run.rows.len(), 100, "{run:?}");
    assert!(run.total.starts_with("100 fetched, 0 failed in "), "{run:?}");
    assert_eq!(run.code, Some(0));
}

#[test]
fn without_urls_a_child_process_serves_five_pages() {
    let run = fetch(&[]);
    let mut pages: Vec<_> = run.rows.iter().map(|row| (row.page(), row.bytes)).collect();
    pages.sort_unstable();
    let expected = ["/page/1", "/page/2", "/page/3", "/page/4", "/page/5"];
    assert_eq!(pages, expected.map(|page| (page, 10092)), "{run:?}");
    assert!(run.total.starts_with("5 fetched, 0 failed in "), "{run:?}");
    // A page takes as long as it says, or longer: 1 s in all.
    assert!(run.sum() >= 1.0, "{run:?}");
    assert_eq!(run.code, Some(0));
}

#[test]
fn a_failed_fetch_is_a_row_and_the_others_finish() {
    let good = Server::start(|mut stream| stream.write_all(OK.as_bytes()));
    let malformed = Server::start(|mut stream| stream.write_all(b"220 mail.example ESMTP\r\n"));
    let reset = Server::start(hang_up);
    let (_bound, refused) = server::refusing();
    let urls = [good.url("/1"), malformed.url("/"), reset.url("/"), refused, good.url("/2")];
    let run = fetch(&urls.iter().map(String::as_str).collect::<Vec<_>>());
    let causes: Vec<_> = urls.iter().map(|url| run.row(url).cause.as_str()).collect();
    let not_http = "the answer is not HTTP/1 (invalid HTTP version)";
    assert_eq!(causes, ["", not_http, "connection reset by the server", "connection refused", ""]);
    assert_eq!(run.rows.len(), 5, "{run:?}");
    assert!(run.total.starts_with("2 fetched, 3 failed in "), "{run:?}");
    assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""));
}

#[test]
fn a_silent_server_times_out() {
    let server = Server::start(|stream| {
        wait_for_end(&stream);
        Ok(())
    });
    let run = fetch(&["--timeout", "0.3", &server.url("/")]);
    assert!(run.rows[0].cause.starts_with("timed out after 0.3 s ("), "{run:?}");
    assert!(run.rows[0].ms >= 300.0, "{run:?}");
    assert_eq!(run.code, Some(1));
}

#[test]
fn a_server_that_never_ends_times_out() {
    let server = Server::start(|mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        loop {
            stream.write_all(&[b'x'; 65536])?;
        }
    });
    let run = fetch(&["--timeout=0.3", &server.url("/")]);
    assert!(run.rows[0].cause.starts_with("timed out after 0.3 s ("), "{run:?}");
    assert_eq!(run.code, Some(1));
}

#[test]
fn malformed_heads() {
    let refused = |answer| failure(answer);
    let not_http = "the answer is not HTTP/1 (invalid HTTP version)";
    assert_eq!(refused(b"SSH-2.0-OpenSSH_9.2\r\n"), not_http);
    assert_eq!(refused(b"\x15\x03\x01\x00\x02\x02\x46"), not_http);
    assert_eq!(
        refused(b"HTTP/1.1 2xx OK\r\n\r\n"),
        "the answer is not HTTP/1 (invalid response status)"
    );
    assert_eq!(
        refused(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"),
        "a malformed header line (invalid header name)"
    );
    assert_eq!(
        refused(b"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello"),
        "a Content-Length of \"+5\""
    );
    assert_eq!(refused(b""), "closed without an answer");
}

#[test]
fn a_server_that_stops_in_the_head_and_only_half_closes() {
    let server = Server::start(|mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-")?;
        stream.shutdown(Shutdown::Write)?;
        wait_for_end(&stream);
        Ok(())
    });
    let run = fetch(&[&server.url("/")]);
    assert_eq!(run.rows[0].cause, "closed in the middle of the head", "{run:?}");
    assert_eq!(run.code, Some(1));
}

#[test]
fn a_head_without_end() {
    let server = Server::start(|mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nX: ")?;
        loop {
            stream.write_all(&[b'x'; 4096])?;
        }
    });
    assert_eq!(fetch(&[&server.url("/")]).rows[0].cause, "a head of more than 64 KiB");
    let server = Server::start(|mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
        loop {
            stream.write_all(b"X: y\r\n")?;
        }
    });
    assert_eq!(fetch(&[&server.url("/")]).rows[0].cause, "more than 128 header lines");
}

#[test]
fn bodies() {
    let page = |bytes| ("200".to_owned(), bytes);
    assert_eq!(fetched(OK.as_bytes()), page(5));
    assert_eq!(fetched(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello surplus"), page(5));
    assert_eq!(
        failure(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"),
        "closed after 5 of 10 bytes of body"
    );
    assert_eq!(fetched(b"HTTP/1.0 200 OK\r\n\r\nuntil the end"), page(13));
    assert_eq!(
        fetched(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
              5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 11\r\n\r\n"
        ),
        page(11)
    );
    assert_eq!(
        failure(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n"),
        "a chunk without a valid size"
    );
    assert_eq!(
        failure(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
        "closed after 5 bytes of body, before the last chunk was over"
    );
    assert_eq!(
        fetched(
            b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n\
              HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"
        ),
        ("404".to_owned(), 2)
    );
}

#[test]
fn a_response_that_comes_byte_by_byte() {
    let server = Server::start(|mut stream| {
        stream.set_nodelay(true)?;
        OK.bytes().try_for_each(|byte| stream.write_all(&[byte]))
    });
    let run = fetch(&[&server.url("/")]);
    assert_eq!((run.rows[0].status.as_str(), run.rows[0].bytes), ("200", 5), "{run:?}");
}

#[test]
fn the_request_names_host_and_path_and_asks_for_the_end() {
    let (sender, requests) = std::sync::mpsc::channel();
    let server = Server::listen("127.0.0.1:0".parse().expect("an address"), move |mut stream| {
        sender.send(read_request(&stream)?).expect("the test waits");
        stream.write_all(OK.as_bytes())
    });
    assert_eq!(fetch(&[&server.url("/a/b?c=d#e")]).code, Some(0));
    let request = requests.recv_timeout(Duration::from_secs(30)).expect("a request came");
    assert!(request.starts_with("GET /a/b?c=d HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("\r\nHost: {}\r\n", server.addr)), "{request}");
    assert!(request.contains("\r\nConnection: close\r\n"), "{request}");
}

/// `localhost` is 127.0.0.1, where nobody listens on that port, and ::1.
#[test]
fn the_next_address_of_a_name_is_tried_when_one_is_refused() {
    let found = ("localhost", 1).to_socket_addrs().map(|addrs| addrs.collect::<Vec<_>>());
    let found = found.unwrap_or_default();
    let has_both = found.iter().any(|a| a.is_ipv4()) && found.iter().any(|a| a.is_ipv6());
    if !has_both || TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return; // a machine without IPv6
    }
    let (_bound, refused) = server::refusing();
    let port = refused.rsplit([':', '/']).nth(1).and_then(|port| port.parse().ok());
    let addr = (Ipv6Addr::LOCALHOST, port.expect("a port")).into();
    let server = Server::listen(addr, |mut stream| {
        read_request(&stream)?;
        stream.write_all(OK.as_bytes())
    });
    let run = fetch(&[&format!("http://localhost:{}/", server.addr.port()), &server.url("/")]);
    assert!(run.total.starts_with("2 fetched, 0 failed in "), "{run:?}");
}

#[test]
fn a_name_without_an_address_is_a_failed_row() {
    // No part of a name may be longer than 63 letters, so nobody is asked for it.
    let url = format!("http://{}/", "x".repeat(100));
    let run = fetch(&[&url]);
    assert!(run.rows[0].cause.starts_with("the host has no known address ("), "{run:?}");
    assert_eq!(run.code, Some(1));
}
