//! A call that is handed to a thread.

use std::io;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::event_loop::core::Core;
use crate::task::generator::Place;
use crate::task::join::JoinError;
use crate::thread::{Offload, offload};

/// Does it on a thread of the pool, when it is polled. What the thread could not do is an error of
/// the call; its panic goes on here.
#[track_caller]
pub(super) fn handed<T, F>(call: F) -> Handed<F, T, T>
where
    T: Send + 'static,
    F: FnOnce() -> io::Result<T> + Send + 'static,
{
    handed_for(call, |answer| answer)
}

/// The same; `make` makes something of the answer that cannot leave the thread.
#[track_caller]
pub(super) fn handed_for<T, U, F>(call: F, make: fn(T) -> U) -> Handed<F, T, U>
where
    T: Send + 'static,
    F: FnOnce() -> io::Result<T> + Send + 'static,
{
    Handed { call: Some(call), work: None, make, at: Location::caller() }
}

/// No `async fn`, whose panic would name a line of ours and not that of whoever awaits it.
pub(super) struct Handed<F, T, U> {
    /// Until it is polled.
    call: Option<F>,
    /// From then on.
    work: Option<Offload<io::Result<T>>>,
    make: fn(T) -> U,
    /// Where it was made.
    at: Place,
}

/// The call is only ever called.
impl<F, T, U> Unpin for Handed<F, T, U> {}

impl<T, U, F> Future for Handed<F, T, U>
where
    T: Send + 'static,
    F: FnOnce() -> io::Result<T> + Send + 'static,
{
    type Output = io::Result<U>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<U>> {
        if let Some(call) = self.call.take() {
            Core::must_run(self.at);
            self.work = Some(offload(call));
        }
        let Some(work) = &mut self.work else {
            panic!("a future was polled after it had returned")
        };
        let answer = ready!(Pin::new(work).poll(cx));
        self.work = None;
        Poll::Ready(answered(answer).map(self.make))
    }
}

pub(super) fn answered<T>(answer: Result<io::Result<T>, JoinError>) -> io::Result<T> {
    match answer {
        Ok(answer) => answer,
        Err(JoinError::Panicked(panic)) => panic.resume(),
        Err(e) => Err(io::Error::other(e)),
    }
}
