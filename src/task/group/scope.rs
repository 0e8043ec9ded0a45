//! A block of code that is not left before its children are done.

use std::cell::Cell;
use std::rc::Rc;

use crate::task::group::{GroupHandle, TaskGroup};

impl<'env> TaskGroup<'env, ()> {
    /// Runs a block and the children that it adds, and gives what the block returns, when all of
    /// them are done.
    ///
    /// The children may borrow what was there before the scope; so may those that they add. What
    /// the block itself owns does not live long enough: it has to be moved into the child.
    ///
    /// ```compile_fail
    /// # use eagain::TaskGroup;
    /// # let _ = eagain::run(async {
    /// TaskGroup::scope(async |group| {
    ///     let text = String::from("gone with the block");
    ///     group.add(async { println!("{text}") });
    /// })
    /// .await
    /// # });
    /// ```
    ///
    /// Not cancel-safe: dropping it cancels the block and the children. System calls: none of its
    /// own.
    ///
    /// # Panics
    /// With the first panic of the block or a child, after the others were cancelled.
    ///
    /// ```
    /// use std::cell::Cell;
    /// use eagain::TaskGroup;
    ///
    /// # eagain::run(async {
    /// let (words, letters) = (["one", "two", "three"], Cell::new(0));
    /// let outcome = TaskGroup::scope(async |group| {
    ///     for word in &words {
    ///         group.add(async { letters.set(letters.get() + word.len()) });
    ///     }
    ///     "all added"
    /// })
    /// .await;
    /// assert_eq!((outcome, letters.get()), ("all added", 11));
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn scope<R: 'env>(block: impl AsyncFnOnce(GroupHandle<'env, ()>) -> R + 'env) -> R {
        let mut group = TaskGroup::new();
        let value = Rc::new(Cell::new(None));
        let (returned, block) = (value.clone(), block(group.handle()));
        group.set_block(async move { returned.set(Some(block.await)) });
        while group.join_next().await.is_some() {}
        value.take().expect("the block has returned")
    }
}

impl<'env, E: 'env> TaskGroup<'env, Result<(), E>> {
    /// Runs a block and the children that it adds, and gives what the block returns, when all of
    /// them are done; the first error of any of them cancels the others.
    ///
    /// Not cancel-safe, and otherwise as [`scope`](TaskGroup::scope).
    ///
    /// # Errors
    /// The first of the block or a child; the others are gone by then.
    ///
    /// # Panics
    /// With the first panic of the block or a child, after the others were cancelled.
    ///
    /// ```
    /// use eagain::TaskGroup;
    ///
    /// # eagain::run(async {
    /// let numbers = ["1", "2", "three"];
    /// let outcome = TaskGroup::try_scope(async |group| {
    ///     for number in &numbers {
    ///         group.add(async { number.parse::<u32>().map(drop) });
    ///     }
    ///     std::future::pending::<Result<(), _>>().await // cancelled as well
    /// })
    /// .await;
    /// assert!(outcome.is_err());
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn try_scope<R: 'env>(
        block: impl AsyncFnOnce(GroupHandle<'env, Result<(), E>>) -> Result<R, E> + 'env,
    ) -> Result<R, E> {
        let mut group = TaskGroup::new();
        let value = Rc::new(Cell::new(None));
        let (returned, block) = (value.clone(), block(group.handle()));
        group.set_block(async move {
            returned.set(Some(block.await?));
            Ok(())
        });
        while group.try_join_next().await?.is_some() {}
        Ok(value.take().expect("the block has returned"))
    }
}

impl<'env, T> TaskGroup<'env, T> {
    /// The block is a child as well, but for being cancelled by its own hand.
    fn set_block(&mut self, block: impl Future<Output = T> + 'env) {
        self.block = Some(self.children.insert(Box::pin(block)));
    }
}
