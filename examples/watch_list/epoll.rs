//! epoll: the library's own functions, one for each system call.

pub(crate) use eagain_sys::epoll::*;

#[allow(dead_code)] // for those that print it
pub(crate) const NAME: &str = "epoll";
