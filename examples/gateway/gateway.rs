//! What the connections share: limits, the way to the end.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use eagain::sync::{CancellationToken, Notify};

use crate::upstreams::Upstreams;

/// How long nothing may move in the middle of a body.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Gateway {
    pub(crate) upstreams: Upstreams,
    /// How long an upstream may take to begin its answer.
    pub(crate) limit: Duration,
    draining: CancellationToken,
    clients: Cell<usize>,
    last_left: Notify,
}

impl Gateway {
    pub(crate) fn new(upstreams: &[String], limit: Duration) -> Gateway {
        Gateway {
            upstreams: Upstreams::new(upstreams),
            limit,
            draining: CancellationToken::new(),
            clients: Cell::new(0),
            last_left: Notify::new(),
        }
    }

    /// From now on every answer is a connection's last. Those that wait for a request end at once.
    pub(crate) fn drain(&self) {
        self.draining.cancel();
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    pub(crate) async fn draining(&self) {
        self.draining.cancelled().await;
    }

    pub(crate) fn clients(&self) -> usize {
        self.clients.get()
    }

    /// Waits until the last client is gone.
    pub(crate) async fn empty(&self) {
        while self.clients() > 0 {
            self.last_left.notified().await;
        }
    }
}

/// A client that is here. It has gone when this is dropped. It counts from when it is accepted, not
/// from when its task first runs: the program may end before.
pub(crate) struct Presence(Rc<Gateway>);

impl Presence {
    pub(crate) fn new(gateway: Rc<Gateway>) -> Presence {
        gateway.clients.set(gateway.clients() + 1);
        Presence(gateway)
    }

    pub(crate) fn gateway(&self) -> &Rc<Gateway> {
        &self.0
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.clients.set(self.0.clients() - 1);
        if self.0.clients() == 0 {
            self.0.last_left.notify_waiters();
        }
    }
}
