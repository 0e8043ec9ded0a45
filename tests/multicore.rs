//! The example `21_multicore` as a server.

mod examples;

use examples::Server;

/// Two that ask for it get the same port: the kernel says nothing, so the example does.
#[test]
fn a_port_that_is_shared_with_another_program_is_told() {
    let program = examples::example("21_multicore");
    let mut first = Server::start(&program, &["2", "127.0.0.1:0"]);
    // It had the port alone: what it says next is of who came.
    let _visitor = first.connect();
    assert!(first.line().contains("1 connections accepted"));

    let mut second = Server::start(&program, &["2", &first.addr.to_string()]);
    assert!(second.line().contains("another program listens there"));
}
