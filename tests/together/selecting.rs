//! `select!`.

use std::cell::Cell;
use std::future::{Ready, pending, ready};
use std::rc::Rc;
use std::time::Duration;

use eagain::time::sleep;
use eagain::{EventLoop, select, spawn, yield_now};

use crate::probe::{Log, run};

#[test]
fn the_handler_of_the_first_one_gives_the_value() {
    let out = run(async {
        select! {
            text = ready("now") => text.len(),
            () = sleep(Duration::from_secs(60)) => 0,
        }
    });
    assert_eq!(out, 3);
}

#[test]
fn handlers_may_be_blocks_without_a_comma_and_patterns_may_take_values_apart() {
    let out = run(async {
        let mut log = Vec::new();
        for round in 0..4 {
            select! {
                (a, Some(mut b)) = ready((1, Some(String::from("b")))), if round == 0 => {
                    b.push('!');
                    log.push(format!("{a} {b}"));
                }
                Ok(ref text) | Err(ref text) = ready(Err::<String, _>(String::from("e"))), if round == 1 => {
                    log.push(text.clone());
                },
                [first, .., last] = ready([1, 2, 3]), if round == 2 => log.push(format!("{first}{last}")),
                _ = ready(()), if round == 3 => { log.push("end".into()) }
            }
        }
        log
    });
    assert_eq!(out, ["1 b!", "e", "13", "end"]);
}

#[test]
fn a_branch_whose_pattern_does_not_match_is_out_and_the_others_go_on() {
    let log = Log::default();
    let out = run(async {
        select! {
            Some(n) = ready(None::<i32>) => n,
            () = log.after(5) => 5,
        }
    });
    assert_eq!((out, log.polls()), (5, 5));
}

#[test]
fn else_runs_when_no_branch_is_left() {
    let select = async |enabled: bool| {
        select! {
            Some(n) = ready(None::<i32>) => n,
            Ok(n) = async { yield_now().await; Err::<i32, ()>(()) }, if enabled => n,
            n = ready(7), if !enabled => n,
            else => -1,
        }
    };
    assert_eq!(run(select(true)), -1);
    assert_eq!(run(select(false)), 7);
}

#[test]
#[should_panic(expected = "add an `else` branch")]
fn without_else_it_is_a_panic() {
    run(async {
        select! {
            Some(()) = ready(None) => {}
            () = ready(()), if false => {}
        }
    });
}

#[test]
fn the_future_of_a_disabled_branch_is_not_even_made() {
    let mut socket = None::<Ready<i32>>;
    let out = run(async {
        select! {
            n = socket.as_mut().unwrap(), if socket.is_some() => n,
            n = ready(3) => n,
        }
    });
    assert_eq!(out, 3);
}

#[test]
fn handlers_may_break_continue_return_and_fail_as_where_they_stand() {
    async fn until(end: i32) -> Result<i32, String> {
        let mut n = 0;
        let odd = 'outer: loop {
            for _ in 0..10 {
                select! {
                    () = ready(()), if n > 100 => return Ok(-1),
                    m = async { n + 1 } => {
                        n = m;
                        if n == 30 {
                            Err("thirty")?;
                        }
                        if n % 2 == 0 {
                            continue;
                        }
                        if n == end {
                            break 'outer n;
                        }
                        if n == 12 {
                            break;
                        }
                    }
                }
            }
            if end == 50 {
                n = 200;
            }
        };
        Ok(odd)
    }
    assert_eq!(run(until(5)), Ok(5));
    assert_eq!(run(until(1000)), Err("thirty".into()));
    assert_eq!(run(until(50)), Ok(-1));
}

#[test]
fn losers_are_dropped_before_the_handler_runs_which_may_await_and_use_what_they_borrowed() {
    let log = Log::default();
    let out = run(async {
        let mut buf = vec![0; 4];
        let fill = async |buf: &mut Vec<u8>| {
            buf.push(1);
            log.never().await;
        };
        select! {
            () = fill(&mut buf) => unreachable!(),
            () = log.after(3) => {
                assert_eq!((log.made(), log.dropped()), (2, 2));
                yield_now().await;
                buf.push(2);
                buf.len()
            }
        }
    });
    assert_eq!(out, 6);
}

#[test]
fn a_future_made_before_the_loop_goes_on_where_it_was() {
    let log = Log::default();
    let rounds = run(async {
        let mut work = std::pin::pin!(log.after(10));
        let mut rounds = 0;
        loop {
            select! {
                biased;
                () = &mut work => break rounds,
                () = ready(()) => rounds += 1,
            }
        }
    });
    assert_eq!((rounds, log.polls(), log.made()), (9, 10, 1));
}

#[test]
fn biased_polls_in_the_order_in_which_it_is_written() {
    let wins = run(async {
        let mut wins = [0; 2];
        for _ in 0..100 {
            select! { biased; () = ready(()) => wins[0] += 1, () = ready(()) => wins[1] += 1 }
        }
        wins
    });
    assert_eq!(wins, [100, 0]);
}

#[test]
fn of_branches_that_are_always_ready_each_wins_as_often() {
    let wins = run(async {
        let mut wins = [0; 3];
        for _ in 0..900 {
            let winner = select! { n = ready(0) => n, n = ready(1) => n, n = ready(2) => n };
            wins[winner] += 1;
        }
        wins
    });
    assert!(wins.iter().all(|n| (270..=330).contains(n)), "{wins:?}");
}

#[test]
fn two_loops_that_select_in_turns_are_both_fair() {
    let run_two = |count: usize| {
        let mut event_loop = EventLoop::new().expect("a loop");
        let wins: Vec<_> = (0..count).map(|_| Rc::new(Cell::new([0; 2]))).collect();
        for wins in &wins {
            let wins = wins.clone();
            let select_on = async move {
                for _ in 0..500 {
                    let winner = select! { n = ready(0) => n, n = ready(1) => n };
                    let mut now = wins.get();
                    now[winner] += 1;
                    wins.set(now);
                    yield_now().await;
                }
            };
            event_loop.spawn(select_on).detach();
        }
        event_loop.run().expect("a run");
        wins.iter().map(|wins| wins.get()).collect::<Vec<_>>()
    };
    for count in 1..=8 {
        let wins = run_two(count);
        assert!(wins.iter().flatten().all(|n| (200..=300).contains(n)), "{count}: {wins:?}");
    }
}

#[test]
fn an_always_ready_branch_does_not_keep_another_from_its_data() {
    let (ticks, got) = run(async {
        let (mut sender, mut receiver) = futures::channel::mpsc::channel(1);
        let send = spawn(async move {
            for n in 0..100 {
                futures::SinkExt::send(&mut sender, n).await.expect("a receiver");
            }
        });
        let (mut ticks, mut got) = (0, 0);
        loop {
            select! {
                () = ready(()) => {
                    ticks += 1;
                    yield_now().await;
                }
                next = futures::StreamExt::next(&mut receiver) => match next {
                    Some(_) => got += 1,
                    None => break,
                }
            }
        }
        send.await.expect("no panic");
        (ticks, got)
    });
    assert_eq!(got, 100);
    assert!(ticks < 1000, "{ticks} times the other one");
}

#[test]
fn a_select_may_stand_inside_another_and_use_any_name() {
    let (value, matches, future, branch, output, enabled) = (1, 2, 3, 4, 5, true);
    let out = run(async {
        select! {
            order = async { select! { cx = ready(value + matches) => cx + future } }, if enabled => {
                order + branch + output
            }
            _ = pending::<()>() => 0,
        }
    });
    assert_eq!(out, 15);
}
