//! What adds children to a group from elsewhere.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::{fmt, mem};

use crate::future::children::Woken;
use crate::task::body::Spawn;
use crate::task::group::{Child, owned};

/// What lets children of a [`TaskGroup`](crate::TaskGroup), and the block of a scope, add
/// others and cancel the group. May outlive the group, and is of no use then.
///
/// ```
/// use eagain::{GroupHandle, TaskGroup};
///
/// async fn visit(group: GroupHandle<'_, u32>, depth: u32) -> u32 {
///     if depth > 0 {
///         group.add(visit(group.clone(), depth - 1));
///         group.add(visit(group.clone(), depth - 1));
///     }
///     1
/// }
///
/// # eagain::run(async {
/// let mut group = TaskGroup::new();
/// group.add(visit(group.handle(), 3));
/// assert_eq!(group.wait().await.len(), 15);
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct GroupHandle<'env, T> {
    shared: Rc<Shared<'env, T>>,
}

/// The group's side of it. The children are not in here: a child that adds another one is being
/// polled at that time.
pub(crate) struct Shared<'env, T> {
    added: RefCell<Vec<Child<'env, T>>>,
    closed: Cell<bool>,
    parent: Arc<Woken>,
}

impl<'env, T> GroupHandle<'env, T> {
    pub(crate) fn new(parent: Arc<Woken>) -> GroupHandle<'env, T> {
        let (added, closed) = (RefCell::default(), Cell::new(false));
        GroupHandle { shared: Rc::new(Shared { added, closed, parent }) }
    }

    pub(crate) fn shared(&self) -> &Shared<'env, T> {
        &self.shared
    }

    /// Adds a child that lives in the group and may borrow. It first runs when the parent runs
    /// next. If the group is cancelled or gone, the child is dropped.
    pub fn add(&self, child: impl Future<Output = T> + 'env) {
        if !self.is_closed() {
            self.shared.add(Box::pin(child));
        }
    }

    /// Adds a child that is a task of its own, a future or a [`Generator`](crate::Generator). It
    /// first runs in the next turn. If the group is cancelled or gone, it is dropped.
    ///
    /// # Panics
    /// If no event loop runs on this thread.
    #[track_caller]
    pub fn spawn<Kind>(&self, child: impl Spawn<Kind, Output = T>)
    where
        T: 'static,
    {
        if !self.is_closed() {
            self.shared.add(Box::pin(owned::spawn(child)));
        }
    }

    /// Drops all children where they wait, when the parent runs next; when it is running now,
    /// before it pauses. The block of a scope goes on. Children that would be added later are
    /// dropped.
    ///
    /// ```
    /// # eagain::run(async {
    /// let answer = eagain::TaskGroup::scope(async |group| {
    ///     group.add(std::future::pending()); // a ticker, say
    ///     group.cancel();
    ///     42
    /// });
    /// assert_eq!(answer.await, 42);
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn cancel(&self) {
        self.shared.close();
        self.shared.parent.wake_parent();
    }

    /// Whether the group was cancelled, or is gone.
    pub fn is_closed(&self) -> bool {
        self.shared.closed.get()
    }
}

impl<'env, T> Shared<'env, T> {
    fn add(&self, child: Child<'env, T>) {
        self.added.borrow_mut().push(child);
        self.parent.wake_parent();
    }

    /// How many children the group has not taken yet.
    pub(crate) fn waiting(&self) -> usize {
        self.added.borrow().len()
    }

    pub(crate) fn take_added(&self) -> Vec<Child<'env, T>> {
        mem::take(&mut *self.added.borrow_mut())
    }

    pub(crate) fn close(&self) {
        self.closed.set(true);
    }
}

impl<T> Clone for GroupHandle<'_, T> {
    fn clone(&self) -> Self {
        GroupHandle { shared: self.shared.clone() }
    }
}

impl<T> fmt::Debug for GroupHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_closed() { "GroupHandle(closed)" } else { "GroupHandle(open)" })
    }
}
