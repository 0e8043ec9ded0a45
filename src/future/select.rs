//! `select!`: the first one, written out.

/// Awaits several futures at once, and runs the handler of the one that is first done.
///
/// To be used where `.await` may be. Each branch is
///
/// ```text
/// pattern = future => handler,
/// pattern = future, if condition => handler,
/// ```
///
/// and there may be a last one, `else => handler`. The handlers have one type.
///
/// 1. All conditions are evaluated, then the futures of those branches whose condition holds (a
///    disabled branch's future is not even made).
/// 2. The futures are polled. One that returns something that its pattern does not match is out;
///    the others go on.
/// 3. When one matches, **all the others are dropped, and then** its handler runs, so it may
///    use what they had borrowed. When none is left, the `else` branch runs.
///
/// A handler stands in the function that `select!` stands in: it may `await`, and `break`,
/// `continue`, `return` and `?` mean what they mean there.
///
/// Which future is polled first rotates, so that one that is always ready cannot starve another.
/// With `biased;` in front they are polled in the order they are written; that is for a branch
/// that has to be seen first (a shutdown), and leaves fairness to the writer.
///
/// In a loop, what a dropped future had done so far is lost: use futures that are *cancel-safe*
/// (their page says so), or make the future before the loop and select on `&mut future`.
///
/// As cancel-safe as the futures are. System calls: none of its own.
///
/// # Panics
/// If no branch is left and there is no `else`.
///
/// ```
/// # #![deny(warnings, unused)]
/// use std::time::Duration;
/// use eagain::time::sleep;
///
/// # eagain::run(async {
/// let mut ticks = 0;
/// let mut work = std::pin::pin!(sleep(Duration::from_millis(5)));
/// let ticks = loop {
///     eagain::select! {
///         () = &mut work => break ticks,
///         () = sleep(Duration::from_millis(1)), if ticks < 3 => ticks += 1,
///     }
/// };
/// assert!(ticks <= 3);
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[macro_export]
macro_rules! select {
    (biased; $($branches:tt)+) => { $crate::__select!(Biased [] $($branches)+) };
    ($($branches:tt)+) => { $crate::__select!(Fair [] $($branches)+) };
}

// Takes one branch after the other, and gives each its variables: hygiene makes them different
// ones.

#[doc(hidden)]
#[macro_export]
macro_rules! __select {
    // The end.
    ($order:ident [$($taken:tt)+]) => {
        $crate::__select_from!($order [$($taken)+] $crate::future::branch::none_left())
    };
    ($order:ident [$($taken:tt)+] else => $handler:expr $(,)?) => {
        $crate::__select_from!($order [$($taken)+] $handler)
    };

    // A block needs no comma behind it.
    ($order:ident [$($taken:tt)*]
        $pattern:pat = $future:expr => $handler:block, $($rest:tt)*) => {
        $crate::__select!($order [$($taken)* (enabled output branch true;
            $pattern = $future => $handler)] $($rest)*)
    };
    ($order:ident [$($taken:tt)*]
        $pattern:pat = $future:expr, if $condition:expr => $handler:block, $($rest:tt)*) => {
        $crate::__select!($order [$($taken)* (enabled output branch $condition;
            $pattern = $future => $handler)] $($rest)*)
    };
    ($order:ident [$($taken:tt)*]
        $pattern:pat = $future:expr => $handler:block $($rest:tt)*) => {
        $crate::__select!($order [$($taken)* (enabled output branch true;
            $pattern = $future => $handler)] $($rest)*)
    };
    ($order:ident [$($taken:tt)*]
        $pattern:pat = $future:expr, if $condition:expr => $handler:block $($rest:tt)*) => {
        $crate::__select!($order [$($taken)* (enabled output branch $condition;
            $pattern = $future => $handler)] $($rest)*)
    };

    // Any other expression does, but at the end.
    ($order:ident [$($taken:tt)*]
        $pattern:pat = $future:expr => $handler:expr $(, $($rest:tt)*)?) => {
        $crate::__select!($order [$($taken)* (enabled output branch true;
            $pattern = $future => $handler)] $($($rest)*)?)
    };
    ($order:ident [$($taken:tt)*]
        $pattern:pat = $future:expr, if $condition:expr => $handler:expr $(, $($rest:tt)*)?) => {
        $crate::__select!($order [$($taken)* (enabled output branch $condition;
            $pattern = $future => $handler)] $($($rest)*)?)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __select_from {
    ($order:ident [$(($enabled:ident $output:ident $branch:ident $condition:expr;
        $pattern:pat = $future:expr => $handler:expr))+] $otherwise:expr) => {{
        $(let $enabled: bool = $condition;)+
        $(let mut $output = ::core::option::Option::None;)+
        {
            $(
                let future = ::core::pin::pin!(if $enabled {
                    ::core::option::Option::Some(
                        ::core::future::IntoFuture::into_future($future)
                    )
                } else {
                    ::core::option::Option::None
                });
                let mut $branch = $crate::future::branch::Told::new(future, |value| {
                    // Looks whether the pattern matches, and moves nothing: the guard fails.
                    let mut matches = false;
                    #[allow(unused_variables, unused_mut)]
                    let value = match value {
                        $pattern if { matches = true; false } => ::core::unreachable!(),
                        value => value,
                    };
                    if matches {
                        $output = ::core::option::Option::Some(value);
                        ::core::ops::ControlFlow::Break(())
                    } else {
                        ::core::ops::ControlFlow::Continue(())
                    }
                });
            )+
            let _ = ::core::future::poll_fn(|cx| {
                let order = $crate::future::branch::Order::$order;
                $crate::future::branch::advance_all(&mut [$(&mut $branch),+], order, cx)
            })
            .await;
        }
        // The futures are gone; what follows stands in the caller's own function.
        $(
            if let ::core::option::Option::Some(value) = $output {
                match value {
                    $pattern => $handler,
                    #[allow(unreachable_patterns)]
                    _ => ::core::unreachable!(),
                }
            } else
        )+ {
            $otherwise
        }
    }};
}
