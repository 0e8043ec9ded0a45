//! A call that is handed to a thread.

use std::io;

use crate::task::join::JoinError;
use crate::thread::offload;

/// Does it on a thread of the pool, when it is polled. What the thread could not do is an error of
/// the call; its panic goes on here.
pub(super) async fn handed<T: Send + 'static>(
    call: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    answered(offload(call).await)
}

pub(super) fn answered<T>(answer: Result<io::Result<T>, JoinError>) -> io::Result<T> {
    match answer {
        Ok(answer) => answer,
        Err(JoinError::Panicked(panic)) => panic.resume(),
        Err(e) => Err(io::Error::other(e)),
    }
}
