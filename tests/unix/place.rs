//! Where a test binds its sockets.

use std::future::Future;
use std::path::PathBuf;
use std::{env, fs, io, process};

use eagain::net::UnixStream;
use eagain::time::timeout;
use eagain::yield_now;

use crate::tasks::PATIENCE;

/// A folder that is gone with this.
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new(test: &str) -> Place {
        let path = env::temp_dir().join(format!("eagain-{}-{test}", process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Place(path)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.0.join("socket")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).expect("the folder is there");
    }
}

/// Runs a future on a loop of its own, but not for ever.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    eagain::run(async { timeout(PATIENCE, future).await.expect("it comes") }).expect("a run")
}

/// What is said to who connects, as soon as nobody listens any more: a child that another test has
/// just forked may have the listener for a moment yet.
pub(crate) fn refusal<F>(connect: impl Fn() -> F) -> io::Error
where
    F: Future<Output = io::Result<UnixStream>>,
{
    run(async {
        loop {
            match connect().await {
                Ok(_) => yield_now().await,
                Err(e) => return e,
            }
        }
    })
}
