//! Unix sockets: streams, datagrams, packets, and what they pass.

#[path = "unix/connecting.rs"]
mod connecting;
#[path = "soak/descriptors.rs"]
mod descriptors;
#[path = "unix/messages.rs"]
mod messages;
#[path = "soak/own_process.rs"]
mod own_process;
#[path = "unix/passing.rs"]
mod passing;
#[path = "unix/place.rs"]
mod place;
#[path = "unix/streams.rs"]
mod streams;
mod tasks;
