//! What is cancelled together: a tree, in which a child holds its parent, and a parent knows its
//! children only until they are gone.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use crate::sync::line::{Line, Place};
use crate::sync::waiters::{Waiters, wake_each};

pub(crate) struct Node {
    cancelled: Cell<bool>,
    pub(crate) waiters: Waiters<()>,
    children: RefCell<Line<Weak<Node>>>,
    /// None for a root, and once it is cancelled.
    parent: RefCell<Option<Parent>>,
}

struct Parent {
    node: Rc<Node>,
    /// Among its children.
    place: Place,
}

impl Node {
    pub(crate) fn root() -> Rc<Node> {
        Rc::new(Node {
            cancelled: Cell::new(false),
            waiters: Waiters::new(),
            children: RefCell::new(Line::new()),
            parent: RefCell::new(None),
        })
    }

    pub(crate) fn child(self: &Rc<Node>) -> Rc<Node> {
        let child = Node::root();
        if self.is_cancelled() {
            child.cancelled.set(true);
        } else {
            let place = self.children.borrow_mut().join(Rc::downgrade(&child));
            *child.parent.borrow_mut() = Some(Parent { node: self.clone(), place });
        }
        child
    }

    #[inline]
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.get()
    }

    /// Cancels this and all below. Nobody is woken before all of them are marked.
    pub(crate) fn cancel(self: &Rc<Node>) {
        self.leave_parent();
        let mut found = vec![self.clone()];
        let mut wakers = Vec::new();
        let mut next = 0;
        while let Some(node) = found.get(next).cloned() {
            next += 1;
            if !node.cancelled.replace(true) {
                wakers.extend(node.waiters.answer_all(()));
                // The line of children ends as a whole: none of them has to leave it.
                let children = node.children.borrow_mut().take_all();
                for child in children.filter_map(|child| child.upgrade()) {
                    child.orphan();
                    found.push(child);
                }
            }
        }
        wake_each(wakers);
    }

    /// Forgets its parent, which has forgotten it.
    fn orphan(&self) {
        // It may hold the parent's last reference, but for the one that `cancel` holds.
        drop(self.parent.borrow_mut().take());
    }

    /// Leaves its parent's children; the parent comes back.
    fn leave_parent(&self) -> Option<Rc<Node>> {
        let Parent { node, place } = self.parent.borrow_mut().take()?;
        node.children.borrow_mut().leave(place);
        Some(node)
    }
}

impl Drop for Node {
    /// The last one of a long branch takes all of it along: one after another, since each
    /// within the other would be deeper than a stack is.
    fn drop(&mut self) {
        let mut parent = self.leave_parent();
        while let Some(node) = parent {
            parent = Rc::into_inner(node).and_then(|node| node.leave_parent());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pitfall_53_children_that_are_dropped_leave_nothing_in_their_parent() {
        let root = Node::root();
        let children: Vec<_> = (0..1000).map(|_| root.child()).collect();
        children[500].cancel();
        drop(children);
        assert!(root.children.borrow().first().is_none());
        assert_eq!((Rc::strong_count(&root), Rc::weak_count(&root)), (1, 0));
    }
}
