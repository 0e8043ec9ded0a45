//! Step 19: files cannot be waited for, so they go to the pool; pipes and terminals are waited for.
//!
//! To the kernel a regular file is *always ready*: there is no buffer that something would have to
//! arrive in first, only a disk, and a read that needs it stops its thread. So `epoll` refuses to
//! watch a file (`EPERM`), and the loop counts it as ready. Reading one for its own sake is another
//! thread's work (`eagain::fs`, by `offload`), one hand-off each.
//!
//! A pipe does have a buffer, and a terminal has one too (of lines): both answer `EAGAIN` while that
//! is empty, and are waited for like a socket. A terminal gives one line at a time, however many
//! were typed, so a short read is no sign that it is empty; the loop relies on that only for TCP.
//!
//! ```text
//! cargo run --release --example 19_files [FILE]
//! ```
//!
//! In strace, the file is refused; it is read by another thread (`strace -f`), which then rings the
//! loop's bell. The pipe is registered when it is first empty, and ends when its writer does:
//!
//! ```text
//! epoll_ctl(3, EPOLL_CTL_ADD, 5, {events=EPOLLIN|EPOLLPRI|EPOLLRDHUP|EPOLLET, data=...}) = -1 EPERM (Operation not permitted)
//! pipe2([6, 7], O_NONBLOCK|O_CLOEXEC)     = 0
//! read(6, 0x7ffd5c5b5a60, 4096)           = -1 EAGAIN (Resource temporarily unavailable)
//! epoll_ctl(3, EPOLL_CTL_ADD, 6, {events=EPOLLIN|EPOLLPRI|EPOLLRDHUP|EPOLLET, data=...}) = 0
//! epoll_wait(3, [{events=EPOLLIN, data=...}], 1024, -1) = 1
//! read(6, "one ", 4096)                   = 4
//! read(6, 0x7ffd5c5b5a60, 4096)           = -1 EAGAIN (Resource temporarily unavailable)
//! epoll_wait(3, [{events=EPOLLHUP, data=...}], 1024, -1) = 1
//! read(6, "", 4096)                       = 0
//! ```

#[path = "pages/command_line.rs"]
mod command_line;

use std::error::Error;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;
use std::{env, fs, process, thread};

use eagain::{EventLoop, Interest, Source};
use eagain_sys::{pipe, terminal};

const ABOUT: &str = "\
Reads FILE (one of its own, if none is named) by the pool, then a pipe and a terminal, which it
waits for; a child process writes to one and types on the other.";

/// What makes this program the child.
const SPEAK: &str = "--speak";

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().collect();
    if let [_, first, words @ ..] = &*arguments {
        if first == SPEAK {
            return command_line::finish(speak(words.iter().map(|word| word.to_string_lossy())));
        }
    }
    let file = match &*command_line::arguments("[FILE]", ABOUT) {
        [] => None,
        [file] => Some(PathBuf::from(file)),
        _ => command_line::refuse("one file at most (see --help)"),
    };
    command_line::finish(show(file))
}

/// In the child: the words, as slowly as somebody types.
fn speak(words: impl Iterator<Item = impl AsRef<str>>) -> Result<(), Box<dyn Error>> {
    for word in words {
        thread::sleep(Duration::from_millis(30));
        let mut out = io::stdout();
        out.write_all(word.as_ref().as_bytes())?;
        out.flush()?;
    }
    Ok(())
}

fn show(file: Option<PathBuf>) -> Result<(), Box<dyn Error>> {
    let mut event_loop = EventLoop::builder().from_env()?.build()?;
    let Some(path) = file else {
        let own = env::temp_dir().join(format!("19_files.{}", process::id()));
        fs::write(&own, "a line\n".repeat(1000))?;
        let shown = event_loop.block_on(show_all(&own));
        fs::remove_file(&own)?;
        return shown?;
    };
    event_loop.block_on(show_all(&path))?
}

async fn show_all(path: &Path) -> Result<(), Box<dyn Error>> {
    by_the_pool(path).await?;
    from_a_pipe().await?;
    from_a_terminal().await
}

/// A file: the kernel does not wait for it, so a thread does.
async fn by_the_pool(path: &Path) -> Result<(), Box<dyn Error>> {
    let failed = |e: io::Error| format!("{}: {e}", path.display());
    let file = Source::new(fs::File::open(path).map_err(failed)?)?;
    // As if it had said EAGAIN, which a file never does: now the kernel is asked to watch it.
    let mut tried = false;
    let call = file.io(Interest::READ, |fd| {
        if !std::mem::replace(&mut tried, true) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(pipe::read(fd, &mut [0; 16])?)
    });
    call.await.map_err(failed)?;
    writeln!(io::stdout(), "file:     the kernel does not watch it: it counts as ready")?;

    let bytes = eagain::fs::read(path).await?;
    let lines = bytes.iter().filter(|&&byte| byte == b'\n').count();
    writeln!(io::stdout(), "file:     {} bytes, {lines} lines, by another thread", bytes.len())?;
    Ok(())
}

/// A pipe: what its writer says, as it says it.
async fn from_a_pipe() -> Result<(), Box<dyn Error>> {
    let (sender, receiver) = eagain::pipe::pipe()?;
    let mut child = speaker(sender.into_blocking_fd()?, &["one ", "two ", "three"])?;
    let mut buf = [0; 4096];
    loop {
        match receiver.read(&mut buf).await? {
            0 => break,
            n => tell("pipe", &buf[..n])?,
        }
    }
    child.wait()?; // it has closed its end, and is gone
    Ok(())
}

/// A terminal: each line that its user has ended.
async fn from_a_terminal() -> Result<(), Box<dyn Error>> {
    let (user, program) = terminal::openpty()?;
    let mut child =
        speaker(user.try_clone()?, &["the fi", "rst line\n", "the second\nthe third\n"])?;
    let program = Source::new(program)?;
    let mut buf = [0; 4096];
    for _ in 0..3 {
        let n = program.read(&mut buf).await?;
        tell("terminal", &buf[..n])?;
    }
    child.wait()?;
    drop(user); // before that, what it typed would be lost with it
    Ok(())
}

fn tell(from: &str, bytes: &[u8]) -> io::Result<()> {
    writeln!(io::stdout(), "{:9} {:?}", format!("{from}:"), String::from_utf8_lossy(bytes))
}

/// A child that says these words there. Our copy of the descriptor is closed.
fn speaker(to: OwnedFd, words: &[&str]) -> io::Result<Child> {
    Command::new(env::current_exe()?).arg(SPEAK).args(words).stdin(Stdio::null()).stdout(to).spawn()
}
