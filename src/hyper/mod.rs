//! What `hyper` 1 asks of a runtime, with the feature `hyper`.
//!
//! hyper's connections, of servers and of clients, do not need `Send`: a service may hold an `Rc`,
//! and so may a body. [`Io`] wraps a connection, a TLS one as well; [`Executor`] runs what HTTP/2
//! spawns; [`Timer`] ends what takes too long.
//!
//! What builds on hyper may ask for more. `hyper-util`'s pooled client and its `auto` server want
//! futures that are `Send`, as `axum`, `tonic` and `reqwest` do, and the last three want tokio
//! itself: these do not run here.
//!
//! ```
//! use std::convert::Infallible;
//!
//! use eagain::hyper::{Io, Timer};
//! use eagain::net::{TcpListener, TcpStream};
//! use http_body_util::{BodyExt, Empty};
//! use hyper::body::Bytes;
//! use hyper::{Request, Response, client, server, service::service_fn};
//!
//! # eagain::run(async {
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let addr = listener.local_addr()?;
//! let server = eagain::spawn(async move {
//!     let (stream, _) = listener.accept().await?;
//!     let hello = service_fn(|_| async {
//!         Ok::<_, Infallible>(Response::new("hello\n".to_owned()))
//!     });
//!     let connection = server::conn::http1::Builder::new()
//!         .timer(Timer)
//!         .serve_connection(Io::new(stream), hello);
//!     connection.await.map_err(std::io::Error::other)
//! });
//!
//! let stream = TcpStream::connect(addr).await?;
//! let (mut sender, connection) = client::conn::http1::handshake(Io::new(stream)).await?;
//! eagain::spawn(connection).detach();
//! let request = Request::get("/").header("host", "here").body(Empty::<Bytes>::new())?;
//! let answer = sender.send_request(request).await?;
//! assert_eq!(answer.into_body().collect().await?.to_bytes(), "hello\n");
//! drop(sender); // the end of the connection
//! server.await??;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })??;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod executor;
mod io;
mod timer;

pub use executor::Executor;
pub use io::Io;
pub use timer::Timer;
