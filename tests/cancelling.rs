//! Every future of ours, dropped at each point at which it may be: nothing of it stays behind.

#[path = "cancelling/busy.rs"]
mod busy;
#[path = "cancelling/case.rs"]
mod case;
#[path = "cancelling/connecting.rs"]
mod connecting;
#[path = "cancelling/disk.rs"]
mod disk;
#[path = "cancelling/ends.rs"]
mod ends;
#[path = "cancelling/file_events.rs"]
mod file_events;
#[path = "cancelling/files.rs"]
mod files;
#[path = "cancelling/halves.rs"]
mod halves;
#[path = "cancelling/io.rs"]
mod io;
#[path = "cancelling/leaves.rs"]
mod leaves;
#[path = "cancelling/loops.rs"]
mod loops;
#[allow(dead_code)]
#[path = "soak/own_process.rs"]
mod own_process;
#[path = "cancelling/piped.rs"]
mod piped;
#[path = "cancelling/processes.rs"]
mod processes;
#[path = "cancelling/reading.rs"]
mod reading;
#[path = "cancelling/signals.rs"]
mod signals;
#[path = "cancelling/standard.rs"]
mod standard;
#[path = "cancelling/tasks_and_threads.rs"]
mod tasks_and_threads;
#[path = "cancelling/times.rs"]
mod times;
#[path = "cancelling/udp.rs"]
mod udp;
// Its sockets have names without a path, and a full queue makes them wait.
#[cfg(target_os = "linux")]
#[path = "cancelling/unix.rs"]
mod unix;
#[path = "cancelling/unordered.rs"]
mod unordered;
#[path = "cancelling/waiting.rs"]
mod waiting;
#[path = "cancelling/witness.rs"]
mod witness;
#[path = "cancelling/writing.rs"]
mod writing;

mod tasks;
