//! One loop for each processor, each on a thread of its own.

use std::sync::{Arc, mpsc};
use std::{fmt, io, thread};

use eagain_sys::affinity;

use crate::error::LoopError;
use crate::event_loop::Builder;
use crate::event_loop::EventLoop;
use crate::task::panic::Panic;
use crate::thread::handle::Handle;

/// Starts one loop for each processor with the defaults of [`PerCore`]; each runs the future that
/// `make` makes there.
///
/// System calls: as [`PerCore::start`].
///
/// # Errors
/// As [`PerCore::start`].
///
/// ```
/// let loops = eagain::per_core(|seat| async move { seat.index() })?;
/// let ends = loops.join();
/// assert_eq!(*ends[0].as_ref().unwrap(), 0);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn per_core<M, F>(make: M) -> io::Result<Loops<F::Output>>
where
    M: Fn(Seat) -> F + Send + Sync + 'static,
    F: Future<Output: Send + 'static> + 'static,
{
    PerCore::new().start(make)
}

/// How to start one loop for each processor: on how many threads, and how each loop is to be.
///
/// A server binds one listener for each of them
/// ([`bind_reuseport`](crate::net::TcpListener::bind_reuseport)); the kernel spreads the connections
/// over the listeners. From then on a connection stays with its loop, unless it is moved as an
/// `OwnedFd` by [`Handle::spawn`].
///
/// ```
/// use eagain::PerCore;
/// use eagain::net::TcpListener;
///
/// let first = TcpListener::bind_reuseport("127.0.0.1:0")?;
/// let address = first.local_addr()?;
/// let loops = PerCore::new().threads(2).name("server").start(move |seat| async move {
///     let listener = TcpListener::bind_reuseport(address)?;
///     // ... accept and serve ...
///     Ok::<_, std::io::Error>((seat.index(), listener.local_addr()?.port()))
/// })?;
/// drop(first); // or connections would queue there for nobody
/// for (i, end) in loops.join().into_iter().enumerate() {
///     assert_eq!(end.unwrap()?, (i, address.port()));
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is started before `start`"]
pub struct PerCore {
    threads: Option<usize>,
    pinned: bool,
    name: String,
    builder: Builder,
}

impl Default for PerCore {
    fn default() -> PerCore {
        PerCore::new()
    }
}

impl PerCore {
    /// The defaults.
    pub fn new() -> PerCore {
        PerCore {
            threads: None,
            pinned: false,
            name: "eagain-loop".to_owned(),
            builder: Builder::new(),
        }
    }

    /// How many, at least 1. Default: as many as `std::thread::available_parallelism` says, which
    /// knows of affinity masks and cgroup quotas.
    pub fn threads(mut self, threads: usize) -> PerCore {
        self.threads = Some(threads.max(1));
        self
    }

    /// Keeps each thread on a processor of its own (in turn, if there are more threads), out of
    /// those that the starting thread may use. On Linux; elsewhere, and where the kernel refuses, the
    /// threads run where they like. Threads that they start, those of
    /// [`offload`](crate::offload) too, are kept there as well. Default off.
    pub fn pinned(mut self, on: bool) -> PerCore {
        self.pinned = on;
        self
    }

    /// What the threads are called, followed by `-0`, `-1`, ... Default `eagain-loop`.
    pub fn name(mut self, name: impl Into<String>) -> PerCore {
        self.name = name.into();
        self
    }

    /// How each loop is to be. Default [`Builder::new`].
    pub fn builder(mut self, builder: Builder) -> PerCore {
        self.builder = builder;
        self
    }

    /// Starts the threads and their loops, and when all of them are there, lets each run what
    /// `make` makes of its [`Seat`]. That is called on the loop's thread: the future need not be
    /// `Send`.
    ///
    /// A thread ends when its future does; other tasks of its loop are dropped then.
    ///
    /// System calls: for each, those of `std::thread` and [`EventLoop::new`]; pinned, one
    /// `sched_setaffinity`.
    ///
    /// # Errors
    /// A thread or a loop could not be made (`EAGAIN`, `EMFILE`, ...): then none is left.
    pub fn start<M, F>(self, make: M) -> io::Result<Loops<F::Output>>
    where
        M: Fn(Seat) -> F + Send + Sync + 'static,
        F: Future<Output: Send + 'static> + 'static,
    {
        let count = match self.threads {
            Some(threads) => threads,
            None => thread::available_parallelism()?.get(),
        };
        let processors = if self.pinned { affinity::allowed().unwrap_or_default() } else { vec![] };
        let make = Arc::new(make);
        let mut starting = Vec::new();
        let begun = (0..count).try_for_each(|index| {
            let processor = processors.get(index % processors.len().max(1)).copied();
            starting.push(Starting::begin(&self, index, processor, make.clone())?);
            Ok(())
        });
        let handles = begun.and_then(|()| starting.iter().map(Starting::handle).collect());
        let handles: Arc<[Handle]> = match handles {
            Ok(handles) => handles,
            Err(e) => {
                starting.into_iter().for_each(Starting::give_up);
                return Err(e);
            }
        };
        let threads = starting
            .into_iter()
            .enumerate()
            .map(|(index, starting)| starting.go(Seat { index, handles: handles.clone() }))
            .collect();
        Ok(Loops { handles, threads })
    }
}

/// What a thread does with its loop.
fn run<F: Future>(
    event_loop: &mut EventLoop,
    make: impl FnOnce() -> F,
) -> Result<F::Output, LoopEnd> {
    event_loop.block_on(async { make().await }).map_err(|e| match LoopError::of(&e) {
        Some(LoopError::Stopped) => LoopEnd::Stopped,
        _ => LoopEnd::Failed(e),
    })
}

type Thread<T> = thread::JoinHandle<Result<T, LoopEnd>>;

/// A thread that makes its loop, says so, and waits until the others have.
struct Starting<T> {
    thread: Thread<T>,
    made: mpsc::Receiver<io::Result<Handle>>,
    /// Dropped, the thread ends.
    go: mpsc::Sender<Seat>,
}

impl<T: Send + 'static> Starting<T> {
    fn begin<M, F>(
        how: &PerCore,
        index: usize,
        processor: Option<usize>,
        make: Arc<M>,
    ) -> io::Result<Starting<T>>
    where
        M: Fn(Seat) -> F + Send + Sync + 'static,
        F: Future<Output = T> + 'static,
    {
        let builder = how.builder.clone();
        let (tell, made) = mpsc::channel();
        let (go, seat) = mpsc::channel();
        let named = thread::Builder::new().name(format!("{}-{index}", how.name));
        let thread = named.spawn(move || {
            if let Some(processor) = processor {
                let _ = affinity::pin(processor); // as the kernel likes
            }
            let mut event_loop = match builder.build() {
                Ok(event_loop) => event_loop,
                Err(e) => {
                    tell.send(Err(e)).ok();
                    return Err(LoopEnd::Stopped);
                }
            };
            tell.send(Ok(event_loop.handle())).ok();
            match seat.recv() {
                Ok(seat) => run(&mut event_loop, move || make(seat)),
                Err(_) => Err(LoopEnd::Stopped), // another one could not be made
            }
        })?;
        Ok(Starting { thread, made, go })
    }

    fn handle(&self) -> io::Result<Handle> {
        self.made.recv().unwrap_or_else(|_| Err(io::Error::other("a thread ended too soon")))
    }

    /// Ends the thread, and waits until it has.
    fn give_up(self) {
        drop(self.go);
        drop(self.thread.join());
    }

    fn go(self, seat: Seat) -> Thread<T> {
        self.go.send(seat).ok(); // it waits for that
        self.thread
    }
}

/// Which of the loops this is, and what the others are.
#[derive(Clone, Debug)]
pub struct Seat {
    index: usize,
    handles: Arc<[Handle]>,
}

impl Seat {
    /// Its number, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// All loops in the order of their numbers, with this one.
    pub fn handles(&self) -> &[Handle] {
        &self.handles
    }
}

/// Loops on threads of their own, as started by [`PerCore`].
///
/// Dropping it stops them all, and does not wait until they have: [`shutdown`](Loops::shutdown)
/// does, [`join`](Loops::join) waits without stopping them.
#[must_use = "dropping it stops the loops"]
pub struct Loops<T> {
    handles: Arc<[Handle]>,
    threads: Vec<Thread<T>>,
}

impl<T> Loops<T> {
    /// The loops in the order of their numbers.
    pub fn handles(&self) -> &[Handle] {
        &self.handles
    }

    /// Blocks until every loop's future has returned, and hands out what. To end in peace, ask
    /// the futures first.
    pub fn join(mut self) -> Vec<Result<T, LoopEnd>> {
        let threads = std::mem::take(&mut self.threads);
        let ends = threads.into_iter().map(|thread| thread.join());
        ends.map(|end| end.unwrap_or_else(|payload| Err(LoopEnd::Panicked(Panic::new(payload)))))
            .collect()
    }

    /// Stops every loop after the turn it is in, and waits until its thread has ended. Tasks are
    /// dropped where they wait.
    ///
    /// ```
    /// let loops = eagain::per_core(|_| std::future::pending::<()>())?;
    /// for end in loops.shutdown() {
    ///     assert!(matches!(end, Err(eagain::LoopEnd::Stopped)));
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn shutdown(self) -> Vec<Result<T, LoopEnd>> {
        self.stop();
        self.join()
    }

    fn stop(&self) {
        self.handles.iter().for_each(Handle::stop);
    }
}

impl<T> Drop for Loops<T> {
    fn drop(&mut self) {
        self.stop();
    }
}

impl<T> fmt::Debug for Loops<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loops").field("handles", &self.handles).finish_non_exhaustive()
    }
}

/// Why the future of a loop has not returned.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum LoopEnd {
    /// The loop was stopped before.
    #[error("the loop was stopped before its future returned")]
    Stopped,
    /// The future panicked: [`Panic::resume`] goes on with that.
    #[error("the loop's future panicked: {0}")]
    Panicked(Panic),
    /// The kernel would not let the loop wait.
    #[error("the loop could not go on: {0}")]
    Failed(#[from] io::Error),
}

impl fmt::Debug for LoopEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoopEnd({self})")
    }
}
