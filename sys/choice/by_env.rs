//! What this build takes from the environment: `--cfg eagain_by_env` makes one that runs the tests
//! on every poller and fallback. Whoever links the library gets another one, see `fixed.rs`.

use std::env;
use std::sync::OnceLock;

use crate::poller::Backend;

/// `EAGAIN_POLLER`: what a loop waits with that was not told.
pub(crate) fn backend() -> Backend {
    static CHOSEN: OnceLock<Backend> = OnceLock::new();
    *CHOSEN.get_or_init(|| match env::var("EAGAIN_POLLER").as_deref() {
        Err(_) | Ok("") => Backend::NATIVE,
        Ok(name) => name.parse().unwrap_or_else(|e| panic!("EAGAIN_POLLER={name}: {e}")),
    })
}

/// `EAGAIN_FALLBACK`: what is done as if the kernel lacked the better way; `epoll_wait`, `pipe`.
pub(crate) fn falls_back_on(what: &str) -> bool {
    static CHOSEN: OnceLock<String> = OnceLock::new();
    let chosen = CHOSEN.get_or_init(|| env::var("EAGAIN_FALLBACK").unwrap_or_default());
    chosen.split(',').any(|one| one == what)
}
