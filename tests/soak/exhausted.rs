//! What a server without descriptors costs while its clients queue.

use std::fs;
use std::io::{Read, Write};
use std::thread;
use std::time::Duration;

use eagain_sys::limits;

use super::examples::{Server, eventually, example};
use super::{is_asked_for, own_process};

/// The processor time that a process has had.
fn processor_time(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("it runs");
    let fields: Vec<_> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    // utime and stime are the 14th and 15th, the name is the 2nd: proc_pid_stat(5).
    let ticks = [fields[11], fields[12]].map(|n| n.parse::<u64>().expect("ticks"));
    Duration::from_millis(ticks.iter().sum::<u64>() * 10)
}

#[test]
fn pitfall_23_a_server_without_descriptors_rests() {
    const MOST: u64 = 24;
    const CLIENTS: usize = 60;
    const SECONDS: u32 = 4;
    if !is_asked_for()
        || !own_process::entered("exhausted::pitfall_23_a_server_without_descriptors_rests")
    {
        return;
    }
    for name in ["echo_server", "echo_server_async", "http_server"] {
        let path = example(name);
        let (limit, _) = limits::descriptors().expect("a limit");
        // It is inherited.
        limits::set_descriptors(MOST).expect("a lower limit");
        let server = Server::start(&path, &["127.0.0.1:0"]);
        limits::set_descriptors(limit).expect("the limit as it was");
        let mut clients: Vec<_> = (0..CLIENTS).map(|_| server.connect()).collect();
        // The highest number that it may have: beyond it there may be what the test was started with.
        let last = format!("/proc/{}/fd/{}", server.pid(), MOST - 1);
        eventually("it has all that it may have", || fs::symlink_metadata(&last).is_ok());
        let before = processor_time(server.pid());
        // What is measured is a time in which nothing happens.
        thread::sleep(Duration::from_secs(SECONDS.into()));
        let used = processor_time(server.pid()) - before;
        println!("{name}: {used:?} of {SECONDS} s, {CLIENTS} clients, {MOST} descriptors");
        assert!(used * 50 < Duration::from_secs(SECONDS.into()), "{name}: {used:?}"); // pitfall 23
        for client in &mut clients {
            client.write_all(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n").expect("it is taken");
        }
        for mut client in clients {
            client.read_exact(&mut [0]).expect("all are served");
        }
    }
}
