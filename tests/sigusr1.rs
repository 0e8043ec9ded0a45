//! A loop that hangs is asked by a signal. Each of these tests is a process that hangs, and another
//! one that asks it.

#[allow(dead_code)]
#[path = "soak/own_process.rs"]
mod own_process;
mod tasks;
#[path = "soak/watchdog.rs"]
mod watchdog;

use std::cell::Cell;
use std::future::pending;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::rc::Rc;
use std::thread;

use eagain::EventLoop;
use tasks::PATIENCE;
use watchdog::watch;

const READY: &str = "ready to be asked: ";

/// The process that hangs, with a line to its standard input still to be written.
struct Hanging {
    child: Child,
    told: BufReader<ChildStderr>,
}

impl Hanging {
    fn start(test: &str) -> Hanging {
        let mut command = own_process::command(test);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("a process");
        let told = BufReader::new(child.stderr.take().expect("it is piped"));
        Hanging { child, told }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.told.read_line(&mut line).expect("a line");
        assert!(line.ends_with('\n'), "the process has ended: {line:?}");
        line.truncate(line.len() - 1);
        line
    }

    /// What it says when it is about to hang.
    fn ready(&mut self) -> String {
        loop {
            if let Some(rest) = self.line().strip_prefix(READY) {
                return rest.to_owned();
            }
        }
    }

    /// Asks, and returns so many lines of the answer.
    fn ask(&mut self, lines: usize) -> Vec<String> {
        let process = self.child.id().to_string();
        let asked = Command::new("sh").args(["-c", "kill -s USR1 $0", &process]).status();
        assert!(asked.expect("a shell").success());
        (0..lines).map(|_| self.line()).collect()
    }

    fn end(mut self) {
        self.child.stdin.take().expect("it is piped").write_all(b"\n").expect("a write");
        assert!(self.child.wait().expect("its end").success());
    }
}

fn get_ready(words: impl std::fmt::Display) {
    writeln!(io::stderr(), "{READY}{words}").expect("a line");
}

/// Blocks the thread until the parent writes a byte, in a call that a signal must not end.
fn hang() {
    assert_eq!(io::stdin().lock().read(&mut [0]).expect("no EINTR: SA_RESTART"), 1);
}

/// Blocks the thread until then, and the answer is the rest of the process.
fn answering(name: &str) -> EventLoop {
    let builder = EventLoop::builder().name(name).answer_sigusr1(true).report_blocking(None);
    builder.build().expect("a loop")
}

#[test]
fn a_loop_that_hangs_tells_which_task_it_is() {
    let _watchdog = watch(PATIENCE);
    if !own_process::is_here() {
        let mut hanging = Hanging::start("a_loop_that_hangs_tells_which_task_it_is");
        let expected = hanging.ready();
        for _ in 0..2 {
            let answer = hanging.ask(1).remove(0);
            let (begin, end) = expected.split_once(" ... ").expect("both");
            assert!(answer.starts_with("eagain: thread "), "{answer}");
            assert!(answer.contains(begin) && answer.contains(end), "{answer}, not {expected}");
        }
        return hanging.end();
    }
    let mut event_loop = answering("web");
    event_loop.spawn(async {}).detach(); // or the one that hangs would be number 0
    let expected = Rc::new(Cell::new(String::new()));
    let told = expected.clone();
    let hangs = async move {
        get_ready(told.take());
        hang();
    };
    let (hangs, line) = (event_loop.spawn(hangs), line!());
    let begin = format!("\"web\" runs {} for ", hangs.id());
    expected.set(format!("{begin} ... , spawned at {}:{line}:", file!()));
    event_loop.run().expect("a run");
    tasks::returned(&hangs);
}

#[test]
fn a_root_future_that_hangs_is_told_of_too() {
    let _watchdog = watch(PATIENCE);
    if !own_process::is_here() {
        let mut hanging = Hanging::start("a_root_future_that_hangs_is_told_of_too");
        let expected = hanging.ready();
        let answer = hanging.ask(1).remove(0);
        assert!(answer.contains(&expected), "{answer}, not {expected}");
        return hanging.end();
    }
    let mut event_loop = answering("web");
    let hangs = async {
        get_ready(format_args!(", spawned at {}:{}:", file!(), line!() + 3));
        hang();
    };
    event_loop.block_on(hangs).expect("a run");
}

#[test]
fn every_loop_answers_also_one_that_sleeps() {
    let _watchdog = watch(PATIENCE);
    if !own_process::is_here() {
        let mut hanging = Hanging::start("every_loop_answers_also_one_that_sleeps");
        hanging.ready();
        // The other one may be on its way to sleep yet.
        for _ in 0..1000 {
            let mut answer = hanging.ask(2);
            answer.sort_by_key(|line| line.contains("\"lazy\""));
            assert!(answer[0].contains("\"busy\" runs task 0 for "), "{answer:?}");
            assert!(answer[1].contains("\"lazy\""), "{answer:?}");
            if answer[1].contains("\"lazy\" sleeps in the kernel for ") {
                return hanging.end();
            }
        }
        panic!("it never sleeps");
    }
    let (sender, begun) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let mut lazy = answering("lazy");
        lazy.spawn(pending::<()>()).detach();
        sender.send(()).expect("the other thread waits");
        lazy.run().expect("a run without an end");
    });
    let mut busy = answering("busy");
    begun.recv().expect("the other loop");
    let hangs = busy.spawn(async {
        get_ready("");
        hang();
    });
    busy.run().expect("a run");
    tasks::returned(&hangs);
}

#[test]
fn a_loop_that_is_gone_does_not_answer_and_the_process_lives_on() {
    let _watchdog = watch(PATIENCE);
    if !own_process::is_here() {
        let mut hanging =
            Hanging::start("a_loop_that_is_gone_does_not_answer_and_the_process_lives_on");
        hanging.ready();
        let answer = hanging.ask(1).remove(0);
        assert!(answer.contains("\"present\" runs no task"), "{answer}");
        return hanging.end();
    }
    let (gone, present) = (answering("gone"), answering("present"));
    drop(gone);
    get_ready("");
    hang();
    drop(present);
}
