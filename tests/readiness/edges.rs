//! What sets the ready bit, and what clears it.

use std::cell::RefCell;
use std::fs::File;
use std::io::{Read, Write};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use eagain::{Builder, Interest, Source, Step};
use eagain_sys::pipe as sys_pipe;

use crate::tasks::{
    is_ready, read_to_end, returned, run, trying, turn_until, turn_until_idle, unix_pair,
};
use crate::{new_loop, streams};

#[test]
fn pitfall_1_what_a_partial_read_leaves_is_read_later() {
    for (name, near, mut far) in streams() {
        let mut event_loop = new_loop();
        let mut left = 64 * 1024;
        // It waits after each read, although there is more: no edge will tell.
        let reader = event_loop.spawn(trying(move |cx| {
            left -= near.try_read(&mut [0; 1024])?.unwrap_or(0); // pitfall 1
            if left == 0 {
                return Ok(Step::Return(()));
            }
            Ok(Step::Yield(cx.readable(&near)?))
        }));
        turn_until_idle(&mut event_loop);
        let writer = thread::spawn(move || far.write_all(&[b'x'; 64 * 1024]).map(|()| far));
        turn_until(&mut event_loop, || reader.is_finished());
        returned(&reader).unwrap_or_else(|e| panic!("{name}: {e}"));
        writer.join().expect("the writer ends").expect("and has written all");
    }
}

#[test]
fn pitfall_2_a_firehose_leaves_room_for_the_others() {
    let mut event_loop = Builder::new().budget(8).build().expect("a loop");
    let firehose = Source::new(File::open("/dev/zero").expect("zeros")).expect("a source");
    let in_one_turn = Rc::new(RefCell::new(Vec::new()));
    let noted = in_one_turn.clone();
    event_loop
        .spawn(trying::<()>(move |cx| {
            let mut reads = 0;
            while reads < 1000 && firehose.try_read(&mut [0; 16])?.is_some() {
                reads += 1; // pitfall 2: there is always more
            }
            noted.borrow_mut().push(reads);
            Ok(Step::Yield(cx.readable(&firehose)?))
        }))
        .detach();
    let (near, mut far) = unix_pair();
    event_loop
        .spawn(trying(move |cx| {
            match near.try_read(&mut [0; 1])? {
                Some(0) => return Ok(Step::Return(())),
                Some(_) => drop(near.try_write(b"!")?),
                None => {}
            }
            Ok(Step::Yield(cx.readable(&near)?))
        }))
        .detach();
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    for _ in 0..100 {
        far.write_all(b"?").expect("a write");
        // One turn learns of it, the next one answers.
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        assert!(is_ready(&far, Interest::READ, Duration::ZERO), "no answer in two turns");
        far.read_exact(&mut [0; 1]).expect("the answer");
    }
    assert_eq!(*in_one_turn.borrow(), vec![8; event_loop.counts().turns as usize]);
}

#[test]
fn pitfall_2_the_budget_loses_no_edge() {
    let mut event_loop = Builder::new().budget(8).build().expect("a loop");
    let (near, mut far) = unix_pair();
    let mut read = 0;
    let reader = event_loop.spawn(trying(move |cx| {
        loop {
            match near.try_read(&mut [0; 1])? {
                Some(0) => return Ok(Step::Return(read)),
                Some(n) => read += n,
                None => return Ok(Step::Yield(cx.readable(&near)?)),
            }
        }
    }));
    turn_until_idle(&mut event_loop);
    far.write_all(&[b'x'; 1000]).expect("a write");
    drop(far);
    let before = event_loop.counts().resumes;
    run(&mut event_loop);
    assert_eq!(returned(&reader).expect("no error"), 1000);
    // 1000 bytes and the end, 8 calls at a time.
    assert_eq!(event_loop.counts().resumes - before, 126);
}

#[test]
fn pitfall_3_a_short_read_spares_the_next_call_on_tcp_only() {
    let mut event_loop = new_loop();
    for (name, near, mut far) in streams() {
        let expected = if name == "tcp" { None } else { Some(()) };
        let reader = event_loop.spawn(trying(move |cx| {
            match near.try_read(&mut [0; 16])? {
                None => Ok(Step::Yield(cx.readable(&near)?)),
                Some(n) => {
                    assert_eq!(n, 5);
                    // Is another call made now? pitfall 3
                    Ok(Step::Return(near.try_io(Interest::READ, |_| Ok(()))?))
                }
            }
        }));
        turn_until_idle(&mut event_loop);
        far.write_all(b"hello").expect("a write");
        turn_until(&mut event_loop, || reader.is_finished());
        assert_eq!(returned(&reader).expect("no error"), expected, "{name}");
    }
}

#[test]
fn pitfall_3_a_short_write_spares_the_next_call_on_tcp_only() {
    for (name, near, _far) in streams().into_iter().filter(|(name, ..)| *name != "pipe") {
        let expected = if name == "tcp" { None } else { Some(()) };
        let much = vec![0; 64 << 20];
        let n = near.try_write(&much).expect("no error").expect("room");
        assert!(n < much.len(), "{name} took all");
        // Is another call made now? pitfall 3
        assert_eq!(near.try_io(Interest::WRITE, |_| Ok(())).expect("no error"), expected, "{name}");
    }
}

#[test]
fn pitfall_3_a_read_that_fills_the_buffer_spares_no_call() {
    for (name, near, mut far) in streams() {
        let mut event_loop = new_loop();
        let reader = event_loop.spawn(trying(move |cx| {
            match near.try_read(&mut [0; 5])? {
                None => Ok(Step::Yield(cx.readable(&near)?)),
                Some(_) => Ok(Step::Return(near.try_io(Interest::READ, |_| Ok(()))?)), // pitfall 3
            }
        }));
        turn_until_idle(&mut event_loop);
        far.write_all(b"hello").expect("a write");
        turn_until(&mut event_loop, || reader.is_finished());
        assert_eq!(returned(&reader).expect("no error"), Some(()), "{name}");
    }
}

#[test]
fn pitfall_3_the_end_behind_a_short_read_is_seen() {
    // Once before the source is registered, once in the same event as the data, once after it.
    for moment in ["before", "with the data", "after"] {
        for (name, near, mut far) in streams() {
            let mut event_loop = new_loop();
            let reader = event_loop.spawn(read_to_end(near));
            if moment != "before" {
                turn_until_idle(&mut event_loop);
            }
            far.write_all(b"hello").expect("a write");
            if moment == "after" {
                turn_until_idle(&mut event_loop);
            }
            drop(far); // pitfall 3
            turn_until(&mut event_loop, || reader.is_finished());
            assert_eq!(returned(&reader).expect("no error"), b"hello", "{name}, {moment}");
        }
    }
}

#[test]
fn pitfall_4_an_edge_between_the_call_and_its_answer_is_kept() {
    for (name, near, mut far) in streams() {
        let mut event_loop = new_loop();
        let mut peer = far.try_clone().expect("another one");
        let mut read = 0;
        let reader = event_loop.spawn(trying(move |cx| {
            loop {
                let tried = near.try_io(Interest::READ, |fd| {
                    let answer = sys_pipe::read(fd, &mut [0; 1]);
                    if answer.is_err_and(|e| e.is_would_block()) && read == 1 {
                        // pitfall 4: EAGAIN is on its way to the loop, and so is a byte
                        peer.write_all(b"!")?;
                    }
                    Ok(answer?)
                })?;
                match tried {
                    None => return Ok(Step::Yield(cx.readable(&near)?)),
                    Some(n) => read += n,
                }
                if read == 2 {
                    return Ok(Step::Return(()));
                }
            }
        }));
        turn_until_idle(&mut event_loop);
        far.write_all(b"?").expect("a write");
        turn_until(&mut event_loop, || reader.is_finished());
        returned(&reader).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}
