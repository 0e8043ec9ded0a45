//! Both state machines side by side, and how large they are. The compiler's keeps its arguments to
//! the end, and in each state a whole future, with what that one needs.

use std::io::{self, Write};
use std::net::SocketAddr;

use eagain::net::TcpStream;

use crate::by_hand::Fetch;
use crate::pages::{Target, Url};
use crate::{BUFFER, fetch};

/// The same function with its buffer on what looks like the stack. But it is needed again after
/// an `await`, so it is a field of the future.
async fn fetch_with_buffer(url: Url, addr: SocketAddr) -> io::Result<Vec<u8>> {
    let stream = TcpStream::connect(addr).await?;
    stream.write_all(url.request().as_bytes()).await?;
    let (mut page, mut buffer) = (Vec::new(), [0; BUFFER]);
    loop {
        let n = stream.read(&mut buffer).await?;
        if n == 0 {
            return Ok(page);
        }
        page.extend_from_slice(&buffer[..n]);
    }
}

/// Prints the table. The futures are made and measured; not being polled, they do nothing.
pub(crate) fn print((url, addr): &Target) -> io::Result<()> {
    type Stream = &'static TcpStream;
    let connect = size_of_future(TcpStream::connect::<SocketAddr>);
    let write = size_of_future(|(stream, bytes): (Stream, &'static [u8])| stream.write_all(bytes));
    let read =
        size_of_future(|(stream, page): (Stream, &'static mut Vec<u8>)| stream.read_append(page));
    let hand = size_of::<Fetch>();
    let compiler = size_of_val(&fetch(url.clone(), *addr));
    let with_buffer = size_of_val(&fetch_with_buffer(url.clone(), *addr));

    let mut out = io::stdout();
    writeln!(out, "by hand        by the compiler   what is in it")?;
    writeln!(out, "NotBegun       Unresumed         the arguments")?;
    writeln!(out, "Connecting     Suspend0          connect().await, {connect} bytes")?;
    writeln!(
        out,
        "Sending        Suspend1          write_all().await, {write} bytes, and the stream"
    )?;
    writeln!(
        out,
        "Receiving      Suspend2          read_append().await, {read} bytes, the stream and the page"
    )?;
    writeln!(out, "Done           Returned          nothing (and there is Panicked)")?;
    writeln!(out, "{hand:>3} bytes      {compiler:>3} bytes         all of it")?;
    writeln!(
        out,
        "               {with_buffer} bytes       the same with a buffer that lives across an await"
    )
}

/// The size of what a function would return, which is not called.
fn size_of_future<A, F: Future>(_: impl FnOnce(A) -> F) -> usize {
    size_of::<F>()
}
