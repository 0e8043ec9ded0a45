//! Rooms, names, lines.

use super::{Person, server};

#[test]
fn a_line_is_told_to_the_others_in_the_room_and_nobody_else() {
    let server = server();
    let (mut a, mut b) = (Person::named(&server, "ann"), Person::named(&server, "bob"));
    let mut c = Person::named(&server, "cid");
    c.says("/join garden");
    assert_eq!(c.hears(), "* you are in garden");
    a.hears_of("cid has gone to garden");
    a.says("hello");
    assert_eq!(b.hears_said(), "<ann> hello");
    // What comes next was said later: nothing came before.
    c.says("/who");
    assert_eq!(c.hears(), "* here: cid");
    b.says("well");
    assert_eq!(a.hears_said(), "<bob> well", "nobody hears himself");
}

#[test]
fn those_in_the_room_hear_who_comes_and_goes_and_is_renamed() {
    let server = server();
    let mut a = Person::named(&server, "ann");
    let mut b = Person::of(&server);
    a.hears_of("has come");
    b.says("/nick bob");
    a.hears_of("is bob now");
    b.says("/quit");
    a.hears_of("bob has gone");
    assert_eq!(b.hears(), "* you are bob");
    assert_eq!(b.hears(), "* goodbye");
    assert!(b.is_at_end());
}

#[test]
fn a_name_that_is_taken_or_no_name_is_refused() {
    let server = server();
    let (_a, mut b) = (Person::named(&server, "ann"), Person::of(&server));
    b.says("/nick ann");
    assert_eq!(b.hears(), "* somebody is ann");
    for name in ["", "two words", "<x>", "a-name-of-more-than-24-letters"] {
        b.says(&format!("/nick {name}"));
        assert_eq!(b.hears(), "* a name has 1 to 24 letters, digits, - and _", "{name:?}");
    }
}

#[test]
fn rooms_are_listed_as_long_as_somebody_is_there() {
    let server = server();
    let mut a = Person::of(&server);
    a.says("/join garden");
    a.says("/rooms");
    assert_eq!(a.hears(), "* you are in garden");
    assert_eq!(a.hears(), "* rooms: garden (1)");
}

#[test]
fn a_command_that_is_none_is_told_and_two_slashes_are_one() {
    let server = server();
    let (mut a, mut b) = (Person::named(&server, "ann"), Person::named(&server, "bob"));
    a.says("/dance");
    a.hears_of("/dance means nothing here");
    a.says("//etc/passwd");
    assert_eq!(b.hears_said(), "<ann> /etc/passwd");
}

#[test]
fn lines_may_come_in_pieces_and_many_at_once_and_end_as_telnet_ends_them() {
    let server = server();
    let (mut a, mut b) = (Person::named(&server, "ann"), Person::named(&server, "bob"));
    // Each piece is a segment of its own: nothing is held back for another one.
    a.0.get_ref().set_nodelay(true).expect("an option");
    for piece in ["o", "n", "e\r", "\ntwo\nthr", "ee\n\n\r\nfour\n"] {
        a.sends(piece);
    }
    let heard: Vec<_> = (0..4).map(|_| b.hears_said()).collect();
    assert_eq!(heard, ["<ann> one", "<ann> two", "<ann> three", "<ann> four"]);
}
