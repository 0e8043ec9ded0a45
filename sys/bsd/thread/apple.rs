//! The number by which the kernel knows a thread.

/// `int pthread_threadid_np(pthread_t thread, uint64_t *thread_id)` of no thread in particular:
/// of the calling one, as `sample` and `lldb` show it.
///
/// * Errors: none for the calling thread.
/// * Manual page: none; pthread.h has it.
pub(crate) fn number() -> u32 {
    let mut number = 0;
    // SAFETY: 0 stands for the calling thread, and `number` is valid for writing.
    unsafe { libc::pthread_threadid_np(0, &raw mut number) };
    number as u32 // they are counted from boot on, and do not get that far
}
