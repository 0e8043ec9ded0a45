//! The number by which the kernel knows a thread.

/// `int pthread_getthreadid_np(void)`: of the calling thread, as `top -H` shows it.
///
/// * Manual page: pthread_getthreadid_np(3).
pub(crate) fn number() -> u32 {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { libc::pthread_getthreadid_np() }.unsigned_abs()
}
