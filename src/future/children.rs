//! Many futures inside one, each with a waker of its own: one wake-up polls one of them.
//!
//! A child's waker writes the child's key into a list that all of them share, and wakes the parent
//! if it is the first since the parent was last polled. The parent then polls the listed ones.
//! Wakers may be used by any thread: the list is behind a lock, which is never held while
//! anybody is woken, polled or dropped.

use std::collections::VecDeque;
use std::mem;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use crate::event_loop::budget;

pub(crate) struct Children<F: ?Sized> {
    /// Each at its place.
    children: Vec<Option<Child<F>>>,
    free: Vec<u32>,
    /// The number of the next child.
    next: u32,
    /// Who is to be polled.
    due: VecDeque<Key>,
    woken: Arc<Woken>,
}

struct Child<F: ?Sized> {
    future: Pin<Box<F>>,
    bell: Arc<ChildBell>,
    waker: Waker,
}

/// Where a child is. One that takes the place of another has a new number, so that late wake-ups
/// of that one do not find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) place: u32,
    number: u32,
}

/// What the parent and its children's wakers share.
#[derive(Default)]
pub(crate) struct Woken(Mutex<List>);

#[derive(Default)]
struct List {
    woken: Vec<Key>,
    /// `None` once it was woken, until it is polled again.
    parent: Option<Waker>,
    /// The parent is gone, or has no use for wake-ups any more.
    closed: bool,
}

impl Woken {
    fn lock(&self) -> MutexGuard<'_, List> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the parent be polled again.
    pub(crate) fn wake_parent(&self) {
        let parent = self.lock().parent.take(); // the lock ends before it is woken
        if let Some(parent) = parent {
            parent.wake();
        }
    }
}

struct ChildBell {
    shared: Arc<Woken>,
    child: Key,
    /// The child is listed, or about to be polled anyway.
    rung: AtomicBool,
}

impl Wake for ChildBell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // What was done before this is seen by the child when it is polled: see `poll_each`.
        if self.rung.swap(true, Ordering::AcqRel) {
            return;
        }
        let parent = {
            let mut list = self.shared.lock();
            if list.closed {
                return;
            }
            list.woken.push(self.child);
            list.parent.take()
        };
        if let Some(parent) = parent {
            parent.wake();
        }
    }
}

impl<F: Future + ?Sized> Children<F> {
    pub(crate) fn new() -> Children<F> {
        let (children, due) = (Vec::new(), VecDeque::new());
        Children { children, free: Vec::new(), next: 0, due, woken: Arc::default() }
    }

    /// Adds a child, which is polled next time. If none has been removed yet, its place is how
    /// many there were before.
    pub(crate) fn insert(&mut self, future: Pin<Box<F>>) -> Key {
        let place = self.free.pop().unwrap_or_else(|| {
            self.children.push(None);
            self.children.len() as u32 - 1
        });
        let child = Key { place, number: self.next };
        self.next = self.next.wrapping_add(1);
        let rung = AtomicBool::new(true);
        let bell = Arc::new(ChildBell { shared: self.woken.clone(), child, rung });
        let waker = Waker::from(bell.clone());
        self.due.push_back(child);
        self.children[place as usize] = Some(Child { future, bell, waker });
        child
    }

    pub(crate) fn len(&self) -> usize {
        self.children.len() - self.free.len()
    }

    /// Polls those that were woken, and tells what came of those that are done, until the answer
    /// to one of them settles the matter. Ready when none is left.
    ///
    /// They are polled in the order in which they were woken. One that wakes itself meanwhile has
    /// to wait for the next call.
    pub(crate) fn poll_each<B>(
        &mut self,
        cx: &mut Context<'_>,
        mut tell: impl FnMut(Key, F::Output) -> ControlFlow<B>,
    ) -> Poll<ControlFlow<B>> {
        self.listen(cx.waker());
        for _ in 0..self.due.len() {
            if budget::is_spent() {
                return budget::give_way(cx); // those that are left come first next time
            }
            let Some(key) = self.due.pop_front() else { break };
            let Some(child) = &mut self.children[key.place as usize] else { continue };
            if child.bell.child != key {
                continue; // a late wake-up of the one before
            }
            // From here on a wake is a new one. Acquired: it shows what the wakers did before.
            child.bell.rung.swap(false, Ordering::AcqRel);
            let polled = child.future.as_mut().poll(&mut Context::from_waker(&child.waker));
            let Poll::Ready(output) = polled else { continue };
            let done = self.children[key.place as usize].take();
            self.free.push(key.place);
            drop(done);
            if let ControlFlow::Break(settled) = tell(key, output) {
                return Poll::Ready(ControlFlow::Break(settled));
            }
        }
        match self.len() {
            0 => Poll::Ready(ControlFlow::Continue(())),
            _ => Poll::Pending,
        }
    }

    /// Lets the parent be woken, and takes note of who was.
    fn listen(&mut self, parent: &Waker) {
        let mut list = self.woken.lock();
        self.due.extend(list.woken.drain(..));
        if list.parent.as_ref().is_some_and(|listens| listens.will_wake(parent)) {
            return;
        }
        drop(list);
        let parent = parent.clone(); // may be anybody's code
        let mut list = self.woken.lock();
        let before = list.parent.replace(parent);
        self.due.extend(list.woken.drain(..)); // who rang in between found nobody to wake
        drop(list);
        drop(before);
    }

    /// Takes all children out, or all but one, for the caller to drop.
    pub(crate) fn remove_all_but(&mut self, kept: Option<Key>) -> Vec<Pin<Box<F>>> {
        let mut removed = Vec::new();
        for (place, slot) in self.children.iter_mut().enumerate() {
            if let Some(child) = slot.take_if(|child| Some(child.bell.child) != kept) {
                removed.push(child.future);
                self.free.push(place as u32);
            }
        }
        removed
    }

    /// What wakes the parent without naming a child.
    pub(crate) fn parent(&self) -> Arc<Woken> {
        self.woken.clone()
    }
}

impl<F: ?Sized> Drop for Children<F> {
    /// A waker that outlives the children holds nothing of the parent.
    fn drop(&mut self) {
        let mut list = self.woken.lock();
        list.closed = true;
        let gone = (mem::take(&mut list.woken), list.parent.take());
        drop(list);
        drop(gone);
    }
}
