//! UDP: one datagram at a time, many at once, to one and to all.

#[path = "udp/addresses.rs"]
mod addresses;
#[path = "udp/batches.rs"]
mod batches;
#[path = "udp/multicast.rs"]
mod multicast;
#[path = "udp/one_by_one.rs"]
mod one_by_one;
#[path = "udp/socket.rs"]
mod socket;
mod tasks;
