//! The connections to the server.

use std::error::Error;
use std::net::SocketAddr;
use std::rc::Rc;

use eagain::net::TcpStream;
use eagain::sync::Semaphore;

use crate::limits::Sources;

/// So many connect at the same time; the listener's queue has room for them.
const AT_ONCE: usize = 256;

/// So many connections.
pub(crate) type Clients = Vec<Rc<TcpStream>>;

/// Opens all of them.
pub(crate) async fn connect(
    n: usize,
    to: SocketAddr,
    from: Sources,
) -> Result<Clients, Box<dyn Error>> {
    let places = Rc::new(Semaphore::new(AT_ONCE));
    let mut connecting = Vec::with_capacity(n);
    for number in 0..n {
        let place = places.clone().acquire_owned().await?;
        let task = async move {
            let mut builder = TcpStream::builder().nodelay(true);
            if let Some(source) = from.of(number) {
                builder = builder.source(source);
            }
            let stream = builder.connect(to).await;
            drop(place);
            stream
        };
        connecting.push(eagain::spawn(task));
    }
    let mut clients = Vec::with_capacity(n);
    for (number, task) in connecting.into_iter().enumerate() {
        let stream = task.await?.map_err(|e| format!("connection {number} of {n}: {e}"))?;
        clients.push(Rc::new(stream));
    }
    Ok(clients)
}

/// Sends on all of them at once something that no other one sends, and waits for all echoes. Returns
/// what was not as it should be.
pub(crate) async fn echo(clients: &[Rc<TcpStream>]) -> Vec<String> {
    let talking: Vec<_> = clients
        .iter()
        .cloned()
        .enumerate()
        .map(|(number, stream)| eagain::spawn(one_echo(number, stream)))
        .collect();
    let mut wrong = Vec::new();
    for task in talking {
        match task.await {
            Ok(Ok(())) => {}
            Ok(Err(why)) => wrong.push(why),
            Err(panic) => wrong.push(panic.to_string()),
        }
    }
    wrong
}

async fn one_echo(number: usize, stream: Rc<TcpStream>) -> Result<(), String> {
    let told = format!("{number:064}");
    let of = |e| format!("connection {number}: {e}");
    stream.write_all(told.as_bytes()).await.map_err(of)?;
    let mut heard = 0;
    while heard < told.len() {
        let expected = &told.as_bytes()[heard..];
        // From the loop's own buffer: while it waits, a connection holds none.
        let n = stream
            .read_with(|bytes| expected.starts_with(bytes).then_some(bytes.len()))
            .await
            .map_err(of)?;
        match n {
            None => return Err(format!("connection {number}: something else came back")),
            Some(0) => return Err(format!("connection {number}: closed by the server")),
            Some(n) => heard += n,
        }
    }
    Ok(())
}
