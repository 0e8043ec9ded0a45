//! Servers whose kernel fails, and clients that know what has to come back.

use crate::clients::{Client, Echo, Http, talk};
use crate::injected::{Injected, Whose};
use crate::{program, tracer};

const CLIENTS: u8 = 4;

/// A server, and who talks to it.
pub(crate) struct Served {
    pub(crate) name: &'static str,
    client: &'static dyn Client,
}

pub(crate) const SERVERS: [Served; 3] = [
    Served { name: "echo_server", client: &Echo },
    Served { name: "echo_server_async", client: &Echo },
    Served { name: "http_server", client: &Http },
];

/// With these faults all clients hear what they have to.
pub(crate) fn spoils_nothing(server: &Served, faults: &[&str]) {
    spoils(server, faults, 0);
}

/// With these faults one client may be broken off, and hears nothing wrong before that.
pub(crate) fn spoils_one_at_most(server: &Served, faults: &[&str]) {
    spoils(server, faults, 1);
}

fn spoils(server: &Served, faults: &[&str], most: usize) {
    if !tracer::works() {
        return;
    }
    let name = server.name;
    let args = &["127.0.0.1:0"];
    let mut running = Injected::start(&program(server.name), args, faults, Whose::FirstThread);
    let Some(addr) = running.address() else {
        panic!("{name}, {faults:?}: {:?}", running.end());
    };
    let mut heard = talk(server.client, addr, CLIENTS);
    if heard.iter().all(|&all| all) {
        // Perhaps the fault is yet to come.
        heard.extend(talk(server.client, addr, 1));
    }
    let spoilt = heard.iter().filter(|&&all| !all).count();
    assert!(spoilt <= most, "{name}, {faults:?}: all heard? {heard:?}");
    // It goes on as if nothing had been.
    assert_eq!(talk(server.client, addr, 1), [true], "{name}, {faults:?}");
    assert!(running.terminate(), "{name}, {faults:?}: {:?}", running.end());
    let ended = running.end();
    assert!(ended.stderr.is_empty() && !ended.hung, "{name}, {faults:?}: {ended:?}");
}

/// With this fault it ends at once, and says so in a line.
pub(crate) fn does_not_start(server: &Served, fault: &str, why: &str) {
    if !tracer::works() {
        return;
    }
    let args = &["127.0.0.1:0"];
    let ended = Injected::start(&program(server.name), args, &[fault], Whose::FirstThread).end();
    assert_eq!(ended.code, Some(1), "{}, {fault}: {ended:?}", server.name);
    let line = ended.stderr.strip_prefix(server.name).and_then(|rest| rest.strip_prefix(": "));
    let line = line.and_then(|rest| rest.strip_suffix('\n'));
    let line = line.filter(|line| !line.contains('\n') && line.contains(why));
    assert!(line.is_some(), "{}, {fault}: {ended:?}", server.name);
}
