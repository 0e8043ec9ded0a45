//! Trying a call until it has an answer, as a future: what every awaiting method of a source is.

use std::io;
use std::panic::Location;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use eagain_sys::poller::Interest;

use crate::error::LoopError;
use crate::event_loop::core::Core;
use crate::event_loop::reactor::Reactor;
use crate::event_loop::slab::Key;
use crate::event_loop::waiter::Ticket;
use crate::source::Source;
use crate::time::{Sleep, sleep};

/// Tries, and waits for an edge whenever the answer was `EAGAIN`. It says itself that it does
/// not wait any more when it is dropped.
#[must_use = "a future does nothing unless it is awaited"]
pub(crate) struct Until<'a, F> {
    source: &'a Source,
    direction: Interest,
    attempt: F,
    /// Where it waits, if it does.
    ticket: Ticket,
    at: &'static Location<'static>,
}

/// The attempt is only ever called.
impl<F> Unpin for Until<'_, F> {}

impl<'a, F> Until<'a, F> {
    #[track_caller]
    pub(crate) fn new(source: &'a Source, direction: Interest, attempt: F) -> Until<'a, F> {
        Until::at(source, direction, attempt, Location::caller())
    }

    /// The same for an awaiting method that is more than this: `at` is where it was called.
    pub(crate) fn at(
        source: &'a Source,
        direction: Interest,
        attempt: F,
        at: &'static Location<'static>,
    ) -> Until<'a, F> {
        Until { source, direction, attempt, ticket: Ticket::NONE, at }
    }
}

impl<T, F: FnMut() -> io::Result<Option<T>>> Future for Until<'_, F> {
    type Output = io::Result<T>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        match (self.attempt)() {
            Ok(Some(answer)) => Poll::Ready(Ok(answer)),
            Err(e) => Poll::Ready(Err(e)),
            Ok(None) => self.park(cx),
        }
    }
}

impl<F> Until<'_, F> {
    #[inline]
    fn park<T>(&mut self, cx: &Context<'_>) -> Poll<io::Result<T>> {
        let io = &self.source.io;
        let parked = Core::briefly(|core| core.park_own(cx.waker(), io, self.direction, self.at));
        if let Some(ticket) = parked.flatten() {
            self.ticket = ticket;
            return Poll::Pending;
        }
        self.park_anyhow(cx)
    }

    /// Everything but a task that waits for what it waited for before.
    #[inline(never)]
    fn park_anyhow<T>(&mut self, cx: &Context<'_>) -> Poll<io::Result<T>> {
        let io = &self.source.io;
        let parked = Core::with_current(|core| {
            if io.ready.get().satisfies(self.direction) {
                core.yield_behind(cx.waker()); // the task's budget is spent, not the source's data
                return Ok(self.ticket);
            }
            core.awaits(self.at);
            let ticket = core.park_behind(cx.waker(), io, self.direction, self.ticket)?;
            if ticket == Ticket::NONE {
                core.yield_behind(cx.waker());
            }
            Ok(ticket)
        });
        match parked.unwrap_or_else(|| Err(LoopError::NoLoop.into())) {
            Ok(ticket) => {
                self.ticket = ticket;
                Poll::Pending
            }
            Err(e) => Poll::Ready(Err(e)),
        }
    }
}

impl<F> Drop for Until<'_, F> {
    #[inline]
    fn drop(&mut self) {
        if self.ticket != Ticket::NONE {
            self.source.io.remove_leaf(self.direction, self.ticket);
        }
    }
}

/// Waits until a source of this loop is closed, or until `patience` has passed: for a task that
/// got `EMFILE` and has to try again when there may be descriptors.
///
/// Cancel-safe. System calls: none of its own.
///
/// # Panics
/// If it is awaited where no event loop runs.
///
/// ```
/// # use std::{net::SocketAddr, time::Duration};
/// use eagain::net::TcpStream;
///
/// /// Connects, also when that takes a while because descriptors have run out.
/// async fn connect(addr: SocketAddr) -> std::io::Result<TcpStream> {
///     loop {
///         match TcpStream::connect(addr).await {
///             Err(e) if eagain::is_fd_exhaustion(&e) => {
///                 eagain::descriptor_closed(Duration::from_millis(100)).await;
///             }
///             answer => return answer,
///         }
///     }
/// }
/// ```
#[track_caller]
pub fn descriptor_closed(patience: Duration) -> DescriptorClosed {
    DescriptorClosed { patience: sleep(patience), place: None, waited: false }
}

/// What [`descriptor_closed`] returns.
#[derive(Debug)]
#[must_use = "a future does nothing unless it is awaited"]
pub struct DescriptorClosed {
    patience: Sleep,
    /// Its place among those who wait.
    place: Option<Place>,
    waited: bool,
}

/// A place is left where it was taken: whoever drops the future may be on another loop, or none.
#[derive(Debug)]
struct Place {
    reactor: Weak<Reactor>,
    ticket: Ticket,
    task: Key,
}

impl Place {
    /// False if it was vacant: somebody was woken from there.
    fn leave(self) -> bool {
        let reactor = self.reactor.upgrade();
        reactor.is_none_or(|reactor| reactor.unpark_starved(self.task, self.ticket))
    }
}

impl Future for DescriptorClosed {
    type Output = ();

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let woken = match self.place.take() {
            Some(place) => !place.leave(),
            None => self.waited,
        };
        if woken || Pin::new(&mut self.patience).poll(cx).is_ready() {
            self.waited = true;
            return Poll::Ready(());
        }
        self.place = Core::with_current(|core| {
            let (ticket, task) = core.starve_behind(cx.waker());
            Place { reactor: Rc::downgrade(&core.reactor), ticket, task }
        });
        Poll::Pending
    }
}

impl Drop for DescriptorClosed {
    fn drop(&mut self) {
        if let Some(place) = self.place.take() {
            place.leave();
        }
    }
}
