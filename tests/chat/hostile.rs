//! Slow readers, fast talkers, and what does not belong into a line.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use eagain_sys::socket;

use super::examples::eventually;
use super::{Person, server};

#[test]
fn a_slow_reader_is_dropped_while_two_others_get_every_line() {
    let server = server();
    let before = server.descriptors();
    let mut slow = Person::named(&server, "slow");
    socket::set_receive_buffer(slow.0.get_ref().as_fd(), 4096).expect("an option");
    let (mut a, mut b) = (Person::named(&server, "ann"), Person::named(&server, "bob"));
    let text = "x".repeat(900);
    let (mut number, mut was_told) = (0, false);
    // In turn, and each waits until the other one has heard it: what is dropped was not read.
    while !was_told {
        assert!(number < 20_000, "a slow reader was not dropped");
        let line = format!("{number} {text}");
        let (from, to) = if number % 2 == 0 { (&mut a, &mut b) } else { (&mut b, &mut a) };
        from.says(&line);
        loop {
            let heard = to.hears();
            was_told |= heard == "* slow did not keep up and was dropped";
            if !heard.starts_with('*') {
                let name = if number % 2 == 0 { "ann" } else { "bob" };
                assert_eq!(heard, format!("<{name}> {line}"));
                break;
            }
        }
        number += 1;
    }
    assert!(number > 256, "dropped after {number} lines");
    // The other one is told, too, whoever of the two said the line that was too much.
    let other = if number % 2 == 0 { &mut b } else { &mut a };
    other.hears_of("slow did not keep up and was dropped");
    a.says("/who");
    a.hears_of("here: ann, bob");
    // What it has is the beginning, and then comes the end.
    let mut rest = Vec::new();
    let _ = slow.0.read_to_end(&mut rest);
    assert!(rest.len() < number * text.len(), "{} bytes of {number} lines", rest.len());
    drop(slow);
    eventually("it is gone", || server.descriptors() == before + 2);
}

#[test]
fn who_talks_faster_than_others_read_is_slowed_and_nobody_is_dropped() {
    let server = server();
    let (mut a, mut b) = (Person::named(&server, "ann"), Person::named(&server, "bob"));
    let lines: String = (0..300).map(|n| format!("{n}\n")).collect();
    a.sends(&lines);
    for n in 0..300 {
        assert_eq!(b.hears_said(), format!("<ann> {n}"));
    }
}

#[test]
fn a_line_that_is_too_long_is_cut_and_the_next_one_is_whole() {
    let server = server();
    let (mut a, mut b) = (Person::named(&server, "ann"), Person::named(&server, "bob"));
    a.sends([&b"y".repeat(200_000)[..], b"\nnext\n"].concat());
    a.hears_of("your line was cut after 1000 bytes");
    assert_eq!(b.hears_said(), format!("<ann> {}", "y".repeat(1000)));
    assert_eq!(b.hears_said(), "<ann> next");
}

#[test]
fn what_is_no_text_is_replaced_or_left_out() {
    let server = server();
    let (mut a, mut b) = (Person::named(&server, "ann"), Person::named(&server, "bob"));
    a.sends(
        b"\x1b[2J\x07clear\x08\0 \xff\xfd\x01tel\xff\xf6net \xc3\xa4 \xc3 a\tb\xe2\x80\xaetxt\n",
    );
    assert_eq!(b.hears_said(), "<ann> [2Jclear telnet \u{e4} \u{fffd} a btxt");
}

#[test]
fn those_who_break_off_leave_nothing() {
    let server = server();
    let mut a = Person::named(&server, "ann");
    let before = server.descriptors();
    for n in 0..100 {
        let mut stream = server.connect();
        stream.write_all(b"hello\nhalf a li").expect("the server takes it");
        if n % 2 == 0 {
            socket::set_linger(stream.as_fd(), Some(Duration::ZERO)).expect("an option");
        }
        drop(stream);
    }
    eventually("the connections are closed", || server.descriptors() == before);
    a.says("/who");
    a.hears_of("here: ann");
}
