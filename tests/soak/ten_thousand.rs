//! Ten thousand connections at once.

use std::process::Command;

use super::examples::example;
use super::is_asked_for;

#[test]
fn ten_thousand_connections_echo_correctly_at_once() {
    if is_asked_for() {
        let output = Command::new(example("c10k")).arg("10000").output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stdout);
        println!("{said}");
        assert!(output.status.success(), "{output:?}");
        assert!(said.ends_with("10000 of 10000 echoed correctly, twice\n"), "{said}");
    }
}
