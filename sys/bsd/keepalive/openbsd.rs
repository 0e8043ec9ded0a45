//! Of OpenBSD, where they are the whole system's: sysctl(2), net.inet.tcp.keepidle.

use std::time::Duration;

pub(super) const UNIT: Duration = Duration::from_secs(1);
pub(super) const IDLE: Option<libc::c_int> = None;
pub(super) const INTERVAL: Option<libc::c_int> = None;
pub(super) const COUNT: Option<libc::c_int> = None;
