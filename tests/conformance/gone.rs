//! The other end goes away.

use std::io::{self, ErrorKind};

use eagain::spawn;

use crate::ends::{Line, Reads, Writes, fill, settle};

fn is_about_the_peer(e: &io::Error) -> bool {
    matches!(e.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)
}

pub(crate) async fn pitfall_6_a_waiting_reader_finds_the_writer_gone<L: Line>() -> io::Result<()> {
    let (reader, writer) = L::line().await; // pitfall 6
    let waiting = spawn(async move { reader.read(&mut [0; 8]).await });
    settle().await;
    assert!(!waiting.is_finished());
    drop(writer);
    assert_eq!(waiting.await.expect("no panic")?, 0);
    Ok(())
}

pub(crate) async fn pitfall_6_a_waiting_writer_finds_the_reader_gone<L: Line>() -> io::Result<()> {
    let (reader, writer) = L::line().await; // pitfall 6
    fill(&writer).await;
    let waiting = spawn(async move { writer.write_all(b"no room").await });
    settle().await;
    assert!(!waiting.is_finished());
    drop(reader);
    let error = waiting.await.expect("no panic").expect_err("nobody reads");
    assert!(is_about_the_peer(&error), "{error}");
    Ok(())
}

pub(crate) async fn writing_to_nobody_is_an_error_and_no_signal<L: Line>() -> io::Result<()> {
    let (reader, writer) = L::line().await;
    drop(reader);
    // The kernel may have to hear first from the other end that nobody is there.
    let error = loop {
        match writer.write(b"hello?").await {
            Ok(_) => settle().await,
            Err(e) => break e,
        }
    };
    assert!(is_about_the_peer(&error), "{error}");
    let error = writer.write(b"hello?").await.expect_err("it stays like that");
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    Ok(())
}
