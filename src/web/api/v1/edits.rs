//! The text as people change it: what it reads, changes of it, undo, and what was changed.
//!
//! Whoever writes names the revision that they saw. Where somebody else has changed the same since, the answer is 409 with both
//! texts, and nothing is written.

mod change;
pub(in crate::web) mod find;
pub(in crate::web) mod history;
mod named;
pub(in crate::web) mod review;
pub(in crate::web) mod segments;
mod shapes;
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
        return Err(Error::Conflict(format!(
            "A transcript may have {EDITS_MAX} changes, of {EDIT_WORDS_MAX} words together"
        )));
    }
    Ok(desk.write(conn, change, viewer.user()).await?)
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
