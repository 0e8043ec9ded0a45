//! What repeats as often as the network likes, said once.
//!
//! Try, EAGAIN, register, wait, become ready, try again: how often a descriptor goes round depends
//! on how the network cut the bytes and on who was faster. So such phrases form a *phase*, in which
//! each is said once, in the order in which it was first seen, and bytes are summed per direction.
//! What happens between phases is said each time.

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
    let mut phase: Vec<Phrase> = Vec::new();
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
        let suffix = if times > 1 { format!(" ×{times}") } else { String::new() };
        lines.push(format!("  {}{suffix}", phrase.text));
        last = Some((phrase.text, times));
    }
    end_phase(&mut phase, order, &mut lines);
    lines
}

/// Adds to a phase what it does not have yet, and bytes to what it has.
fn join(phase: &mut Vec<Phrase>, new: Phrase) {
    let said = phase.iter_mut().find(|old| old.text == new.text);
    match (said, new.kind) {
        (None, _) => phase.push(new),
        (Some(Phrase { kind: Kind::Moved(sum), .. }), Kind::Moved(n)) => *sum += n,
        _ => {}
    }
}

fn end_phase(phase: &mut Vec<Phrase>, order: Order, lines: &mut Vec<String>) {
    if order == Order::Turn {
        // The sum is no part of the order.
        let rank = |kind| if let Kind::Moved(_) = kind { Kind::Moved(0) } else { kind };
        phase.sort_by(|a, b| (rank(a.kind), &a.text).cmp(&(rank(b.kind), &b.text)));
    }
    lines.extend(phase.drain(..).map(|phrase| match phrase.kind {
        Kind::Moved(n) if n > 0 => format!("| {} = {n} bytes", phrase.text),
        _ => format!("| {}", phrase.text),
    }));
}
