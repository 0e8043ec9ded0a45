//! The number by which the kernel knows a thread.

/// `pid_t getthrid(void)`: of the calling thread, as `top -H` shows it.
///
/// * Manual page: getthrid(2).
pub(crate) fn number() -> u32 {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { libc::getthrid() }.unsigned_abs()
}
