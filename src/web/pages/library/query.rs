//! What the list is asked for: in its address, in its links, and as a search.

use chrono::{DateTime, Local, NaiveDate, NaiveTime, TimeZone, Utc};
use serde::Deserialize;

use super::PAGE;
use crate::error::Error;
use crate::ids::{RoomId, TranscriptId};
use crate::model::search::{Ask, Order};
use crate::model::{SourceKind, Status};
use crate::policy::{self, Viewer};
use crate::web::api::v1::list::asked;
use crate::web::api::v1::transcripts::language;

/// Where something stands, as people ask for it, and what the catalogue calls that.
pub(super) const STATES: &[(&str, &str)] = &[
    ("ended", "library-ended"),
    ("working", "library-working"),
    ("error", "library-error"),
    ("idle", "library-idle"),
];

/// What comes first, likewise.
pub(super) const ORDERS: &[(&str, &str)] = &[
    ("newest", "library-newest"),
    ("oldest", "library-oldest"),
    ("longest", "library-longest"),
    ("shortest", "library-shortest"),
    ("title", "library-by-title"),
];

/// What to show. A form sends what was left empty too.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct LibraryQuery {
    pub q: String,
    /// A day as browsers write it: 2026-11-21.
    pub from: String,
    pub to: String,
    pub speaker: String,
    pub language: String,
    pub source: String,
    pub room: String,
    pub status: String,
    pub sort: String,
    /// Anything: the trash instead.
    pub trash: String,
    pub page: Option<i64>,
    /// One that was moved to the trash a moment ago.
    pub deleted: Option<TranscriptId>,
    /// What was done a moment ago, with how many, and how many were left as they were.
    pub done: String,
    pub n: Option<u32>,
    pub left: Option<u32>,
    /// When several were moved to the trash a moment ago: microseconds since 1970.
    pub undo: Option<i64>,
}

impl LibraryQuery {
    /// Without space around what was typed.
    pub fn trimmed(self) -> Self {
        Self { q: self.q.trim().to_owned(), speaker: self.speaker.trim().to_owned(), ..self }
    }

    /// What narrows the list down, as links carry it.
    fn filters(&self) -> [(&'static str, &str); 8] {
        [
            ("q", &self.q),
            ("from", &self.from),
            ("to", &self.to),
            ("speaker", &self.speaker),
            ("language", &self.language),
            ("source", &self.source),
            ("room", &self.room),
            ("status", &self.status),
        ]
    }

    pub fn in_trash(&self) -> bool {
        !self.trash.is_empty()
    }

    /// Whether less than everything is asked for.
    pub fn narrowed(&self) -> bool {
        self.filters().iter().any(|(_, value)| !value.is_empty())
    }

    /// Whether by more than words.
    pub fn filtered(&self) -> bool {
        !self.sort.is_empty() || self.filters().iter().any(|(name, value)| *name != "q" && !value.is_empty())
    }

    /// Whether the plain list, the newest first, has it.
    pub fn is_plain(&self) -> bool {
        !self.narrowed() && !self.in_trash() && matches!(self.sort.as_str(), "" | "newest")
    }

    /// The address of a page of the same list.
    pub fn link(&self, page: i64) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let rest = [("sort", self.sort.as_str()), ("trash", if self.in_trash() { "1" } else { "" })];
        for (name, value) in self.filters().into_iter().chain(rest).filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        if page > 1 {
            query.append_pair("page", &page.to_string());
        }
        match query.finish() {
            query if query.is_empty() => "/transcripts".into(),
            query => format!("/transcripts?{query}"),
        }
    }

    /// As a search.
    ///
    /// # Errors
    /// A field can't be read.
    pub fn ask(&self, viewer: Viewer, page: i64) -> Result<Ask, Error> {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let kind = |name: String| {
            name.parse::<SourceKind>().map_err(|message| Error::Invalid { field: "source", message })
        };
        let room = |id: String| {
            let message = || "names no room".into();
            id.parse::<RoomId>().map_err(|_| Error::Invalid { field: "room", message: message() })
        };
        Ok(Ask {
            query: asked("q", self.q.clone())?,
            trash: self.in_trash(),
            from: given(&self.from).map(|day| moment("from", &day, NaiveTime::MIN)).transpose()?,
            to: given(&self.to).map(|day| moment("to", &day, LAST)).transpose()?,
            speaker: given(&self.speaker).map(|name| asked("speaker", name)).transpose()?,
            language: given(&self.language).map(|code| language("language", code)).transpose()?,
            source_kind: given(&self.source).map(kind).transpose()?,
            room_id: given(&self.room).map(room).transpose()?,
            statuses: statuses(&self.status)?,
            order: order(&self.sort)?,
            notes: policy::reads_notes(viewer),
            limit: PAGE,
            offset: (page - 1).saturating_mul(PAGE),
            ..Ask::new(viewer)
        })
    }
}

fn statuses(word: &str) -> Result<Vec<Status>, Error> {
    Ok(match word {
        "" => Vec::new(),
        "ended" => vec![Status::Ended],
        "working" => vec![Status::Recording, Status::Uploaded, Status::Processing],
        "error" => vec![Status::Error],
        "idle" => vec![Status::Idle],
        _ => {
            let message = "is none of ended, working, error, idle".into();
            return Err(Error::Invalid { field: "status", message });
        }
    })
}

fn order(word: &str) -> Result<Order, Error> {
    Ok(match word {
        "" => Order::Best,
        "newest" => Order::Newest,
        "oldest" => Order::Oldest,
        "longest" => Order::Longest,
        "shortest" => Order::Shortest,
        "title" => Order::Title,
        _ => {
            let message = "is none of newest, oldest, longest, shortest, title".into();
            return Err(Error::Invalid { field: "sort", message });
        }
    })
}

/// The last moment of a day.
const LAST: NaiveTime = NaiveTime::from_hms_milli_opt(23, 59, 59, 999).expect("a time of day");

/// A moment of a day where the server stands.
///
/// # Errors
/// It is no day.
pub(in crate::web::pages) fn moment(
    field: &'static str,
    day: &str,
    time: NaiveTime,
) -> Result<DateTime<Utc>, Error> {
    let read = day
        .parse::<NaiveDate>()
        .ok()
        .and_then(|day| Local.from_local_datetime(&day.and_time(time)).earliest());
    let message = || Error::Invalid { field, message: "is no day such as 2026-11-21".into() };
    read.map(|moment| moment.with_timezone(&Utc)).ok_or_else(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_carries_what_narrows_down_and_nothing_of_what_just_happened() {
        let asked = LibraryQuery {
            q: "a b".into(),
            status: "error".into(),
            sort: "title".into(),
            done: "moved".into(),
            undo: Some(7),
            ..LibraryQuery::default()
        };
        assert_eq!(asked.link(3), "/transcripts?q=a+b&status=error&sort=title&page=3");
        assert_eq!(LibraryQuery::default().link(1), "/transcripts");
        let trash = LibraryQuery { trash: "yes".into(), ..LibraryQuery::default() };
        assert_eq!(trash.link(1), "/transcripts?trash=1");
    }

    #[test]
    fn every_state_and_order_of_the_form_is_understood_and_no_other() {
        assert!(STATES.iter().all(|(word, _)| statuses(word).is_ok_and(|found| !found.is_empty())));
        assert!(ORDERS.iter().all(|(word, _)| order(word).is_ok_and(|found| found != Order::Best)));
        assert!(statuses("done").is_err() && order("rank").is_err());
    }
}
