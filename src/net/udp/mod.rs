//! UDP: datagrams, each with an address of its own.

mod batches;
mod builder;
mod multicast;
mod options;
mod sending;
mod socket;

pub use builder::UdpBuilder;
pub use eagain_sys::udp::batch::{Datagram, Datagrams, RecvBatch, SendBatch};
pub use eagain_sys::udp::packet_info::{Arrival, Ecn, PacketInfo};
pub use socket::UdpSocket;
