//! The example `chat`, as those who talk there see it.

#[path = "chat/ending.rs"]
mod ending;
mod examples;
#[path = "chat/hostile.rs"]
mod hostile;
#[path = "chat/rooms.rs"]
mod rooms;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::OnceLock;

use examples::Server;

fn program() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| examples::example("chat")).clone()
}

fn server() -> Server {
    Server::start(&program(), &["127.0.0.1:0"])
}

/// Somebody who reads what is said.
struct Person(BufReader<TcpStream>);

impl Person {
    fn of(server: &Server) -> Person {
        let mut person = Person(BufReader::new(server.connect()));
        let welcome = person.hears();
        assert!(welcome.starts_with("* you are guest"), "{welcome}");
        person
    }

    /// Somebody with a name. Those who are there already hear of it.
    fn named(server: &Server, name: &str) -> Person {
        let mut person = Person::of(server);
        person.says(&format!("/nick {name}"));
        assert_eq!(person.hears(), format!("* you are {name}"));
        person
    }

    fn says(&mut self, line: &str) {
        self.sends(format!("{line}\n"));
    }

    fn sends(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).expect("the server takes it");
    }

    /// The next line; empty at the end.
    fn hears(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("a line");
        line.strip_suffix('\n').unwrap_or(&line).to_owned()
    }

    /// The next line that says something, and not who comes and goes.
    fn hears_said(&mut self) -> String {
        loop {
            let line = self.hears();
            if !line.starts_with('*') {
                return line;
            }
        }
    }

    fn hears_of(&mut self, what: &str) {
        loop {
            let line = self.hears();
            assert_ne!(line, "", "the end, and not a word of {what:?}");
            if line.contains(what) {
                return;
            }
        }
    }

    fn is_at_end(&mut self) -> bool {
        self.hears().is_empty()
    }
}
