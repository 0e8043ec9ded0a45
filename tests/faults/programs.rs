//! Programs that run to their end, and what they say when nothing went wrong.

use crate::injected::{Ended, Whose, run};
use crate::{program, tracer};

/// A program, whose calls are answered by strace, and whether it did its work.
type Program = (&'static str, Whose, fn(&str) -> bool);

const PROGRAMS: [Program; 4] = [
    ("fetch", Whose::FirstThread, has_five_pages),
    ("12_async_fetch", Whose::FirstThread, has_five_pages_twice),
    ("10_echo", Whose::FirstThread, |said| said.contains("the slow client had 32768 bytes back")),
    ("19_files", Whose::All, has_read_all_three),
];

/// `URL 200 10092 bytes ...`
fn has_five_pages(said: &str) -> bool {
    let pages = said.lines().filter_map(|line| {
        let mut words = line.split_whitespace().skip_while(|word| !word.starts_with("http://"));
        Some((words.nth(1)?, words.next()?, words.next()?))
    });
    pages.eq([("200", "10092", "bytes"); 5])
}

/// `URL: 200 OK, 10092 bytes`
fn has_five_pages_twice(said: &str) -> bool {
    let pages = said.lines().filter(|line| line.ends_with(": 200 OK, 10092 bytes"));
    pages.count() == 5
}

fn has_read_all_three(said: &str) -> bool {
    let told = |what: &str| {
        let lines =
            said.lines().filter_map(|line| line.strip_prefix(what)?.trim().strip_prefix('"'));
        lines.filter_map(|line| line.strip_suffix('"')).collect::<String>()
    };
    said.contains("file:     7000 bytes, 1000 lines")
        && told("pipe:") == "one two three"
        && told("terminal:") == r"the first line\nthe second\nthe third\n"
}

/// With these faults each of the programs says what it says without.
pub(crate) fn all_do_their_work(faults: &[&str]) {
    for (name, whose, has_done) in PROGRAMS {
        if tracer::works() {
            let ended = run(&program(name), faults, whose);
            let is_well = ended.code == Some(0) && ended.stderr.is_empty();
            assert!(is_well && has_done(&ended.stdout), "{name}, {faults:?}: {ended:#?}");
        }
    }
}

/// With this fault one of the pages is not had, for this reason, and the program says so.
pub(crate) fn one_fetch_fails(fault: &str, why: &str) {
    if tracer::works() {
        let ended = run(&program("fetch"), &[fault], Whose::FirstThread);
        let failed: Vec<_> = ended.stdout.lines().filter(|line| line.contains(why)).collect();
        assert!(ended.code == Some(1) && failed.len() == 1, "{fault}: {ended:#?}");
        let had = ended.stdout.lines().filter(|line| line.contains("10092 bytes")).count();
        assert_eq!(had, 4, "{fault}: {ended:#?}");
    }
}

/// With this fault each program does its work, or ends with a line about it, in time.
pub(crate) fn all_end(fault: &str) {
    for (name, whose, has_done) in PROGRAMS {
        if tracer::works() {
            let ended = run(&program(name), &[fault], whose);
            let said_why = |ended: &Ended| {
                let about = ended.stderr.lines().next().is_some_and(|line| line.contains(": "));
                ended.code == Some(1) && (about || !ended.stdout.is_empty())
            };
            let has_ended = match ended.code {
                Some(0) => has_done(&ended.stdout),
                _ => said_why(&ended) && !ended.stderr.contains("panicked"),
            };
            assert!(has_ended, "{name}, {fault}: {ended:#?}");
        }
    }
}
