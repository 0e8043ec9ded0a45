//! Which signal.

use std::fmt;

use eagain_sys::signal::number;

/// Which signal is listened to.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SignalKind(i32);

macro_rules! kinds {
    ($($name:ident $constant:ident $what:literal)*) => {
        impl SignalKind {
            $(
                #[doc = concat!("`", stringify!($constant), "`: ", $what)]
                pub const fn $name() -> SignalKind {
                    SignalKind(number::$constant)
                }
            )*

            fn name(self) -> Option<&'static str> {
                match self.0 {
                    $(number::$constant => Some(stringify!($constant)),)*
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    alarm SIGALRM "a timer of the process has run out. Nobody listens: ends the process."
    child SIGCHLD "a child has ended or stopped. Nobody listens: nothing."
    hangup SIGHUP "the terminal is gone; to daemons: read the configuration again. Nobody \
        listens: ends the process."
    interrupt SIGINT "Ctrl-C. Nobody listens: ends the process."
    io SIGIO "a descriptor that was told to signal is ready. Nobody listens: ends the process \
        (on Linux)."
    pipe SIGPIPE "something was written to a pipe that nobody reads. Rust programs ignore it."
    quit SIGQUIT "Ctrl-\\\\. Nobody listens: ends the process with a core."
    terminate SIGTERM "the polite request to end. Nobody listens: ends the process."
    user_defined1 SIGUSR1 "for the program's own use; see also \
        [`Builder::answer_sigusr1`](crate::Builder::answer_sigusr1), which lives with it. Nobody \
        listens: ends the process."
    user_defined2 SIGUSR2 "for the program's own use. Nobody listens: ends the process."
    window_change SIGWINCH "the terminal's size has changed. Nobody listens: nothing."
}

impl SignalKind {
    /// Any other one by its number, as signal(7) lists them: a real-time signal, for instance.
    pub const fn from_raw(number: i32) -> SignalKind {
        SignalKind(number)
    }

    /// Its number.
    pub const fn as_raw_value(self) -> i32 {
        self.0
    }
}

impl From<i32> for SignalKind {
    fn from(number: i32) -> SignalKind {
        SignalKind::from_raw(number)
    }
}

impl From<SignalKind> for i32 {
    fn from(kind: SignalKind) -> i32 {
        kind.as_raw_value()
    }
}

impl fmt::Display for SignalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "signal {}", self.0),
        }
    }
}

impl fmt::Debug for SignalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignalKind({self})")
    }
}
