//! Signals, heard by tasks. What several tests of this process would hear, only one of them uses.

#[path = "signals/dispositions.rs"]
mod dispositions;
#[path = "signals/hearing.rs"]
mod hearing;
#[allow(dead_code)]
#[path = "soak/own_process.rs"]
mod own_process;
mod tasks;
