//! Who is called what, as the log has it: pure.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::Edit;
use super::change::Change;
use super::log::meant;
use crate::ids::ParticipantId;
use crate::model::participant::Participant;

/// What a participant is called, and the voice that is theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Called {
    pub name: String,
    pub speaker: Option<i32>,
}

impl From<&Participant> for Called {
    fn from(one: &Participant) -> Self {
        Self { name: one.name.clone(), speaker: one.speaker }
    }
}

/// What became of a participant; `None`: they were not there, or are not any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renamed {
    pub id: ParticipantId,
    pub before: Option<Called>,
    pub after: Option<Called>,
}

impl Renamed {
    /// The other way round.
    pub fn back(&self) -> Self {
        Self { id: self.id, before: self.after.clone(), after: self.before.clone() }
    }
}

/// What became of participants from one list to another.
pub fn renamed(before: &[Participant], after: &[Participant]) -> Vec<Renamed> {
    let find = |list: &[Participant], id: ParticipantId| -> Option<Called> {
        list.iter().find(|one| one.id == id).map(Called::from)
    };
    let new = after.iter().filter(|one| !before.iter().any(|old| old.id == one.id));
    let all = before.iter().chain(new).map(|one| one.id);
    all.map(|id| Renamed { id, before: find(before, id), after: find(after, id) })
        .filter(|one| one.before != one.after)
        .collect()
}

/// Participants as they were when so many changes had been made, by what they are now.
pub fn called_at(log: &[Edit], now: &[Participant], edit: i32) -> HashMap<ParticipantId, Called> {
    let mut called: HashMap<ParticipantId, Called> =
        now.iter().map(|one| (one.id, Called::from(one))).collect();
    let meant = meant(log);
    for (number, one) in log.iter().enumerate().rev().take_while(|(_, one)| one.revision > edit) {
        // Going back, what was undone is done.
        let done = one.change == Change::Undo;
        match meant[number].map(|place| &log[place].change) {
            Some(Change::Name { people }) => {
                for person in people {
                    let was = if done { &person.after } else { &person.before };
                    match was {
                        Some(was) => called.insert(person.id, was.clone()),
                        None => called.remove(&person.id),
                    };
                }
            }
            Some(Change::Merge { speaker, moved: Some((id, own)), .. }) => {
                let (from, to) = if done { (*own, *speaker) } else { (*speaker, *own) };
                if let Some(one) = called.get_mut(id).filter(|one| one.speaker == Some(from)) {
                    one.speaker = Some(to);
                }
            }
            _ => {}
        }
    }
    called
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str, speaker: Option<i32>) -> Participant {
        Participant { id: ParticipantId::new(), speaker, name: name.into(), user_id: None, email: None }
    }

    #[test]
    fn what_people_were_called_is_told_by_what_was_changed_since() {
        let ada = person("Ada", Some(0));
        let byron = Participant { name: "Ada Byron".into(), ..ada.clone() };
        let moved = Participant { speaker: Some(1), ..byron.clone() };
        let bob = person("Bob", None);
        let merge = Change::Merge {
            speaker: 1,
            words: crate::model::edit::Words::default(),
            moved: Some((ada.id, 0)),
        };
        let name =
            |before: &[Participant], after: &[Participant]| Change::Name { people: renamed(before, after) };
        let steps = [
            (name(&[], std::slice::from_ref(&ada)), vec![ada.clone()]),
            (name(std::slice::from_ref(&ada), std::slice::from_ref(&byron)), vec![byron.clone()]),
            (merge, vec![moved.clone()]),
            (Change::Undo, vec![byron.clone()]),
            (Change::Undo, vec![ada.clone()]),
            (Change::Redo, vec![byron.clone()]),
            (Change::Redo, vec![moved.clone()]),
            (
                name(std::slice::from_ref(&moved), &[moved.clone(), bob.clone()]),
                vec![moved.clone(), bob.clone()],
            ),
            (name(&[moved.clone(), bob.clone()], std::slice::from_ref(&bob)), vec![bob]),
        ];
        let log: Vec<Edit> = (1..)
            .zip(&steps)
            .map(|(revision, (change, _))| Edit {
                revision,
                change: change.clone(),
                output: None,
                user: None,
                created_at: crate::clock::now(),
            })
            .collect();
        let now = &steps[steps.len() - 1].1;
        let as_called = |list: &[Participant]| list.iter().map(|one| (one.id, Called::from(one))).collect();
        assert_eq!(called_at(&log, now, 0), HashMap::new());
        for (edit, (_, people)) in (1..).zip(&steps) {
            let wanted: HashMap<ParticipantId, Called> = as_called(people);
            assert_eq!(called_at(&log, now, edit), wanted, "after change {edit}");
        }
        assert!(renamed(now, now).is_empty());
    }
}
