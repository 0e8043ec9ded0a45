//! hyper's sleeps.
//!
//! hyper wants them to be `Send`, and a timer of a loop is not. So the timer stays on its thread, in
//! a table, and what hyper gets is the place in it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt;

use crate::time;

thread_local! {
    static SLEEPS: RefCell<Sleeps> = RefCell::default();
}

/// Lets hyper end what takes too long: the head of a request, an idle connection.
///
/// What it hands out belongs to the thread that asked for it, where the loop runs.
///
/// ```
/// use eagain::hyper::Timer;
/// use std::time::Duration;
///
/// let mut http = hyper::server::conn::http1::Builder::new();
/// http.timer(Timer).header_read_timeout(Duration::from_secs(5));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Timer;

impl rt::Timer for Timer {
    fn sleep(&self, time: Duration) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(Place::of(time::sleep(time)))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(Place::of(time::sleep_until(deadline)))
    }

    fn now(&self) -> Instant {
        time::now()
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn rt::Sleep>>, deadline: Instant) {
        match sleep.as_mut().downcast_mut_pin::<Place>() {
            Some(place) => place.with(|sleep| sleep.reset(deadline)),
            None => *sleep = self.sleep_until(deadline),
        }
    }
}

/// Where a sleep is. It is known by an address, which is its own for as long as it lives.
struct Place(Arc<()>);

/// Whoever polls it borrows it alone: a waker may do anything, and ask for another sleep.
type Shared = Rc<RefCell<time::Sleep>>;

#[derive(Default)]
struct Sleeps {
    sleeps: HashMap<usize, (Weak<()>, Shared)>,
    /// With so many, those are looked for whose place was dropped on another thread.
    many: usize,
}

impl Place {
    fn of(sleep: time::Sleep) -> Place {
        let place = Place(Arc::new(()));
        let sleep = Rc::new(RefCell::new(sleep));
        let strays = SLEEPS.with_borrow_mut(|table| {
            table.sleeps.insert(place.address(), (Arc::downgrade(&place.0), sleep));
            table.take_strays()
        });
        drop(strays);
        place
    }

    fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    fn with<T>(&self, f: impl FnOnce(&mut time::Sleep) -> T) -> T {
        let find = |table: &Sleeps| Some(table.sleeps.get(&self.address())?.1.clone());
        match SLEEPS.with_borrow(find) {
            Some(sleep) => f(&mut sleep.borrow_mut()),
            None => panic!("a sleep of hyper was awaited on another thread than it was made on"),
        }
    }
}

impl Sleeps {
    /// Takes those out, once there are many. Whom they were to wake is dropped with them, so that
    /// is for the caller, with nothing borrowed.
    fn take_strays(&mut self) -> Vec<Shared> {
        if self.sleeps.len() < self.many {
            return Vec::new();
        }
        let stray = |(at, (place, _)): (&usize, &(Weak<()>, Shared))| {
            (place.strong_count() == 0).then_some(*at)
        };
        let strays: Vec<usize> = self.sleeps.iter().filter_map(stray).collect();
        self.many = (2 * (self.sleeps.len() - strays.len())).max(64);
        strays.iter().filter_map(|at| self.sleeps.remove(at)).map(|(_, sleep)| sleep).collect()
    }
}

impl Future for Place {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.with(|sleep| Pin::new(sleep).poll(cx))
    }
}

impl rt::Sleep for Place {}

impl Drop for Place {
    fn drop(&mut self) {
        // While the thread is torn down, the table may be gone, and all that was in it.
        let gone = SLEEPS.try_with(|table| table.borrow_mut().sleeps.remove(&self.address()));
        drop(gone); // with nothing borrowed
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sleep")
    }
}
