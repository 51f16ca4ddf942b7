//! Entries of the audit log as lines that people read.

use std::collections::HashMap;

use super::format::{Date, shown_title};
use crate::ids::TranscriptId;
use crate::model::audit::{Action, Entry};
use crate::model::transcript::ListItem;
use crate::policy::{self, Viewer};
use crate::web::say::{say, say_with};

/// What was done, in the past tense.
pub(super) fn verb(action: Action) -> String {
    match action {
        Action::View => say("deeds-view"),
        Action::Play => say("deeds-play"),
        Action::Export => say("deeds-export"),
        Action::Edit => say("deeds-edit"),
        Action::Process => say("deeds-process"),
        Action::Share => say("deeds-share"),
        Action::Delete => say("deeds-delete"),
        Action::Restore => say("deeds-restore"),
        Action::Destroy => say("deeds-destroy"),
        Action::Expire => say("deeds-expire"),
    }
}

/// Titles of what may be read, and what the rest is called.
pub(super) struct Titles {
    of: HashMap<TranscriptId, String>,
    rest: String,
}

impl Titles {
    /// Of one thing that the page is about: "it".
    pub fn none() -> Self {
        Self { of: HashMap::new(), rest: say("deeds-it") }
    }

    /// Of these, those that the viewer may see.
    pub fn new(viewer: Viewer, items: HashMap<TranscriptId, ListItem>) -> Self {
        let readable = items.into_iter().filter(|(_, item)| {
            let may = policy::capabilities(viewer, (&item.transcript).into());
            may.read || may.restore
        });
        let title = |item: ListItem| shown_title(item.title.as_deref(), &item.transcript);
        Self { of: readable.map(|(id, item)| (id, title(item))).collect(), rest: say("deeds-transcript") }
    }
}

/// A line.
pub(super) struct DeedView {
    pub when: Date,
    pub who: String,
    pub verb: String,
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
            (Some(title), _) => say_with("deeds-titled", &[("title", title.as_str().into())]),
            (None, Some(_)) => titles.rest.clone(),
            (None, None) => say("deeds-room"),
        };
        let gone = matches!(entry.action, Action::Destroy | Action::Expire);
        let mut facts = Vec::new();
        if entry.key_id.is_some() {
            facts.push(say("deeds-by-key"));
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
