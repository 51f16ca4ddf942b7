//! What a person can change about a text.

use serde::{Deserialize, Serialize};

use super::names::Renamed;
use crate::ids::ParticipantId;
use crate::model::text_enum::text_enum;

/// Where a word stands in a layer: its slot, and its number among the words of that slot.
pub type At = (u32, u32);

/// Words of a text, by what they say and when. Arrays of one length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Words {
    pub text: Vec<String>,
    /// Seconds.
    pub start: Vec<f64>,
    /// Where each stood in the text that the change was made on; empty where that was not noted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub at: Vec<At>,
}

impl Words {
    pub fn len(&self) -> usize {
        self.text.len().min(self.start.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn push(&mut self, text: &str, start: f64, at: At) {
        self.text.push(text.to_owned());
        self.start.push(start);
        self.at.push(at);
    }
}

/// Words in a row that others take the place of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// At least one.
    pub old: Words,
    /// Each with the space before it; none: the old ones go.
    pub new: Vec<String>,
}

/// A change, as the database has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// This one says these words.
    Assign { speaker: i32, words: Words },
    /// The voices that say these words are one.
    Merge {
        speaker: i32,
        words: Words,
        /// Who went along, and the voice that they had: they have it again when this is undone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        moved: Option<(ParticipantId, i32)>,
    },
    /// Other words: of a segment, or of many at once where words were replaced.
    Text { runs: Vec<Run> },
    /// A segment begins with this one word.
    Split { words: Words },
    /// The segment of these words goes on from the one before: no segment begins with the first, and who said the word before
    /// says them all.
    Join { words: Words },
    /// These words, which are the machine's, are as the machine heard them.
    Restore { words: Words },
    /// All words and all segments are the machine's; who says them stays.
    RestoreAll,
    /// These words, of which the machine was not sure, are right.
    Confirm { words: Words },
    /// Who is called what: participants as they were, and as they are from then on.
    Name { people: Vec<Renamed> },
    /// The newest change that stands does not count.
    Undo,
    /// What was undone last counts again.
    Redo,
}

text_enum! {
    /// Its name in the database and in JSON.
    ChangeKind {
        Assign = "assign",
        Merge = "merge",
        Text = "text",
        Split = "split",
        Join = "join",
        Restore = "restore",
        RestoreAll = "restore_all",
        Confirm = "confirm",
        Name = "name",
        Undo = "undo",
        Redo = "redo",
    }
}

impl Change {
    pub fn kind(&self) -> ChangeKind {
        match self {
            Self::Assign { .. } => ChangeKind::Assign,
            Self::Merge { .. } => ChangeKind::Merge,
            Self::Text { .. } => ChangeKind::Text,
            Self::Split { .. } => ChangeKind::Split,
            Self::Join { .. } => ChangeKind::Join,
            Self::Restore { .. } => ChangeKind::Restore,
            Self::RestoreAll => ChangeKind::RestoreAll,
            Self::Confirm { .. } => ChangeKind::Confirm,
            Self::Name { .. } => ChangeKind::Name,
            Self::Undo => ChangeKind::Undo,
            Self::Redo => ChangeKind::Redo,
        }
    }

    /// How many words it names or brings: what it costs to keep and to apply.
    pub fn size(&self) -> usize {
        match self {
            Self::Assign { words, .. }
            | Self::Merge { words, .. }
            | Self::Split { words }
            | Self::Join { words }
            | Self::Confirm { words }
            | Self::Restore { words } => words.len(),
            Self::Text { runs } => runs.iter().map(|run| run.old.len() + run.new.len()).sum(),
            Self::Name { people } => people.len(),
            Self::RestoreAll | Self::Undo | Self::Redo => 0,
        }
    }

    /// Whether it may change what a text reads or who says it.
    pub fn is_of_text(&self) -> bool {
        !matches!(self, Self::Name { .. } | Self::Undo | Self::Redo)
    }

    /// Voices that it speaks of by number.
    pub fn voices(&self) -> Vec<i32> {
        match self {
            Self::Assign { speaker, .. } | Self::Merge { speaker, .. } => vec![*speaker],
            Self::Name { people } => {
                let called = people.iter().flat_map(|one| [&one.before, &one.after]);
                called.flatten().filter_map(|one| one.speaker).collect()
            }
            _ => Vec::new(),
        }
    }
}
