//! Time that passes only when there is nothing else to do.

#[path = "virtual_clock/held.rs"]
mod held;
#[path = "virtual_clock/moved.rs"]
mod moved;
#[path = "virtual_clock/passing.rs"]
mod passing;
#[path = "virtual_clock/reset.rs"]
mod reset;
mod tasks;
#[path = "soak/watchdog.rs"]
mod watchdog;

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{OnceLock, mpsc};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use eagain::time::{Clock, now, sleep};
use eagain::{EventLoop, spawn};
use watchdog::{Watchdog, watch};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

fn new_loop() -> EventLoop {
    static WATCHDOG: OnceLock<Watchdog> = OnceLock::new();
    WATCHDOG.get_or_init(|| watch(Duration::from_secs(60)));
    EventLoop::builder().clock(Clock::Virtual).build().expect("a loop of its own time")
}

/// What happened, and how much time had passed by then.
#[derive(Clone, Default)]
struct Log {
    lines: Rc<RefCell<Vec<(&'static str, u64)>>>,
    begin: Rc<Cell<Option<Instant>>>,
}

impl Log {
    fn write(&self, what: &'static str) {
        let begin = self.begin.get().unwrap_or_else(now);
        self.begin.set(Some(begin));
        self.lines.borrow_mut().push((what, (now() - begin).as_secs()));
    }

    fn read(&self) -> Vec<(&'static str, u64)> {
        self.lines.take()
    }
}

/// Writes to the log after so many seconds, and again after as many more, and so on.
fn repeat(log: &Log, what: &'static str, seconds: u32) {
    let log = log.clone();
    spawn(async move {
        loop {
            sleep(seconds * SECOND).await;
            log.write(what);
        }
    })
    .detach();
}

async fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx))).await
}

fn spawn_sleep(event_loop: &EventLoop, time: Duration) {
    event_loop.spawn(async move { sleep(time).await }).detach();
}

/// A thread that answers when it is told to go, and takes its time.
fn slow_peer(mut far: UnixStream) -> (mpsc::Sender<()>, thread::JoinHandle<()>) {
    let (go, told) = mpsc::channel();
    let thread = thread::spawn(move || {
        if told.recv().is_ok() {
            thread::sleep(Duration::from_millis(20)); // what it does takes so long
            far.write_all(b"answer").expect("room");
        }
    });
    (go, thread)
}
