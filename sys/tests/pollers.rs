//! Every poller of this kernel does the same, as `poller.rs` says it: each test runs on all of them.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use eagain_sys::errno;
use eagain_sys::poller::{Backend, Batch, Event, Events, Interest, Poller, Readiness};

/// Some behaviours are about descriptors whose numbers are used again: nobody else may open one.
static ALONE: Mutex<()> = Mutex::new(());

/// Runs `behaviour` on each poller. Which one failed is in the captured output.
fn on_each(behaviour: impl Fn(&Wait)) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for backend in Backend::ALL.into_iter().filter(|backend| backend.is_available()) {
        println!("on {backend}");
        let poller = Poller::new(backend).expect("this kernel has it");
        assert_eq!(poller.backend(), backend);
        behaviour(&Wait { poller });
    }
}

struct Wait {
    poller: Poller,
}

impl Wait {
    /// What a wait that does not sleep brings.
    fn now(&self) -> Vec<Event> {
        self.until(Some(Duration::ZERO), &mut self.poller.events(64))
    }

    fn until(&self, timeout: Option<Duration>, events: &mut Events) -> Vec<Event> {
        self.poller.wait(events, timeout).expect("it waits");
        events.iter().collect()
    }

    fn add(&self, fd: &impl AsFd, token: u64, interest: Interest) {
        self.poller.add(fd.as_fd(), token, interest).expect("it can be watched");
    }

    /// What the loop does when a call has answered `EAGAIN`.
    fn want(&self, fd: &impl AsRawFd, token: u64, interest: Interest) {
        self.poller.want(fd.as_raw_fd(), token, interest);
    }
}

fn pair() -> (UnixStream, UnixStream) {
    let (one, other) = UnixStream::pair().expect("two sockets");
    one.set_nonblocking(true).expect("it is a socket");
    other.set_nonblocking(true).expect("it is a socket");
    (one, other)
}

fn tokens(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.token).collect()
}

fn errno_of(answer: eagain_sys::Result<()>) -> Option<i32> {
    answer.err().map(|e| e.errno())
}

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
        assert_eq!(event.readiness, Readiness::READABLE);
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
        let modified = || errno_of(wait.poller.modify(fd, 1, Interest::READ));
        assert_eq!(modified(), Some(errno::ENOENT));
        assert_eq!(errno_of(wait.poller.delete(fd, 1)), Some(errno::ENOENT));
        wait.add(&here, 1, Interest::READ);
        let again = wait.poller.add(fd, 1, Interest::READ);
        assert_eq!(errno_of(again), Some(errno::EEXIST));
        assert_eq!(modified(), None);
        assert_eq!(errno_of(wait.poller.delete(fd, 1)), None);
        there.write_all(b"x").expect("there is room");
        assert_eq!(wait.now(), []);
        assert_eq!(modified(), Some(errno::ENOENT));
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

// pitfalls 30, 31
#[test]
fn pitfall_30_a_short_wait_sleeps_and_ends_no_earlier() {
    on_each(|wait| {
        let mut events = wait.poller.events(1);
        for micros in [1, 300, 1001] {
            let timeout = Duration::from_micros(micros);
            let begun = Instant::now();
            assert_eq!(wait.until(Some(timeout), &mut events), []);
            assert!(begun.elapsed() >= timeout);
        }
        wait.poller.use_milliseconds();
        let begun = Instant::now();
        assert_eq!(wait.until(Some(Duration::from_micros(1001)), &mut events), []);
        assert!(begun.elapsed() >= Duration::from_micros(1001));
    });
}

// pitfalls 35, 44
#[test]
fn pitfall_35_the_longest_wait_is_one_that_a_bell_ends() {
    on_each(|wait| {
        let bell = wait.poller.bell(42).expect("a bell");
        let mut events = wait.poller.events(8);
        for timeout in [Some(Duration::MAX), Some(Duration::from_secs(1 << 33)), None] {
            thread::scope(|scope| {
                scope.spawn(|| bell.ring().expect("it rings"));
                assert_eq!(tokens(&wait.until(timeout, &mut events)), [42]);
            });
            bell.answer().expect("it was heard");
            assert_eq!(wait.now(), []);
        }
    });
}

// pitfall 45
#[test]
fn pitfall_45_many_rings_are_one_event_and_the_next_one_is_heard() {
    on_each(|wait| {
        let bell = wait.poller.bell(42).expect("a bell");
        for _ in 0..3 {
            for _ in 0..1000 {
                bell.ring().expect("it rings");
            }
            assert_eq!(tokens(&wait.now()), [42]);
            bell.answer().expect("it was heard");
            assert_eq!(wait.now(), [], "answered, it is silent");
        }
    });
}

// pitfall 40
#[test]
fn pitfall_40_a_signal_ends_a_wait_with_nothing() {
    use nix::sys::pthread::{Pthread, pthread_kill, pthread_self};
    use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

    extern "C" fn ignore(_: i32) {}
    let action = SigAction::new(SigHandler::Handler(ignore), SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler does nothing.
    unsafe { sigaction(Signal::SIGUSR2, &action) }.expect("it can be handled");
    on_each(|wait| {
        let me = pthread_self() as usize; // a pointer on some kernels, which would not be `Send`
        let woken = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                // One that comes before the wait is lost, so there are more.
                while !woken.load(Ordering::Relaxed) {
                    pthread_kill(me as Pthread, Signal::SIGUSR2).expect("the thread is there");
                    thread::yield_now();
                }
            });
            assert_eq!(wait.until(None, &mut wait.poller.events(1)), []);
            woken.store(true, Ordering::Relaxed);
        });
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
        assert_eq!(tokens(&wait.now()), [5]);
        assert_eq!(wait.now(), [], "one report is for both");

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
fn its_own_descriptor_is_readable_when_the_bell_was_rung() {
    use eagain_sys::poll::{PollFd, poll};

    on_each(|wait| {
        let bell = wait.poller.bell(1).expect("a bell");
        let is_readable = || {
            let mut fds = [PollFd::new(wait.poller.as_fd(), Interest::READ)];
            poll(&mut fds, Some(Duration::ZERO)).expect("it can be polled") == 1
        };
        assert!(!is_readable());
        bell.ring().expect("it rings");
        assert!(is_readable());
        assert_eq!(tokens(&wait.now()), [1]);
        bell.answer().expect("it was heard");
        assert!(!is_readable());
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

#[test]
fn another_pollers_events_are_refused() {
    on_each(|wait| {
        let mut events = match wait.poller.events(1) {
            Events::Native(_) => Poller::new(Backend::Poll).expect("every Unix has it").events(1),
            Events::Plain(_) => Poller::new(Backend::NATIVE).expect("it is here").events(1),
        };
        let answer = wait.poller.wait(&mut events, Some(Duration::ZERO));
        assert_eq!(errno_of(answer), Some(errno::EINVAL));
    });
}
