//! Buffers in front of readers and writers.

use std::cell::Cell;
use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use eagain::io::{AsyncBufRead, AsyncRead, AsyncWrite, BufReader, BufWriter, TooLong};
use eagain::yield_now;

use crate::run;
use crate::traits::unix;

/// Gives what it has in pieces, waits before each, and counts them.
struct Pieces {
    pieces: Vec<&'static [u8]>,
    reads: Rc<Cell<usize>>,
}

fn pieces(pieces: &[&'static [u8]]) -> (Pieces, Rc<Cell<usize>>) {
    let reads = Rc::new(Cell::new(0));
    (Pieces { pieces: pieces.iter().rev().copied().collect(), reads: reads.clone() }, reads)
}

impl AsyncRead for Pieces {
    async fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        yield_now().await;
        self.reads.set(self.reads.get() + 1);
        let Some(piece) = self.pieces.pop() else { return Ok(0) };
        let n = piece.len().min(buf.len());
        buf[..n].copy_from_slice(&piece[..n]);
        if n < piece.len() {
            self.pieces.push(&piece[n..]);
        }
        Ok(n)
    }
}

#[test]
fn lines_come_as_they_were_cut() {
    run(async {
        let (reader, _) = pieces(&[b"a\nb", b"c\r", b"\n\n", b"la", b"st"]);
        let mut lines = BufReader::new(reader).lines();
        let mut all = Vec::new();
        while let Some(line) = lines.next_line().await? {
            all.push(line);
        }
        assert_eq!(all, ["a", "bc", "", "last"]);
        assert_eq!(lines.next_line().await?, None);
        Ok(())
    });
}

#[test]
fn read_line_and_read_until_keep_what_ends_them() {
    run(async {
        let mut reader = BufReader::new(&b"one\ntwo;three"[..]);
        let mut text = "> ".to_string();
        assert_eq!(reader.read_line(&mut text).await?, 4);
        assert_eq!(text, "> one\n");
        let mut bytes = Vec::new();
        assert_eq!(reader.read_until(b';', &mut bytes).await?, 4);
        assert_eq!(reader.read_until(b';', &mut bytes).await?, 5);
        assert_eq!(reader.read_until(b';', &mut bytes).await?, 0);
        assert_eq!(bytes, b"two;three");
        Ok(())
    });
}

#[test]
fn what_is_split_by_a_byte_lacks_it() {
    run(async {
        let mut parts = BufReader::new(&b"a,,b"[..]).split(b',');
        assert_eq!(parts.next_segment().await?.as_deref(), Some(&b"a"[..]));
        assert_eq!(parts.next_segment().await?.as_deref(), Some(&b""[..]));
        assert_eq!(parts.next_segment().await?.as_deref(), Some(&b"b"[..]));
        assert_eq!(parts.next_segment().await?, None);
        Ok(())
    });
}

#[test]
fn pitfall_52_a_line_that_is_given_up_anywhere_is_whole_later() {
    run(async {
        // pitfall 52
        for polls in 1..8 {
            let (reader, _) = pieces(&[b"he", b"l", b"lo\nwor", b"ld", b"\n"]);
            let mut lines = BufReader::new(reader).lines();
            let mut all = Vec::new();
            'all: loop {
                let mut next = pin!(lines.next_line());
                for _ in 0..polls {
                    match poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx))).await {
                        Poll::Pending => yield_now().await,
                        Poll::Ready(line) => match line? {
                            Some(line) => {
                                all.push(line);
                                continue 'all;
                            }
                            None => break 'all,
                        },
                    }
                }
                if polls == 1 {
                    break; // it waits at the first poll of each read
                }
            }
            assert!(polls == 1 || all == ["hello", "world"], "{polls} polls: {all:?}");
        }
        Ok(())
    });
}

#[test]
fn a_line_beyond_the_limit_is_an_error_and_stays_in_the_buffer() {
    run(async {
        let mut reader = BufReader::with_capacity(4, &b"12345678\nabcdefgh9\n"[..]).line_limit(9);
        let mut line = String::new();
        assert_eq!(reader.read_line(&mut line).await?, 9); // as long as may be
        let error = reader.read_line(&mut line).await.expect_err("too long");
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        let cause = error.get_ref().and_then(|e| e.downcast_ref::<TooLong>());
        assert_eq!(cause, Some(&TooLong { limit: 9 }));
        assert_eq!(error.to_string().matches("9 bytes").count(), 1, "{error}");
        assert_eq!(reader.buffer(), b"abcdefgh9");
        let n = reader.buffer().len();
        reader.consume(n); // who wants to, goes on
        assert_eq!(reader.read_line(&mut line).await?, 1);
        Ok(())
    });
}

#[test]
fn a_line_that_is_no_text_is_an_error_and_gone() {
    run(async {
        let mut reader = BufReader::new(&b"\xff\nok\n\xff\nthree"[..]);
        let error = reader.read_line(&mut String::new()).await.expect_err("no text");
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        let mut line = String::new();
        reader.read_line(&mut line).await?;
        assert_eq!(line, "ok\n");
        let mut lines = reader.lines(); // who goes on after an error comes to the end
        let error = lines.next_line().await.expect_err("no text");
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert_eq!(lines.next_line().await?.as_deref(), Some("three"));
        assert_eq!(lines.next_line().await?, None);
        Ok(())
    });
}

#[test]
fn pitfall_2_a_buffer_of_many_lines_lets_the_others_have_their_turn() {
    run(async {
        let others = eagain::spawn(async {
            let mut turns = 0;
            loop {
                eagain::yield_now().await;
                turns += 1;
                if turns == 10 {
                    return;
                }
            }
        });
        let text = "line\n".repeat(10_000);
        let mut lines = BufReader::new(text.as_bytes()).lines();
        while !others.is_finished() {
            // pitfall 2: no line ever has to be waited for
            assert!(lines.next_line().await?.is_some(), "they waited for the end");
        }
        Ok(())
    });
}

#[test]
fn a_long_line_gives_its_memory_back() {
    run(async {
        let long = [vec![b'x'; 100_000], b"\nshort\n".to_vec()].concat();
        let mut reader = BufReader::new(io::Cursor::new(long));
        let mut line = String::new();
        assert_eq!(reader.read_line(&mut line).await?, 100_001);
        line.clear();
        reader.read_line(&mut line).await?;
        assert_eq!(line, "short\n");
        let (_, rest) = reader.into_parts();
        assert_eq!(rest.capacity(), 0);
        Ok(())
    });
}

#[test]
fn small_reads_are_one_of_what_is_below_and_large_ones_go_past() {
    run(async {
        let (reader, reads) = pieces(&[b"0123456789"]);
        let mut reader = BufReader::with_capacity(16, reader);
        for _ in 0..5 {
            reader.read_exact(&mut [0; 2]).await?;
        }
        assert_eq!(reads.get(), 1);
        let (inner, reads) = pieces(&[b"0123456789"]);
        let mut reader = BufReader::with_capacity(4, inner);
        assert_eq!(reader.read(&mut [0; 10]).await?, 10);
        assert_eq!(reads.get(), 1);
        Ok(())
    });
}

#[test]
fn what_was_read_ahead_goes_with_the_connection_to_the_next_protocol() {
    run(async {
        let (near, far) = unix();
        near.write(b"UPGRADE\nraw bytes").await?;
        let mut reader = BufReader::new(far);
        reader.read_line(&mut String::new()).await?;
        let (_far, rest) = reader.into_parts();
        assert_eq!(rest, b"raw bytes");
        Ok(())
    });
}

#[test]
fn a_limit_ends_a_reader_early_and_leaves_the_rest() {
    run(async {
        let mut reader = BufReader::new(&b"body, next"[..]);
        let mut body = String::new();
        (&mut reader).take(4).read_to_string(&mut body).await?;
        assert_eq!(body, "body");
        let mut rest = (&mut reader).take(3);
        assert_eq!(rest.fill_buf().await?, b", n");
        assert_eq!(rest.limit(), 3);
        rest.consume(2);
        assert_eq!(rest.fill_until(b'x').await?, 1, "and no more than that");
        rest.consume(1);
        assert_eq!((rest.read(&mut [0; 8]).await?, rest.fill_more().await?), (0, 0));
        assert_eq!(reader.buffer(), b"ext");
        Ok(())
    });
}

#[test]
fn small_writes_are_one_of_what_is_below() {
    run(async {
        let mut writer = BufWriter::with_capacity(8, Vec::new());
        writer.write_all(b"abc").await?;
        writer.write_all_vectored(&mut [IoSlice::new(b"d"), IoSlice::new(b"e")]).await?;
        assert_eq!((writer.buffer(), writer.get_ref().len()), (&b"abcde"[..], 0));
        writer.write_all(b"fghi").await?; // what is there has to go first
        assert_eq!((writer.buffer(), &writer.get_ref()[..]), (&b"fghi"[..], &b"abcde"[..]));
        writer.write_all(b"larger than the buffer").await?;
        assert!(writer.buffer().is_empty());
        writer.write_all(b"!").await?;
        writer.shutdown().await?;
        assert_eq!(writer.into_inner(), b"abcdefghilarger than the buffer!");
        Ok(())
    });
}

#[test]
fn pitfall_52_a_flush_that_is_given_up_anywhere_goes_on_where_it_was() {
    /// Takes a byte after each wait.
    #[derive(Default)]
    struct Slow(Vec<u8>);

    impl AsyncWrite for Slow {
        async fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            yield_now().await;
            self.0.extend_from_slice(&buf[..1]);
            Ok(1)
        }
        async fn shutdown(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    run(async {
        // pitfall 52
        let mut writer = BufWriter::new(Slow::default());
        writer.write_all(b"hello").await?;
        for polls in (1..4).cycle() {
            let mut flush = pin!(writer.flush());
            let mut done = false;
            for _ in 0..polls {
                done |= poll_fn(|cx| Poll::Ready(flush.as_mut().poll(cx))).await.is_ready();
                if done {
                    break;
                }
                yield_now().await;
            }
            if done {
                break;
            }
        }
        assert_eq!(writer.into_inner().0, b"hello");
        Ok(())
    });
}
