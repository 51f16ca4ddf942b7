//! The text as people change it: what it reads, changes of it, undo, and what was changed.
//!
//! Whoever writes names the revision that they saw. Where somebody else has changed the same since, the answer is 409 with both
//! texts, and nothing is written.

pub(in crate::web) mod change;
pub(in crate::web) mod find;
pub(in crate::web) mod history;
pub(in crate::web) mod named;
pub(in crate::web) mod names;
pub(in crate::web) mod review;
pub(in crate::web) mod segments;
pub(in crate::web) mod shapes;
pub(in crate::web) mod versions;
pub(in crate::web) mod whole;

use diesel_async::AsyncPgConnection;

use crate::app::App;
use crate::bus::Event;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::jobs;
use crate::model::TranscriptView;
use crate::model::edit::{self, Change, Desk, EDIT_WORDS_MAX, EDITS_MAX, Layer};
use crate::model::output;
use crate::model::stage::Stage;
use crate::policy::Viewer;

/// The text of a transcript, which the caller holds: see [`read::held`](crate::web::read::held).
///
/// # Errors
/// There is no text with speakers yet.
pub(super) async fn open(conn: &mut AsyncPgConnection, id: TranscriptId) -> Result<(Desk, Layer), Error> {
    let desk = desk(conn, id).await?;
    let layer = desk.layer();
    Ok((desk, layer))
}

async fn desk(conn: &mut AsyncPgConnection, id: TranscriptId) -> Result<Desk, Error> {
    let desk = Desk::open(conn, id).await?;
    desk.ok_or_else(|| Error::Conflict("The text has no speakers yet: wait until it is assembled".into()))
}

/// Writes a change down.
///
/// # Errors
/// There are too many.
pub(super) async fn write(
    conn: &mut AsyncPgConnection,
    desk: &mut Desk,
    change: &Change,
    viewer: Viewer,
) -> Result<(), Error> {
    if !edit::has_room(&desk.log, change.size()) {
        return Err(too_many());
    }
    match desk.write(conn, change, viewer.user()).await? {
        true => Ok(()),
        false => Err(Error::Conflict("The names were changed since, and stay as they are".into())),
    }
}

/// That a transcript has been changed too often.
pub(super) fn too_many() -> Error {
    Error::Conflict(format!("A transcript may have {EDITS_MAX} changes, of {EDIT_WORDS_MAX} words together"))
}

/// Tells those who watch that names are others: where there is a text with speakers, all of it.
pub(in crate::web) async fn tell_names(
    app: &App,
    conn: &mut AsyncPgConnection,
    id: TranscriptId,
) -> Result<(), Error> {
    match output::current(conn, id, Stage::Assemble).await? {
        Some(_) => tell(app, conn, id).await,
        None => Ok(()),
    }
}

/// Tells those who watch: the text, and the topics with it.
pub(super) async fn tell(app: &App, conn: &mut AsyncPgConnection, id: TranscriptId) -> Result<(), Error> {
    let view = TranscriptView::load(conn, id).await?.ok_or(Error::NotFound("Transcript"))?;
    let segments = view.segments(conn).await?;
    let topics = view.topics.iter().map(|topic| Event::Topic(jobs::topic_event(topic, &segments)));
    let events: Vec<Event> = std::iter::once(jobs::segments_event(&segments)).chain(topics).collect();
    app.bus().publish_all(id, &events).await;
    Ok(())
}
