//! Streams that go both ways.

use std::io;

use eagain::try_join;

use crate::ends::{Pair, Reads, Writes, numbers};

pub(crate) async fn the_end_of_one_direction_leaves_the_other<P: Pair>() -> io::Result<()> {
    let (near, far) = P::pair().await;
    near.write_all(b"question").await?;
    near.shutdown().await?;
    let mut question = Vec::new();
    far.read_to_end(&mut question).await?;
    assert_eq!(question, b"question");
    far.write_all(b"answer").await?;
    far.shutdown().await?;
    let mut answer = Vec::new();
    near.read_to_end(&mut answer).await?;
    assert_eq!(answer, b"answer");
    let error = near.write(b"more").await.expect_err("its direction has ended");
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    Ok(())
}

pub(crate) async fn both_directions_flow_at_once<P: Pair>() -> io::Result<()> {
    let (near, far) = P::pair().await;
    let data = numbers(8 << 20);
    let (mut there, mut back) = (Vec::new(), Vec::new());
    // One task, which waits to read and to write the same end.
    try_join!(
        async {
            near.write_all(&data).await?;
            near.shutdown().await
        },
        async {
            far.write_all(&data).await?;
            far.shutdown().await
        },
        far.read_to_end(&mut there),
        near.read_to_end(&mut back),
    )?;
    assert!(there == data && back == data, "{} and {} bytes", there.len(), back.len());
    Ok(())
}

pub(crate) async fn ending_twice_is_fine<P: Pair>() -> io::Result<()> {
    let (near, far) = P::pair().await;
    near.shutdown().await?;
    near.shutdown().await?;
    assert_eq!(far.read(&mut [0; 8]).await?, 0);
    Ok(())
}

pub(crate) async fn ending_after_the_peer_has_gone_is_fine<P: Pair>() -> io::Result<()> {
    let (near, far) = P::pair().await; // pitfall 66
    far.write_all(b"last words").await?;
    drop(far);
    let mut all = Vec::new();
    near.read_to_end(&mut all).await?;
    assert_eq!(all, b"last words");
    near.shutdown().await
}
