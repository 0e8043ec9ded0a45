//! What differs between two texts, line by line, with the lines around it.

/// How many equal lines are shown beside a difference.
const CONTEXT: usize = 3;

/// Lines of `old` that are gone begin with `-`, those that are new with `+`.
pub(crate) fn diff(old: &str, new: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let common = longest_common(&old, &new);
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            lines.push((' ', old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || i < old.len() && common[i + 1][j] >= common[i][j + 1] {
            lines.push(('-', old[i]));
            i += 1;
        } else {
            lines.push(('+', new[j]));
            j += 1;
        }
    }
    around_changes(&lines)
}

/// How many lines the rests of both texts have in common, for each pair of rests. Transcripts are
/// short enough for the whole table.
fn longest_common(old: &[&str], new: &[&str]) -> Vec<Vec<usize>> {
    let mut common = vec![vec![0; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] = if old[i] == new[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    common
}

fn around_changes(lines: &[(char, &str)]) -> String {
    let is_near_change = |at: usize| {
        let near = at.saturating_sub(CONTEXT)..lines.len().min(at + CONTEXT + 1);
        lines[near].iter().any(|(sign, _)| *sign != ' ')
    };
    let (mut text, mut skipped) = (String::new(), false);
    for (at, (sign, line)) in lines.iter().enumerate() {
        if is_near_change(at) {
            text += &format!("{sign} {line}\n");
        } else if !skipped {
            text += "  ⋮\n";
        }
        skipped = !is_near_change(at);
    }
    text
}
