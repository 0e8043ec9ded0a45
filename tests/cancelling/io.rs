//! What is built on reading and writing: buffers, lines, copies.

use std::cell::Cell;
use std::fs::File;
use std::future::poll_fn;
use std::io::{Cursor, IoSlice, IoSliceMut, Write};
use std::net::Shutdown;
use std::ops::{Deref, DerefMut};
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::rc::Rc;

use eagain::io::{AsyncBufRead, AsyncRead, AsyncWrite, BufReader, BufWriter, Shared, Split};
use eagain::time::Clock;
use eagain::{EventLoop, Source};

use crate::case::Case;
use crate::ends::{Ends, Kept, shared};
use crate::tasks::unix_pair;
use crate::witness::Waiting;
use crate::writing::numbers;

type Connection = Ends<Rc<Source>>;

/// The far end speaks, three bytes at a time.
const fn hearing(wait: fn(Rc<Connection>) -> Waiting) -> Case<Connection> {
    Case {
        clock: Clock::Real,
        setup: shared,
        wait,
        nudge: Ends::say,
        check: |ends| Box::pin(ends.all_is_heard()),
        sources: 1,
        registrations: 1,
        polls: 2,
    }
}

#[test]
fn pitfall_52_read_by_the_trait() {
    let case = hearing(|ends| {
        Box::pin(async move {
            let mut buf = [0; 8];
            let n = AsyncRead::read(&mut Shared::from(ends.near.clone()), &mut buf)
                .await
                .expect("a read");
            ends.got.borrow_mut().extend_from_slice(&buf[..n]);
        })
    });
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_52_read_append_of_a_source() {
    let case = hearing(|ends| {
        Box::pin(async move {
            let mut kept = Kept::new(&ends, vec![], |ends, read| drop(ends.got.replace(read)));
            ends.near.read_append(&mut kept.buf).await.expect("a read");
        })
    });
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_52_read_vectored_of_a_source() {
    let case = hearing(|ends| {
        Box::pin(async move {
            let mut halves = [[0; 2]; 2];
            let mut bufs = halves.each_mut().map(|half| IoSliceMut::new(half));
            let n = ends.near.read_vectored(&mut bufs).await.expect("a read");
            ends.got.borrow_mut().extend_from_slice(&halves.concat()[..n]);
        })
    });
    case.holds(); // pitfall 52
}

/// A reader of one's own, read behind a buffer.
#[test]
fn pitfall_52_read_append_as_it_comes_with_the_trait() {
    struct Through(Rc<Source>);
    impl AsyncRead for Through {
        async fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
            self.0.read(buf).await
        }
    }
    let case = hearing(|ends| {
        Box::pin(async move {
            let mut kept = Kept::new(&ends, vec![], |ends, read| drop(ends.got.replace(read)));
            Through(ends.near.clone()).read_to_end(&mut kept.buf).await.expect("a read");
        })
    });
    Case { polls: 6, ..case }.holds(); // pitfall 52
}

/// Where something lies that a future uses, and lies again when the future is dropped.
pub(crate) struct Place<W>(Cell<Option<W>>);

pub(crate) struct TakenOut<'a, W> {
    what: Option<W>,
    from: &'a Place<W>,
}

impl<W> Place<W> {
    pub(crate) fn of(what: W) -> Place<W> {
        Place(Cell::new(Some(what)))
    }

    pub(crate) fn take_out(&self) -> TakenOut<'_, W> {
        TakenOut { what: self.0.take(), from: self }
    }
}

impl<W> Deref for TakenOut<'_, W> {
    type Target = W;

    fn deref(&self) -> &W {
        self.what.as_ref().expect("one takes it out at a time")
    }
}

impl<W> DerefMut for TakenOut<'_, W> {
    fn deref_mut(&mut self) -> &mut W {
        self.what.as_mut().expect("one takes it out at a time")
    }
}

impl<W> Drop for TakenOut<'_, W> {
    fn drop(&mut self) {
        self.from.0.set(self.what.take());
    }
}

struct Cutting {
    ends: Rc<Connection>,
    parts: Place<Split<BufReader<Shared<Source>>>>,
}

#[test]
fn pitfall_52_next_segment() {
    let case = Case {
        clock: Clock::Real,
        setup: |event_loop: &mut EventLoop| {
            let ends = Rc::new(shared(event_loop));
            let parts = BufReader::with_capacity(4, Shared::from(ends.near.clone())).split(7);
            Cutting { ends, parts: Place::of(parts) }
        },
        wait: |state: Rc<Cutting>| {
            Box::pin(async move {
                let mut parts = state.parts.take_out();
                let part = parts.next_segment().await.expect("a read").expect("a part");
                state.ends.got.borrow_mut().extend([part, vec![7]].concat());
            })
        },
        nudge: |state: &Cutting| state.ends.say(),
        check: |state: Rc<Cutting>| {
            let mut parts = state.parts.take_out();
            state.ends.got.borrow_mut().extend_from_slice(parts.get_mut().buffer());
            Box::pin(state.ends.clone().all_is_heard())
        },
        sources: 1,
        registrations: 1,
        polls: 4,
    };
    case.holds(); // pitfall 52
}

/// The buffers between the ends are full; something has to go through.
struct Pouring<W> {
    ends: Rc<Connection>,
    what: Place<W>,
    offset: Cell<u64>,
}

impl<W> Pouring<W> {
    fn of(event_loop: &mut EventLoop, what: impl FnOnce(&Rc<Source>) -> W) -> Pouring<W> {
        let ends = Rc::new(shared(event_loop).full());
        let what = Place::of(what(&ends.near));
        Pouring { ends, what, offset: Cell::new(0) }
    }

    /// Awaits, while the far end reads.
    async fn heard<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        poll_fn(|cx| {
            self.ends.hear();
            cx.waker().wake_by_ref();
            future.as_mut().poll(cx)
        })
        .await
    }

    async fn all_has_come(&self) {
        assert_eq!(self.ends.clone().is_in_step(&numbers(100)).await, 100);
    }
}

const fn pouring<W: 'static>(
    setup: fn(&mut EventLoop) -> Pouring<W>,
    wait: fn(Rc<Pouring<W>>) -> Waiting,
    check: fn(Rc<Pouring<W>>) -> Waiting,
) -> Case<Pouring<W>> {
    Case {
        clock: Clock::Real,
        setup,
        wait,
        nudge: |state| state.ends.hear(),
        check,
        sources: 1,
        registrations: 1,
        polls: 2,
    }
}

#[test]
fn pitfall_52_write_vectored_of_a_source() {
    let case = pouring(
        |event_loop| Pouring::of(event_loop, |_| ()),
        |state| {
            Box::pin(async move {
                let data = numbers(100);
                let (one, two) = data.split_at(30);
                let bufs = [one, two].map(IoSlice::new);
                let n = state.ends.near.write_vectored(&bufs).await.expect("a write");
                state.ends.written.set(n);
            })
        },
        |state| {
            Box::pin(async move {
                let came = state.ends.clone().is_in_step(&numbers(100)).await;
                assert_eq!(came, state.ends.written.get());
            })
        },
    );
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_52_flush() {
    let case = pouring(
        |event_loop| {
            Pouring::of(event_loop, |near| {
                let mut writer = BufWriter::new(Shared::from(near.clone()));
                let held = pin!(writer.write_all(&numbers(100)))
                    .poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
                assert!(held.is_ready(), "there is room in the buffer");
                writer
            })
        },
        |state| Box::pin(async move { state.what.take_out().flush().await.expect("a write") }),
        |state| {
            Box::pin(async move {
                state.heard(state.what.take_out().flush()).await.expect("a write");
                state.all_has_come().await;
            })
        },
    );
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_52_copy_buf() {
    let case = pouring(
        |event_loop| Pouring::of(event_loop, |_| BufReader::new(Cursor::new(numbers(100)))),
        |state| {
            Box::pin(async move {
                let from = &mut *state.what.take_out();
                let to = &mut Shared::from(state.ends.near.clone());
                eagain::io::copy_buf(from, to).await.expect("a copy");
            })
        },
        |state| {
            Box::pin(async move {
                let (from, to) =
                    (&mut *state.what.take_out(), &mut Shared::from(state.ends.near.clone()));
                state.heard(eagain::io::copy_buf(from, to)).await.expect("a copy");
                state.all_has_come().await;
            })
        },
    );
    case.holds(); // pitfall 52
}

fn file() -> File {
    thread_local! { static NEXT: Cell<u32> = const { Cell::new(0) } }
    let next = NEXT.replace(NEXT.get() + 1);
    let id = std::thread::current().id();
    let name = format!("eagain-cancelled-{}-{id:?}-{next}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let file = File::options().create_new(true).read(true).write(true).open(&path);
    std::fs::remove_file(&path).expect("it is there");
    let mut file = file.expect("a file");
    file.write_all(&numbers(100)).expect("room");
    file
}

#[test]
fn pitfall_52_sendfile() {
    async fn send(state: &Pouring<File>) {
        let mut offset = OffsetKept { state, offset: state.offset.get() };
        let (file, near) = (&*state.what.take_out(), &state.ends.near);
        eagain::io::sendfile(near, file, &mut offset.offset, 1000).await.expect("a file");
    }
    struct OffsetKept<'a> {
        state: &'a Pouring<File>,
        offset: u64,
    }
    impl Drop for OffsetKept<'_> {
        fn drop(&mut self) {
            self.state.offset.set(self.offset);
        }
    }
    let case = pouring(
        |event_loop| Pouring::of(event_loop, |_| file()),
        |state| Box::pin(async move { send(&state).await }),
        |state| {
            Box::pin(async move {
                state.heard(send(&state)).await;
                assert_eq!(state.offset.get(), 100);
                state.all_has_come().await;
            })
        },
    );
    case.holds(); // pitfall 52
}

/// Something is to be passed on to another connection, whose end is silent.
struct Between {
    ends: Connection,
    other: Rc<Source>,
    _end: UnixStream,
}

/// What is on its way is lost; nothing else stays behind.
const fn passing_on(wait: fn(Rc<Between>) -> Waiting) -> Case<Between> {
    Case {
        clock: Clock::Real,
        setup: |event_loop| {
            let (other, end) = unix_pair();
            Between { ends: shared(event_loop), other: Rc::new(other), _end: end }
        },
        wait,
        nudge: |state| {
            state.ends.say();
            // The other direction ends as well, or it would never be done.
            if state.ends.got.borrow().len() == 5 {
                state._end.shutdown(Shutdown::Write).expect("a socket");
            }
            state.ends.got.borrow_mut().push(0);
        },
        check: |_| Box::pin(async {}),
        sources: 2,
        registrations: 2,
        polls: 4,
    }
}

#[test]
fn pitfall_53_copies_both_ways() {
    let case = passing_on(|state| {
        Box::pin(async move {
            let (near, other) = (&*state.ends.near, &*state.other);
            eagain::io::copy_bidirectional(near, other).await.expect("a copy");
        })
    });
    case.holds(); // pitfall 53
}

#[test]
fn pitfall_53_splices_both_ways() {
    let case = passing_on(|state| {
        Box::pin(async move {
            let (near, other) = (&*state.ends.near, &*state.other);
            eagain::io::splice_bidirectional(near, other).await.expect("a copy");
        })
    });
    case.holds(); // pitfall 53
}
