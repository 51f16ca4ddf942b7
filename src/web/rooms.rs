//! Rooms for a viewer, as API and pages share them: what may not be seen is not there.

use axum::Extension;
use diesel_async::AsyncPgConnection;

use super::audit::Shares;
use super::viewer::Viewer;
use super::{features, tell};
use crate::app::App;
use crate::auth::secret;
use crate::db::Connection;
use crate::error::Error;
use crate::ids::{RoomId, UserId};
use crate::jobs;
use crate::model::room::{self, Patch, Room};
use crate::policy::{self, RoomCapabilities};

/// Rooms that one person may have.
const MOST_ROOMS: i64 = 1000;
/// Rooms that a list of a form offers.
const CHOICE: i64 = 100;
/// Longest name, in characters.
pub(super) const MAX_NAME: usize = 100;
/// Longest other text of a room, in characters.
const MAX_TEXT: usize = 2000;
/// What a name must not be: addresses of ours, among which a room's page may one day be.
const RESERVED: [&str; 25] = [
    "about",
    "admin",
    "api",
    "appearance",
    "assets",
    "browse",
    "design",
    "docs",
    "health",
    "livez",
    "login",
    "logout",
    "metrics",
    "models",
    "queue",
    "readyz",
    "record",
    "rooms",
    "settings",
    "setup",
    "storage",
    "transcripts",
    "trust",
    "upload",
    "v1",
];

/// The room, if the viewer may do `what` with it.
///
/// # Errors
/// [`Error::NotFound`] when it is absent, in the trash, or not for this viewer at all; [`Error::Forbidden`] when the viewer may
/// see it but not do that.
pub(super) async fn allowed(
    conn: &mut Connection,
    viewer: Viewer,
    id: RoomId,
    what: impl Fn(RoomCapabilities) -> bool,
) -> Result<(Room, RoomCapabilities), Error> {
    judged(room::get(conn, id).await?, viewer, what)
}

/// The same of a room that was looked for.
///
/// # Errors
/// As [`allowed`].
pub(super) fn judged(
    found: Option<Room>,
    viewer: Viewer,
    what: impl Fn(RoomCapabilities) -> bool,
) -> Result<(Room, RoomCapabilities), Error> {
    let found = found.ok_or(Error::NotFound("Room"))?;
    let may = policy::in_room(viewer, (&found).into());
    match () {
        () if what(may) => Ok((found, may)),
        () if may.read => Err(Error::Forbidden),
        () => Err(Error::NotFound("Room")),
    }
}

/// A room into which the viewer may put a transcript.
///
/// # Errors
/// [`Error::Invalid`] of `room_id`: no such room, or none that is open to this viewer. The two are not told apart.
pub(super) async fn open_to(conn: &mut AsyncPgConnection, viewer: Viewer, id: RoomId) -> Result<Room, Error> {
    let found = room::get(conn, id).await?.filter(|room| policy::in_room(viewer, room.into()).add);
    let message = || "is no room that you may put transcripts into".into();
    found.ok_or_else(|| Error::Invalid { field: "room_id", message: message() })
}

/// Rooms of a viewer's list with which they may do `what`, to choose one from: id and name, the newest first.
///
/// # Errors
/// Those of the database.
pub(super) async fn choice(
    conn: &mut Connection,
    viewer: Viewer,
    what: impl Fn(RoomCapabilities) -> bool,
) -> Result<Vec<(String, String)>, Error> {
    if !features::offers().rooms {
        return Ok(Vec::new());
    }
    let found = room::newest(conn, viewer, CHOICE).await?;
    let usable = found.into_iter().filter(|room| what(policy::in_room(viewer, room.into())));
    Ok(usable.map(|room| (room.id.to_string(), room.name)).collect())
}

/// Rooms of a viewer's list: those whose transcripts they may look at, and those that they may put their own into, as [`choice`] has them.
///
/// # Errors
/// Those of the database.
pub(super) async fn choices(
    conn: &mut Connection,
    viewer: Viewer,
) -> Result<(Vec<(String, String)>, Vec<(String, String)>), Error> {
    let found = room::newest(conn, viewer, CHOICE).await?;
    let those = |what: fn(RoomCapabilities) -> bool| {
        let usable = found.iter().filter(|room| what(policy::in_room(viewer, (*room).into())));
        usable.map(|room| (room.id.to_string(), room.name.clone())).collect()
    };
    Ok((those(|may| may.read), those(|may| may.add)))
}

/// Makes a room.
///
/// # Errors
/// A field is refused, the name is taken, or there are too many.
pub(super) async fn create(
    app: &App,
    conn: &mut AsyncPgConnection,
    owner: Option<UserId>,
    said: Patch,
) -> Result<Room, Error> {
    if said.name.is_none() {
        return Err(Error::Invalid { field: "name", message: "is missing".into() });
    }
    let said = checked(app, said, None)?;
    if room::count(conn, owner).await? >= MOST_ROOMS {
        return Err(Error::Conflict(format!("there are {MOST_ROOMS} rooms already; delete one first")));
    }
    room::create(conn, owner, &said, crate::clock::now()).await.map_err(refused)
}

/// Changes a room.
///
/// # Errors
/// A field is refused, the name is taken, or the room is gone.
pub(super) async fn change(
    app: &App,
    conn: &mut Connection,
    room: &Room,
    said: Patch,
) -> Result<Room, Error> {
    let said = checked(app, said, Some(room))?;
    let changed = room::patch(conn, room.id, &said).await.map_err(refused)?;
    let changed = changed.ok_or(Error::NotFound("Room"))?;
    if changed.is_shared != room.is_shared {
        tell::lists(app).await;
    }
    Ok(changed)
}

/// Whether a change was one of who gets to know what is in the room.
pub(super) fn shares(before: &Room, after: &Room) -> Option<Extension<Shares>> {
    let same = before.is_shared == after.is_shared
        && before.webhook_url == after.webhook_url
        && before.email_transcript_to == after.email_transcript_to
        && (before.zulip_auto_post, &before.zulip_stream) == (after.zulip_auto_post, &after.zulip_stream);
    (!same).then_some(Extension(Shares::Named))
}

/// An error of the database as one about a name that is taken.
pub(super) fn refused(error: diesel::result::Error) -> Error {
    if room::is_taken(&error) {
        return Error::Conflict("there is another room of this name; take a different one".into());
    }
    error.into()
}

/// Fields as they are kept. A webhook always has a secret.
fn checked(app: &App, mut said: Patch, before: Option<&Room>) -> Result<Patch, Error> {
    said.name = said.name.map(name).transpose()?;
    for (field, text) in [
        ("zulip_stream", &mut said.zulip_stream),
        ("zulip_topic", &mut said.zulip_topic),
        ("webhook_url", &mut said.webhook_url),
        ("webhook_secret", &mut said.webhook_secret),
        ("ics_url", &mut said.ics_url),
        ("email_transcript_to", &mut said.email_transcript_to),
    ] {
        let Some(given) = text else { continue };
        *given = given.take().map(|given| line(field, &given)).transpose()?.filter(|given| !given.is_empty());
    }
    for (field, url) in [("webhook_url", &said.webhook_url), ("ics_url", &said.ics_url)] {
        let Some(Some(url)) = url else { continue };
        app.webhooks().address(url).map_err(|message| Error::Invalid { field, message })?;
    }
    if let Some(Some(text)) = &said.email_transcript_to {
        let refused = |message| Error::Invalid { field: "email_transcript_to", message };
        let all = jobs::addresses(text, app.outbox().recipients()).map_err(refused)?;
        said.email_transcript_to = Some(Some(all.join(", ")).filter(|all| !all.is_empty()));
    }
    if said.ics_fetch_interval.is_some_and(|seconds| !(1..=86_400).contains(&seconds)) {
        let message = "must be from 1 to 86400 seconds".into();
        return Err(Error::Invalid { field: "ics_fetch_interval", message });
    }
    let known = |now: &Option<Option<String>>, then: Option<&String>| match now {
        Some(now) => now.is_some(),
        None => then.is_some(),
    };
    let has_url = known(&said.webhook_url, before.and_then(|room| room.webhook_url.as_ref()));
    let has_secret = known(&said.webhook_secret, before.and_then(|room| room.webhook_secret.as_ref()));
    if has_url && !has_secret {
        said.webhook_secret = Some(Some(secret::random()));
    }
    Ok(said)
}

/// A text on one line, without space around it.
fn line(field: &'static str, text: &str) -> Result<String, Error> {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let clean = clean.trim();
    if clean.chars().count() > MAX_TEXT {
        return Err(Error::Invalid { field, message: format!("has more than {MAX_TEXT} characters") });
    }
    Ok(clean.to_owned())
}

/// A name that can stand in an address.
fn name(text: String) -> Result<String, Error> {
    let refuse = |message: String| Err(Error::Invalid { field: "name", message });
    let name = text.trim();
    let count = name.chars().count();
    if !(1..=MAX_NAME).contains(&count) {
        return refuse(format!("must have 1 to {MAX_NAME} characters"));
    }
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !name.chars().all(plain) || name.chars().all(|c| c == '.') {
        return refuse("may hold letters, digits, hyphens, underscores and dots, and no space".into());
    }
    if RESERVED.contains(&name.to_lowercase().as_str()) {
        return refuse("is an address of this program's own".into());
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_stand_in_an_address() {
        for good in ["weekly", "Weekly-2026", "réunion_équipe", "v1.2", "週次"] {
            assert_eq!(name(format!(" {good} ")).unwrap(), good);
        }
        for bad in
            ["", "  ", "two words", "a/b", "a?b", "a#b", "%41", "..", "Rooms", "v1", "transcripts", "a\0"]
        {
            assert!(name(bad.into()).is_err(), "{bad:?}");
        }
        assert!(name("x".repeat(100)).is_ok() && name("x".repeat(101)).is_err());
    }
}
