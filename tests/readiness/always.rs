//! What the kernel refuses to watch is always ready.

use std::fs::File;
use std::time::Duration;

use eagain::{Builder, Interest, Source, Step};

use crate::new_loop;
use crate::tasks::{self, read_to_end, refuse, returned, run, trying};

/// What the kernel does not poll.
fn files() -> [(&'static str, File); 3] {
    ["Cargo.toml", "src", "/dev/null"].map(|name| {
        let from_here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        (name, File::open(from_here).expect("a file"))
    })
}

#[test]
fn pitfall_14_what_cannot_be_polled_is_always_ready() {
    for (name, file) in files() {
        for interest in [Interest::READ, Interest::WRITE, Interest::BOTH] {
            let mut event_loop = new_loop();
            let source = Source::new(file.try_clone().expect("another one")).expect("a source");
            let mut waits = 0;
            let waiter = event_loop.spawn(trying(move |cx| {
                if waits == 3 {
                    return Ok(Step::Return(()));
                }
                waits += 1;
                refuse(&source, interest); // as a short write to a full disk would
                Ok(Step::Yield(tasks::until_ready(cx, &source, interest)?)) // pitfall 14
            }));
            for _ in 0..5 {
                event_loop.turn(Some(Duration::ZERO)).expect("a turn");
            }
            assert!(waiter.is_finished(), "{name}: {interest:?} never came");
            returned(&waiter).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(event_loop.counts().sources, 0);
        }
    }
}

#[test]
fn pitfall_14_a_file_is_read_to_its_end() {
    let mut event_loop = Builder::new().budget(2).build().expect("a loop");
    let [(name, file), _, _] = files();
    let expected = std::fs::read(name).expect("a file");
    let reader = event_loop.spawn(read_to_end(Source::new(file).expect("a source"))); // pitfall 14
    run(&mut event_loop);
    assert_eq!(returned(&reader).expect("no error"), expected);
}
