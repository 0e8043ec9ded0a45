//! The times of a connection's keepalive, which OpenBSD has for the whole machine only.

use std::time::Duration;

use eagain::net::Keepalive;

use crate::pair;

#[test]
fn a_keepalive_has_its_times_in_whole_seconds_rounded_up() {
    let (near, _far) = pair();
    assert_eq!(near.keepalive().expect("an option"), None);
    let (idle, interval) = (Duration::from_millis(59_001), Duration::from_secs(7));
    let times = Keepalive { idle: Some(idle), interval: Some(interval), count: Some(3) };
    near.set_keepalive(Some(times)).expect("options");
    let kept = near.keepalive().expect("options").expect("it is on");
    assert_eq!(kept, Keepalive { idle: Some(Duration::from_secs(60)), ..times });
    near.set_keepalive(None).expect("an option");
    assert_eq!(near.keepalive().expect("an option"), None);
}
