//! Small tasks for tests: generators made of closures, something to wait for, and a loop that is
//! turned step by step.

// Each test binary that mounts this module uses its part of it.
#![allow(dead_code)]

pub(crate) mod addresses;

use std::cell::RefCell;
use std::io;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use eagain::net::TcpStream;
use eagain::{
    Backend, Cause, Context, EventLoop, Generator, Interest, JoinHandle, Source, State, Step, Wait,
};
use eagain_sys::pipe::pipe2;
use eagain_sys::poll::{PollFd, poll};

/// Nothing that a test waits for takes so long, on any machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A generator that is a closure.
pub(crate) struct Task<F>(F);

impl<R, F: FnMut(&mut Context<'_>) -> Step<R>> Generator for Task<F> {
    type Return = R;

    fn resume(&mut self, cx: &mut Context<'_>) -> Step<R> {
        (self.0)(cx)
    }
}

/// Each call of the closure is a resume.
pub(crate) fn task<R, F: FnMut(&mut Context<'_>) -> Step<R>>(resume: F) -> Task<F> {
    Task(resume)
}

/// The same for a closure that uses `?`.
pub(crate) fn trying<R>(
    mut resume: impl FnMut(&mut Context<'_>) -> io::Result<Step<R>>,
) -> impl Generator<Return = io::Result<R>> {
    task(move |cx| Step::from_result(resume(cx)))
}

/// What a task has returned.
pub(crate) fn returned<T: 'static>(handle: &JoinHandle<T>) -> T {
    handle.take().expect("the task has finished").expect("the task was not cancelled")
}

/// Whether a loop believes a task that says so (see [`refuse`]), though a call would not answer
/// `EAGAIN`. One whose poller tells of changes does. One whose poller looks at the state, each time
/// that it is asked to, finds it as it was.
pub(crate) fn believes() -> bool {
    matches!(Backend::default(), Backend::Epoll | Backend::Kqueue)
}

/// Says that a call has answered `EAGAIN`, whether it would have or not.
pub(crate) fn refuse(source: &Source, interest: Interest) {
    let refused = || Err::<(), _>(io::ErrorKind::WouldBlock.into());
    assert_eq!(source.try_io(interest, |_| refused()).expect("no error"), None);
}

/// What a task yields to wait for a direction or both.
pub(crate) fn until_ready(
    cx: &Context<'_>,
    source: &Source,
    interest: Interest,
) -> io::Result<Wait> {
    match interest {
        Interest::READ => cx.readable(source),
        Interest::WRITE => cx.writable(source),
        _ => cx.readable_or_writable(source),
    }
}

/// Why a task was resumed, each time but the first.
pub(crate) type Causes = Rc<RefCell<Vec<Cause>>>;

/// A task that waits for a source whenever it is resumed, and takes away what is there but does
/// nothing with it, until it is told that the source was closed.
pub(crate) fn stubborn(
    event_loop: &EventLoop,
    source: &Rc<Source>,
    interest: Interest,
) -> (JoinHandle<io::Result<()>>, Causes) {
    let causes = Causes::default();
    let (source, noted) = (source.clone(), causes.clone());
    let mut began = false;
    let handle = event_loop.spawn(trying(move |cx| {
        if began {
            noted.borrow_mut().push(cx.cause());
        }
        began = true;
        if cx.cause() == Cause::Closed {
            return Ok(Step::Return(()));
        }
        if interest != Interest::WRITE {
            while source.try_read(&mut [0; 64]).is_ok_and(|n| n.is_some_and(|n| n > 0)) {}
        }
        refuse(&source, interest);
        Ok(Step::Yield(until_ready(cx, &source, interest)?))
    }));
    (handle, causes)
}

/// Reads until there is no more, and returns what it got.
pub(crate) fn read_to_end(
    source: impl AsRef<Source>,
) -> impl Generator<Return = io::Result<Vec<u8>>> {
    let mut all = Vec::new();
    trying(move |cx| {
        let mut buf = [0; 4096];
        loop {
            match source.as_ref().try_read(&mut buf)? {
                Some(0) => return Ok(Step::Return(std::mem::take(&mut all))),
                Some(n) => all.extend_from_slice(&buf[..n]),
                None => return Ok(Step::Yield(cx.readable(&source)?)),
            }
        }
    })
}

/// Writes so many bytes.
pub(crate) fn write_all(
    source: impl AsRef<Source>,
    bytes: usize,
) -> impl Generator<Return = io::Result<()>> {
    let mut left = bytes;
    trying(move |cx| {
        while left > 0 {
            match source.as_ref().try_write(&[b'x'; 16 * 1024][..left.min(16 * 1024)])? {
                Some(n) => left -= n,
                None => return Ok(Step::Yield(cx.writable(&source)?)),
            }
        }
        Ok(Step::Return(()))
    })
}

/// Turns the loop until `done`, and sleeps in between, but not for ever.
pub(crate) fn turn_until(event_loop: &mut EventLoop, mut done: impl FnMut() -> bool) {
    turn_until_it(event_loop, |_| done());
}

/// Turns the loop until every task has finished: as [`EventLoop::run`], but not for ever.
pub(crate) fn run(event_loop: &mut EventLoop) {
    turn_until_it(event_loop, |event_loop| event_loop.counts().tasks == 0);
}

fn turn_until_it(event_loop: &mut EventLoop, mut is_done: impl FnMut(&EventLoop) -> bool) {
    for _ in 0..100_000 {
        if is_done(event_loop) {
            return;
        }
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        // Not in the turn itself: that would sleep also after a task has made it done.
        if !is_done(event_loop) && !has_ready_tasks(event_loop) {
            assert!(happens_within(event_loop, PATIENCE), "nothing: {:?}", event_loop.tasks());
        }
    }
    panic!("still not done after so many turns: {:?}", event_loop.tasks());
}

/// Turns the loop until no task is READY: its last turn has asked the kernel after all of them
/// had run, and there was nothing for them.
pub(crate) fn turn_until_idle(event_loop: &mut EventLoop) {
    for _ in 0..100_000 {
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        let no_task = event_loop.counts().tasks == 0; // such a loop does not ask for events
        if no_task || !has_ready_tasks(event_loop) {
            return;
        }
    }
    panic!("the loop spins: {:?}", event_loop.tasks());
}

fn has_ready_tasks(event_loop: &EventLoop) -> bool {
    event_loop.tasks().iter().any(|task| task.state == State::Ready)
}

/// Whether a turn finds events that are there, or are still to come where nobody waits for them.
pub(crate) fn has_events(event_loop: &mut EventLoop) -> bool {
    happens_within(event_loop, Duration::from_millis(2))
}

/// Sleeps until something happens on the loop, whoever hears of it. False if nothing does in this
/// time. No descriptor would tell, on every poller; but a turn in which no task can run does
/// nothing but sleep, and sleeps no shorter than it was told to.
fn happens_within(event_loop: &mut EventLoop, limit: Duration) -> bool {
    assert!(!has_ready_tasks(event_loop), "they would run: {:?}", event_loop.tasks());
    let begun = Instant::now();
    if event_loop.counts().tasks == 0 {
        thread::sleep(Duration::from_millis(1)); // such a loop does not
        return event_loop.turn(Some(Duration::ZERO)).is_ok();
    }
    event_loop.turn(Some(limit)).expect("a turn");
    begun.elapsed() < limit
}

/// Whether a descriptor is ready, or becomes so while we wait.
pub(crate) fn is_ready(fd: impl AsFd, interest: Interest, patience: Duration) -> bool {
    let mut set = [PollFd::new(fd.as_fd(), interest)];
    loop {
        match poll(&mut set, Some(patience)) {
            Err(e) if e.is_interrupted() => {} // a signal of another test
            ready => return ready.expect("a poll") == 1,
        }
    }
}

/// The reading and the writing end of a pipe.
pub(crate) fn pipe() -> (Source, Source) {
    let (read, write) = pipe2().expect("a pipe");
    (Source::new(read).expect("a source"), Source::new(write).expect("a source"))
}

/// A source, and the blocking socket at its other end.
pub(crate) fn unix_pair() -> (Source, UnixStream) {
    let (near, far) = UnixStream::pair().expect("a pair of sockets");
    (Source::new(near).expect("a source"), far)
}

/// A connection of the loop, and the blocking socket at its other end.
pub(crate) fn tcp_pair() -> (TcpStream, std::net::TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let far = std::net::TcpStream::connect(listener.local_addr().expect("an address"))
        .expect("a connection");
    let (near, _) = listener.accept().expect("the connection");
    (near.try_into().expect("a stream"), far)
}
