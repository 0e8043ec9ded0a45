//! How long a wait sleeps, and what ends it.

use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use eagain_sys::errno;
use eagain_sys::poller::{Backend, Events, Interest, Poller};

use crate::{errno_of, on_each, tokens};

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
