//! `race`.

use std::future::{pending, ready};
use std::time::Duration;

use eagain::future::race;
use eagain::time::sleep;

use crate::probe::{Log, run};

#[test]
fn the_first_one_wins_on_either_side() {
    let soon = || async {
        sleep(Duration::from_micros(300)).await;
        "soon"
    };
    assert_eq!(run(race(soon(), pending())), "soon");
    assert_eq!(run(race(pending(), soon())), "soon");
}

#[test]
fn the_loser_is_gone_when_the_winner_is_known() {
    let log = Log::default();
    run(async {
        let mut both = Box::pin(race(log.never(), log.after(2)));
        (&mut both).await;
        assert_eq!(log.dropped(), 2);
    });
}

#[test]
fn of_two_that_are_always_ready_each_wins_as_often() {
    let wins = run(async {
        let mut wins = [0; 2];
        for _ in 0..1000 {
            wins[race(ready(0), ready(1)).await] += 1;
        }
        wins
    });
    assert!(wins.iter().all(|n| (450..=550).contains(n)), "{wins:?}");
}
