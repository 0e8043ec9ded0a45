//! From one stream to another.

use std::fs::File;
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};

use eagain::io::{
    AsyncBufRead, AsyncRead, AsyncWrite, BufReader, copy, copy_bidirectional, copy_buf, sendfile,
    splice, splice_bidirectional,
};
use eagain::net::TcpStream;
use eagain::pipe::pipe;
use eagain::{Source, spawn, try_join};

use crate::run;
use crate::traits::{tcp, unix};

fn numbers(count: usize) -> Vec<u8> {
    let mut numbers = (0..251).collect::<Vec<u8>>().repeat(count / 251 + 1);
    numbers.truncate(count);
    numbers
}

/// Much, sent through what a proxy does between two connections.
async fn is_passed_on(proxy: impl AsyncFn(TcpStream, TcpStream) -> io::Result<(u64, u64)>) {
    let ((client, inner), (outer, server)) = (tcp().await, tcp().await);
    let data = numbers(3 << 20);
    let asks = async {
        client.write_all(&data).await?;
        AsyncWrite::shutdown(&mut &client).await?;
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.map(|_| answer)
    };
    let answers = async {
        let mut question = Vec::new();
        server.read_to_end(&mut question).await?; // so the half-close was passed on
        server.write_all(b"you said: ").await?;
        server.write_all(&question).await?;
        AsyncWrite::shutdown(&mut &server).await
    };
    let (answer, (), sums) = try_join!(asks, answers, proxy(inner, outer)).expect("no error");
    assert!(answer == [b"you said: ", &data[..]].concat(), "{} bytes", answer.len());
    assert_eq!(sums, (data.len() as u64, data.len() as u64 + 10));
}

#[test]
fn a_proxy_passes_on_both_directions_and_the_end_of_each() {
    run(async {
        is_passed_on(async |a, b| copy_bidirectional(&a, &b).await).await;
        Ok(())
    });
}

#[test]
fn a_proxy_within_the_kernel_does_the_same() {
    run(async {
        is_passed_on(async |a, b| splice_bidirectional(&a, &b).await).await;
        Ok(())
    });
}

#[test]
fn an_error_of_one_direction_ends_both() {
    run(async {
        let ((client, inner), (outer, server)) = (tcp().await, tcp().await);
        let proxy = spawn(async move { copy_bidirectional(&inner, &outer).await });
        eagain_sys::socket::set_linger(
            std::os::fd::AsFd::as_fd(&*server.as_ref().fd()?),
            Some(std::time::Duration::ZERO),
        )?;
        drop(server);
        let error = proxy.await.expect("no panic").expect_err("it was broken off");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert_eq!(client.read(&mut [0; 8]).await?, 0);
        Ok(())
    });
}

#[test]
fn what_is_spliced_arrives_whatever_it_goes_through() {
    run(async {
        let ((near, from), (to, receiver)) = (unix(), pipe()?);
        let data = numbers(1 << 20);
        let writing = async {
            (&near).write_all(&data).await?;
            (&near).shutdown().await
        };
        let splicing = async {
            let sum = splice(&from, &to).await?;
            (&to).shutdown().await.map(|()| sum)
        };
        let mut all = Vec::new();
        let (_, sum, _) = try_join!(writing, splicing, receiver.read_to_end(&mut all))?;
        assert!(all == data && sum == data.len() as u64, "{} bytes", all.len());
        Ok(())
    });
}

#[test]
fn a_copy_flushes_and_tells_how_much_it_was() {
    run(async {
        let mut writer = eagain::io::BufWriter::new(Vec::new());
        assert_eq!(copy(&mut &b"hello"[..], &mut writer).await?, 5);
        assert_eq!(writer.get_ref(), b"hello");
        let mut reader = BufReader::new(io::Cursor::new(numbers(100_000)));
        assert_eq!(copy_buf(&mut reader, &mut writer).await?, 100_000);
        assert_eq!(writer.get_ref().len(), 100_005);
        Ok(())
    });
}

#[test]
fn pitfall_52_what_a_buffered_copy_could_not_write_is_still_there() {
    run(async {
        let (near, far) = unix(); // pitfall 52
        let data = numbers(4 << 20);
        let mut reader = BufReader::new(&data[..]);
        let given_up = eagain::future::race(
            async { copy_buf(&mut reader, &mut &near).await.map(|_| ()) },
            async {
                for _ in 0..10 {
                    eagain::yield_now().await;
                }
                Ok(())
            },
        );
        given_up.await?;
        assert!(!reader.buffer().is_empty(), "all of it was written");
        let mut all = Vec::new();
        let writing = async {
            copy_buf(&mut reader, &mut &near).await?;
            (&near).shutdown().await
        };
        let mut far = &far;
        try_join!(writing, far.read_to_end(&mut all))?;
        assert!(all == data, "{} bytes of {}", all.len(), data.len());
        Ok(())
    });
}

fn file(content: &[u8]) -> File {
    let path = std::env::temp_dir().join(format!("eagain-io-{:?}", std::thread::current().id()));
    let path = path.with_extension(std::process::id().to_string());
    let mut file = File::options().create(true).truncate(true).read(true).write(true).open(&path);
    let file = file.as_mut().expect("a file");
    std::fs::remove_file(&path).expect("it is there");
    file.write_all(content).expect("room");
    file.seek(SeekFrom::Start(7)).expect("a file");
    file.try_clone().expect("a descriptor")
}

/// A part of a file, sent through a stream that is too small for it.
async fn is_sent(stream: impl AsRef<Source>, mut end: impl AsyncRead) -> io::Result<()> {
    let data = numbers(5 << 20);
    let file = file(&data);
    let mut offset = 1000;
    let sending = async {
        let first = sendfile(&stream, &file, &mut offset, 4 << 20).await?;
        assert_eq!((first, offset), (4 << 20, 1000 + (4 << 20)));
        let rest = sendfile(&stream, &file, &mut offset, u64::MAX).await?;
        assert_eq!((rest, offset), (data.len() as u64 - 1000 - first, data.len() as u64));
        assert_eq!(sendfile(&stream, &file, &mut offset, 1).await?, 0);
        stream.as_ref().close()
    };
    let mut all = Vec::new();
    try_join!(sending, end.read_to_end(&mut all))?;
    assert!(all == data[1000..], "{} bytes", all.len());
    assert_eq!((&file).stream_position()?, 7);
    Ok(())
}

#[test]
fn a_file_is_sent_by_the_kernel() {
    run(async {
        let (near, far) = tcp().await;
        is_sent(near, &far).await?;
        let (sender, receiver) = pipe()?;
        is_sent(sender, receiver).await
    });
}

#[test]
fn what_the_kernel_does_not_send_is_read_and_written() {
    run(async {
        // To a file that is appended to, nothing is sent.
        let from = file(&numbers(40_000));
        let path = std::env::temp_dir().join(format!("eagain-io-append-{}", std::process::id()));
        let to = File::options().create(true).append(true).open(&path)?;
        let sent = sendfile(&Source::new(to)?, &from, &mut 0, 30_000).await?;
        let read = std::fs::read(&path)?;
        std::fs::remove_file(&path)?;
        assert_eq!(sent, 30_000);
        assert!(read == numbers(30_000));
        Ok(())
    });
}
