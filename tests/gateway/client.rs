//! A client that reads one answer after the other.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use super::examples::Server;

pub(crate) struct Client(pub(crate) BufReader<TcpStream>);

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl Client {
    pub(crate) fn of(server: &Server) -> Client {
        Client(BufReader::new(server.connect()))
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).expect("the gateway takes it");
    }

    pub(crate) fn ask(&mut self, request: impl AsRef<[u8]>) -> Answer {
        self.send(request);
        self.answer().expect("a whole answer")
    }

    /// A whole answer, or how it breaks off.
    pub(crate) fn answer(&mut self) -> io::Result<Answer> {
        let mut answer = self.head()?;
        match (answer.field("Transfer-Encoding"), answer.field("Content-Length")) {
            (Some("chunked"), None) => while self.chunk(&mut answer.body)? {},
            (None, Some(length)) => {
                answer.body = vec![0; length.parse().map_err(io::Error::other)?];
                self.0.read_exact(&mut answer.body)?;
            }
            (None, None) if matches!(answer.status, 204 | 304) => {}
            (None, None) => drop(self.0.read_to_end(&mut answer.body)?),
            both => return Err(io::Error::other(format!("{both:?}"))),
        }
        Ok(answer)
    }

    pub(crate) fn head(&mut self) -> io::Result<Answer> {
        let status = self.line()?;
        let status = status.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
        let status = status.ok_or_else(|| io::Error::other("no status"))?;
        let mut fields = Vec::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(": ") else { break };
            fields.push((name.to_owned(), value.to_owned()));
        }
        Ok(Answer { status, fields, body: Vec::new() })
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        match line.strip_suffix("\r\n") {
            Some(line) => Ok(line.to_owned()),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// False if that was the last one.
    fn chunk(&mut self, body: &mut Vec<u8>) -> io::Result<bool> {
        let size = usize::from_str_radix(&self.line()?, 16).map_err(io::Error::other)?;
        let before = body.len();
        body.resize(before + size, 0);
        self.0.read_exact(&mut body[before..])?;
        self.line()?;
        Ok(size > 0)
    }

    /// True if the gateway has said all, and closed the connection in an orderly way.
    pub(crate) fn is_at_end(&mut self) -> bool {
        self.0.read(&mut [0]).expect("no reset") == 0
    }
}

pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: here\r\n\r\n")
}

pub(crate) fn post(body: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: here\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}
