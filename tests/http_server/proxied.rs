//! Behind nginx, which keeps its connections to the server.

use std::thread;

use super::nginx::{Nginx, is_here};
use super::{Client, HELLO, get, server};

#[test]
fn all_that_comes_through_nginx_is_answered_on_few_connections() {
    const CLIENTS: usize = 8;
    const EACH: usize = 250;
    if !is_here() {
        return;
    }
    let server = server();
    let before = server.descriptors();
    let nginx = Nginx::in_front_of(server.addr);
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let mut client = Client::to(nginx.addr);
                for number in 0..EACH {
                    let answer = client.ask(HELLO);
                    assert_eq!(
                        (answer.status, answer.body.as_slice()),
                        (200, &b"Hello, World!"[..])
                    );
                    if number % 50 == 0 {
                        assert_eq!(client.ask(&get("/async")).body, b"awaited\n");
                        assert_eq!(client.ask(&get("/nope")).status, 404);
                    }
                }
            });
        }
    });
    // Those that nginx keeps, and no more than it had at once.
    let kept = server.descriptors() - before;
    assert!((1..=CLIENTS).contains(&kept), "{kept} connections");
}

#[test]
fn behind_nginx_it_drains_and_another_one_takes_over() {
    if !is_here() {
        return;
    }
    let first = server();
    let addr = first.addr;
    let nginx = Nginx::in_front_of(addr);
    let mut client = Client::to(nginx.addr);
    assert_eq!(client.ask(HELLO).body, b"Hello, World!");
    first.signal("TERM"); // nginx has a connection that is idle
    assert!(first.end().0.success());
    assert_eq!(client.ask(HELLO).status, 502, "nobody is there");
    let _second = super::Server::start(&super::program(), &[&addr.to_string()]);
    assert_eq!(client.ask(HELLO).body, b"Hello, World!");
}
