//! Text and changes as JSON.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::ids::UserId;
use crate::model::edit::{Change, Desk, Edit, Layer, Outcome, Piece, Run, Standing};

/// Places of one change that are told.
const TEXTS: usize = 20;

/// A segment, to be changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct SegmentOut {
    pub index: usize,
    pub start: f64,
    pub end: f64,
    pub speaker: Option<i32>,
    pub text: String,
    /// A person wrote some of it, or took some away.
    pub edited: bool,
    /// What the machine heard there, if that is another text; for those who may change it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_text: Option<String>,
    /// None where the machine told no times of words.
    pub words: Vec<EditWordOut>,
}

/// A word of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct EditWordOut {
    pub index: usize,
    pub text: String,
    pub start: f64,
    pub end: f64,
    pub probability: f32,
    pub edited: bool,
}

impl SegmentOut {
    pub fn new(layer: &Layer, piece: &Piece, index: usize, may_write: bool) -> Self {
        let segment = layer.segment(piece, 0);
        let edited = layer.edited(piece);
        let words = layer.words(piece).enumerate().filter(|(_, (_, token))| !token.whole);
        let words = words.map(|(index, (_, token))| EditWordOut {
            index,
            text: token.text.trim().to_owned(),
            start: token.start,
            end: token.end,
            probability: token.probability,
            edited: token.edited,
        });
        Self {
            index,
            start: segment.start,
            end: segment.end,
            speaker: segment.speaker,
            text: segment.text.trim().to_owned(),
            edited,
            machine_text: (edited && may_write).then(|| layer.machine_text(piece).trim().to_owned()),
            words: words.collect(),
        }
    }
}

/// A text, or what changed about it.
#[derive(Debug, Serialize)]
pub(super) struct TextOut {
    /// To be named by who changes it.
    pub revision: String,
    pub can_undo: bool,
    pub can_redo: bool,
    /// Changes that count, of which the text holds only a part of their words, or none.
    pub not_applicable: usize,
    /// How many segments there are.
    pub total: usize,
    /// Places that were replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced: Option<usize>,
    pub segments: Vec<SegmentOut>,
}

impl TextOut {
    pub fn new(desk: &Desk, outcomes: impl Iterator<Item = Outcome>, total: usize) -> Self {
        let standing = Standing::of(&desk.log);
        Self {
            revision: desk.revision().to_string(),
            can_undo: !standing.applied.is_empty(),
            can_redo: !standing.undone.is_empty(),
            not_applicable: outcomes.filter(|outcome| outcome.found < outcome.of).count(),
            total,
            replaced: None,
            segments: Vec::new(),
        }
    }
}

/// A change that was made.
#[derive(Debug, Serialize)]
pub(super) struct EditOut {
    pub revision: i32,
    pub kind: &'static str,
    /// applied, partly, not_applicable or undone.
    pub state: &'static str,
    pub created_at: DateTime<Utc>,
    pub user_id: Option<UserId>,
    /// Who says the words from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker: Option<i32>,
    /// How many words or places it is about.
    pub count: usize,
    pub texts: Vec<EditTextOut>,
}

/// A place that was changed.
#[derive(Debug, Serialize)]
pub(super) struct EditTextOut {
    /// Seconds.
    pub start: f64,
    pub before: String,
    pub after: String,
}

impl EditOut {
    /// `outcome`: how much of it could be applied; `None` of one that was undone.
    pub fn new(edit: &Edit, outcome: Option<Outcome>) -> Self {
        let event = matches!(edit.change, Change::Undo | Change::Redo);
        let state = match outcome {
            _ if event => "applied",
            None => "undone",
            Some(outcome) if outcome.found >= outcome.of => "applied",
            Some(outcome) if outcome.found > 0 => "partly",
            Some(_) => "not_applicable",
        };
        let (speaker, count, texts) = match &edit.change {
            Change::Assign { speaker, words } | Change::Merge { speaker, words } => {
                (Some(*speaker), words.len(), Vec::new())
            }
            Change::Text { runs } => (None, runs.len(), runs.iter().take(TEXTS).map(text).collect()),
            Change::Split { words } | Change::Join { words } | Change::Restore { words } => {
                (None, words.len(), Vec::new())
            }
            Change::RestoreAll | Change::Undo | Change::Redo => (None, 0, Vec::new()),
        };
        Self {
            revision: edit.revision,
            kind: edit.change.kind(),
            state,
            created_at: edit.created_at,
            user_id: edit.user,
            speaker,
            count,
            texts,
        }
    }
}

fn text(run: &Run) -> EditTextOut {
    let joined = |words: &[String]| words.concat().trim().to_owned();
    EditTextOut {
        start: run.old.start.first().copied().unwrap_or_default(),
        before: joined(&run.old.text),
        after: joined(&run.new),
    }
}
