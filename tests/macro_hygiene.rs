//! The macros in a crate that has other things by the names that they use, and where no warning
//! is let through.

#![deny(warnings, unused, clippy::all)]
#![no_implicit_prelude]
#![allow(dead_code)]

/// Stands in the way of `core::…`, which would have to be `::core::…`.
mod core {}
mod std {}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Some;
#[derive(Clone, Copy, Debug, PartialEq)]
struct None;
struct Ok;
struct Err;
struct Option;
struct Result;
trait Future {}
trait IntoFuture {}

use ::std::future::{pending, ready};
use ::std::{assert_eq, assert_ne};

#[test]
fn names_of_the_prelude_may_mean_something_else() {
    let (joined, tried, selected) = ::eagain::run(async {
        let joined = ::eagain::join!(ready(Some), ready(None));
        let tried = ::eagain::try_join!(
            ready(::std::result::Result::Ok::<_, ()>(Some)),
            ready(::std::result::Result::Ok::<_, ()>(None)),
        );
        let selected = ::eagain::select! {
            biased;
            Some = ready(Some), if joined.0 == Some => 1,
            _ = pending::<Option>() => 2,
            else => 3,
        };
        (joined, tried, selected)
    })
    .unwrap();
    assert_eq!(joined, (Some, None));
    assert_eq!(tried, ::std::result::Result::Ok((Some, None)));
    assert_ne!(selected, 3);
}

#[test]
fn one_branch_and_every_form_of_handler_give_no_warning() {
    let out = ::eagain::run(async {
        let (one,) = ::eagain::join!(ready(1));
        let mut sum = 0;
        loop {
            ::eagain::select! {
                n = ready(one) => {
                    sum += n;
                }
            }
            ::eagain::select! {
                (n, mut m) = ready((1, 2)), if sum < 100 => {
                    m += n;
                    sum += m;
                    continue;
                },
                else => break,
            }
        }
        sum
    })
    .unwrap();
    assert_eq!(out, 101);
}
