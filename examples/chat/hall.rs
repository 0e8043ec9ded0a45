//! Who is here, in which room; who is told what.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use eagain::net::TcpStream;
use eagain::sync::Notify;
use eagain::sync::mpsc::{self, Receiver, Sender};

/// Whoever has so many lines to read, and one more is said, is dropped.
const BACKLOG: usize = 256;

const FIRST_ROOM: &str = "lobby";

/// A line with its end, shared by those who are told.
pub(crate) type Told = Rc<str>;

#[derive(Default)]
pub(crate) struct Hall {
    inside: RefCell<Inside>,
    one_left: Notify,
}

#[derive(Default)]
struct Inside {
    members: BTreeMap<u64, Member>,
    last_id: u64,
    /// Connections that have not ended, of members and of those who are about to go.
    attending: usize,
}

struct Member {
    name: String,
    room: String,
    stream: Rc<TcpStream>,
    /// The only sender: without the member, the queue ends when it is empty.
    queue: Sender<Told>,
}

impl Hall {
    /// Somebody comes. Returns what is to be sent to him.
    pub(crate) fn enter(&self, stream: Rc<TcpStream>) -> (u64, Receiver<Told>) {
        let (queue, told) = mpsc::channel(BACKLOG);
        let mut inside = self.inside.borrow_mut();
        inside.last_id += 1;
        inside.attending += 1;
        let id = inside.last_id;
        let name = (0..).map(|n| format!("guest{}", id + n)).find(|name| !inside.has(name));
        let name = name.unwrap_or_default();
        let room = FIRST_ROOM.to_owned();
        inside.members.insert(id, Member { name: name.clone(), room, stream, queue });
        inside
            .answer(id, &format!("* you are {name}, in {FIRST_ROOM}; /help says what can be done"));
        inside.tell(FIRST_ROOM, id, format!("* {name} has come"));
        (id, told)
    }

    /// Somebody goes, if he has not been dropped. What he was told is still sent.
    pub(crate) fn leave(&self, id: u64) {
        let mut inside = self.inside.borrow_mut();
        inside.answer(id, "* goodbye");
        if let Some(Member { name, room, .. }) = inside.members.remove(&id) {
            inside.tell(&room, id, format!("* {name} has gone"));
        }
    }

    /// A connection has ended.
    pub(crate) fn is_gone(&self) {
        self.inside.borrow_mut().attending -= 1;
        self.one_left.notify_waiters();
    }

    pub(crate) fn say(&self, id: u64, text: &str) {
        let mut inside = self.inside.borrow_mut();
        let Some(Member { name, room, .. }) = inside.members.get(&id) else { return };
        let (line, room) = (format!("<{name}> {text}"), room.clone());
        inside.tell(&room, id, line);
    }

    pub(crate) fn answer(&self, id: u64, text: &str) {
        self.inside.borrow_mut().answer(id, text);
    }

    pub(crate) fn rename(&self, id: u64, name: &str) {
        let mut inside = self.inside.borrow_mut();
        if inside.has(name) {
            return inside.answer(id, &format!("* somebody is {name}"));
        }
        let Some(member) = inside.members.get_mut(&id) else { return };
        let before = std::mem::replace(&mut member.name, name.to_owned());
        let room = member.room.clone();
        inside.answer(id, &format!("* you are {name}"));
        inside.tell(&room, id, format!("* {before} is {name} now"));
    }

    pub(crate) fn go_to(&self, id: u64, room: &str) {
        let mut inside = self.inside.borrow_mut();
        let Some(member) = inside.members.get_mut(&id) else { return };
        let before = std::mem::replace(&mut member.room, room.to_owned());
        let name = member.name.clone();
        if before != room {
            inside.tell(&before, id, format!("* {name} has gone to {room}"));
            inside.tell(room, id, format!("* {name} has come"));
        }
        inside.answer(id, &format!("* you are in {room}"));
    }

    pub(crate) fn names_around(&self, id: u64) -> Vec<String> {
        let inside = self.inside.borrow();
        let room = inside.members.get(&id).map(|member| &member.room);
        let around = inside.members.values().filter(|member| Some(&member.room) == room);
        around.map(|member| member.name.clone()).collect()
    }

    pub(crate) fn rooms(&self) -> Vec<String> {
        let inside = self.inside.borrow();
        let mut rooms = BTreeMap::new();
        for member in inside.members.values() {
            *rooms.entry(&member.room).or_insert(0) += 1;
        }
        rooms.into_iter().map(|(room, members)| format!("{room} ({members})")).collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.inside.borrow().members.len()
    }

    /// Everybody goes, with a goodbye.
    pub(crate) fn end(&self) {
        let mut inside = self.inside.borrow_mut();
        for id in inside.members.keys().copied().collect::<Vec<_>>() {
            inside.answer(id, "* the chat ends here: goodbye");
        }
        inside.members.clear();
    }

    /// Waits until the last connection has ended.
    pub(crate) async fn empty(&self) {
        while self.inside.borrow().attending > 0 {
            self.one_left.notified().await;
        }
    }
}

impl Inside {
    fn has(&self, name: &str) -> bool {
        self.members.values().any(|member| member.name == name)
    }

    /// Tells one member something.
    fn answer(&mut self, id: u64, text: &str) {
        let Some(member) = self.members.get(&id) else { return };
        if member.queue.try_send(format!("{text}\n").into()).is_err() {
            let room = member.room.clone();
            let line = self.drop_slow(id);
            self.tell(&room, id, line);
        }
    }

    /// Tells all others in a room something, and then all of them, who could not be told.
    fn tell(&mut self, room: &str, except: u64, line: String) {
        let mut lines = VecDeque::from([(Some(except), line)]);
        while let Some((except, line)) = lines.pop_front() {
            let line: Told = (line + "\n").into();
            let is_told = |id, member: &Member| Some(id) != except && member.room == room;
            let told = self.members.iter().filter(|(id, member)| is_told(**id, member));
            let slow = told.filter(|(_, member)| member.queue.try_send(line.clone()).is_err());
            for id in slow.map(|(id, _)| *id).collect::<Vec<_>>() {
                lines.push_back((None, self.drop_slow(id)));
            }
        }
    }

    /// Does not wait for somebody who does not read. Returns what the others should know.
    fn drop_slow(&mut self, id: u64) -> String {
        let Some(member) = self.members.remove(&id) else { return String::new() };
        // His task, which waits to send, learns it by that.
        let _ = member.stream.close();
        format!("* {} did not keep up and was dropped", member.name)
    }
}
