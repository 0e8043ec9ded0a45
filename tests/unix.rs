//! Unix sockets: streams, datagrams, packets, and what they pass.

#[cfg(target_os = "linux")]
#[path = "unix/abstract_names.rs"]
mod abstract_names;
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
