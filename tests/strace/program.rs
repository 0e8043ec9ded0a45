//! The release build of an example: debug builds of std make system calls of their own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The path of an example's program, built if it is not up to date.
///
/// # Panics
///
/// If the examples do not build, or there is none of that name.
pub(crate) fn example(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(build);
    let path = folder.join(name);
    assert!(path.exists(), "there is no example `{name}`: examples/{name}.rs is not written yet");
    path
}

/// Builds all examples, which takes no time when they are up to date; an old program would be
/// compared with a new transcript otherwise.
fn build() -> PathBuf {
    let target = target_folder();
    let done = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--examples", "--target-dir"])
        .arg(&target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo starts");
    assert!(
        done.status.success(),
        "`cargo build --release --examples` failed:\n{}",
        String::from_utf8_lossy(&done.stderr)
    );
    target.join("release/examples")
}

/// This test is `TARGET/PROFILE/deps/NAME-HASH`.
fn target_folder() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    test.ancestors().nth(3).map(Path::to_path_buf).expect("a test stands in target/PROFILE/deps")
}
