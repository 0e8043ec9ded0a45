//! Who waits for an end, and what becomes of that.

use std::io;
use std::rc::Rc;

use eagain::{LoopError, spawn};

use crate::ends::{Line, Reads, Writes, fill, settle};

fn is_refused(e: &io::Error) -> bool {
    matches!(LoopError::of(e), Some(LoopError::SecondWaiter { .. }))
}

pub(crate) async fn a_second_reader_is_refused_and_the_first_unharmed<L: Line>() -> io::Result<()> {
    let (reader, writer) = L::line().await; // pitfall 20
    let reader = Rc::new(reader);
    let its = reader.clone();
    let first = spawn(async move {
        let mut buf = [0; 8];
        its.read(&mut buf).await.map(|n| buf[..n].to_vec())
    });
    settle().await;
    let error = reader.read(&mut [0; 8]).await.expect_err("a second reader");
    assert!(is_refused(&error), "{error}");
    writer.write_all(b"hello").await?;
    assert_eq!(first.await.expect("no panic")?, b"hello");
    Ok(())
}

pub(crate) async fn a_second_writer_is_refused_and_the_first_unharmed<L: Line>() -> io::Result<()> {
    let (reader, writer) = L::line().await; // pitfall 20
    let filled = fill(&writer).await;
    let writer = Rc::new(writer);
    let its = writer.clone();
    let first = spawn(async move { its.write_all(b"hello").await });
    settle().await;
    let error = writer.write(b"x").await.expect_err("a second writer");
    assert!(is_refused(&error), "{error}");
    let mut all = Vec::new();
    while all.len() < filled + 5 {
        reader.read_append(&mut all).await?;
    }
    first.await.expect("no panic")?;
    assert_eq!(&all[filled..], b"hello");
    Ok(())
}

pub(crate) async fn closing_wakes_the_reader<L: Line>() -> io::Result<()> {
    let (reader, _writer) = L::line().await; // pitfall 18
    let reader = Rc::new(reader);
    let its = reader.clone();
    let waiting = spawn(async move { its.read(&mut [0; 8]).await });
    settle().await;
    (*reader).as_ref().close()?;
    let error = waiting.await.expect("no panic").expect_err("it was closed");
    assert_eq!(LoopError::of(&error), Some(LoopError::Closed));
    let error = reader.read(&mut [0; 8]).await.expect_err("it is closed");
    assert_eq!(LoopError::of(&error), Some(LoopError::Closed));
    Ok(())
}

pub(crate) async fn closing_wakes_the_writer<L: Line>() -> io::Result<()> {
    let (_reader, writer) = L::line().await; // pitfall 18
    fill(&writer).await;
    let writer = Rc::new(writer);
    let its = writer.clone();
    let waiting = spawn(async move { its.write_all(b"no room").await });
    settle().await;
    (*writer).as_ref().close()?;
    let error = waiting.await.expect("no panic").expect_err("it was closed");
    assert_eq!(LoopError::of(&error), Some(LoopError::Closed));
    Ok(())
}
