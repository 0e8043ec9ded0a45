//! Locks of other crates, which the documentation recommends, work on the loop.

use std::cell::RefCell;
use std::rc::Rc;

use async_lock::{Barrier, Mutex};

use crate::run;

#[test]
fn a_mutex_of_async_lock_is_held_across_an_await() {
    let order = run(async {
        let lock = Rc::new(Mutex::new(Vec::new()));
        let barrier = Rc::new(Barrier::new(3));
        for name in ["a", "b"] {
            let (lock, barrier) = (lock.clone(), barrier.clone());
            eagain::spawn(async move {
                let mut held = lock.lock().await;
                held.push(name);
                eagain::yield_now().await;
                held.push(name);
                drop(held);
                barrier.wait().await;
            })
            .detach();
        }
        barrier.wait().await;
        Rc::new(RefCell::new(lock.lock().await.clone()))
    });
    assert_eq!(*order.borrow(), ["a", "a", "b", "b"]);
}
