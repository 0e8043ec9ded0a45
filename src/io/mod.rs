//! Reading and writing, whatever it is that is read and written.
//!
//! [`AsyncRead`] and [`AsyncWrite`] are for code that takes any stream. Nothing of them needs
//! `Send`, and nothing is boxed: an `async fn` of the trait is an `async fn` of who implements it.
//! One method makes a reader, two make a writer; the others come with them, as in `std::io`.
//!
//! A stream of the kernel has both traits twice, as std has it: for itself, and for `&` of itself,
//! so that one half of a task reads while the other writes. What two tasks share is
//! [`Shared`].
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
#![cfg_attr(
    feature = "futures-io",
    doc = r#"
With the feature `futures-io`, every stream has the traits of that crate as well, in the same way:

```
use eagain::net::{TcpListener, TcpStream};
use futures::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

# eagain::run(async {
let listener = TcpListener::bind("127.0.0.1:0")?;
let mut client = TcpStream::connect(listener.local_addr()?).await?;
let (server, _) = listener.accept().await?;
AsyncWriteExt::write_all(&mut client, b"hello\nworld\n").await?;
let mut line = String::new();
BufReader::new(server).read_line(&mut line).await?;
assert_eq!(line, "hello\n");
# std::io::Result::Ok(())
# })??;
# std::io::Result::Ok(())
```
"#
)]
// What they lack is a promise that their futures are `Send`, which nobody here can use.
#![allow(async_fn_in_trait)]

mod buf_read;
mod buf_reader;
mod buf_writer;
mod copy;
mod forwarding;
mod lines;
mod memory;
mod read;
mod sendfile;
mod shared;
mod splice;
pub(crate) mod streams;
mod take;
mod write;

pub use buf_read::AsyncBufRead;
pub use buf_reader::{BufReader, TooLong};
pub use buf_writer::BufWriter;
pub use copy::{copy, copy_bidirectional, copy_buf};
pub use lines::{Lines, Split};
pub use read::AsyncRead;
pub use sendfile::sendfile;
pub use shared::Shared;
pub use splice::{splice, splice_bidirectional};
pub use take::Take;
pub use write::AsyncWrite;
