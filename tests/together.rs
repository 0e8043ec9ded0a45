//! Futures put together: joined, raced, in groups, against the clock, and as streams.

#[path = "together/cancelling.rs"]
mod cancelling;
#[path = "together/groups.rs"]
mod groups;
#[path = "together/joining.rs"]
mod joining;
#[path = "together/many.rs"]
mod many;
#[path = "together/probe.rs"]
mod probe;
#[path = "together/racing.rs"]
mod racing;
#[path = "together/scopes.rs"]
mod scopes;
#[path = "together/selecting.rs"]
mod selecting;
#[path = "together/streams.rs"]
mod streams;
mod tasks;
#[path = "together/timeouts.rs"]
mod timeouts;
