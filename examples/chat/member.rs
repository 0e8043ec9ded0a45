//! A connection: its lines in, its queue out.

use std::io;
use std::net::Shutdown;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use eagain::net::{Keepalive, TcpStream};
use eagain::sync::mpsc::Receiver;
use eagain::time::timeout;

use crate::command::obey;
use crate::hall::{Hall, Told};
use crate::lines::{LONGEST, Lines};
use crate::pace::Pace;

/// How long somebody who goes may take to read what he was told.
pub(crate) const FAREWELL: Duration = Duration::from_secs(2);

/// Somebody may say nothing for days, but has to be there.
const ALIVE: Keepalive = Keepalive {
    idle: Some(Duration::from_secs(60)),
    interval: Some(Duration::from_secs(20)),
    count: Some(3),
};

/// With so much to be sent, the rest waits.
const ENOUGH: usize = 16 * 1024;

/// Attends to somebody until he goes. What goes wrong is no concern of the others.
pub(crate) async fn attend(stream: TcpStream, hall: Rc<Hall>) {
    let stream = Rc::new(stream);
    let _ = stream.set_keepalive(Some(ALIVE));
    let (id, told) = hall.enter(stream.clone());
    {
        let mut sending = pin!(send(&stream, told));
        let has_left = eagain::select! {
            // Dropped, gone, or the end.
            _ = &mut sending => false,
            _ = listen(&stream, &hall, id) => true,
        };
        hall.leave(id);
        if has_left {
            let _ = timeout(FAREWELL, sending).await;
        }
    }
    let _ = timeout(FAREWELL, goodbye(&stream)).await;
    drop(stream);
    hall.is_gone();
}

/// Hears what somebody says, until he has said all.
async fn listen(stream: &TcpStream, hall: &Hall, id: u64) -> io::Result<()> {
    let (mut lines, mut pace) = (Lines::default(), Pace::new());
    loop {
        let (n, heard) = stream.read_with(|bytes| (bytes.len(), lines.add(bytes))).await?;
        if n == 0 {
            return Ok(());
        }
        for line in heard {
            pace.one_more().await;
            if line.was_cut {
                hall.answer(id, &format!("* your line was cut after {LONGEST} bytes"));
            }
            if !obey(hall, id, &line.text) {
                return Ok(());
            }
            // So that what was said is sent before more is said.
            eagain::yield_now().await;
        }
    }
}

/// Sends what somebody is told, many lines at a time if he is slow.
async fn send(stream: &TcpStream, mut told: Receiver<Told>) -> io::Result<()> {
    let mut bytes = Vec::new();
    while let Some(line) = told.recv().await {
        bytes.extend_from_slice(line.as_bytes());
        while bytes.len() < ENOUGH {
            let Ok(line) = told.try_recv() else { break };
            bytes.extend_from_slice(line.as_bytes());
        }
        stream.write_all(&bytes).await?;
        bytes = Vec::new(); // who is told nothing holds nothing
    }
    Ok(())
}

/// Closes in an orderly way: with something unread it would be a reset, which takes along what was
/// said last.
async fn goodbye(stream: &TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    while stream.read_with(<[u8]>::len).await? > 0 {}
    Ok(())
}
