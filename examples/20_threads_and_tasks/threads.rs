//! A thread for each request: what it does reads like a list, and blocks.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Builder, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use eagain_sys::affinity;

use crate::peer::Peer;
use crate::process::Snapshot;
use crate::run::Run;

/// `n` threads that have nothing to do but to be there.
pub(crate) fn idle(n: usize) -> io::Result<Run> {
    let (before, gate) = (Snapshot::take()?, Gate::default());
    thread::scope(|scope| {
        let (threads, refused) = spawn(scope, n, || gate.pass());
        gate.until_there(threads.len());
        let there = before.growth();
        gate.open();
        let made = threads.len();
        join(threads)?;
        Ok(Run { made, refused, there: there?, whole: before.growth()? })
    })
}

/// `n` fetches at once. The peer answers nobody before it is told.
pub(crate) fn fetch(n: usize, addr: SocketAddr, peer: &mut Peer) -> io::Result<Run> {
    let (before, gate) = (Snapshot::take()?, Gate::default());
    let fetch = || {
        let asked = TcpStream::connect(addr).and_then(|mut stream| {
            stream.write_all(crate::REQUEST)?;
            Ok(stream)
        });
        gate.arrive();
        let mut page = Vec::new();
        asked?.read_to_end(&mut page)?;
        crate::check(&page)
    };
    thread::scope(|scope| {
        let (threads, refused) = spawn(scope, n, fetch);
        gate.until_there(threads.len());
        let there = before.growth();
        peer.go()?;
        let made = threads.len();
        join(threads)?.into_iter().collect::<io::Result<()>>()?;
        Ok(Run { made, refused, there: there?, whole: before.growth()? })
    })
}

/// A server for `n` connections, which ends with them.
pub(crate) fn echo(n: usize, listener: TcpListener) -> io::Result<Run> {
    let before = Snapshot::take()?;
    // The main thread only waits for the one that accepts.
    let refused = thread::scope(|scope| {
        let accepting = Builder::new().spawn_scoped(scope, || accept(n, &listener))?;
        join_one(accepting.join())?
    })?;
    drop(listener);
    let whole = before.growth()?;
    Ok(Run { made: n, refused, there: whole, whole })
}

/// Answers why it had to stop, if it had to.
fn accept(n: usize, listener: &TcpListener) -> io::Result<Option<String>> {
    thread::scope(|scope| {
        let mut threads = Vec::with_capacity(n);
        for _ in 0..n {
            let (stream, _) = listener.accept()?;
            match Builder::new().spawn_scoped(scope, move || serve(&stream)) {
                Ok(thread) => threads.push(thread),
                // The stream is gone, and the client that is told so ends all of them.
                Err(e) => return Ok(Some(refusal(threads.len(), &e))),
            }
        }
        join(threads)?.into_iter().collect::<io::Result<()>>()?;
        Ok(None)
    })
}

fn serve(mut stream: &TcpStream) -> io::Result<()> {
    let mut buffer = [0; crate::BUFFER];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            n => stream.write_all(&buffer[..n])?,
        }
    }
}

/// How long it takes to hand over from one thread to another: one wakes the other and sleeps.
pub(crate) fn switch(times: u32) -> io::Result<Duration> {
    thread::scope(|scope| {
        let both = Builder::new().spawn_scoped(scope, || {
            // On one processor, so that it is a switch, and not two that call each other.
            if let Some(&cpu) = affinity::allowed()?.first() {
                affinity::pin(cpu)?;
            }
            take_turns(times)
        })?;
        join_one(both.join())?
    })
}

fn take_turns(times: u32) -> io::Result<Duration> {
    let (here, there) = (Turn::default(), Turn::default());
    thread::scope(|scope| {
        let other = Builder::new().spawn_scoped(scope, || {
            for _ in 0..times {
                there.wait();
                here.give();
            }
        })?;
        let began = Instant::now();
        for _ in 0..times {
            there.give();
            here.wait();
        }
        let took = began.elapsed();
        join_one(other.join())?;
        Ok(took / (2 * times))
    })
}

/// Spawns `n` threads, or as many as the system lets it, and answers why there are no more.
fn spawn<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    n: usize,
    body: impl Fn() -> T + Send + Copy + 'scope,
) -> (Vec<ScopedJoinHandle<'scope, T>>, Option<String>) {
    let (mut threads, most) = (Vec::with_capacity(n), most());
    for _ in 0..n {
        if threads.len() == most {
            let why = format!("thread {} would need more mappings than vm.max_map_count", most + 1);
            return (threads, Some(why));
        }
        match Builder::new().spawn_scoped(scope, body) {
            Ok(thread) => threads.push(thread),
            Err(e) => {
                let why = refusal(threads.len(), &e);
                return (threads, Some(why));
            }
        }
    }
    (threads, None)
}

/// How many threads have room in the list of what is mapped where: each needs a stack, another one
/// for signals, and a guard page beside each. Where the list is full, a thread fails once it runs,
/// which the standard library cannot report.
fn most() -> usize {
    let mappings = fs::read_to_string("/proc/sys/vm/max_map_count").unwrap_or_default();
    mappings.trim().parse::<usize>().map_or(usize::MAX, |n| n.saturating_sub(1000) / 4)
}

fn refusal(made: usize, e: &io::Error) -> String {
    format!("the system refused thread {}: {e}", made + 1)
}

fn join<T>(threads: Vec<ScopedJoinHandle<'_, T>>) -> io::Result<Vec<T>> {
    threads.into_iter().map(|thread| join_one(thread.join())).collect()
}

fn join_one<T>(end: thread::Result<T>) -> io::Result<T> {
    end.map_err(|_| io::Error::other("a thread panicked"))
}

/// Where threads are counted, and wait until it is opened.
#[derive(Default)]
struct Gate {
    state: Mutex<(usize, bool)>,
    arrived: Condvar,
    opened: Condvar,
}

impl Gate {
    fn arrive(&self) {
        lock(&self.state).0 += 1;
        self.arrived.notify_one();
    }

    fn pass(&self) {
        self.arrive();
        drop(self.opened.wait_while(lock(&self.state), |(_, open)| !*open));
    }

    fn until_there(&self, n: usize) {
        drop(self.arrived.wait_while(lock(&self.state), |(there, _)| *there < n));
    }

    fn open(&self) {
        lock(&self.state).1 = true;
        self.opened.notify_all();
    }
}

/// Whose turn it is.
#[derive(Default)]
struct Turn {
    given: Mutex<bool>,
    changed: Condvar,
}

impl Turn {
    fn give(&self) {
        *lock(&self.given) = true;
        self.changed.notify_one();
    }

    fn wait(&self) {
        let given = self.changed.wait_while(lock(&self.given), |given| !*given);
        *given.unwrap_or_else(PoisonError::into_inner) = false;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
