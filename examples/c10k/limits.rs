//! How many connections there may be.

use std::error::Error;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};

use eagain_sys::limits::{descriptors, set_descriptors};

/// Descriptors that are no connections: the standard streams, the loop's, the child's pipes.
const OTHERS: u64 = 32;

/// Raises the limit on descriptors for so many connections, or fewer: returns for how many.
pub(crate) fn allow(wanted: usize) -> Result<usize, Box<dyn Error>> {
    let (soft, hard) = descriptors()?;
    let needed = (wanted as u64 + OTHERS).min(hard);
    if soft < needed {
        set_descriptors(needed)?;
    }
    match needed.saturating_sub(OTHERS) {
        0 => {
            Err(format!("{needed} descriptors (`ulimit -Hn`) are too few for a connection").into())
        }
        n => Ok(n as usize),
    }
}

pub(crate) fn hard() -> Result<u64, Box<dyn Error>> {
    Ok(descriptors()?.1)
}

/// Where connections come from.
#[derive(Clone, Copy)]
pub(crate) struct Sources {
    pub(crate) count: usize,
    /// How many connections each may have to one server.
    pub(crate) ports: usize,
    /// So many are taken from each: others use ports, too, and to find the last free ones takes the
    /// kernel long.
    each: usize,
}

/// Enough addresses for so many connections.
pub(crate) fn sources(n: usize) -> Sources {
    let ports = port_range().unwrap_or(16_384); // what IANA leaves free, and the BSDs take
    let each = (ports - ports / 8).max(1);
    Sources { count: n.div_ceil(each), ports, each }
}

/// Two numbers with a tab in between.
fn port_range() -> Option<usize> {
    let text = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let mut numbers = text.split_whitespace().map(str::parse::<usize>);
    let (first, last) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    (last + 1).checked_sub(first).filter(|ports| *ports > 0)
}

impl Sources {
    /// Where the connection with this number comes from, if that has to be said.
    pub(crate) fn of(&self, number: usize) -> Option<SocketAddr> {
        let address = u32::from(Ipv4Addr::LOCALHOST) + (number / self.each) as u32;
        (self.count > 1).then(|| (Ipv4Addr::from(address), 0).into())
    }
}
