//! What the two ends of a channel share.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::task::{Context, Poll};

use crate::event_loop::budget;
use crate::sync::mpsc::error::TryRecvError;
use crate::sync::permits::{Gate, Permits};
use crate::sync::waiters::Waiters;
use crate::sync::waker_slot::WakerSlot;

/// Room for more than this is made when it is needed.
const AT_ONCE: usize = 1024;

pub(crate) struct Channel<T> {
    queue: RefCell<VecDeque<T>>,
    /// The room that is neither taken nor promised; `None`: there is no limit.
    room: Option<Room>,
    receiver: WakerSlot,
    /// Senders that wait until nobody wants to hear from them.
    leaving: Waiters<()>,
    senders: Cell<usize>,
    closed: Cell<bool>,
}

pub(crate) struct Room {
    pub(crate) permits: Permits,
    pub(crate) capacity: usize,
}

impl<T> Channel<T> {
    /// A channel with one sender.
    pub(crate) fn new(capacity: Option<usize>) -> Channel<T> {
        Channel {
            queue: RefCell::new(VecDeque::with_capacity(capacity.map_or(0, |c| c.min(AT_ONCE)))),
            room: capacity.map(|capacity| Room { permits: Permits::new(capacity), capacity }),
            receiver: WakerSlot::new(),
            leaving: Waiters::new(),
            senders: Cell::new(1),
            closed: Cell::new(false),
        }
    }

    pub(crate) fn room(&self) -> &Room {
        self.room.as_ref().expect("a bounded channel")
    }

    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.get()
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.borrow().len()
    }

    pub(crate) fn leaving(&self) -> &Waiters<()> {
        &self.leaving
    }

    /// Puts a value in, unless the channel is closed. There is room.
    #[inline]
    pub(crate) fn push(&self, value: T) -> Result<(), T> {
        if self.closed.get() {
            return Err(value);
        }
        self.queue.borrow_mut().push_back(value);
        self.receiver.wake();
        Ok(())
    }

    #[inline]
    fn pop(&self) -> Option<T> {
        let value = self.queue.borrow_mut().pop_front()?;
        if let Some(room) = &self.room {
            room.permits.release(1);
        }
        Some(value)
    }

    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        self.closed.get() || self.senders.get() == 0
    }

    #[inline]
    pub(crate) fn try_recv(&self) -> Result<T, TryRecvError> {
        match self.pop() {
            Some(value) => Ok(value),
            None if self.is_over() => Err(TryRecvError::Disconnected),
            None => Err(TryRecvError::Empty),
        }
    }

    #[inline]
    pub(crate) fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        budget::within(cx, |cx| match self.try_recv() {
            Ok(value) => Poll::Ready(Some(value)),
            Err(TryRecvError::Disconnected) => Poll::Ready(None),
            Err(TryRecvError::Empty) => {
                self.receiver.wait(cx.waker());
                Poll::Pending
            }
        })
    }

    /// The receiver waits no more.
    #[inline(never)]
    pub(crate) fn stop_waiting(&self) {
        self.receiver.clear();
    }

    /// Lets nobody send any more, and tells all who wait to.
    pub(crate) fn close(&self) {
        if !self.closed.replace(true) {
            if let Some(room) = &self.room {
                room.permits.close();
            }
            self.leaving.call_all(());
        }
    }

    /// Drops what nobody will receive. What it is may come back here: nothing is borrowed.
    pub(crate) fn discard(&self) {
        self.receiver.clear();
        let unwanted = std::mem::take(&mut *self.queue.borrow_mut());
        drop(unwanted);
    }

    pub(crate) fn add_sender(&self) {
        self.senders.set(self.senders.get() + 1);
    }

    /// The last one to go wakes the receiver.
    pub(crate) fn remove_sender(&self) {
        self.senders.set(self.senders.get() - 1);
        if self.senders.get() == 0 {
            self.receiver.wake();
        }
    }
}

impl<T> Gate for &Channel<T> {
    #[inline]
    fn permits(&self) -> &Permits {
        &self.room().permits
    }
}
