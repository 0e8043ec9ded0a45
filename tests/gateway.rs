//! The example `gateway`, as its clients and its upstreams see it.

#[path = "gateway/bodies.rs"]
mod bodies;
#[path = "gateway/client.rs"]
mod client;
#[path = "gateway/ending.rs"]
mod ending;
mod examples;
#[path = "gateway/hostile.rs"]
mod hostile;
#[path = "gateway/nginx.rs"]
mod nginx;
#[path = "gateway/requests.rs"]
mod requests;
#[path = "gateway/restarts.rs"]
mod restarts;
#[path = "gateway/retries.rs"]
mod retries;
#[path = "gateway/upstream.rs"]
mod upstream;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::OnceLock;

use examples::Server;
use nginx::nowhere;

fn program() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| examples::example("gateway")).clone()
}

/// A gateway to these.
fn gateway(upstreams: &[SocketAddr]) -> Server {
    gateway_with(upstreams, &[])
}

fn gateway_with(upstreams: &[SocketAddr], options: &[&str]) -> Server {
    let upstreams: Vec<_> = upstreams.iter().map(SocketAddr::to_string).collect();
    let mut args = vec!["127.0.0.1:0"];
    args.extend(upstreams.iter().map(String::as_str));
    args.extend(options);
    Server::start(&program(), &args)
}
