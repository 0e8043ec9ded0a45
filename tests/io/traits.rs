//! Reading and writing by the traits alone.

use std::cell::Cell;
use std::io::{self, ErrorKind, IoSlice};
use std::rc::Rc;

use eagain::io::{AsyncRead, AsyncWrite, Shared};
use eagain::net::{TcpListener, TcpStream};
use eagain::{Source, try_join};

use crate::run;

/// Gives three bytes at a time, and never more than that.
struct Drip<'a>(&'a [u8]);

impl AsyncRead for Drip<'_> {
    async fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        eagain::yield_now().await;
        let n = buf.len().min(3);
        self.0.read(&mut buf[..n]).await
    }
}

/// Takes two bytes at a time.
#[derive(Default)]
struct Sip {
    taken: Vec<u8>,
    ends: Cell<u32>,
}

impl AsyncWrite for Sip {
    async fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        eagain::yield_now().await;
        self.taken.write(&buf[..buf.len().min(2)]).await
    }

    async fn shutdown(&mut self) -> io::Result<()> {
        self.ends.set(self.ends.get() + 1);
        Ok(())
    }
}

#[test]
fn one_method_makes_a_reader() {
    run(async {
        let mut drip = Drip(b"hello, world");
        let mut five = [0; 5];
        drip.read_exact(&mut five).await?;
        assert_eq!(&five, b"hello");
        let mut rest = b">".to_vec();
        assert_eq!(drip.read_to_end(&mut rest).await?, 7);
        assert_eq!(rest, b">, world");
        assert_eq!(drip.read_exact(&mut five).await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
        Ok(())
    });
}

#[test]
fn what_is_read_behind_a_full_buffer_makes_it_grow() {
    run(async {
        let mut buf = Vec::new();
        assert_eq!(Drip(b"abcd").read_append(&mut buf).await?, 3);
        buf.shrink_to_fit();
        assert_eq!((&b"def"[..]).read_append(&mut buf).await?, 3);
        assert_eq!(buf, b"abcdef");
        Ok(())
    });
}

#[test]
fn text_that_is_none_adds_nothing() {
    run(async {
        let mut text = "a".to_string();
        assert_eq!(Drip("grüße".as_bytes()).read_to_string(&mut text).await?, 7);
        let error = Drip(b"ab\xff").read_to_string(&mut text).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert_eq!(text, "agrüße");
        Ok(())
    });
}

#[test]
fn two_methods_make_a_writer() {
    run(async {
        let mut sip = Sip::default();
        sip.write_all(b"hello").await?;
        let mut parts = [b"".as_slice(), b", ", b"", b"world"].map(IoSlice::new);
        sip.write_all_vectored(&mut parts).await?;
        sip.flush().await?;
        sip.shutdown().await?;
        assert_eq!((sip.taken.as_slice(), sip.ends.get()), (&b"hello, world"[..], 1));
        sip.write_all_vectored(&mut [IoSlice::new(b""), IoSlice::new(b"")]).await
    });
}

#[test]
fn what_takes_nothing_is_an_error() {
    struct Full;
    impl AsyncWrite for Full {
        async fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Ok(0)
        }
        async fn shutdown(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    run(async {
        assert_eq!(Full.write_all(b"x").await.unwrap_err().kind(), ErrorKind::WriteZero);
        let error = Full.write_all_vectored(&mut [IoSlice::new(b"x")]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WriteZero);
        Ok(())
    });
}

/// Sends to the other end and back, by whatever has the traits.
async fn echo<S: AsyncRead + AsyncWrite, T: AsyncRead + AsyncWrite>(
    mut near: S,
    mut far: T,
) -> io::Result<()> {
    let said = async {
        near.write_all(b"hello").await?;
        near.shutdown().await?;
        let mut answer = Vec::new();
        near.read_to_end(&mut answer).await.map(|_| answer)
    };
    let heard = async {
        let mut all = Vec::new();
        far.read_to_end(&mut all).await?;
        far.write_all(&all).await?;
        far.shutdown().await
    };
    let (answer, ()) = try_join!(said, heard)?;
    assert_eq!(answer, b"hello");
    Ok(())
}

pub(crate) async fn tcp() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let near = TcpStream::connect(listener.local_addr().unwrap()).await.expect("a connection");
    (near, listener.accept().await.expect("a connection").0)
}

pub(crate) fn unix() -> (Source, Source) {
    let (near, far) = std::os::unix::net::UnixStream::pair().expect("a pair");
    (Source::new(near).expect("a source"), Source::new(far).expect("a source"))
}

#[test]
fn streams_are_used_as_themselves_by_reference_boxed_and_shared() {
    run(async {
        let (near, far) = tcp().await;
        echo(near, far).await?;
        let (near, far) = tcp().await;
        echo(&near, &far).await?;
        let (mut near, far) = unix();
        echo(&mut near, Box::new(far)).await?;
        let (near, far) = unix();
        echo(Shared::new(near), Shared::from(Rc::new(far))).await
    });
}

#[test]
fn two_tasks_share_a_stream_by_its_halves() {
    run(async {
        let (near, far) = tcp().await;
        let mut reader = Shared::new(near);
        let mut writer = reader.clone();
        let writing = eagain::spawn(async move {
            writer.write_all(&[7; 1 << 20]).await?;
            writer.shutdown().await
        });
        let echoing = eagain::spawn(async move {
            let mut buf = [0; 4096];
            loop {
                match far.read(&mut buf).await? {
                    0 => return AsyncWrite::shutdown(&mut &far).await,
                    n => far.write_all(&buf[..n]).await?,
                }
            }
        });
        let mut all = Vec::new();
        reader.read_to_end(&mut all).await?;
        assert!(all == [7; 1 << 20]);
        writing.await.expect("no panic")?;
        echoing.await.expect("no panic")
    });
}

#[test]
fn what_is_no_socket_is_closed_by_the_end_of_its_writing() {
    run(async {
        let (read, write) = eagain_sys::pipe::pipe2()?;
        let (mut read, mut write) = (Source::new(read)?, Source::new(write)?);
        write.write_all(b"last").await?;
        write.shutdown().await?;
        write.shutdown().await?;
        let mut all = String::new();
        read.read_to_string(&mut all).await?;
        assert_eq!(all, "last");
        Ok(())
    });
}

#[test]
fn a_source_is_read_and_written_from_many_buffers_at_once() {
    run(async {
        let (near, far) = unix();
        let data: Vec<u8> = (0..3000_u32).map(|i| (i % 251) as u8).collect();
        let mut parts: Vec<_> = data.chunks(1).map(IoSlice::new).collect();
        (&near).write_all_vectored(&mut parts).await?; // more parts than a call takes
        let mut halves = [[0; 2000], [0; 2000]];
        let [one, other] = &mut halves;
        let mut bufs = [one, other].map(|half| io::IoSliceMut::new(half));
        assert_eq!(far.read_vectored(&mut bufs).await?, 3000);
        assert!(halves.concat()[..3000] == data);
        Ok(())
    });
}
