//! What tests may not do, since it is what makes them fail elsewhere: leave the machine, or ask for
//! a port of their own. Their sources are read for it.

use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The addresses that a line spells out; a port of 0 where it says none.
fn addresses(line: &str) -> impl Iterator<Item = SocketAddrV4> {
    let words = line.split(|c: char| !c.is_ascii_digit() && c != '.' && c != ':');
    words.filter_map(|word| {
        let word = word.trim_end_matches([':', '.']);
        let alone = || word.parse().ok().map(|ip: Ipv4Addr| SocketAddrV4::new(ip, 0));
        word.parse().ok().or_else(alone)
    })
}

/// Nothing that is sent there leaves the machine, or arrives anywhere.
fn is_nowhere_else(ip: Ipv4Addr) -> bool {
    ip.is_loopback() || ip.is_unspecified() || ip.is_documentation()
}

/// What is wrong with a line, if anything is.
fn fault(line: &str) -> Option<String> {
    addresses(line).find_map(|addr| {
        let binds = line.contains("bind(") || line.contains("listen");
        match () {
            () if !is_nowhere_else(*addr.ip()) => Some(format!("{addr} is somewhere else")),
            () if binds && addr.port() != 0 => Some(format!("{addr} may be taken")),
            () => None,
        }
    })
}

#[test]
fn pitfall_70_no_test_leaves_the_loopback_or_asks_for_a_port() {
    let mut found = Vec::new();
    for folder in ["tests", "sys/tests"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    }
    assert!(found.len() > 50, "{} files", found.len());
    let mut faults = Vec::new();
    for path in found {
        let text = fs::read_to_string(&path).expect("a file");
        for (number, line) in text.lines().enumerate() {
            let named = |fault| format!("{}:{}: {fault}", path.display(), number + 1);
            faults.extend(fault(line).map(named)); // pitfall 70
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn an_address_of_others_and_a_port_are_found() {
    let [far, port] = [[8, 8, 8, 8], [127, 0, 0, 1]].map(Ipv4Addr::from);
    assert!(fault(&format!("connect(\"{far}:53\")")).is_some());
    assert!(fault(&format!("TcpListener::bind(\"{port}:8080\")")).is_some());
    assert!(fault(&format!("TcpListener::bind(\"{port}:0\")")).is_none());
    assert!(fault("version 1.22.1, at 10:20:30").is_none());
}
