//! The other end breaks off: a connection, and nothing else, can be reset.

use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::time::Duration;

use eagain::{Source, spawn};
use eagain_sys::socket;

use crate::ends::{Pair, Reads, Writes, fill, settle};

fn break_off(end: impl AsRef<Source>) -> io::Result<()> {
    socket::set_linger(end.as_ref().fd()?.as_fd(), Some(Duration::ZERO))?;
    drop(end);
    Ok(())
}

pub(crate) async fn a_waiting_reader_is_told<P: Pair>() -> io::Result<()> {
    let (near, far) = P::pair().await;
    let waiting = spawn(async move { near.read(&mut [0; 8]).await });
    settle().await;
    break_off(far)?;
    let error = waiting.await.expect("no panic").expect_err("it is broken off");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    Ok(())
}

pub(crate) async fn pitfall_6_a_waiting_writer_is_told<P: Pair>() -> io::Result<()> {
    let (near, far) = P::pair().await; // pitfall 6
    fill(&near).await;
    let waiting = spawn(async move { near.write_all(b"no room").await });
    settle().await;
    break_off(far)?;
    let error = waiting.await.expect("no panic").expect_err("it is broken off");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    Ok(())
}

pub(crate) async fn it_is_told_to_who_comes_later<P: Pair>() -> io::Result<()> {
    let (near, far) = P::pair().await;
    break_off(far)?;
    settle().await;
    let error = near.read(&mut [0; 8]).await.expect_err("it is broken off");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(near.read(&mut [0; 8]).await?, 0); // told once
    let error = near.write(b"x").await.expect_err("nobody is there");
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    near.shutdown().await // pitfall 66
}
