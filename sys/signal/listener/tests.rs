use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};

use super::*;

/// The signals of the process are for one test at a time.
static PROCESS_WIDE: Mutex<()> = Mutex::new(());

fn alone() -> std::sync::MutexGuard<'static, ()> {
    PROCESS_WIDE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What happens on a signal today.
fn now(signal: Signal) -> usize {
    crate::signal::disposition(signal as c_int).expect("a signal").sa_sigaction
}

#[test]
fn pitfall_55_three_signals_are_heard_through_pipes_that_are_full() {
    let _alone = alone();
    let signals = [Signal::SIGHUP, Signal::SIGURG, Signal::SIGWINCH];
    let listeners = signals.map(|signal| Listener::new(signal as c_int).expect("a listener"));
    for (listener, _) in &listeners {
        while pipe::write(listener.slot.bell.as_fd(), &[b'x'; 4096]).is_ok() {}
    }
    for signal in signals {
        raise(signal).expect("a signal");
    }
    for (listener, _) in &listeners {
        assert!(listener.take(), "{listener:?}"); // pitfall 55
        assert!(!listener.take(), "{listener:?}");
    }
}

#[test]
fn pitfall_55_a_signal_that_comes_while_the_bell_is_answered_rings_again() {
    let _alone = alone();
    let (listener, _ear) = Listener::new(libc::SIGWINCH).expect("a listener");
    for _ in 0..3 {
        raise(Signal::SIGWINCH).expect("a signal");
        assert!(listener.take());
        listener.answer().expect("it was rung"); // pitfall 55
        assert!(listener.answer().is_err_and(Error::is_would_block));
    }
}

#[test]
fn many_signals_ring_once_until_somebody_looks() {
    let _alone = alone();
    let (listener, ear) = Listener::new(libc::SIGWINCH).expect("a listener");
    for _ in 0..100 {
        raise(Signal::SIGWINCH).expect("a signal");
    }
    assert_eq!(pipe::read(ear.as_fd(), &mut [0; 200]), Ok(1));
    assert!(listener.take());
}

#[test]
fn the_last_to_cease_puts_back_what_was_there() {
    let _alone = alone();
    let before = now(Signal::SIGWINCH);
    let first = Listener::new(libc::SIGWINCH).expect("a listener");
    let second = Listener::new(libc::SIGWINCH).expect("a listener");
    assert_ne!(now(Signal::SIGWINCH), before);
    drop(first);
    assert_ne!(now(Signal::SIGWINCH), before);
    drop(second);
    assert_eq!(now(Signal::SIGWINCH), before);
}

static CALLS: AtomicU64 = AtomicU64::new(0);

extern "C" fn somebody(_: c_int) {
    CALLS.fetch_add(1, Ordering::Relaxed);
    Errno::EIO.set();
}

fn install(signal: Signal, handler: SigHandler) {
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler does only what is async-signal-safe.
    unsafe { sigaction(signal, &action) }.expect("a handler");
}

#[test]
fn who_had_the_signal_before_is_called_and_errno_stays() {
    let _alone = alone();
    install(Signal::SIGURG, SigHandler::Handler(somebody));
    for _ in 0..2 {
        let (listener, _ear) = Listener::new(libc::SIGURG).expect("a listener");
        let calls = CALLS.load(Ordering::Relaxed);
        Errno::ENOENT.set();
        raise(Signal::SIGURG).expect("a signal");
        assert_eq!(Errno::last(), Errno::ENOENT);
        assert_eq!(CALLS.load(Ordering::Relaxed), calls + 1);
        assert!(listener.take());
    }
    assert_eq!(now(Signal::SIGURG), somebody as extern "C" fn(c_int) as usize);
    install(Signal::SIGURG, SigHandler::SigDfl);
}

#[test]
fn a_handler_that_somebody_put_there_later_stays() {
    let _alone = alone();
    let first = Listener::new(libc::SIGUSR2).expect("a listener");
    install(Signal::SIGUSR2, SigHandler::Handler(somebody));
    drop(first);
    let theirs = somebody as extern "C" fn(c_int) as usize;
    assert_eq!(now(Signal::SIGUSR2), theirs);
    // It may call ours, so ours must not call it.
    drop(Listener::new(libc::SIGUSR2).expect("a listener"));
    assert_eq!(now(Signal::SIGUSR2), theirs);
}

#[test]
fn a_handler_of_ours_that_somebody_puts_back_does_not_call_itself() {
    let _alone = alone();
    let (listener, _ear) = Listener::new(libc::SIGPROF).expect("a listener");
    let ours = crate::signal::disposition(libc::SIGPROF).expect("a signal");
    drop(listener);
    crate::signal::set_disposition(libc::SIGPROF, &ours).expect("a signal");
    let (listener, _ear) = Listener::new(libc::SIGPROF).expect("a listener");
    raise(Signal::SIGPROF).expect("a signal");
    assert!(listener.take());
}

#[test]
fn a_slot_is_used_again_and_forgets_what_it_heard() {
    let _alone = alone();
    let (first, _ear) = Listener::new(libc::SIGWINCH).expect("a listener");
    let bell = first.slot.bell.as_raw_fd();
    raise(Signal::SIGWINCH).expect("a signal");
    drop(first);
    let (second, _ear) = Listener::new(libc::SIGWINCH).expect("a listener");
    assert_eq!(second.slot.bell.as_raw_fd(), bell);
    assert!(!second.take());
    assert!(second.answer().is_err_and(Error::is_would_block));
}

#[test]
fn what_cannot_be_listened_to_is_refused() {
    for signal in [0, -1, 65, libc::SIGKILL, libc::SIGSTOP, libc::SIGSEGV] {
        let refused = Listener::new(signal).expect_err("it is refused");
        assert_eq!((refused.call(), refused.errno()), ("sigaction", libc::EINVAL));
    }
}

#[test]
fn who_begins_once_another_handler_has_gone_hears() {
    let _alone = alone();
    for left in [SigHandler::SigDfl, SigHandler::SigIgn] {
        install(Signal::SIGURG, SigHandler::Handler(somebody));
        let first = Listener::new(libc::SIGURG).expect("a listener");
        install(Signal::SIGURG, SigHandler::Handler(somebody));
        drop(first); // which leaves theirs there
        install(Signal::SIGURG, left);
        let nobody = now(Signal::SIGURG);
        let (second, _ear) = Listener::new(libc::SIGURG).expect("a listener");
        let calls = CALLS.load(Ordering::Relaxed);
        raise(Signal::SIGURG).expect("a signal");
        assert!(second.take(), "{left:?}");
        assert_eq!(CALLS.load(Ordering::Relaxed), calls, "it has gone, and was called");
        drop(second);
        assert_eq!(now(Signal::SIGURG), nobody);
    }
    install(Signal::SIGURG, SigHandler::SigDfl);
}

/// Fails unless `child` holds in a child, which allocates there: with this C library it may.
fn in_a_child(child: impl FnOnce() -> bool) {
    let held = || {
        // SAFETY: takes no pointers. SIGALRM ends the child if it hangs.
        unsafe { libc::alarm(20) };
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(child)).unwrap_or(false)
    };
    assert!(crate::fork::tests::in_a_child(held), "the child failed or hung");
}

/// A child has only the thread that forked: what another one had locked stays so.
fn in_a_child_that_finds_a_lock(child: impl FnOnce() -> bool) {
    let (held, is_held) = std::sync::mpsc::channel();
    let (done, is_done) = std::sync::mpsc::channel::<()>();
    let holder = std::thread::spawn(move || {
        let registry = registry();
        held.send(()).expect("somebody waits");
        let _ = is_done.recv(); // or the child has failed
        drop(registry);
    });
    is_held.recv().expect("it is held");
    in_a_child(child);
    done.send(()).expect("it waits");
    holder.join().expect("no panic");
}

/// Whether it hears, and the signal does what it did before once it is dropped.
fn hears_and_is_the_last(own: Listener) -> bool {
    raise(Signal::SIGWINCH).expect("a signal");
    let heard = own.take();
    drop(own);
    heard && now(Signal::SIGWINCH) == libc::SIG_DFL
}

#[test]
fn a_child_that_was_forked_while_another_thread_had_the_registry_listens() {
    let _alone = alone();
    let (parents, _ear) = Listener::new(libc::SIGWINCH).expect("a listener");
    in_a_child_that_finds_a_lock(|| {
        let (own, _ear) = Listener::new(libc::SIGWINCH).expect("a listener");
        hears_and_is_the_last(own)
    });
    raise(Signal::SIGWINCH).expect("a signal");
    assert!(parents.take(), "the parent's is as it was");
}

#[test]
fn a_child_that_drops_what_its_parent_listens_with_goes_on_hearing() {
    let _alone = alone();
    let (parents, _ear) = Listener::new(libc::SIGWINCH).expect("a listener");
    let mut inherited = Some(parents);
    in_a_child_that_finds_a_lock(|| {
        let (own, _ear) = Listener::new(libc::SIGWINCH).expect("a listener");
        drop(inherited.take());
        hears_and_is_the_last(own)
    });
    raise(Signal::SIGWINCH).expect("a signal");
    assert!(inherited.is_some_and(|parents| parents.take()), "the parent's is as it was");
}

#[test]
fn where_a_child_does_not_listen_itself_dropping_its_parents_puts_back_what_was_there() {
    let _alone = alone();
    let before = now(Signal::SIGWINCH);
    let (parents, _ear) = Listener::new(libc::SIGWINCH).expect("a listener");
    let mut inherited = Some(parents);
    in_a_child(|| {
        drop(inherited.take());
        now(Signal::SIGWINCH) == before
    });
    raise(Signal::SIGWINCH).expect("a signal");
    assert!(inherited.is_some_and(|parents| parents.take()), "the parent's is as it was");
}
