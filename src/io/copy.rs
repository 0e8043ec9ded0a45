//! From a reader to a writer.

use std::io;

use crate::io::{AsyncBufRead, AsyncRead, AsyncWrite};

/// How much is read before it is written.
const PIECE: usize = 16 * 1024;

/// Writes what is read, until there is no more; then flushes. Returns how much it was.
///
/// What is read waits until it was written: a slow reader at the other end holds up the one who
/// writes here.
///
/// Not cancel-safe: what was read and not written is lost; [`copy_buf`] keeps it. System calls:
/// those of reading up to 16 KiB and of writing it; none for [`splice`](crate::io::splice)'s sake.
///
/// ```
/// use eagain::io::copy;
///
/// # eagain::run(async {
/// let mut all = Vec::new();
/// assert_eq!(copy(&mut &b"hello"[..], &mut all).await?, 5);
/// assert_eq!(all, b"hello");
/// # std::io::Result::Ok(())
/// # })??;
/// # std::io::Result::Ok(())
/// ```
pub async fn copy<R, W>(from: &mut R, to: &mut W) -> io::Result<u64>
where
    R: AsyncRead + ?Sized,
    W: AsyncWrite + ?Sized,
{
    let mut sum = 0;
    let mut buf = Vec::with_capacity(PIECE);
    loop {
        buf.clear();
        let n = from.read_append(&mut buf).await?;
        if n == 0 {
            to.flush().await?;
            return Ok(sum);
        }
        to.write_all(&buf).await?;
        sum += n as u64;
    }
}

/// The same from a buffer, without another one in between.
///
/// Cancel-safe: what was not written is still in the buffer of `from`, though nobody tells how much
/// was. System calls: those of its reading and of writing.
///
/// ```
/// use eagain::io::{BufReader, copy_buf};
///
/// # eagain::run(async {
/// let mut from = BufReader::new(&b"hello"[..]);
/// let mut all = Vec::new();
/// assert_eq!(copy_buf(&mut from, &mut all).await?, 5);
/// assert_eq!(all, b"hello");
/// # std::io::Result::Ok(())
/// # })??;
/// # std::io::Result::Ok(())
/// ```
pub async fn copy_buf<R, W>(from: &mut R, to: &mut W) -> io::Result<u64>
where
    R: AsyncBufRead + ?Sized,
    W: AsyncWrite + ?Sized,
{
    let mut sum = 0;
    loop {
        let piece = from.fill_buf().await?;
        if piece.is_empty() {
            to.flush().await?;
            return Ok(sum);
        }
        let n = to.write(piece).await?;
        if n == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        from.consume(n);
        sum += n as u64;
    }
}

/// Copies both ways between two streams, until both have ended: as a proxy does. The end of one
/// direction is passed on by [`shutdown`](AsyncWrite::shutdown), and the other goes on. Returns how
/// much went from `a` to `b`, and from `b` to `a`.
///
/// An error of either direction ends both.
///
/// Not cancel-safe: as [`copy`]. System calls: as [`copy`], and the two `shutdown`; between two
/// [`Source`](crate::Source)s, [`splice_bidirectional`](crate::io::splice_bidirectional) makes
/// others.
///
/// ```
/// use std::net::Shutdown;
///
/// use eagain::net::{TcpListener, TcpStream};
///
/// # eagain::run(async {
/// # let listener = TcpListener::bind("127.0.0.1:0")?;
/// # let address = listener.local_addr()?;
/// # let client = TcpStream::connect(address).await?;
/// # let (inner, _) = listener.accept().await?;
/// # let outer = TcpStream::connect(address).await?;
/// # let (server, _) = listener.accept().await?;
/// // client - inner, the proxy, outer - server
/// let proxy = eagain::spawn(async move { eagain::io::copy_bidirectional(&inner, &outer).await });
/// client.write_all(b"question").await?;
/// client.shutdown(Shutdown::Write)?;
/// let (mut question, mut answer) = (Vec::new(), Vec::new());
/// server.read_to_end(&mut question).await?;
/// server.write_all(b"answer").await?;
/// server.shutdown(Shutdown::Write)?;
/// client.read_to_end(&mut answer).await?;
/// assert_eq!((&question[..], &answer[..]), (&b"question"[..], &b"answer"[..]));
/// assert_eq!(proxy.await??, (8, 6));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?.unwrap();
/// # std::io::Result::Ok(())
/// ```
pub async fn copy_bidirectional<A, B>(a: &A, b: &B) -> io::Result<(u64, u64)>
where
    A: ?Sized,
    B: ?Sized,
    for<'a> &'a A: AsyncRead + AsyncWrite,
    for<'b> &'b B: AsyncRead + AsyncWrite,
{
    crate::try_join!(one_way(a, b), one_way(b, a))
}

async fn one_way(mut from: impl AsyncRead, mut to: impl AsyncWrite) -> io::Result<u64> {
    let sum = copy(&mut from, &mut to).await?;
    to.shutdown().await?;
    Ok(sum)
}
