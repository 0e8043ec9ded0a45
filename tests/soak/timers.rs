//! The timers of a loop against a sorted list.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use eagain::{Cause, Context, EventLoop, Generator, JoinHandle, Step, Wait};

use crate::random::Random;

/// A deadline, and the order in which it was set.
type Due = (Instant, u64);

/// A timer that fired: which, in which turn, and when.
type Fired = (Due, u64, Instant);

/// Waits once, and says so.
struct Waits {
    due: Due,
    began: bool,
    turn: Rc<Cell<u64>>,
    fired: Rc<RefCell<Vec<Fired>>>,
}

impl Generator for Waits {
    type Return = ();

    fn resume(&mut self, cx: &mut Context<'_>) -> Step<()> {
        if !self.began {
            self.began = true;
            return Step::Yield(Wait::until(self.due.0));
        }
        assert_eq!(cx.cause(), Cause::TimedOut);
        self.fired.borrow_mut().push((self.due, self.turn.get(), Instant::now()));
        Step::Return(())
    }
}

/// Sets and cancels timers at random and lets time pass, `steps` times, no longer than
/// `longest_pause` at once. After each pause the loop must have fired what the list says, in its
/// order, and must hold the rest.
pub(crate) fn agree_with_a_sorted_list(seed: u64, steps: u64, longest_pause: Duration) {
    let mut random = Random::new(seed);
    let mut event_loop = EventLoop::new().expect("a loop");
    let start = Instant::now();
    let turn = Rc::new(Cell::new(0));
    let fired = Rc::new(RefCell::new(Vec::new()));
    let mut list: BTreeMap<Due, JoinHandle<()>> = BTreeMap::new();
    let mut last = start;

    for step in 0..steps {
        match random.below(8) {
            // Set one: soon, late, at the very time of the one before, or in the past.
            0..4 => {
                let deadline = match random.below(8) {
                    0..3 => Instant::now() + Duration::from_nanos(random.of_any_size(25)),
                    3..5 => Instant::now() + Duration::from_nanos(random.of_any_size(60)),
                    5..7 => last,
                    _ => start + Duration::from_nanos(random.below(1_000)),
                };
                last = deadline;
                let (turn, fired) = (turn.clone(), fired.clone());
                let due = (deadline, step);
                let waits = Waits { due, began: false, turn, fired };
                list.insert(due, event_loop.spawn(waits));
            }
            // Cancel one.
            4..7 => {
                let chosen = random.below(1 + list.len() as u64) as usize;
                let due = list.keys().nth(chosen).copied();
                if let Some(handle) = due.and_then(|due| list.remove(&due)) {
                    handle.abort();
                }
            }
            // Let time pass, and compare.
            _ => {
                let before = Instant::now();
                let pause = Duration::from_nanos(random.below(longest_pause.as_nanos() as u64));
                // In the first turn they fire, in the second they run.
                for limit in [pause, Duration::ZERO] {
                    turn.set(turn.get() + 1);
                    event_loop.turn(Some(limit)).expect("a turn");
                }
                let now = Instant::now();
                compare(fired.take(), &mut list);
                let left = list.keys().next();
                assert!(left.is_none_or(|due| before < due.0), "{left:?} did not fire");
                let counts = event_loop.counts();
                assert_eq!(counts.tasks, list.len(), "tasks of step {step}");
                let certain = list.keys().filter(|due| now < due.0).count();
                assert!(
                    (certain..=list.len()).contains(&counts.timers),
                    "step {step}: {} timers, of which {certain} to {} can be set",
                    counts.timers,
                    list.len(),
                );
            }
        }
    }
    list.values().for_each(JoinHandle::abort);
    let counts = event_loop.counts();
    assert_eq!((counts.timers, counts.tasks), (0, 0));
}

/// What fired was in the list, was due, and within a turn came in the order of the list.
fn compare(fired: Vec<Fired>, list: &mut BTreeMap<Due, JoinHandle<()>>) {
    for (due, _, at) in &fired {
        assert!(list.remove(due).is_some(), "{due:?} fired, and was not set");
        assert!(due.0 <= *at, "{due:?} fired early, at {at:?}");
    }
    for pair in fired.windows(2) {
        let [(first, turn, _), (second, turn_of_second, _)] = pair else { unreachable!() };
        assert!(turn < turn_of_second || first < second, "{first:?} fired before {second:?}");
    }
}
