//! `DELETE …/destroy`: out of the trash for ever, with everything that was made of it.

use axum::Json;
use axum::extract::State;

use super::{Done, ok};
use crate::app::App;
use crate::db::Connection;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::{recording, transcript};
use crate::storage;
use crate::web::api::document::Fails;
use crate::web::extract::ApiPath;
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

/// Removes a transcript that is in the trash, for ever
///
/// Rows and objects, at once. Backups that hold it keep it until they are removed.
#[utoipa::path(delete, path = "/transcripts/{id}/destroy", operation_id = "destroy_transcript", tag = "transcripts",
    params(("id" = TranscriptId, Path)), responses((status = 200, body = Done), Fails<400>))]
pub(in crate::web) async fn destroy(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
) -> Result<Json<Done>, ApiError> {
    let mut conn = read::connect(&app).await?;
    read::trashed(&mut conn, viewer, id).await?;
    for_ever(&app, &mut conn, id).await?;
    Ok(ok())
}

/// Rows first, in one statement: from then on nobody can be led to an object. Objects next, also for a client that does not
/// wait; those that the store does not give up now belong to no row, and the sweep removes them.
///
/// # Errors
/// [`Error::NotFound`] when it is not in the trash; those of the database.
pub(in crate::web) async fn for_ever(
    app: &App,
    conn: &mut Connection,
    id: TranscriptId,
) -> Result<(), Error> {
    let recordings = recording::of(conn, id).await?;
    if !transcript::destroy(conn, id).await? {
        return Err(Error::NotFound("Transcript"));
    }
    let mut folders = vec![storage::folder(id)];
    folders.extend(recordings.into_iter().map(storage::upload_folder));
    let app = app.clone();
    let removing = tokio::spawn(async move {
        for folder in folders {
            if let Err(error) = app.storage().delete_all(&folder).await {
                tracing::warn!(%error, folder, "objects of a destroyed transcript are left to the sweep");
            }
        }
    });
    removing.await.map_err(|error| Error::Internal(error.into()))
}
