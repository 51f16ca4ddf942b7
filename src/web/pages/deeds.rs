//! Entries of the audit log as lines that people read.

use std::collections::HashMap;

use super::format::Date;
use crate::ids::TranscriptId;
use crate::model::audit::{Action, Entry};
use crate::model::transcript::ListItem;
use crate::policy::{self, Viewer};
use crate::web::read;

/// What was done, in the past tense.
pub(super) fn verb(action: Action) -> &'static str {
    match action {
        Action::View => "looked at",
        Action::Play => "listened to",
        Action::Export => "took away",
        Action::Edit => "changed",
        Action::Process => "ran again",
        Action::Share => "shared",
        Action::Delete => "moved to the trash",
        Action::Restore => "restored",
        Action::Destroy => "deleted for good",
        Action::Expire => "let expire",
    }
}

/// Titles of what may be read, and what the rest is called.
pub(super) struct Titles {
    of: HashMap<TranscriptId, String>,
    rest: &'static str,
}

impl Titles {
    /// Of one thing that the page is about: "it".
    pub fn none() -> Self {
        Self { of: HashMap::new(), rest: "it" }
    }

    /// Of these, those that the viewer may see.
    pub fn new(viewer: Viewer, items: HashMap<TranscriptId, ListItem>) -> Self {
        let readable = items.into_iter().filter(|(_, item)| {
            let may = policy::capabilities(viewer, (&item.transcript).into());
            may.read || may.restore
        });
        let title = |item: ListItem| read::title(item.title.as_deref(), &item.transcript).to_owned();
        Self { of: readable.map(|(id, item)| (id, title(item))).collect(), rest: "a transcript" }
    }
}

/// A line.
pub(super) struct DeedView {
    pub when: Date,
    pub who: String,
    pub verb: &'static str,
    /// What it is called, else what it is.
    pub what: String,
    /// Where it is, if the viewer may go there.
    pub href: Option<String>,
    /// By a script with a key, and from where.
    pub facts: Vec<String>,
}

impl DeedView {
    pub fn new(entry: Entry, titles: &Titles) -> Self {
        let title = entry.transcript_id.and_then(|id| titles.of.get(&id));
        let what = match (title, entry.transcript_id) {
            (Some(title), _) => format!("“{title}”"),
            (None, Some(_)) => titles.rest.into(),
            (None, None) => "a room".into(),
        };
        let gone = matches!(entry.action, Action::Destroy | Action::Expire);
        let mut facts = Vec::new();
        if entry.key_id.is_some() {
            facts.push("with an API key".to_owned());
        }
        if !entry.address.is_empty() {
            facts.push(entry.address);
        }
        Self {
            when: Date::new(entry.at),
            who: entry.who,
            verb: verb(entry.action),
            what,
            href: entry
                .transcript_id
                .filter(|_| title.is_some() && !gone)
                .map(|id| format!("/transcripts/{id}")),
            facts,
        }
    }
}
