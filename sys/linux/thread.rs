//! The number by which the kernel knows a thread.

/// `pid_t gettid(void)`: of the calling thread, as `top -H` and `strace -f` show it.
///
/// * strace: `gettid() = 4711`
/// * Manual page: gettid(2).
pub(crate) fn number() -> u32 {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { libc::gettid() }.unsigned_abs()
}
