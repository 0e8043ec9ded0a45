//! What the protocol is made of. The models in `tests/loom` put loom's in their place.

pub(super) use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
