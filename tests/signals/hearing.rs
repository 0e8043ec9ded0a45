//! Who hears what.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use eagain::signal::{Signal, SignalKind, ctrl_c, signal};
use eagain::time::timeout;
use eagain::{EventLoop, LoopError, Step, run};
use eagain_sys::process::kill;

use crate::tasks::{PATIENCE, returned, trying, turn_until, turn_until_idle};

fn listen(kind: SignalKind) -> Signal {
    signal(kind).expect("a listener")
}

/// Sends it to this process, from outside of any loop.
pub(crate) fn send(kind: SignalKind) {
    kill(std::process::id(), kind.as_raw_value()).expect("a signal");
}

/// Waits for a signal that has come or will.
pub(crate) async fn heard(signal: &mut Signal) {
    let heard = timeout(PATIENCE, signal.recv()).await;
    heard.expect("it comes").expect("no error");
}

#[test]
fn every_listener_of_every_loop_hears_a_signal() {
    let kind = SignalKind::hangup();
    let (ready, begun) = mpsc::channel();
    let threads = [(); 3].map(|()| {
        let ready = ready.clone();
        thread::spawn(move || {
            run(async {
                let (mut one, mut other) = (listen(kind), listen(kind));
                ready.send(()).expect("the test waits");
                eagain::join!(heard(&mut one), heard(&mut other));
            })
            .expect("a run");
        })
    });
    threads.iter().for_each(|_| begun.recv().expect("it listens"));
    send(kind);
    for thread in threads {
        thread.join().expect("it has heard twice");
    }
}

#[test]
fn what_came_before_anybody_waited_is_heard_once() {
    let kind = SignalKind::from_raw(27); // SIGPROF
    let mut profile = listen(kind);
    (0..3).for_each(|_| send(kind));
    run(async {
        heard(&mut profile).await;
        // The kernel may deliver one late, to a thread that was busy.
        let mut late = 0;
        while timeout(Duration::from_millis(1), profile.recv()).await.is_ok() {
            late += 1;
        }
        assert!(late <= 2, "of three, {late} more than one");
        send(kind);
        heard(&mut profile).await;
    })
    .expect("a run");
}

#[test]
fn pitfall_55_three_kinds_at_once_are_all_heard() {
    let kinds = [SignalKind::alarm(), SignalKind::io(), SignalKind::quit()];
    let mut listeners = kinds.map(listen);
    kinds.into_iter().for_each(send);
    run(async {
        for listener in &mut listeners {
            heard(listener).await; // pitfall 55
        }
    })
    .expect("a run");
}

#[test]
fn ctrl_c_is_an_interrupt() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let _kept = listen(SignalKind::interrupt());
    let pressed = event_loop.spawn(ctrl_c());
    turn_until_idle(&mut event_loop);
    assert!(!pressed.is_finished());
    send(SignalKind::interrupt());
    turn_until(&mut event_loop, || pressed.is_finished());
    returned(&pressed).expect("no error");
}

#[test]
fn a_task_written_by_hand_hears_signals() {
    let kind = SignalKind::from_raw(26); // SIGVTALRM
    let mut event_loop = EventLoop::new().expect("a loop");
    let mut virtual_alarm = listen(kind);
    let mut count = 0;
    let counts = event_loop.spawn(trying(move |cx| {
        while virtual_alarm.try_recv()?.is_some() {
            count += 1;
            if count == 3 {
                return Ok(Step::Return(count));
            }
            send(kind);
        }
        Ok(Step::Yield(cx.readable(&virtual_alarm)?))
    }));
    turn_until_idle(&mut event_loop);
    send(kind);
    turn_until(&mut event_loop, || counts.is_finished());
    assert_eq!(returned(&counts).expect("no error"), 3);
    assert_eq!(event_loop.counts().reactor.registrations, 2, "one, and its end"); // the pipe stays
}

#[test]
fn a_listener_stays_with_the_loop_on_which_it_has_waited() {
    let mut terminal = listen(SignalKind::window_change());
    let mut first = EventLoop::new().expect("a loop");
    let waited = first.block_on(timeout(Duration::ZERO, terminal.recv())).expect("a run");
    assert!(waited.is_err());
    let second = run(async { terminal.recv().await }).expect("a run");
    assert_eq!(LoopError::of(&second.expect_err("another loop")), Some(LoopError::OtherLoop));
}

#[test]
fn where_no_loop_runs_it_says_so() {
    let mut terminal = listen(SignalKind::window_change());
    let waiting = std::pin::pin!(terminal.recv());
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Err(e)) = waiting.poll(&mut cx) else { panic!("it waits") };
    assert_eq!(LoopError::of(&e), Some(LoopError::NoLoop));
}

#[test]
fn what_nobody_can_listen_to_is_refused() {
    for number in [9, 19, 11, 0, 1000] {
        let kind = SignalKind::from_raw(number);
        let refused = signal(kind).expect_err("SIGKILL, SIGSTOP, SIGSEGV, no signals");
        assert_eq!(refused.raw_os_error(), Some(eagain::errno::EINVAL), "{kind}");
    }
}

#[test]
fn kinds_have_their_names() {
    assert_eq!(SignalKind::terminate().to_string(), "SIGTERM");
    assert_eq!(SignalKind::from(SignalKind::terminate().as_raw_value()), SignalKind::terminate());
    assert_eq!(SignalKind::from_raw(40).to_string(), "signal 40");
}
