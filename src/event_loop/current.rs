//! Which loop runs on this thread, and which others are here.

use std::cell::RefCell;
use std::panic::Location;
use std::rc::{Rc, Weak};

use crate::error::{self, LoopError};
use crate::event_loop::clock;
use crate::event_loop::core::Core;
use crate::event_loop::slab::Key;

thread_local! {
    /// The loop that runs on this thread.
    static CURRENT: RefCell<Option<Rc<Core>>> = const { RefCell::new(None) };
    /// All loops of this thread.
    static HERE: RefCell<Vec<Weak<Core>>> = const { RefCell::new(Vec::new()) };
}

/// The time in which a loop is the current one of its thread; the one before comes back after.
pub(crate) struct Reign(Option<Rc<Core>>);

impl Reign {
    pub(crate) fn begin(core: &Rc<Core>) -> Reign {
        // While the thread is torn down there is no current loop, and nobody who asks for it.
        clock::go_by(core.virtual_time.as_ref().map(|time| &time.clock));
        Reign(CURRENT.try_with(|current| current.replace(Some(core.clone()))).ok().flatten())
    }
}

impl Drop for Reign {
    fn drop(&mut self) {
        let before = self.0.take();
        clock::go_by(
            before.as_ref().and_then(|core| core.virtual_time.as_ref()).map(|time| &time.clock),
        );
        let core = CURRENT.try_with(|current| current.replace(before));
        drop(core); // after the borrow
    }
}

impl Core {
    /// Calls `f` with the loop that runs on this thread; `None` if there is none. What `f` calls
    /// may make another loop the current one.
    #[inline]
    pub(crate) fn with_current<T>(f: impl FnOnce(&Rc<Core>) -> T) -> Option<T> {
        let core = CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()?;
        Some(f(&core))
    }

    /// The same for an `f` that calls nobody else's code.
    #[inline(always)]
    pub(crate) fn briefly<T>(f: impl FnOnce(&Core) -> T) -> Option<T> {
        CURRENT.try_with(|current| current.borrow().as_ref().map(|core| f(core))).ok().flatten()
    }

    /// Ends a future, which was made there, unless a loop runs on this thread.
    #[track_caller]
    pub(crate) fn must_run(made: &Location<'_>) {
        if Core::briefly(|_| ()).is_none() {
            error::refuse(LoopError::NoLoop, made);
        }
    }

    /// Notes that this loop is on this thread.
    pub(crate) fn settle(self: &Rc<Core>) {
        // While the thread is torn down, nobody looks for it any more.
        let _ = HERE.try_with(|here| {
            let mut here = here.borrow_mut();
            here.retain(|core| core.strong_count() > 0);
            here.push(Rc::downgrade(self));
        });
    }

    /// What `f` finds with one of the loops of this thread, whether it runs now or not.
    #[cold]
    pub(crate) fn find_here<T>(f: impl FnMut(Rc<Core>) -> Option<T>) -> Option<T> {
        let here = HERE.try_with(|here| here.borrow().clone()).unwrap_or_default();
        here.iter().filter_map(Weak::upgrade).find_map(f)
    }

    /// Takes a timer back that is not one of the loop that runs: of one that does not run now, or
    /// it has fired.
    pub(crate) fn cancel_anywhere(timer: Key) {
        drop(Core::find_here(|core| core.take_timer(timer)));
    }
}
