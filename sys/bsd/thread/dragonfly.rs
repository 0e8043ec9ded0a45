//! The number by which the kernel knows a thread.

/// `lwpid_t lwp_gettid(void)`: of the calling thread, as `top -H` shows it.
///
/// * Manual page: lwp_gettid(2).
pub(crate) fn number() -> u32 {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { lwp_gettid() }.unsigned_abs()
}

// Of the C library, but not of the `libc` crate.
unsafe extern "C" {
    fn lwp_gettid() -> libc::c_int;
}
