//! How old and how idle what is pooled may become.

use std::rc::Rc;
use std::thread;
use std::time::Duration;

use eagain::sync::Pool;

use crate::works::{Failed, Item, Works, acquired, counts};

/// A pool of one whose resource has become too old while it was idle.
fn old_while_idle(works: &Rc<Works>) -> Pool<Item, Failed> {
    const LIMIT: Duration = Duration::from_millis(20);
    loop {
        let pool = works.pool(1).max_lifetime(LIMIT).build();
        drop(acquired(&pool));
        if pool.status().idle == 1 {
            thread::sleep(LIMIT); // it sleeps for as long at least
            return pool;
        } // else this machine was too slow
    }
}

#[test]
fn what_has_become_too_old_while_idle_is_not_handed_out() {
    let works = Rc::<Works>::default();
    let pool = old_while_idle(&works);
    let made = works.made.get();
    let fresh = acquired(&pool); // kept: it grows old, too
    assert_eq!((fresh.number, works.dropped.get()), (made + 1, made));
}

#[test]
fn what_has_become_too_old_while_idle_is_dropped_with_the_expired() {
    let works = Rc::<Works>::default();
    let pool = old_while_idle(&works);
    assert_eq!(counts(&pool), (0, 1, 0));
    works.on_drop.set(Some(Box::new({
        let pool = pool.clone();
        move || assert_eq!(pool.status().idle, 0) // pitfall 47: it looks where it is dropped
    })));
    pool.drop_expired();
    assert_eq!(counts(&pool), (0, 0, 0));
}

#[test]
fn what_is_too_old_is_not_used_again() {
    let works = Rc::<Works>::default();
    let pool = works.pool(1).max_lifetime(Duration::ZERO).build();
    drop(acquired(&pool));
    assert_eq!((counts(&pool), works.dropped.get()), ((0, 0, 0), 1));
    let pool = works.pool(1).max_lifetime(Duration::MAX).build();
    drop(acquired(&pool));
    pool.drop_expired();
    assert_eq!(counts(&pool), (0, 1, 0));
}

#[test]
fn no_more_are_idle_than_allowed() {
    let works = Rc::<Works>::default();
    let pool = works.pool(3).max_idle(1).build();
    let items = [acquired(&pool), acquired(&pool), acquired(&pool)];
    drop(items);
    assert_eq!((counts(&pool), works.dropped.get()), ((0, 1, 0), 2));
    assert_eq!(acquired(&pool).number, 3, "the one that was given back last");
    let pool = works.pool(3).max_idle(0).build();
    drop(acquired(&pool));
    assert_eq!(counts(&pool), (0, 0, 0));
}

#[test]
fn what_was_idle_for_too_long_is_dropped() {
    let works = Rc::<Works>::default();
    let pool = works.pool(2).idle_timeout(Duration::ZERO).build();
    drop((acquired(&pool), acquired(&pool)));
    assert_eq!(counts(&pool), (0, 1, 0), "the second was put in after the first had expired");
    pool.drop_expired();
    assert_eq!((counts(&pool), works.dropped.get()), ((0, 0, 0), 2));
    let pool = works.pool(1).idle_timeout(Duration::MAX).build();
    drop(acquired(&pool));
    pool.drop_expired();
    assert_eq!(counts(&pool), (0, 1, 0));
}
