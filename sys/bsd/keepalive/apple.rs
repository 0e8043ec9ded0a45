//! Of Apple's systems: tcp(4).

use std::time::Duration;

pub(super) const UNIT: Duration = Duration::from_secs(1);
pub(super) const IDLE: Option<libc::c_int> = Some(libc::TCP_KEEPALIVE);
pub(super) const INTERVAL: Option<libc::c_int> = Some(libc::TCP_KEEPINTVL);
pub(super) const COUNT: Option<libc::c_int> = Some(libc::TCP_KEEPCNT);
