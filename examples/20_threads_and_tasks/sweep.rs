//! One connection of many that talks: what an echo takes by threads, by select, and by epoll.

use std::error::Error;
use std::io::{self, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use crate::process::allow_descriptors;
use crate::{by_select, listen, peer, plot, tasks, threads};

const CONNECTIONS: [usize; 7] = [10, 30, 100, 300, 1000, 3000, 10_000];

/// Enough for a stable figure, and for a wait of a few seconds in all.
const ROUNDS: usize = 2000;

/// A server that serves so many connections to their end.
type Server = fn(usize, TcpListener) -> io::Result<()>;

const SERVERS: [(&str, Server); 3] = [
    ("threads", |n, listener| match threads::echo(n, listener)?.refused {
        Some(refusal) => Err(io::Error::other(refusal)),
        None => Ok(()),
    }),
    ("select", by_select::echo),
    ("epoll", |n, listener| tasks::echo(n, listener).map(drop)),
];

/// Measures, prints a table, and draws it.
pub(crate) fn plot(file: &Path) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout();
    writeln!(out, "\nan echo while so many connections are open, one of them active")?;
    let mut lines = Vec::new();
    for (name, serve) in SERVERS {
        let mut points = Vec::new();
        for n in CONNECTIONS {
            match measure(n, serve) {
                Ok(each) => {
                    points.push((n as f64, each.as_secs_f64() * 1e6));
                    writeln!(out, "{name:8} {n:>6} {:8.1} us", each.as_secs_f64() * 1e6)?;
                }
                // Further on, it would refuse as well.
                Err(e) => {
                    writeln!(out, "{name:8} {n:>6} {e}")?;
                    break;
                }
            }
        }
        lines.push(plot::Line { name, points });
    }
    let labels = plot::Labels {
        title: "An echo, one connection of many being active",
        x: "open connections",
        y: "microseconds a request",
    };
    plot::draw(file, &labels, &lines).map_err(|e| format!("{}: {e}", file.display()))?;
    writeln!(out, "drawn in {}", file.display())?;
    Ok(())
}

fn measure(n: usize, serve: Server) -> Result<Duration, Box<dyn Error>> {
    allow_descriptors(n)?;
    let listener = listen()?;
    let mut clients = peer::clients(listener.local_addr()?, n, 1, ROUNDS)?;
    serve(n, listener)?;
    Ok(clients.took()? / ROUNDS as u32)
}
