//! A real server to stand in front of, or behind. Where there is none, each test says so in one line
//! and passes; with `EAGAIN_REQUIRE_NGINX=1` it fails instead.

// Each test has its use for it.
#![allow(dead_code)]

use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::{fs, mem};

use eagain_sys::socket;

use super::examples::eventually;

/// Where it is: Debian keeps servers where not everybody looks.
fn program() -> Option<&'static str> {
    let places = ["nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx"];
    let starts = |place: &&str| {
        let version = Command::new(place).arg("-v").stderr(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    };
    places.into_iter().find(starts)
}

/// Where nobody listens, nor will: the port stays taken.
pub(crate) fn nowhere() -> SocketAddr {
    let (port, addr) = port(false);
    mem::forget(port);
    addr
}

/// A port of one's own at which nobody listens yet; one may, if it is shared.
fn port(is_shared: bool) -> (OwnedFd, SocketAddr) {
    let any = "127.0.0.1:0".parse().expect("an address");
    let port = socket::tcp(&any).expect("a socket");
    socket::set_reuse_port(port.as_fd(), is_shared).expect("an option");
    socket::bind(port.as_fd(), &any).expect("a port");
    let addr = socket::local(port.as_fd()).expect("its address");
    (port, addr)
}

/// Whether there is one.
pub(crate) fn is_here() -> bool {
    if program().is_some() {
        return true;
    }
    let why = "there is no nginx here (apt-get install nginx-light)";
    let is_required = std::env::var_os("EAGAIN_REQUIRE_NGINX").is_some_and(|v| v == "1");
    assert!(!is_required, "EAGAIN_REQUIRE_NGINX=1, but {why}");
    println!("skipped: {why}");
    false
}

/// A server that can be stopped and started again, on the same port.
pub(crate) struct Nginx {
    pub(crate) addr: SocketAddr,
    folder: tempfile::TempDir,
    child: Option<Child>,
    /// Nobody else gets it while this one is stopped.
    _port: OwnedFd,
}

impl Nginx {
    /// Serves these files.
    pub(crate) fn start(files: &[(&str, &[u8])]) -> Nginx {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("root");
        fs::create_dir(&root).expect("a folder");
        for (name, bytes) in files {
            fs::write(root.join(name), bytes).expect("a file");
        }
        Nginx::configured(folder, &format!("root {}; keepalive_requests 100;", root.display()), "")
    }

    /// Passes on to another server, to which it keeps its connections.
    pub(crate) fn in_front_of(server: SocketAddr) -> Nginx {
        let folder = tempfile::tempdir().expect("a folder");
        let upstream = format!("upstream behind {{ server {server}; keepalive 8; }}");
        let pass = "location / { proxy_pass http://behind; proxy_http_version 1.1;
             proxy_set_header Connection \"\"; }";
        Nginx::configured(folder, pass, &upstream)
    }

    fn configured(folder: tempfile::TempDir, what: &str, beside: &str) -> Nginx {
        // Its workers may be somebody else.
        let open = Command::new("chmod").args(["-R", "a+rX"]).arg(folder.path()).status();
        assert!(open.expect("chmod starts").success());
        let (port, addr) = port(true);
        let config = folder.path().join("nginx.conf");
        let server = format!("server {{ listen {addr} reuseport; {what} }}");
        let text = configuration(folder.path(), &format!("{beside} {server}"));
        fs::write(config, text).expect("a file");
        let mut nginx = Nginx { addr, folder, child: None, _port: port };
        nginx.again();
        nginx
    }

    /// Starts it, and waits until it listens.
    pub(crate) fn again(&mut self) {
        let folder = self.folder.path();
        let child = Command::new(program().expect("it is here"))
            .arg("-c")
            .arg(folder.join("nginx.conf"))
            .arg("-p")
            .arg(folder)
            .stderr(Stdio::null())
            .spawn();
        self.child = Some(child.expect("nginx starts"));
        let addr = self.addr;
        eventually("nginx listens", || TcpStream::connect(addr).is_ok());
    }

    /// Ends it at once, whatever it is doing.
    pub(crate) fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let killed = Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status();
        assert!(killed.expect("kill starts").success());
        child.wait().expect("a child can be waited for");
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status();
            let _ = child.wait();
        }
    }
}

fn configuration(folder: &Path, http: &str) -> String {
    let folder = folder.display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {folder}/{name};"))
        .join(" ");
    format!(
        "daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors;
         events {{ worker_connections 512; }}
         http {{ access_log off; {temporary} {http} }}"
    )
}
