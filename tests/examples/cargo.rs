//! Cargo as a test starts it.

use std::env;
use std::process::Command;

/// `cargo build` without what `cargo test` has said about this package: build scripts that look at
/// it, as ring's does, would run anew, and what they compile would be compiled anew, each time that
/// a test asks for an example and each time that a person builds after it.
pub(crate) fn build() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    for (name, _) in env::vars_os() {
        let said = name.to_string_lossy();
        if said.starts_with("CARGO_PKG_") || said.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo
}
