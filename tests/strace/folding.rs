//! What repeats as often as the network likes, said once.
//!
//! Try, EAGAIN, register, wait, become ready, try again: how often a descriptor goes round depends
//! on how the network cut the bytes and on who was faster. So such phrases form a *phase*, in which
//! each is said once, in the order in which it was first seen, and bytes are summed per direction.
//! What happens between phases is said each time; so is, by its number, a registration that nothing
//! takes back within the phase, because that is the program's own doing.

use super::phrase::{Kind, Phrase};

/// How a phase is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Order {
    /// As first seen: the program's own order.
    #[default]
    Seen,
    /// As in a turn of the loop: for two sides that race each other, where it is anyone's guess
    /// whether the data or the reader is there first.
    Turn,
}

/// The lines of a section. Those of a phase begin with `|`.
pub(crate) fn fold(phrases: impl IntoIterator<Item = Phrase>, order: Order) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut phase: Vec<Said> = Vec::new();
    let mut last: Option<(String, usize)> = None;
    for phrase in phrases {
        if phrase.kind != Kind::Once {
            last = None;
            join(&mut phase, phrase);
            continue;
        }
        end_phase(&mut phase, order, &mut lines);
        let times = match last {
            Some((text, times)) if text == phrase.text => {
                lines.pop();
                times + 1
            }
            _ => 1,
        };
        lines.push(format!("  {}", with_times(phrase.text.clone(), times)));
        last = Some((phrase.text, times));
    }
    end_phase(&mut phase, order, &mut lines);
    lines
}

/// A phrase of a phase, and how often it was said.
struct Said {
    phrase: Phrase,
    times: usize,
}

/// Adds to a phase what it does not have yet, and bytes to what it has.
fn join(phase: &mut Vec<Said>, new: Phrase) {
    if is_late_edge(phase, &new) {
        return;
    }
    let Some(said) = phase.iter_mut().find(|said| said.phrase.text == new.text) else {
        return phase.push(Said { phrase: new, times: 1 });
    };
    said.times += 1;
    if let (Kind::Moved(sum), Kind::Moved(n)) = (&mut said.phrase.kind, new.kind) {
        *sum += n;
    }
}

/// When bytes come in while others are being read, the edge is still to be reported after all of
/// them were taken, and then it finds nothing but room to write. Nobody waited for that unless a
/// write was refused.
fn is_late_edge(phase: &[Said], new: &Phrase) -> bool {
    let has_said = |text: &str| phase.iter().any(|said| said.phrase.text == text);
    let write_was_refused = phase
        .iter()
        .any(|said| said.phrase.kind == Kind::Refused && said.phrase.text.starts_with(['s', 'w']));
    new.text == "event OUT" && has_said("event IN") && !write_was_refused
}

fn end_phase(phase: &mut Vec<Said>, order: Order, lines: &mut Vec<String>) {
    if order == Order::Turn {
        // The sum is no part of the order.
        let rank = |kind| if let Kind::Moved(_) = kind { Kind::Moved(0) } else { kind };
        let key = |said: &Said| (rank(said.phrase.kind), said.phrase.text.clone());
        phase.sort_by_cached_key(key);
    }
    let goes_round = phase.iter().any(|said| said.phrase.text.contains("epoll_ctl(DEL"));
    lines.extend(phase.drain(..).map(|Said { phrase, times }| match phrase.kind {
        Kind::Moved(n) if n > 0 => format!("| {} = {n} bytes", phrase.text),
        Kind::Registered if !goes_round => format!("| {}", with_times(phrase.text, times)),
        _ => format!("| {}", phrase.text),
    }));
}

fn with_times(text: String, times: usize) -> String {
    if times > 1 { format!("{text} ×{times}") } else { text }
}
