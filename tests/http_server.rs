//! The example `http_server`, as its clients see it.

#[path = "http_server/ending.rs"]
mod ending;
mod examples;
#[path = "http_server/files.rs"]
mod files;
#[path = "http_server/hostile.rs"]
mod hostile;
#[path = "gateway/nginx.rs"]
mod nginx;
#[path = "http_server/proxied.rs"]
mod proxied;
#[path = "http_server/requests.rs"]
mod requests;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::OnceLock;

use examples::Server;

const HELLO: &str = "GET / HTTP/1.1\r\nHost: here\r\n\r\n";

fn program() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| examples::example("http_server")).clone()
}

fn server() -> Server {
    Server::start(&program(), &["127.0.0.1:0"])
}

/// An answer.
#[derive(Debug)]
struct Answer {
    status: u16,
    fields: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// A client that reads one answer after the other.
struct Client(BufReader<TcpStream>);

impl Client {
    fn of(server: &Server) -> Client {
        Client(BufReader::new(server.connect()))
    }

    fn to(addr: SocketAddr) -> Client {
        let stream = TcpStream::connect(addr).expect("a connection");
        stream.set_read_timeout(Some(examples::PATIENCE)).expect("a timeout");
        Client(BufReader::new(stream))
    }

    fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).expect("the server takes it");
    }

    fn head(&mut self) -> Answer {
        let mut line = || {
            let mut line = String::new();
            self.0.read_line(&mut line).expect("a line");
            line.strip_suffix("\r\n").unwrap_or_else(|| panic!("{line:?} ends early")).to_owned()
        };
        let status = line();
        let status = status.strip_prefix("HTTP/1.1 ").and_then(|rest| rest[..3].parse().ok());
        let mut fields = Vec::new();
        loop {
            let field = line();
            if field.is_empty() {
                break;
            }
            let (name, value) = field.split_once(": ").expect("a field");
            fields.push((name.to_owned(), value.to_owned()));
        }
        Answer { status: status.expect("a status"), fields, body: Vec::new() }
    }

    fn answer(&mut self) -> Answer {
        let mut answer = self.head();
        let length = answer.field("Content-Length").expect("a length").parse().expect("a number");
        answer.body = vec![0; length];
        self.0.read_exact(&mut answer.body).expect("a body");
        answer
    }

    fn ask(&mut self, request: &str) -> Answer {
        self.send(request);
        self.answer()
    }

    /// True if the server has said all, and closed the connection in an orderly way.
    fn is_at_end(&mut self) -> bool {
        self.0.read(&mut [0]).expect("no reset") == 0
    }
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: here\r\n\r\n")
}
