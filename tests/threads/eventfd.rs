//! The bell of Linux, which tells how often it was rung.

use std::{fs, thread};

use eagain::{Context, Step};

use crate::tasks::{returned, task};
use crate::watchdog::watch;
use crate::{MINUTE, Place, ends_when_woken, new_loop, own_process};

/// How often a bell of this process was rung: its counter is never read.
fn rings() -> u64 {
    let numbers = fs::read_dir("/proc/self/fdinfo").expect("Linux tells of descriptors");
    let told: Vec<_> = numbers
        .filter_map(|entry| fs::read_to_string(entry.ok()?.path()).ok())
        .filter(|told| told.contains("eventfd-count:"))
        .collect();
    assert_eq!(told.len(), 1, "a loop has one bell");
    let count = told[0].lines().find_map(|line| line.strip_prefix("eventfd-count:"));
    u64::from_str_radix(count.expect("a line of the bell").trim(), 16).expect("a number")
}

#[test]
fn pitfall_45_a_flood_of_wake_ups_rings_the_bell_once() {
    const THREADS: usize = 4;
    const WAKES: usize = 25_000;
    if !own_process::entered("eventfd::pitfall_45_a_flood_of_wake_ups_rings_the_bell_once") {
        return;
    }
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let places: Vec<_> = (0..3).map(|_| Place::default()).collect();
    let woken: Vec<_> = places.iter().map(|place| ends_when_woken(&event_loop, place, 1)).collect();
    // While this one runs the loop is busy, and others wake its tasks 100,000 times.
    event_loop
        .spawn(task(move |_: &mut Context<'_>| {
            let threads: Vec<_> = (0..THREADS)
                .map(|_| {
                    let wakers: Vec<_> = places.iter().map(Place::waker).collect();
                    thread::spawn(move || {
                        for i in 0..WAKES {
                            wakers[i % wakers.len()].wake_by_ref(); // pitfall 45
                        }
                    })
                })
                .collect();
            threads.into_iter().for_each(|t| t.join().expect("the thread has ended"));
            Step::Return(())
        }))
        .detach();
    event_loop.run().expect("a run");
    woken.iter().for_each(|woken| assert_eq!(returned(woken), 1));
    let counts = event_loop.counts();
    assert_eq!((counts.turns, counts.resumes), (2, 4 + 3));
    assert_eq!(rings(), 1);
}
