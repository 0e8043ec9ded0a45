//! Which of several futures is polled first.

use std::cell::Cell;

/// 2^32 divided by the golden ratio.
const STEP: u32 = 0x9E37_79B9;

thread_local! {
    static TURN: Cell<u32> = const { Cell::new(0) };
}

/// Which of `count` futures is to be polled first this time: each of them equally often.
///
/// A counter that goes up by one would favour a branch for ever where two `select!`s take turns:
/// each of them would only see the odd or the even numbers. Steps of the golden ratio spread
/// evenly whether one looks at all of them or at every n-th.
pub(crate) fn first_of(count: usize) -> usize {
    let turn = TURN.get().wrapping_add(STEP);
    TURN.set(turn);
    ((u64::from(turn) * count as u64) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_first_equally_often_also_for_one_of_several_who_take_turns() {
        for takers in 1..=40 {
            for count in 2..=16 {
                let mut firsts = vec![0_usize; count];
                for draw in 0..200 * count * takers {
                    let first = first_of(count);
                    if draw % takers == 0 {
                        firsts[first] += 1;
                    }
                }
                let fair = firsts.iter().all(|n| (150..=250).contains(n));
                assert!(fair, "{takers} take turns: {firsts:?}");
            }
        }
    }
}
