//! The release build of an example: debug builds of std make system calls of their own.

// Some tests mount the other module, too, that has it.
#[allow(clippy::duplicate_mod)]
#[path = "../examples/cargo.rs"]
mod cargo;

use std::path::{Path, PathBuf};

/// The path of an example's program. It is built if it is not up to date, since an old program
/// says nothing about the code beside it; otherwise that takes no time.
///
/// # Panics
///
/// If there is no such example, or it does not build.
pub(crate) fn example(name: &str) -> PathBuf {
    let source = format!("examples/{name}.rs");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(
        folder.join(&source).exists(),
        "{source} does not exist: when it is written, `make strace-bless` records what it does"
    );
    let target = target_folder();
    let done = cargo::build()
        .args(["--release", "--example", name, "--target-dir"])
        .arg(&target)
        .output()
        .expect("cargo starts");
    let complaint = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{source} does not build:\n{complaint}");
    target.join("release/examples").join(name)
}

/// This test is `TARGET/PROFILE/deps/NAME-HASH`.
fn target_folder() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    test.ancestors().nth(3).map(Path::to_path_buf).expect("a test stands in target/PROFILE/deps")
}
