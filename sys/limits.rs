//! How many descriptors a process may have.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::{Error, Result};

/// `int getrlimit(RLIMIT_NOFILE, struct rlimit *rlim)`: the soft limit, which is in force, and
/// the hard limit, up to which the process may raise it.
///
/// * strace: `prlimit64(0, RLIMIT_NOFILE, NULL, {rlim_cur=1024, rlim_max=524288}) = 0`
/// * Manual page: getrlimit(2).
pub fn descriptors() -> Result<(u64, u64)> {
    let (soft, hard) =
        getrlimit(Resource::RLIMIT_NOFILE).map_err(|e| Error::new("getrlimit", e as i32))?;
    Ok((converted(soft), converted(hard)))
}

/// `int setrlimit(RLIMIT_NOFILE, const struct rlimit *rlim)`: sets the soft limit, and leaves
/// the hard one.
///
/// Asks for the hard limit first, so this makes two calls.
///
/// * strace: `prlimit64(0, RLIMIT_NOFILE, {rlim_cur=20000, rlim_max=524288}, NULL) = 0`
/// * `EINVAL`: above the hard limit.
/// * Manual page: getrlimit(2).
pub fn set_descriptors(soft: u64) -> Result<()> {
    let (_, hard) = descriptors()?;
    setrlimit(Resource::RLIMIT_NOFILE, converted(soft), converted(hard))
        .map_err(|e| Error::new("setrlimit", e as i32))
}

/// `rlim_t` is signed on some kernels, and "no limit" is the most that it holds.
fn converted<From: TryInto<To>, To: Highest>(n: From) -> To {
    n.try_into().unwrap_or(To::HIGHEST)
}

trait Highest {
    const HIGHEST: Self;
}

impl Highest for u64 {
    const HIGHEST: u64 = u64::MAX;
}

impl Highest for i64 {
    const HIGHEST: i64 = i64::MAX;
}
