//! Who is behind a number.
//!
//! The kernel hands out the lowest free number, so that most numbers of a trace mean several
//! descriptors, one after the other. They are told apart by birth. What was not born in the trace
//! (standard output, the files that the dynamic loader reads) is nobody's business here.

use std::collections::HashMap;

use super::line::{Call, elements, field, number};

/// A descriptor, by order of birth.
pub(crate) type Id = usize;

/// All descriptors of a trace.
#[derive(Default)]
pub(crate) struct Descriptors {
    roles: Vec<&'static str>,
    open: HashMap<i32, Id>,
    /// What each epoll instance was told to hand back for whom.
    tokens: HashMap<(Id, String), Id>,
}

impl Descriptors {
    /// The open descriptor of this number, if it was born in the trace.
    pub(crate) fn get(&self, fd: i32) -> Option<Id> {
        self.open.get(&fd).copied()
    }

    /// What it turned out to be.
    pub(crate) fn role(&self, id: Id) -> &'static str {
        self.roles[id]
    }

    /// The descriptor that this epoll instance means by its `data`.
    pub(crate) fn by_token(&self, epoll: Id, data: &str) -> Option<Id> {
        self.tokens.get(&(epoll, data.to_owned())).copied()
    }

    /// Takes note of what a call changes: who is born, who dies, who is what. Returns the newborn.
    pub(crate) fn follow(&mut self, call: &Call) -> Vec<Id> {
        let Some(ret) = call.ret.filter(|&ret| ret >= 0) else { return Vec::new() };
        let first = call.fd(0);
        match call.name.as_str() {
            "close" => {
                first.and_then(|fd| self.open.remove(&fd));
            }
            "listen" => {
                if let Some(id) = first.and_then(|fd| self.get(fd)) {
                    self.roles[id] = "listener";
                }
            }
            "epoll_ctl" => self.register(call),
            "pipe" | "pipe2" => return self.pair(call.arg(0), ["pipe, to read", "pipe, to write"]),
            "socketpair" => return self.pair(call.arg(3), ["pair, one end", "pair, other end"]),
            _ => {
                if let Some(role) = self.newborn(call) {
                    return vec![self.born(ret as i32, role)];
                }
            }
        }
        Vec::new()
    }

    /// What a call brings into the world, by the descriptor it returns.
    fn newborn(&self, call: &Call) -> Option<&'static str> {
        Some(match call.name.as_str() {
            "socket" if call.arg(1).contains("SOCK_DGRAM") => "udp",
            "socket" if call.arg(0) == "AF_UNIX" => "unix",
            "socket" => "sock",
            "accept" | "accept4" => "conn",
            "epoll_create" | "epoll_create1" => "epoll",
            "eventfd" | "eventfd2" => "eventfd",
            "dup" | "dup2" | "dup3" => self.role(self.get(call.fd(0)?)?),
            "fcntl" if call.arg(1).starts_with("F_DUPFD") => self.role(self.get(call.fd(0)?)?),
            _ => return None,
        })
    }

    fn born(&mut self, fd: i32, role: &'static str) -> Id {
        self.roles.push(role);
        let id = self.roles.len() - 1;
        self.open.insert(fd, id);
        id
    }

    fn pair(&mut self, list: &str, roles: [&'static str; 2]) -> Vec<Id> {
        let fds = elements(list).into_iter().filter_map(|fd| number(&fd));
        fds.zip(roles).map(|(fd, role)| self.born(fd as i32, role)).collect()
    }

    fn register(&mut self, call: &Call) {
        let of = |n| call.fd(n).and_then(|fd| self.get(fd));
        if let (Some(epoll), Some(id), Some(data)) = (of(0), of(2), data(call.arg(3))) {
            self.tokens.insert((epoll, data), id);
        }
    }
}

/// The `data` of an epoll event, however strace spells it; it is compared, never read.
pub(crate) fn data(event: &str) -> Option<String> {
    field(&elements(event), "data").map(str::to_owned)
}
