//! What is told of a descriptor, and how often.

use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use eagain_sys::poller::{Interest, Readiness};

use crate::{on_each, pair, tokens};

// pitfalls 1, 5, 10
#[test]
fn pitfall_1_a_direction_is_reported_once_until_it_was_emptied() {
    on_each(|wait| {
        let (mut here, mut there) = pair();
        there.write_all(b"hello").expect("there is room");
        wait.add(&here, 7, Interest::READ);
        let [event] = wait.now()[..] else { panic!("one event") };
        assert_eq!(event.token, 7);
        assert!(event.readiness.satisfies(Interest::READ));
        assert_eq!(wait.now(), [], "an edge, not a level");

        assert_eq!(here.read(&mut [0; 16]).expect("it is there"), 5);
        wait.want(&here, 7, Interest::READ);
        assert_eq!(wait.now(), [], "there is nothing");
        there.write_all(b"again").expect("there is room");
        assert_eq!(tokens(&wait.now()), [7]);
    });
}

#[test]
fn the_other_direction_is_watched_from_when_it_is_asked_for() {
    on_each(|wait| {
        let (here, _there) = pair();
        wait.add(&here, 1, Interest::READ);
        assert_eq!(wait.now(), []);
        wait.poller.modify(here.as_fd(), 2, Interest::BOTH).expect("it is watched");
        let [event] = wait.now()[..] else { panic!("one event") };
        assert_eq!((event.token, event.readiness), (2, Readiness::WRITABLE));
        assert_eq!(wait.now(), []);
    });
}

// pitfall 5
#[test]
fn pitfall_5_data_are_no_room_to_write() {
    on_each(|wait| {
        let (here, mut there) = pair();
        while (&here).write(&[b'x'; 65536]).is_ok() {}
        wait.add(&here, 1, Interest::BOTH);
        assert_eq!(wait.now(), [], "it is full, and nothing came");
        there.write_all(b"!").expect("there is room");
        let [event] = wait.now()[..] else { panic!("one event") };
        let told = event.readiness;
        assert!(told.satisfies(Interest::READ) && !told.satisfies(Interest::WRITE), "{told:?}");
        drop(there);
        let told = wait.now().into_iter().fold(Readiness::NONE, |all, event| all | event.readiness);
        assert!(told.satisfies(Interest::WRITE), "{told:?}");
    });
}

// pitfalls 6, 7
#[test]
fn pitfall_6_a_hang_up_is_worth_a_try_in_both_directions_and_told_once() {
    let kinds: [fn() -> OwnedFd; 3] = [
        || eagain_sys::pipe::pipe2().expect("a pipe").0, // the writer is gone
        || {
            let (read, write) = eagain_sys::pipe::pipe2().expect("a pipe");
            while eagain_sys::pipe::write(write.as_fd(), &[0; 4096]).is_ok() {}
            drop(read); // full, and the reader is gone
            write
        },
        || pair().0.into(),
    ];
    on_each(|wait| {
        for kind in kinds {
            let fd = kind();
            wait.add(&fd, 9, Interest::BOTH);
            let mut told = Readiness::NONE;
            let mut waits = 0;
            loop {
                let events = wait.now();
                if events.is_empty() {
                    break; // pitfall 7: it does not spin
                }
                waits += 1;
                assert!(waits <= 2, "{events:?}");
                events.iter().for_each(|event| told |= event.readiness);
            }
            assert!(told.covers(Interest::BOTH), "{told:?}");
            wait.poller.delete(fd.as_fd(), 9).expect("it is watched");
        }
    });
}

// pitfall 22
#[test]
fn pitfall_22_what_there_is_no_room_for_has_its_turn() {
    on_each(|wait| {
        assert_eq!(wait.until(Some(Duration::ZERO), &mut wait.poller.events(0)), []);
        let pairs: Vec<_> = (0..200).map(|_| pair()).collect();
        for (token, (here, there)) in (0..).zip(&pairs) {
            wait.add(here, token, Interest::READ);
            let mut there: &UnixStream = there;
            there.write_all(b"x").expect("there is room");
        }
        let mut events = wait.poller.events(8);
        let mut told = Vec::new();
        for _ in 0..25 {
            let batch = tokens(&wait.until(Some(Duration::ZERO), &mut events));
            assert_eq!(batch.len(), 8);
            // As if each of them still had something to say.
            for &token in &batch {
                wait.want(&pairs[token as usize].0, token, Interest::READ);
            }
            told.extend(batch);
        }
        told.sort_unstable();
        assert_eq!(told, (0..200).collect::<Vec<_>>());
    });
}
