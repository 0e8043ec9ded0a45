//! What an outcome is made of. The model in `tests/loom` puts loom's in their place.

pub(super) use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
