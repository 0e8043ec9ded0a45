//! What is told of the fetches: a row for each when it ends, and a line when all have.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

use eagain::{Context, Generator, JoinHandle, Step};

use crate::generator::{Failure, Fetch, Page};

pub(crate) struct Report {
    /// How long the longest URL is.
    width: usize,
    fetched: u64,
    failed: u64,
    one_after_another: Duration,
    /// All fetches, to be ended if a row cannot be printed,
    tasks: Vec<JoinHandle<()>>,
    /// and why it could not.
    broken: Option<io::Error>,
}

impl Report {
    pub(crate) fn new(width: usize) -> Report {
        let (one_after_another, tasks) = (Duration::ZERO, Vec::new());
        Report { width, fetched: 0, failed: 0, one_after_another, tasks, broken: None }
    }

    pub(crate) fn expect(&mut self, task: JoinHandle<()>) {
        self.tasks.push(task);
    }

    /// A fetch has ended: with a page, or for a reason.
    pub(crate) fn row(&mut self, url: &str, end: Result<Page, Failure>, took: Duration) {
        self.one_after_another += took;
        let (status, bytes, cause) = match end {
            Ok(page) => {
                self.fetched += 1;
                (page.status.to_string(), page.bytes, String::new())
            }
            Err(cause) => {
                self.failed += 1;
                ("failed".to_owned(), 0, format!("  {cause}"))
            }
        };
        let (width, ms) = (self.width, took.as_secs_f64() * 1000.0);
        let printed = writeln!(
            io::stdout(),
            "{url:width$}  {status:>6}  {bytes:>9} bytes  {ms:>7.1} ms{cause}"
        );
        if let Err(e) = printed {
            self.broken = Some(e);
            self.tasks.drain(..).for_each(|task| task.abort());
        }
    }

    /// All have ended. Answers whether none has failed.
    pub(crate) fn total(&mut self, wall: Duration) -> io::Result<bool> {
        self.broken.take().map_or(Ok(()), Err)?;
        let Report { fetched, failed, .. } = self;
        let (wall, sum) = (wall.as_secs_f64(), self.one_after_another.as_secs_f64());
        writeln!(
            io::stdout(),
            "{fetched} fetched, {failed} failed in {wall:.2} s (one after another: {sum:.2} s)"
        )?;
        Ok(*failed == 0)
    }
}

/// A fetch, and its row when it ends.
pub(crate) struct Reported {
    fetch: Fetch,
    report: Rc<RefCell<Report>>,
    /// Set by the first resume.
    began: Option<Instant>,
}

impl Reported {
    pub(crate) fn new(fetch: Fetch, report: Rc<RefCell<Report>>) -> Reported {
        Reported { fetch, report, began: None }
    }
}

impl Generator for Reported {
    type Return = ();

    fn resume(&mut self, cx: &mut Context<'_>) -> Step<()> {
        let began = *self.began.get_or_insert_with(|| cx.now());
        let end = eagain::yield_from!(self.fetch, cx);
        let took = cx.now() - began;
        self.report.borrow_mut().row(self.fetch.url(), end, took);
        Step::Return(())
    }

    fn state(&self) -> &'static str {
        self.fetch.state()
    }
}
