//! What threads do to each other, in every order that they can do it in (`make loom`). The code
//! under these models is the library's own, on other primitives: a letter that is lost, or work
//! that nobody does, is a deadlock here, and loom tells of it.
#![cfg(eagain_loom)]

#[path = "loom/bell.rs"]
mod bell;
#[path = "loom/offload.rs"]
mod offload;
#[path = "loom/outcome.rs"]
mod outcome;

/// Runs a model in every order in which threads are interrupted so often at most where they would
/// have gone on. Without a bound some take hours; what goes wrong in practice needs one or two.
fn in_every_order(interruptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(interruptions);
    builder.check(model);
}
