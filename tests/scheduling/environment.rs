//! What `EAGAIN_TRACE` may say, and who reads it.

use std::env;
use std::io;

use eagain::{Builder, yield_now};

use crate::new_loop;
use crate::own_process;

/// Runs this test once more with `EAGAIN_TRACE` set so; true there.
fn with_trace(test: &str, value: &str) -> Option<String> {
    if own_process::is_here() {
        return None;
    }
    let output = own_process::command(test).env("EAGAIN_TRACE", value).output().expect("a process");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let result = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && result.contains("1 passed"), "{result}\n{text}");
    Some(text)
}

#[test]
fn an_environment_that_makes_no_sense_is_refused_in_words() {
    if with_trace("environment::an_environment_that_makes_no_sense_is_refused_in_words", "loud")
        .is_some()
    {
        return;
    }
    let error = Builder::new().from_env().expect_err("EAGAIN_TRACE is not one of the words");
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    let text = error.to_string();
    for word in ["EAGAIN_TRACE", "loud", "turns", "strace", "off"] {
        assert!(text.contains(word), "{text}");
    }
    // Who does not ask for it is not bothered by it.
    new_loop().run().expect("a run");
}

#[test]
fn the_environment_is_read_only_where_a_program_asks_for_it() {
    const NAME: &str = "environment::the_environment_is_read_only_where_a_program_asks_for_it";
    if let Some(told) = with_trace(NAME, "turns") {
        assert_eq!(told.matches("─ turn ").count(), 2, "{told}");
        assert!(told.contains("Running  task 0"), "{told}");
        assert!(with_trace(NAME, "off").is_some_and(|told| !told.contains("turn ")));
        assert!(with_trace(NAME, "").is_some_and(|told| !told.contains("turn ")));
        return;
    }
    assert!(env::var_os("EAGAIN_TRACE").is_some());
    for builder in [Builder::new(), Builder::new().from_env().expect("a good word")] {
        let mut event_loop = builder.build().expect("a loop");
        event_loop.spawn(yield_now()).detach();
        event_loop.run().expect("a run");
    }
}
