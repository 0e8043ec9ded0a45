//! What is the same in every run is kept, and nothing else.

use super::strace::diff::diff;
use super::strace::folding::Order;
use super::strace::golden::judge;
use super::strace::line::calls;
use super::strace::quoted::first_untrue;
use super::strace::tally::Tally;
use super::strace::transcript::{Options, certain, transcript};

const IN_ORDER: Options = Options { order: Order::Seen, pipes: false, optional: &[] };

/// A transcript begins with an empty line, which is not worth writing each time.
fn shown(trace: &str, options: Options<'_>) -> String {
    transcript(&calls(trace), options).trim_start().to_owned()
}

/// What the dynamic loader and the start of std do is nobody's business: their descriptors were not
/// born in the trace, or not from a call that is traced. The number 3 is three descriptors here.
#[test]
fn descriptors_are_told_apart_by_birth() {
    let trace = r#"
read(3, "\177ELF", 832) = 832
close(3)                                = 0
poll([{fd=0, events=0}, {fd=1, events=0}, {fd=2, events=0}], 3, 0) = 0 (Timeout)
socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3
connect(3, {sa_family=AF_INET, sin_port=htons(7), sin_addr=inet_addr("127.0.0.1")}, 16) = 0
close(3)                                = 0
write(1, "hello\n", 6)                  = 6
eventfd2(0, EFD_CLOEXEC|EFD_NONBLOCK)   = 3
write(3, "\1\0\0\0\0\0\0\0", 8)         = 8
close(3)                                = 0
close(3)                                = -1 EBADF (Bad file descriptor)
"#;
    let expected = "\
sock
    socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP)
    connect(127.0.0.1:PORT)
    close

eventfd
    eventfd2(0, EFD_CLOEXEC|EFD_NONBLOCK)
  | write = 8 bytes
    close
";
    assert_eq!(shown(trace, IN_ORDER), expected);
}

/// An edge-triggered read in one piece and in three: the same transcript.
#[test]
fn how_the_network_cut_the_bytes_does_not_show() {
    let start = "\
socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_IP) = 3
epoll_create1(EPOLL_CLOEXEC)            = 4
recvfrom(3, 0x7ffd, 4096, 0, NULL, NULL) = -1 EAGAIN (Resource temporarily unavailable)
epoll_ctl(4, EPOLL_CTL_ADD, 3, {events=EPOLLIN|EPOLLET, data={u32=1, u64=4294967297}}) = 0
";
    let wait = "epoll_wait(4, [{events=EPOLLIN, data={u32=1, u64=4294967297}}], 1024, -1) = 1\n";
    let interrupted = "epoll_wait(4, 0x5581, 1024, -1) = -1 EINTR (Interrupted system call)\n";
    let refused =
        "recvfrom(3, 0x7ffd, 4096, 0, NULL, NULL) = -1 EAGAIN (Resource temporarily unavailable)\n";
    let bytes = |n| format!("recvfrom(3, \"…\", 4096, 0, NULL, NULL) = {n}\n");
    let end = "recvfrom(3, \"\", 4096, 0, NULL, NULL) = 0\nclose(3)              = 0\n";
    let whole = format!("{start}{wait}{}{end}", bytes(300));
    let cut = format!(
        "{start}{interrupted}{wait}{}{wait}{}{refused}{wait}{}{end}",
        bytes(100),
        bytes(50),
        bytes(150)
    );
    assert_eq!(shown(&whole, IN_ORDER), shown(&cut, IN_ORDER));
    let expected = "\
sock
    socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_IP)
  | recvfrom = EAGAIN
  | epoll_ctl(ADD, IN|ET)
  | event IN
  | recvfrom = 300 bytes
    recvfrom = end
    close

epoll
    epoll_create1(EPOLL_CLOEXEC)
  | epoll_wait(none) = ready
";
    assert_eq!(shown(&whole, IN_ORDER), expected);
}

/// An edge can be reported after what it announced was read, and then says `OUT` only.
#[test]
fn a_late_edge_does_not_show() {
    let start = "socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3\nepoll_create1(0) = 4\n\
        epoll_ctl(4, EPOLL_CTL_ADD, 3, {events=EPOLLIN|EPOLLOUT|EPOLLET, data={u32=1, u64=1}}) = 0\n";
    let wait =
        |flags| format!("epoll_wait(4, [{{events={flags}, data={{u32=1, u64=1}}}}], 9, -1) = 1\n");
    let bytes = "recvfrom(3, \"x\", 64, 0, NULL, NULL) = 1\n";
    let refused =
        "sendto(3, \"x\", 1, 0, NULL, 0) = -1 EAGAIN (Resource temporarily unavailable)\n";
    let (both, room) = (wait("EPOLLIN|EPOLLOUT"), wait("EPOLLOUT"));
    let plain = shown(&format!("{start}{both}{bytes}"), IN_ORDER);
    assert_eq!(shown(&format!("{start}{both}{bytes}{room}"), IN_ORDER), plain);
    let waited_for = shown(&format!("{start}{both}{bytes}{refused}{room}"), IN_ORDER);
    assert!(waited_for.contains("  | event OUT\n"), "{waited_for}");
}

/// A registration more than before is the program's own doing, unless each is taken back.
#[test]
fn a_second_registration_shows() {
    let start = "socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3\nepoll_create1(0) = 4\n";
    let ctl = |op| {
        format!("epoll_ctl(4, EPOLL_CTL_{op}, 3, {{events=EPOLLIN, data={{u32=1, u64=1}}}}) = 0\n")
    };
    let twice = format!("{start}{}{}", ctl("MOD"), ctl("MOD"));
    assert!(shown(&twice, IN_ORDER).contains("  | epoll_ctl(MOD, IN) ×2\n"));
    let round = ctl("ADD") + &ctl("DEL");
    assert_eq!(
        shown(&format!("{start}{round}{round}"), IN_ORDER),
        shown(&format!("{start}{round}"), IN_ORDER)
    );
}

/// A race decides whether the first bytes are there before the reader.
#[test]
fn a_race_can_be_left_out() {
    let start = "socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3\n";
    let refused =
        "recvfrom(3, 0x7ffd, 64, 0, NULL, NULL) = -1 EAGAIN (Resource temporarily unavailable)\n";
    let bytes = "recvfrom(3, \"x\", 64, 0, NULL, NULL) = 1\n";
    let (late, soon) = (format!("{start}{refused}{bytes}"), format!("{start}{bytes}{refused}"));
    assert_ne!(shown(&late, IN_ORDER), shown(&soon, IN_ORDER));
    let racing = Options { order: Order::Turn, ..IN_ORDER };
    assert_eq!(shown(&late, racing), shown(&soon, racing));

    let options = Options { optional: &["sock: recvfrom = EAGAIN"], ..IN_ORDER };
    let (with, without) = (shown(&late, options), shown(&format!("{start}{bytes}"), options));
    assert!(with.contains("  ~ recvfrom = EAGAIN\n"));
    assert_eq!(certain(&with), certain(&without));
    assert_eq!(judge("x", Some(&with), &without), Ok(()));
}

/// Fetches end in any order: sections of one role are sorted, and equal ones are one.
#[test]
fn the_order_of_equals_does_not_show() {
    let sock = |fd, n| {
        format!(
            "socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = {fd}\n\
             recvfrom({fd}, \"…\", 64, 0, NULL, NULL) = {n}\n\
             close({fd}) = 0\n"
        )
    };
    let (a, b) =
        (sock(3, 10) + &sock(3, 20) + &sock(4, 10), sock(5, 10) + &sock(3, 10) + &sock(4, 20));
    assert_eq!(shown(&a, IN_ORDER), shown(&b, IN_ORDER));
    assert!(shown(&a, IN_ORDER).starts_with("sock ×2\n    socket"));
}

#[test]
fn calls_belong_to_the_task_that_runs() {
    let mark = |text: &str| format!("write(-1, \"{text}\", 9) = -1 EBADF (Bad file descriptor)\n");
    let trace = [
        "epoll_create1(EPOLL_CLOEXEC)            = 3\n".to_owned(),
        mark("spawn 0"),
        mark("turn 1"),
        mark("resume 0 turn"),
        "socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 4\n".to_owned(),
        "recvfrom(4, 0x7ffd, 64, 0, NULL, NULL) = -1 EAGAIN (Resource temporarily unavailable)\n"
            .to_owned(),
        mark("yield 0 read 4"),
        "epoll_wait(3, [], 64, -1)               = 1\n".to_owned(),
        mark("turn 2"),
        mark("resume 0 readable"),
        "recvfrom(4, \"x\", 64, 0, NULL, NULL)   = 1\n".to_owned(),
        "close(4)                                = 0\n".to_owned(),
        mark("return 0"),
    ]
    .concat();
    let expected = "
task
  | resume turn
    sock: socket(AF_INET, SOCK_STREAM, IPPROTO_IP)
  | sock: recvfrom = EAGAIN
  | yield read sock
  | resume readable
  | sock: recvfrom = 1 bytes
    sock: close
    return

no task
  | epoll: epoll_wait(none) = ready
  | epoll: epoll_create1(EPOLL_CLOEXEC)
  | spawn
  | turn N
";
    let transcript = shown(&trace, IN_ORDER);
    assert!(transcript.ends_with(expected), "{transcript}");
}

#[test]
#[should_panic(expected = "resumed while another one runs")]
fn two_tasks_cannot_run_at_once() {
    let mark = |text: &str| format!("write(-1, \"{text}\", 9) = -1 EBADF (Bad file descriptor)\n");
    shown(&(mark("resume 0 turn") + &mark("resume 1 turn")), IN_ORDER);
}

#[test]
fn calls_are_counted() {
    let once = "\
epoll_wait(3, [{events=EPOLLIN, data={u32=1, u64=1}}], 64, -1) = 1
recvfrom(4, \"x\", 64, 0, NULL, NULL)   = 1
recvfrom(4, 0x7ffd, 64, 0, NULL, NULL) = -1 EAGAIN (Resource temporarily unavailable)
";
    let waited = "epoll_pwait2(3, [], 64, {tv_sec=0, tv_nsec=5}, NULL, 8) = 0\n";
    let less = Tally::of(&calls(once));
    let more = Tally::of(&calls(&format!("{once}{once}{waited}")));
    assert_eq!((more.count("recvfrom"), more.count("recvfrom = EAGAIN"), more.total()), (2, 2, 7));
    let cost = more.beyond(&less);
    assert!(cost.has_calls_of(&Tally::from([
        ("epoll_wait", 2),
        ("recvfrom", 1),
        ("recvfrom = EAGAIN", 1)
    ])));
    assert_eq!(cost.events, 1);
    assert_eq!(cost.without("epoll_wait").total(), 2);
}

#[test]
fn a_difference_is_shown_with_its_surroundings() {
    let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    let new = "1\n2\n3\n4\n5\nsix\n7\n8\n9\n";
    assert_eq!(diff(old, new), "  ⋮\n  3\n  4\n  5\n- 6\n+ six\n  7\n  8\n  9\n");
    assert_eq!(diff("a\n", ""), "- a\n");
    let missing = judge("x", None, new).unwrap_err();
    assert!(missing.contains("make strace-bless"), "{missing}");
    let different = judge("x", Some(old), new).unwrap_err();
    assert!(different.contains("- 6\n+ six\n"), "{different}");
    assert_eq!(judge("x", Some(new), new), Ok(()));
}

#[test]
fn a_quotation_is_held_to_the_trace() {
    let trace = calls(
        r#"
socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3
connect(3, {sa_family=AF_INET, sin_port=htons(7), sin_addr=inet_addr("127.0.0.1")}, 16) = -1 EINPROGRESS (Operation now in progress)
recvfrom(3, "hello", 64, 0, NULL, NULL) = 5
recvfrom(3, "", 64, 0, NULL, NULL)      = 0
"#,
    );
    let quoted = "\
//! socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 7
//! connect(7, {...}, ...) = -1 EINPROGRESS (Operation now in progress)
//!     ... and so on, until
//! recvfrom(7, \"\", 64, 0, NULL, NULL) = 0                   the end
";
    assert_eq!(first_untrue(quoted, &trace), None);
    let blocking = "//! connect(3, {...}, ...) = 0";
    assert_eq!(first_untrue(blocking, &trace), Some("connect(3, {...}, ...) = 0"));
    let flags = "//! socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3";
    assert!(first_untrue(flags, &trace).is_some());
    let backwards = "//! recvfrom(3, ...) = 0\n//! recvfrom(3, ...) = 5";
    assert_eq!(first_untrue(backwards, &trace), Some("recvfrom(3, ...) = 5"));
}
