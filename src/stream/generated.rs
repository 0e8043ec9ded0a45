//! A stream made of an `async` closure.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::event_loop::budget;
use crate::stream::emitter::{Emitter, Room};

/// Makes a stream of an `async` closure: what it [emits](Emitter::emit) comes out, one by one, and
/// the stream ends when it returns.
///
/// The closure runs inside `next().await` of whoever holds the stream, and nowhere else: it
/// stands still until the next value is asked for, may borrow, and is dropped with the stream.
/// One allocation for the closure and one for the room between the two, whatever comes out.
///
/// ```
/// use std::time::Duration;
/// use eagain::stream::from_generator;
///
/// # eagain::run(async {
/// let mut squares = from_generator(async |mut out| {
///     for n in 1..=3_u64 {
///         eagain::time::sleep(Duration::from_millis(n)).await;
///         out.emit(n * n).await;
///     }
/// });
/// let mut taken = Vec::new();
/// while let Some(square) = squares.next().await {
///     taken.push(square);
/// }
/// assert_eq!(taken, [1, 4, 9]);
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn from_generator<'a, T, F>(generator: impl FnOnce(Emitter<T>) -> F) -> Generated<'a, T>
where
    F: Future<Output = ()> + 'a,
{
    Generated::new(generator)
}

/// As [`from_generator`], for a closure that can fail: the error that it returns comes out as the
/// last item.
///
/// ```
/// use std::num::ParseIntError;
/// use eagain::stream::try_from_generator;
///
/// # eagain::run(async {
/// let mut numbers = try_from_generator(async |mut out| {
///     for word in ["1", "2", "three", "4"] {
///         let number = word.parse::<u32>()?;
///         out.emit(Ok(number)).await;
///     }
///     Ok::<(), ParseIntError>(())
/// });
/// assert_eq!(numbers.try_next().await, Ok(Some(1)));
/// assert_eq!(numbers.try_next().await, Ok(Some(2)));
/// assert!(numbers.try_next().await.is_err());
/// assert_eq!(numbers.try_next().await, Ok(None));
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn try_from_generator<'a, T, E, F>(
    generator: impl FnOnce(Emitter<Result<T, E>>) -> F,
) -> Generated<'a, Result<T, E>>
where
    F: Future<Output = Result<(), E>> + 'a,
{
    Generated::new(generator)
}

/// The stream that [`from_generator`] and [`try_from_generator`] return.
#[must_use = "a stream does nothing unless its values are asked for"]
pub struct Generated<'a, T> {
    /// `None` when it has returned.
    generator: Option<Pin<Box<dyn Produce<T> + 'a>>>,
    room: Rc<Room<T>>,
}

/// A generator, whatever it returns in the end.
trait Produce<T> {
    /// Ready with the last item, if there is one.
    fn produce(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>>;
}

impl<T, F: Future<Output: Last<T>>> Produce<T> for F {
    fn produce(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.poll(cx).map(Last::last)
    }
}

/// What a generator returns.
trait Last<T> {
    /// The item that it is, if it is one.
    fn last(self) -> Option<T>;
}

impl<T> Last<T> for () {
    fn last(self) -> Option<T> {
        None
    }
}

impl<T, E> Last<Result<T, E>> for Result<(), E> {
    fn last(self) -> Option<Result<T, E>> {
        self.err().map(Err)
    }
}

impl<'a, T> Generated<'a, T> {
    fn new<F>(generator: impl FnOnce(Emitter<T>) -> F) -> Generated<'a, T>
    where
        F: Future<Output: Last<T>> + 'a,
    {
        let room = Rc::new(Room::new());
        let generator = Box::pin(generator(Emitter::new(room.clone())));
        Generated { generator: Some(generator), room }
    }

    /// The next value; `None` when the generator has returned, from then on.
    ///
    /// Cancel-safe: no value is lost, and the generator goes on where it was. System calls: none of
    /// its own.
    pub async fn next(&mut self) -> Option<T> {
        poll_fn(|cx| self.poll_item(cx)).await
    }

    /// The next value, as a poll.
    pub(crate) fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        budget::within(cx, |cx| self.poll_generator(cx))
    }

    fn poll_generator(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let Some(generator) = &mut self.generator else { return Poll::Ready(None) };
        let polling = self.room.begin_poll(cx);
        let produced = generator.as_mut().produce(cx);
        drop(polling);
        if let Poll::Ready(last) = produced {
            self.generator = None;
            return Poll::Ready(last);
        }
        self.room.take().map_or(Poll::Pending, |value| Poll::Ready(Some(value)))
    }

    /// Whether the generator has returned, and its last item was taken.
    pub fn is_done(&self) -> bool {
        self.generator.is_none()
    }
}

impl<T, E> Generated<'_, Result<T, E>> {
    /// The next value, `None` at the end.
    ///
    /// Cancel-safe, as [`next`](Generated::next); errors are items like others, and the stream goes
    /// on after them if the generator does.
    ///
    /// # Errors
    /// What the generator emitted or returned.
    pub async fn try_next(&mut self) -> Result<Option<T>, E> {
        self.next().await.transpose()
    }
}

impl<T> fmt::Debug for Generated<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_done() { "Generated(done)" } else { "Generated(running)" })
    }
}
