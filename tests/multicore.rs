//! The example `21_multicore` as a server.

mod examples;

use examples::Server;

/// Two that ask for it get the same port: the kernel says nothing, so the example does.
#[test]
fn a_port_that_is_shared_with_another_program_is_told() {
    let program = examples::example("21_multicore");
    let first = Server::start(&program, &["2", "127.0.0.1:0"]);
    let second = Server::start(&program, &["2", &first.addr.to_string()]);
    let says_so = |server: Server| {
        server.signal("INT");
        server.end().1.contains("another program listens there")
    };
    assert!(says_so(second));
    assert!(!says_so(first));
}
