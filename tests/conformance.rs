//! What holds for every stream, whatever the kernel makes it of. The behaviours are written once;
//! which stream has to show which, and why one need not, stands here and nowhere else.
//!
//! | | a line: from one end to the other | full: no more goes in, and nothing happens by itself | a pair: both ways | a peek | a reset |
//! |---|---|---|---|---|---|
//! | TCP over IPv4 and IPv6 | yes | yes | yes | yes | yes |
//! | Unix stream | yes | yes | yes | yes | no: there is no such thing |
//! | a half of either, taken apart | yes | yes | no: it has one direction | no: its whole has | no: its whole has |
//! | `socketpair` as a `Source` | yes | yes | yes | no: a descriptor has none | no: there is no such thing |
//! | pipe, as itself and as a `Source` | yes | yes | no: it has one direction | no: there is no such thing | no: there is no such thing |
//! | standard input and output of a child | yes | no: the child makes room and ends when it likes | no: these are two pipes | no: there is no such thing | no: there is no such thing |

#[path = "conformance/ends.rs"]
mod ends;
#[path = "conformance/flow.rs"]
mod flow;
#[cfg(feature = "futures-io")]
#[path = "conformance/futures_face.rs"]
mod futures_face;
#[path = "conformance/gone.rs"]
mod gone;
#[path = "conformance/idle.rs"]
mod idle;
#[path = "conformance/pairs.rs"]
mod pairs;
#[path = "conformance/peeking.rs"]
mod peeking;
#[path = "conformance/resets.rs"]
mod resets;
#[path = "conformance/streams.rs"]
mod streams;
#[path = "conformance/transfer.rs"]
mod transfer;
#[path = "conformance/waiting.rs"]
mod waiting;

/// For each stream a module with a test for each behaviour.
macro_rules! holds {
    ($behaviours:ident for $($name:ident: $stream:ty),* $(,)?) => {$(
        mod $name {
            #[allow(unused_imports)]
            use crate::{flow, gone, idle, pairs, peeking, resets, transfer, waiting};
            #[cfg(feature = "futures-io")]
            #[allow(unused_imports)]
            use crate::futures_face;

            $behaviours! { $stream }
        }
    )*};
}

macro_rules! tests {
    ($run:ident $stream:ty: $($(#[$when:meta])? $file:ident::$behaviour:ident),* $(,)?) => {$(
        $(#[$when])?
        #[test]
        fn $behaviour() {
            crate::ends::$run($file::$behaviour::<$stream>());
        }
    )*};
}

macro_rules! line {
    ($stream:ty) => {
        tests! { run $stream:
            transfer::what_is_read_in_parts_is_whole,
            transfer::what_is_written_in_parts_is_whole,
            transfer::pitfall_8_all_bytes_come_before_the_end,
            transfer::the_end_stays_the_end,
            transfer::nothing_read_and_nothing_written_change_nothing,
            transfer::many_buffers_are_read_and_written_in_order,
            transfer::what_is_read_behind_a_buffer_leaves_it,
            flow::a_writer_waits_until_the_reader_has_read,
            flow::pitfall_52_reads_that_are_given_up_lose_nothing,
            waiting::a_second_reader_is_refused_and_the_first_unharmed,
            waiting::closing_wakes_the_reader,
            gone::pitfall_6_a_waiting_reader_finds_the_writer_gone,
            gone::writing_to_nobody_is_an_error_and_no_signal,
            #[cfg(feature = "futures-io")]
            futures_face::the_futures_crate_reads_and_writes_to_the_end,
            #[cfg(feature = "futures-io")]
            futures_face::the_futures_crate_closes,
        }
    };
}

macro_rules! full {
    ($stream:ty) => {
        tests! { run $stream:
            flow::pitfall_52_writes_that_are_given_up_write_nothing,
            waiting::a_second_writer_is_refused_and_the_first_unharmed,
            waiting::closing_wakes_the_writer,
            gone::pitfall_6_a_waiting_writer_finds_the_reader_gone,
        }

        tests! { run_and_sleep $stream:
            idle::pitfall_7_an_end_that_nobody_waits_for_wakes_nobody,
            idle::pitfall_9_a_drained_stream_wakes_nobody,
        }
    };
}

macro_rules! pair {
    ($stream:ty) => {
        tests! { run $stream:
            pairs::the_end_of_one_direction_leaves_the_other,
            pairs::both_directions_flow_at_once,
            pairs::ending_twice_is_fine,
            pairs::ending_after_the_peer_has_gone_is_fine,
        }
    };
}

macro_rules! peek {
    ($stream:ty) => {
        tests! { run $stream:
            peeking::what_was_seen_is_still_to_be_read,
            peeking::a_look_waits_until_something_is_there,
        }
    };
}

macro_rules! reset {
    ($stream:ty) => {
        tests! { run $stream:
            resets::a_waiting_reader_is_told,
            resets::pitfall_6_a_waiting_writer_is_told,
            resets::it_is_told_to_who_comes_later,
        }
    };
}

mod lines {
    holds!(line for
        tcp_v4: crate::streams::Tcp4,
        tcp_v6: crate::streams::Tcp6,
        unix: crate::streams::Unix,
        tcp_halves: crate::streams::TcpHalves,
        unix_halves: crate::streams::UnixHalves,
        socketpair: crate::streams::Socketpair,
        pipe: crate::streams::Pipe,
        pipe_as_source: crate::streams::PipeAsSource,
        child: crate::streams::Child,
    );
}

mod filled {
    holds!(full for
        tcp_v4: crate::streams::Tcp4,
        tcp_v6: crate::streams::Tcp6,
        unix: crate::streams::Unix,
        tcp_halves: crate::streams::TcpHalves,
        unix_halves: crate::streams::UnixHalves,
        socketpair: crate::streams::Socketpair,
        pipe: crate::streams::Pipe,
        pipe_as_source: crate::streams::PipeAsSource,
    );
}

mod both_ways {
    holds!(pair for
        tcp_v4: crate::streams::Tcp4,
        tcp_v6: crate::streams::Tcp6,
        unix: crate::streams::Unix,
        socketpair: crate::streams::Socketpair,
    );
}

mod looked_into {
    holds!(peek for
        tcp_v4: crate::streams::Tcp4,
        tcp_v6: crate::streams::Tcp6,
        unix: crate::streams::Unix,
    );
}

mod broken_off {
    holds!(reset for
        tcp_v4: crate::streams::Tcp4,
        tcp_v6: crate::streams::Tcp6,
    );
}
