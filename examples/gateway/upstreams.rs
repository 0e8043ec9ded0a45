//! Who is asked: pools of connections, who is busy, who is down.

use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

use eagain::net::TcpStream;
use eagain::sync::pool::AcquireError;
use eagain::sync::{Pool, pool::Pooled};
use eagain::time::{now, timeout};

use crate::peer::Peer;
use crate::refusal::{self, Refusal};

/// To each upstream, at most.
pub(crate) const CONNECTIONS: usize = 64;
/// So many requests may wait for one of them, and no longer than this.
const QUEUE: usize = 1024;
const QUEUED: Duration = Duration::from_secs(5);

const CONNECT: Duration = Duration::from_secs(3);
/// An idle connection is closed by us before most servers do (nginx: 75 s).
const IDLE: Duration = Duration::from_secs(55);
/// One that could not be reached is asked last for so long.
const DOWN: Duration = Duration::from_secs(1);

/// A connection to an upstream.
pub(crate) struct Connection {
    pub(crate) peer: Peer,
    /// It has answered before: that it breaks off now may mean no more than that it was idle.
    pub(crate) is_used: bool,
    /// Nothing is on its way on it.
    pub(crate) is_clean: bool,
    epoch: u64,
}

impl Connection {
    /// The health check: an idle connection has nothing to say, and is not at its end.
    fn is_good(&mut self, epoch: u64) -> bool {
        let is_silent = matches!(self.peer.stream.try_peek(&mut [0]), Ok(None));
        is_silent && self.is_clean && self.epoch == epoch && self.peer.buffer.is_empty()
    }
}

pub(crate) struct Upstream {
    pub(crate) name: String,
    pool: Pool<Connection, io::Error>,
    down_since: Cell<Option<Instant>>,
    /// Idle connections of an older one are not used any more.
    epoch: Rc<Cell<u64>>,
}

impl Upstream {
    fn new(name: &str) -> Upstream {
        let epoch = Rc::new(Cell::new(0));
        let (to, of_new, of_check) = (name.to_owned(), epoch.clone(), epoch.clone());
        let connect = async move || {
            let builder = TcpStream::builder().timeout(CONNECT).nodelay(true);
            let peer = Peer::new(builder.connect(to.as_str()).await?);
            Ok(Connection { peer, is_used: false, is_clean: true, epoch: of_new.get() })
        };
        let pool = Pool::builder(connect)
            .max_size(CONNECTIONS)
            .idle_timeout(IDLE)
            .check(move |connection: &mut Connection| connection.is_good(of_check.get()))
            .build();
        Upstream { name: name.to_owned(), pool, down_since: Cell::new(None), epoch }
    }

    /// A connection, perhaps after a wait.
    pub(crate) async fn connection(&self) -> Result<Pooled<Connection>, Refusal> {
        if self.pool.status().waiting >= QUEUE {
            return Err(refusal::BUSY);
        }
        match timeout(QUEUED, self.pool.acquire()).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(AcquireError::Connect(e))) if e.kind() == io::ErrorKind::TimedOut => {
                self.is_down("no connection in time");
                Err(refusal::NOT_CONNECTED)
            }
            Ok(Err(e)) => {
                self.is_down(&e.to_string());
                Err(refusal::UNREACHABLE)
            }
            Err(_) => Err(refusal::BUSY),
        }
    }

    /// An idle connection has turned out to be dead: those that are as old may be, too.
    pub(crate) fn distrust_idle(&self) {
        self.epoch.set(self.epoch.get() + 1);
    }

    pub(crate) fn is_down(&self, why: &str) {
        if self.down_since.replace(Some(now())).is_none() {
            say(&format!("{} is down: {why}", self.name));
        }
    }

    pub(crate) fn is_up(&self) {
        if self.down_since.take().is_some() {
            say(&format!("{} is up", self.name));
        }
    }

    fn is_thought_down(&self) -> bool {
        self.down_since.get().is_some_and(|since| now() - since < DOWN)
    }

    /// How many requests are at it, or wait for that.
    fn load(&self) -> usize {
        let status = self.pool.status();
        status.in_use + status.waiting
    }
}

/// If nobody reads this, there is nobody to tell.
fn say(what: &str) {
    writeln!(io::stdout(), "{what}").unwrap_or(());
}

pub(crate) struct Upstreams {
    all: Vec<Upstream>,
    turn: Cell<usize>,
}

impl Upstreams {
    pub(crate) fn new(names: &[String]) -> Upstreams {
        Upstreams {
            all: names.iter().map(|name| Upstream::new(name)).collect(),
            turn: Cell::new(0),
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn get(&self, i: usize) -> &Upstream {
        &self.all[i]
    }

    /// Whom to ask next, if not those: who is up, then who is least busy, then whose turn it is.
    pub(crate) fn choose(&self, tried: &[bool]) -> Option<usize> {
        let first = self.turn.get();
        let in_turn = (0..self.count()).map(|i| (first + i) % self.count());
        let chosen = in_turn
            .filter(|&i| !tried[i])
            .min_by_key(|&i| (self.all[i].is_thought_down(), self.all[i].load()))?;
        self.turn.set((chosen + 1) % self.count());
        Some(chosen)
    }
}
