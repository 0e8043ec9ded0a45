//! The listing of tasks.

use std::panic::Location;
use std::time::Duration;

use eagain::{Context, EventLoop, Generator, Source, State, Step, TaskInfo, Wait};
use eagain_sys::poller::Interest;

use crate::tasks::{pipe, refuse, returned};
use crate::{HOUR, new_loop, waits_for_ever};

/// Waits as many times as it is told to, in states with names.
struct Named {
    source: Option<Source>,
    state: &'static str,
}

impl Generator for Named {
    type Return = ();

    fn resume(&mut self, cx: &mut Context<'_>) -> Step<()> {
        match (self.state, &self.source) {
            ("fresh", _) => {
                self.state = "asleep";
                Step::Yield(Wait::woken().or_until(cx.now()))
            }
            ("asleep", Some(source)) => {
                self.state = "head";
                assert_eq!(source.try_read(&mut [0; 8]).expect("a read"), None);
                Step::Yield(cx.readable(source).expect("a wait"))
            }
            _ => Step::Return(()),
        }
    }

    fn state(&self) -> &'static str {
        self.state
    }
}

fn only_task(event_loop: &EventLoop) -> TaskInfo {
    let tasks = event_loop.tasks();
    assert_eq!(tasks.len(), 1, "{tasks:?}");
    tasks[0].clone()
}

#[test]
fn the_listing_tells_what_each_task_does_and_where_it_came_from() {
    let mut event_loop = new_loop();
    let (read, write) = pipe();
    let fd = read.number();
    let named = Named { source: Some(read), state: "fresh" };
    let (task, here) = (event_loop.spawn(named), Location::caller());

    let info = only_task(&event_loop);
    assert_eq!((info.id, info.state), (task.id(), State::Ready));
    assert_eq!((info.waits_for.as_str(), info.stands_at), ("", "fresh"));
    assert_eq!((info.since_turn, info.spawned_at.file()), (0, file!()));
    assert_eq!(info.spawned_at.line(), here.line());

    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    let info = only_task(&event_loop);
    assert_eq!((info.state, info.stands_at, info.since_turn), (State::Ready, "asleep", 1));

    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    let info = only_task(&event_loop);
    assert_eq!((info.state, info.stands_at, info.since_turn), (State::Waiting, "head", 2));
    assert_eq!(info.waits_for, format!("read fd {fd}"));
    let line = info.to_string();
    let begin = format!("{} WAITING read fd {fd} since turn 2 in \"head\" (", task.id());
    assert!(line.starts_with(&begin) && line.contains(file!()), "{line}");

    write.close().expect("a close");
    event_loop.turn(None).expect("a turn");
    assert_eq!(only_task(&event_loop).state, State::Ready);
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(only_task(&event_loop).state, State::Finished);
    returned(&task);
    drop(task);
    assert!(event_loop.tasks().is_empty());
}

#[test]
fn the_listing_tells_what_is_waited_for() {
    let mut event_loop = new_loop();
    let ((read, _peer), (_reader, write)) = (pipe(), pipe());
    let (r, w) = (read.number(), write.number());
    let fill = |write: &Source| while write.try_write(&[0; 4096]).expect("a write").is_some() {};
    event_loop.spawn(waits_for_ever(|_| Wait::woken())).detach();
    event_loop.spawn(waits_for_ever(|_| Wait::after(HOUR))).detach();
    event_loop
        .spawn(waits_for_ever(move |cx| {
            fill(&write);
            cx.writable(&write).expect("a wait")
        }))
        .detach();
    event_loop
        .spawn(waits_for_ever(move |cx| {
            refuse(&read, Interest::READ);
            cx.readable(&read).expect("a wait").or_until(cx.now() + HOUR)
        }))
        .detach();
    event_loop.spawn(waits_for_ever(|_| Wait::next_turn())).detach();
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    let told: Vec<_> = event_loop.tasks().into_iter().map(|t| (t.state, t.waits_for)).collect();
    let expected = [
        (State::Waiting, "woken".to_owned()),
        (State::Waiting, "timer".to_owned()),
        (State::Waiting, format!("write fd {w}")),
        (State::Waiting, format!("read fd {r} or timer")),
        (State::Ready, String::new()),
    ];
    assert_eq!(told, expected);
}
