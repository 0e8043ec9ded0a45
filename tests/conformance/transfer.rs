//! Bytes that go from one end to the other.

use std::io::{self, IoSlice, IoSliceMut};

use eagain::{Interest, try_join};

use crate::ends::{Line, MUCH, Reads, Writes, numbers};

pub(crate) async fn what_is_read_in_parts_is_whole<L: Line>() -> io::Result<()> {
    let (reader, writer) = L::line().await;
    writer.write_all(b"0123456789").await?;
    let (mut all, mut part) = (Vec::new(), [0; 3]);
    while all.len() < 10 {
        let n = reader.read(&mut part).await?;
        assert!((1..=3).contains(&n));
        all.extend_from_slice(&part[..n]);
    }
    assert_eq!(all, b"0123456789");
    Ok(())
}

pub(crate) async fn what_is_written_in_parts_is_whole<L: Line>() -> io::Result<()> {
    let (reader, writer) = L::line().await;
    let data = numbers(MUCH);
    let mut parts = 0;
    let writing = async {
        let mut rest = &data[..];
        while !rest.is_empty() {
            let n = writer.write(rest).await?;
            assert!(0 < n && n <= rest.len());
            rest = &rest[n..];
            parts += 1;
        }
        writer.shutdown().await
    };
    let mut all = Vec::new();
    try_join!(writing, reader.read_to_end(&mut all))?;
    assert!(all == data, "{} bytes of {}", all.len(), data.len());
    assert!(parts > 1, "all of it was taken at once");
    Ok(())
}

pub(crate) async fn pitfall_8_all_bytes_come_before_the_end<L: Line>() -> io::Result<()> {
    let (reader, writer) = L::line().await; // pitfall 8
    let data = numbers(100 << 10);
    let writing = async {
        writer.write_all(&data).await?;
        writer.as_ref().close()
    };
    let mut all = Vec::new();
    let reading = async {
        while reader.read_append(&mut all).await? > 0 {}
        Ok(())
    };
    try_join!(writing, reading)?;
    assert!(all == data, "{} bytes of {}", all.len(), data.len());
    Ok(())
}

pub(crate) async fn the_end_stays_the_end<L: Line>() -> io::Result<()> {
    let (reader, writer) = L::line().await;
    writer.shutdown().await?;
    for _ in 0..3 {
        assert_eq!(reader.read(&mut [0; 8]).await?, 0);
    }
    assert_eq!(reader.read_to_end(&mut Vec::new()).await?, 0);
    Ok(())
}

pub(crate) async fn nothing_read_and_nothing_written_change_nothing<L: Line>() -> io::Result<()> {
    let (reader, writer) = L::line().await;
    assert_eq!(writer.write(&[]).await?, 0);
    writer.write_all(&[]).await?;
    writer.write_all(b"x").await?;
    reader.as_ref().io(Interest::READ, something_is_there).await?;
    assert_eq!(reader.read(&mut []).await?, 0); // and no end
    let mut buf = [0; 8];
    assert_eq!(reader.read(&mut buf).await?, 1);
    assert_eq!(buf[0], b'x');
    writer.write_all(&[]).await?; // nor is this
    writer.write_all(b"y").await?;
    assert_eq!(reader.read(&mut buf).await?, 1);
    Ok(())
}

fn something_is_there(fd: std::os::fd::BorrowedFd<'_>) -> io::Result<()> {
    match eagain_sys::descriptor::unread(fd)? {
        0 => Err(io::ErrorKind::WouldBlock.into()),
        _ => Ok(()),
    }
}

pub(crate) async fn many_buffers_are_read_and_written_in_order<L: Line>() -> io::Result<()> {
    let (reader, writer) = L::line().await;
    let mut parts = [b"he".as_slice(), b"", b"l", b"lo, world"].map(IoSlice::new);
    writer.write_all_vectored(&mut parts).await?;
    let mut all = Vec::new();
    while all.len() < 12 {
        let (mut one, mut two) = ([0; 4], [0; 5]);
        let mut bufs = [&mut one[..], &mut [], &mut two[..]].map(IoSliceMut::new);
        let n = reader.read_vectored(&mut bufs).await?;
        assert!(n > 0, "the end, after {all:?}");
        all.extend_from_slice(&[&one[..], &two[..]].concat()[..n]);
    }
    assert_eq!(all, b"hello, world");
    Ok(())
}

pub(crate) async fn what_is_read_behind_a_buffer_leaves_it<L: Line>() -> io::Result<()> {
    let (reader, writer) = L::line().await;
    let mut buf = b"before".to_vec();
    buf.shrink_to_fit();
    writer.write_all(b"after").await?;
    writer.shutdown().await?;
    while reader.read_append(&mut buf).await? > 0 {}
    assert_eq!(buf, b"beforeafter");
    Ok(())
}
