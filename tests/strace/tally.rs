//! How often each call was made.

use std::collections::BTreeMap;
use std::fmt;

use super::line::Call;
use super::waits;

/// Calls by name; one that failed counts under its name and errno, such as `recvfrom = EAGAIN`,
/// and the ways of spelling a wait count as one.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    calls: BTreeMap<String, usize>,
    /// What successful waits returned, summed.
    pub(crate) events: usize,
}

impl Tally {
    /// Counts the calls of a trace.
    pub(crate) fn of(calls: &[Call]) -> Tally {
        let mut tally = Tally::default();
        for call in calls {
            let wait = waits::spelled(&call.name);
            let name = wait.unwrap_or(&call.name);
            let key = match &call.errno {
                Some(errno) => format!("{name} = {errno}"),
                None => name.to_owned(),
            };
            *tally.calls.entry(key).or_default() += 1;
            if wait.is_some() {
                tally.events += call.ret.and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
            }
        }
        tally
    }

    /// A tally from literal numbers.
    pub(crate) fn from<const N: usize>(calls: [(&str, usize); N]) -> Tally {
        let calls = calls.into_iter().filter(|(_, n)| *n > 0);
        Tally { calls: calls.map(|(name, n)| (name.to_owned(), n)).collect(), events: 0 }
    }

    /// How often this was called; for a failure ask by name and errno.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.calls.get(name).copied().unwrap_or_default()
    }

    /// All calls.
    pub(crate) fn total(&self) -> usize {
        self.calls.values().sum()
    }

    /// What was called beyond `less`. The longer of two runs has everything that the shorter one
    /// has, so what both need for their start cancels out.
    ///
    /// # Panics
    ///
    /// If `less` has something that `self` has not.
    pub(crate) fn beyond(&self, less: &Tally) -> Tally {
        let mut calls = self.calls.clone();
        for (name, n) in &less.calls {
            let left = self.count(name).checked_sub(*n);
            let left = left.unwrap_or_else(|| panic!("the shorter run has more `{name}`"));
            calls.insert(name.clone(), left);
        }
        calls.retain(|_, n| *n > 0);
        Tally { calls, events: self.events - less.events }
    }

    /// The same without the calls of this name.
    pub(crate) fn without(&self, name: &str) -> Tally {
        let mut rest = self.clone();
        rest.calls.remove(name);
        rest
    }

    /// Whether the same calls were made equally often, whatever the waits returned.
    pub(crate) fn has_calls_of(&self, other: &Tally) -> bool {
        self.calls == other.calls
    }
}

impl fmt::Debug for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list: Vec<_> = self.calls.iter().map(|(name, n)| format!("{n} {name}")).collect();
        write!(f, "{} calls: {}; {} events", self.total(), list.join(", "), self.events)
    }
}
