//! A file, one call after the other.

use std::fs::{Metadata, Permissions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use crate::fs::OpenOptions;
use crate::fs::handed::handed;
use crate::fs::order::{self, Done, Order};
use crate::io::{AsyncRead, AsyncWrite};

/// No more than this is read or written by one call, so that no more is copied.
const MOST: usize = 1 << 20;

/// An open file; see [the module](crate::fs) for what is behind it.
///
/// Its cursor is the kernel's, as that of std's `File`: whoever shares the description (a child, a
/// duplicate) shares it. Calls that use or move the cursor, or must see what was written, take
/// `&mut self` and are done in the order in which they were polled first, also after a future that
/// was dropped midway: what of that was begun is done before the next call begins. What a dropped
/// read has read is what the next one gives, so no byte is lost or swapped.
///
/// Dropping it closes it on this thread, which a network file system may keep for a while;
/// [`close`](File::close) does it on another one.
///
/// ```
/// # let path = std::env::temp_dir().join(format!("eagain-file-{}", std::process::id()));
/// use eagain::fs::OpenOptions;
/// use std::io::SeekFrom;
///
/// eagain::run(async {
///     let mut file = OpenOptions::new().read(true).write(true).create(true).open(&path).await?;
///     file.write_all(b"hello, world").await?;
///     file.seek(SeekFrom::Start(7)).await?;
///     let mut buf = [0; 16];
///     let n = file.read(&mut buf).await?;
///     assert_eq!(&buf[..n], b"world");
///     file.close().await
/// })??;
/// # std::fs::remove_file(path)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct File {
    file: Arc<std::fs::File>,
    order: Order,
}

impl File {
    /// Opens a file to read it: as [`OpenOptions::open`].
    #[track_caller]
    pub fn open(path: impl AsRef<Path>) -> impl Future<Output = io::Result<File>> {
        OpenOptions::new().read(true).open(path)
    }

    /// Opens a file to write it, empties it or makes it: as [`OpenOptions::open`].
    #[track_caller]
    pub fn create(path: impl AsRef<Path>) -> impl Future<Output = io::Result<File>> {
        OpenOptions::new().write(true).create(true).truncate(true).open(path)
    }

    /// Reads at the cursor and moves it, no more than 1 MiB at once. 0 is the end, unless `buf` is
    /// empty.
    ///
    /// Cancel-safe: what was read meanwhile is for the next read. One hand-off; system calls
    /// there: `read`.
    ///
    /// # Errors
    /// `EISDIR`, `EIO`; `EBADF`: it was not opened to read.
    pub async fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = buf.len().min(MOST);
        self.fetch(move |file, bytes| {
            bytes.resize(most, 0);
            let answer = (&*file).read(bytes);
            bytes.truncate(*answer.as_ref().unwrap_or(&0));
            answer
        })
        .await?;
        Ok(self.order.take(buf))
    }

    /// Reads until `buf` is full.
    ///
    /// Not cancel-safe: what was read is in `buf`, but nobody tells how much it was. A hand-off and
    /// a `read` for every MiB; errors as [`read`](File::read), and `UnexpectedEof` at the end.
    pub async fn read_exact(&mut self, buf: &mut [u8]) -> io::Result<()> {
        let mut filled = 0;
        while filled < buf.len() {
            match self.read(&mut buf[filled..]).await {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Reads from the cursor to the end, behind what `buf` holds; returns how much.
    ///
    /// Cancel-safe: what was read meanwhile is for the next read. One hand-off; system calls there:
    /// `statx`, `lseek`, `read`s.
    ///
    /// # Errors
    /// As [`read`](File::read).
    pub async fn read_to_end(&mut self, buf: &mut Vec<u8>) -> io::Result<usize> {
        let before = buf.len();
        self.order.settle().await;
        // All of it is given at once, so that nothing is lost with a `buf` that is dropped midway.
        self.fetch_more(|file, bytes| (&*file).read_to_end(bytes)).await?;
        self.order.take_all(buf);
        Ok(buf.len() - before)
    }

    /// Reads text from the cursor to the end, behind what `buf` holds; returns how many bytes.
    ///
    /// Cancel-safe, hand-offs and errors: as [`read_to_end`](File::read_to_end); `InvalidData` if it
    /// is not UTF-8, and then it is gone.
    pub async fn read_to_string(&mut self, buf: &mut String) -> io::Result<usize> {
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes).await?;
        let text = String::from_utf8(bytes)
            .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e.utf8_error()))?;
        buf.push_str(&text);
        Ok(text.len())
    }

    /// Writes at the cursor and moves it, no more than 1 MiB at once; returns how much.
    ///
    /// **Not cancel-safe**: dropped, it may be written all the same, and nobody is told. One
    /// hand-off, with a copy of `buf`; system calls there: `write`.
    ///
    /// # Errors
    /// `ENOSPC`, `EIO`, `EDQUOT`; `EBADF`: it was not opened to write.
    pub async fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let bytes = buf[..buf.len().min(MOST)].to_vec();
        self.move_cursor(move |file| (&*file).write(&bytes).map(|n| n as u64))
            .await
            .map(|n| n as usize)
    }

    /// Writes all of `buf`.
    ///
    /// **Not cancel-safe**: dropped, all of it may be written all the same, and nobody is told. One
    /// hand-off, with a copy of `buf`; system calls there: `write`s. Errors as
    /// [`write`](File::write).
    pub async fn write_all(&mut self, buf: &[u8]) -> io::Result<()> {
        let bytes = buf.to_vec();
        self.move_cursor(move |file| (&*file).write_all(&bytes).map(|()| 0)).await.map(drop)
    }

    /// Moves the cursor, and tells where it is now, from the beginning.
    ///
    /// Not cancel-safe: dropped, it may be moved all the same. One hand-off; system calls there:
    /// `lseek`.
    ///
    /// # Errors
    /// `EINVAL`: before the beginning. `ESPIPE`: this has no cursor.
    pub async fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.move_cursor(move |file| (&*file).seek(to)).await
    }

    /// Makes it so long: cut off, or filled with zeroes. The cursor stays.
    ///
    /// Dropped, it may be done all the same. One hand-off; system calls there: `ftruncate`.
    pub async fn set_len(&mut self, len: u64) -> io::Result<()> {
        self.move_cursor(move |file| file.set_len(len).map(|()| 0)).await.map(drop)
    }

    /// Waits until all that was written, and what is said of it, is on the disk.
    ///
    /// Dropped, it may be done all the same. One hand-off; system calls there: `fsync`.
    ///
    /// # Errors
    /// `EIO`, `ENOSPC`: something that was written earlier is lost. It is told once.
    pub async fn sync_all(&mut self) -> io::Result<()> {
        self.move_cursor(|file| file.sync_all().map(|()| 0)).await.map(drop)
    }

    /// The same, without what is not needed to read it again (its times).
    ///
    /// One hand-off; system calls there: `fdatasync`. Errors as [`sync_all`](File::sync_all).
    pub async fn sync_data(&mut self) -> io::Result<()> {
        self.move_cursor(|file| file.sync_data().map(|()| 0)).await.map(drop)
    }

    /// Its length, its times, behind what was written before.
    ///
    /// Cancel-safe. One hand-off; system calls there: `statx`.
    pub async fn metadata(&mut self) -> io::Result<Metadata> {
        self.order.settle().await;
        let file = self.file.clone();
        handed(move || file.metadata()).await
    }

    /// Changes who may do what.
    ///
    /// Dropped, it may be done all the same. One hand-off; system calls there: `fchmod`.
    pub async fn set_permissions(&mut self, permissions: Permissions) -> io::Result<()> {
        self.move_cursor(move |file| file.set_permissions(permissions).map(|()| 0)).await.map(drop)
    }

    /// Reads at an offset, without the cursor; no more than 1 MiB at once. Several at a time run on
    /// several threads, in no order, and beside what uses the cursor.
    ///
    /// Cancel-safe. One hand-off; system calls there: `pread64`. Errors as [`read`](File::read).
    pub async fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let (file, most) = (self.file.clone(), buf.len().min(MOST));
        let bytes = handed(move || {
            let mut bytes = vec![0; most];
            let n = file.read_at(&mut bytes, offset)?;
            bytes.truncate(n);
            Ok(bytes)
        });
        let bytes = bytes.await?;
        buf[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }

    /// Writes all of `buf` at an offset, without the cursor; in no order with anything else.
    ///
    /// **Not cancel-safe**: dropped, it may be written all the same. One hand-off, with a copy of
    /// `buf`; system calls there: `pwrite64`s. Errors as [`write`](File::write).
    pub async fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        let (file, bytes) = (self.file.clone(), buf.to_vec());
        handed(move || file.write_all_at(&bytes, offset)).await
    }

    /// Closes it, when what was begun is done, on another thread. What the disk makes of what was
    /// written is for [`sync_all`](File::sync_all) to tell.
    ///
    /// Dropped, it is closed by the time all of it is done. One hand-off; system calls there:
    /// `close`.
    pub async fn close(mut self) -> io::Result<()> {
        self.order.settle().await;
        let file = self.file;
        handed(move || {
            drop(file);
            Ok(())
        })
        .await
    }

    /// As a file of std, when what was begun is done.
    ///
    /// System calls: none; `fcntl` if a [`read_at`](File::read_at) still has it.
    pub async fn into_std(mut self) -> io::Result<std::fs::File> {
        self.order.settle().await;
        Arc::try_unwrap(self.file).or_else(|shared| shared.try_clone())
    }

    /// Sees to it that something that was read is there, if there is anything to read.
    async fn fetch(
        &mut self,
        read: impl FnOnce(&std::fs::File, &mut Vec<u8>) -> io::Result<usize> + Send + 'static,
    ) -> io::Result<()> {
        self.order.settle().await;
        if self.order.is_ahead() { Ok(()) } else { self.fetch_more(read).await }
    }

    /// Reads, behind what was read before.
    async fn fetch_more(
        &mut self,
        read: impl FnOnce(&std::fs::File, &mut Vec<u8>) -> io::Result<usize> + Send + 'static,
    ) -> io::Result<()> {
        let file = self.file.clone();
        let work = move || {
            let mut bytes = Vec::new();
            let answer = read(&file, &mut bytes).map(|n| n as u64);
            Done { answer, bytes: order::Read::More(bytes) }
        };
        self.order.next(work).await.map(drop)
    }

    /// Does what has to begin where the last read that was given has ended.
    async fn move_cursor(
        &mut self,
        call: impl FnOnce(&std::fs::File) -> io::Result<u64> + Send + 'static,
    ) -> io::Result<u64> {
        self.order.settle().await;
        let (file, ahead) = (self.file.clone(), self.order.ahead());
        let work = move || {
            let back = if ahead == 0 { Ok(0) } else { (&*file).seek(SeekFrom::Current(-ahead)) };
            Done { answer: back.and_then(|_| call(&file)), bytes: order::Read::Undone }
        };
        self.order.next(work).await
    }
}

impl From<std::fs::File> for File {
    fn from(file: std::fs::File) -> File {
        File { file: Arc::new(file), order: Order::new() }
    }
}

impl AsFd for File {
    /// For calls of one's own, which know nothing of the order here.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// As its own methods. What it has of cancel-safety is said there: a read has it, a write has not,
/// since a thread may be in the middle of it.
impl AsyncRead for File {
    async fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        File::read(self, buf).await
    }
}

/// As its own methods. **A write is not cancel-safe**, as it is elsewhere: a thread may be in the
/// middle of it. Nothing is kept that would have to be flushed; `shutdown` waits until what was begun
/// is done.
impl AsyncWrite for File {
    async fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        File::write(self, buf).await
    }

    async fn write_all(&mut self, buf: &[u8]) -> io::Result<()> {
        File::write_all(self, buf).await
    }

    async fn shutdown(&mut self) -> io::Result<()> {
        self.order.settle().await;
        Ok(())
    }
}
