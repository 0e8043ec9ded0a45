//! Waiting until nobody wants to receive any more.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::sync::line::Place;
use crate::sync::mpsc::channel::Channel;

/// What `closed` of a channel's sender returns.
#[must_use = "a future does nothing unless it is awaited"]
pub struct Closed<'a, T> {
    channel: &'a Channel<T>,
    place: Option<Place>,
}

impl<'a, T> Closed<'a, T> {
    pub(crate) fn new(channel: &'a Channel<T>) -> Closed<'a, T> {
        Closed { channel, place: None }
    }
}

impl<T> Future for Closed<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if this.place.is_none() && this.channel.is_closed() {
            return Poll::Ready(());
        }
        this.channel.leaving().poll(&mut this.place, (), cx.waker())
    }
}

impl<T> Drop for Closed<'_, T> {
    fn drop(&mut self) {
        if let Some(place) = self.place.take() {
            self.channel.leaving().leave(place);
        }
    }
}

impl<T> fmt::Debug for Closed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closed").finish_non_exhaustive()
    }
}
