//! What is watched: what can be, what became of it, and numbers that are used again.

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::PoisonError;

use eagain_sys::errno;
use eagain_sys::poller::{Backend, Interest, Poller};

use crate::{ALONE, Wait, errno_of, on_each, pair, tokens};

// pitfall 14
#[test]
fn pitfall_14_what_cannot_be_waited_for_is_refused() {
    on_each(|wait| {
        let here = env!("CARGO_MANIFEST_DIR");
        for path in [here.to_owned(), format!("{here}/Cargo.toml")] {
            let file = File::open(path).expect("it is there");
            let refused = wait.poller.add(file.as_fd(), 1, Interest::READ);
            assert_eq!(errno_of(refused), Some(errno::EPERM));
            let refused = wait.poller.arm(file.as_fd(), 1, Interest::READ, false);
            assert_eq!(errno_of(refused), Some(errno::EPERM));
        }
        // Some are refused by one and always ready to another.
        let null = File::open("/dev/null").expect("it is there");
        match wait.poller.add(null.as_fd(), 1, Interest::READ) {
            Ok(()) => assert_eq!(tokens(&wait.now()), [1]),
            Err(e) => assert_eq!(e.errno(), errno::EPERM),
        }
    });
}

// pitfall 21
#[test]
fn pitfall_21_to_add_twice_or_change_what_is_not_there_is_an_error() {
    on_each(|wait| {
        let (here, mut there) = pair();
        let fd = here.as_fd();
        // Where each direction is an entry, to change is to add, and neither is refused.
        let refused = |errno| (!wait.poller.has_entry_per_direction()).then_some(errno);
        let modified = || errno_of(wait.poller.modify(fd, 1, Interest::READ));
        let deleted = || errno_of(wait.poller.delete(fd, 1));
        assert_eq!(deleted(), refused(errno::ENOENT));
        assert_eq!(modified(), refused(errno::ENOENT));
        assert_eq!(deleted(), refused(errno::ENOENT));
        wait.add(&here, 1, Interest::READ);
        let again = wait.poller.add(fd, 1, Interest::READ);
        assert_eq!(errno_of(again), refused(errno::EEXIST));
        assert_eq!(modified(), None);
        assert_eq!(deleted(), None);
        there.write_all(b"x").expect("there is room");
        assert_eq!(wait.now(), [], "once is enough");
        assert_eq!(modified(), refused(errno::ENOENT));
    });
}

// pitfalls 15, 16
#[test]
fn pitfall_15_a_number_that_is_used_again_has_a_new_token_only() {
    on_each(|wait| {
        let (here, mut there) = pair();
        let old = 1 << 32 | 5;
        wait.add(&here, old, Interest::READ);
        there.write_all(b"x").expect("there is room");
        wait.poller.delete(here.as_fd(), old).expect("it is watched");
        let (next, mut peer) = pair();
        let number = here.as_raw_fd();
        drop(here);
        let next = next.try_clone().expect("the number is free");
        assert_eq!(next.as_raw_fd(), number);
        let new = 2 << 32 | 5;
        wait.add(&next, new, Interest::READ);
        assert_eq!(wait.now(), []);
        peer.write_all(b"x").expect("there is room");
        assert_eq!(tokens(&wait.now()), [new]);
        wait.poller.delete(next.as_fd(), new).expect("it is watched");
    });
}

// pitfalls 17, 18
#[test]
fn pitfall_17_one_that_was_closed_behind_its_back_does_not_stop_the_others() {
    on_each(|wait| {
        let (gone, _peer) = pair();
        let (here, mut there) = pair();
        wait.add(&gone, 1, Interest::READ);
        wait.add(&here, 2, Interest::READ);
        drop(gone);
        there.write_all(b"x").expect("there is room");
        let mut told = Vec::new();
        for _ in 0..3 {
            told.extend(tokens(&wait.now()));
        }
        assert!(told.contains(&2), "{told:?}");
        // Who keeps the list finds out, and tells once.
        assert!(told.iter().filter(|&&token| token == 1).count() <= 1, "{told:?}");
        assert_eq!(wait.now(), []);
    });
}

#[test]
fn a_borrowed_descriptor_is_reported_once_each_time_it_is_armed() {
    on_each(|wait| {
        let (here, mut there) = pair();
        there.write_all(b"x").expect("there is room");
        let arm = |fd: BorrowedFd<'_>, token, interest, known| {
            wait.poller.arm(fd, token, interest, known).expect("it can be watched");
        };
        arm(here.as_fd(), 3, Interest::READ, false);
        assert_eq!(tokens(&wait.now()), [3]);
        assert_eq!(wait.now(), []);
        arm(here.as_fd(), 4, Interest::READ, true);
        assert_eq!(tokens(&wait.now()), [4], "it is level-checked");
        arm(here.as_fd(), 5, Interest::BOTH, true);
        // One report is for both, or each has its own.
        let reports = if wait.poller.has_entry_per_direction() { 2 } else { 1 };
        assert_eq!(tokens(&wait.now()), vec![5; reports]);
        assert_eq!(wait.now(), []);

        // Forgotten, and its number used again.
        let (next, mut peer) = pair();
        let number = here.as_raw_fd();
        drop(here);
        let next = next.try_clone().expect("the number is free");
        assert_eq!(next.as_raw_fd(), number);
        arm(next.as_fd(), 6, Interest::READ, true);
        assert_eq!(wait.now(), []);
        peer.write_all(b"x").expect("there is room");
        assert_eq!(tokens(&wait.now()), [6]);
    });
}

#[test]
fn select_refuses_a_number_that_its_sets_have_no_room_for() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let wait = Wait { poller: Poller::new(Backend::Select).expect("every Unix has it") };
    let (soft, hard) = eagain_sys::limits::descriptors().expect("there is a limit");
    eagain_sys::limits::set_descriptors(soft.max(hard.min(4096))).expect("it may be raised");
    let (here, _there) = pair();
    let high = nix::fcntl::fcntl(&here, nix::fcntl::FcntlArg::F_DUPFD_CLOEXEC(1024));
    let high = high.expect("the limit is above it");
    // SAFETY: it was just made, and nobody else knows of it.
    let high: OwnedFd = unsafe { std::os::fd::FromRawFd::from_raw_fd(high) };
    for refused in [
        wait.poller.add(high.as_fd(), 1, Interest::READ),
        wait.poller.arm(high.as_fd(), 1, Interest::READ, false),
    ] {
        let error = refused.expect_err("there is no room");
        assert!(error.is_beyond_select(), "{error}");
        assert_eq!(error.fd(), Some(high.as_raw_fd()));
    }
    assert_eq!(wait.now(), [], "nothing is lost by it");
}
