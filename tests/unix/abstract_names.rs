//! Names that are in no file system.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::SocketAddr;

use eagain::net::{UnixListener, UnixStream};

use crate::place::{refusal, run};

#[test]
fn an_abstract_name_is_gone_with_its_listener() {
    let name = format!("eagain-{}\0-abstract", std::process::id());
    let addr = SocketAddr::from_abstract_name(&name).expect("an address");
    let listener = UnixListener::bind_addr(&addr).expect("a listener");
    run(async {
        let client = UnixStream::connect_addr(&addr).await.expect("connected");
        let named = client.peer_addr().expect("an address");
        assert_eq!(named.as_abstract_name(), Some(name.as_bytes()));
        listener.accept().await.expect("accepted");
    });
    drop(listener);
    refusal(|| UnixStream::connect_addr(&addr));
    UnixListener::bind_addr(&addr).expect("nobody has it any more");
}
