//! Sockets.
//!
//! Their `try_` methods are the system calls, made at most once and only if they may succeed,
//! with `None` for `EAGAIN`; see [`Source`](crate::Source) for how a task waits in between.

mod tcp;

pub use tcp::{TcpListener, TcpStream};
