//! Streams made of `async` closures.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::num::ParseIntError;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use eagain::stream::{from_generator, try_from_generator};
use eagain::time::sleep;
use eagain::{TaskGroup, yield_now};

use crate::probe::{Log, polled_at_most, run};

#[test]
fn values_come_one_by_one_and_then_none_for_ever() {
    run(async {
        let mut stream = from_generator(async |mut out| {
            for n in 0..3 {
                out.emit(n).await;
                sleep(Duration::from_micros(50)).await;
            }
        });
        assert_eq!(stream.next().await, Some(0));
        assert_eq!(stream.next().await, Some(1));
        assert!(!stream.is_done());
        assert_eq!(stream.next().await, Some(2));
        assert_eq!(stream.next().await, None);
        assert_eq!(stream.next().await, None);
        assert!(stream.is_done());
    });
}

#[test]
fn the_producer_stands_still_until_the_next_value_is_asked_for() {
    run(async {
        let made = Cell::new(0);
        let mut stream = from_generator(async |mut out| {
            loop {
                made.set(made.get() + 1);
                out.emit(made.get()).await;
            }
        });
        assert_eq!(made.get(), 0);
        for n in 1..=1000 {
            assert_eq!(stream.next().await, Some(n));
            yield_now().await;
            assert_eq!(made.get(), n, "it ran ahead");
        }
    });
}

#[test]
fn of_a_million_values_no_more_than_one_is_there_at_a_time() {
    struct Value<'a>(&'a Cell<i32>);
    impl Drop for Value<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() - 1);
        }
    }
    let (alive, most) = (Cell::new(0), Cell::new(0));
    let count = run(async {
        let mut stream = from_generator(async |mut out| {
            for _ in 0..1_000_000 {
                alive.set(alive.get() + 1);
                most.set(most.get().max(alive.get()));
                out.emit(Value(&alive)).await;
            }
        });
        let mut count = 0;
        while let Some(value) = stream.next().await {
            drop(value);
            count += 1;
        }
        count
    });
    assert_eq!((count, alive.get(), most.get()), (1_000_000, 0, 1));
}

#[test]
fn the_error_that_the_closure_returns_is_the_last_item() {
    run(async {
        let mut stream = try_from_generator(async |mut out| {
            out.emit(Ok(1)).await;
            let bad = "x".parse::<i32>()?;
            out.emit(Ok(bad)).await;
            Ok::<(), ParseIntError>(())
        });
        assert_eq!(stream.try_next().await, Ok(Some(1)));
        assert!(stream.try_next().await.is_err());
        assert_eq!(stream.try_next().await, Ok(None));
    });
}

#[test]
fn a_stream_that_is_dropped_drops_its_producer_where_it_stands() {
    let log = Log::default();
    run(async {
        let mut stream = from_generator(async |mut out| {
            let _guard = log.guard();
            loop {
                out.emit(()).await;
            }
        });
        stream.next().await;
        assert_eq!(log.dropped(), 0);
        drop(stream);
        assert_eq!(log.dropped(), 1);
    });
}

#[test]
fn asking_for_a_value_can_be_given_up_and_taken_up_again() {
    let got = run(async {
        let mut stream = from_generator(async |mut out| {
            for n in 0..10 {
                yield_now().await;
                yield_now().await;
                out.emit(n).await;
            }
        });
        let mut got = Vec::new();
        loop {
            match polled_at_most(1, stream.next()).await {
                Some(Some(n)) => got.push(n),
                Some(None) => break got,
                None => {}
            }
        }
    });
    assert!(got.into_iter().eq(0..10));
}

#[test]
fn a_value_whose_emission_is_given_up_is_dropped() {
    let got = run(async {
        let mut stream = from_generator(async |mut out| {
            poll_fn(|cx| {
                let mut emit = Box::pin(out.emit("given up"));
                assert!(emit.as_mut().poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
            yield_now().await; // a value that was still there would come out now
            out.emit("taken").await;
        });
        (stream.next().await, stream.next().await)
    });
    assert_eq!(got, (Some("taken"), None));
}

/// A child has a waker of its own, so it must be told when its value was taken.
#[test]
fn a_child_of_a_group_inside_may_be_the_one_that_emits() {
    let got = run(async {
        let mut stream = from_generator(async |mut out| {
            TaskGroup::scope(async |group| {
                group.add(async {
                    for n in 0..5 {
                        out.emit(n).await;
                    }
                });
                sleep(Duration::from_millis(1)).await;
            })
            .await;
        });
        let mut got = Vec::new();
        while let Some(n) = stream.next().await {
            got.push(n);
            yield_now().await;
        }
        got
    });
    assert_eq!(got, [0, 1, 2, 3, 4]);
}

#[test]
fn a_stream_may_be_made_of_another() {
    let sum: u64 = run(async {
        let mut numbers = from_generator(async |mut out| {
            for n in 1..=4_u64 {
                sleep(Duration::from_micros(20)).await;
                out.emit(n).await;
            }
        });
        let mut squares = from_generator(async |mut out| {
            while let Some(n) = numbers.next().await {
                out.emit(n * n).await;
            }
        });
        let mut sum = 0;
        while let Some(square) = squares.next().await {
            sum += square;
        }
        sum
    });
    assert_eq!(sum, 30);
}

#[test]
fn a_value_emitted_from_another_task_goes_on_when_the_next_one_is_asked_for() {
    let mut event_loop = eagain::EventLoop::new().expect("a loop");
    let (given, got) = (Rc::new(RefCell::new(None)), Rc::new(RefCell::new(Vec::new())));
    let (gives, gets) = (given.clone(), got.clone());
    event_loop
        .spawn(async move {
            let mut stream = from_generator(move |out| {
                gives.replace(Some(out));
                std::future::pending::<()>()
            });
            for _ in 0..6 {
                let item = poll_fn(|cx| match pin!(stream.next()).poll(cx) {
                    Poll::Ready(item) => Poll::Ready(item),
                    Poll::Pending => Poll::Ready(None),
                });
                let item = item.await;
                gets.borrow_mut().extend(item);
                yield_now().await;
            }
        })
        .detach();
    let emits = event_loop.spawn(async move {
        let mut out = given.take().expect("the stream's task came first");
        out.emit(1).await;
        out.emit(2).await;
    });
    for _ in 0..12 {
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    }
    assert!(emits.is_finished());
    assert_eq!(*got.borrow(), [1, 2]);
}
