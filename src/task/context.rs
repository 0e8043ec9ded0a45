//! What a task is given when it is resumed.

use std::io;
use std::marker::PhantomData;
use std::os::fd::BorrowedFd;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{self, Poll, Waker};
use std::time::{Duration, Instant};

use eagain_sys::poller::Interest;

use crate::event_loop::core::Core;
use crate::event_loop::slab::Key;
use crate::event_loop::task::{MORE_TO_UNDO, Task, TaskId};
use crate::event_loop::waiter::{Leaf, Ticket, Waiter};
use crate::source::Source;
use crate::task::body::Spawn;
use crate::task::generator::{Cause, On, Wait};
use crate::task::join::JoinHandle;

/// The loop, as seen by the task that runs: why it was resumed, and how to say what it waits
/// for next.
pub struct Context<'a> {
    core: &'a Rc<Core>,
    task: &'a Rc<Task>,
    /// Not to leave the thread.
    local: PhantomData<*const ()>,
}

impl<'a> Context<'a> {
    #[inline(always)]
    pub(crate) fn new(core: &'a Rc<Core>, task: &'a Rc<Task>) -> Context<'a> {
        Context { core, task, local: PhantomData }
    }

    /// Why the task was resumed.
    pub fn cause(&self) -> Cause {
        self.task.cause()
    }

    /// Which task this is.
    pub fn id(&self) -> TaskId {
        TaskId(self.task.key())
    }

    /// Until `source` is worth another read (or accept). To be used after a try has answered
    /// `None`; if there is something to read all the same (the task's budget was spent),
    /// the task is resumed in the next turn.
    ///
    /// System calls: one `epoll_ctl` the first time in the source's life, else none.
    ///
    /// # Errors
    /// [`LoopError`](crate::LoopError): another task waits for the same, the source is closed or
    /// belongs to another loop. `ENOSPC`: the user's limit on watched descriptors.
    pub fn readable(&self, source: &impl AsRef<Source>) -> io::Result<Wait> {
        self.ready(source.as_ref(), Interest::READ)
    }

    /// Until `source` is worth another write, or a pending connection is decided. As
    /// [`readable`](Context::readable).
    ///
    /// System calls: one `epoll_ctl` the first time in the source's life, else none.
    pub fn writable(&self, source: &impl AsRef<Source>) -> io::Result<Wait> {
        self.ready(source.as_ref(), Interest::WRITE)
    }

    /// Until either is worth a try; [`cause`](Context::cause) then tells which.
    ///
    /// System calls: one `epoll_ctl` the first time in the source's life, else none.
    pub fn readable_or_writable(&self, source: &impl AsRef<Source>) -> io::Result<Wait> {
        self.ready(source.as_ref(), Interest::BOTH)
    }

    #[inline(always)]
    fn ready(&self, source: &Source, interest: Interest) -> io::Result<Wait> {
        let ready = source.io.ready.get();
        if ready.satisfies(interest) {
            return Ok(Wait { on: On::ready(ready.of(interest)), deadline: None });
        }
        self.leave();
        let key = self.core.reactor.park(&source.io, interest, self.task, self.core.id)?;
        if key.is_none() {
            return Ok(Wait { on: On::ready(interest.into()), deadline: None });
        }
        Ok(self.parked(key, interest))
    }

    /// Of what the task asks for in one resume, the last counts: it leaves what it was parked on
    /// before.
    #[inline(always)]
    fn leave(&self) {
        if self.task.on.get() != On::WOKEN {
            self.core.undo_wait(self.task);
        }
    }

    #[inline(always)]
    fn parked(&self, source: Key, interest: Interest) -> Wait {
        let on = On::source(source, interest);
        self.task.on.set(on);
        if interest == Interest::BOTH {
            self.task.mark(MORE_TO_UNDO, true);
        }
        Wait { on, deadline: None }
    }

    /// Until a descriptor that somebody else owns is worth a try. Level-checked: it does not
    /// matter whether a call has answered `EAGAIN` before. To be yielded at once. Meant for
    /// descriptors of other libraries; a [`Source`] is cheaper.
    ///
    /// System calls: one `epoll_ctl` each time.
    ///
    /// # Errors
    /// `EEXIST`: it is watched as a [`Source`] of this loop. [`LoopError`](crate::LoopError):
    /// another task waits for the same.
    pub fn arm(&self, fd: BorrowedFd<'_>, interest: Interest) -> io::Result<Wait> {
        self.leave();
        let key = self.core.reactor.arm(fd, interest, self.task)?;
        let ready = Wait { on: On::ready(interest.into()), deadline: None };
        Ok(key.map_or(ready, |key| self.parked(key, interest)))
    }

    /// Until a source of this loop is closed, or until `patience` has passed: for a task that
    /// got `EMFILE` and has to try again when there may be descriptors. A listener's edge will
    /// not come again for the connections that already queue.
    ///
    /// System calls: none.
    pub fn descriptor_closed(&self, patience: Duration) -> Wait {
        self.leave();
        let waiter = Waiter::Task(self.task.clone());
        let leaf = Leaf { waiter, ticket: Ticket::NONE, task: self.task.key() };
        self.core.reactor.park_starved(leaf);
        self.task.on.set(On::DESCRIPTOR);
        self.task.mark(MORE_TO_UNDO, true);
        Wait { on: On::DESCRIPTOR, ..Wait::after(patience) }
    }

    /// The task's waker: any thread may use it to resume the task.
    ///
    /// System calls: none. Using it from another thread costs one `write` if the loop's bell
    /// is silent.
    pub fn waker(&self) -> Waker {
        self.core.waker_of(self.task)
    }

    /// Spawns another task on the loop; it first runs in the next turn. A panic in it ends the
    /// task alone; [`JoinError`](crate::JoinError) has more.
    ///
    /// System calls: none.
    #[track_caller]
    pub fn spawn<Kind, T: Spawn<Kind>>(&self, task: T) -> JoinHandle<T::Output> {
        self.core.spawn(task, Location::caller())
    }

    /// Until another task has finished: for one that waits for a child by
    /// [`JoinHandle::take`].
    ///
    /// System calls: none.
    ///
    /// ```
    /// use eagain::{Context, Generator, JoinHandle, Step};
    ///
    /// struct Parent(Option<JoinHandle<u32>>);
    ///
    /// impl Generator for Parent {
    ///     type Return = u32;
    ///     fn resume(&mut self, cx: &mut Context<'_>) -> Step<u32> {
    ///         let child = self.0.get_or_insert_with(|| cx.spawn(async { 42 }));
    ///         match child.take() {
    ///             Some(value) => Step::Return(value.unwrap_or(0)),
    ///             None => Step::Yield(cx.finished(child)),
    ///         }
    ///     }
    /// }
    ///
    /// let mut event_loop = eagain::EventLoop::new()?;
    /// let parent = event_loop.spawn(Parent(None));
    /// event_loop.run()?;
    /// assert_eq!(parent.take().unwrap()?, 42);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn finished<T: 'static>(&self, task: &JoinHandle<T>) -> Wait {
        self.leave();
        if task.is_finished() {
            return Wait::next_turn();
        }
        task.join_by(self.core, self.task);
        Wait::woken()
    }

    /// Polls the future that the task is.
    #[inline]
    pub(crate) fn poll<F: Future>(&self, future: Pin<&mut F>) -> Poll<F::Output> {
        self.core.with_waker(self.task, |waker| future.poll(&mut task::Context::from_waker(waker)))
    }

    /// What a future that is not ready waits for.
    pub(crate) fn pending(&self) -> Wait {
        if self.core.yielded.replace(false) { Wait::next_turn() } else { Wait::woken() }
    }

    /// Keeps what the task returned, if somebody will ask for it.
    #[inline(always)]
    pub(crate) fn deliver<T: 'static>(&self, value: T) {
        self.task.deliver(value);
    }

    /// What the loop's clock says, see [`time::now`](crate::time::now).
    ///
    /// System calls: none; the vDSO answers.
    pub fn now(&self) -> Instant {
        self.core.now()
    }
}
