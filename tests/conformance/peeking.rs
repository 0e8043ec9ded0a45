//! A look at what is there takes nothing.

use std::io;

use eagain::net::{TcpStream, UnixStream};
use eagain::spawn;

use crate::ends::{Pair, Reads, Writes, settle};

/// A stream that can be looked into.
pub(crate) trait Peeks {
    async fn peek(&self, buf: &mut [u8]) -> io::Result<usize>;
    fn try_peek(&self, buf: &mut [u8]) -> io::Result<Option<usize>>;
}

macro_rules! peeks {
    ($($stream:ident)*) => {$(
        impl Peeks for $stream {
            async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
                $stream::peek(self, buf).await
            }

            fn try_peek(&self, buf: &mut [u8]) -> io::Result<Option<usize>> {
                $stream::try_peek(self, buf)
            }
        }
    )*};
}

peeks!(TcpStream UnixStream);

pub(crate) async fn what_was_seen_is_still_to_be_read<P: Pair>() -> io::Result<()>
where
    P::End: Peeks,
{
    let (near, far) = P::pair().await;
    let mut buf = [0; 8];
    assert_eq!(near.try_peek(&mut buf)?, None);
    far.write_all(b"hello").await?;
    assert_eq!((near.peek(&mut buf[..3]).await?, &buf[..3]), (3, &b"hel"[..]));
    // A short look is no short read: there is still all of it.
    assert_eq!((near.try_peek(&mut buf)?, &buf[..5]), (Some(5), &b"hello"[..]));
    let mut read = [0; 8];
    assert_eq!((near.read(&mut read).await?, &read[..5]), (5, &b"hello"[..]));
    far.shutdown().await?;
    assert_eq!((near.peek(&mut buf).await?, near.read(&mut buf).await?), (0, 0));
    Ok(())
}

pub(crate) async fn a_look_waits_until_something_is_there<P: Pair>() -> io::Result<()>
where
    P::End: Peeks,
{
    let (near, far) = P::pair().await;
    let looking = spawn(async move { near.peek(&mut [0; 8]).await });
    settle().await;
    assert!(!looking.is_finished());
    far.write_all(b"!").await?;
    assert_eq!(looking.await.expect("no panic")?, 1);
    Ok(())
}
