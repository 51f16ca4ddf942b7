//! Changes in order, some of them undone: pure.

use std::collections::HashMap;

use super::Edit;
use super::apply::Outcome;
use super::change::Change;
use super::layer::Layer;
use crate::ids::OutputId;
use crate::model::segment::Segment;

/// Which changes count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Places in the log, the oldest first.
    pub applied: Vec<usize>,
    /// Those that can be redone, the next one last.
    pub undone: Vec<usize>,
}

impl Standing {
    pub fn of(log: &[Edit]) -> Self {
        let mut standing = Self::default();
        for (number, edit) in log.iter().enumerate() {
            match edit.change {
                Change::Undo => standing.undone.extend(standing.applied.pop()),
                Change::Redo => standing.applied.extend(standing.undone.pop()),
                _ => {
                    standing.applied.push(number);
                    standing.undone.clear();
                }
            }
        }
        standing
    }
}

/// Which change each entry of a log is about, by their places: undoing one and doing it again are about that one.
pub fn meant(log: &[Edit]) -> Vec<Option<usize>> {
    let mut standing = Standing::default();
    let places = log.iter().enumerate().map(|(number, edit)| match edit.change {
        Change::Undo => {
            let place = standing.applied.pop();
            standing.undone.extend(place);
            place
        }
        Change::Redo => {
            let place = standing.undone.pop();
            standing.applied.extend(place);
            place
        }
        _ => {
            standing.applied.push(number);
            standing.undone.clear();
            Some(number)
        }
    });
    places.collect()
}

/// The text of a version with all changes that count, and how much of each could be applied, by its place in the log.
pub fn replay(machine: Vec<Segment>, output: OutputId, log: &[Edit]) -> (Layer, HashMap<usize, Outcome>) {
    let mut layer = Layer::new(machine);
    let mut outcomes = HashMap::new();
    for number in Standing::of(log).applied {
        let edit = &log[number];
        // Changes are undone from the last: those that still stand before this one are those that it was made on.
        outcomes.insert(number, layer.apply(&edit.change, edit.output == Some(output)));
    }
    (layer, outcomes)
}

/// What is shown of a version.
pub fn shown(machine: Vec<Segment>, output: OutputId, log: &[Edit]) -> Vec<Segment> {
    if Standing::of(log).applied.iter().all(|place| !log[*place].change.is_of_text()) {
        return machine;
    }
    replay(machine, output, log).0.shown()
}
