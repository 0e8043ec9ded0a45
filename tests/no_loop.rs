//! Where no event loop runs, what needs one panics: the words say what to do, and the place is the
//! caller's.

use std::cell::Cell;
use std::future::pending;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::path::Path;
use std::pin::pin;
use std::sync::Once;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use eagain::{TaskGroup, descriptor_closed, fs, net, time};

const SECOND: Duration = Duration::from_secs(1);
const WORDS: &str = "no event loop runs on this thread; run the future on one";

/// What a panic says, and the place that it names.
struct Told {
    words: String,
    file: String,
    line: u32,
}

thread_local! {
    static TOLD: Cell<Option<Told>> = const { Cell::new(None) };
}

/// Runs `f`, which must panic.
fn told(f: impl FnOnce()) -> Told {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let words = panic.payload().downcast_ref::<String>().cloned().unwrap_or_default();
            if !words.contains(WORDS) {
                return before(panic);
            }
            let (file, line) = panic.location().map_or(("", 0), |at| (at.file(), at.line()));
            TOLD.set(Some(Told { words, file: file.to_owned(), line }));
        }));
    });
    let panicked = catch_unwind(AssertUnwindSafe(f)).is_err();
    assert!(panicked, "it did not panic");
    TOLD.take().expect("it said something else")
}

fn poll(future: impl Future) {
    let _ = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
}

/// It panics where it stands, which is where this is called.
#[track_caller]
fn names_its_line(f: impl FnOnce()) {
    let here = Location::caller();
    let told = told(f);
    assert_eq!((told.file.as_str(), told.line), (here.file(), here.line()), "{}", told.words);
}

/// It panics when it is polled: the place is that of whoever awaits it, the words name where it was
/// made; here that is the same.
#[track_caller]
fn names_its_lines(future: impl Future) {
    let here = Location::caller();
    let told = told(|| poll(future));
    assert_eq!((told.file.as_str(), told.line), (here.file(), here.line()), "{}", told.words);
    let made = format!("(made at {}:{}:", here.file(), here.line());
    assert!(!cfg!(debug_assertions) || told.words.contains(&made), "{}", told.words);
}

/// It is polled by something of the library between it and the caller: the words have to do.
#[track_caller]
fn its_words_name_its_line(future: impl Future) {
    let here = Location::caller();
    let told = told(|| poll(future));
    let made = format!("(made at {}:{}:", here.file(), here.line());
    assert!(!cfg!(debug_assertions) || told.words.contains(&made), "{}", told.words);
}

#[test]
fn sleep() {
    names_its_lines(async { time::sleep(SECOND).await });
    names_its_lines(async { time::sleep(Duration::MAX).await });
    names_its_lines(async { time::sleep_until(Instant::now()).await });
}

#[test]
fn timeout() {
    its_words_name_its_line(async { time::timeout(SECOND, pending::<()>()).await });
    its_words_name_its_line(async { time::timeout_at(Instant::now(), pending::<()>()).await });
}

#[test]
fn interval() {
    names_its_lines(async { time::interval(SECOND).tick().await });
    names_its_lines(async { time::interval_at(Instant::now(), SECOND).tick().await });
    let (mut interval, mut cx) = (time::interval(SECOND), Context::from_waker(Waker::noop()));
    names_its_line(|| assert!(interval.poll_tick(&mut cx).is_pending()));
}

#[test]
fn a_clock_that_is_moved() {
    names_its_line(|| time::jump(SECOND));
    names_its_line(|| drop(time::hold()));
    names_its_lines(async { time::advance(SECOND).await });
}

#[test]
fn a_wait_for_descriptors() {
    names_its_lines(async { descriptor_closed(SECOND).await });
}

#[test]
fn tasks_and_threads() {
    names_its_line(|| eagain::spawn(async {}).detach());
    names_its_line(|| TaskGroup::new().spawn(async {}));
    names_its_line(|| TaskGroup::<()>::new().handle().spawn(async {}));
    names_its_line(|| drop(eagain::offload(|| {})));
}

#[test]
fn paths() {
    let nowhere = Path::new("/nonexistent");
    names_its_lines(async { fs::read(nowhere).await });
    names_its_lines(async { fs::read_to_string(nowhere).await });
    names_its_lines(async { fs::metadata(nowhere).await });
    names_its_lines(async { fs::symlink_metadata(nowhere).await });
    names_its_lines(async { fs::try_exists(nowhere).await });
    names_its_lines(async { fs::remove_file(nowhere).await });
    names_its_lines(async { fs::rename(nowhere, nowhere).await });
    names_its_lines(async { fs::copy(nowhere, nowhere).await });
    names_its_lines(async { fs::hard_link(nowhere, nowhere).await });
    names_its_lines(async { fs::symlink(nowhere, nowhere).await });
    names_its_lines(async { fs::read_link(nowhere).await });
    names_its_lines(async { fs::canonicalize(nowhere).await });
    names_its_lines(async { fs::create_dir(nowhere).await });
    names_its_lines(async { fs::create_dir_all(nowhere).await });
    names_its_lines(async { fs::remove_dir(nowhere).await });
    names_its_lines(async { fs::remove_dir_all(nowhere).await });
    names_its_lines(async { fs::write(nowhere, "").await });
    names_its_lines(async { fs::read_dir(nowhere).await.map(drop) });
}

#[test]
fn files() {
    names_its_lines(async { fs::File::open("/dev/null").await.map(drop) });
    names_its_lines(async { fs::File::create("/dev/null").await.map(drop) });
    names_its_lines(async { fs::OpenOptions::new().read(true).open("/dev/null").await.map(drop) });
}

#[test]
fn a_file_that_is_there() {
    let file = || fs::File::from(std::fs::File::open("/dev/null").expect("a file"));
    told(|| poll(async { file().read(&mut [0]).await }));
    told(|| poll(async { file().read_at(&mut [0], 0).await }));
    told(|| poll(async { file().sync_all().await }));
    told(|| poll(async { file().metadata().await }));
}

#[test]
fn names() {
    its_words_name_its_line(async { net::lookup_host("localhost:80").await });
    its_words_name_its_line(async { net::TcpStream::connect("localhost:80").await.map(drop) });
}
