//! A job of an example that fails: one line on standard error that says what it was about, and exit
//! code 1.

mod examples;

use std::net::TcpListener;
use std::os::fd::AsFd;
use std::process::{Command, Stdio};

use eagain_sys::socket;

/// Runs an example that must fail, and looks for `about` in what it says.
fn fails(name: &str, args: &[&str], about: &str) {
    let mut command = Command::new(examples::example(name));
    let ended = command.args(args).env_remove("EAGAIN_TRACE").stdin(Stdio::null()).output();
    let ended = ended.expect("it starts");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!((ended.status.code(), said.lines().count()), (Some(1), 1), "{name}: {said}");
    let is_for_people = said.starts_with(&format!("{name}: ")) && !said.contains("Os {");
    assert!(is_for_people && said.contains(about), "{name}: {said}");
}

#[test]
fn an_address_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = taken.local_addr().expect("an address").to_string();
    for name in ["echo_server", "echo_server_async", "http_server", "chat"] {
        fails(name, &[&addr], &addr);
    }
    fails("21_multicore", &["2", &addr], &addr);
    fails("gateway", &[&addr, "127.0.0.1:1"], &addr);
}

#[test]
fn a_page_that_nobody_serves_is_named() {
    // The port stays taken: nobody else may come to listen there.
    let any = "127.0.0.1:0".parse().expect("an address");
    let port = socket::tcp(&any).expect("a socket");
    socket::bind(port.as_fd(), &any).expect("a port");
    let url = format!("http://{}/", socket::local(port.as_fd()).expect("an address"));
    for name in ["01_blocking_fetch", "09_edge_triggered", "12_async_fetch", "13_gather"] {
        fails(name, &[&url], &url);
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    fails("19_files", &["/nonexistent/x"], "/nonexistent/x");
}
