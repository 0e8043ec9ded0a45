//! The producer's half of a stream, and the room for one value between the halves.

use std::cell::Cell;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, RawWakerVTable, Waker};

/// What a generator emits its values with.
///
/// It belongs inside its generator: what is emitted from elsewhere (another task) waits until
/// somebody asks the stream for a value.
pub struct Emitter<T> {
    room: Rc<Room<T>>,
}

pub(crate) struct Room<T> {
    value: Cell<Option<T>>,
    /// The waker that the whole generator is being polled with. Between two polls there is none:
    /// a waker may be lent for one poll, and the next task's may lie at the same place.
    generator: Cell<Option<Identity>>,
    /// Who emitted the value, if it has another waker: a child of a group inside the generator.
    emitter: Cell<Option<Waker>>,
}

/// The time in which the generator is polled.
pub(crate) struct Polling<'a, T>(&'a Room<T>);

impl<T> Drop for Polling<'_, T> {
    fn drop(&mut self) {
        self.0.generator.set(None);
    }
}

/// Which waker it is. Only compared.
type Identity = (*const (), *const RawWakerVTable);

fn identity(waker: &Waker) -> Identity {
    (waker.data(), waker.vtable())
}

impl<T> Room<T> {
    pub(crate) fn new() -> Room<T> {
        Room { value: Cell::new(None), generator: Cell::new(None), emitter: Cell::new(None) }
    }

    pub(crate) fn take(&self) -> Option<T> {
        self.value.take()
    }

    /// The generator is about to be polled: whoever emitted the last value can go on.
    pub(crate) fn begin_poll(&self, cx: &Context<'_>) -> Polling<'_, T> {
        if let Some(emitter) = self.emitter.take() {
            emitter.wake();
        }
        self.generator.set(Some(identity(cx.waker())));
        Polling(self)
    }

    /// Whether there is no value.
    fn is_free(&self) -> bool {
        let value = self.value.take();
        let free = value.is_none();
        self.value.set(value);
        free
    }
}

impl<T> Emitter<T> {
    pub(crate) fn new(room: Rc<Room<T>>) -> Emitter<T> {
        Emitter { room }
    }

    /// Gives a value out, and goes on when the next one is asked for.
    ///
    /// Cancel-safe: dropped before it is done, the value has been taken or is dropped with it.
    /// System calls: none.
    pub fn emit(&mut self, value: T) -> Emit<'_, T> {
        Emit { room: &self.room, state: State::Holds(value) }
    }
}

/// What [`Emitter::emit`] returns.
#[must_use = "a value is emitted when this is awaited"]
pub struct Emit<'a, T> {
    room: &'a Room<T>,
    state: State<T>,
}

enum State<T> {
    Holds(T),
    /// The value is in the room, or was taken.
    Emitted,
    Done,
}

/// Nothing in it is pinned.
impl<T> Unpin for Emit<'_, T> {}

impl<T> Future for Emit<'_, T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let room = self.room;
        match std::mem::replace(&mut self.state, State::Emitted) {
            State::Holds(value) => room.value.set(Some(value)),
            State::Emitted if room.is_free() => self.state = State::Done,
            State::Emitted => {}
            State::Done => self.state = State::Done,
        }
        if let State::Done = self.state {
            return Poll::Ready(());
        }
        if room.generator.get() != Some(identity(cx.waker())) {
            let before = room.emitter.replace(Some(cx.waker().clone()));
            drop(before);
        }
        Poll::Pending
    }
}

impl<T> Drop for Emit<'_, T> {
    fn drop(&mut self) {
        if let State::Emitted = self.state {
            drop(self.room.take());
        }
    }
}

impl<T> fmt::Debug for Emitter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.room.is_free() { "Emitter" } else { "Emitter(full)" })
    }
}

impl<T> fmt::Debug for Emit<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state {
            State::Holds(_) => "Emit(unpolled)",
            State::Emitted => "Emit(emitted)",
            State::Done => "Emit(done)",
        })
    }
}
