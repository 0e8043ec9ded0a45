//! The sections of a story, as text.

use super::folding::{Order, fold};
use super::line::Call;
use super::phrase::{Kind, Phrase};
use super::story::{Deed, Story};

/// What a transcript is told to show.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options<'a> {
    /// How phases are printed.
    pub(crate) order: Order,
    /// Whether pipes are shown. Those to an embedded peer are no part of any lesson.
    pub(crate) pipes: bool,
    /// Lines that are there in one run and not in another, because a race decides; each behind
    /// its section's title: `listener: event IN`.
    pub(crate) optional: &'a [&'a str],
}

/// What begins a line that may be missing.
const OPTIONAL: &str = "  ~ ";

/// A transcript: one section per descriptor, in order of birth, and one per task. Descriptors of
/// the same role may be served in any order, so their sections are sorted, and equal ones are
/// printed once.
pub(crate) fn transcript(calls: &[Call], options: Options<'_>) -> String {
    let story = Story::of(calls);
    let mut sections = Sections { options, groups: Vec::new() };
    for (id, life) in story.lives.iter().enumerate() {
        sections.add(story.descriptors.role(id), life.iter().cloned(), options.order);
    }
    sections.add("no descriptor", story.sleeps.iter().cloned(), options.order);
    for task in &story.tasks {
        sections.add("task", sections.told(task, &story), options.order);
    }
    if !story.tasks.is_empty() {
        // The loop follows its tasks, which come and go in any order: all of it is one phase.
        let mut deeds = sections.told(&story.between_tasks, &story);
        let once = deeds.iter_mut().filter(|phrase| phrase.kind == Kind::Once);
        once.for_each(|phrase| phrase.kind = Kind::Asked);
        sections.add("no task", deeds, Order::Turn);
    }
    sections.print()
}

/// A transcript without the lines that may be missing.
pub(crate) fn certain(transcript: &str) -> String {
    transcript.lines().filter(|l| !l.starts_with(OPTIONAL)).map(|l| l.to_owned() + "\n").collect()
}

struct Sections<'a> {
    options: Options<'a>,
    /// By title, in order of birth; each with its sections.
    groups: Vec<(&'static str, Vec<Vec<String>>)>,
}

impl Sections<'_> {
    fn add(
        &mut self,
        title: &'static str,
        phrases: impl IntoIterator<Item = Phrase>,
        order: Order,
    ) {
        let lines: Vec<String> = fold(phrases, order).iter().map(|l| self.line(title, l)).collect();
        if lines.is_empty() || self.is_hidden(title) {
            return;
        }
        match self.groups.iter_mut().find(|(group, _)| *group == title) {
            Some((_, sections)) => sections.push(lines),
            None => self.groups.push((title, vec![lines])),
        }
    }

    fn is_hidden(&self, role: &str) -> bool {
        role.starts_with("pipe") && !self.options.pipes
    }

    fn line(&self, title: &str, folded: &str) -> String {
        let text = &folded[2..];
        let is_optional = self.options.optional.contains(&format!("{title}: {text}").as_str());
        if is_optional { format!("{OPTIONAL}{text}") } else { format!("  {folded}") }
    }

    /// What a task did, each deed with the role of the descriptor it was done on.
    fn told(&self, deeds: &[Deed], story: &Story) -> Vec<Phrase> {
        let tell = |deed: &Deed| {
            let Phrase { text, kind } = deed.phrase.clone();
            let role = deed.on.map(|id| story.descriptors.role(id));
            let text = match role {
                Some(role) if self.is_hidden(role) => return None,
                Some(role) if kind == Kind::Yielded => format!("{text} {role}"),
                Some(role) => format!("{role}: {text}"),
                None => text,
            };
            Some(Phrase { text, kind })
        };
        deeds.iter().filter_map(tell).collect()
    }

    fn print(mut self) -> String {
        let mut text = String::new();
        for (title, sections) in &mut self.groups {
            let certain = |lines: &[String]| -> Vec<String> {
                lines.iter().filter(|l| !l.starts_with(OPTIONAL)).cloned().collect()
            };
            sections.sort_by_cached_key(|lines| certain(lines));
            for same in sections.chunk_by(|a, b| certain(a) == certain(b)) {
                let times = match same.len() {
                    1 => String::new(),
                    n => format!(" ×{n}"),
                };
                // The one that says most.
                let lines = same.iter().max_by_key(|lines| lines.len()).into_iter().flatten();
                let lines = lines.map(|line| format!("{line}\n")).collect::<String>();
                text += &format!("\n{title}{times}\n{lines}");
            }
        }
        text
    }
}
