//! From one task to the next.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Instant;

use eagain::{Context, EventLoop, Generator, Step, Wait, yield_now};

use crate::{Outcome, Tasks, each};

/// Gives way so many times.
struct Giver(usize);

impl Generator for Giver {
    type Return = ();

    fn resume(&mut self, _: &mut Context<'_>) -> Step<()> {
        if self.0 == 0 {
            return Step::Return(());
        }
        self.0 -= 1;
        Step::Yield(Wait::next_turn())
    }
}

async fn give(times: usize) {
    for _ in 0..times {
        yield_now().await;
    }
}

/// The same as people write it by hand, with nothing but a waker.
async fn wake(times: usize) {
    for _ in 0..times {
        let mut woken = false;
        poll_fn(|cx| {
            if woken {
                return Poll::Ready(());
            }
            woken = true;
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

/// `n` switches between so many tasks.
pub(crate) fn give_way(n: usize, tasks: usize, written: Tasks) -> Outcome {
    switch(n, tasks, |event_loop, times| match written {
        Tasks::Futures => event_loop.spawn(give(times)).detach(),
        Tasks::Generators => event_loop.spawn(Giver(times)).detach(),
    })
}

/// `n` switches between tasks that wake themselves.
pub(crate) fn wake_oneself(n: usize, tasks: usize) -> Outcome {
    switch(n, tasks, |event_loop, times| event_loop.spawn(wake(times)).detach())
}

fn switch(n: usize, tasks: usize, spawn: impl Fn(&EventLoop, usize)) -> Outcome {
    let mut event_loop = EventLoop::new().expect("an event loop");
    let times = (n / tasks).max(1);
    for _ in 0..tasks {
        spawn(&event_loop, times);
    }
    let begin = Instant::now();
    event_loop.run().expect("a run");
    let time = begin.elapsed();
    let switches = tasks * (times + 1);
    assert_eq!(event_loop.counts().resumes, switches as u64, "not every yield was a switch");
    each(time, switches)
}
