//! `POST /transcripts/bulk`: one thing done with every transcript that was ticked. What is not the viewer's to change is left as it
//! is, and counted.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, SubsecRound};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use serde::Deserialize;

use super::bundle::{self, Wanted};
use super::confirm;
use super::done::restorable;
use crate::app::App;
use crate::auth::way_back;
use crate::clock;
use crate::db::Connection;
use crate::error::Error;
use crate::export::{Format, UnknownFormat};
use crate::ids::{RoomId, TranscriptId};
use crate::jobs;
use crate::model::audit::Action;
use crate::model::search::{Ask, LIMIT_MAX};
use crate::model::transcript::{self, ListItem, Patch};
use crate::model::{ShareMode, Transcript};
use crate::policy::{self, Capabilities, Viewer};
use crate::web::api::v1::{destroy, search};
use crate::web::audit::Deeds;
use crate::web::extract::PageForm;
use crate::web::respond::PageError;
use crate::web::viewer::Asking;
use crate::web::{read, rooms, tell};

/// Transcripts that one form may name.
const MOST: usize = 100;
/// Transcripts that are removed for good at once; whoever has more says it again.
const MOST_DESTROYED: usize = 1000;

/// What the form says.
#[derive(Debug, Default)]
struct Asked {
    ids: Vec<TranscriptId>,
    act: String,
    room: String,
    share: String,
    /// Of what is downloaded; `None`: the form does not say.
    formats: Option<Vec<Format>>,
    audio: bool,
    sure: bool,
    back: String,
}

impl Asked {
    /// # Errors
    /// A transcript that is none, or too many; a format that is none.
    fn read(fields: Vec<(String, String)>) -> Result<Self, Error> {
        let mut asked = Self { back: "/transcripts".into(), ..Self::default() };
        for (name, value) in fields {
            match name.as_str() {
                "id" => {
                    let unknown = |_| Error::Invalid { field: "id", message: "names no transcript".into() };
                    asked.ids.push(value.parse().map_err(unknown)?);
                }
                "do" => asked.act = value,
                "room_id" => asked.room = value,
                "share_mode" => asked.share = value,
                "audio" => asked.audio = true,
                // None of them is a choice, too.
                "formats" => {
                    asked.formats.get_or_insert_default();
                }
                "format" => {
                    let unknown =
                        |error: UnknownFormat| Error::Invalid { field: "format", message: error.to_string() };
                    let format = value.parse::<Format>().map_err(unknown)?;
                    let formats = asked.formats.get_or_insert_default();
                    if !formats.contains(&format) {
                        formats.push(format);
                    }
                }
                "sure" => asked.sure = true,
                "back" => asked.back = list(&value).to_owned(),
                _ => {}
            }
        }
        asked.ids.sort_unstable();
        asked.ids.dedup();
        if asked.ids.len() > MOST {
            let message = format!("names more than {MOST} transcripts; take fewer at once");
            return Err(Error::Invalid { field: "id", message });
        }
        Ok(asked)
    }

    /// Back to the list, which says what was done.
    fn done(&self, what: &str, count: usize, rest: &[(&str, String)]) -> Redirect {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("done", what).append_pair("n", &count.to_string());
        for (name, value) in rest {
            query.append_pair(name, value);
        }
        let sign = if self.back.contains('?') { '&' } else { '?' };
        Redirect::to(&format!("{}{sign}{}", self.back, query.finish()))
    }
}

/// Where the list leads back to: itself, whatever a form says.
fn list(back: &str) -> &str {
    let local = way_back::local(Some(back));
    if local == "/transcripts" || local.starts_with("/transcripts?") { local } else { "/transcripts" }
}

/// As [`split`], with all of them held still until the caller's transaction ends.
async fn held(
    conn: &mut AsyncPgConnection,
    viewer: Viewer,
    ids: &[TranscriptId],
    what: impl Fn(Capabilities) -> bool,
) -> Result<(Vec<ListItem>, usize), Error> {
    transcript::hold(conn, ids).await?;
    split(conn, viewer, ids, what).await
}

/// Of the transcripts that were ticked: those with which the viewer may do this, and how many the others are.
async fn split(
    conn: &mut AsyncPgConnection,
    viewer: Viewer,
    ids: &[TranscriptId],
    what: impl Fn(Capabilities) -> bool,
) -> Result<(Vec<ListItem>, usize), Error> {
    let found = transcript::items(conn, ids).await?;
    let mut may: Vec<ListItem> = found
        .into_values()
        .filter(|item| what(policy::capabilities(viewer, (&item.transcript).into())))
        .collect();
    may.sort_by_key(|item| item.transcript.id);
    let left = ids.len() - may.len();
    Ok((may, left))
}

fn ids(items: &[ListItem]) -> Vec<TranscriptId> {
    items.iter().map(|item| item.transcript.id).collect()
}

fn count(left: usize) -> (&'static str, String) {
    ("left", left.to_string())
}

/// `POST /transcripts/bulk`.
pub(in crate::web) async fn bulk(
    State(app): State<App>,
    Asking(viewer): Asking,
    PageForm(fields): PageForm<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    let asked = Asked::read(fields)?;
    let mut conn = read::connect(&app).await?;
    if asked.act == "empty" {
        return Ok(empty(&app, &mut conn, viewer, &asked).await?);
    }
    if asked.ids.is_empty() {
        return Ok(asked.done("nothing", 0, &[]).into_response());
    }
    let conn = &mut conn;
    Ok(match asked.act.as_str() {
        "delete" => delete(&app, conn, viewer, &asked).await?,
        "restore" => restore(&app, conn, viewer, &asked).await?,
        "destroy" => destroy_chosen(&app, conn, viewer, &asked).await?,
        "room" => room(&app, conn, viewer, &asked).await?,
        "share" => share(&app, conn, viewer, &asked).await?,
        "export" => {
            let (items, _) = split(conn, viewer, &asked.ids, |may| may.read).await?;
            if items.is_empty() {
                return Err(Error::NotFound("Transcript").into());
            }
            let wanted = Wanted { formats: asked.formats.unwrap_or_else(bundle::usual), audio: asked.audio };
            if wanted.formats.is_empty() && !wanted.audio {
                let message = "is missing: nothing of them would be in the zip".into();
                return Err(Error::Invalid { field: "format", message }.into());
            }
            let deeds = Extension(Deeds::with(Action::Export, ids(&items)));
            (deeds, bundle::stream(&app, viewer, &items, wanted)).into_response()
        }
        _ => {
            let message = "is none of delete, restore, destroy, empty, room, share, export".into();
            return Err(Error::Invalid { field: "do", message }.into());
        }
    })
}

async fn delete(app: &App, conn: &mut Connection, viewer: Viewer, asked: &Asked) -> Result<Response, Error> {
    // As exactly as the database keeps it: the moment is what they are found by when they are taken back.
    let now = clock::now().trunc_subsecs(6);
    let moved: Result<_, Error> = conn
        .transaction(async |conn| {
            let (items, left) = held(conn, viewer, &asked.ids, |may| may.delete).await?;
            let ids = ids(&items);
            for id in &ids {
                transcript::delete(conn, *id, now).await?;
            }
            Ok((ids, left))
        })
        .await;
    let (ids, left) = moved?;
    for id in &ids {
        tell::deleted(app, *id).await;
    }
    let undo = ("undo", now.timestamp_micros().to_string());
    let to = asked.done("moved", ids.len(), &[count(left), undo]);
    Ok((Extension(Deeds::with(Action::Delete, ids)), to).into_response())
}

async fn restore(app: &App, conn: &mut Connection, viewer: Viewer, asked: &Asked) -> Result<Response, Error> {
    let (ids, left) = taken_back(app, conn, viewer, &asked.ids).await?;
    let to = asked.done("restored", ids.len(), &[count(left)]);
    Ok((Extension(Deeds::with(Action::Restore, ids)), to).into_response())
}

/// Takes out of the trash what the viewer may; which these were, and how many the others are.
async fn taken_back(
    app: &App,
    conn: &mut Connection,
    viewer: Viewer,
    these: &[TranscriptId],
) -> Result<(Vec<TranscriptId>, usize), Error> {
    let restored: Result<_, Error> = conn
        .transaction(async |conn| {
            let (items, left) = held(conn, viewer, these, |may| may.restore).await?;
            let ids = ids(&items);
            for id in &ids {
                jobs::restore(conn, *id).await?;
            }
            Ok((ids, left))
        })
        .await;
    let restored = restored?;
    for id in &restored.0 {
        tell::restored(app, *id).await;
    }
    Ok(restored)
}

async fn room(app: &App, conn: &mut Connection, viewer: Viewer, asked: &Asked) -> Result<Response, Error> {
    let unknown = |_| Error::Invalid { field: "room_id", message: "names no room".into() };
    let to_room: Option<RoomId> = match asked.room.as_str() {
        "" => None,
        id => Some(id.parse().map_err(unknown)?),
    };
    if let Some(room) = to_room {
        rooms::open_to(conn, viewer, room).await?;
    }
    let patch = Patch { room_id: Some(to_room), ..Patch::default() };
    let other = |row: &Transcript| row.room_id != to_room;
    let (ids, all, left) = change(app, conn, (viewer, asked), &patch, other).await?;
    let done = asked.done(if to_room.is_some() { "room" } else { "out" }, all, &[count(left)]);
    Ok((Extension(Deeds::with(Action::Share, ids)), done).into_response())
}

async fn share(app: &App, conn: &mut Connection, viewer: Viewer, asked: &Asked) -> Result<Response, Error> {
    let mode: ShareMode =
        asked.share.parse().map_err(|message| Error::Invalid { field: "share_mode", message })?;
    let patch = Patch { share_mode: Some(mode), ..Patch::default() };
    let other = |row: &Transcript| row.share_mode != mode;
    let (ids, all, left) = change(app, conn, (viewer, asked), &patch, other).await?;
    let done = asked.done("shared", all, &[count(left)]);
    Ok((Extension(Deeds::with(Action::Share, ids)), done).into_response())
}

/// Changes those that are `other` than they are to be, all of them or none: which these were, how many are so now, and how many are not the
/// viewer's to change.
async fn change(
    app: &App,
    conn: &mut Connection,
    (viewer, asked): (Viewer, &Asked),
    patch: &Patch,
    other: impl Fn(&Transcript) -> bool + Send + Sync,
) -> Result<(Vec<TranscriptId>, usize, usize), Error> {
    let changed: Result<_, Error> = conn
        .transaction(async |conn| {
            let (items, left) = held(conn, viewer, &asked.ids, |may| may.write).await?;
            let others = items.iter().filter(|item| other(&item.transcript));
            let ids: Vec<TranscriptId> = others.map(|item| item.transcript.id).collect();
            for id in &ids {
                transcript::patch(conn, *id, patch).await?;
            }
            Ok((ids, items.len(), left))
        })
        .await;
    let changed = changed?;
    for id in &changed.0 {
        tell::rights(app, *id).await;
    }
    Ok(changed)
}

/// Asks first, and says which.
async fn destroy_chosen(
    app: &App,
    conn: &mut Connection,
    viewer: Viewer,
    asked: &Asked,
) -> Result<Response, Error> {
    let (items, left) = split(conn, viewer, &asked.ids, |may| may.restore).await?;
    if !asked.sure {
        let names = items.iter().map(|item| read::title(item.title.as_deref(), &item.transcript).to_owned());
        let mut fields = vec![("do", "destroy".to_owned()), ("back", asked.back.clone())];
        fields.extend(items.iter().map(|item| ("id", item.transcript.id.to_string())));
        return Ok(confirm::destroy(items.len(), names.collect(), fields, asked.back.clone()));
    }
    let (mut gone, mut left) = (Vec::new(), left);
    for id in ids(&items) {
        match destroy::for_ever(app, conn, id).await {
            Ok(()) => gone.push(id),
            // Somebody else was faster, to remove it or to take it back.
            Err(Error::NotFound(_)) => left += 1,
            Err(error) => return Err(error),
        }
    }
    let to = asked.done("destroyed", gone.len(), &[count(left)]);
    Ok((Extension(Deeds::with(Action::Destroy, gone)), to).into_response())
}

/// Everything that is in the viewer's trash.
async fn empty(app: &App, conn: &mut Connection, viewer: Viewer, asked: &Asked) -> Result<Response, Error> {
    let first = |limit| Ask { trash: true, limit, ..Ask::new(viewer) };
    if !asked.sure {
        let found = search::visible(conn, &first(20)).await?;
        let titles =
            found.hits.iter().map(|hit| read::title(hit.item.title.as_deref(), &hit.item.transcript));
        let names = titles.map(str::to_owned).collect();
        let fields = vec![("do", "empty".to_owned()), ("back", asked.back.clone())];
        let total = usize::try_from(found.total).unwrap_or_default();
        return Ok(confirm::destroy(total, names, fields, asked.back.clone()));
    }
    let mut gone = Vec::new();
    while gone.len() < MOST_DESTROYED {
        let found = search::visible(conn, &first(LIMIT_MAX)).await?;
        if found.hits.is_empty() {
            break;
        }
        for hit in found.hits {
            let id = hit.item.transcript.id;
            match destroy::for_ever(app, conn, id).await {
                Ok(()) => gone.push(id),
                // Somebody else was faster.
                Err(Error::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
    let to = asked.done("destroyed", gone.len(), &[]);
    Ok((Extension(Deeds::with(Action::Destroy, gone)), to).into_response())
}

/// When several were moved to the trash, and where to go afterwards.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct UndoForm {
    at: i64,
    #[serde(default)]
    back: String,
}

/// `POST /transcripts/undo`: takes out of the trash what went there at once.
pub(in crate::web) async fn undo(
    State(app): State<App>,
    Asking(viewer): Asking,
    PageForm(form): PageForm<UndoForm>,
) -> Result<Response, PageError> {
    let asked = Asked { back: list(&form.back).to_owned(), ..Asked::default() };
    let message = || "is no moment".into();
    let moment = DateTime::from_timestamp_micros(form.at)
        .ok_or_else(|| Error::Invalid { field: "at", message: message() })?;
    let mut conn = read::connect(&app).await?;
    let rows = restorable(&mut conn, viewer, moment).await?;
    let these: Vec<TranscriptId> = rows.iter().map(|row| row.id).collect();
    let (ids, _) = taken_back(&app, &mut conn, viewer, &these).await?;
    let to = asked.done("restored", ids.len(), &[]);
    Ok((Extension(Deeds::with(Action::Restore, ids)), to).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_is_the_list_and_nothing_else() {
        for (given, wanted) in [
            ("/transcripts?q=a&page=2", "/transcripts?q=a&page=2"),
            ("/transcripts", "/transcripts"),
            ("/transcriptsx", "/transcripts"),
            ("/logout", "/transcripts"),
            ("https://evil.example/transcripts?", "/transcripts"),
        ] {
            assert_eq!(list(given), wanted);
        }
    }

    #[test]
    fn a_form_names_transcripts_each_once_and_not_too_many() {
        let id = TranscriptId::new();
        let named = |count: usize| vec![("id".to_owned(), id.to_string()); count];
        assert_eq!(Asked::read(named(3)).unwrap().ids, [id]);
        assert!(Asked::read(vec![("id".into(), "x".into())]).is_err());
        let many = (0..=MOST).map(|_| ("id".to_owned(), TranscriptId::new().to_string())).collect();
        assert!(Asked::read(many).unwrap_err().to_string().contains("more than 100"));
    }
}
