//! Every poller of this kernel does the same, as `poller.rs` says it: each test runs on all of them.

#[path = "pollers/edges.rs"]
mod edges;
#[path = "pollers/entries.rs"]
mod entries;
#[path = "pollers/sleeping.rs"]
mod sleeping;

use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use eagain_sys::poller::{Backend, Batch, Event, Events, Interest, Poller};

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
