//! What a stream has to be for the suite.

use std::io::{self, IoSlice, IoSliceMut};
use std::time::Duration;

use eagain::io::{AsyncRead, AsyncWrite};
use eagain::{EventLoop, Source, yield_now};

/// The reading end, shared by whoever tries to read it.
pub(crate) trait Reads: AsRef<Source> + 'static {
    async fn read(&self, buf: &mut [u8]) -> io::Result<usize>;
    async fn read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize>;
    async fn read_append(&self, buf: &mut Vec<u8>) -> io::Result<usize>;
    async fn read_to_end(&self, buf: &mut Vec<u8>) -> io::Result<usize>;
}

impl<T: AsRef<Source> + 'static> Reads for T
where
    for<'a> &'a T: AsyncRead,
{
    async fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        AsyncRead::read(&mut &*self, buf).await
    }

    async fn read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        AsyncRead::read_vectored(&mut &*self, bufs).await
    }

    async fn read_append(&self, buf: &mut Vec<u8>) -> io::Result<usize> {
        AsyncRead::read_append(&mut &*self, buf).await
    }

    async fn read_to_end(&self, buf: &mut Vec<u8>) -> io::Result<usize> {
        AsyncRead::read_to_end(&mut &*self, buf).await
    }
}

/// The writing end.
pub(crate) trait Writes: AsRef<Source> + 'static {
    async fn write(&self, buf: &[u8]) -> io::Result<usize>;
    async fn write_all(&self, buf: &[u8]) -> io::Result<()>;
    async fn write_all_vectored(&self, bufs: &mut [IoSlice<'_>]) -> io::Result<()>;
    async fn shutdown(&self) -> io::Result<()>;
}

impl<T: AsRef<Source> + 'static> Writes for T
where
    for<'a> &'a T: AsyncWrite,
{
    async fn write(&self, buf: &[u8]) -> io::Result<usize> {
        AsyncWrite::write(&mut &*self, buf).await
    }

    async fn write_all(&self, buf: &[u8]) -> io::Result<()> {
        AsyncWrite::write_all(&mut &*self, buf).await
    }

    async fn write_all_vectored(&self, bufs: &mut [IoSlice<'_>]) -> io::Result<()> {
        AsyncWrite::write_all_vectored(&mut &*self, bufs).await
    }

    async fn shutdown(&self) -> io::Result<()> {
        AsyncWrite::shutdown(&mut &*self).await
    }
}

/// Something with two ends: what is written to the second is read from the first.
pub(crate) trait Line {
    type Reader: Reads;
    type Writer: Writes;

    async fn line() -> (Self::Reader, Self::Writer);
}

/// One that goes both ways.
pub(crate) trait Pair {
    type End: Reads + Writes;

    async fn pair() -> (Self::End, Self::End);
}

impl<P: Pair> Line for P {
    type Reader = P::End;
    type Writer = P::End;

    async fn line() -> (P::End, P::End) {
        P::pair().await
    }
}

/// Nothing that a test waits for takes so long, on any machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a behaviour; nothing of it stays behind.
pub(crate) fn run(behaviour: impl Future<Output = io::Result<()>>) {
    let mut event_loop = EventLoop::new().expect("a loop");
    let begin = event_loop.counts();
    let ended = event_loop.block_on(eagain::time::timeout(PATIENCE, behaviour)).expect("a run");
    ended.expect("it hangs").expect("no error");
    let end = event_loop.counts();
    assert_eq!((end.tasks, end.timers, end.sources), (0, begin.timers, begin.sources));
}

/// Lets the loop sleep with what a behaviour has left: nothing of it keeps it awake.
pub(crate) fn run_and_sleep<T>(behaviour: impl Future<Output = io::Result<T>>) {
    let mut event_loop = EventLoop::new().expect("a loop");
    let ended = event_loop.block_on(eagain::time::timeout(PATIENCE, behaviour)).expect("a run");
    let ends = ended.expect("it hangs").expect("no error");
    event_loop.block_on(settle()).expect("a run"); // what was on its way
    let turns = event_loop.counts().turns;
    event_loop.block_on(eagain::time::sleep(Duration::from_millis(2))).expect("a run");
    let turns = event_loop.counts().turns - turns;
    assert!(turns <= 3, "{turns} turns instead of one long sleep");
    drop(ends);
}

/// Lets everybody run who can, a few times.
pub(crate) async fn settle() {
    for _ in 0..10 {
        yield_now().await;
    }
}

/// More than the kernel keeps between two ends.
pub(crate) const MUCH: usize = 16 << 20;

/// Numbers that tell where they stand.
pub(crate) fn numbers(count: usize) -> Vec<u8> {
    let mut numbers = (0..251).collect::<Vec<u8>>().repeat(count / 251 + 1);
    numbers.truncate(count);
    numbers
}

/// Fills what lies between the ends; returns how much that took.
pub(crate) async fn fill(writer: &impl AsRef<Source>) -> usize {
    let mut sum = 0;
    loop {
        let before = sum;
        while let Some(n) = writer.as_ref().try_write(&[0; 1 << 16]).expect("no error") {
            sum += n;
        }
        if sum == before {
            return sum;
        }
        settle().await; // the kernel may make room by moving it on
    }
}
