//! A real server to stand in front of. Where there is none, each test says so in one line and passes;
//! with `EAGAIN_REQUIRE_NGINX=1` it fails instead.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

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
        // Its workers may be somebody else.
        for path in [folder.path(), &root] {
            let open = Command::new("chmod").arg("755").arg(path).status();
            assert!(open.expect("chmod starts").success());
        }
        let addr = super::nowhere();
        let config = folder.path().join("nginx.conf");
        fs::write(config, configuration(folder.path(), addr)).expect("a file");
        let mut nginx = Nginx { addr, folder, child: None };
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

fn configuration(folder: &Path, addr: SocketAddr) -> String {
    let folder = folder.display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {folder}/{name};"))
        .join(" ");
    format!(
        "daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors;
         events {{ worker_connections 512; }}
         http {{ access_log off; {temporary}
             server {{ listen {addr}; root {folder}/root; keepalive_requests 100; }} }}"
    )
}
