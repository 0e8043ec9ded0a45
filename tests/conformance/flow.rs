//! Back-pressure, and waits that are given up.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::Poll;

use eagain::{spawn, yield_now};

use crate::ends::{Line, MUCH, Reads, Writes, fill, numbers, settle};

pub(crate) async fn a_writer_waits_until_the_reader_has_read<L: Line>() -> io::Result<()> {
    let (reader, writer) = L::line().await;
    let writing = spawn(async move {
        writer.write_all(&numbers(MUCH)).await?;
        writer.shutdown().await
    });
    settle().await;
    assert!(!writing.is_finished(), "nobody has read {MUCH} bytes");
    let mut all = Vec::new();
    reader.read_to_end(&mut all).await?;
    assert!(all == numbers(MUCH), "{} bytes of {MUCH}", all.len());
    writing.await.expect("no panic")
}

pub(crate) async fn pitfall_52_reads_that_are_given_up_lose_nothing<L: Line>() -> io::Result<()> {
    let (reader, writer) = L::line().await; // pitfall 52
    let data = numbers(3000);
    let all = data.clone();
    let writing = spawn(async move {
        for piece in all.chunks(7) {
            writer.write_all(piece).await?;
            yield_now().await;
        }
        writer.shutdown().await
    });
    let mut got = Vec::new();
    let mut given_up = 0;
    'all: for patience in (0..4).cycle() {
        let mut buf = [0; 5];
        let mut reading = Box::pin(reader.read(&mut buf));
        for _ in 0..=patience {
            let polled = poll_fn(|cx| Poll::Ready(reading.as_mut().poll(cx))).await;
            match polled {
                Poll::Ready(n) => match n? {
                    0 => break 'all,
                    n => {
                        drop(reading);
                        got.extend_from_slice(&buf[..n]);
                        continue 'all;
                    }
                },
                Poll::Pending => yield_now().await,
            }
        }
        given_up += 1;
    }
    assert!(got == data, "{} bytes of {}", got.len(), data.len());
    assert!(given_up > 0, "it never had to wait");
    writing.await.expect("no panic")
}

pub(crate) async fn pitfall_52_writes_that_are_given_up_write_nothing<L: Line>() -> io::Result<()> {
    let (reader, writer) = L::line().await; // pitfall 52
    let filled = fill(&writer).await;
    let data = numbers(100);
    for polls in 0..4 {
        let mut writing = pin!(writer.write(&data));
        for _ in 0..polls {
            let polled = poll_fn(|cx| Poll::Ready(writing.as_mut().poll(cx))).await;
            assert!(polled.is_pending(), "there was room for more");
            yield_now().await;
        }
    }
    let reading = spawn(async move {
        let mut all = Vec::new();
        reader.read_to_end(&mut all).await.map(|_| all)
    });
    writer.write_all(&data).await?;
    writer.shutdown().await?;
    let all = reading.await.expect("no panic")?;
    assert!(all[..filled].iter().all(|byte| *byte == 0) && all[filled..] == data);
    Ok(())
}
