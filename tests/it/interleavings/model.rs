//! What is expected: words by name, the log gone through anew each time.

use super::{Step, Who};

/// Words of the talk's three segments.
pub const SEGMENTS: [std::ops::Range<usize>; 3] = [0..5, 5..10, 10..13];
const TALK: [&str; 13] = [
    "Good", "morning,", "let", "us", "begin.", "We", "should", "<cut>", "the", "budget.", "Agreed", "&",
    "noted.",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    There,
    Trash,
    Gone,
}

/// Where the machine is with hearing again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    Idle,
    /// `job`: there is one in the queue.
    Queued {
        job: bool,
    },
    Running,
}

#[derive(Clone, Debug, PartialEq)]
enum Entry {
    Write { old: Vec<String>, new: Vec<String> },
    Back(Vec<String>),
    Name(String),
    Undo,
    Redo,
}

/// Which text somebody saw: the number of the version, and of changes.
pub type Seen = (usize, usize);

/// What the API shows of it.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub life: Life,
    /// While it is there.
    pub text: Option<(String, Vec<String>)>,
    pub title: Option<String>,
    /// What the first voice is called.
    pub name: Option<String>,
    pub job: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub life: Life,
    pub versions: Vec<Vec<String>>,
    pub shown: usize,
    log: Vec<Entry>,
    title: Option<String>,
    pub machine: Machine,
    /// By Ada, and by her key.
    seen: [Seen; 2],
}

impl Model {
    pub fn new() -> Self {
        Self {
            life: Life::There,
            versions: vec![TALK.map(str::to_owned).to_vec()],
            shown: 0,
            log: Vec::new(),
            title: None,
            machine: Machine::Idle,
            seen: [(0, 0); 2],
        }
    }

    pub fn now(&self) -> Seen {
        (self.shown, self.log.len())
    }

    /// What somebody saw last.
    pub fn seen(&self, who: Who) -> Seen {
        self.seen[usize::from(who != Who::Ada)]
    }

    /// Both stacks of a log: what stands, and what was undone.
    fn standing(log: &[Entry]) -> (Vec<&Entry>, Vec<&Entry>) {
        let (mut applied, mut undone) = (Vec::new(), Vec::new());
        for entry in log {
            match entry {
                Entry::Undo => undone.extend(applied.pop()),
                Entry::Redo => applied.extend(undone.pop()),
                other => {
                    applied.push(other);
                    undone.clear();
                }
            }
        }
        (applied, undone)
    }

    /// The words of a text that somebody saw.
    pub fn words(&self, (version, edits): Seen) -> Vec<String> {
        let machine = &self.versions[version];
        let mut words = machine.clone();
        for entry in Self::standing(&self.log[..edits]).0 {
            match entry {
                Entry::Write { old, new } => {
                    if let Some(at) = words.windows(old.len()).position(|here| here == old) {
                        words[at..at + new.len()].clone_from_slice(new);
                    }
                }
                Entry::Back(heard) => {
                    let at = |word: &String| machine.iter().position(|one| one == word);
                    for slot in heard.iter().filter_map(at) {
                        words[slot].clone_from(&machine[slot]);
                    }
                }
                Entry::Name(_) | Entry::Undo | Entry::Redo => {}
            }
        }
        words
    }

    /// What the first voice is called.
    fn name(&self) -> Option<String> {
        let mut newest = Self::standing(&self.log).0.into_iter().rev();
        newest.find_map(|entry| if let Entry::Name(name) = entry { Some(name.clone()) } else { None })
    }

    pub fn state(&self) -> State {
        let words = self.words(self.now());
        let text = SEGMENTS.map(|segment| words[segment].join(" ")).to_vec();
        let there = self.life == Life::There;
        State {
            life: self.life,
            text: there.then(|| (format!("{}.{}", self.shown + 1, self.log.len()), text)),
            title: self.title.clone().filter(|_| there),
            name: self.name().filter(|_| there),
            job: self.life != Life::Gone && self.machine == Machine::Queued { job: true },
        }
    }

    /// What the answer must be, and the state afterwards; 0 where nobody asks over HTTP.
    pub fn apply(&mut self, step: &Step, fresh: &[String]) -> u16 {
        match step {
            Step::Look(who) => {
                let may = self.read(*who);
                if may == 200 && *who != Who::Bob {
                    self.seen[usize::from(*who != Who::Ada)] = self.now();
                }
                may
            }
            Step::Title(who) => self.write(*who, |model| {
                model.title = Some(fresh[0].clone());
                200
            }),
            Step::Word(who, at, word) => self.change(*who, *at, |segment, model| {
                let old = model.words(model.now())[segment.start + word % segment.len()].clone();
                model.log.push(Entry::Write { old: vec![old], new: vec![fresh[0].clone()] });
            }),
            Step::Two(who, at, word) => self.change(*who, *at, |segment, model| {
                let first = segment.start + word % (segment.len() - 1);
                let old = model.words(model.now())[first..first + 2].to_vec();
                model.log.push(Entry::Write { old, new: fresh[..2].to_vec() });
            }),
            Step::Back(who, at) => self.change(*who, *at, |segment, model| {
                let heard = model.versions[model.shown][segment.clone()].to_vec();
                if model.words(model.now())[segment] != heard {
                    model.log.push(Entry::Back(heard));
                }
            }),
            Step::Name(who) => self.write(*who, |model| {
                model.log.push(Entry::Name(fresh[0].clone()));
                200
            }),
            Step::Undo(who) => self.whole(*who, Entry::Undo),
            Step::Redo(who) => self.whole(*who, Entry::Redo),
            Step::Version(who, version) => {
                let version = version % (self.versions.len() + 1);
                self.write(*who, |model| {
                    if version == model.versions.len() {
                        return 404;
                    }
                    model.shown = version;
                    200
                })
            }
            Step::Process(who) => {
                let may = self.owns(*who);
                if may == 200 && self.machine == Machine::Idle {
                    self.machine = Machine::Queued { job: true };
                }
                may
            }
            Step::Trash(who) => {
                let may = self.owns(*who);
                if may == 200 {
                    self.life = Life::Trash;
                }
                may
            }
            Step::Restore(who) => self.trashed(*who, |model| {
                model.life = Life::There;
                // What a worker would not do in the trash waits for one again.
                if let Machine::Queued { job } = &mut model.machine {
                    *job = true;
                }
            }),
            Step::Destroy(who) => self.trashed(*who, |model| model.life = Life::Gone),
            Step::Begins => {
                if self.machine == (Machine::Queued { job: true }) && self.life != Life::Gone {
                    self.machine = match self.life {
                        Life::There => Machine::Running,
                        _ => Machine::Queued { job: false },
                    };
                }
                0
            }
            Step::Ends(other) => {
                if self.machine == Machine::Running && self.life != Life::Gone {
                    self.versions.push(heard(*other, fresh));
                    self.shown = self.versions.len() - 1;
                    self.machine = Machine::Idle;
                }
                0
            }
        }
    }

    fn read(&self, who: Who) -> u16 {
        if self.life == Life::There && who != Who::Writes { 200 } else { 404 }
    }

    /// Changes that need to see what they change.
    fn write(&mut self, who: Who, make: impl FnOnce(&mut Self) -> u16) -> u16 {
        match (self.read(who), who) {
            (200, Who::Bob) => 403,
            (200, _) => make(self),
            (other, _) => other,
        }
    }

    /// What needs no look.
    fn owns(&self, who: Who) -> u16 {
        match (self.life, who) {
            (Life::There, Who::Bob) => 403,
            (Life::There, _) => 200,
            _ => 404,
        }
    }

    fn trashed(&mut self, who: Who, make: impl FnOnce(&mut Self)) -> u16 {
        match (self.life, who) {
            (Life::Trash, Who::Bob) | (Life::Gone, _) => 404,
            (Life::There, Who::Bob) => 403,
            (Life::There, _) => 400,
            (Life::Trash, _) => {
                make(self);
                200
            }
        }
    }

    /// A change of a segment: only where nobody has changed it since it was seen.
    fn change(&mut self, who: Who, at: usize, make: impl FnOnce(std::ops::Range<usize>, &mut Self)) -> u16 {
        let (seen, now) = (self.seen(who), self.now());
        self.write(who, |model| {
            let segment = SEGMENTS[at].clone();
            let alike = model.words(seen)[segment.clone()] == model.words(now)[segment.clone()];
            if seen.0 != now.0 || !alike {
                return 409;
            }
            make(segment, model);
            200
        })
    }

    /// A change of the whole: only where nobody has changed anything since.
    fn whole(&mut self, who: Who, entry: Entry) -> u16 {
        let (seen, now) = (self.seen(who), self.now());
        self.write(who, |model| {
            if seen != now {
                return 409;
            }
            let (applied, undone) = Self::standing(&model.log);
            let there = if entry == Entry::Undo { applied } else { undone };
            if there.is_empty() {
                return 400;
            }
            model.log.push(entry);
            200
        })
    }
}

/// The talk as it is heard another time.
pub fn heard(other: u16, fresh: &[String]) -> Vec<String> {
    let word = |(slot, said): (usize, &&str)| match other >> slot & 1 {
        1 => fresh[slot].clone(),
        _ => (*said).to_owned(),
    };
    TALK.iter().enumerate().map(word).collect()
}
