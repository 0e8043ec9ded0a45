//! Files of a directory, and nothing beside it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use super::examples::Server;
use super::{Client, get, program};

/// A directory with a page, a large file, and a link that leads out of it.
fn directory() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path().join("root");
    fs::create_dir_all(root.join("sub dir")).expect("a directory");
    fs::write(root.join("index.html"), "<p>hello").expect("a file");
    fs::write(root.join("sub dir/a.txt"), "in a directory").expect("a file");
    fs::write(root.join("large"), large()).expect("a file");
    fs::write(dir.path().join("secret"), "not for you").expect("a file");
    symlink("../secret", root.join("link")).expect("a link");
    fs::create_dir(root.join("out")).expect("a directory");
    symlink("../../secret", root.join("out/index.html")).expect("a link");
    symlink("loop", root.join("loop")).expect("a link");
    fs::write(root.join("\u{1}"), "not by a sign").expect("a file");
    assert!(Command::new("mkfifo").arg(root.join("fifo")).status().expect("mkfifo").success());
    dir
}

fn large() -> Vec<u8> {
    (0..1_000_000u32).flat_map(u32::to_le_bytes).collect()
}

fn serve(dir: &tempfile::TempDir) -> Server {
    let root = dir.path().join("root");
    Server::start(&program(), &["--dir", root.to_str().expect("a path in UTF-8"), "127.0.0.1:0"])
}

#[test]
fn files_are_served_whole_with_their_kind() {
    let dir = directory();
    let server = serve(&dir);
    let mut client = Client::of(&server);
    let page = client.ask(&get("/"));
    assert_eq!(page.body, b"<p>hello");
    assert_eq!(page.field("Content-Type"), Some("text/html; charset=utf-8"));
    assert_eq!(client.ask(&get("/sub%20dir/a.txt")).body, b"in a directory");
    assert!(client.ask(&get("/large")).body == large());
    client.send("HEAD /large HTTP/1.1\r\nHost: here\r\n\r\n");
    assert_eq!(client.head().field("Content-Length"), Some("4000000"));
    assert_eq!(client.ask(&get("/index.html")).body, b"<p>hello");
}

#[test]
fn nobody_is_let_in_whose_file_finds_no_descriptor() {
    let dir = directory();
    let (program, root) = (program(), dir.path().join("root"));
    let (program, root) = (program.to_str().expect("a name"), root.to_str().expect("a name"));
    let limited = ["-c", "ulimit -n 40; exec \"$@\"", "sh", program, "127.0.0.1:0", "--dir", root];
    let server = Server::start(Path::new("/bin/sh"), &limited);
    let mut clients: Vec<_> = (0..20).map(|_| Client::of(&server)).collect();
    for client in &mut clients {
        client.send(get("/large"));
    }
    // Who has an answer makes room for the next one.
    for mut client in clients {
        assert_eq!(client.answer().status, 200);
    }
}

#[test]
fn a_directory_without_its_slash_is_elsewhere() {
    let dir = directory();
    let server = serve(&dir);
    let answer = Client::of(&server).ask(&get("/sub%20dir"));
    assert_eq!((answer.status, answer.field("Location")), (301, Some("/sub%20dir/")));
    // Two slashes in front would name a host.
    let answer = Client::of(&server).ask(&get("//sub%20dir"));
    assert_eq!((answer.status, answer.field("Location")), (301, Some("/sub%20dir/")));
}

#[test]
fn there_is_no_way_out() {
    let dir = directory();
    let server = serve(&dir);
    let mut client = Client::of(&server);
    let long = format!("/{}", "a".repeat(300));
    for path in [
        &long,
        "/../secret",
        "/%2e%2e/secret",
        "/sub%20dir/../../secret",
        "/link",
        "/out/",
        "//../secret",
        "/..%2fsecret",
        "/%2Fetc/passwd",
        "/a%00b",
        "/%zz",
        "/%+1",
        "/%4",
        "/loop",
        "/index.html/",
        "/fifo",
        "/sub%20dir/",
        "/none",
    ] {
        let answer = client.ask(&get(path));
        assert_eq!(
            (answer.status, answer.body.as_slice()),
            (404, b"nothing here\n".as_slice()),
            "{path}"
        );
    }
}

#[test]
fn a_directory_that_is_none_is_told_at_once() {
    for dir in ["/nonexistent", "/etc/passwd"] {
        let mut command = Command::new(program());
        let output = command.args(["--dir", dir]).stdin(Stdio::null()).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
        assert!(said.contains(dir), "{said}");
    }
}
