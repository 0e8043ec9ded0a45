//! Names the kernels, once for the whole crate, so that `lib.rs` can choose between files.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(apple, bsd, kqueue, flags_afterwards)");

    let os = env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    let forced = |name| env::var_os(name).is_some();

    // What Apple makes is of the family of the BSDs, with a few calls less.
    let apple = matches!(&*os, "macos" | "ios" | "tvos" | "watchos" | "visionos");
    let bsd = apple || matches!(&*os, "freebsd" | "netbsd" | "openbsd" | "dragonfly");

    let cfgs = [
        ("apple", apple),
        ("bsd", bsd),
        // On Linux by a library that does with epoll what kqueue does.
        ("kqueue", bsd || forced("CARGO_CFG_EAGAIN_LIBKQUEUE")),
        // No accept4, pipe2 and SOCK_CLOEXEC: two more calls for each new descriptor.
        ("flags_afterwards", apple || forced("CARGO_CFG_EAGAIN_FLAGS_AFTERWARDS")),
    ];
    for (name, _) in cfgs.iter().filter(|(_, there)| *there) {
        println!("cargo::rustc-cfg={name}");
    }
}
