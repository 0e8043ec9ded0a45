//! What strace prints is understood.

use super::strace::line::{call, calls};
use super::strace::marks::{Mark, mark};
use super::strace::{events, sockaddr, waits};

#[test]
fn a_line_is_taken_apart() {
    let line = r#"recvfrom(5, "a, \"b\" (c\\", 16384, 0, NULL, NULL) = 12"#;
    let c = call(line).unwrap();
    assert_eq!(c.name, "recvfrom");
    assert_eq!(c.args, ["5", r#""a, \"b\" (c\\""#, "16384", "0", "NULL", "NULL"]);
    assert_eq!((c.ret, c.fd(0), c.errno), (Some(12), Some(5), None));

    let c =
        call("epoll_ctl(3, EPOLL_CTL_ADD, 5, {events=EPOLLIN|EPOLLET, data={u32=1, u64=1}}) = 0");
    assert_eq!(c.unwrap().args[3], "{events=EPOLLIN|EPOLLET, data={u32=1, u64=1}}");

    let c = call(
        "recvfrom(4, 0x7ffd, 16384, 0, NULL, NULL) = -1 EAGAIN (Resource temporarily unavailable)",
    );
    let c = c.unwrap();
    assert_eq!((c.ret, c.errno.as_deref()), (Some(-1), Some("EAGAIN")));
    assert_eq!(c.note, "Resource temporarily unavailable");

    let c =
        call("fcntl(3, F_GETFL)                       = 0x802 (flags O_RDWR|O_NONBLOCK)").unwrap();
    assert_eq!((c.ret, c.note.as_str()), (Some(0x802), "flags O_RDWR|O_NONBLOCK"));

    let c = call("poll([{fd=3, events=POLLIN}], 1, -1)    = 1 ([{fd=3, revents=POLLIN}])").unwrap();
    assert_eq!((c.ret, c.note.as_str()), (Some(1), "[{fd=3, revents=POLLIN}]"));

    // With -yy a descriptor is printed with what is behind it.
    let c = call(
        "accept4(3<TCP:[127.0.0.1:7]>, NULL, NULL, SOCK_NONBLOCK) = 4<TCP:[127.0.0.1:7->127.0.0.1:8]>",
    );
    let c = c.unwrap();
    assert_eq!((c.fd(0), c.ret), (Some(3), Some(4)));
}

#[test]
fn calls_that_do_not_return_have_no_value() {
    assert_eq!(call("exit_group(0)                           = ?").unwrap().ret, None);
    let c = call(
        "recvfrom(3, 0x7ffc, 64, 0, NULL, NULL) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)",
    );
    let c = c.unwrap();
    assert_eq!((c.ret, c.errno.as_deref()), (None, Some("ERESTARTSYS")));
    let c = call("epoll_wait(4,  <unfinished ...>) = ?").unwrap();
    assert_eq!((c.args.as_slice(), c.ret), (["4".to_owned()].as_slice(), None));
}

#[test]
fn what_strace_made_up_is_marked() {
    let c = call("accept4(3, NULL, NULL, 0) = -1 EMFILE (Too many open files) (INJECTED)").unwrap();
    assert!(c.injected);
    assert_eq!((c.errno.as_deref(), c.note.as_str()), (Some("EMFILE"), "Too many open files"));
    let c = call("recvfrom(3, 0x7ffd, 16384, 0, NULL, NULL) = 0 (INJECTED)").unwrap();
    assert!(c.injected);
    assert_eq!(c.ret, Some(0));
}

#[test]
fn only_calls_that_returned_are_calls() {
    let trace = "\
close(3)                                = 0
--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=7, si_uid=0, si_status=0} ---
--- stopped by SIGSTOP ---
+++ exited with 0 +++
epoll_wait(4, ";
    assert_eq!(calls(trace).len(), 1);
    assert!(waits::is_beginning_of_wait("epoll_wait(4, "));
    assert!(!waits::is_beginning_of_wait("epoll_wait(4, [], 1024, 0) = 0"));
    assert!(!waits::is_beginning_of_wait("recvfrom(4, "));
    assert!(!waits::is_beginning_of_wait(""));
}

#[test]
fn a_call_in_two_parts_is_one() {
    let trace = "\
[pid    71] epoll_wait(4,  <unfinished ...>
[pid    72] write(5, \"x\", 1)            = 1
[pid    71] <... epoll_wait resumed>[{events=EPOLLIN, data={u32=1, u64=1}}], 1024, -1) = 1
";
    let calls = calls(trace);
    assert_eq!(calls.len(), 2);
    assert_eq!(
        (calls[1].name.as_str(), calls[1].args.len(), calls[1].ret),
        ("epoll_wait", 4, Some(1))
    );
}

#[test]
fn marks_are_read() {
    let read = |text: &str| {
        let line =
            format!("write(-1, \"{text}\", {}) = -1 EBADF (Bad file descriptor)", text.len());
        mark(&call(&line).unwrap()).unwrap()
    };
    assert_eq!(read("spawn 4"), Mark::Spawn(4));
    assert_eq!(read("resume 3 readable"), Mark::Resume(3, "readable".into()));
    assert_eq!(read("yield 3 read 7"), Mark::Yield(3, "read".into(), Some(7)));
    assert_eq!(read("yield 3 read 7 or timer"), Mark::Yield(3, "read or timer".into(), Some(7)));
    assert_eq!(read("yield 3 timer"), Mark::Yield(3, "timer".into(), None));
    assert_eq!(read("return 3"), Mark::End(3, "return".into()));
    assert_eq!(read("cancel 3"), Mark::End(3, "cancel".into()));
    assert_eq!(read("turn 12"), Mark::Loop("turn N".into()));
    // A write to a bad descriptor that is no mark, and one that works.
    assert_eq!(
        mark(&call("write(9, \"turn 1\", 6) = -1 EBADF (Bad file descriptor)").unwrap()),
        None
    );
    assert_eq!(mark(&call("write(1, \"turn 1\", 6) = 6").unwrap()), None);
}

#[test]
fn a_wait_is_spelled_one_way() {
    let wait = |line: &str| waits::wait(&call(line).unwrap()).unwrap();
    let forever = wait("epoll_wait(3, [{events=EPOLLIN, data={u32=5, u64=5}}], 1024, -1) = 1");
    assert_eq!(
        forever,
        wait("epoll_pwait(3, [{events=EPOLLIN, data={u32=5, u64=5}}], 1024, -1, NULL, 8) = 1")
    );
    assert_eq!(
        forever,
        wait("epoll_pwait2(3, [{events=EPOLLIN, data={u32=5, u64=5}}], 1024, NULL, NULL, 8) = 1")
    );

    assert_eq!(wait("epoll_wait(3, [], 1024, 0) = 0").timeout, "0");
    assert_eq!(wait("epoll_wait(3, [], 1024, 20) = 0 (Timeout)").timeout, "finite");
    let short = wait("epoll_pwait2(3, [], 1024, {tv_sec=0, tv_nsec=300000}, NULL, 8) = 0");
    assert_eq!(short.timeout, "finite");
    let zero = wait("epoll_pwait2(3, [], 1024, {tv_sec=0, tv_nsec=0}, NULL, 8) = 0");
    assert_eq!(zero.timeout, "0");

    let poll = wait(
        "poll([{fd=3, events=POLLIN}, {fd=4, events=POLLOUT}], 2, -1) = 1 ([{fd=4, revents=POLLOUT}])",
    );
    assert_eq!(poll.watched, [(3, "POLLIN".into()), (4, "POLLOUT".into())]);
    assert_eq!(poll.ready, [(waits::Who::Number(4), "POLLOUT".into())]);
    let poll = wait(
        "ppoll([{fd=3, events=POLLIN}], 1, {tv_sec=1, tv_nsec=0}, NULL, 8) = 1 ([{fd=3, revents=POLLIN}], left {tv_sec=0, tv_nsec=9})",
    );
    assert_eq!((poll.name, poll.timeout, poll.ready.len()), ("poll", "finite", 1));

    let select = wait("select(6, [3 4], [5], NULL, NULL) = 2 (in [4], out [5])");
    assert_eq!(select.watched.len(), 3);
    assert_eq!(
        select.ready,
        [(waits::Who::Number(4), "POLLIN".into()), (waits::Who::Number(5), "POLLOUT".into())]
    );
    let select = wait("pselect6(5, [3 4], NULL, NULL, {tv_sec=1, tv_nsec=0}, NULL) = 0 (Timeout)");
    assert_eq!((select.name, select.timeout, select.ready.len()), ("select", "finite", 0));
}

#[test]
fn flags_and_addresses_lose_what_varies() {
    assert_eq!(events::asked("EPOLLIN|EPOLLRDHUP|EPOLLET"), "IN|RDHUP|ET");
    assert_eq!(events::reported("EPOLLIN|EPOLLOUT|EPOLLRDHUP"), "IN");
    assert_eq!(events::reported("EPOLLOUT"), "OUT");
    assert_eq!(events::reported("EPOLLHUP"), "HUP");
    assert_eq!(events::reported("EPOLLERR"), "ERR");
    assert_eq!(events::reported("EPOLLIN|EPOLLOUT|EPOLLERR|EPOLLHUP|EPOLLRDHUP"), "IN|ERR");
    let address = sockaddr::address;
    assert_eq!(
        address("{sa_family=AF_INET, sin_port=htons(40001), sin_addr=inet_addr(\"127.0.0.1\")}")
            .unwrap(),
        "127.0.0.1:PORT"
    );
    assert_eq!(
        address("{sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr(\"0.0.0.0\")}").unwrap(),
        "0.0.0.0:0"
    );
    assert_eq!(
        address("{sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, \"::1\", &sin6_addr), sin6_scope_id=0}").unwrap(),
        "[::1]:PORT"
    );
    assert_eq!(address("{sa_family=AF_UNIX, sun_path=\"/run/x\"}").unwrap(), "AF_UNIX");
    assert_eq!(address("NULL"), None);
}
