//! What the connections share: buffers, the date, patience, the way to the end.

use std::cell::{Cell, RefCell};
use std::io;
use std::path::PathBuf;
use std::rc::{Rc, Weak};
use std::time::{Duration, SystemTime};

use eagain::net::TcpStream;
use eagain::sync::Notify;
use eagain::time::{MissedTickBehavior, interval};
use eagain_sys::limits;

use crate::response;

/// How much is read at once. A head must be much shorter.
const ROOM: usize = 16 * 1024;

/// Descriptors of the loop, the listener, signals and the standard streams, and a few more.
const OTHERS: u64 = 32;

pub(crate) struct Server {
    /// What is served, if files are.
    pub(crate) root: Option<PathBuf>,
    /// Where all connections read to and write from. Borrowed between two awaits, never across one.
    pub(crate) buffers: RefCell<Buffers>,
    /// The answer that is given most, with today's date.
    pub(crate) hello: RefCell<Vec<u8>>,
    pub(crate) date: RefCell<String>,
    /// Seconds since the start: cheaper to ask than a clock, and good enough for patience.
    tick: Cell<u32>,
    open: RefCell<Vec<Weak<Watched>>>,
    draining: Cell<bool>,
    one_left: Notify,
    /// How many connections there may be.
    places: usize,
}

pub(crate) struct Buffers {
    pub(crate) input: Box<[u8; ROOM]>,
    pub(crate) output: Vec<u8>,
}

/// A connection as the server sees it.
pub(crate) struct Watched {
    pub(crate) stream: TcpStream,
    phase: Cell<Phase>,
    since: Cell<u32>,
    /// Where it stands among those that are open.
    place: Cell<usize>,
    server: Weak<Server>,
}

/// What a connection does, and so how long it may.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It was accepted, and nobody has looked at what it may have sent.
    New,
    /// Between two requests.
    Idle,
    /// The head of a request has begun to arrive.
    Head,
    /// We have to do something: that is not the client's fault.
    Working,
    /// The client has to take what it is sent.
    Sending,
    /// It was told that this is the end.
    Closing,
}

impl Phase {
    /// In seconds.
    fn patience(self) -> u32 {
        match self {
            Phase::New | Phase::Idle => 60,
            Phase::Head => 10,
            Phase::Working => u32::MAX,
            Phase::Sending => 30,
            Phase::Closing => 2,
        }
    }
}

impl Server {
    pub(crate) fn new(root: Option<PathBuf>) -> io::Result<Server> {
        let places = match root {
            None => usize::MAX,
            // Each may have a file open: who is let in and finds no descriptor for that waits in vain.
            Some(_) => (limits::descriptors()?.0.saturating_sub(OTHERS) / 2).max(1) as usize,
        };
        let server = Server {
            places,
            root,
            buffers: RefCell::new(Buffers { input: Box::new([0; ROOM]), output: Vec::new() }),
            hello: RefCell::default(),
            date: RefCell::default(),
            tick: Cell::new(0),
            open: RefCell::default(),
            draining: Cell::new(false),
            one_left: Notify::new(),
        };
        server.set_date();
        Ok(server)
    }

    fn set_date(&self) {
        let date = httpdate::fmt_http_date(SystemTime::now());
        let mut hello = self.hello.borrow_mut();
        hello.clear();
        response::text(&mut hello, response::OK, &date, "", b"Hello, World!");
        drop(hello);
        self.date.replace(date);
    }

    /// Once a second: the date, and who has tried our patience.
    pub(crate) async fn tick(self: Rc<Server>) {
        let mut seconds = interval(Duration::from_secs(1));
        seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            seconds.tick().await;
            self.tick.set(self.tick.get() + 1);
            self.set_date();
            let (now, date) = (self.tick.get(), self.date.borrow().clone());
            self.each_open(|connection| connection.give_up_if_late(now, &date));
        }
    }

    fn each_open(&self, mut f: impl FnMut(&Watched)) {
        let open: Vec<_> = self.open.borrow().iter().filter_map(Weak::upgrade).collect();
        open.iter().for_each(|connection| f(connection));
    }

    pub(crate) fn watch(self: &Rc<Server>, stream: TcpStream) -> Rc<Watched> {
        let (phase, since) = (Cell::new(Phase::New), Cell::new(self.tick.get()));
        let place = Cell::new(self.connections());
        let watched = Rc::new(Watched { stream, phase, since, place, server: Rc::downgrade(self) });
        self.open.borrow_mut().push(Rc::downgrade(&watched));
        watched
    }

    /// At once, not with the next tick: thousands may come and go within a second.
    fn forget(&self, place: usize) {
        let mut open = self.open.borrow_mut();
        open.swap_remove(place);
        if let Some(moved) = open.get(place).and_then(Weak::upgrade) {
            moved.place.set(place);
        }
    }

    pub(crate) fn connections(&self) -> usize {
        self.open.borrow().len()
    }

    /// From now on every answer is a connection's last. Those that wait for a request end at once,
    /// unless it has just arrived: to close with something unread would be a reset.
    pub(crate) fn drain(&self) {
        self.draining.set(true);
        self.each_open(|connection| {
            if connection.phase.get() == Phase::Idle && !connection.has_something() {
                connection.close();
            }
        });
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.get()
    }

    /// Waits until the last connection is gone.
    pub(crate) async fn empty(&self) {
        while self.connections() > 0 {
            self.one_left.notified().await;
        }
    }

    /// Waits until one more may come.
    pub(crate) async fn has_room(&self) {
        while self.connections() >= self.places {
            self.one_left.notified().await;
        }
    }
}

impl Watched {
    /// It has come on: its patience begins anew.
    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.set(phase);
        if let Some(server) = self.server.upgrade() {
            self.since.set(server.tick.get());
        }
    }

    /// The same, if it was not there already.
    pub(crate) fn be_in(&self, phase: Phase) {
        if self.phase.get() != phase {
            self.enter(phase);
        }
    }

    /// Something is there that its task has not read yet.
    fn has_something(&self) -> bool {
        matches!(self.stream.try_peek(&mut [0]), Ok(Some(1)))
    }

    fn give_up_if_late(&self, now: u32, date: &str) {
        let phase = self.phase.get();
        // The last tick may have come at once after it began.
        if now - self.since.get() <= phase.patience() {
            return;
        }
        if phase == Phase::Head {
            let mut words = Vec::new();
            response::refuse(&mut words, response::TOO_LATE, date, true);
            // If it does not even take that, never mind.
            let _ = self.stream.try_write(&words);
        }
        self.close();
    }

    /// Its task learns it when it next looks.
    fn close(&self) {
        let _ = self.stream.close();
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let Some(server) = self.server.upgrade() else { return };
        server.forget(self.place.get());
        server.one_left.notify_waiters();
    }
}
