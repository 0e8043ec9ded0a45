//! What nobody waits for. The ends that a behaviour returns stay while the loop sleeps.

use std::io;

use eagain::spawn;

use crate::ends::{Line, Reads, Writes, fill, settle};

pub(crate) async fn pitfall_7_an_end_that_nobody_waits_for_wakes_nobody<L: Line>()
-> io::Result<L::Reader> {
    let (reader, writer) = L::line().await; // pitfall 7
    let watched = spawn(async move { reader.read(&mut [0; 8]).await.map(|n| (n, reader)) });
    settle().await;
    writer.write_all(b"x").await?;
    let (n, reader) = watched.await.expect("no panic")?;
    assert_eq!(n, 1);
    drop(writer);
    Ok(reader)
}

pub(crate) async fn pitfall_9_a_drained_stream_wakes_nobody<L: Line>()
-> io::Result<(L::Reader, L::Writer)> {
    let (reader, writer) = L::line().await; // pitfall 9
    let filled = fill(&writer).await;
    // It waits to write, so it is watched for that from here on.
    let writing = spawn(async move { writer.write_all(b"x").await.map(|()| writer) });
    settle().await;
    let mut drained = Vec::new();
    while drained.len() < filled + 1 {
        assert!(reader.read_append(&mut drained).await? > 0, "the end");
    }
    let writer = writing.await.expect("no panic")?;
    // The reader is watched, too.
    let reading = spawn(async move { reader.read(&mut [0; 8]).await.map(|_| reader) });
    settle().await;
    writer.write_all(b"y").await?;
    Ok((reading.await.expect("no panic")?, writer))
}
