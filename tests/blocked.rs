//! Who blocked the loop: what is reported, to whom, and what is not.

#[path = "soak/own_process.rs"]
mod own_process;
mod tasks;

use std::cell::RefCell;
use std::ffi::OsStr;
use std::io;
use std::panic::{Location, resume_unwind};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use eagain::{
    Blocked, Builder, Context, EventLoop, Generator, JoinHandle, LoopError, Step, Wait, spawn,
    yield_now,
};
use tasks::{pipe, returned, task};

const MILLISECOND: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

/// What a test keeps of a report, which itself does not leave the thread.
struct Report {
    id: String,
    name: Option<String>,
    event_loop: Option<String>,
    duration: Duration,
    awaited_at: Option<u32>,
    awaits_at: Option<u32>,
    stands_at: &'static str,
    spawned_at: &'static Location<'static>,
    line: String,
}

impl Report {
    fn of(blocked: &Blocked) -> Report {
        Report {
            id: blocked.id.to_string(),
            name: blocked.name.as_deref().map(str::to_owned),
            event_loop: blocked.event_loop.as_deref().map(str::to_owned),
            duration: blocked.duration,
            awaited_at: blocked.awaited_at.map(Location::line),
            awaits_at: blocked.awaits_at.map(Location::line),
            stands_at: blocked.stands_at,
            spawned_at: blocked.spawned_at,
            line: blocked.to_string(),
        }
    }
}

/// The reports of a loop, in their order.
#[derive(Clone, Default)]
struct Reports(Arc<Mutex<Vec<Report>>>);

impl Reports {
    fn noted_by(&self, builder: Builder) -> Builder {
        let noted = self.0.clone();
        builder.on_blocked(move |blocked| {
            noted.lock().expect("nobody panics here").push(Report::of(blocked));
        })
    }

    fn take(&self) -> Vec<Report> {
        std::mem::take(&mut self.0.lock().expect("nobody panics here"))
    }

    #[track_caller]
    fn only(&self) -> Report {
        let mut reports = self.take();
        assert_eq!(reports.len(), 1);
        reports.remove(0)
    }
}

fn watched(threshold: impl Into<Option<Duration>>) -> (EventLoop, Reports) {
    let reports = Reports::default();
    let builder = reports.noted_by(EventLoop::builder().report_blocking(threshold));
    (builder.build().expect("a loop"), reports)
}

/// Blocks the loop for at least so long.
fn block(time: Duration) {
    thread::sleep(time);
}

#[test]
fn a_task_above_the_threshold_is_reported_with_its_name_and_origin() {
    let reports = Reports::default();
    let builder = EventLoop::builder().name("web").report_blocking(MILLISECOND);
    let mut event_loop = reports.noted_by(builder).build().expect("a loop");
    let (blocks, here) = (event_loop.spawn(async { block(5 * MILLISECOND) }), Location::caller());
    let blocks = blocks.named("hash");
    event_loop.run().expect("a run");
    returned(&blocks);
    let report = reports.only();
    assert_eq!(report.id, blocks.id().to_string());
    assert_eq!(report.name.as_deref(), Some("hash"));
    assert_eq!(report.event_loop.as_deref(), Some("web"));
    assert!(report.duration >= 5 * MILLISECOND);
    assert_eq!((report.spawned_at.file(), report.spawned_at.line()), (file!(), here.line()));
    let begin = format!("{} \"hash\" blocked the loop \"web\" for ", blocks.id());
    let end = format!(", spawned at {}", report.spawned_at);
    assert!(report.line.starts_with(&begin) && report.line.ends_with(&end), "{}", report.line);
}

#[test]
fn each_resume_is_measured_by_itself() {
    let (mut event_loop, reports) = watched(MILLISECOND);
    let mut resumes = 0;
    let blocks = event_loop.spawn(task(move |_: &mut Context<'_>| {
        block(5 * MILLISECOND);
        resumes += 1;
        if resumes == 3 { Step::Return(()) } else { Step::Yield(Wait::next_turn()) }
    }));
    event_loop.run().expect("a run");
    returned(&blocks);
    assert_eq!(reports.take().len(), 3);
}

#[test]
fn what_a_task_drops_when_it_ends_is_measured_too() {
    struct Blocks;
    impl Drop for Blocks {
        fn drop(&mut self) {
            block(5 * MILLISECOND);
        }
    }
    let (mut event_loop, reports) = watched(MILLISECOND);
    let owned = Blocks;
    let ends = event_loop.spawn(task(move |_: &mut Context<'_>| {
        let _ = &owned;
        Step::Return(())
    }));
    event_loop.run().expect("a run");
    returned(&ends);
    assert_eq!(reports.only().id, ends.id().to_string());
}

#[test]
fn a_detached_task_keeps_its_name_in_reports_also_if_it_panics() {
    let (mut event_loop, reports) = watched(MILLISECOND);
    let blocks = async {
        block(5 * MILLISECOND);
        resume_unwind(Box::new("on purpose"))
    };
    let blocks: JoinHandle<()> = event_loop.spawn(blocks);
    blocks.named("nobody's").detach();
    event_loop.run().expect("a run");
    assert_eq!(reports.only().name.as_deref(), Some("nobody's"));
}

#[test]
fn below_the_threshold_nobody_is_reported() {
    let (mut event_loop, reports) = watched(HOUR);
    let blocks = event_loop.spawn(async { block(5 * MILLISECOND) });
    event_loop.block_on(async { block(5 * MILLISECOND) }).expect("a run");
    event_loop.run().expect("a run");
    returned(&blocks);
    assert!(reports.take().is_empty());
}

#[test]
fn when_it_is_off_nobody_is_reported() {
    let (mut event_loop, reports) = watched(None);
    let blocks = event_loop.spawn(async { block(150 * MILLISECOND) });
    event_loop.block_on(async { block(5 * MILLISECOND) }).expect("a run");
    event_loop.run().expect("a run");
    returned(&blocks);
    assert!(reports.take().is_empty());
}

#[test]
fn by_default_debug_builds_report_and_release_builds_do_not() {
    let reports = Reports::default();
    let mut event_loop = reports.noted_by(EventLoop::builder()).build().expect("a loop");
    let blocks = event_loop.spawn(async { block(101 * MILLISECOND) });
    event_loop.run().expect("a run");
    returned(&blocks);
    assert_eq!(reports.take().len(), usize::from(cfg!(debug_assertions)));
}

#[test]
fn the_future_that_the_loop_runs_is_watched_too() {
    let (mut event_loop, reports) = watched(MILLISECOND);
    let blocks = async { block(5 * MILLISECOND) };
    let (done, here) = (event_loop.block_on(blocks), Location::caller());
    done.expect("a run");
    let report = reports.only();
    assert_eq!((report.spawned_at.file(), report.spawned_at.line()), (file!(), here.line()));
}

#[test]
fn a_report_tells_between_which_awaits_it_was() {
    let (mut event_loop, reports) = watched(20 * MILLISECOND);
    let (read, write) = pipe();
    let lines = Rc::new(RefCell::new([0, 0]));
    let noted = lines.clone();
    let blocks = event_loop.spawn(async move {
        let mut byte = [0];
        noted.borrow_mut()[0] = line!() + 1;
        read.read(&mut byte).await.expect("a read");
        block(50 * MILLISECOND);
        noted.borrow_mut()[1] = line!() + 1;
        read.read(&mut byte).await.expect("a read")
    });
    let writer = event_loop.spawn(async move {
        for _ in 0..2 {
            for _ in 0..4 {
                yield_now().await; // the reader has parked by then
            }
            write.try_write(b"x").expect("a write");
        }
    });
    event_loop.run().expect("a run");
    returned(&blocks);
    returned(&writer);
    let reports = reports.take();
    let lines = *lines.borrow();
    let known = |line| cfg!(debug_assertions).then_some(line);
    // A busy machine may have kept others from running, and for longer.
    let is_it = |report: &&Report| {
        let is_between =
            (report.awaited_at, report.awaits_at) == (known(lines[0]), known(lines[1]));
        is_between && report.id == blocks.id().to_string() && report.duration >= 50 * MILLISECOND
    };
    let report = reports.iter().find(is_it).expect("a report");
    assert_eq!(report.line.contains(" between "), cfg!(debug_assertions), "{}", report.line);
}

#[test]
fn a_first_resume_comes_after_no_await_of_another_task() {
    let (mut event_loop, reports) = watched(20 * MILLISECOND);
    let (read, _write) = pipe();
    let reader = event_loop.spawn(async move { read.read(&mut [0]).await.expect("a read") });
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    reader.abort();
    drop(reader);
    reports.take();
    let heir = event_loop.spawn(async { block(50 * MILLISECOND) });
    event_loop.run().expect("a run");
    returned(&heir);
    let report = reports.only();
    assert_eq!((report.awaited_at, report.awaits_at), (None, None));
}

struct Stands(&'static str);

impl Generator for Stands {
    type Return = ();

    fn resume(&mut self, _: &mut Context<'_>) -> Step<()> {
        block(5 * MILLISECOND);
        if self.0 == "body" {
            return Step::Return(());
        }
        self.0 = "body";
        Step::Yield(Wait::next_turn())
    }

    fn state(&self) -> &'static str {
        self.0
    }
}

#[test]
fn a_report_tells_the_state_that_a_generator_has_come_to() {
    let (mut event_loop, reports) = watched(MILLISECOND);
    let blocks = event_loop.spawn(Stands("head"));
    event_loop.run().expect("a run");
    returned(&blocks);
    let reports = reports.take();
    assert!(reports.iter().all(|report| report.stands_at == "body"));
    assert!(reports[0].line.contains("is now in \"body\""), "{}", reports[0].line);
}

#[test]
fn pitfall_50_a_state_that_panics_while_it_is_reported_harms_nobody() {
    struct Panics;
    impl Generator for Panics {
        type Return = u32;
        fn resume(&mut self, _: &mut Context<'_>) -> Step<u32> {
            block(5 * MILLISECOND);
            Step::Return(7)
        }
        fn state(&self) -> &'static str {
            resume_unwind(Box::new("on purpose")) // pitfall 50
        }
    }
    let (mut event_loop, _reports) = watched(MILLISECOND);
    let blocks = event_loop.spawn(Panics);
    event_loop.run().expect("a run");
    assert_eq!(returned(&blocks), 7);
}

#[test]
fn the_hook_may_spawn() {
    let spawned = Arc::new(Mutex::new(0));
    let ran = spawned.clone();
    let hook = move |_: &Blocked| {
        let ran = ran.clone();
        spawn(async move { *ran.lock().expect("nobody panics here") += 1 }).detach();
    };
    let builder = EventLoop::builder().report_blocking(10 * MILLISECOND).on_blocked(hook);
    let mut event_loop = builder.build().expect("a loop");
    let blocks = event_loop.spawn(async { block(30 * MILLISECOND) });
    event_loop.run().expect("a run");
    returned(&blocks);
    assert!(*spawned.lock().expect("nobody panics here") >= 1);
    assert_eq!(event_loop.counts().tasks, 0);
}

#[test]
fn pitfall_50_a_hook_that_panics_harms_nobody() {
    let calls = Arc::new(Mutex::new(0));
    let counted = calls.clone();
    let hook = move |_: &Blocked| {
        *counted.lock().expect("nobody panics with it") += 1;
        resume_unwind(Box::new("on purpose")) // pitfall 50
    };
    let builder = EventLoop::builder().report_blocking(Duration::ZERO).on_blocked(hook);
    let mut event_loop = builder.build().expect("a loop");
    let blocks = event_loop.spawn(async {
        yield_now().await;
        3
    });
    let other = event_loop.spawn(async { 4 });
    let root = async {
        yield_now().await;
        5
    };
    assert_eq!(event_loop.block_on(root).expect("a run"), 5);
    event_loop.run().expect("a run");
    assert_eq!((returned(&blocks), returned(&other)), (3, 4));
    assert!(*calls.lock().expect("nobody panics with it") > 1);
}

/// What the test of this name writes to standard error in a process of its own, with this
/// variable set; `None` in that process.
fn told(test: &str, variable: (&str, &str)) -> Option<String> {
    if own_process::is_here() {
        return None;
    }
    let mut command = own_process::command(test);
    let output = command.env(variable.0, variable.1).output().expect("a process");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stdout));
    Some(text)
}

#[test]
fn without_a_hook_the_report_is_a_line_on_standard_error() {
    const NAME: &str = "without_a_hook_the_report_is_a_line_on_standard_error";
    if let Some(told) = told(NAME, ("UNUSED", "")) {
        let ours: Vec<_> = told.lines().filter(|line| line.starts_with("eagain: ")).collect();
        assert_eq!(ours.len(), 1, "{told}");
        assert!(ours[0].contains(" \"hash\" blocked the loop for "), "{told}");
        return;
    }
    let builder = EventLoop::builder().report_blocking(200 * MILLISECOND);
    let mut event_loop = builder.build().expect("a loop");
    let blocks = event_loop.spawn(async { block(300 * MILLISECOND) }).named("hash");
    event_loop.run().expect("a run");
    returned(&blocks);
}

#[test]
fn the_environment_sets_the_threshold() {
    const NAME: &str = "the_environment_sets_the_threshold";
    if told(NAME, ("EAGAIN_BLOCKED_MS", "1")).is_some() {
        told(NAME, ("EAGAIN_BLOCKED_MS", "0"));
        told(NAME, ("EAGAIN_BLOCKED_MS", ""));
        return;
    }
    let on = std::env::var_os("EAGAIN_BLOCKED_MS").as_deref() == Some(OsStr::new("1"));
    let reports = Reports::default();
    let builder = EventLoop::builder().report_blocking(MILLISECOND).from_env().expect("a number");
    let mut event_loop = reports.noted_by(builder).build().expect("a loop");
    let blocks = event_loop.spawn(async { block(5 * MILLISECOND) });
    event_loop.run().expect("a run");
    returned(&blocks);
    assert_eq!(reports.take().len(), usize::from(on));
}

#[test]
fn an_environment_that_is_no_number_is_refused_in_words() {
    const NAME: &str = "an_environment_that_is_no_number_is_refused_in_words";
    if told(NAME, ("EAGAIN_BLOCKED_MS", "soon")).is_some() {
        told(NAME, ("EAGAIN_BLOCKED_MS", "-1"));
        return;
    }
    let error = EventLoop::builder().from_env().expect_err("not a number");
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    let value = std::env::var("EAGAIN_BLOCKED_MS").expect("text");
    for word in ["EAGAIN_BLOCKED_MS", &value, "a number of milliseconds", "0 for off"] {
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn a_loop_shows_its_name() {
    let named = EventLoop::builder().name("web").build().expect("a loop");
    assert!(format!("{named:?}").contains("name: \"web\""));
    assert!(!format!("{:?}", EventLoop::new().expect("a loop")).contains("name"));
}

#[test]
fn sixty_four_loops_can_answer_and_one_more_is_refused() {
    if !own_process::entered("sixty_four_loops_can_answer_and_one_more_is_refused") {
        return;
    }
    let build = || EventLoop::builder().answer_sigusr1(true).build();
    let mut loops: Vec<_> = (0..64).map(|_| build().expect("a loop")).collect();
    let error = build().expect_err("there is no place for it");
    assert_eq!(LoopError::of(&error), Some(LoopError::TooManyAnswer { most: 64 }));
    EventLoop::new().expect("one that does not answer");
    loops.truncate(63);
    build().expect("a place was given back");
}

// Where tasks come from.

/// Where the listing says that a task was spawned.
fn origin<T: 'static>(event_loop: &EventLoop, handle: &JoinHandle<T>) -> (&'static str, u32) {
    let tasks = event_loop.tasks();
    let task = tasks.iter().find(|task| task.id == handle.id()).expect("it is on the table");
    (task.spawned_at.file(), task.spawned_at.line())
}

#[test]
fn a_task_comes_from_where_spawn_was_called() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (by_loop, line) = (event_loop.spawn(async {}), line!());
    assert_eq!(origin(&event_loop, &by_loop), (file!(), line));

    let by_context = event_loop.spawn(task(|cx: &mut Context<'_>| {
        let (child, line) = (cx.spawn(async {}), line!());
        Step::Return((child, line))
    }));
    let by_function = event_loop.spawn(async { (spawn(async {}), line!()) });
    event_loop.run().expect("a run");
    for handle in [by_context, by_function] {
        let (child, line) = returned(&handle);
        assert_eq!(origin(&event_loop, &child), (file!(), line));
    }
}

#[test]
fn the_future_of_a_run_comes_from_where_run_was_called() {
    const NAME: &str = "the_future_of_a_run_comes_from_where_run_was_called";
    let line = line!() + 8;
    if let Some(told) = told(NAME, ("UNUSED", "")) {
        // There is no builder to set a hook on; release builds report nothing by default.
        let expected = format!("spawned at {}:{line}:", file!());
        assert_eq!(told.contains(&expected), cfg!(debug_assertions), "{told}");
        return;
    }
    // No further down than a line is counted above.
    eagain::run(async { block(150 * MILLISECOND) }).expect("a run");
}
