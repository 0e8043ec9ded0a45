//! Many datagrams with one call.
//!
//! A batch owns the buffers of its datagrams and everything that the call needs to be told of
//! them. It is made once and used again and again, and takes no memory in between.
//!
//! `recvmmsg` and `sendmmsg` are Linux's. Elsewhere a batch is as many calls of `recvmsg` and
//! `sendmsg`, with the same outcome.

mod receiving;
mod sending;

// Where one call takes a batch, the other way is tested all the same.
#[cfg(all(test, target_os = "linux"))]
#[path = "../bsd/batch.rs"]
mod one_by_one;

pub use receiving::{Datagram, Datagrams, RecvBatch, recvmmsg};
pub use sending::{SendBatch, sendmmsg};

/// More than the kernel takes in a call: `UIO_MAXIOV`.
const MOST: usize = 1024;

/// As long as a datagram can be: its header counts with 16 bits.
const LONGEST: usize = u16::MAX as usize;
