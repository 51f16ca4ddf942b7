//! Full text of what is shown: titles, names, topics, summaries, action items, notes and words, each transcript in its own language.

mod ask;
mod compile;
mod index;
mod places;
mod snippet;
mod terms;
pub(super) mod text;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection};

use super::text_enum::text_enum;
use super::transcript::{self, ListItem, NewTranscript, SourceKind, Status, items};
use super::user::Viewer;
use crate::ids::RoomId;

pub use ask::plan;
pub use index::{refresh_front, refresh_words, unknown};
pub use snippet::Excerpt;

/// The most that one answer holds.
pub const LIMIT_MAX: i64 = 100;

text_enum! {
    /// Where a passage stands.
    PassageKind {
        Title = "title",
        /// What the transcript was called when it was made.
        Name = "name",
        /// A participant's name; its time is when this one first speaks.
        Speaker = "speaker",
        Topic = "topic",
        Summary = "summary",
        Action = "action",
        /// A line of what people wrote about it; it has no time.
        Notes = "notes",
        Words = "words",
    }
}

/// What to look for.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Whose search it is: what they find is what their list may show.
    pub viewer: Viewer,
    /// Whether notes are theirs to read, and so to be found by.
    pub notes: bool,
    /// Words, `"phrases"`, `begin*`, `-without`, `one OR other`; empty lists all.
    pub query: String,
    /// In the trash instead.
    pub trash: bool,
    pub source_kind: Option<SourceKind>,
    pub room_id: Option<RoomId>,
    /// Made then or later.
    pub from: Option<DateTime<Utc>>,
    /// Made then or earlier.
    pub to: Option<DateTime<Utc>>,
    /// Code of the spoken language, with or without region.
    pub language: Option<String>,
    /// A part of a participant's name, in any case: what they said is looked at.
    pub speaker: Option<String>,
    /// Standing at one of these; empty: at any.
    pub statuses: Vec<Status>,
    pub order: Order,
    /// 1 to [`LIMIT_MAX`].
    pub limit: i64,
    pub offset: i64,
}

/// What comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// What fits best; without words the newest, in the trash what was put there last.
    #[default]
    Best,
    Newest,
    Oldest,
    Longest,
    Shortest,
    /// By the title that is shown, whatever its capitals.
    Title,
}

impl Ask {
    /// Everything but notes, the first 20.
    pub fn new(viewer: Viewer) -> Self {
        Self {
            viewer,
            notes: false,
            query: String::new(),
            trash: false,
            source_kind: None,
            room_id: None,
            from: None,
            to: None,
            language: None,
            speaker: None,
            statuses: Vec::new(),
            order: Order::Best,
            limit: 20,
            offset: 0,
        }
    }
}

/// A transcript that was found.
#[derive(Clone, Debug)]
pub struct Hit {
    pub item: ListItem,
    /// 0 to 1, where the best come first; without words 0. Where only what is said holds them, by how often.
    pub rank: f64,
    /// At most [`places::SNIPPETS`], the best first. Where only the title was found there is none.
    pub snippets: Vec<Snippet>,
    /// Passages in which something was found.
    pub matches: i64,
}

/// A place that was found.
#[derive(Clone, Debug)]
pub struct Snippet {
    pub kind: PassageKind,
    /// Seconds: where to listen.
    pub start: f64,
    /// Of words: who says them.
    pub speaker: Option<i32>,
    pub excerpt: Excerpt,
}

/// A page of what was found.
#[derive(Clone, Debug)]
pub struct Found {
    pub hits: Vec<Hit>,
    /// How many there are on all pages.
    pub total: i64,
}

/// Searches: the best first; without words the newest first.
///
/// # Errors
/// Those of the database.
pub async fn search(conn: &mut AsyncPgConnection, ask: &Ask) -> QueryResult<Found> {
    let groups = terms::parse(&ask.query);
    if groups.is_empty() && !ask.query.trim().is_empty() {
        // Nothing but signs: no text has them for words.
        return Ok(Found { hits: Vec::new(), total: 0 });
    }
    let compiled = if groups.is_empty() { Vec::new() } else { compile::compile(conn, &groups).await? };
    let (ranked, total) = ask::documents(conn, ask, &groups, &compiled).await?;
    let ids: Vec<_> = ranked.iter().map(|(id, _)| *id).collect();
    let mut items = items(conn, &ids).await?;
    let mut places = places::places(conn, ask, &ids, &compiled).await?;
    let hits = ranked
        .into_iter()
        .filter_map(|(id, rank)| {
            let (matches, snippets) = places.remove(&id).unwrap_or_default();
            Some(Hit { item: items.remove(&id)?, rank, snippets, matches })
        })
        .collect();
    Ok(Found { hits, total })
}

/// A question whose answer is taken back with what it was about.
enum Asked {
    Answered(bool),
    Failed(diesel::result::Error),
}

impl From<diesel::result::Error> for Asked {
    fn from(error: diesel::result::Error) -> Self {
        Self::Failed(error)
    }
}

/// Whether search finds what is known to be there: a transcript that is made for it, and never kept.
///
/// # Errors
/// Those of the database.
pub async fn answers(conn: &mut AsyncPgConnection) -> QueryResult<bool> {
    const KNOWN: &str = "Zzyzx";
    let asked: Result<(), Asked> = conn
        .transaction(async |conn| {
            let new = NewTranscript::of_file(KNOWN);
            transcript::create(conn, &new).await?;
            let ask =
                Ask { order: Order::Newest, limit: 1, query: KNOWN.into(), ..Ask::new(Viewer::Anonymous) };
            let found = search(conn, &ask).await?;
            Err(Asked::Answered(found.hits.iter().any(|hit| hit.item.transcript.id == new.id)))
        })
        .await;
    match asked {
        Ok(()) => Ok(false),
        Err(Asked::Answered(found)) => Ok(found),
        Err(Asked::Failed(error)) => Err(error),
    }
}
