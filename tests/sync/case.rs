//! Something to wait for, dropped at each point at which it may be.

use std::pin::Pin;

use crate::polled::Probe;

pub(crate) type Waiting<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Something to wait for.
pub(crate) struct Case<S> {
    /// In a state in which it has to be waited for.
    pub(crate) setup: fn() -> S,
    pub(crate) wait: for<'a> fn(&'a S) -> Waiting<'a>,
    /// Lets one wait end.
    pub(crate) grant: fn(&S),
    /// Panics if it is not as if nobody had ever waited, and it had been granted once.
    pub(crate) check: fn(&S),
}

impl<S> Case<S> {
    pub(crate) fn holds(self) {
        self.dropped_before_the_first_poll();
        self.dropped_while_it_waits();
        self.dropped_while_it_waits_before_another();
        self.dropped_when_granted();
        self.pitfall_54_dropped_when_granted_before_another();
        self.polled_again_it_keeps_one_waker();
    }

    fn dropped_before_the_first_poll(&self) {
        let state = (self.setup)();
        drop((self.wait)(&state));
        (self.grant)(&state);
        (self.check)(&state);
    }

    fn dropped_while_it_waits(&self) {
        let (state, probe) = ((self.setup)(), Probe::new());
        let mut wait = (self.wait)(&state);
        assert!(probe.poll(&mut wait).is_pending());
        assert_eq!(probe.kept(), 1);
        drop(wait);
        assert_eq!(probe.kept(), 0);
        (self.grant)(&state);
        (self.check)(&state);
        assert_eq!(probe.wakes(), 0);
    }

    fn dropped_while_it_waits_before_another(&self) {
        let (state, probe, other) = ((self.setup)(), Probe::new(), Probe::new());
        let mut wait = (self.wait)(&state);
        let mut next = (self.wait)(&state);
        assert!(probe.poll(&mut wait).is_pending());
        assert!(other.poll(&mut next).is_pending());
        drop(wait);
        (self.grant)(&state);
        assert_eq!((probe.wakes(), other.wakes()), (0, 1));
        assert!(other.poll(&mut next).is_ready());
        drop(next);
        assert_eq!((probe.kept(), other.kept()), (0, 0));
        (self.check)(&state);
    }

    fn dropped_when_granted(&self) {
        let (state, probe) = ((self.setup)(), Probe::new());
        let mut wait = (self.wait)(&state);
        assert!(probe.poll(&mut wait).is_pending());
        (self.grant)(&state);
        assert_eq!((probe.wakes(), probe.kept()), (1, 0));
        drop(wait);
        (self.check)(&state);
    }

    fn pitfall_54_dropped_when_granted_before_another(&self) {
        // pitfall 54
        let (state, probe, other) = ((self.setup)(), Probe::new(), Probe::new());
        let mut wait = (self.wait)(&state);
        let mut next = (self.wait)(&state);
        assert!(probe.poll(&mut wait).is_pending());
        assert!(other.poll(&mut next).is_pending());
        (self.grant)(&state);
        assert_eq!(probe.wakes(), 1);
        drop(wait);
        assert_eq!(other.wakes(), 1);
        assert!(other.poll(&mut next).is_ready());
        drop(next);
        (self.check)(&state);
    }

    fn polled_again_it_keeps_one_waker(&self) {
        let (state, probe, other) = ((self.setup)(), Probe::new(), Probe::new());
        let mut wait = (self.wait)(&state);
        assert!(probe.poll(&mut wait).is_pending());
        assert!(probe.poll(&mut wait).is_pending());
        assert_eq!(probe.kept(), 1);
        assert!(other.poll(&mut wait).is_pending());
        assert_eq!((probe.kept(), other.kept()), (0, 1));
        (self.grant)(&state);
        assert_eq!((probe.wakes(), other.wakes()), (0, 1));
        assert!(other.poll(&mut wait).is_ready());
        drop(wait);
        (self.check)(&state);
    }
}
