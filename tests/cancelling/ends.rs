//! The ends of a connection: one of the loop, one that is moved by hand.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::rc::Rc;

use eagain::net::{TcpStream, UnixStream};
use eagain::pipe::{Receiver, Sender};
use eagain::{EventLoop, Source};

use crate::tasks::{tcp_pair, unix_pair};

/// What a far end says in all, three bytes at a time; then it closes.
pub(crate) const SAID: [u8; 12] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

pub(crate) struct Ends<T> {
    pub(crate) near: T,
    far: RefCell<Option<File>>,
    said: Cell<usize>,
    /// What the near end has read by what waits.
    pub(crate) got: RefCell<Vec<u8>>,
    /// What the near end has written before, and by what waits.
    pub(crate) filler: usize,
    pub(crate) written: Cell<usize>,
    /// What the far end has read.
    pub(crate) heard: RefCell<Vec<u8>>,
}

impl<T: AsRef<Source>> Ends<T> {
    pub(crate) fn of(near: T, far: OwnedFd) -> Ends<T> {
        Ends {
            near,
            far: RefCell::new(Some(far.into())),
            said: Cell::new(0),
            got: RefCell::default(),
            filler: 0,
            written: Cell::new(0),
            heard: RefCell::default(),
        }
    }

    /// The same, seen by what `what` makes of the near end.
    pub(crate) fn by<U>(self, what: impl FnOnce(T) -> U) -> Ends<U> {
        let Ends { near, far, said, got, filler, written, heard } = self;
        Ends { near: what(near), far, said, got, filler, written, heard }
    }

    /// Says more, or closes when all was said.
    pub(crate) fn say(&self) {
        let (from, far) = (self.said.get(), &mut *self.far.borrow_mut());
        if from == SAID.len() {
            return *far = None;
        }
        self.said.set(from + 3);
        let far = far.as_mut().expect("open");
        far.write_all(&SAID[from..from + 3]).expect("room");
    }

    /// All that was said has been read, or is still to be read.
    pub(crate) async fn all_is_heard(self: Rc<Self>) {
        (0..=SAID.len() / 3).for_each(|_| self.say());
        let mut all = self.got.take();
        let mut buf = [0; 5];
        loop {
            match self.near.as_ref().read(&mut buf).await.expect("a read") {
                0 => break,
                n => all.extend_from_slice(&buf[..n]),
            }
        }
        assert_eq!(all, SAID);
    }

    /// Fills the buffers between the ends.
    pub(crate) fn full(mut self) -> Ends<T> {
        while let Some(n) = self.near.as_ref().try_write(&[0; 1 << 16]).expect("no error") {
            self.filler += n;
        }
        self
    }

    /// Reads at the far end what is there.
    pub(crate) fn hear(&self) {
        let (far, heard) = (&mut *self.far.borrow_mut(), &mut *self.heard.borrow_mut());
        match far.as_mut().expect("open").read_to_end(heard) {
            Ok(_) => panic!("it is not closed"),
            Err(e) => assert_eq!(e.kind(), ErrorKind::WouldBlock),
        }
    }

    /// What is written from now on arrives behind so much of `said`, which is what was written.
    pub(crate) async fn is_in_step(self: Rc<Self>, said: &[u8]) -> usize {
        let end = [255; 7];
        let mut sent = 0;
        while sent < end.len() {
            self.hear();
            sent += self.near.as_ref().write(&end[sent..]).await.expect("no error");
        }
        while !self.heard.borrow().ends_with(&end) {
            eagain::yield_now().await;
            self.hear();
        }
        let heard = self.heard.borrow();
        let (filler, rest) = heard.split_at(self.filler);
        let (came, _) = rest.split_at(rest.len() - end.len());
        assert!(filler == vec![0; self.filler]);
        assert!(said.starts_with(came), "{} bytes", came.len());
        came.len()
    }
}

pub(crate) fn tcp(_: &mut EventLoop) -> Ends<TcpStream> {
    let (near, far) = tcp_pair();
    far.set_nonblocking(true).expect("a socket");
    Ends::of(near, far.into())
}

pub(crate) fn unix(_: &mut EventLoop) -> Ends<Source> {
    let (near, far) = unix_pair();
    far.set_nonblocking(true).expect("a socket");
    Ends::of(near, far.into())
}

pub(crate) fn unix_stream(_: &mut EventLoop) -> Ends<UnixStream> {
    let (near, far) = std::os::unix::net::UnixStream::pair().expect("a pair");
    far.set_nonblocking(true).expect("a socket");
    Ends::of(near.try_into().expect("a stream"), far.into())
}

pub(crate) fn receiver(_: &mut EventLoop) -> Ends<Receiver> {
    let (far, near) = eagain::pipe::pipe().expect("a pipe");
    Ends::of(near, far.try_into().expect("its descriptor"))
}

pub(crate) fn sender(_: &mut EventLoop) -> Ends<Sender> {
    let (near, far) = eagain::pipe::pipe().expect("a pipe");
    Ends::of(near, far.try_into().expect("its descriptor"))
}

/// The same, shared by what reads it in its own ways.
pub(crate) fn shared(_: &mut EventLoop) -> Ends<Rc<Source>> {
    let (near, far) = unix_pair();
    far.set_nonblocking(true).expect("a socket");
    Ends::of(Rc::new(near), far.into())
}

/// A buffer that is put back when the future that fills it is dropped.
pub(crate) struct Kept<S, F: Fn(&S, Vec<u8>)> {
    pub(crate) buf: Vec<u8>,
    state: Rc<S>,
    put_back: F,
}

impl<S, F: Fn(&S, Vec<u8>)> Kept<S, F> {
    pub(crate) fn new(state: &Rc<S>, buf: Vec<u8>, put_back: F) -> Kept<S, F> {
        Kept { buf, state: state.clone(), put_back }
    }
}

impl<S, F: Fn(&S, Vec<u8>)> Drop for Kept<S, F> {
    fn drop(&mut self) {
        (self.put_back)(&self.state, std::mem::take(&mut self.buf));
    }
}
