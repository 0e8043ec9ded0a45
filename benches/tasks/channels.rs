//! There and back between two tasks of a loop.

use std::time::Instant;

use eagain::sync::{mpsc, oneshot as one};
use eagain::{run, spawn};

use crate::{Outcome, each};

/// Over two channels that hold one message each.
pub(crate) fn channel(n: usize) -> Outcome {
    let time = run(async move {
        let (question, mut asked) = mpsc::channel(1);
        let (answer, mut answered) = mpsc::channel(1);
        spawn(async move {
            while let Some(number) = asked.recv().await {
                answer.send(number + 1).await.expect("somebody asked");
            }
        })
        .detach();
        let begin = Instant::now();
        let mut number = 0;
        for _ in 0..n {
            question.send(number).await.expect("somebody answers");
            number = answered.recv().await.expect("an answer");
        }
        assert_eq!(number, n, "an answer was lost");
        begin.elapsed()
    })
    .expect("a run");
    each(time, n)
}

/// A new channel for each answer; the question is its sender.
pub(crate) fn oneshot(n: usize) -> Outcome {
    let time = run(async move {
        let (question, mut asked) = mpsc::unbounded::<one::Sender<usize>>();
        spawn(async move {
            while let Some(sender) = asked.recv().await {
                sender.send(1).expect("somebody asked");
            }
        })
        .detach();
        let begin = Instant::now();
        let mut sum = 0;
        for _ in 0..n {
            let (sender, answer) = one::channel();
            assert!(question.send(sender).is_ok(), "nobody answers");
            sum += answer.await.expect("an answer");
        }
        assert_eq!(sum, n, "an answer was lost");
        begin.elapsed()
    })
    .expect("a run");
    each(time, n)
}
