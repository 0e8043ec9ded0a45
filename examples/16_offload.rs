//! Step 16: where async fails, and what helps: work that does not wait is done by another thread.
//!
//! A task gives way when it waits for something that the loop can wait for. A hash that takes
//! 200 ms of processor never does; a call that blocks does wait, but the loop knows nothing of it.
//! In either case nobody else runs for so long: here a ticker, which should tick every 10 ms. The
//! loop can say who it was (`Builder::report_blocking`), though only afterwards. `offload` hands
//! such work to a thread of a small pool; the task awaits the result like any other, and the ticker
//! goes on ticking. The hash takes no less of a processor for that, but of another one.
//!
//! ```text
//! cargo run --release --example 16_offload
//! EAGAIN_BLOCKED_MS=300 cargo run --release --example 16_offload
//! ```
//!
//! In strace, the loop's thread waits from tick to tick. Then it is blocked, and afterwards it looks
//! after its descriptors once for each tick that was missed:
//!
//! ```text
//! epoll_pwait2(3, [], 1024, {tv_sec=0, tv_nsec=9754401}, NULL, 8) = 0
//! epoll_pwait2(3, [], 1024, {tv_sec=0, tv_nsec=4763338}, NULL, 8) = 0
//!     ... nothing for 200 ms (of the call that blocks: `clock_nanosleep`), then, 20 times
//! epoll_wait(3, [], 1024, 0) = 0
//! epoll_pwait2(3, [], 1024, {tv_sec=0, tv_nsec=9993552}, NULL, 8) = 0
//! ```
//!
//! Offloaded, the work is another thread's, which `strace -f` shows. When it is done it rings the
//! loop's bell, an eventfd, and that ends a wait before its time:
//!
//! ```text
//! epoll_pwait2(3, [], 1024, {tv_sec=0, tv_nsec=9736000}, NULL, 8) = 0
//! epoll_pwait2(3, [{events=EPOLLIN, data=...}], 1024, {tv_sec=0, tv_nsec=9731000}, NULL, 8) = 1
//! ```

#[path = "pages/command_line.rs"]
mod command_line;

use std::error::Error;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use eagain::time::{interval, now, sleep};
use eagain::{Blocked, EventLoop, JoinError, JoinHandle, offload};

const ABOUT: &str = "\
Ticks beside a hash and beside a call that blocks, each of 200 ms: on the loop, and offloaded.
Prints a character for each tick: . is on time, ! more than 5 ms late.";

const PERIOD: Duration = Duration::from_millis(10);
const LATE: Duration = Duration::from_millis(5);
const TICKS: usize = 30;

/// How long the work takes.
const WORK: Duration = Duration::from_millis(200);
/// The work begins between two ticks, when the ticker has shown that it can.
const LEAD: Duration = Duration::from_millis(45);

fn main() -> ExitCode {
    if !command_line::arguments("", ABOUT).is_empty() {
        command_line::refuse("no argument expected (see --help)");
    }
    command_line::finish(show())
}

fn show() -> Result<(), Box<dyn Error>> {
    let rounds = rounds_in(WORK);
    let builder = EventLoop::builder().name("ticking").report_blocking(WORK / 4);
    let mut event_loop = builder.on_blocked(tell).from_env()?.build()?;
    event_loop.block_on(async {
        // Tasks of their own, so that the loop can tell where they come from.
        let hash = eagain::spawn(async move {
            sleep(LEAD).await;
            Ok(stretch("a password", rounds))
        });
        let digest = tick_beside("a hash, on the loop", hash.named("hash")).await?;

        let call = eagain::spawn(async {
            sleep(LEAD).await;
            thread::sleep(WORK);
            Ok(())
        });
        tick_beside("a call that blocks, on the loop", call.named("blocking call")).await?;

        let hash = eagain::spawn(async move {
            sleep(LEAD).await;
            offload(move || stretch("a password", rounds)).await
        });
        let again = tick_beside("a hash, offloaded", hash.named("hash")).await?;

        let call = eagain::spawn(async {
            sleep(LEAD).await;
            offload(|| thread::sleep(WORK)).await
        });
        tick_beside("a call that blocks, offloaded", call.named("blocking call")).await?;

        writeln!(io::stdout(), "the hash is {digest:016x}, and {again:016x} on another thread")?;
        Ok(())
    })?
}

/// What the loop has to say.
fn tell(blocked: &Blocked) {
    // If nobody reads this, there is nobody to tell.
    writeln!(io::stdout(), "the loop says: {blocked}").unwrap_or(());
}

/// Ticks while that task does its work, and says how that went.
async fn tick_beside<T: 'static>(
    what: &str,
    work: JoinHandle<Result<T, JoinError>>,
) -> Result<T, Box<dyn Error>> {
    let (mut ticks, mut late) = (interval(PERIOD), Vec::with_capacity(TICKS));
    for _ in 0..TICKS {
        // A tick that was missed comes as soon as it can: none is lost.
        let due = ticks.tick().await;
        late.push(now() - due);
    }
    let result = work.await??;

    let strip: String = late.iter().map(|&by| if by > LATE { '!' } else { '.' }).collect();
    let count = late.iter().filter(|&&by| by > LATE).count();
    let worst = late.iter().max().copied().unwrap_or_default().as_secs_f64() * 1000.0;
    writeln!(io::stdout(), "{what:32} {strip}  {count:2} late, at most by {worst:.1} ms")?;
    Ok(result)
}

/// A hash of a hash of a hash, as slow as one likes, as passwords are hashed. (Those need a better
/// function than this one.)
fn stretch(password: &str, rounds: u64) -> u64 {
    (0..rounds).fold(0, |digest, round| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(digest);
        hasher.write_u64(round);
        hasher.write(password.as_bytes());
        hasher.finish()
    })
}

/// How many rounds take so long on this machine.
fn rounds_in(time: Duration) -> u64 {
    let (mut rounds, began) = (0, Instant::now());
    while began.elapsed() < time / 10 {
        std::hint::black_box(stretch("a password", 1000));
        rounds += 1000;
    }
    rounds * 10
}
