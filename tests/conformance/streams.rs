//! The streams that the suite is run with.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::thread;

use eagain::net::{OwnedReadHalf, OwnedWriteHalf, TcpListener, TcpStream, UnixStream};
use eagain::{Source, pipe};
use eagain_sys::socket;

use crate::ends::{Line, Pair};

async fn tcp(address: &str) -> (TcpStream, TcpStream) {
    let address: SocketAddr = address.parse().expect("an address");
    let listener = TcpListener::bind(address).expect("a listener");
    let address = listener.local_addr().expect("an address");
    let near = TcpStream::connect(address).await.expect("a connection");
    let (far, _) = listener.accept().await.expect("the connection");
    (near, far)
}

pub(crate) struct Tcp4;

impl Pair for Tcp4 {
    type End = TcpStream;

    async fn pair() -> (TcpStream, TcpStream) {
        tcp("127.0.0.1:0").await
    }
}

pub(crate) struct Tcp6;

impl Pair for Tcp6 {
    type End = TcpStream;

    async fn pair() -> (TcpStream, TcpStream) {
        tcp("[::1]:0").await
    }
}

pub(crate) struct Unix;

impl Pair for Unix {
    type End = UnixStream;

    async fn pair() -> (UnixStream, UnixStream) {
        UnixStream::pair().expect("a pair")
    }
}

/// One half of each end.
pub(crate) struct TcpHalves;

impl Line for TcpHalves {
    type Reader = OwnedReadHalf;
    type Writer = OwnedWriteHalf;

    async fn line() -> (OwnedReadHalf, OwnedWriteHalf) {
        let (near, far) = tcp("127.0.0.1:0").await;
        (near.into_split().0, far.into_split().1)
    }
}

pub(crate) struct UnixHalves;

impl Line for UnixHalves {
    type Reader = OwnedReadHalf<UnixStream>;
    type Writer = OwnedWriteHalf<UnixStream>;

    async fn line() -> (Self::Reader, Self::Writer) {
        let (near, far) = UnixStream::pair().expect("a pair");
        (near.into_split().0, far.into_split().1)
    }
}

/// Somebody else's descriptor.
pub(crate) struct Socketpair;

impl Pair for Socketpair {
    type End = Source;

    async fn pair() -> (Source, Source) {
        let (near, far) = socket::socketpair().expect("a pair");
        (Source::new(near).expect("a source"), Source::new(far).expect("a source"))
    }
}

pub(crate) struct Pipe;

impl Line for Pipe {
    type Reader = pipe::Receiver;
    type Writer = pipe::Sender;

    async fn line() -> (pipe::Receiver, pipe::Sender) {
        let (sender, receiver) = pipe::pipe().expect("a pipe");
        (receiver, sender)
    }
}

pub(crate) struct PipeAsSource;

impl Line for PipeAsSource {
    type Reader = Source;
    type Writer = Source;

    async fn line() -> (Source, Source) {
        let (read, write) = eagain_sys::pipe::pipe2().expect("a pipe");
        (Source::new(read).expect("a source"), Source::new(write).expect("a source"))
    }
}

/// What is written to it comes back. It ends when nothing more can be written.
pub(crate) struct Child;

impl Line for Child {
    type Reader = pipe::Receiver;
    type Writer = pipe::Sender;

    async fn line() -> (pipe::Receiver, pipe::Sender) {
        let cat = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut cat = cat.expect("cat is there");
        let input = OwnedFd::from(cat.stdin.take().expect("a pipe"));
        let output = OwnedFd::from(cat.stdout.take().expect("a pipe"));
        thread::spawn(move || cat.wait()); // it ends when it likes
        (output.try_into().expect("a receiver"), input.try_into().expect("a sender"))
    }
}
