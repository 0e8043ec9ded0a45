//! Reading and writing, whatever it is that is read and written.
//!
//! [`AsyncRead`] and [`AsyncWrite`] are for code that takes any stream. Nothing of them needs
//! `Send`, and nothing is boxed: an `async fn` of the trait is an `async fn` of who implements it.
//! One method makes a reader, two make a writer; the others come with them, as in `std::io`.
//!
//! A stream of the kernel has both traits twice, as std has it: for itself, and for `&` of itself,
//! so that one half of a task reads while the other writes. Of what is shared by two tasks, `Rc`
//! has them, too: `&*shared` is the stream itself, for both directions at once.
//!
//! ```
//! use std::io;
//!
//! use eagain::Source;
//! use eagain::io::{AsyncRead, AsyncWrite};
//!
//! /// Sends back what comes, until nothing more does.
//! async fn serve<S: AsyncRead + AsyncWrite>(mut stream: S) -> io::Result<()> {
//!     let mut buf = [0; 1024];
//!     loop {
//!         match stream.read(&mut buf).await? {
//!             0 => return stream.shutdown().await,
//!             n => stream.write_all(&buf[..n]).await?,
//!         }
//!     }
//! }
//!
//! # eagain::run(async {
//! let (near, far) = std::os::unix::net::UnixStream::pair()?;
//! let (mut near, far) = (Source::new(near)?, Source::new(far)?);
//! let server = eagain::spawn(serve(far));
//! near.write_all(b"hello").await?;
//! near.shutdown().await?;
//! let mut answer = String::new();
//! near.read_to_string(&mut answer).await?;
//! assert_eq!(answer, "hello");
//! server.await??;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?.unwrap();
//! # io::Result::Ok(())
//! ```

// What they lack is a promise that their futures are `Send`, which nobody here can use.
#![allow(async_fn_in_trait)]

mod forwarding;
mod memory;
mod read;
pub(crate) mod streams;
mod write;

pub use read::AsyncRead;
pub use write::AsyncWrite;
