//! Who did what with which transcript and which room, newest first.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::NaiveTime;
use serde::Deserialize;

use super::{Caretaker, tabs};
use crate::app::App;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::audit::{self, Action, Entry, Filter};
use crate::model::transcript;
use crate::policy::{self, Trail, Viewer};
use crate::web::api::v1::list::asked;
use crate::web::extract::PageQuery;
use crate::web::pages::deeds::{DeedView, Titles, verb};
use crate::web::pages::library::moment;
use crate::web::pages::tabs::Tab;
use crate::web::respond::{PageError, explained, html, html_with};
use crate::web::say::{filters, say_with};
use crate::web::{assets, read};

/// Entries on one page.
const PAGE: i64 = 50;

#[derive(Template)]
#[template(path = "admin/audit.html")]
struct AuditPage {
    version: &'static str,
    here: &'static str,
    tabs: Vec<Tab>,
    asked: AuditQuery,
    actions: Vec<(&'static str, String)>,
    wrong: Option<String>,
    found: String,
    narrowed: bool,
    entries: Vec<DeedView>,
    page: i64,
    pages: i64,
    newer: Option<String>,
    older: Option<String>,
}

/// Which entries. A form sends what was left empty too.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct AuditQuery {
    who: String,
    action: String,
    from: String,
    to: String,
    transcript: String,
    page: Option<i64>,
}

impl AuditQuery {
    fn fields(&self) -> [(&'static str, &str); 5] {
        [
            ("who", &self.who),
            ("action", &self.action),
            ("from", &self.from),
            ("to", &self.to),
            ("transcript", &self.transcript),
        ]
    }

    fn link(&self, page: i64) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.fields().into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        format!("/admin/audit?{}", query.append_pair("page", &page.to_string()).finish())
    }

    fn filter(&self, trail: Trail, page: i64) -> Result<Filter, Error> {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let action = |word: String| {
            word.parse::<Action>().map_err(|message| Error::Invalid { field: "action", message })
        };
        let transcript = |id: String| {
            let message = || "names no transcript".into();
            id.parse::<TranscriptId>().map_err(|_| Error::Invalid { field: "transcript", message: message() })
        };
        let last = NaiveTime::from_hms_milli_opt(23, 59, 59, 999).unwrap_or_default();
        Ok(Filter {
            trail,
            transcript_id: given(self.transcript.trim()).map(transcript).transpose()?,
            room_id: None,
            action: given(&self.action).map(action).transpose()?,
            who: given(self.who.trim()).map(|who| asked("who", who)).transpose()?,
            from: given(&self.from).map(|day| moment("from", &day, NaiveTime::MIN)).transpose()?,
            to: given(&self.to).map(|day| moment("to", &day, last)).transpose()?,
            page,
            size: PAGE,
        })
    }
}

/// `GET /admin/audit`.
pub(in crate::web) async fn audit(
    State(app): State<App>,
    Caretaker(seen): Caretaker,
    PageQuery(asked): PageQuery<AuditQuery>,
) -> Result<Response, PageError> {
    let page = asked.page.unwrap_or(1).clamp(1, i64::from(i32::MAX));
    let trail = policy::trail(seen.viewer).ok_or(Error::NotFound("Audit log"))?;
    let (entries, total, refused) = match asked.filter(trail, page) {
        Ok(filter) => {
            let (entries, total) = load(&app, seen.viewer, &filter).await?;
            (entries, total, None)
        }
        Err(error @ Error::Invalid { .. }) => (Vec::new(), 0, Some(error)),
        Err(error) => return Err(error.into()),
    };
    let pages = total.div_euclid(PAGE) + i64::from(total % PAGE != 0);
    let page = AuditPage {
        version: &assets::VERSION,
        here: "settings",
        tabs: tabs(&app, "/admin/audit"),
        actions: Action::ALL.iter().map(|action| (action.as_str(), verb(*action))).collect(),
        wrong: refused.as_ref().map(explained),
        found: say_with("admin-audit-found", &[("count", total.into())]),
        narrowed: asked.fields().iter().any(|(_, value)| !value.is_empty()),
        entries,
        page,
        pages,
        newer: (page > 1).then(|| asked.link(page - 1)),
        older: (page < pages).then(|| asked.link(page + 1)),
        asked,
    };
    Ok(match refused {
        Some(error) => html_with(&error, &page),
        None => html(&page),
    })
}

async fn load(app: &App, viewer: Viewer, filter: &Filter) -> Result<(Vec<DeedView>, i64), Error> {
    let mut conn = read::connect(app).await?;
    let (entries, total): (Vec<Entry>, i64) = audit::list(&mut conn, filter).await?;
    let ids: Vec<TranscriptId> = entries.iter().filter_map(|entry| entry.transcript_id).collect();
    let titles = Titles::new(viewer, transcript::items(&mut conn, &ids).await?);
    Ok((entries.into_iter().map(|entry| DeedView::new(entry, &titles)).collect(), total))
}
