//! The number by which the kernel knows a thread.

/// `lwpid_t _lwp_self(void)`: of the calling thread, as `top -t` shows it.
///
/// * Manual page: _lwp_self(2).
pub(crate) fn number() -> u32 {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { libc::_lwp_self() }.unsigned_abs()
}
