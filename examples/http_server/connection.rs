//! One connection: read, answer, send, wait.

use std::io;
use std::net::Shutdown;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use eagain::time::sleep;

use crate::files;
use crate::request::{self, Parsed, Request};
use crate::response;
use crate::server::{Buffers, Phase, Server, Watched};

/// What the slow handlers do, each in its way.
const WORK: Duration = Duration::from_millis(100);

/// With so much to be sent, what else has arrived waits.
const ENOUGH: usize = 64 * 1024;

/// Serves a connection until its end. What goes wrong on it is no concern of the others.
pub(crate) async fn serve(watched: Rc<Watched>, server: Rc<Server>) {
    let mut connection = Connection { watched, server, begun: Vec::new(), has_more: false };
    let _ = connection.talk().await;
}

struct Connection {
    watched: Rc<Watched>,
    server: Rc<Server>,
    /// What has arrived and is not answered: the beginning of a head, mostly nothing.
    begun: Vec<u8>,
    /// It was not looked at since the last answer: there may be whole requests in it.
    has_more: bool,
}

/// What has to be done next, beside sending.
enum Next {
    /// Wait for more to arrive.
    Wait,
    /// Look at what has arrived.
    GoOn,
    /// Answer this, which takes time.
    Work(Work),
    /// Say goodbye.
    Close,
    /// The client has.
    End,
}

struct Work {
    what: What,
    wants_body: bool,
    fields: &'static str,
    is_last: bool,
}

enum What {
    Async,
    Offload,
    File(String),
}

impl Connection {
    async fn talk(&mut self) -> io::Result<()> {
        loop {
            let (unsent, next) = self.answer_what_is_there()?;
            if let Some(unsent) = unsent {
                // Boxed, since the task is as large as the largest future that it awaits.
                Box::pin(send(&self.watched, &unsent)).await?;
            }
            match next {
                Next::Wait => {
                    if self.begun.is_empty() {
                        if self.server.is_draining() {
                            return Ok(());
                        }
                        self.watched.enter(Phase::Idle);
                    } else {
                        self.watched.be_in(Phase::Head); // a byte now and then gains no time
                    }
                    self.watched.stream.readable().await?;
                }
                Next::GoOn => {}
                Next::Work(work) => {
                    let is_last = work.is_last;
                    self.watched.enter(Phase::Working);
                    Box::pin(self.work(work)).await?;
                    if is_last {
                        return Box::pin(self.close()).await;
                    }
                }
                Next::Close => return Box::pin(self.close()).await,
                Next::End => return Ok(()),
            }
        }
    }

    /// Reads what has arrived, answers what can be answered at once, and sends that. What the client
    /// did not take of it is handed back.
    fn answer_what_is_there(&mut self) -> io::Result<(Option<Box<[u8]>>, Next)> {
        let server = self.server.clone();
        let Buffers { input, output } = &mut *server.buffers.borrow_mut();
        let begun = self.begun.len();
        input[..begun].copy_from_slice(&self.begun);
        let mut filled = begun;
        if !self.has_more {
            match self.watched.stream.try_read(&mut input[begun..])? {
                Some(0) => return Ok((None, Next::End)),
                Some(n) => filled += n,
                None => return Ok((None, Next::Wait)),
            }
        }
        output.clear();
        let (answered, next) = self.answer_all(&input[..filled], output);
        self.has_more = answered < filled && !matches!(next, Next::Wait);
        if begun > 0 || answered < filled {
            if answered > 0 {
                self.watched.enter(Phase::Working); // what is left is another head
            }
            self.begun = input[answered..filled].to_vec();
        }
        let sent = match output.as_slice() {
            [] => 0,
            all => self.watched.stream.try_write(all)?.unwrap_or(0),
        };
        let unsent = (sent < output.len()).then(|| output[sent..].into());
        Ok((unsent, next))
    }

    /// Answers the requests in `bytes` one after the other. Says how far that went.
    fn answer_all(&self, bytes: &[u8], output: &mut Vec<u8>) -> (usize, Next) {
        let hello = self.server.hello.borrow();
        let (mut answered, mut last): (_, &[u8]) = (0, &[]);
        while answered < bytes.len() {
            if output.len() >= ENOUGH {
                return (answered, Next::GoOn);
            }
            let rest = &bytes[answered..];
            // Who sends many at once mostly sends the same: what was just understood needs no
            // second look.
            if !last.is_empty() && rest.starts_with(last) {
                answered += last.len();
                output.extend_from_slice(&hello);
                continue;
            }
            match request::parse(rest) {
                Parsed::Partial => break,
                Parsed::Refused(refusal) => {
                    let wants_body = request::may_have_body(rest);
                    response::refuse(output, refusal, &self.server.date.borrow(), wants_body);
                    return (answered, Next::Close);
                }
                Parsed::Request(request, length) => {
                    answered += length;
                    if self.wants_hello(&request) {
                        last = &rest[..length];
                        output.extend_from_slice(&hello);
                        continue;
                    }
                    match self.answer(&request, output) {
                        Next::GoOn => {}
                        next => return (answered, next),
                    }
                }
            }
        }
        (answered, Next::Wait)
    }

    /// Whether the answer is the one that is ready.
    fn wants_hello(&self, request: &Request<'_>) -> bool {
        let is_usual = request.wants_body && request.keeps_alive && !request.is_old;
        let has_hello = self.server.root.is_none() && !self.server.is_draining();
        request.path == "/" && is_usual && has_hello
    }

    fn answer(&self, request: &Request<'_>, output: &mut Vec<u8>) -> Next {
        let is_last = !request.keeps_alive || self.server.is_draining();
        let fields = match (is_last, request.is_old) {
            (true, _) => response::CLOSE,
            (false, true) => "Connection: keep-alive\r\n",
            (false, false) => "",
        };
        let what = match request.path {
            "/async" => What::Async,
            "/offload" => What::Offload,
            path if self.server.root.is_some() => What::File(path.to_owned()),
            path => {
                let (status, body): (_, &[u8]) = match path {
                    "/" => (response::OK, b"Hello, World!"),
                    _ => (response::NOT_FOUND, b"nothing here\n"),
                };
                let date = self.server.date.borrow();
                let (kind, length) = ("text/plain", body.len() as u64);
                response::head(output, status, &date, fields, kind, length);
                if request.wants_body {
                    output.extend_from_slice(body);
                }
                return if is_last { Next::Close } else { Next::GoOn };
            }
        };
        Next::Work(Work { what, wants_body: request.wants_body, fields, is_last })
    }

    /// Answers what takes time.
    async fn work(&self, work: Work) -> io::Result<()> {
        let body: &[u8] = match work.what {
            What::Async => {
                sleep(WORK).await;
                b"awaited\n"
            }
            What::Offload => {
                eagain::offload(|| thread::sleep(WORK)).await.map_err(io::Error::other)?;
                b"done by a thread\n"
            }
            What::File(path) => {
                let file = files::Asked { path, fields: work.fields, wants_body: work.wants_body };
                return file.send(&self.watched, &self.server).await;
            }
        };
        let mut answer = Vec::new();
        let (kind, length) = ("text/plain", body.len() as u64);
        let date = self.server.date.borrow().clone();
        response::head(&mut answer, response::OK, &date, work.fields, kind, length);
        if work.wants_body {
            answer.extend_from_slice(body);
        }
        send(&self.watched, &answer).await
    }

    /// Tells the client that this was all, and reads what it still says: to close with something
    /// unread would be a reset, which takes the answer along (RFC 9112, 9.6).
    async fn close(&self) -> io::Result<()> {
        let stream = &self.watched.stream;
        self.watched.enter(Phase::Closing);
        stream.shutdown(Shutdown::Write)?;
        loop {
            match stream.try_read(&mut self.server.buffers.borrow_mut().input[..])? {
                Some(0) => return Ok(()),
                Some(_) => continue,
                None => {}
            }
            stream.readable().await?;
        }
    }
}

/// Sends all of it. Whoever takes nothing for long is given up.
pub(crate) async fn send(to: &Watched, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        to.enter(Phase::Sending);
        let n = to.stream.write(bytes).await?;
        bytes = &bytes[n..];
    }
    to.enter(Phase::Working);
    Ok(())
}
