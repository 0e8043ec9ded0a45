//! A response is the same in whatever pieces it comes.

use crate::response::{Fault, MAX_HEAD, MAX_HEADERS, Response};

/// Status and length of the body.
type Page = (u16, u64);

/// What comes of these pieces, after which the stream ends.
fn parse<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Page, Fault> {
    let mut response = Response::new();
    for piece in pieces {
        response.feed(piece)?;
        if response.is_complete() {
            return Ok((response.status(), response.body()));
        }
    }
    response.end()?;
    assert!(response.is_complete());
    Ok((response.status(), response.body()))
}

/// Checks what comes of a response as a whole, byte by byte, and in each two parts.
fn check(response: &[u8], expected: &Result<Page, Fault>) {
    let text = String::from_utf8_lossy(response);
    assert_eq!(&parse([response]), expected, "{text:?}");
    assert_eq!(&parse(response.chunks(1)), expected, "{text:?} byte by byte");
    for at in 0..=response.len() {
        let (first, second) = response.split_at(at);
        assert_eq!(&parse([first, second]), expected, "{text:?} in two parts, {at} bytes first");
    }
}

const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
    5\r\nhello\r\n00a;name=\"va;lue\" \r\n, world\r\n!\r\n0\r\nX-Sum: 15\r\nX-More: \r\n\r\n";

#[test]
fn every_split_of_a_complete_response() {
    for (response, page) in [
        (&b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"[..], (200, 5)),
        (b"HTTP/1.1 200 OK\r\ncontent-length:5\r\n\r\nhello and more than was announced", (200, 5)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\nContent-Length: 5\r\n\r\nhello", (200, 5)),
        (b"HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n", (404, 0)),
        (b"\r\nHTTP/1.0 200 bare newlines\nContent-Length: 1\n\nx", (200, 1)),
        (b"HTTP/1.1 204 No Content\r\n\r\n", (204, 0)),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", (304, 0)),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil\r\n\r\nit closes", (200, 18)),
        (b"HTTP/1.1 200 OK\r\n\r\n", (200, 0)),
        (CHUNKED, (200, 15)),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nmore", (200, 0)),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nz", (200, 1)),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n\
              1\r\nz\r\n0\r\n\r\n",
            (200, 1),
        ),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nContent-Length: 7\r\n\r\n\
              HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno",
            (500, 2),
        ),
    ] {
        check(response, &Ok(page));
    }
}

#[test]
fn every_split_of_a_faulty_response() {
    use httparse::Error;
    let length = |text: &str| Fault::ContentLength(text.to_owned());
    for (response, fault) in [
        (&b"SSH-2.0-OpenSSH_9.2\r\n"[..], Fault::NotHttp(Error::Version)),
        (b"HTTP/2 200 OK\r\n\r\n", Fault::NotHttp(Error::Version)),
        (b"HTTP/1.1 20x OK\r\n\r\n", Fault::NotHttp(Error::Status)),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", Fault::Header(Error::HeaderName)),
        (b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n", Fault::Header(Error::HeaderValue)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\nhello", length("5x")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhello", length("-1")),
        (b"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nhello", length("")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", length("6")),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\nhello",
            length("18446744073709551616"),
        ),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", Fault::Switched),
        (b"", Fault::NoAnswer),
        (b"HTTP/1.1 200 OK\r\nContent-", Fault::HeadCut),
        (b"HTTP/1.1 100 Continue\r\n\r\n", Fault::HeadCut),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", Fault::BodyCut { got: 5, of: 10 }),
    ] {
        check(response, &Err(fault));
    }
}

#[test]
fn every_split_of_faulty_chunks() {
    for (chunks, fault) in [
        ("xyz\r\n", Fault::ChunkSize),
        ("\r\n\r\n", Fault::ChunkSize),
        (";extension\r\n", Fault::ChunkSize),
        ("-1\r\n", Fault::ChunkSize),
        ("5 5\r\nhello", Fault::ChunkSize),
        ("5\nhello", Fault::ChunkSize),
        ("10000000000000000\r\n", Fault::ChunkSize),
        ("5\r\nhello!\r\n", Fault::ChunkEnd),
        ("5\r\nhello\n0\r\n\r\n", Fault::ChunkEnd),
        ("5\r\nhello\r\n", Fault::ChunksCut(5)),
        ("5\r\nhello\r\n0\r\n", Fault::ChunksCut(5)),
        ("5\r\nhello\r\n0\r\nX: y\r\n", Fault::ChunksCut(5)),
        ("0\r\nno colon\r\n\r\n", Fault::Header(httparse::Error::HeaderName)),
    ] {
        let response = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
        check(response.as_bytes(), &Err(fault));
    }
}

#[test]
fn a_stream_that_ends_anywhere_too_early_is_a_fault() {
    let with_length = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    for response in [&with_length[..], CHUNKED] {
        for end in 0..response.len() {
            let early = &response[..end];
            assert!(parse([early]).is_err(), "{:?}", String::from_utf8_lossy(early));
            assert_eq!(parse([early]), parse(early.chunks(1)));
        }
    }
}

#[test]
fn a_head_may_be_so_long_and_no_longer() {
    let (begin, end) = ("HTTP/1.1 200 OK\r\nX: ", "\r\n\r\n");
    let head = |len| format!("{begin}{}{end}", "x".repeat(len - begin.len() - end.len()));
    for pieces in [1, 1000, usize::MAX] {
        let parse = |text: &str| parse(text.as_bytes().chunks(pieces));
        assert_eq!(parse(&(head(MAX_HEAD) + "body")), Ok((200, 4)));
        assert_eq!(parse(&(head(MAX_HEAD + 1) + "body")), Err(Fault::HeadTooLong));
    }
}

#[test]
fn so_many_header_lines_and_no_more() {
    let head = |lines| format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(lines));
    assert_eq!(parse([head(MAX_HEADERS).as_bytes()]), Ok((200, 0)));
    assert_eq!(parse([head(MAX_HEADERS + 1).as_bytes()]), Err(Fault::TooManyHeaders));
}

#[test]
fn interim_heads_and_trailers_share_the_limit() {
    let interim = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n";
    assert_eq!(parse([&interim[..]].into_iter().cycle()), Err(Fault::HeadTooLong));
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ";
    let endless = [&head[..]].into_iter().chain([&b"xxxxxxxx"[..]].into_iter().cycle());
    assert_eq!(parse(endless), Err(Fault::HeadTooLong));
}

#[test]
fn the_extension_of_a_chunk_is_limited() {
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;";
    let endless = [&head[..]].into_iter().chain([&b"xxxxxxxx"[..]].into_iter().cycle());
    assert_eq!(parse(endless), Err(Fault::ChunkSize));
}
