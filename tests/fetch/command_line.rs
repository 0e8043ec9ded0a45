//! What goes wrong on our own side: one line on standard error says so.

use std::io::Write;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Barrier};

use crate::OK;
use crate::program::{fetch, finish, path, run, start};
use crate::server::{Server, wait_for_end};

#[test]
fn bad_arguments_get_one_line_and_exit_code_2() {
    let url = "http://127.0.0.1:1/";
    for args in [
        &["--count"][..],
        &["--count", "0", url],
        &["--count", "-1", url],
        &["--timeout", "0", url],
        &["--timeout", "NaN", url],
        &["--timeout=soon", url],
        &["--retries", "3", url],
        &["https://127.0.0.1/"],
        &["127.0.0.1"],
        &["http://127.0.0.1:port/"],
    ] {
        let run = fetch(args);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(run.stderr.starts_with("fetch: "), "{args:?}: {}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{args:?}: {}", run.stderr);
    }
    let help = fetch(&["--help"]);
    assert!(help.stdout.starts_with("usage: fetch [URL...]"), "{help:?}");
    assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""));
}

#[test]
fn more_fetches_than_descriptors_are_refused_in_one_line() {
    let hard = "ulimit -n 64; exec \"$0\" \"$@\"";
    let run = run("sh", &["-c", hard, &path(), "--count=100", "http://127.0.0.1:1/"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let why = "fetch: 100 fetches at once need 132 descriptors, and the limit is 64";
    assert!(run.stderr.starts_with(why) && run.stderr.lines().count() == 1, "{run:?}");
}

#[test]
fn nobody_reads_the_rows() {
    let reader_is_gone = Arc::new(Barrier::new(2));
    let may_answer = reader_is_gone.clone();
    let good = Server::start(move |mut stream| {
        may_answer.wait();
        stream.write_all(OK.as_bytes())
    });
    let silent = Server::start(|stream| {
        wait_for_end(&stream);
        Ok(())
    });
    // No pipe: another test's child that was just forked may have that end of it for a moment yet.
    let (reader, stdout) = UnixStream::pair().expect("a pair");
    let urls = ["--timeout=3600", &good.url("/"), &silent.url("/")];
    let child = start(&path(), &urls, OwnedFd::from(stdout));
    reader.shutdown(Shutdown::Both).expect("it is open");
    reader_is_gone.wait();
    // It does not wait for the silent one: there is nobody to tell.
    let run = finish(child);
    assert_eq!((run.code, run.stderr.lines().count()), (Some(1), 1), "{run:?}");
    assert!(run.stderr.starts_with("fetch: Broken pipe"), "{run:?}");
}
