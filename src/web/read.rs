//! Reading for a viewer: what may not be seen is not there.

use diesel_async::AsyncPgConnection;

use crate::app::App;
use crate::db::Connection;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::TranscriptView;
use crate::model::transcript::{self, Transcript};
use crate::policy::{self, Capabilities, Viewer};

pub(super) use crate::export::shown_title as title;

/// A connection of the pool.
pub(super) async fn connect(app: &App) -> Result<Connection, Error> {
    Ok(app.pool().get().await?)
}

/// The transcript, if the viewer may do `what` with it.
///
/// # Errors
/// [`Error::NotFound`] when it is absent, in the trash, or not for this viewer at all; [`Error::Forbidden`] or
/// [`Error::BadRequest`] when the viewer may see it but not do that.
pub(super) async fn allowed(
    conn: &mut AsyncPgConnection,
    viewer: Viewer,
    id: TranscriptId,
    what: impl Fn(Capabilities) -> bool,
) -> Result<Transcript, Error> {
    let found = transcript::get(conn, id).await?.ok_or(Error::NotFound("Transcript"))?;
    judged(viewer, found, what)
}

/// As [`allowed`], with the transcript held still until the caller's transaction ends. Whoever writes asks this way, before anything
/// else: a trash or a change of sharing at the same moment comes before the decision or after the change, never in between.
///
/// # Errors
/// As [`allowed`].
pub(super) async fn held(
    conn: &mut AsyncPgConnection,
    viewer: Viewer,
    id: TranscriptId,
    what: impl Fn(Capabilities) -> bool,
) -> Result<Transcript, Error> {
    let found = transcript::get_locked(conn, id).await?.ok_or(Error::NotFound("Transcript"))?;
    judged(viewer, found, what)
}

/// This one, if the viewer may do `what` with it.
///
/// # Errors
/// As [`allowed`].
pub(super) fn judged(
    viewer: Viewer,
    found: Transcript,
    what: impl Fn(Capabilities) -> bool,
) -> Result<Transcript, Error> {
    let may = policy::capabilities(viewer, (&found).into());
    if what(may) {
        return Ok(found);
    }
    Err(match () {
        () if !may.read => Error::NotFound("Transcript"),
        () if found.locked && may.write => Error::BadRequest("Transcript is locked".into()),
        () => Error::Forbidden,
    })
}

/// The transcript, held as by [`held`], if it is in the trash and the viewer may take it out, or remove it for ever.
///
/// # Errors
/// [`Error::BadRequest`] when it is not in the trash, to a viewer who could put it there; otherwise as [`allowed`].
pub(super) async fn trashed(
    conn: &mut AsyncPgConnection,
    viewer: Viewer,
    id: TranscriptId,
) -> Result<Transcript, Error> {
    let found = transcript::get_locked(conn, id).await?.ok_or(Error::NotFound("Transcript"))?;
    let may = policy::capabilities(viewer, (&found).into());
    match () {
        () if may.restore => Ok(found),
        () if may.delete => Err(Error::BadRequest("Transcript is not in the trash".into())),
        () if may.read => Err(Error::Forbidden),
        () => Err(Error::NotFound("Transcript")),
    }
}

/// Everything about a transcript, if the viewer may read it, and what else the viewer may do.
///
/// # Errors
/// As [`allowed`].
pub(super) async fn view(
    conn: &mut AsyncPgConnection,
    viewer: Viewer,
    id: TranscriptId,
) -> Result<(TranscriptView, Capabilities), Error> {
    let found = TranscriptView::load(conn, id).await?.ok_or(Error::NotFound("Transcript"))?;
    let may = policy::capabilities(viewer, (&found.transcript).into());
    if may.read { Ok((found, may)) } else { Err(Error::NotFound("Transcript")) }
}
