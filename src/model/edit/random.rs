//! Random interleavings of changes, undoing and new runs, against a model that knows words by name and does everything the plain way:
//! one list, no slots, no times, no places that were noted.

use std::collections::HashSet;
use std::ops::Range;

use proptest::prelude::*;

use super::tests::segment;
use super::*;

#[derive(Clone, Debug, PartialEq)]
struct W {
    /// No two have one; that of a word that is gone, and whose segment is still there, tells whose place it holds.
    id: String,
    text: String,
    speaker: i32,
    begins: bool,
    /// Which of the machine's words it stands at.
    slot: usize,
    edited: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Model {
    machine: Vec<W>,
    words: Vec<W>,
    linked: Vec<bool>,
}

/// A change by the names of its words.
#[derive(Clone, Debug)]
enum Op {
    Text(Vec<(Vec<String>, Vec<String>)>),
    Split(String),
    Join(Vec<String>),
    Assign(i32, Vec<String>),
    Restore(Vec<String>),
    RestoreAll,
}

impl Model {
    fn new(machine: Vec<W>) -> Self {
        Self { words: machine.clone(), linked: vec![false; machine.len()], machine }
    }

    fn starts(&self, at: usize) -> bool {
        at == 0 || self.words[at].begins || self.words[at - 1].speaker != self.words[at].speaker
    }

    fn pieces(&self) -> Vec<Range<usize>> {
        let mut starts: Vec<usize> = (0..self.words.len()).filter(|at| self.starts(*at)).collect();
        starts.push(self.words.len());
        starts.windows(2).map(|two| two[0]..two[1]).collect()
    }

    /// What is shown: who, and what.
    fn shown(&self) -> Vec<(i32, String)> {
        let text = |piece: &Range<usize>| {
            let texts = self.words[piece.clone()].iter().map(|word| word.text.as_str());
            texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
        };
        let all = self.pieces().into_iter().map(|piece| (self.words[piece.start].speaker, text(&piece)));
        all.filter(|(_, text)| !text.is_empty()).collect()
    }

    fn place(&self, id: &str) -> Option<usize> {
        self.words.iter().position(|word| word.id == id)
    }

    fn apply(&mut self, op: &Op) {
        match op {
            Op::Text(runs) => {
                let mut found: Vec<(Range<usize>, &Vec<String>)> = Vec::new();
                for (old, new) in runs {
                    let Some(from) = self.place(&old[0]) else { continue };
                    let here = self.words.get(from..from + old.len());
                    if here.is_some_and(|here| here.iter().zip(old).all(|(word, id)| word.id == *id)) {
                        found.push((from..from + old.len(), new));
                    }
                }
                found.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
                for (range, new) in found {
                    self.replace(range, new);
                }
            }
            Op::Split(id) => {
                if let Some(at) = self.place(id) {
                    self.words[at].begins = true;
                }
            }
            Op::Join(ids) => {
                if let Some(at) = self.place(&ids[0]).filter(|at| *at > 0) {
                    self.words[at].begins = false;
                    let speaker = self.words[at - 1].speaker;
                    self.say(speaker, ids);
                }
            }
            Op::Assign(speaker, ids) => self.say(*speaker, ids),
            Op::Restore(ids) => {
                for id in ids {
                    if let Some(slot) = self.machine.iter().position(|word| word.id == *id) {
                        self.reset(slot);
                    }
                }
            }
            Op::RestoreAll => {
                (0..self.machine.len()).for_each(|slot| self.reset(slot));
                for (word, heard) in self.words.iter_mut().zip(&self.machine) {
                    word.begins = heard.begins;
                }
            }
        }
    }

    fn say(&mut self, speaker: i32, ids: &[String]) {
        for word in self.words.iter_mut().filter(|word| ids.contains(&word.id)) {
            word.speaker = speaker;
        }
    }

    fn replace(&mut self, range: Range<usize>, new: &[String]) {
        let old = self.words[range.clone()].to_vec();
        if old.len() == new.len() {
            for (word, text) in self.words[range].iter_mut().zip(new) {
                word.edited |= word.text != *text;
                (word.id, word.text) = (text.clone(), text.clone());
            }
            return;
        }
        let starts = self.starts(range.start);
        if old[1..].iter().any(|word| word.begins) && range.end < self.words.len() {
            self.words[range.end].begins = true;
        }
        let mut written: Vec<W> = Vec::new();
        for text in new {
            let begins = written.is_empty() && old[0].begins;
            written.push(W { id: text.clone(), text: text.clone(), begins, edited: true, ..old[0].clone() });
        }
        if !new.is_empty() {
            (old[0].slot..old[old.len() - 1].slot).for_each(|slot| self.linked[slot] = true);
        } else if starts {
            let id = format!("ghost of {}", old[0].id);
            written.push(W { id, text: String::new(), edited: true, ..old[0].clone() });
        }
        self.words.splice(range, written);
    }

    fn reset(&mut self, slot: usize) {
        let (mut from, mut to) = (slot, slot + 1);
        while from > 0 && self.linked[from - 1] {
            from -= 1;
        }
        while self.linked[to - 1] && to < self.machine.len() {
            to += 1;
        }
        for slot in from..to {
            let mut word = self.machine[slot].clone();
            let at = self.words.iter().position(|word| word.slot >= slot).unwrap_or(self.words.len());
            match self.words.get(at).filter(|word| word.slot == slot) {
                Some(old) => (word.begins, word.speaker) = (old.begins, old.speaker),
                None => {
                    word.begins = false;
                    if at > 0 {
                        word.speaker = self.words[at - 1].speaker;
                    }
                }
            }
            self.words.retain(|word| word.slot != slot);
            self.words.insert(at, word);
            self.linked[slot] = false;
        }
    }

    /// What has to change for a segment's words to be `new`; those that stay have their names.
    fn runs(&self, piece: &Range<usize>, new: &[String]) -> Vec<(Vec<String>, Vec<String>)> {
        let stays = |word: &W| !word.text.is_empty() && new.contains(&word.text);
        let mut runs: Vec<(Vec<String>, Vec<String>)> = Vec::new();
        let (mut from, mut written) = (piece.start, 0);
        for bound in piece.clone().chain([piece.end]) {
            let kept = bound < piece.end && stays(&self.words[bound]);
            if bound < piece.end && !kept {
                continue;
            }
            let until = match kept {
                true => new.iter().position(|text| *text == self.words[bound].text).unwrap(),
                false => new.len(),
            };
            let mut fresh = new[written..until].to_vec();
            let mut gone = from..bound;
            let visible = self.words[gone.clone()].iter().any(|word| !word.text.is_empty());
            // Two changes of one word are one.
            let same = from > piece.start
                && runs.last().is_some_and(|(old, _)| old.contains(&self.words[from - 1].id));
            if !visible && same {
                runs.last_mut().unwrap().1.append(&mut fresh);
            }
            if !visible && !fresh.is_empty() {
                if from > piece.start {
                    gone = from - 1..from;
                    fresh.insert(0, self.words[from - 1].text.clone());
                } else if kept {
                    gone = bound..bound + 1;
                    fresh.push(self.words[bound].text.clone());
                }
            }
            if visible || !fresh.is_empty() {
                runs.push((self.words[gone].iter().map(|word| word.id.clone()).collect(), fresh));
            }
            (from, written) = (bound + 1, until + 1);
        }
        runs
    }
}

/// What somebody does; numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Write {
        piece: usize,
        picks: Vec<u8>,
    },
    Word {
        piece: usize,
        word: usize,
        by: usize,
    },
    Replace {
        piece: usize,
        word: usize,
        by: usize,
    },
    Split {
        piece: usize,
        word: usize,
    },
    Join {
        piece: usize,
    },
    Assign {
        from: usize,
        long: usize,
        speaker: i32,
    },
    Restore {
        piece: usize,
    },
    RestoreAll,
    Undo,
    Redo,
    /// The recording is heard again: some words as others, segments otherwise.
    Hear {
        other: u32,
        cuts: u32,
    },
    /// An older version is shown again.
    Show {
        version: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let some = || 0..64usize;
    prop_oneof![
        6 => (some(), prop::collection::vec(any::<u8>(), 9)).prop_map(|(piece, picks)| Step::Write { piece, picks }),
        3 => (some(), some(), 0..4usize).prop_map(|(piece, word, by)| Step::Word { piece, word, by }),
        2 => (some(), some(), 0..4usize).prop_map(|(piece, word, by)| Step::Replace { piece, word, by }),
        3 => (some(), some()).prop_map(|(piece, word)| Step::Split { piece, word }),
        3 => some().prop_map(|piece| Step::Join { piece }),
        3 => (some(), 1..5usize, 0..3).prop_map(|(from, long, speaker)| Step::Assign { from, long, speaker }),
        3 => some().prop_map(|piece| Step::Restore { piece }),
        1 => Just(Step::RestoreAll),
        4 => Just(Step::Undo),
        2 => Just(Step::Redo),
        3 => (any::<u32>(), any::<u32>()).prop_map(|(other, cuts)| Step::Hear { other: other & (other >> 7), cuts }),
        1 => some().prop_map(|version| Step::Show { version }),
    ]
}

/// A desk and a model beside each other.
struct Pair {
    versions: Vec<(OutputId, Vec<Segment>, Model)>,
    shown: usize,
    log: Vec<Edit>,
    applied: Vec<Op>,
    undone: Vec<Op>,
    /// Makes names of words.
    fresh: usize,
    /// Recordings are heard again, by one speaker; otherwise several speak, and every change is applied where it was made.
    again: bool,
}

const WORDS: usize = 12;

impl Pair {
    fn new(again: bool, cuts: u32) -> Self {
        let mut pair = Self {
            versions: Vec::new(),
            shown: 0,
            log: Vec::new(),
            applied: Vec::new(),
            undone: Vec::new(),
            fresh: 0,
            again,
        };
        pair.hear(0, cuts);
        pair
    }

    fn name(&mut self, letter: char) -> String {
        self.fresh += 1;
        format!("{letter}{}", self.fresh)
    }

    fn hear(&mut self, other: u32, cuts: u32) {
        let mut heard: Vec<W> = Vec::new();
        for slot in 0..WORDS {
            let id = if other >> slot & 1 == 1 { self.name('m') } else { format!("w{slot}") };
            let begins = slot == 0 || cuts >> slot & 1 == 1;
            let before = heard.last().map_or(0, |word| word.speaker);
            let speaker =
                if begins && !self.again { i32::from(cuts >> (slot + 12) & 1 == 1) } else { before };
            heard.push(W { text: id.clone(), id, speaker, begins, slot, edited: false });
        }
        // Close together, names tell them apart; a later run hears all a little later.
        let step = if self.again { 0.03 } else { 1.0 };
        let shift = 0.004 * (self.versions.len() % 3) as f64;
        let mut segments: Vec<Segment> = Vec::new();
        for word in &heard {
            let start = step * word.slot as f64 + shift;
            let one = segment(0, start, word.speaker, &word.text);
            let mut said = one.words[0].clone();
            (said.start, said.end) = (start, start + 0.9 * step);
            if word.begins {
                segments.push(Segment { words: Vec::new(), text: String::new(), ..one });
            }
            let last = segments.last_mut().unwrap();
            last.text += &said.text;
            last.end = said.end;
            last.idx = 0;
            last.words.push(said);
        }
        self.versions.push((OutputId::new(), segments, Model::new(heard)));
        self.shown = self.versions.len() - 1;
    }

    fn layer(&self) -> Layer {
        let (output, machine, _) = &self.versions[self.shown];
        replay(machine.clone(), *output, &self.log).0
    }

    fn model(&self) -> Model {
        let mut model = self.versions[self.shown].2.clone();
        self.applied.iter().for_each(|op| model.apply(op));
        model
    }

    fn note(&mut self, change: Change) {
        let revision = i32::try_from(self.log.len()).unwrap() + 1;
        let output = Some(self.versions[self.shown].0);
        self.log.push(Edit { revision, change, output, user: None, created_at: crate::clock::now() });
    }

    /// Both do it, or neither.
    fn both(&mut self, change: Option<Change>, op: Option<Op>) {
        assert_eq!(change.is_some(), op.is_some(), "{change:?} {op:?}");
        if let (Some(change), Some(op)) = (change, op) {
            self.note(change);
            self.applied.push(op);
            self.undone.clear();
        }
    }

    fn text(&mut self, piece: usize, new: &[String], make: impl Fn(&Layer, &Piece) -> Option<Change>) {
        let (layer, model) = (self.layer(), self.model());
        let runs = model.runs(&model.pieces()[piece], new);
        if self.again && runs.iter().flat_map(|(old, _)| old).any(|id| id.starts_with("ghost")) {
            // What has no letters is known by its time alone.
            return;
        }
        let change = make(&layer, &layer.pieces()[piece]);
        self.both(change, (!runs.is_empty()).then_some(Op::Text(runs)));
    }

    fn take(&mut self, step: &Step) {
        let (layer, model) = (self.layer(), self.model());
        let pieces = model.pieces();
        let texts = |piece: usize| -> Vec<String> {
            let words = model.words[pieces[piece].clone()].iter().map(|word| word.text.clone());
            words.filter(|text| !text.is_empty()).collect()
        };
        match step {
            Step::Write { piece, picks } => {
                let piece = piece % pieces.len();
                let mut new = Vec::new();
                if picks[8] % 4 == 0 {
                    new.push(self.name('p'));
                }
                for (at, text) in texts(piece).into_iter().enumerate() {
                    match picks[at % 8] % 7 {
                        0 => {}
                        1 => new.push(self.name('p')),
                        2 => new.extend([self.name('p'), self.name('p')]),
                        3 => new.extend([text, self.name('p')]),
                        _ => new.push(text),
                    }
                }
                let text = new.join(" ");
                self.text(piece, &new, |layer, piece| layer.write(piece, &text));
            }
            Step::Word { piece, word, by } | Step::Replace { piece, word, by } => {
                let piece = piece % pieces.len();
                let mut new = texts(piece);
                if new.is_empty() {
                    assert_eq!(layer.write_word(&layer.pieces()[piece], *word, "x"), Err(Refusal::NoWord));
                    return;
                }
                let at = word % new.len();
                let by: Vec<String> = (0..*by).map(|_| self.name('p')).collect();
                let old = new.splice(at..=at, by.clone()).next().unwrap();
                let run = (vec![old.clone()], by.clone());
                let by = by.join(" ");
                if matches!(step, Step::Word { .. }) {
                    let change = layer.write_word(&layer.pieces()[piece], at, &by).unwrap();
                    self.both(change, Some(Op::Text(vec![run])));
                } else {
                    let find = regex::Regex::new(&format!(r"\b{old}\b")).unwrap();
                    self.text(piece, &new, |layer, _| layer.replace_all(&find, &by, None).unwrap().change);
                }
            }
            Step::Split { piece, word } => {
                let piece = piece % pieces.len();
                let texts = texts(piece);
                if texts.len() > 1 {
                    let word = 1 + word % (texts.len() - 1);
                    let change = layer.split(&layer.pieces()[piece], word).unwrap();
                    self.both(Some(change), Some(Op::Split(texts[word].clone())));
                }
            }
            Step::Join { piece } => {
                let piece = piece % pieces.len();
                let Some(next) = pieces.get(piece + 1) else { return };
                let ids: Vec<String> = model.words[next.clone()].iter().map(|word| word.id.clone()).collect();
                if !self.again || !ids.iter().any(|id| id.starts_with("ghost")) {
                    let places = layer.pieces();
                    let change = layer.join(&places[piece], places.get(piece + 1)).unwrap();
                    self.both(Some(change), Some(Op::Join(ids)));
                }
            }
            Step::Assign { from, long, speaker } => {
                if !self.again {
                    let from = from % model.words.len();
                    let to = (from + long).min(model.words.len());
                    let ids = model.words[from..to].iter().map(|word| word.id.clone()).collect();
                    let all: Vec<At> = layer.tokens().map(|(at, _)| at).collect();
                    let words = layer.named(all[from..to].iter().copied());
                    let change = Change::Assign { speaker: *speaker, words };
                    self.both(Some(change), Some(Op::Assign(*speaker, ids)));
                }
            }
            Step::Restore { piece } => {
                let piece = piece % pieces.len();
                let here = &pieces[piece];
                // From where it begins to where the next one does, with what stands for those together.
                let first = if here.start == 0 { 0 } else { model.words[here.start].slot };
                let mut last = match model.words.get(here.end) {
                    Some(next) if next.slot > model.words[here.end - 1].slot => next.slot,
                    Some(next) => next.slot + 1,
                    None => WORDS,
                };
                let mut begin = first;
                while begin > 0 && model.linked[begin - 1] {
                    begin -= 1;
                }
                while last < WORDS && model.linked[last - 1] {
                    last += 1;
                }
                let same = |slot: usize| {
                    let here: Vec<&W> = model.words.iter().filter(|word| word.slot == slot).collect();
                    here.len() == 1 && !here[0].edited
                };
                let op = (!(begin..last).all(same)).then(|| {
                    Op::Restore(model.machine[begin..last].iter().map(|word| word.id.clone()).collect())
                });
                self.both(layer.restore(&layer.pieces()[piece]), op);
            }
            Step::RestoreAll => {
                let mut restored = model.clone();
                restored.apply(&Op::RestoreAll);
                self.both(layer.restore_all(), (restored != model).then_some(Op::RestoreAll));
            }
            Step::Undo => {
                if let Some(op) = self.applied.pop() {
                    self.undone.push(op);
                    self.note(Change::Undo);
                }
            }
            Step::Redo => {
                if let Some(op) = self.undone.pop() {
                    self.applied.push(op);
                    self.note(Change::Redo);
                }
            }
            Step::Hear { other, cuts } => {
                if self.again {
                    self.hear(*other, *cuts);
                }
            }
            Step::Show { version } => self.shown = version % self.versions.len(),
        }
    }

    fn check(&self) {
        let (layer, model) = (self.layer(), self.model());
        let shown = layer.shown();
        let found: Vec<(i32, String)> =
            shown.iter().map(|one| (one.speaker.unwrap(), one.text.trim().to_owned())).collect();
        assert_eq!(found, model.shown());
        assert_eq!(layer.pieces().len(), model.pieces().len());
        for (idx, one) in (0..).zip(&shown) {
            assert_eq!(one.idx, idx);
            assert_eq!(one.words.iter().map(|word| word.text.as_str()).collect::<String>(), one.text);
            for word in &one.words {
                assert!(one.start <= word.start && word.start <= word.end, "{word:?} in {one:?}");
                assert!(word.end <= one.end + 1e-9, "{word:?} in {one:?}");
            }
            assert!(one.words.windows(2).all(|two| two[0].start <= two[1].start), "{one:?}");
        }
        let standing = Standing::of(&self.log);
        assert_eq!((standing.applied.len(), standing.undone.len()), (self.applied.len(), self.undone.len()));
    }
}

fn run(again: bool, cuts: u32, steps: &[Step]) {
    let mut pair = Pair::new(again, cuts);
    pair.check();
    // What was shown when so many changes stood: undoing must lead back to just that.
    let mut states = vec![pair.layer().shown()];
    for step in steps {
        let version = pair.shown;
        pair.take(step);
        pair.check();
        if version == pair.shown && !again {
            states.truncate(pair.applied.len() + usize::from(matches!(step, Step::Undo | Step::Redo)));
            match states.get(pair.applied.len()) {
                Some(before) if matches!(step, Step::Undo) => assert_eq!(&pair.layer().shown(), before),
                _ => {
                    states.truncate(pair.applied.len());
                    states.push(pair.layer().shown());
                }
            }
        }
    }
    let ids: HashSet<OutputId> = pair.versions.iter().map(|version| version.0).collect();
    assert_eq!(ids.len(), pair.versions.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changes_of_one_version_do_what_the_model_says(cuts in any::<u32>(), steps in prop::collection::vec(step(), 1..25)) {
        run(false, cuts, &steps);
    }

    #[test]
    fn changes_survive_new_runs_as_the_model_says(cuts in any::<u32>(), steps in prop::collection::vec(step(), 1..25)) {
        run(true, cuts, &steps);
    }
}
