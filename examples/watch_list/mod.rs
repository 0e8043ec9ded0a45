//! The watch list that the kernel keeps, under the names that Linux has for it. Elsewhere one file
//! says each of them in the words of kqueue.

#[cfg(target_os = "linux")]
mod epoll;
#[cfg(not(target_os = "linux"))]
mod kqueue;

#[cfg(target_os = "linux")]
pub(crate) use epoll::*;
#[cfg(not(target_os = "linux"))]
pub(crate) use kqueue::*;
