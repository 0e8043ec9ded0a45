//! What is pooled, and where it is made.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use eagain::sync::pool::{AcquireError, Builder, Pooled};
use eagain::sync::{Notify, Pool};

use crate::polled::Probe;

/// What is pooled: numbered in the order in which they were made.
pub(crate) struct Item {
    pub(crate) number: usize,
    works: Rc<Works>,
}

impl Drop for Item {
    fn drop(&mut self) {
        self.works.dropped.set(self.works.dropped.get() + 1);
        if let Some(call) = self.works.on_drop.take() {
            call();
        }
    }
}

/// Where they are made.
#[derive(Default)]
pub(crate) struct Works {
    pub(crate) made: Cell<usize>,
    pub(crate) dropped: Cell<usize>,
    /// Called when the next one is dropped.
    pub(crate) on_drop: Cell<Option<Box<dyn Fn()>>>,
    /// Making one waits for this.
    gate: Option<Notify>,
    /// The next one cannot be made.
    pub(crate) fails: Cell<bool>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Failed;

impl Works {
    pub(crate) fn with_gate() -> Rc<Works> {
        Rc::new(Works { gate: Some(Notify::new()), ..Works::default() })
    }

    pub(crate) fn open(&self) {
        self.gate.as_ref().expect("a gate").notify_one();
    }

    async fn make(self: &Rc<Works>) -> Result<Item, Failed> {
        if let Some(gate) = &self.gate {
            gate.notified().await;
        }
        if self.fails.replace(false) {
            return Err(Failed);
        }
        self.made.set(self.made.get() + 1);
        Ok(Item { number: self.made.get(), works: self.clone() })
    }

    pub(crate) fn pool(self: &Rc<Works>, max_size: usize) -> Builder<Item, Failed> {
        let works = self.clone();
        Pool::builder(async move || works.make().await).max_size(max_size)
    }
}

pub(crate) type Acquired = Result<Pooled<Item>, AcquireError<Failed>>;

pub(crate) fn acquire(pool: &Pool<Item, Failed>) -> Pin<Box<dyn Future<Output = Acquired> + '_>> {
    Box::pin(pool.acquire())
}

/// Acquires what is there at once.
#[track_caller]
pub(crate) fn acquired(pool: &Pool<Item, Failed>) -> Pooled<Item> {
    match Probe::new().poll(&mut acquire(pool)) {
        Poll::Ready(Ok(item)) => item,
        Poll::Ready(Err(e)) => panic!("{e:?}"),
        Poll::Pending => panic!("it waits"),
    }
}

/// (in use, idle, waiting)
pub(crate) fn counts(pool: &Pool<Item, Failed>) -> (usize, usize, usize) {
    let status = pool.status();
    (status.in_use, status.idle, status.waiting)
}
