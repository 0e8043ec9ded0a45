//! `join!` and `try_join!`: all of them, written out.

/// Awaits several futures at once, and gives a tuple of what they return.
///
/// To be used where `.await` may be. The futures live in the one that awaits them: nothing is
/// allocated, they may borrow, and their types may differ. Each is dropped as soon as it is done.
///
/// As cancel-safe as the futures are: dropping the future that awaits drops them all. System
/// calls: none of its own.
///
/// ```
/// # #![deny(warnings, unused)]
/// # eagain::run(async {
/// let name = String::from("world");
/// let (greeting, count) = eagain::join!(async { format!("hello, {name}") }, async { name.len() });
/// assert_eq!((&greeting[..], count), ("hello, world", 5));
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[macro_export]
macro_rules! join {
    ($($future:expr),* $(,)?) => { $crate::__join!([] $($future,)*) };
}

/// Awaits several futures at once, until all have returned `Ok` or one an error.
///
/// Gives `Ok` of a tuple, or the first error; the others are dropped then, where they are. All
/// have the same type of error.
///
/// As [`join!`](crate::join) otherwise.
///
/// ```
/// # #![deny(warnings, unused)]
/// # eagain::run(async {
/// let both = eagain::try_join!(async { "6".parse::<u32>() }, async { "7".parse::<u64>() });
/// assert_eq!(both, Ok((6, 7)));
///
/// let failed = eagain::try_join!(async { "six".parse::<u32>() }, std::future::pending());
/// let _: Result<(u32, ()), _> = failed;
/// assert!(failed.is_err());
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[macro_export]
macro_rules! try_join {
    ($($future:expr),* $(,)?) => { $crate::__try_join!([] $($future,)*) };
}

// Each step gives one branch its variables. They have the same names in every step, and are
// different ones all the same: that is hygiene.

#[doc(hidden)]
#[macro_export]
macro_rules! __join {
    ([]) => { () };
    ([$($named:tt)*] $future:expr, $($rest:expr,)*) => {
        $crate::__join!([$($named)* (branch output $future)] $($rest,)*)
    };
    ([$(($branch:ident $output:ident $future:expr))+]) => {{
        $(let mut $output = ::core::option::Option::None;)+
        {
            $(
                let future = ::core::future::IntoFuture::into_future($future);
                let future = ::core::pin::pin!(::core::option::Option::Some(future));
                let mut $branch = $crate::future::branch::Told::new(future, |value| {
                    $output = ::core::option::Option::Some(value);
                    ::core::ops::ControlFlow::<::core::convert::Infallible>::Continue(())
                });
            )+
            let _ = ::core::future::poll_fn(|cx| {
                let order = $crate::future::branch::Order::Fair;
                $crate::future::branch::advance_all(&mut [$(&mut $branch),+], order, cx)
            })
            .await;
        }
        ($($crate::future::branch::kept($output),)+)
    }};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __try_join {
    ([]) => { ::core::result::Result::Ok(()) };
    ([$($named:tt)*] $future:expr, $($rest:expr,)*) => {
        $crate::__try_join!([$($named)* (branch output $future)] $($rest,)*)
    };
    ([$(($branch:ident $output:ident $future:expr))+]) => {{
        $(let mut $output = ::core::option::Option::None;)+
        let settled = {
            $(
                let future = ::core::future::IntoFuture::into_future($future);
                let future = ::core::pin::pin!(::core::option::Option::Some(future));
                let mut $branch =
                    $crate::future::branch::Told::new(future, |result| match result {
                        ::core::result::Result::Ok(value) => {
                            $output = ::core::option::Option::Some(value);
                            ::core::ops::ControlFlow::Continue(())
                        }
                        ::core::result::Result::Err(e) => ::core::ops::ControlFlow::Break(e),
                    });
            )+
            ::core::future::poll_fn(|cx| {
                let order = $crate::future::branch::Order::Fair;
                $crate::future::branch::advance_all(&mut [$(&mut $branch),+], order, cx)
            })
            .await
        };
        match settled {
            ::core::ops::ControlFlow::Continue(()) => {
                ::core::result::Result::Ok(($($crate::future::branch::kept($output),)+))
            }
            ::core::ops::ControlFlow::Break(e) => ::core::result::Result::Err(e),
        }
    }};
}
