//! Step 18: a pool of connections; to acquire one may take waiting one's turn.
//!
//! A connection is expensive to make and cheap to use again, and the other side does not like too
//! many of them. A pool makes them when they are needed, three at most here; a task that wants one
//! more waits its turn, in the order of asking. What was acquired goes back when it is dropped,
//! however the task ends.
//!
//! What is idle may have died meanwhile, so each one is tried before it is handed out again: the
//! *health check* may wait, too. The server lets the second connection down after its first answer;
//! the task that would have got it gets a new one, and does not notice. And what has become older
//! than the *max lifetime* is not used any more: after a pause, the last task finds none.
//!
//! ```text
//! cargo run --release --example 18_pool
//! cargo run --release --example 18_pool 200
//! ```
//!
//! The second connection in strace, from its first query to its end: when it is to be handed out
//! again, the ping gets no answer, and another connection takes its place:
//!
//! ```text
//! sendto(7, "query\n", 6, MSG_NOSIGNAL, NULL, 0) = 6
//! recvfrom(7, "done\n", 64, 0, NULL, NULL) = 5
//! sendto(7, "ping\n", 5, MSG_NOSIGNAL, NULL, 0) = 5
//! recvfrom(7, "", 64, 0, NULL, NULL) = 0
//! close(7) = 0
//! socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_IP) = 7
//! ```

#[path = "pages/command_line.rs"]
mod command_line;
#[path = "18_pool/server.rs"]
mod server;

use std::cell::Cell;
use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use eagain::EventLoop;
use eagain::net::TcpStream;
use eagain::sync::{self, pool};
use eagain::time::{sleep, timeout};

const ABOUT: &str = "\
Ten tasks query a server over three connections at most. A child process is the server; it takes
MILLISECONDS for an answer, 40 if nothing is said.";

const CONNECTIONS: usize = 3;
/// As many as want one at once; another one comes late.
const TASKS: usize = 9;

type Pool = sync::Pool<Connection, io::Error>;

/// A connection with a number, and something to say at its end.
struct Connection {
    stream: TcpStream,
    number: u32,
    log: Log,
}

impl Connection {
    /// Sends a line, and waits for one.
    ///
    /// Not cancel-safe: the answer would still be to come.
    async fn ask(&self, question: &str) -> io::Result<String> {
        self.stream.write_all(format!("{question}\n").as_bytes()).await?;
        let (mut answer, mut buffer) = (Vec::new(), [0; 64]);
        while answer.last() != Some(&b'\n') {
            match self.stream.read(&mut buffer).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                n => answer.extend_from_slice(&buffer[..n]),
            }
        }
        Ok(String::from_utf8_lossy(&answer).trim_end().to_owned())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.log.add(&format!("connection {} is closed", self.number));
    }
}

fn main() -> ExitCode {
    server::run_if_asked();
    let delay = arguments();
    command_line::finish(show(delay))
}

fn show(delay: Duration) -> Result<(), Box<dyn Error>> {
    let server = server::start(delay).map_err(|e| format!("cannot start the server: {e}"))?;
    let mut event_loop = EventLoop::builder().from_env()?.build()?;
    let log = Log { began: Instant::now(), made: Rc::default() };
    let pool = new_pool(server.addr, delay * 10, &log);
    event_loop.block_on(async {
        let mut tasks = Vec::with_capacity(TASKS);
        for n in 1..=TASKS {
            tasks.push(eagain::spawn(task(n, pool.clone(), log.clone())));
        }
        for task in tasks {
            task.await??;
        }
        log.status(&pool);
        sleep(delay * 10).await;
        log.add("a long time later");
        task(TASKS + 1, pool.clone(), log.clone()).await?;
        log.status(&pool);
        pool.close();
        Ok::<(), Box<dyn Error>>(())
    })??;
    let made = log.made.get();
    writeln!(io::stdout(), "{} queries, {made} connections were made", TASKS + 1)?;
    Ok(())
}

fn new_pool(addr: SocketAddr, max_lifetime: Duration, log: &Log) -> Pool {
    let (of_connect, of_check) = (log.clone(), log.clone());
    let connect = async move || {
        let stream = TcpStream::connect(addr).await?;
        let log = of_connect.clone();
        let number = log.made.get() + 1;
        log.made.set(number);
        log.add(&format!("connection {number} is made"));
        Ok(Connection { stream, number, log })
    };
    let health_check = async move |connection: &mut Connection| {
        // A server that is silent is as bad as one that is gone.
        let pong = timeout(Duration::from_secs(1), connection.ask("ping")).await;
        let is_good = matches!(pong, Ok(Ok(answer)) if answer == "pong");
        if !is_good {
            of_check.add(&format!("connection {} does not answer a ping", connection.number));
        }
        is_good
    };
    let builder = Pool::builder(connect).max_size(CONNECTIONS).max_lifetime(max_lifetime);
    builder.health_check(health_check).build()
}

async fn task(n: usize, pool: Pool, log: Log) -> Result<(), Box<dyn Error>> {
    let asked = Instant::now();
    let connection = pool.acquire().await?;
    let waited = asked.elapsed().as_secs_f64() * 1000.0;
    let answer = connection.ask("query").await.map_err(|e| format!("task {n}: {e}"))?;
    log.add(&format!(
        "task {n:2} waited {waited:5.1} ms for its turn, connection {}: {answer}",
        connection.number
    ));
    Ok(()) // and the connection goes back
}

/// What happens, and when.
#[derive(Clone)]
struct Log {
    began: Instant,
    /// How many connections were made.
    made: Rc<Cell<u32>>,
}

impl Log {
    fn add(&self, what: &str) {
        let ms = self.began.elapsed().as_secs_f64() * 1000.0;
        // If nobody reads this, there is nobody to tell.
        writeln!(io::stdout(), "{ms:7.1} ms  {what}").unwrap_or(());
    }

    fn status(&self, pool: &Pool) {
        let pool::Status { in_use, idle, waiting, .. } = pool.status();
        self.add(&format!("the pool: {in_use} in use, {idle} idle, {waiting} tasks waiting"));
    }
}

fn arguments() -> Duration {
    let given = command_line::arguments("[MILLISECONDS]", ABOUT);
    if given.len() > 1 {
        command_line::refuse("one number expected (see --help)");
    }
    let delay = given.first().map_or(Some(40), |ms| ms.parse().ok().filter(|ms| *ms <= 60_000));
    let delay = delay.filter(|ms| *ms > 0).map(Duration::from_millis);
    delay.unwrap_or_else(|| command_line::refuse("MILLISECONDS: a number from 1 to 60000"))
}
