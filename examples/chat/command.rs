//! What a line asks for.

use crate::hall::Hall;

const HELP: &str = "* /nick NAME, /join ROOM, /who, /rooms, /quit; all else is told to the room";

/// Does it. False if the member wants to go.
pub(crate) fn obey(hall: &Hall, id: u64, line: &str) -> bool {
    if line.is_empty() {
        return true;
    }
    // To say something that begins with a slash, begin with two.
    let Some(command) = line.strip_prefix('/').filter(|rest| !rest.starts_with('/')) else {
        hall.say(id, line.strip_prefix('/').unwrap_or(line));
        return true;
    };
    let (name, argument) = command.split_once(' ').unwrap_or((command, ""));
    match (name, argument.trim()) {
        ("quit", _) => return false,
        ("nick" | "join", argument) if !is_name(argument) => {
            hall.answer(id, "* a name has 1 to 24 letters, digits, - and _");
        }
        ("nick", name) => hall.rename(id, name),
        ("join", room) => hall.go_to(id, room),
        ("who", _) => hall.answer(id, &format!("* here: {}", hall.names_around(id).join(", "))),
        ("rooms", _) => hall.answer(id, &format!("* rooms: {}", hall.rooms().join(", "))),
        ("help", _) => hall.answer(id, HELP),
        _ => hall.answer(id, &format!("* /{name} means nothing here (see /help)")),
    }
    true
}

fn is_name(text: &str) -> bool {
    let is_good = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    (1..=24).contains(&text.chars().count()) && text.chars().all(is_good)
}
