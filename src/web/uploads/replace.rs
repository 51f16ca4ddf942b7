//! Another file in the place of one of which nothing could be made.

use diesel_async::AsyncPgConnection;

use crate::app::App;
use crate::error::Error;
use crate::ids::{RecordingId, TranscriptId};
use crate::model::stage::{self, Stage, StageState, StageStatus};
use crate::storage;

/// Whether another file may take the place of a transcript's recording: nothing could be made of it, and no run ever heard a word. `begun`: the
/// other one is on its way, and the work on the first may be tried again meanwhile.
///
/// # Errors
/// Those of the database.
pub(super) async fn gives_way(
    conn: &mut AsyncPgConnection,
    id: TranscriptId,
    begun: bool,
) -> Result<bool, Error> {
    let states = stage::list(conn, id).await?;
    Ok(unread(&states, begun))
}

/// The same by the transcript's stages.
pub(in crate::web) fn unread(states: &[StageState], begun: bool) -> bool {
    let ingest = states.iter().find(|state| state.stage == Stage::Ingest);
    let failed = ingest.is_some_and(|state| match state.status {
        StageStatus::Failed => true,
        StageStatus::Done => false,
        _ => begun,
    });
    failed && states.iter().all(|state| state.current_output.is_none())
}

/// Removes what was stored of the first, which no row leads to any more. What the store does not give up now the sweep removes.
pub(super) async fn remove(app: &App, before: RecordingId) {
    let folder = storage::upload_folder(before);
    if let Err(error) = app.storage().delete_all(&folder).await {
        tracing::warn!(%error, folder, "objects of a file that gave way to another are left to the sweep");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::OutputId;
    use crate::model::stage::tests::state;

    #[test]
    fn only_what_could_not_be_read_and_has_no_words_gives_way() {
        let ingest = |status| state(Stage::Ingest, status, 0.0);
        let heard = StageState {
            current_output: Some(OutputId::new()),
            ..state(Stage::Transcribe, StageStatus::Waiting, 0.0)
        };
        let waiting = state(Stage::Transcribe, StageStatus::Waiting, 0.0);
        for (states, begun, wanted) in [
            (vec![], false, false),
            (vec![ingest(StageStatus::Failed), waiting.clone()], false, true),
            (vec![ingest(StageStatus::Failed), heard.clone()], false, false),
            (vec![ingest(StageStatus::Queued), waiting.clone()], false, false),
            (vec![ingest(StageStatus::Running), waiting.clone()], true, true),
            (vec![ingest(StageStatus::Running), heard], true, false),
            (vec![ingest(StageStatus::Done), waiting], true, false),
        ] {
            assert_eq!(unread(&states, begun), wanted, "{states:?} {begun}");
        }
    }
}
