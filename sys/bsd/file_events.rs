//! What happens to files and folders: `EVFILT_VNODE`.

pub use crate::kqueue::files::{Changes, Queue};
