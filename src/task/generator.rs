//! What a task is to the loop: something that can be resumed.

use std::fmt;
use std::ops::BitOr;
use std::panic::Location;
use std::time::{Duration, Instant};

use eagain_sys::poller::{Interest, Readiness};

use crate::event_loop::clock;
use crate::event_loop::slab::Key;
use crate::task::context::Context;

/// A task written by hand: a state machine that runs until it has to wait, says what it waits
/// for, and goes on from there when it is resumed.
///
/// ```
/// use eagain::{Context, EventLoop, Generator, Step, Wait};
/// use std::time::Duration;
///
/// struct Countdown(u32);
///
/// impl Generator for Countdown {
///     type Return = &'static str;
///
///     fn resume(&mut self, _cx: &mut Context<'_>) -> Step<&'static str> {
///         if self.0 == 0 {
///             return Step::Return("lift-off");
///         }
///         self.0 -= 1;
///         Step::Yield(Wait::after(Duration::from_millis(1)))
///     }
/// }
///
/// let mut event_loop = EventLoop::new()?;
/// let countdown = event_loop.spawn(Countdown(3));
/// event_loop.run()?;
/// assert_eq!(countdown.take().unwrap()?, "lift-off");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Generator {
    /// What it returns in the end.
    type Return;

    /// Runs on until it has to wait or is done. Not called again after it returned.
    fn resume(&mut self, cx: &mut Context<'_>) -> Step<Self::Return>;

    /// The name of the state it is paused in, for the listing of tasks. Only to look: the loop
    /// must not be used from here.
    fn state(&self) -> &'static str {
        ""
    }
}

/// How far a generator came.
#[derive(Debug)]
#[must_use = "a step that is not handed on is a wait that never happens"]
pub enum Step<R> {
    /// It waits for this.
    Yield(Wait),
    /// It is done, and this is what came of it.
    Return(R),
}

impl<R> Step<R> {
    /// Applies `f` to what is returned.
    pub fn map<T>(self, f: impl FnOnce(R) -> T) -> Step<T> {
        match self {
            Step::Yield(wait) => Step::Yield(wait),
            Step::Return(value) => Step::Return(f(value)),
        }
    }
}

/// A step is as good as a result: for a generator that keeps its work in a function that uses
/// `?`, see [`Step::from_result`].
impl<R, E> From<Step<R>> for Result<Step<R>, E> {
    fn from(step: Step<R>) -> Result<Step<R>, E> {
        Ok(step)
    }
}

impl<R, E> Step<Result<R, E>> {
    /// The step of a generator whose work is done in a function that uses `?`: an error ends
    /// the generator with that error.
    ///
    /// ```
    /// # use eagain::{Context, Generator, Step, Wait, net::TcpStream};
    /// # use std::io;
    /// struct Drain(TcpStream);
    ///
    /// impl Drain {
    ///     fn advance(&mut self, cx: &mut Context<'_>) -> io::Result<Step<()>> {
    ///         let mut buf = [0; 4096];
    ///         loop {
    ///             match self.0.try_read(&mut buf)? {
    ///                 Some(0) => return Ok(Step::Return(())),
    ///                 Some(_) => {}
    ///                 None => return Ok(Step::Yield(cx.readable(&self.0)?)),
    ///             }
    ///         }
    ///     }
    /// }
    ///
    /// impl Generator for Drain {
    ///     type Return = io::Result<()>;
    ///     fn resume(&mut self, cx: &mut Context<'_>) -> Step<io::Result<()>> {
    ///         Step::from_result(self.advance(cx))
    ///     }
    /// }
    /// ```
    pub fn from_result(result: Result<Step<R>, E>) -> Step<Result<R, E>> {
        match result {
            Ok(step) => step.map(Ok),
            Err(e) => Step::Return(Err(e)),
        }
    }
}

/// Resumes a generator inside another one, as `yield from` does: what it yields is passed on
/// (the calling function returns), what it returns is the value.
///
/// ```
/// # use eagain::{Context, Generator, Step, Wait};
/// # use std::time::Duration;
/// # struct Nap(bool);
/// # impl Generator for Nap {
/// #     type Return = u32;
/// #     fn resume(&mut self, _: &mut Context<'_>) -> Step<u32> {
/// #         if std::mem::replace(&mut self.0, true) { Step::Return(1) } else { Step::Yield(Wait::next_turn()) }
/// #     }
/// # }
/// struct TwoNaps { first: Nap, second: Nap, sum: Option<u32> }
///
/// impl Generator for TwoNaps {
///     type Return = u32;
///     fn resume(&mut self, cx: &mut Context<'_>) -> Step<u32> {
///         if self.sum.is_none() {
///             self.sum = Some(eagain::yield_from!(self.first, cx));
///         }
///         let second = eagain::yield_from!(self.second, cx);
///         Step::Return(self.sum.unwrap_or(0) + second)
///     }
/// }
/// ```
#[macro_export]
macro_rules! yield_from {
    ($child:expr, $cx:expr) => {
        match $crate::Generator::resume(&mut $child, $cx) {
            $crate::Step::Return(value) => value,
            $crate::Step::Yield(wait) => return $crate::Step::Yield(wait).into(),
        }
    };
}

/// What a task waits for. Made by [`Context`] where it is about a source, here where it is not.
#[derive(Clone, Copy, Debug)]
#[must_use = "nobody waits for what is not yielded"]
pub struct Wait {
    pub(crate) on: On,
    pub(crate) deadline: Option<Instant>,
}

/// What is waited for besides the deadline, in one word: nothing, or a source by its slot and
/// generation, with the directions in two bits that no slot's number needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct On(u64);

impl On {
    /// Somebody who holds the task's waker, or the deadline alone.
    pub(crate) const WOKEN: On = On(u64::MAX);
    /// Nothing: the task only lets the others run.
    pub(crate) const NEXT_TURN: On = On(u64::MAX - 1);
    /// Its timer. Only of a task that waits: what it asked for was [`WOKEN`](On::WOKEN) and a
    /// deadline.
    pub(crate) const TIMER: On = On(u64::MAX - 2);
    /// A descriptor to be closed.
    pub(crate) const DESCRIPTOR: On = On(u64::MAX - 3);
    /// Whatever its future waits for, which is polled elsewhere.
    pub(crate) const ELSEWHERE: On = On(u64::MAX - 4);
    /// From here on up, no source is meant.
    const SPECIAL: u64 = u64::MAX - 16;
    const READ: u64 = 1 << 31;
    const WRITE: u64 = 1 << 30;

    #[inline]
    pub(crate) fn source(key: Key, interest: Interest) -> On {
        let read = if interest.contains(Interest::READ) { On::READ } else { 0 };
        let write = if interest.contains(Interest::WRITE) { On::WRITE } else { 0 };
        On(key.to_token() | read | write)
    }

    /// A source that is ready already (so that the task was short of budget, not of data), in
    /// one of these directions or both.
    pub(crate) fn ready(ready: Readiness) -> On {
        let read = u64::from(ready.intersects(Readiness::READABLE));
        let write = u64::from(ready.intersects(Readiness::WRITABLE));
        On(On::SPECIAL + read + 2 * write)
    }

    /// The directions, if it is one that is ready already.
    pub(crate) fn as_ready(self) -> Option<Readiness> {
        match self.0.checked_sub(On::SPECIAL)? {
            1 => Some(Readiness::READABLE),
            2 => Some(Readiness::WRITABLE),
            3 => Some(Readiness::UNKNOWN),
            _ => None,
        }
    }

    /// The source and the directions, if it is one.
    pub(crate) fn as_source(self) -> Option<(Key, Interest)> {
        if self.0 >= On::SPECIAL {
            return None;
        }
        let interest = match (self.0 & On::READ != 0, self.0 & On::WRITE != 0) {
            (true, false) => Interest::READ,
            (false, true) => Interest::WRITE,
            _ => Interest::BOTH,
        };
        Some((Key::from_token(self.0 & !(On::READ | On::WRITE)), interest))
    }
}

impl fmt::Debug for On {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_source() {
            Some((key, interest)) => write!(f, "{interest:?} of source {}", key.index()),
            None if *self == On::NEXT_TURN => f.write_str("next turn"),
            None if *self == On::TIMER => f.write_str("timer"),
            None if *self == On::DESCRIPTOR => f.write_str("a descriptor to be closed"),
            None if self.as_ready().is_some() => f.write_str("nothing, it is ready"),
            None => f.write_str("woken"),
        }
    }
}

impl Wait {
    /// Until somebody wakes the task through a waker that it took from [`Context::waker`].
    pub fn woken() -> Wait {
        Wait { on: On::WOKEN, deadline: None }
    }

    /// Until the next turn of the loop: lets the other tasks run first.
    pub fn next_turn() -> Wait {
        Wait { on: On::NEXT_TURN, deadline: None }
    }

    /// Until this instant, and never before it.
    pub fn until(deadline: Instant) -> Wait {
        Wait { on: On::WOKEN, deadline: Some(deadline) }
    }

    /// Until so much time has passed from now. A time so long that no clock can name its end
    /// (`Duration::MAX`) never passes.
    pub fn after(time: Duration) -> Wait {
        Wait { on: On::WOKEN, deadline: clock::now().checked_add(time) }
    }

    /// The same wait, but not beyond this instant. Of two deadlines the earlier one holds.
    ///
    /// A task is resumed for one cause: if data and the deadline come together, it is the data.
    /// A limit on a whole exchange is for the task to check against the clock, since a peer that
    /// never stops sending is always ready.
    ///
    /// ```
    /// use eagain::{Cause, Context, Generator, Source, Step};
    /// use std::time::Instant;
    ///
    /// /// Whether there is something to read in time.
    /// struct Patient { source: Source, end: Instant }
    ///
    /// impl Generator for Patient {
    ///     type Return = std::io::Result<bool>;
    ///     fn resume(&mut self, cx: &mut Context<'_>) -> Step<Self::Return> {
    ///         match self.source.try_read(&mut [0]) {
    ///             Ok(None) if cx.cause() == Cause::TimedOut => Step::Return(Ok(false)),
    ///             Ok(None) => {
    ///                 let readable = cx.readable(&self.source);
    ///                 Step::from_result(readable.map(|wait| Step::Yield(wait.or_until(self.end))))
    ///             }
    ///             answer => Step::Return(answer.map(|_| true)),
    ///         }
    ///     }
    /// }
    /// ```
    pub fn or_until(self, deadline: Instant) -> Wait {
        Wait { deadline: Some(self.deadline.map_or(deadline, |d| d.min(deadline))), ..self }
    }
}

/// Why a task was resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It runs for the first time, or asked for the next turn.
    Turn,
    /// The source is worth another try.
    Ready(Ready),
    /// The deadline has passed.
    TimedOut,
    /// Somebody used its waker.
    Woken,
    /// The source was closed by another task.
    Closed,
}

/// The directions in which a source is worth a try.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ready(pub(crate) Readiness);

impl Ready {
    /// A read may find data, the end of the stream, or an error.
    pub fn is_readable(self) -> bool {
        self.0.intersects(Readiness::READABLE)
    }

    /// A write may find room, or an error.
    pub fn is_writable(self) -> bool {
        self.0.intersects(Readiness::WRITABLE)
    }
}

impl BitOr for Ready {
    type Output = Ready;
    fn bitor(self, other: Ready) -> Ready {
        Ready(self.0 | other.0)
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Turn => f.write_str("turn"),
            Cause::Ready(ready) => write!(f, "{ready:?}"),
            Cause::TimedOut => f.write_str("timed out"),
            Cause::Woken => f.write_str("woken"),
            Cause::Closed => f.write_str("closed"),
        }
    }
}

/// A place in the program.
pub(crate) type Place = &'static Location<'static>;
