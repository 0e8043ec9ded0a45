//! The same streams by the traits of the `futures` crate.

use std::io;

use futures::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::ends::{Line, numbers};

pub(crate) async fn the_futures_crate_reads_and_writes_to_the_end<L: Line>() -> io::Result<()>
where
    for<'a> &'a L::Reader: AsyncRead,
    for<'a> &'a L::Writer: AsyncWrite,
{
    let (reader, writer) = L::line().await;
    let (mut reader, mut writer) = (&reader, &writer);
    let data = numbers(1 << 20);
    let writing = async {
        writer.write_all(&data).await?;
        writer.flush().await?;
        writer.close().await
    };
    let mut all = Vec::new();
    futures::try_join!(writing, reader.read_to_end(&mut all))?;
    assert!(all == data, "{} bytes of {}", all.len(), data.len());
    Ok(())
}

pub(crate) async fn the_futures_crate_closes<L: Line>() -> io::Result<()>
where
    for<'a> &'a L::Reader: AsyncRead,
    for<'a> &'a L::Writer: AsyncWrite,
{
    let (reader, writer) = L::line().await;
    (&writer).close().await?;
    (&writer).close().await?;
    assert_eq!((&reader).read(&mut [0; 8]).await?, 0);
    Ok(())
}
