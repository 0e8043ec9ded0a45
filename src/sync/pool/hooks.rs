//! What a pool was told to do: to make a resource, and to see whether one is still good.

use std::pin::Pin;
use std::rc::Rc;

type LocalFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Makes a resource.
pub(crate) type Connect<T, E> = Box<dyn Fn() -> LocalFuture<'static, Result<T, E>>>;

/// Waits to be told whether a resource is still good.
type Awaited<T> = Box<dyn for<'a> Fn(&'a mut T) -> LocalFuture<'a, bool>>;

/// Tells whether a resource is still good.
pub(crate) enum Check<T> {
    None,
    AtOnce(Box<dyn Fn(&mut T) -> bool>),
    Awaited(Awaited<T>),
}

pub(crate) fn connect<T, E, F>(connect: F) -> Connect<T, E>
where
    F: AsyncFn() -> Result<T, E> + 'static,
{
    let connect = Rc::new(connect);
    Box::new(move || {
        let connect = connect.clone();
        Box::pin(async move { connect().await })
    })
}

impl<T> Check<T> {
    pub(crate) fn awaited<F: AsyncFn(&mut T) -> bool + 'static>(check: F) -> Check<T> {
        let check = Rc::new(check);
        Check::Awaited(Box::new(move |value| {
            let check = check.clone();
            Box::pin(async move { check(value).await })
        }))
    }

    pub(crate) async fn is_good(&self, value: &mut T) -> bool {
        match self {
            Check::None => true,
            Check::AtOnce(check) => check(value),
            Check::Awaited(check) => check(value).await,
        }
    }

    /// As far as it can be told without waiting.
    pub(crate) fn may_be_good(&self, value: &mut T) -> bool {
        match self {
            Check::None | Check::Awaited(_) => true,
            Check::AtOnce(check) => check(value),
        }
    }
}
