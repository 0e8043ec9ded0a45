//! Tasks that do not outlive their parent.

mod handle;
mod owned;
mod scope;

use std::fmt;
use std::future::poll_fn;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::event_loop::budget;
use crate::future::children::{Children, Key};
use crate::task::body::{Spawn, quietly};
pub use handle::GroupHandle;

/// A child that lives in the group.
type Child<'env, T> = Pin<Box<dyn Future<Output = T> + 'env>>;

/// A group of tasks, also called a nursery, that do not outlive it: they are done before it is
/// left, or they are dropped with it.
///
/// Most need one of two functions: [`TaskGroup::scope`] and, for children that can fail,
/// [`TaskGroup::try_scope`]. They run a block of code and the children that it adds, and
/// return when all of them are done. A group that is held by name hands out what its children
/// return, one by one ([`join_next`](TaskGroup::join_next)) or together
/// ([`wait`](TaskGroup::wait)).
///
/// # Two kinds of children
///
/// * [`add`](TaskGroup::add): the child lives in the group, and so in the parent's future. It may
///   **borrow** from what was there before the group. It runs while the group is
///   awaited, shares the parent's budget, and is polled only when it was woken itself.
/// * [`spawn`](TaskGroup::spawn): the child is a task of its own, with its own place in the queue
///   and in the listing. It runs whether or not the group is awaited, and must be `'static`.
///
/// Children may add others: give them a [`handle`](TaskGroup::handle).
///
/// # How it ends
///
/// * All children have returned.
/// * One returned an error (in `try_scope`, `try_join_next`, `try_wait`): the rest is *cancelled*,
///   that is, dropped where it waits.
/// * One panicked: the rest is cancelled, then the panic goes on in the parent.
/// * The group, or the future that awaits it, is dropped: all are cancelled.
///
/// A group that was cancelled takes no more children; they are dropped at once.
///
/// A child's panic goes on in the parent when the parent next awaits the group. Dropping a group
/// loses the panics of children that nobody awaited any more: the panic hook has told of them,
/// and nothing else will.
///
/// # What must await on the way out
///
/// To cancel is to drop, and `Drop` cannot await. What needs more than that to end well (a
/// rollback, a goodbye) has an explicit `close().await`, and belongs to the parent: the children
/// borrow it, and the parent closes it when the group has ended, in whichever way it has.
/// A child that has to say goodbye itself is asked to, not cancelled: it listens to a
/// [`CancellationToken`](crate::sync::CancellationToken) beside its work, and returns.
///
/// ```
/// use std::cell::Cell;
/// use eagain::TaskGroup;
///
/// struct Connection(Cell<u32>);
/// # impl Connection {
/// #     async fn query(&self, n: u32) -> Result<(), String> {
/// #         self.0.set(self.0.get() + n);
/// #         if n == 2 { Err("no such table".into()) } else { std::future::pending().await }
/// #     }
/// #     async fn close(self) -> u32 { eagain::yield_now().await; self.0.get() }
/// # }
///
/// # eagain::run(async {
/// let connection = Connection(Cell::new(0));
/// let outcome = TaskGroup::try_scope(async |group| {
///     group.add(connection.query(1));
///     group.add(connection.query(2)); // fails, which drops the other one
///     Ok(())
/// })
/// .await;
/// let queried = connection.close().await; // a child could not do that any more
/// assert_eq!((outcome, queried), (Err("no such table".to_owned()), 3));
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "dropping a group cancels its children"]
pub struct TaskGroup<'env, T> {
    children: Children<dyn Future<Output = T> + 'env>,
    /// The child that is the block of a scope; it stays when the others are cancelled.
    block: Option<Key>,
    handle: GroupHandle<'env, T>,
}

impl<'env, T> TaskGroup<'env, T> {
    /// An empty group.
    ///
    /// ```
    /// # eagain::run(async {
    /// let pages = ["/", "/about"];
    /// let mut group = eagain::TaskGroup::new();
    /// for page in &pages {
    ///     group.add(async move { page.len() });
    /// }
    /// let mut sum = 0;
    /// while let Some(length) = group.join_next().await {
    ///     sum += length;
    /// }
    /// assert_eq!(sum, 7);
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new() -> TaskGroup<'env, T> {
        let children = Children::new();
        let handle = GroupHandle::new(children.parent());
        TaskGroup { children, block: None, handle }
    }

    /// Adds a child that lives in the group and may borrow. It first runs when the group is
    /// awaited next.
    pub fn add(&mut self, child: impl Future<Output = T> + 'env) {
        if !self.handle.is_closed() {
            self.children.insert(Box::pin(child));
        }
    }

    /// Adds a child that is a task of its own, a future or a [`Generator`](crate::Generator). It
    /// first runs in the next turn.
    ///
    /// # Panics
    /// If no event loop runs on this thread.
    #[track_caller]
    pub fn spawn<Kind>(&mut self, child: impl Spawn<Kind, Output = T>)
    where
        T: 'static,
    {
        if !self.handle.is_closed() {
            self.children.insert(Box::pin(owned::spawn(child)));
        }
    }

    /// What lets others add children, the children themselves among them.
    pub fn handle(&self) -> GroupHandle<'env, T> {
        self.handle.clone()
    }

    /// How many children have not finished, or have and not been asked for their result.
    pub fn len(&self) -> usize {
        self.children.len() + self.handle.shared().waiting()
    }

    /// Whether there is no child.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the next child to finish returns; `None` when there is no child.
    ///
    /// Cancel-safe: no result is lost, and the children stay. System calls: none of its own.
    ///
    /// # Panics
    /// With the panic of a child, after the others were cancelled.
    pub async fn join_next(&mut self) -> Option<T> {
        let mut next = |cx: &mut Context<'_>| self.poll_each(cx, ControlFlow::Break);
        match poll_fn(|cx| budget::within(cx, &mut next)).await {
            ControlFlow::Break(output) => Some(output),
            ControlFlow::Continue(()) => None,
        }
    }

    /// What all children return, in the order in which they finish.
    ///
    /// Not cancel-safe: dropping it cancels the children. System calls: none of its own.
    ///
    /// # Panics
    /// As [`join_next`](TaskGroup::join_next).
    pub async fn wait(mut self) -> Vec<T> {
        let mut outputs = Vec::new();
        let wait_for_all = poll_fn(|cx| {
            self.poll_each(cx, |output| {
                outputs.push(output);
                ControlFlow::<()>::Continue(())
            })
        });
        let _ = wait_for_all.await;
        outputs
    }

    /// Drops all children where they wait. Those that would be added later are dropped, too.
    pub fn cancel(&mut self) {
        self.handle.shared().close();
        self.drop_children();
    }

    /// Runs the children that were woken, and tells what they return.
    fn poll_each<B>(
        &mut self,
        cx: &mut Context<'_>,
        tell: impl FnMut(T) -> ControlFlow<B>,
    ) -> Poll<ControlFlow<B>> {
        for child in self.handle.shared().take_added() {
            self.children.insert(child);
        }
        let mut tell = tell;
        let children = &mut self.children;
        let poll = || children.poll_each(cx, |_, output| tell(output));
        let polled = catch_unwind(AssertUnwindSafe(poll)).unwrap_or_else(|panic| {
            self.block = None;
            self.cancel();
            resume_unwind(panic)
        });
        if self.handle.is_closed() {
            self.drop_children(); // one of them, or a handle, has cancelled the group
        }
        // Children that were added meanwhile have woken us: they are polled next time.
        match polled {
            Poll::Ready(ControlFlow::Continue(())) if !self.is_empty() => Poll::Pending,
            Poll::Pending if self.is_empty() => Poll::Ready(ControlFlow::Continue(())),
            polled => polled,
        }
    }

    /// Leaves the block of a scope alone. None of them can keep the others from being dropped.
    fn drop_children(&mut self) {
        let mut gone = self.children.remove_all_but(self.block);
        gone.append(&mut self.handle.shared().take_added());
        for child in gone {
            quietly(|| drop(child));
        }
    }
}

impl<T, E> TaskGroup<'_, Result<T, E>> {
    /// What the next child to finish returns: as [`join_next`](TaskGroup::join_next). An error
    /// cancels the other children.
    ///
    /// Cancel-safe: no result is lost, and the children stay. System calls: none of its own.
    ///
    /// # Errors
    /// The first of a child.
    ///
    /// # Panics
    /// With the panic of a child, after the others were cancelled.
    pub async fn try_join_next(&mut self) -> Result<Option<T>, E> {
        let next = self.join_next().await.transpose();
        if next.is_err() {
            self.cancel();
        }
        next
    }

    /// What all children return, in the order in which they finish: as
    /// [`wait`](TaskGroup::wait). An error cancels the others.
    ///
    /// Not cancel-safe: dropping it cancels the children. System calls: none of its own.
    ///
    /// # Errors
    /// The first of a child; the others are gone by then.
    ///
    /// # Panics
    /// With the panic of a child, after the others were cancelled.
    ///
    /// ```
    /// # eagain::run(async {
    /// let mut group = eagain::TaskGroup::new();
    /// group.spawn(async { "42".parse::<u32>() });
    /// group.spawn(async { "forty-two".parse::<u32>() });
    /// assert!(group.try_wait().await.is_err());
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn try_wait(mut self) -> Result<Vec<T>, E> {
        let mut values = Vec::new();
        while let Some(value) = self.try_join_next().await? {
            values.push(value);
        }
        Ok(values)
    }
}

impl<T> Default for TaskGroup<'_, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Drop for TaskGroup<'_, T> {
    fn drop(&mut self) {
        self.block = None;
        self.cancel();
    }
}

impl<T> fmt::Debug for TaskGroup<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskGroup({} children)", self.len())
    }
}
