//! Files: each call is a hand-off, one after the other, also when futures are dropped midway.

mod tasks;

use std::fs::{self as std_fs, Permissions};
use std::future::poll_fn;
use std::io::{ErrorKind, SeekFrom};
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::task::Poll;

use eagain::fs::{self, File, OpenOptions};
use eagain::io::{AsyncRead, AsyncWrite};
use eagain::pipe::{Sender, make_named};
use eagain::time::timeout;
use eagain::{EventLoop, errno, offload, run, try_join, yield_now};
use tasks::PATIENCE;
use tempfile::TempDir;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    (folder, path)
}

/// Once.
async fn polled<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

async fn read_and_write(path: &PathBuf) -> File {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).open(path).await.expect("a file")
}

/// A loop in which a second hand-off has to wait for the first.
fn one_thread() -> EventLoop {
    EventLoop::builder().offload_threads(1).build().expect("a loop")
}

#[test]
fn what_is_written_can_be_read_from_where_it_was_sought() {
    let (_folder, path) = folder();
    run(async {
        let mut file = read_and_write(&path).await;
        file.write_all(b"hello, ").await.expect("room");
        assert_eq!(file.write(b"world").await.expect("room"), 5);
        assert_eq!(file.seek(SeekFrom::Start(7)).await.expect("it has a cursor"), 7);
        let mut buf = [0; 3];
        assert_eq!(file.read(&mut buf).await.expect("a read"), 3);
        assert_eq!(&buf, b"wor");
        let mut rest = String::new();
        assert_eq!(file.read_to_string(&mut rest).await.expect("a read"), 2);
        assert_eq!(rest, "ld");
        assert_eq!(file.read(&mut buf).await.expect("a read"), 0);
        file.sync_all().await.expect("a disk");
        file.sync_data().await.expect("a disk");
        file.set_len(5).await.expect("a change");
        assert_eq!(file.metadata().await.expect("it is open").len(), 5);
        file.close().await.expect("a close");
        assert_eq!(fs::read(&path).await.expect("a read"), b"hello");
    })
    .expect("a loop");
}

#[test]
fn at_an_offset_the_cursor_has_no_part() {
    let (_folder, path) = folder();
    run(async {
        let mut file = read_and_write(&path).await;
        file.write_all(b"0123456789").await.expect("room");
        let (mut one, mut other) = ([0; 4], [0; 4]);
        let both = try_join!(file.read_at(&mut one, 0), file.read_at(&mut other, 8));
        assert_eq!(both.expect("two reads"), (4, 2));
        assert_eq!((&one, &other[..2]), (b"0123", &b"89"[..]));
        file.write_all_at(b"ab", 1).await.expect("room");
        assert_eq!(file.read(&mut one).await.expect("a read"), 0, "the cursor is at the end");
        assert_eq!(std_fs::read(&path).expect("a read"), b"0ab3456789");
    })
    .expect("a loop");
}

/// Each of the loop's one thread.
#[test]
fn a_call_that_has_not_begun_is_taken_back() {
    let (_folder, path) = folder();
    one_thread()
        .block_on(async {
            let mut file = read_and_write(&path).await;
            let (let_go, wait) = std::sync::mpsc::channel::<()>();
            let busy = offload(move || wait.recv().is_err());
            {
                let mut write = pin!(file.write_all(b"never"));
                assert!(polled(write.as_mut()).await.is_pending());
            }
            let_go.send(()).expect("the thread waits");
            busy.await.expect("no panic");
            file.write_all(b"ever").await.expect("room");
            assert_eq!(fs::read(&path).await.expect("a read"), b"ever");
        })
        .expect("a run");
}

/// A named pipe stands for a disk that takes its time: a call on it hangs until we let it go on.
#[test]
fn pitfall_52_what_a_dropped_read_had_begun_is_for_the_next_one() {
    let (_folder, path) = folder();
    make_named(&path, 0o600).expect("a pipe");
    let slow = async {
        let (file, sender) = try_join!(File::open(&path), Sender::open(&path)).expect("both ends");
        let mut file = file;
        {
            let mut buf = [0; 8];
            let mut read = pin!(file.read(&mut buf));
            assert!(polled(read.as_mut()).await.is_pending());
            // A thread is in the call: that can be told by what it takes.
            sender.write_all(b"abcdefgh").await.expect("room");
            while eagain_sys::descriptor::unread(sender.as_ref().fd().expect("open").as_fd())
                .expect("a pipe")
                > 0
            {
                yield_now().await;
            }
        }
        sender.write_all(b"ijkl").await.expect("room");
        drop(sender);
        let mut piece = [0; 3];
        assert_eq!(file.read(&mut piece).await.expect("a read"), 3);
        assert_eq!(&piece, b"abc"); // pitfall 52
        let mut rest = Vec::new();
        file.read_to_end(&mut rest).await.expect("a read");
        assert_eq!(rest, b"defghijkl");
    };
    run(async { timeout(PATIENCE, slow).await.expect("it does not hang") }).expect("a loop");
}

#[test]
fn text_that_nobody_waited_for_is_for_the_next_read() {
    let (_folder, path) = folder();
    make_named(&path, 0o600).expect("a pipe");
    let slow = async {
        let (mut file, sender) = try_join!(File::open(&path), Sender::open(&path)).expect("both");
        let unread = |sender: &Sender| {
            let fd = sender.as_ref().fd().expect("open");
            eagain_sys::descriptor::unread(fd.as_fd()).expect("a pipe")
        };
        {
            let mut buf = [0; 8];
            let mut read = pin!(file.read(&mut buf));
            assert!(polled(read.as_mut()).await.is_pending());
            sender.write_all(b"abc").await.expect("room");
            while unread(&sender) > 0 {
                yield_now().await;
            }
        }
        {
            let mut text = String::new();
            let mut read = pin!(file.read_to_string(&mut text));
            // The first read is settled, and its bytes are there, when this one is begun.
            sender.write_all(b"def").await.expect("room");
            while unread(&sender) > 0 {
                assert!(polled(read.as_mut()).await.is_pending());
                yield_now().await;
            }
        }
        drop(sender);
        let mut text = String::new();
        assert_eq!(file.read_to_string(&mut text).await.expect("a read"), 6);
        assert_eq!(text, "abcdef");
    };
    run(async { timeout(PATIENCE, slow).await.expect("it does not hang") }).expect("a loop");
}

#[test]
fn a_write_begins_where_the_last_read_that_was_given_has_ended() {
    let (_folder, path) = folder();
    run(async {
        std_fs::write(&path, b"0123456789").expect("room");
        let mut file = read_and_write(&path).await;
        {
            // Dropped when it may have begun or not; it has read all, or nothing.
            let mut buf = [0; 64];
            let mut read = pin!(file.read(&mut buf));
            if polled(read.as_mut()).await.is_ready() {
                return; // the thread was faster, and nothing was dropped
            }
            offload(|| ()).await.expect("no panic");
        }
        let mut piece = [0; 4];
        file.read_exact(&mut piece).await.expect("there is so much");
        assert_eq!(&piece, b"0123");
        file.write_all(b"ab").await.expect("room");
        assert_eq!(file.seek(SeekFrom::Current(0)).await.expect("a cursor"), 6);
        assert_eq!(std_fs::read(&path).expect("a read"), b"0123ab6789");
    })
    .expect("a loop");
}

#[test]
fn writes_stay_in_order_whatever_is_dropped() {
    let (_folder, path) = folder();
    run(async {
        let mut file = read_and_write(&path).await;
        for round in 0..200u8 {
            let line = [round; 8];
            let mut write = pin!(file.write_all(&line));
            // Most are dropped at once, whether a thread has begun or not.
            let done = polled(write.as_mut()).await.is_ready();
            if !done && round % 5 == 0 {
                write.await.expect("room");
            }
        }
        file.close().await.expect("a close");
        let all = std_fs::read(&path).expect("a read");
        let rounds: Vec<u8> = all.chunks(8).map(|line| line[0]).collect();
        assert!(all.chunks(8).all(|line| line == [line[0]; 8]), "no line is torn");
        assert!(rounds.is_sorted(), "{rounds:?}");
        assert!((0..200).step_by(5).all(|round| rounds.contains(&round)), "{rounds:?}");
    })
    .expect("a loop");
}

#[test]
fn a_folder_of_any_size_is_listed_in_batches() {
    let (folder, _) = folder();
    for n in 0..300 {
        std_fs::write(folder.path().join(n.to_string()), "").expect("room");
    }
    std_fs::create_dir(folder.path().join("a folder")).expect("room");
    run(async {
        let mut entries = fs::read_dir(folder.path()).await.expect("a folder");
        let mut names = Vec::new();
        loop {
            // A wait that is dropped loses no entry.
            {
                let mut next = pin!(entries.next_entry());
                if let Poll::Ready(entry) = polled(next.as_mut()).await {
                    let Some(entry) = entry.expect("an entry") else { break };
                    assert_eq!(entry.path(), folder.path().join(entry.file_name()));
                    assert_eq!(entry.file_type().is_dir(), entry.file_name() == "a folder");
                    names.push(entry.file_name().to_owned());
                    continue;
                }
            }
            yield_now().await;
        }
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 301);
    })
    .expect("a loop");
}

#[test]
fn paths_are_made_renamed_copied_and_removed() {
    let (folder, path) = folder();
    let inner = folder.path().join("one/other");
    let answer = run(async {
        fs::create_dir_all(&inner).await?;
        fs::create_dir(inner.join("third")).await?;
        fs::write(&path, "hello").await?;
        assert_eq!(fs::copy(&path, inner.join("copy")).await?, 5);
        fs::rename(inner.join("copy"), inner.join("renamed")).await?;
        assert_eq!(fs::read_to_string(inner.join("renamed")).await?, "hello");
        fs::symlink(&path, inner.join("link")).await?;
        assert_eq!(fs::read_link(inner.join("link")).await?, path);
        assert_eq!(fs::canonicalize(inner.join("link")).await?, fs::canonicalize(&path).await?);
        assert!(fs::symlink_metadata(inner.join("link")).await?.is_symlink());
        assert!(fs::metadata(inner.join("link")).await?.is_file());
        fs::set_permissions(&path, Permissions::from_mode(0o600)).await?;
        fs::hard_link(&path, inner.join("second")).await?;
        fs::remove_file(&path).await?;
        assert!(!fs::try_exists(&path).await?);
        fs::remove_dir(inner.join("third")).await?;
        fs::remove_dir_all(folder.path().join("one")).await?;
        assert!(!fs::try_exists(&inner).await?);
        std::io::Result::Ok(())
    });
    answer.expect("a loop").expect("no error");
}

#[test]
fn an_error_is_that_of_the_call() {
    let (_folder, path) = folder();
    run(async {
        let error = File::open(&path).await.expect_err("it is not there");
        assert_eq!(error.raw_os_error(), Some(errno::ENOENT));
        let mut file = File::create(&path).await.expect("room");
        let error = file.read(&mut [0; 8]).await.expect_err("it is not open to read");
        assert_eq!(error.raw_os_error(), Some(errno::EBADF));
        let mut file = File::open(&path).await.expect("it is there");
        let error = file.read_exact(&mut [0; 8]).await.expect_err("it is empty");
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    })
    .expect("a loop");
}

#[test]
fn a_file_is_a_reader_and_a_writer_like_others() {
    async fn say(mut to: impl AsyncWrite) -> std::io::Result<()> {
        to.write_all(b"one\n").await?;
        to.shutdown().await
    }
    async fn hear(mut from: impl AsyncRead) -> std::io::Result<Vec<u8>> {
        let mut all = Vec::new();
        from.read_to_end(&mut all).await?;
        Ok(all)
    }
    let (_folder, path) = folder();
    let heard = run(async {
        say(File::create(&path).await?).await?;
        hear(File::open(&path).await?).await
    });
    assert_eq!(heard.expect("a loop").expect("no error"), b"one\n");
}

#[test]
fn a_file_of_std_comes_and_goes() {
    let (_folder, path) = folder();
    std_fs::write(&path, "hello").expect("room");
    run(async {
        let mut file = File::from(std_fs::File::open(&path).expect("it is there"));
        file.seek(SeekFrom::Start(1)).await.expect("a cursor");
        let mut file = file.into_std().await.expect("a file");
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut file, &mut rest).expect("text");
        assert_eq!(rest, "ello");
    })
    .expect("a loop");
}
