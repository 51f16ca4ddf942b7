//! Text and changes as JSON.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::ids::UserId;
use crate::model::edit::{
    Called, Change, ChangeKind, Desk, Edit, Layer, Outcome, Piece, Renamed, Run, Standing,
};
use crate::web::api::document::Refused;

/// Places of one change that are told.
const TEXTS: usize = 20;

/// A segment, to be changed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(in crate::web) struct SegmentOut {
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
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(in crate::web) struct EditWordOut {
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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EditableText)]
pub(in crate::web) struct TextOut {
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
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct EditOut {
    pub revision: i32,
    pub kind: ChangeKind,
    pub state: EditState,
    pub created_at: DateTime<Utc>,
    pub user_id: Option<UserId>,
    /// What that account is called; in the history alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// Who says the words from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker: Option<i32>,
    /// How many words or places it is about.
    pub count: usize,
    pub texts: Vec<EditTextOut>,
    /// Of a change of names: who was called what, and is from then on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<EditNameOut>,
}

/// A participant's name and voice, before a change and after it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct EditNameOut {
    /// `null`: they were not there.
    pub before: Option<NamedOut>,
    /// `null`: they are not there any more.
    pub after: Option<NamedOut>,
}

impl From<&Renamed> for EditNameOut {
    fn from(one: &Renamed) -> Self {
        Self { before: one.before.clone().map(Into::into), after: one.after.clone().map(Into::into) }
    }
}

/// What a participant is called, and their voice.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(in crate::web) struct NamedOut {
    pub name: String,
    pub speaker: Option<i32>,
}

impl From<Called> for NamedOut {
    fn from(called: Called) -> Self {
        Self { name: called.name, speaker: called.speaker }
    }
}

/// Whether a change counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::web) enum EditState {
    Applied,
    /// The text holds a part of its words only.
    Partly,
    /// It holds none of them.
    NotApplicable,
    Undone,
}

/// A place that was changed.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct EditTextOut {
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
            _ if event => EditState::Applied,
            None => EditState::Undone,
            Some(outcome) if outcome.found >= outcome.of => EditState::Applied,
            Some(outcome) if outcome.found > 0 => EditState::Partly,
            Some(_) => EditState::NotApplicable,
        };
        let (speaker, count, texts) = match &edit.change {
            Change::Assign { speaker, words } | Change::Merge { speaker, words, .. } => {
                (Some(*speaker), words.len(), Vec::new())
            }
            Change::Text { runs } => (None, runs.len(), runs.iter().take(TEXTS).map(text).collect()),
            Change::Split { words }
            | Change::Join { words }
            | Change::Restore { words }
            | Change::Confirm { words } => (None, words.len(), Vec::new()),
            Change::Name { people } => (None, people.len(), Vec::new()),
            Change::RestoreAll | Change::Undo | Change::Redo => (None, 0, Vec::new()),
        };
        let names = match &edit.change {
            Change::Name { people } => people.iter().take(TEXTS).map(EditNameOut::from).collect(),
            _ => Vec::new(),
        };
        Self {
            revision: edit.revision,
            kind: edit.change.kind(),
            state,
            created_at: edit.created_at,
            user_id: edit.user,
            user_name: None,
            speaker,
            count,
            texts,
            names,
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

/// Somebody else has changed the segment since, and nothing is written.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct SegmentClash {
    pub detail: &'static str,
    /// Of the text as it is now.
    pub revision: String,
    /// What the segment was.
    pub base: String,
    /// What it was to be; `null` where that was no text.
    pub yours: Option<String>,
    /// What is there now.
    pub theirs: String,
    pub segments: Vec<SegmentOut>,
}

/// Somebody else has changed the text since, and nothing is written.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct TextClash {
    pub detail: &'static str,
    /// Of the text as it is now.
    pub revision: String,
    /// What the others did, the newest first; at most 20.
    pub edits: Vec<EditOut>,
}

/// Somebody else has changed a name since, and nothing is written.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct NameClash {
    pub detail: &'static str,
    /// Of text and names as they are now.
    pub revision: String,
    /// What was seen; `null`: nobody.
    pub base: Option<NamedOut>,
    /// What was to be; `null`: they were to go.
    pub yours: Option<NamedOut>,
    /// What is there now; `null`: they are gone.
    pub theirs: Option<NamedOut>,
}

/// What 409 says: who was first, or what else is in the way.
macro_rules! or_refused {
    ($($name:ident: $clash:ident),*) => {$(
        pub(in crate::web) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let either = [<$clash as ToSchema>::name(), <Refused as ToSchema>::name()];
                let either = either.map(|name| Ref::from_schema_name(name));
                either.into_iter().fold(AnyOfBuilder::new(), AnyOfBuilder::item).into()
            }
        }

        impl ToSchema for $name {
            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                schemas.push((<$clash as ToSchema>::name().into_owned(), $clash::schema()));
                <$clash as ToSchema>::schemas(schemas);
            }
        }
    )*};
}

or_refused!(SegmentConflict: SegmentClash, TextConflict: TextClash, NameConflict: NameClash);
