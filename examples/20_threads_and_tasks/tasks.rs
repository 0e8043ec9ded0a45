//! A task for each request: what it does reads like the same list, and waits.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use eagain::net::{TcpListener, TcpStream};
use eagain::time::sleep;
use eagain::{EventLoop, JoinHandle, yield_now};

use crate::peer::Peer;
use crate::process::Snapshot;
use crate::run::Run;

/// `n` tasks that have nothing to do but to be there. They still are when this returns: what is
/// freed is used again, and the next scene would seem to need nothing.
pub(crate) fn idle(n: usize) -> io::Result<(Run, EventLoop)> {
    let mut event_loop = event_loop()?;
    let before = Snapshot::take()?;
    for _ in 0..n {
        event_loop.spawn(sleep(Duration::from_secs(3600))).detach();
    }
    // In the first turn all of them say what they wait for.
    event_loop.turn(Some(Duration::ZERO))?;
    let there = before.growth()?;
    Ok((Run { made: n, refused: None, there, whole: there }, event_loop))
}

/// `n` fetches at once. The peer answers nobody before it is told.
pub(crate) fn fetch(n: usize, addr: SocketAddr, peer: &mut Peer) -> io::Result<Run> {
    let mut event_loop = event_loop()?;
    let (before, gate) = (Snapshot::take()?, Rc::new(Gate::default()));
    let fetches: Vec<_> = (0..n).map(|_| event_loop.spawn(fetch_one(addr, gate.clone()))).collect();
    event_loop.block_on(gate.until_there(n))?;
    let there = before.growth()?;
    peer.go()?;
    event_loop.run()?;
    fetches.iter().try_for_each(end)?;
    Ok(Run { made: n, refused: None, there, whole: before.growth()? })
}

async fn fetch_one(addr: SocketAddr, gate: Rc<Gate>) -> io::Result<()> {
    let asked = ask(addr).await;
    gate.arrive();
    let stream = asked?;
    // What lives across an `await` is held by each of them: so no buffer, while nothing comes.
    stream.readable().await?;
    let mut page = Vec::new();
    stream.read_to_end(&mut page).await?;
    crate::check(&page)
}

/// Where tasks are counted. One thread has all of them: no lock.
#[derive(Default)]
struct Gate {
    there: Cell<usize>,
    waker: Cell<Option<Waker>>,
}

impl Gate {
    fn arrive(&self) {
        self.there.set(self.there.get() + 1);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    async fn until_there(&self, n: usize) {
        poll_fn(|cx| {
            if self.there.get() >= n {
                return Poll::Ready(());
            }
            self.waker.set(Some(cx.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}

async fn ask(addr: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(addr).await?;
    stream.write_all(crate::REQUEST).await?;
    Ok(stream)
}

/// Where all connections read to, between two awaits.
type Buffer = Rc<RefCell<[u8; crate::BUFFER]>>;

/// A server for `n` connections, which ends with them.
pub(crate) fn echo(n: usize, listener: std::net::TcpListener) -> io::Result<Run> {
    let mut event_loop = event_loop()?;
    let before = Snapshot::take()?;
    let accepting = event_loop.spawn(accept(n, TcpListener::try_from(listener)?));
    event_loop.run()?;
    end(&accepting)?;
    let whole = before.growth()?;
    Ok(Run { made: n, refused: None, there: whole, whole })
}

async fn accept(n: usize, listener: TcpListener) -> io::Result<()> {
    let buffer = Rc::new(RefCell::new([0; crate::BUFFER]));
    let mut serving = Vec::with_capacity(n);
    for _ in 0..n {
        let (stream, _) = listener.accept().await?;
        serving.push(eagain::spawn(serve(stream, buffer.clone())));
    }
    for connection in serving {
        connection.await.map_err(|e| io::Error::other(e.to_string()))??;
    }
    Ok(())
}

async fn serve(stream: TcpStream, buffer: Buffer) -> io::Result<()> {
    loop {
        stream.readable().await?;
        let unsent = match pass_on(&stream, &mut buffer.borrow_mut()[..])? {
            Some(unsent) => unsent,
            None => return Ok(()),
        };
        if !unsent.is_empty() {
            Box::pin(stream.write_all(&unsent)).await?;
        }
    }
}

/// Sends back what is there; answers what the peer did not take, or `None` at the end.
fn pass_on(stream: &TcpStream, buffer: &mut [u8]) -> io::Result<Option<Vec<u8>>> {
    let n = match stream.try_read(buffer)? {
        Some(0) => return Ok(None),
        Some(n) => n,
        None => return Ok(Some(Vec::new())),
    };
    let sent = stream.try_write(&buffer[..n])?.unwrap_or(0);
    Ok(Some(buffer[sent..n].to_vec()))
}

/// How long it takes from one task to another: each gives way, so that they take turns.
pub(crate) fn switch(times: u32) -> io::Result<Duration> {
    let mut event_loop = event_loop()?;
    for _ in 0..2 {
        let task = event_loop.spawn(async move {
            for _ in 0..times {
                yield_now().await;
            }
        });
        task.detach();
    }
    let began = Instant::now();
    event_loop.run()?;
    Ok(began.elapsed() / (2 * times))
}

fn event_loop() -> io::Result<EventLoop> {
    EventLoop::builder().from_env()?.build()
}

fn end(task: &JoinHandle<io::Result<()>>) -> io::Result<()> {
    task.take().map_or(Ok(()), |end| end.map_err(|e| io::Error::other(e.to_string()))?)
}
