//! Ten thousand connections at once.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::process::Command;
use std::time::Duration;

use eagain_sys::{limits, socket};

use super::examples::{Server, eventually, example};
use super::{is_asked_for, memory, own_process};

#[test]
fn ten_thousand_connections_echo_correctly_at_once() {
    if is_asked_for() {
        let output = Command::new(example("c10k")).arg("10000").output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stdout);
        println!("{said}");
        assert!(output.status.success(), "{output:?}");
        assert!(said.ends_with("10000 of 10000 echoed correctly, twice\n"), "{said}");
    }
}

/// The same with clients that know nothing of this library, and for both echo servers.
#[test]
fn ten_thousand_plain_clients_have_their_words_back() {
    const CLIENTS: usize = 10_000;
    const NEEDED: u64 = CLIENTS as u64 + 100;
    if !is_asked_for()
        || !own_process::entered("ten_thousand::ten_thousand_plain_clients_have_their_words_back")
    {
        return;
    }
    let (_, hard) = limits::descriptors().expect("a limit");
    assert!(hard >= NEEDED, "{NEEDED} descriptors are needed, and `ulimit -Hn` says {hard}");
    limits::set_descriptors(NEEDED).expect("a higher limit");
    for name in ["echo_server", "echo_server_async"] {
        let server = Server::start(&example(name), &["127.0.0.1:0"]);
        // When it has echoed once, all is there that it needs for itself.
        let mut first = server.connect();
        first.write_all(b"x").expect("the server takes it");
        first.read_exact(&mut [0]).expect("an echo");
        let before = server.descriptors();
        let mut clients: Vec<_> = (0..CLIENTS).map(|_| server.connect()).collect();
        for round in 0..2 {
            let word = |number: usize| format!("{round}:{number:08}").into_bytes();
            for (number, client) in clients.iter_mut().enumerate() {
                client.write_all(&word(number)).expect("the server takes it");
            }
            for (number, client) in clients.iter_mut().enumerate() {
                let mut echo = [0; 10];
                client.read_exact(&mut echo).expect("an echo");
                assert_eq!(echo[..], word(number)[..], "{name}");
            }
        }
        assert_eq!(server.descriptors(), before + CLIENTS, "{name}");
        let resident = memory::resident_bytes_of(server.pid()) / 1024;
        println!("{name}: {resident} kB with {CLIENTS} connections");
        clients.iter().for_each(break_off);
        drop(clients);
        eventually("all are closed", || server.descriptors() == before);
    }
}

/// Closed with this, it goes at once: a connection that is closed in peace would keep its port for
/// a minute.
pub(crate) fn break_off(client: &TcpStream) {
    socket::set_linger(client.as_fd(), Some(Duration::ZERO)).expect("an option");
}
