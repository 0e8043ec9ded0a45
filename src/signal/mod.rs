//! Signals: what the kernel, the terminal and other processes have to say to this one.
//!
//! ```no_run
//! use eagain::signal::{SignalKind, signal};
//!
//! # eagain::run(async {
//! let mut terminate = signal(SignalKind::terminate())?;
//! let mut hangup = signal(SignalKind::hangup())?;
//! loop {
//!     eagain::select! {
//!         told = hangup.recv() => { told?; println!("read the configuration again"); }
//!         told = terminate.recv() => { told?; break; }
//!     }
//! }
//! # std::io::Result::Ok(())
//! # })??;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Any number of tasks may listen to the same signal, on any loops of the process: each has a
//! [`Signal`] of its own, and each hears it. Signals of a kind that come before they are heard
//! are heard as one, as the kernel itself has it. None is lost.
//!
//! # What it does to the process
//!
//! A signal's *disposition* belongs to the whole process. While anybody listens to a signal, a
//! handler of ours is there, and the signal does not do what it did before: the first `SIGTERM`
//! does not end a program that listens to it. When the last one that listens is dropped, what was
//! before is put back. So who wants to hear *every* signal of a kind keeps one [`Signal`] for as
//! long, instead of one in each turn of a `select!`; and a program that, asked to end, drops its
//! `Signal` and begins to say goodbye, can be ended at once by a second Ctrl-C.
//!
//! * A handler that was there before is called after ours. Who installs another one later takes
//!   the signal away from us, unless that one calls the one before, and is left in place: who
//!   begins to listen while it is there hears nothing, either.
//! * `SIGCHLD` is only listened to; nobody's children are waited for.
//! * The signal mask is left alone, and no program that is executed inherits anything.
//! * A process that was forked does not ring its parent's bells. If it goes on by itself, it
//!   listens anew; a [`Signal`] of its parent hears nothing there, and dropping it takes nothing
//!   from those of its own.
//! * Each that listens has a pipe, and a third descriptor for it; the pipe is kept for the next
//!   one, since a handler may run at any time.

mod kind;

use std::panic::Location;
use std::{fmt, io};

use eagain_sys::poller::Interest;
use eagain_sys::signal::Listener;

pub use self::kind::SignalKind;
use crate::event_loop::io::Kind;
use crate::source::Source;
use crate::until::Until;

/// Begins to listen to a signal.
///
/// System calls: `pipe2` (unless one is left from another listener), `fcntl` F_DUPFD_CLOEXEC, and
/// two `rt_sigaction` if nobody listened to this signal.
///
/// # Errors
/// `EINVAL`: not a signal, or one that nobody can listen to (`SIGKILL`, `SIGSTOP`, `SIGSEGV`,
/// `SIGBUS`, `SIGFPE`, `SIGILL`). `EMFILE`, `ENFILE`: out of descriptors.
///
/// ```
/// use eagain::signal::{SignalKind, signal};
///
/// # eagain::run(async {
/// let mut window = signal(SignalKind::window_change())?;
/// # let me = std::process::id().to_string();
/// # std::process::Command::new("kill").args(["-WINCH", &me]).status()?;
/// window.recv().await?;
/// println!("drawn anew");
/// # std::io::Result::Ok(())
/// # })??;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn signal(kind: SignalKind) -> io::Result<Signal> {
    let (listener, ear) = Listener::new(kind.as_raw_value())?;
    let source = Source::of_kind(ear, Kind::Stream);
    source.io.lent.set(true); // the pipe outlives it
    Ok(Signal { kind, listener, source })
}

/// Waits for one Ctrl-C (`SIGINT`).
///
/// It is listened to from this call on until the future is dropped: see [the module](self) for
/// what another Ctrl-C does then. To hear more than one, keep a
/// [`Signal`] of [`SignalKind::interrupt`].
///
/// Cancel-safe, but for what comes while it is not there. System calls and errors: as [`signal`]
/// and [`Signal::recv`].
///
/// ```no_run
/// # eagain::run(async {
/// # async fn serve() -> std::io::Result<()> { std::future::pending().await }
/// eagain::select! {
///     ended = serve() => ended,
///     asked = eagain::signal::ctrl_c() => asked,
/// }
/// # })??;
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn ctrl_c() -> impl Future<Output = io::Result<()>> {
    let at = Location::caller();
    let interrupt = signal(SignalKind::interrupt());
    async move {
        let Signal { listener, source, .. } = interrupt?;
        Until::at(&source, Interest::READ, || heard(&listener, &source), at).await
    }
}

/// One that listens to a signal, until it is dropped. Made by [`signal`].
#[must_use = "dropping it ends the listening"]
pub struct Signal {
    kind: SignalKind,
    listener: Listener,
    source: Source,
}

impl Signal {
    /// Waits until the signal comes, or has come since this was last told.
    ///
    /// Cancel-safe. System calls: `read`, again after each wait, and one `epoll_ctl` the first time
    /// that it waits; none if the signal has come.
    ///
    /// # Errors
    /// [`LoopError`](crate::LoopError): no loop runs, or it has waited on another one before.
    #[track_caller]
    pub fn recv(&mut self) -> impl Future<Output = io::Result<()>> {
        let Signal { listener, source, .. } = &*self;
        source.until(Interest::READ, || heard(listener, source))
    }

    /// Whether the signal has come since this was last told; `None` if not. For a task written by
    /// hand, which then yields [`Context::readable`](crate::Context::readable) of it.
    ///
    /// System calls: `read`, or none.
    pub fn try_recv(&mut self) -> io::Result<Option<()>> {
        heard(&self.listener, &self.source)
    }

    /// Asks until there is an answer, and again whenever the signal has come.
    pub(crate) fn until<T>(
        &mut self,
        mut ask: impl FnMut() -> io::Result<Option<T>>,
        at: &'static Location<'static>,
    ) -> impl Future<Output = io::Result<T>> {
        let Signal { listener, source, .. } = &*self;
        let attempt = move || loop {
            let answer = ask()?;
            if answer.is_some() || heard(listener, source)?.is_none() {
                return Ok(answer);
            }
        };
        Until::at(source, Interest::READ, attempt, at)
    }

    /// Which signal it is.
    pub fn kind(&self) -> SignalKind {
        self.kind
    }
}

fn heard(listener: &Listener, source: &Source) -> io::Result<Option<()>> {
    loop {
        if listener.take() {
            return Ok(Some(()));
        }
        // What rang may have been heard before. What rings after this is an edge.
        if source.try_sys(Interest::READ, |_| listener.answer())?.is_none() {
            return Ok(None);
        }
    }
}

impl AsRef<Source> for Signal {
    fn as_ref(&self) -> &Source {
        &self.source
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signal({})", self.kind)
    }
}
