//! The list of what is watched, for pollers whose kernel keeps none, and how their levels become
//! edges.
//!
//! `poll` and `select` tell the state of a descriptor, at each wait anew: what was ready and not
//! read would end the next wait at once, and a hang-up would for ever. So a direction that was
//! reported is not asked for until somebody wants it again; a descriptor of which nothing is asked
//! is left out, since `poll` reports its hang-up all the same.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use nix::sys::stat::{SFlag, fstat};

use super::{Event, Interest, Readiness};
use crate::{Error, Result, errno};

/// What becomes of a descriptor that was reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// The directions of the report are disarmed, until each is wanted again.
    Edge,
    /// All is disarmed, until it is armed again.
    Once,
    /// It stays armed: a bell, which is answered before the next wait.
    Level,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    token: u64,
    armed: Readiness,
    rule: Rule,
}

/// What is watched, by the number of the descriptor.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    entries: Vec<Option<Entry>>,
    /// Where the next walk begins: behind the last one that was reported, so that all have their
    /// turn where there is not room for all.
    next: usize,
}

impl Watched {
    /// Begins to watch. `EEXIST`: it is watched already. `EPERM`: files and directories cannot be
    /// waited for.
    pub(crate) fn add(
        &mut self,
        call: &'static str,
        fd: BorrowedFd<'_>,
        token: u64,
        interest: Interest,
        rule: Rule,
    ) -> Result<()> {
        if is_always_ready(fd)? {
            return Err(Error::new(call, errno::EPERM).on(fd.as_raw_fd()));
        }
        let number = fd.as_raw_fd() as usize;
        if self.entries.len() <= number {
            self.entries.resize(number + 1, None);
        }
        match &mut self.entries[number] {
            Some(_) => Err(Error::new(call, errno::EEXIST).on(fd.as_raw_fd())),
            free => {
                *free = Some(Entry { token, armed: interest.into(), rule });
                Ok(())
            }
        }
    }

    /// Asks for `interest` and nothing else, under another token and rule. `ENOENT`: it is not
    /// watched.
    pub(crate) fn modify(
        &mut self,
        call: &'static str,
        fd: BorrowedFd<'_>,
        token: u64,
        interest: Interest,
        rule: Rule,
    ) -> Result<()> {
        let Some(entry) = self.entry(fd.as_raw_fd()) else {
            return Err(Error::new(call, errno::ENOENT).on(fd.as_raw_fd()));
        };
        *entry = Entry { token, armed: interest.into(), rule };
        Ok(())
    }

    /// Watches for one report, whatever it was watched for if it is `known`.
    pub(crate) fn arm(
        &mut self,
        call: &'static str,
        fd: BorrowedFd<'_>,
        token: u64,
        interest: Interest,
        known: bool,
    ) -> Result<()> {
        if known && self.modify(call, fd, token, interest, Rule::Once).is_ok() {
            return Ok(());
        }
        self.add(call, fd, token, interest, Rule::Once)
    }

    /// Asks for `interest` again. Nothing happens if the number is another descriptor's by now, or
    /// a borrowed one's.
    pub(crate) fn want(&mut self, number: RawFd, token: u64, interest: Interest) {
        match self.entry(number) {
            Some(entry) if entry.token == token && entry.rule == Rule::Edge => {
                entry.armed |= interest.into();
            }
            _ => {}
        }
    }

    /// Ends watching. `ENOENT`: it is not watched, or the number is another descriptor's by now.
    pub(crate) fn delete(&mut self, call: &'static str, number: RawFd, token: u64) -> Result<()> {
        match self.entries.get_mut(number as usize) {
            Some(entry) if entry.is_some_and(|its| its.token == token) => {
                *entry = None;
                Ok(())
            }
            _ => Err(Error::new(call, errno::ENOENT).on(number)),
        }
    }

    /// The descriptors of which something is asked, and what, each once.
    pub(crate) fn armed(&self) -> impl Iterator<Item = (RawFd, Readiness)> + '_ {
        let next = self.next.min(self.entries.len());
        (next..self.entries.len()).chain(0..next).filter_map(|number| {
            let armed = self.entries[number]?.armed;
            (!armed.is_empty()).then_some((number as RawFd, armed))
        })
    }

    /// Whether a direction of it is asked for.
    pub(crate) fn asks(&self, number: RawFd, direction: Interest) -> bool {
        let entry = usize::try_from(number).ok().and_then(|number| *self.entries.get(number)?);
        entry.is_some_and(|entry| entry.armed.satisfies(direction))
    }

    /// What the loop is told of a descriptor that was found ready, which is disarmed as its rule
    /// says.
    pub(crate) fn report(&mut self, number: RawFd, readiness: Readiness) -> Option<Event> {
        let entry = self.entry(number)?;
        entry.armed = match entry.rule {
            Rule::Edge => entry.armed.without(readiness),
            Rule::Once => Readiness::NONE,
            Rule::Level => entry.armed,
        };
        let token = entry.token;
        self.next = number as usize + 1;
        Some(Event { token, readiness })
    }

    fn entry(&mut self, number: RawFd) -> Option<&mut Entry> {
        self.entries.get_mut(usize::try_from(number).ok()?)?.as_mut()
    }
}

/// What epoll refuses with `EPERM`, kqueue forgets at its end, and `poll` and `select` call ready whatever it is: files,
/// directories and disks. (epoll refuses some devices, too, such as `/dev/null`. Those are
/// reported as ready whenever they are asked about, which comes to the same.)
///
/// `int fstat(int fd, struct stat *statbuf)`; strace: `fstat(3, {st_mode=S_IFREG|0644, ...}) = 0`
pub(crate) fn is_always_ready(fd: BorrowedFd<'_>) -> Result<bool> {
    let mode = fstat(fd.as_fd()).map_err(|e| Error::from_nix("fstat", fd, e))?.st_mode;
    let kind = SFlag::from_bits_truncate(mode) & SFlag::S_IFMT;
    Ok([SFlag::S_IFREG, SFlag::S_IFDIR, SFlag::S_IFBLK].contains(&kind))
}
