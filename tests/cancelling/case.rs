//! Something to wait for, and the points at which the wait for it is dropped.

use std::rc::Rc;
use std::thread;
use std::time::Duration;

use eagain::time::{Clock, timeout};
use eagain::{Counts, EventLoop};

use crate::tasks::PATIENCE;
use crate::witness::{Waiting, With, Witness};

pub(crate) struct Case<S> {
    pub(crate) clock: Clock,
    /// What is there before anybody waits.
    pub(crate) setup: fn(&mut EventLoop) -> S,
    pub(crate) wait: fn(Rc<S>) -> Waiting,
    /// Brings the wait nearer to its end.
    pub(crate) nudge: fn(&S),
    /// Panics if anything was lost.
    pub(crate) check: fn(Rc<S>) -> Waiting,
    /// How many sources and registrations may come of it.
    pub(crate) sources: usize,
    pub(crate) registrations: u64,
    /// How often it has to be polled at least.
    pub(crate) polls: usize,
}

/// When, after it was polled for the last time, the future is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// In the task, at once.
    AtOnce,
    /// Between two turns, when no loop is the current one.
    BetweenTurns,
    /// When what it waits for has come, and its task is READY.
    WhenReady,
    /// With its task.
    WithItsTask,
    /// By a task of another loop.
    OnAnotherLoop,
}

const MOMENTS: [Moment; 5] = [
    Moment::AtOnce,
    Moment::BetweenTurns,
    Moment::WhenReady,
    Moment::WithItsTask,
    Moment::OnAnotherLoop,
];

fn turn(event_loop: &mut EventLoop, limit: Duration) {
    event_loop.turn(Some(limit)).expect("a turn");
}

/// Sees to it that time passes, be it virtual, or the kernel has something.
fn turn_until(event_loop: &mut EventLoop, done: impl Fn(&EventLoop) -> bool) {
    for _ in 0..20_000 {
        if done(event_loop) {
            return;
        }
        turn(event_loop, Duration::from_millis(1));
        if event_loop.counts().tasks == 0 {
            thread::sleep(Duration::from_millis(1)); // such a loop does not, but threads may work
        }
    }
    panic!("it does not come: {:?}", event_loop.tasks());
}

impl<S: 'static> Case<S> {
    pub(crate) fn holds(&self) {
        for with in [With::Own, With::Foreign] {
            for moment in MOMENTS {
                self.holds_at(with, moment);
            }
        }
    }

    /// Drops the future after no poll, one, two and so on, until that is often enough for it.
    fn holds_at(&self, with: With, moment: Moment) {
        for polls in 0..1000 {
            let point = format!("{with:?}, dropped {moment:?} after {polls} polls");
            if self.dropped(with, moment, polls, &point) {
                assert!(polls >= self.polls, "{point}: it did not have to wait");
                return;
            }
        }
        panic!("{with:?}, {moment:?}: it is never done");
    }

    /// True if it was done before it could be dropped.
    fn dropped(&self, with: With, moment: Moment, polls: usize, point: &str) -> bool {
        let event_loop = &mut EventLoop::builder().clock(self.clock).build().expect("a loop");
        let state = Rc::new((self.setup)(event_loop));
        let begin = event_loop.counts();
        let witness = Witness::spawn(event_loop, with, (self.wait)(state.clone()));
        for n in 1..=polls {
            if n > 1 {
                (self.nudge)(&state);
            }
            witness.poll_when_resumed(moment == Moment::AtOnce && n == polls);
            turn_until(event_loop, |_| witness.has_polled());
            if witness.is_done() {
                break;
            }
        }
        if moment == Moment::WhenReady && polls > 0 && !witness.is_done() {
            (self.nudge)(&state);
            turn_until(event_loop, |event_loop| witness.is_ready(event_loop));
        }
        self.drop_it(&witness, moment);
        let tasks = begin.tasks + usize::from(moment != Moment::WithItsTask);
        self.nothing_is_left(begin, tasks, event_loop, point);
        // A thread that used it may not have dropped it yet. The loop does nothing meanwhile.
        for _ in 0..20_000 {
            if witness.kept() > 0 {
                thread::sleep(Duration::from_millis(1));
            }
        }
        assert_eq!(witness.kept(), 0, "{point}: its waker is kept");
        self.nobody_is_woken(&witness, event_loop, &state, point);
        self.nothing_was_lost(event_loop, &state, point);
        witness.abort();
        drop(state);
        turn_until(event_loop, |event_loop| event_loop.counts().offloads == 0);
        let Counts { tasks, timers, sources, .. } = event_loop.counts();
        assert_eq!((tasks, timers, sources), (0, 0, 0), "{point}: in the end, something is left");
        witness.is_done()
    }

    fn drop_it(&self, witness: &Witness, moment: Moment) {
        match moment {
            Moment::AtOnce | Moment::BetweenTurns | Moment::WhenReady => {
                drop(witness.take_future());
            }
            Moment::WithItsTask => witness.abort(),
            Moment::OnAnotherLoop => {
                let other = EventLoop::builder().clock(self.clock).build();
                let future = witness.take_future();
                other.expect("a loop").block_on(async { drop(future) }).expect("a run");
            }
        }
    }

    fn nothing_is_left(&self, begin: Counts, tasks: usize, event_loop: &EventLoop, point: &str) {
        let counts = event_loop.counts();
        assert_eq!(counts.timers, begin.timers, "{point}: timers");
        assert!(counts.tasks <= tasks, "{point}: {} tasks", counts.tasks);
        assert!(counts.sources <= begin.sources + self.sources, "{point}: {counts:?}");
        let registrations = counts.reactor.registrations - begin.reactor.registrations;
        assert!(registrations <= self.registrations, "{point}: {registrations} registrations");
    }

    /// What would have ended the wait wakes nobody any more.
    fn nobody_is_woken(
        &self,
        witness: &Witness,
        event_loop: &mut EventLoop,
        state: &S,
        point: &str,
    ) {
        (0..3).for_each(|_| turn(event_loop, Duration::ZERO)); // a wake-up that was on its way
        assert_eq!(event_loop.next_deadline(), None, "{point}: a deadline is left");
        let wakes = witness.wakes();
        for _ in 0..2 {
            (self.nudge)(state);
            (0..3).for_each(|_| turn(event_loop, Duration::ZERO));
        }
        assert_eq!(witness.wakes(), wakes, "{point}: its task was woken");
    }

    fn nothing_was_lost(&self, event_loop: &mut EventLoop, state: &Rc<S>, point: &str) {
        let check = timeout(PATIENCE, (self.check)(state.clone()));
        let checked = event_loop.block_on(check).expect("a run");
        assert!(checked.is_ok(), "{point}: what was to come does not");
    }
}
