//! What the poller promises, on whatever stands behind `kevent` here.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};
use std::{fs, thread};

use super::{Bell, Events, Poller};
use crate::poller::{Event, Interest, Readiness};

struct Bench {
    poller: Poller,
    events: Events,
    read: PipeReader,
    write: PipeWriter,
}

fn bench() -> Bench {
    let (read, write) = io::pipe().unwrap();
    crate::descriptor::set_nonblocking(write.as_fd(), true).unwrap();
    Bench { poller: Poller::new().unwrap(), events: Events::with_capacity(8), read, write }
}

impl Bench {
    /// What is there now.
    fn poll(&mut self) -> Vec<Event> {
        self.poller.wait(&mut self.events, Some(Duration::ZERO)).unwrap();
        self.events.iter().collect()
    }

    fn tokens(&mut self) -> Vec<u64> {
        self.poll().iter().map(|e| e.token).collect()
    }
}

#[test]
fn an_edge_is_reported_once_and_the_next_one_again() {
    let mut b = bench();
    b.poller.add(b.read.as_fd(), 7, Interest::READ).unwrap();
    assert_eq!(b.tokens(), []);
    b.write.write_all(b"a").unwrap();
    assert_eq!(b.tokens(), [7]);
    assert_eq!(b.tokens(), []);
    b.write.write_all(b"b").unwrap();
    assert_eq!(b.tokens(), [7]);
}

#[test]
fn each_direction_is_a_knote_of_its_own() {
    let mut b = bench();
    b.poller.add(b.write.as_fd(), 7, Interest::WRITE).unwrap();
    let reports = b.poll();
    assert_eq!(reports.len(), 1);
    assert!(!reports[0].readiness.satisfies(Interest::READ));
}

#[test]
fn pitfall_7_a_hang_up_that_nobody_answers_does_not_spin() {
    let mut b = bench();
    b.poller.add(b.read.as_fd(), 7, Interest::READ).unwrap();
    b.write = io::pipe().unwrap().1;
    assert_eq!(b.tokens(), [7]);
    assert_eq!(b.tokens(), []);
}

#[test]
fn pitfall_8_bytes_before_the_end_are_read() {
    let mut b = bench();
    b.poller.add(b.read.as_fd(), 7, Interest::READ).unwrap();
    b.write.write_all(b"bytes").unwrap();
    b.write = io::pipe().unwrap().1;
    let ended = b.poll().iter().any(|e| e.readiness.intersects(Readiness::READ_CLOSED));
    assert!(ended);
    let mut all = String::new();
    b.read.read_to_string(&mut all).unwrap();
    assert_eq!(all, "bytes");
}

#[test]
fn pitfall_14_a_file_cannot_be_waited_for() {
    let b = bench();
    let file = fs::File::open("/proc/self/exe").or_else(|_| fs::File::open("/bin/sh")).unwrap();
    let directory = fs::File::open("/").unwrap();
    for fd in [file.as_fd(), directory.as_fd()] {
        let refused = b.poller.add(fd, 7, Interest::READ).unwrap_err();
        assert_eq!(refused.errno(), libc::EPERM);
        assert_eq!(b.poller.arm(fd, 7, Interest::READ, false).unwrap_err().errno(), libc::EPERM);
    }
}

#[test]
fn an_armed_descriptor_is_reported_once_for_each_time_ready_or_not() {
    let mut b = bench();
    b.write.write_all(b"a").unwrap();
    for (token, known) in [(7, false), (8, true), (9, true)] {
        b.poller.arm(b.read.as_fd(), token, Interest::READ, known).unwrap();
        assert_eq!(b.tokens(), [token]); // what was there before is told
        b.write.write_all(b"b").unwrap();
        assert_eq!(b.tokens(), []);
    }
}

#[test]
fn what_was_armed_before_is_armed_anew_for_what_is_wanted_now() {
    let mut b = bench();
    b.poller.arm(b.read.as_fd(), 7, Interest::READ, false).unwrap();
    b.poller.arm(b.read.as_fd(), 8, Interest::READ, true).unwrap();
    b.write.write_all(b"a").unwrap();
    assert_eq!(b.tokens(), [8]);
}

#[test]
fn pitfall_15_a_deleted_descriptor_is_silent_and_its_number_starts_clean() {
    let mut b = bench();
    b.poller.add(b.read.as_fd(), 7, Interest::READ).unwrap();
    b.write.write_all(b"a").unwrap();
    b.poller.delete(b.read.as_fd(), 7).unwrap();
    assert_eq!(b.tokens(), []);
    b.poller.add(b.read.as_fd(), 8, Interest::READ).unwrap();
    assert_eq!(b.tokens(), [8]);
}

#[test]
fn pitfall_17_what_is_not_watched_can_be_deleted() {
    let b = bench();
    b.poller.delete(b.read.as_fd(), 7).unwrap();
}

#[test]
fn pitfall_64_a_pipe_that_nobody_reads_is_reported_to_who_waits_to_write() {
    let mut b = bench();
    while b.write.write(&[0; 4096]).is_ok() {}
    b.read = io::pipe().unwrap().0;
    b.poller.add(b.write.as_fd(), 7, Interest::WRITE).unwrap();
    // A child that another test has just forked may have the reading end for a moment yet.
    b.poller.wait(&mut b.events, Some(Duration::from_secs(20))).unwrap();
    let mut reports = b.events.iter();
    assert!(reports.any(|e| e.token == 7 && e.readiness.satisfies(Interest::WRITE)));
}

#[test]
fn pitfall_46_a_bell_rings_once_for_each_time_it_is_heard() {
    for pipes in [false, true] {
        let mut b = bench();
        if pipes {
            b.poller.use_pipe_bells();
        }
        let bell = b.poller.bell(5).unwrap();
        assert_eq!(matches!(bell, Bell::Pipe(_)), pipes);
        assert_eq!(b.tokens(), []);
        for _ in 0..3 {
            bell.ring().unwrap();
            bell.ring().unwrap();
            assert_eq!(b.tokens(), [5]);
            bell.answer().unwrap();
            assert_eq!(b.tokens(), []);
        }
    }
}

#[test]
fn pitfall_46_a_bell_ends_a_wait_from_another_thread_and_outlives_its_poller() {
    for pipes in [false, true] {
        let mut b = bench();
        if pipes {
            b.poller.use_pipe_bells();
        }
        let bell = b.poller.bell(5).unwrap();
        let ringing = thread::spawn(move || bell.ring().map(|()| bell));
        b.poller.wait(&mut b.events, None).unwrap();
        assert_eq!(b.events.iter().map(|e| e.token).collect::<Vec<_>>(), [5]);
        let bell = ringing.join().unwrap().unwrap();
        drop(b);
        bell.ring().unwrap();
    }
}

#[test]
fn pitfall_30_a_wait_below_a_millisecond_is_waited_out() {
    let mut b = bench();
    let asked = Duration::from_micros(300);
    let began = Instant::now();
    b.poller.wait(&mut b.events, Some(asked)).unwrap();
    assert!(began.elapsed() >= asked);
}

/// A child of `fork` that runs `check` and nothing else; whether it found what it should.
fn in_a_fork(check: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child calls what `check` does, no lock of another thread, and ends.
    match unsafe { libc::fork() } {
        0 => {
            let found = i32::from(!check());
            // SAFETY: ends the child, at once.
            unsafe { libc::_exit(found) }
        }
        child => {
            let mut status = 0;
            // SAFETY: `status` is there to be written.
            assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
            libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
        }
    }
}

#[test]
fn pitfall_60_a_forked_child_does_not_close_what_has_come_to_the_number_of_the_kqueue() {
    let b = bench();
    let (number, other) = (b.poller.as_fd().as_raw_fd(), b.read.as_fd().as_raw_fd());
    assert!(in_a_fork(move || {
        // SAFETY: both numbers are this child's own, and nobody else uses them.
        let taken = unsafe { libc::dup2(other, number) } == number;
        drop(b);
        // SAFETY: asks, and changes nothing.
        taken && unsafe { libc::fcntl(number, libc::F_GETFD) } != -1
    }));
}
