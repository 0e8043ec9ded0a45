//! What a forked process may do with its parent's loops: nothing, and it is told so. A program of
//! its own, without threads but where one is the point, since a child has only the one that forked.

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eagain::signal::{SignalKind, signal};
use eagain::time::timeout;
use eagain::{Backend, Builder, EventLoop, LoopError, Source};
use eagain_sys::process::kill;

unsafe extern "C" {
    safe fn fork() -> i32;
    safe fn alarm(seconds: u32) -> u32;
    safe fn _exit(status: i32) -> !;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
}

/// Runs `child` in a child, which it must not leave, and fails if that fails.
fn in_a_child(child: impl FnOnce()) {
    match fork() {
        0 => {
            let done = catch_unwind(AssertUnwindSafe(child));
            _exit(i32::from(done.is_err()))
        }
        pid => ended_well(pid),
    }
}

fn ended_well(pid: i32) {
    assert!(pid > 0, "fork fails");
    let mut status = -1;
    // SAFETY: `status` is valid for writing.
    let waited = unsafe { waitpid(pid, &raw mut status, 0) };
    assert_eq!((waited, status), (pid, 0), "the child failed");
}

fn builders() -> impl Iterator<Item = Builder> {
    let backends = Backend::ALL.into_iter().filter(|backend| backend.is_available());
    let on = |backend| EventLoop::builder().poller(backend);
    // Watched or not, a loop takes different ways.
    backends.flat_map(move |backend| [on(backend).report_blocking(None), on(backend)])
}

fn forked<T>(answer: io::Result<T>) {
    let error = answer.err().expect("it is refused");
    assert_eq!(LoopError::of(&error), Some(LoopError::Forked), "{error}"); // pitfall 60
}

fn pair() -> (Rc<Source>, UnixStream) {
    let (near, far) = UnixStream::pair().expect("a pair");
    (Rc::new(Source::new(near).expect("a source")), far)
}

async fn hears(source: &Source, word: &[u8]) {
    let mut buf = [0; 16];
    let n = timeout(Duration::from_secs(20), source.read(&mut buf)).await;
    assert_eq!(&buf[..n.expect("it comes").expect("no error")], word);
}

/// Registers a source with a loop: somebody has waited for it there.
fn register(event_loop: &mut EventLoop, source: &Source) {
    let wait = timeout(Duration::ZERO, source.readable());
    let _ = source.try_read(&mut [0; 1]).expect("no error");
    assert!(event_loop.block_on(wait).expect("a run").is_err());
}

fn pitfall_60_a_loop_of_the_parent_cannot_be_run() {
    for builder in builders() {
        let mut event_loop = builder.build().expect("a loop");
        event_loop.spawn(std::future::pending::<()>()).detach();
        in_a_child(|| {
            forked(event_loop.run());
            forked(event_loop.turn(Some(Duration::ZERO)));
            forked(event_loop.block_on(async {}));
        });
        event_loop.block_on(async {}).expect("the parent's own");
    }
}

fn pitfall_60_a_task_that_forks_goes_on_until_the_loop_would_sleep() {
    for builder in builders() {
        let mut event_loop = builder.build().expect("a loop");
        let (near, mut far) = pair();
        register(&mut event_loop, &near);
        let stop = event_loop.handle();
        let task = event_loop.spawn(async move {
            let pid = fork();
            if pid == 0 {
                eagain::time::sleep(Duration::from_secs(20)).await;
                _exit(1); // nobody has told it
            }
            stop.stop();
            pid
        });
        let its = near.clone();
        let reader = event_loop.spawn(async move { hears(&its, b"hello").await });
        let parent = std::process::id();
        let ran = event_loop.run();
        if std::process::id() != parent {
            let told = catch_unwind(AssertUnwindSafe(|| forked(ran))).is_ok();
            _exit(i32::from(!told));
        }
        ran.expect("the parent's own");
        ended_well(task.take().expect("it has finished").expect("no panic"));
        // What the child did or did not do, this event is the parent's.
        far.write_all(b"hello").expect("room");
        event_loop.run().expect("a run");
        reader.take().expect("it has finished").expect("no panic");
    }
}

fn pitfall_60_what_the_child_adds_or_drops_is_nothing_to_the_parent() {
    for builder in builders() {
        let mut event_loop = builder.build().expect("a loop");
        let (near, mut far) = pair();
        drop(near.fd().expect("it is open")); // lent: deregistered when it is closed
        register(&mut event_loop, &near);
        let (others, mut other_far) = pair();
        let pid = event_loop.block_on(async {
            let pid = fork();
            if pid == 0 {
                let _ = others.try_read(&mut [0; 1]);
                forked(others.readable().await);
                _exit(0);
            }
            pid
        });
        ended_well(pid.expect("a run"));
        let mut parents = Some((near, event_loop));
        in_a_child(|| drop(parents.take()));
        let (near, mut event_loop) = parents.expect("the child's copy went");
        let events = event_loop.counts().reactor.stale_events;
        other_far.write_all(b"!").expect("room");
        far.write_all(b"hello").expect("room");
        event_loop.block_on(hears(&near, b"hello")).expect("a run");
        assert_eq!(event_loop.counts().reactor.stale_events, events, "the child added something");
    }
}

fn pitfall_60_a_child_makes_a_loop_of_its_own() {
    for builder in builders() {
        let old = builder.clone().build().expect("a loop");
        in_a_child(move || {
            let mut event_loop = builder.build().expect("a loop");
            let (near, mut far) = pair();
            register(&mut event_loop, &near);
            drop(old); // whose numbers are not those of the new one
            far.write_all(b"hello").expect("room");
            event_loop.block_on(hears(&near, b"hello")).expect("a run");
        });
    }
}

fn pitfall_56_a_signal_to_a_child_does_not_ring_its_parent() {
    let kind = SignalKind::window_change();
    let mut listener = signal(kind).expect("a listener");
    in_a_child(|| {
        kill(std::process::id(), kind.as_raw_value()).expect("a signal");
        // It listens anew, and hears what is for itself.
        let mut own = signal(kind).expect("a listener");
        kill(std::process::id(), kind.as_raw_value()).expect("a signal");
        eagain::run(timeout(Duration::from_secs(20), own.recv()))
            .expect("a run")
            .expect("it comes")
            .expect("no error");
    });
    assert_eq!(listener.try_recv().expect("no error"), None); // pitfall 56
    kill(std::process::id(), kind.as_raw_value()).expect("a signal");
    assert_eq!(listener.try_recv().expect("no error"), Some(()));
}

/// A thread that begins and ceases to listen is likely to have the lock of the registry just then.
fn pitfall_56_a_child_listens_whatever_other_threads_were_doing() {
    let is_done = Arc::new(AtomicBool::new(false));
    let listens = {
        let is_done = is_done.clone();
        move || {
            while !is_done.load(Ordering::Relaxed) {
                drop(signal(SignalKind::user_defined2()).expect("a listener"));
            }
        }
    };
    let thread = std::thread::spawn(listens);
    for _ in 0..200 {
        in_a_child(|| {
            alarm(20); // SIGALRM ends what hangs
            drop(signal(SignalKind::window_change()).expect("a listener"));
        });
    }
    is_done.store(true, Ordering::Relaxed);
    thread.join().expect("no panic");
}

fn pitfall_60_without_a_descriptor_to_spare_the_child_is_told_all_the_same() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let mut all = Vec::new();
    let (soft, _) = eagain_sys::limits::descriptors().expect("a limit");
    eagain_sys::limits::set_descriptors(64).expect("a limit");
    while let Ok(file) = std::fs::File::open("/dev/null") {
        all.push(file);
    }
    in_a_child(|| forked(event_loop.run()));
    drop(all);
    eagain_sys::limits::set_descriptors(soft).expect("a limit");
    event_loop.block_on(async {}).expect("the parent's own");
}

fn main() {
    let tests: &[(&str, fn())] = &[
        ("a loop of the parent", pitfall_60_a_loop_of_the_parent_cannot_be_run),
        ("a task that forks", pitfall_60_a_task_that_forks_goes_on_until_the_loop_would_sleep),
        ("nothing to the parent", pitfall_60_what_the_child_adds_or_drops_is_nothing_to_the_parent),
        ("a loop of its own", pitfall_60_a_child_makes_a_loop_of_its_own),
        (
            "no descriptor to spare",
            pitfall_60_without_a_descriptor_to_spare_the_child_is_told_all_the_same,
        ),
        ("signals beside threads", pitfall_56_a_child_listens_whatever_other_threads_were_doing),
        ("signals", pitfall_56_a_signal_to_a_child_does_not_ring_its_parent),
    ];
    for (name, test) in tests {
        test();
        println!("forked: {name}: ok");
    }
}
