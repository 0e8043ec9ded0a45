//! Step 11: a future written by hand, what runs it, and a bell rung from another thread.
//!
//! A future is a generator that does not say what it waits for. It is *polled*; if it cannot go on,
//! it keeps the *waker* it was given, where somebody will find it who knows when it can, and
//! answers `Pending`. What `await` does with that is four things: check, save the state, give
//! control back, be resumed here. `block_on` is the other half: poll, and if that was in vain,
//! sleep until the waker is used. The waker here is a bell, a counter in the kernel (`eventfd`).
//! Whoever rings adds 1, from any thread, and a thread that waits for it wakes up.
//!
//! ```text
//! cargo run --release --example 11_future_by_hand
//! cargo run --release --example 11_future_by_hand 1
//! ```
//!
//! Three rings, the first a false one: a ring only says that it is worth asking again. One that
//! comes between the asking and the sleep is not lost, since the counter keeps it:
//!
//! ```text
//! eventfd2(0, EFD_CLOEXEC|EFD_NONBLOCK) = 3
//! poll([{fd=3, events=POLLIN}], 1, -1) = 1 ([{fd=3, revents=POLLIN}])
//! read(3, "\1\0\0\0\0\0\0\0", 8) = 8
//! poll([{fd=3, events=POLLIN}], 1, -1) = 1 ([{fd=3, revents=POLLIN}])
//! read(3, "\1\0\0\0\0\0\0\0", 8) = 8
//! poll([{fd=3, events=POLLIN}], 1, -1) = 1 ([{fd=3, revents=POLLIN}])
//! read(3, "\1\0\0\0\0\0\0\0", 8) = 8
//! close(3) = 0
//! ```
//!
//! The other thread's side, which `strace -f` shows, is a `write` of eight bytes for each.

#[path = "pages/command_line.rs"]
mod command_line;
#[cfg(not(target_os = "linux"))]
#[path = "11_future_by_hand/eventfd.rs"]
mod eventfd;

use std::error::Error;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use eagain_sys::clock;
#[cfg(target_os = "linux")]
use eagain_sys::eventfd;
use eagain_sys::poll::{PollFd, poll};
use eagain_sys::poller::Interest;

const ABOUT: &str = "\
An async function awaits two letters, which another thread delivers SECONDS apart (0.1 if nothing
is said); before the first, it rings in vain.";

/// Runs a future on this thread, which sleeps whenever there is nothing to do.
fn block_on<F: Future>(future: F, log: &Log) -> eagain_sys::Result<F::Output> {
    let bell = Arc::new(Bell { counter: eventfd::eventfd()? });
    let waker = Waker::from(bell.clone());
    let mut future = pin!(future);
    loop {
        log.add("block_on: polls");
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return Ok(value),
            Poll::Pending => log.add("block_on: has control back, sleeps until the bell"),
        }
        bell.wait()?;
    }
}

/// A counter in the kernel: more than 0 means that it is worth polling.
struct Bell {
    counter: OwnedFd,
}

impl Bell {
    fn wait(&self) -> eagain_sys::Result<()> {
        loop {
            match poll(&mut [PollFd::new(self.counter.as_fd(), Interest::READ)], None) {
                Err(e) if e.is_interrupted() => {}
                // However often it was rung: one look is enough.
                answer => {
                    return answer.and_then(|_| eventfd::take(self.counter.as_fd())).map(drop);
                }
            }
        }
    }
}

/// With this, the standard library makes a `Waker` of it.
impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        // It fails only if it was rung 2^64 - 2 times already, which is enough.
        eventfd::add(self.counter.as_fd(), 1).unwrap_or(());
    }
}

/// A letter to come: what `await` asks for.
struct Letter {
    letterbox: Arc<Mutex<Letterbox>>,
    log: Log,
}

/// Where the two threads meet.
#[derive(Default)]
struct Letterbox {
    letter: Option<&'static str>,
    /// Who wants to know of it.
    waker: Option<Waker>,
}

impl Future for Letter {
    type Output = &'static str;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<&'static str> {
        let mut letterbox = open(&self.letterbox);
        // Check ...
        if let Some(letter) = letterbox.letter.take() {
            self.log.add("  letter: here it is (Ready)");
            return Poll::Ready(letter);
        }
        // ... or leave word, under the same lock, so that no letter can come in between.
        letterbox.waker = Some(cx.waker().clone());
        self.log.add("  letter: not there, leaves the waker (Pending)");
        Poll::Pending
    }
}

/// Each `await` is a place where this function can stop, and go on from; what it needs then is in
/// the future that it returns, as in the fields of a generator.
async fn read(first: Letter, second: Letter, log: &Log) -> String {
    log.add("  task: begins, awaits the first letter");
    let first = first.await;
    log.add("  task: goes on here, awaits the second letter");
    let second = second.await;
    log.add("  task: goes on here, returns");
    format!("{first} {second}")
}

/// The other thread. It knows nothing of futures, only that somebody left a waker.
fn deliver(pause: Duration, letterboxes: &[Arc<Mutex<Letterbox>>; 2], log: &Log) {
    thread::sleep(pause);
    log.add_other("thread: rings, without a letter");
    ring(&letterboxes[0]);
    for (letterbox, text) in letterboxes.iter().zip(["Check, save, give back,", "go on here."]) {
        thread::sleep(pause);
        log.add_other("thread: delivers, and rings");
        open(letterbox).letter = Some(text);
        ring(letterbox);
    }
}

fn ring(letterbox: &Mutex<Letterbox>) {
    // Not while the lock is held: the other side would wake up only to wait for it.
    let waker = open(letterbox).waker.take();
    if let Some(waker) = waker {
        waker.wake();
    }
}

fn open<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What happens, and when.
#[derive(Clone, Copy)]
struct Log {
    began: Instant,
}

impl Log {
    fn add(&self, what: &str) {
        let ms = self.began.elapsed().as_secs_f64() * 1000.0;
        // If nobody reads this, there is nobody to tell.
        writeln!(io::stdout(), "{ms:8.1} ms  {what}").unwrap_or(());
    }

    /// What the other thread does has a column of its own.
    fn add_other(&self, what: &str) {
        self.add(&format!("{:50}{what}", ""));
    }
}

fn main() -> ExitCode {
    let pause = arguments();
    command_line::finish(show(pause))
}

fn show(pause: Duration) -> Result<(), Box<dyn Error>> {
    let log = Log { began: clock::now() };
    let letterboxes: [Arc<Mutex<Letterbox>>; 2] = Default::default();
    let [first, second] = letterboxes.clone().map(|letterbox| Letter { letterbox, log });
    let reading = read(first, second, &log);
    let (letter, future) = (size_of::<Letter>(), size_of_val(&reading));

    let text = thread::scope(|scope| {
        thread::Builder::new().spawn_scoped(scope, || deliver(pause, &letterboxes, &log))?;
        block_on(reading, &log).map_err(io::Error::from)
    })?;
    writeln!(io::stdout(), "{text}")?;
    writeln!(io::stdout(), "a Letter is {letter} bytes, the future that awaits two is {future}")?;
    Ok(())
}

fn arguments() -> Duration {
    let given = command_line::arguments("[SECONDS]", ABOUT);
    if given.len() > 1 {
        command_line::refuse("one number expected (see --help)");
    }
    let pause = given.first().map_or(Some(Duration::from_millis(100)), |text| {
        let pause = Duration::try_from_secs_f64(text.parse().ok()?).ok()?;
        (pause <= Duration::from_secs(86400)).then_some(pause)
    });
    pause.unwrap_or_else(|| command_line::refuse("SECONDS: a number from 0 to 86400"))
}
