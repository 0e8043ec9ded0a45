//! Each call handed to its descriptor and to the task that made it.

use std::collections::HashMap;

use super::descriptors::{Descriptors, Id};
use super::line::Call;
use super::marks::{Mark, mark};
use super::phrase::{Kind, Phrase, birth, phrase, waited};
use super::waits::{Wait, Who, limit, wait};
use super::{events, phrase as said};

/// A trace, told from every point of view.
#[derive(Default)]
pub(crate) struct Story {
    pub(crate) descriptors: Descriptors,
    /// What each descriptor went through, by order of birth.
    pub(crate) lives: Vec<Vec<Phrase>>,
    /// Waits for no descriptor at all: sleeps.
    pub(crate) sleeps: Vec<Phrase>,
    /// What each task did, by order of birth.
    pub(crate) tasks: Vec<Vec<Deed>>,
    /// What happened while no task was running.
    pub(crate) between_tasks: Vec<Deed>,
    numbered: HashMap<u64, usize>,
    running: Option<usize>,
}

/// What a task did, and on which descriptor.
#[derive(Clone)]
pub(crate) struct Deed {
    pub(crate) on: Option<Id>,
    pub(crate) phrase: Phrase,
}

impl Story {
    /// Tells the story of a trace.
    pub(crate) fn of(calls: &[Call]) -> Story {
        let mut story = Story::default();
        for call in calls {
            match mark(call) {
                Some(mark) => story.mark(mark),
                None => story.call(call),
            }
        }
        story
    }

    fn mark(&mut self, mark: Mark) {
        match mark {
            Mark::Spawn(task) => {
                self.numbered.insert(task, self.tasks.len());
                self.tasks.push(Vec::new());
                self.deed(None, Phrase::new(Kind::Asked, "spawn"));
            }
            Mark::Resume(task, cause) => {
                assert!(self.running.is_none(), "task {task} resumed while another one runs");
                self.running = Some(self.task(task));
                self.deed(None, Phrase::new(Kind::Resumed, format!("resume {cause}")));
            }
            Mark::Yield(task, what, fd) => {
                let leaving = self.task(task);
                assert_eq!(self.running, Some(leaving), "task {task} yields, but does not run");
                let on = fd.and_then(|fd| self.descriptors.get(fd));
                self.deed(on, Phrase::new(Kind::Yielded, format!("yield {what}")));
                self.running = None;
            }
            Mark::End(task, how) => {
                let gone = self.task(task);
                // One that waits can be cancelled, also while another one runs.
                self.running = self.running.filter(|&running| running != gone);
                self.numbered.remove(&task);
                self.tasks[gone].push(Deed { on: None, phrase: Phrase::new(Kind::Once, how) });
            }
            Mark::Loop(text) => self.deed(None, Phrase::new(Kind::Asked, text)),
        }
    }

    /// A task by its number, which is given to another one when it is done.
    fn task(&mut self, number: u64) -> usize {
        *self.numbered.entry(number).or_insert_with(|| {
            self.tasks.push(Vec::new());
            self.tasks.len() - 1
        })
    }

    fn call(&mut self, call: &Call) {
        if is_artefact(call) {
            return;
        }
        if let Some(wait) = wait(call) {
            return self.wait(call, &wait);
        }
        if call.name == "clock_nanosleep" {
            let text = format!("clock_nanosleep({})", limit(call.arg(2)));
            return self.sleep(Phrase::new(Kind::Waited, text));
        }
        let on = call.fd(if call.name == "epoll_ctl" { 2 } else { 0 });
        // Before the call is followed: after a close the number means nobody.
        let on =
            on.filter(|_| !call.name.starts_with("socket")).and_then(|n| self.descriptors.get(n));
        let born = self.descriptors.follow(call);
        if let Some(id) = on {
            let is_duplication = !born.is_empty() && !call.name.starts_with("accept");
            let phrase = if is_duplication { birth(call) } else { phrase(call) };
            self.lives[id].push(phrase.clone());
            self.deed(Some(id), phrase);
        }
        for &id in &born {
            self.lives.push(vec![birth(call)]);
            if on.is_none() {
                self.deed(Some(id), birth(call));
            }
        }
    }

    fn wait(&mut self, call: &Call, wait: &Wait) {
        if wait.name == "epoll_wait" {
            let Some(epoll) = call.fd(0).and_then(|fd| self.descriptors.get(fd)) else { return };
            let phrase = waited(call, wait, "");
            self.lives[epoll].push(phrase.clone());
            self.deed(Some(epoll), phrase);
            self.report(Some(epoll), wait);
            return;
        }
        if wait.watched.is_empty() {
            return self.sleep(waited(call, wait, ""));
        }
        for (fd, flags) in &wait.watched {
            if let Some(id) = self.descriptors.get(*fd) {
                let phrase = waited(call, wait, &events::asked(flags));
                self.lives[id]
                    .push(Phrase { text: without_result(&phrase.text), ..phrase.clone() });
                self.deed(Some(id), phrase);
            }
        }
        self.report(None, wait);
    }

    fn report(&mut self, epoll: Option<Id>, wait: &Wait) {
        for (who, flags) in &wait.ready {
            let id = match (who, epoll) {
                (Who::Token(data), Some(epoll)) => self.descriptors.by_token(epoll, data),
                (Who::Number(fd), _) => self.descriptors.get(*fd),
                _ => None,
            };
            if let Some(id) = id {
                let text = format!("event {}", events::reported(flags));
                self.lives[id].push(Phrase::new(said::Kind::Reported, text));
            }
        }
    }

    fn sleep(&mut self, phrase: Phrase) {
        self.sleeps.push(phrase.clone());
        self.deed(None, phrase);
    }

    fn deed(&mut self, on: Option<Id>, phrase: Phrase) {
        let list = match self.running {
            Some(task) => &mut self.tasks[task],
            None => &mut self.between_tasks,
        };
        list.push(Deed { on, phrase });
    }
}

/// Others' readiness ends a wait as well as one's own.
fn without_result(text: &str) -> String {
    text.strip_suffix(" = ready").unwrap_or(text).to_owned()
}

/// What happens only because somebody is watching: strace sees the SIGCHLD of a peer that ends, which
/// nobody handles and the kernel would not even deliver, and for that the wait is interrupted.
fn is_artefact(call: &Call) -> bool {
    let waits = wait(call).is_some();
    let errno = call.errno.as_deref().unwrap_or_default();
    errno.starts_with("ERESTART") || waits && errno == "EINTR"
}
