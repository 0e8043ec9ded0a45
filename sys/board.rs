//! What threads are doing, written where a signal handler may read it.
//!
//! The board is memory of the process: [`ENTRIES`] entries of atomics. Who wants to be seen
//! claims one, writes in it what its thread begins to do, and gives it back by dropping it.
//! Neither side allocates, locks or waits, so the reader may interrupt the writer anywhere.

use std::panic::Location;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use crate::clock;
use crate::kernel::thread;

/// How many can be on the board at a time.
pub const ENTRIES: usize = 64;

/// How much of a name is kept.
const NAME: usize = 32;

/// What a thread can be busy with, in words: "sleeps".
#[derive(Debug)]
pub struct Activity(pub &'static str);

struct Slot {
    taken: AtomicBool,
    /// Odd while the rest is being written.
    version: AtomicU32,
    thread: AtomicU32,
    name: [AtomicU8; NAME],
    /// Null: nothing was written yet.
    activity: AtomicPtr<Activity>,
    number: AtomicU64,
    /// Null: nowhere in particular.
    at: AtomicPtr<Location<'static>>,
    /// Nanoseconds on the monotonic clock; 0: it was not looked at.
    since: AtomicU64,
}

static BOARD: [Slot; ENTRIES] = [const { Slot::free() }; ENTRIES];

/// An entry on the board.
#[derive(Debug)]
#[must_use = "dropping the entry gives it back"]
pub struct Entry {
    slot: &'static Slot,
}

impl Entry {
    /// Takes an entry for the calling thread, under a name (of which 32 bytes are kept; it may be
    /// empty). `None` if all are taken.
    ///
    /// * strace: `gettid() = 4711`
    /// * Manual page: gettid(2).
    pub fn claim(name: &str) -> Option<Entry> {
        let take = |slot: &&Slot| {
            slot.taken.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
        };
        let slot = BOARD.iter().find(take)?;
        let number = thread::number();
        slot.write(|| {
            slot.thread.store(number, Ordering::Release);
            let bytes = name.bytes().chain(std::iter::repeat(0));
            for (place, byte) in slot.name.iter().zip(bytes) {
                place.store(byte, Ordering::Release);
            }
        });
        Some(Entry { slot })
    }

    /// Writes what the thread does from now on: what, the number of the one it does it with and
    /// where that came from, if there is one, and when it began, by [`clock::monotonic`], if that
    /// is known.
    pub fn set(
        &self,
        activity: &'static Activity,
        whom: Option<(u64, &'static Location<'static>)>,
        since: Option<Duration>,
    ) {
        let (number, at) =
            whom.map_or((0, ptr::null()), |(number, at)| (number, ptr::from_ref(at)));
        let since = since.map_or(0, |since| since.as_nanos() as u64);
        let slot = self.slot;
        slot.write(|| {
            slot.activity.store(ptr::from_ref(activity).cast_mut(), Ordering::Release);
            slot.number.store(number, Ordering::Release);
            slot.at.store(at.cast_mut(), Ordering::Release);
            slot.since.store(since, Ordering::Release);
        });
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let slot = self.slot;
        slot.write(|| slot.activity.store(ptr::null_mut(), Ordering::Release));
        slot.taken.store(false, Ordering::Release);
    }
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Slot(thread {})", self.thread.load(Ordering::Relaxed))
    }
}

/// What an entry said at one moment.
struct Seen {
    thread: u32,
    name: [u8; NAME],
    activity: *const Activity,
    number: u64,
    at: *const Location<'static>,
    since: u64,
}

impl Slot {
    const fn free() -> Slot {
        Slot {
            taken: AtomicBool::new(false),
            version: AtomicU32::new(0),
            thread: AtomicU32::new(0),
            name: [const { AtomicU8::new(0) }; NAME],
            activity: AtomicPtr::new(ptr::null_mut()),
            number: AtomicU64::new(0),
            at: AtomicPtr::new(ptr::null_mut()),
            since: AtomicU64::new(0),
        }
    }

    /// Changes what it says. Only who has taken it writes, so the version needs no more than
    /// loads and stores; whoever sees one of the new values sees that the version is odd, too.
    fn write(&self, change: impl FnOnce()) {
        let version = self.version.load(Ordering::Relaxed);
        self.version.store(version.wrapping_add(1), Ordering::Relaxed);
        change();
        self.version.store(version.wrapping_add(2), Ordering::Release);
    }

    /// What it says, all of one moment. `None` if it changed under our eyes: we interrupted its
    /// writer, or that one is too busy to hang.
    fn read(&self) -> Option<Seen> {
        let version = self.version.load(Ordering::Acquire);
        let seen = Seen {
            thread: self.thread.load(Ordering::Acquire),
            name: std::array::from_fn(|i| self.name[i].load(Ordering::Acquire)),
            activity: self.activity.load(Ordering::Acquire),
            number: self.number.load(Ordering::Acquire),
            at: self.at.load(Ordering::Acquire),
            since: self.since.load(Ordering::Acquire),
        };
        let same = version % 2 == 0 && self.version.load(Ordering::Relaxed) == version;
        same.then_some(seen)
    }
}

/// `ssize_t write(2, const void *buf, size_t count)`, one for each entry on the board: a line on
/// standard error that says what its thread is doing. Async-signal-safe: allocates, locks and
/// waits for nothing.
///
/// * strace: `write(2, "eagain: thread 4711 runs task 3 "..., 72) = 72`
/// * Errors are for nobody to hear.
/// * Manual page: write(2), signal-safety(7).
pub fn tell() {
    let now = clock::monotonic().as_nanos() as u64;
    for slot in BOARD.iter().filter(|slot| slot.taken.load(Ordering::Acquire)) {
        let mut line = Line::new();
        match (0..3).find_map(|_| slot.read()) {
            Some(seen) => seen.put_into(&mut line, now),
            None => {
                line.put("eagain: thread ");
                line.put_number(slot.thread.load(Ordering::Relaxed).into());
                line.put(" goes from one thing to the next");
            }
        }
        line.write();
    }
}

impl Seen {
    fn put_into(&self, line: &mut Line, now: u64) {
        line.put("eagain: thread ");
        line.put_number(self.thread.into());
        if self.name[0] != 0 {
            line.put(" \"");
            self.name.iter().take_while(|byte| **byte != 0).for_each(|byte| line.put_byte(*byte));
            line.put("\"");
        }
        line.put(" ");
        // SAFETY: it is null, or was made from a `&'static Activity`.
        let activity = unsafe { self.activity.as_ref() };
        line.put(activity.map_or("does nothing yet", |activity| activity.0));
        // SAFETY: it is null, or was made from a `&'static Location`.
        let at = unsafe { self.at.as_ref() };
        if at.is_some() {
            line.put(" ");
            line.put_number(self.number);
        }
        if self.since != 0 {
            let millis = now.saturating_sub(self.since) / 1_000_000;
            line.put(" for ");
            line.put_number(millis / 1000);
            line.put(".");
            line.put_digits(millis % 1000, 3);
            line.put(" s");
        }
        if let Some(at) = at {
            line.put(", spawned at ");
            line.put(at.file());
            line.put(":");
            line.put_number(at.line().into());
            line.put(":");
            line.put_number(at.column().into());
        }
    }
}

/// A line put together where no memory may be asked for. What does not fit is cut off.
struct Line {
    bytes: [u8; 512],
    len: usize,
}

impl Line {
    fn new() -> Line {
        Line { bytes: [0; 512], len: 0 }
    }

    fn put_byte(&mut self, byte: u8) {
        // The last place is for the end of the line.
        if self.len < self.bytes.len() - 1 {
            self.bytes[self.len] = byte;
            self.len += 1;
        }
    }

    fn put(&mut self, text: &str) {
        text.bytes().for_each(|byte| self.put_byte(byte));
    }

    fn put_number(&mut self, n: u64) {
        self.put_digits(n, n.checked_ilog10().unwrap_or(0) + 1);
    }

    fn put_digits(&mut self, n: u64, digits: u32) {
        for place in (0..digits).rev() {
            self.put_byte(b'0' + (n / 10u64.pow(place) % 10) as u8);
        }
    }

    fn write(mut self) {
        self.bytes[self.len] = b'\n';
        // SAFETY: `bytes` is valid for reading what was put there and one more.
        unsafe { libc::write(2, self.bytes.as_ptr().cast(), self.len + 1) };
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, NAME, Seen};

    fn text(fill: impl FnOnce(&mut Line)) -> String {
        let mut line = Line::new();
        fill(&mut line);
        String::from_utf8_lossy(&line.bytes[..line.len]).into_owned()
    }

    #[test]
    fn numbers_are_written_in_full() {
        for n in [0, 1, 9, 10, 100, 4711, u64::MAX] {
            assert_eq!(text(|line| line.put_number(n)), n.to_string());
        }
        assert_eq!(text(|line| line.put_digits(7, 3)), "007");
    }

    #[test]
    fn a_line_that_grows_too_long_is_cut() {
        assert_eq!(text(|line| (0..100).for_each(|_| line.put("0123456789"))).len(), 511);
    }

    #[test]
    fn what_is_not_known_is_not_told() {
        let seen = Seen {
            thread: 7,
            name: [0; NAME],
            activity: &super::Activity("sleeps"),
            number: 0,
            at: std::ptr::null(),
            since: 0,
        };
        assert_eq!(text(|line| seen.put_into(line, 1)), "eagain: thread 7 sleeps");
    }
}
