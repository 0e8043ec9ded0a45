//! Which file, and its bytes.
//!
//! The kernel says of every regular file that it is ready, and then lets `read` wait for the disk.
//! So a thread of the pool opens it and reads it, piece by piece: a client that does not take one
//! piece has no other read for it.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use eagain_sys::errno;

use crate::connection::send;
use crate::response::{self, Status};
use crate::server::{Server, Watched};

const PIECE: u64 = 64 * 1024;

/// The directory whose files are served.
pub(crate) fn root(dir: &str) -> io::Result<PathBuf> {
    let root = Path::new(dir).canonicalize()?;
    match root.is_dir() {
        true => Ok(root),
        false => Err(io::Error::new(io::ErrorKind::NotADirectory, "not a directory")),
    }
}

/// A request for a file.
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) fields: &'static str,
    pub(crate) wants_body: bool,
}

/// What there is to be had.
enum Found {
    File(File, u64, &'static str),
    /// A directory: its name ends with a slash.
    Elsewhere(String),
    Nothing,
}

impl Asked {
    /// Sends the file, or why not.
    pub(crate) async fn send(self, to: &Watched, server: &Server) -> io::Result<()> {
        let root = server.root.clone().unwrap_or_default();
        let path = self.path.clone();
        let found = eagain::offload(move || find(&root, &path)).await.map_err(io::Error::other)?;
        let (file, length, kind) = match found {
            Ok(Found::File(file, length, kind)) => (file, length, kind),
            Ok(Found::Elsewhere(to_where)) => {
                let fields = format!("{}Location: {to_where}\r\n", self.fields);
                return self
                    .tell(to, server, response::MOVED, &fields, "it is a directory\n")
                    .await;
            }
            Ok(Found::Nothing) => {
                let fields = self.fields;
                return self.tell(to, server, response::NOT_FOUND, fields, "nothing here\n").await;
            }
            Err(_) => {
                let fields = self.fields;
                return self.tell(to, server, response::FAILED, fields, "cannot be read\n").await;
            }
        };
        let mut head = Vec::new();
        let date = server.date.borrow().clone();
        response::head(&mut head, response::OK, &date, self.fields, kind, length);
        send(to, &head).await?;
        if self.wants_body { send_file(to, file, length).await } else { Ok(()) }
    }

    async fn tell(
        &self,
        to: &Watched,
        server: &Server,
        status: Status,
        fields: &str,
        body: &str,
    ) -> io::Result<()> {
        let mut answer = Vec::new();
        let date = server.date.borrow().clone();
        response::head(&mut answer, status, &date, fields, "text/plain", body.len() as u64);
        if self.wants_body {
            answer.extend_from_slice(body.as_bytes());
        }
        send(to, &answer).await
    }
}

async fn send_file(to: &Watched, mut file: File, mut left: u64) -> io::Result<()> {
    while left > 0 {
        let read = eagain::offload(move || {
            let mut piece = Vec::new();
            let read = file.by_ref().take(PIECE.min(left)).read_to_end(&mut piece);
            read.map(|_| (file, piece))
        });
        let (rest, piece) = read.await.map_err(io::Error::other)??;
        if piece.is_empty() {
            // It shrank. The client was promised more, and learns it by the end.
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        send(to, &piece).await?;
        left -= piece.len() as u64;
        file = rest;
    }
    Ok(())
}

/// Looks a path up, on a thread of the pool.
fn find(root: &Path, path: &str) -> io::Result<Found> {
    let Some(relative) = decode(path) else { return Ok(Found::Nothing) };
    let Some(file) = within(root, &root.join(relative))? else { return Ok(Found::Nothing) };
    if !file.is_dir() {
        return open(&file);
    }
    if !path.ends_with('/') {
        // With two slashes in front it would be a host's name.
        return Ok(Found::Elsewhere(format!("/{}/", path.trim_start_matches('/'))));
    }
    within(root, &file.join("index.html"))?.map_or(Ok(Found::Nothing), |file| open(&file))
}

/// Where that really is, if it is there, and no link leads out.
fn within(root: &Path, path: &Path) -> io::Result<Option<PathBuf>> {
    match path.canonicalize() {
        Ok(file) => Ok(file.starts_with(root).then_some(file)),
        Err(e) if is_no_name(&e) => Ok(None),
        Err(e) => Err(e),
    }
}

/// Whether that says no more than that nothing has such a name.
fn is_no_name(e: &io::Error) -> bool {
    let is_kind = matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
    is_kind || matches!(e.raw_os_error(), Some(errno::ENAMETOOLONG | errno::ELOOP))
}

fn open(path: &Path) -> io::Result<Found> {
    // To open a pipe or a device could keep the thread for ever.
    match path.metadata() {
        Ok(about) if about.is_file() => {}
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => return Ok(Found::Nothing),
    }
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    Ok(Found::File(file, length, kind(path)))
}

/// What a path of HTTP means here: `%20` is a space, and there is no way up.
fn decode(path: &str) -> Option<PathBuf> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.trim_start_matches('/').bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                (digit()? * 16 + digit()?) as u8
            }
            byte => byte,
        });
    }
    let path = PathBuf::from(String::from_utf8(bytes).ok().filter(|path| !path.contains('\0'))?);
    path.components().all(|part| matches!(part, Component::Normal(_))).then_some(path)
}

fn kind(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html" | "htm") => "text/html; charset=utf-8",
        Some("css") => "text/css",
        Some("js" | "mjs") => "text/javascript",
        Some("json") => "application/json",
        Some("txt" | "md" | "rs" | "toml") => "text/plain; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("gif") => "image/gif",
        Some("ico") => "image/x-icon",
        Some("pdf") => "application/pdf",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}
