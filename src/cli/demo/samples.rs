//! The two recordings that a demo starts with. Each is added once; one that a person deleted stays deleted.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use diesel_async::AsyncConnection;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::clock;
use crate::ids::TranscriptId;
use crate::jobs;
use crate::model::recording;
use crate::model::transcript::{self, NewTranscript};
use crate::storage::StorageKey;

/// File below the samples' folder, and what it is called on the page.
const SAMPLES: [(&str, &str); 2] =
    [("public/sample.wav", "Two people on the phone"), ("conversation.wav", "Readers taking turns")];

/// Says what to do when a sample is missing.
pub(super) fn check(dir: &Path) -> anyhow::Result<()> {
    for (file, _) in SAMPLES {
        let path = dir.join(file);
        if !path.is_file() {
            bail!(
                "{} is missing: `make setup` fetches the samples, --samples names another folder",
                path.display()
            );
        }
    }
    Ok(())
}

/// Adds those that were not added by an earlier start, and returns all that are still there.
pub(super) async fn add(
    app: &App,
    dir: &Path,
    data: &Path,
) -> anyhow::Result<Vec<(&'static str, TranscriptId)>> {
    let mut all = Vec::new();
    for (file, name) in SAMPLES {
        let note = note(data, file);
        let id = match std::fs::read_to_string(&note) {
            Ok(text) => {
                text.trim().parse().with_context(|| format!("{} is damaged; use --fresh", note.display()))?
            }
            Err(_) => {
                let id =
                    upload(app, &dir.join(file), name).await.with_context(|| format!("adding {file}"))?;
                std::fs::write(&note, id.to_string())?;
                id
            }
        };
        let conn = app.pool().get().await?;
        if transcript::get(&conn, id).await?.is_some_and(|found| found.deleted_at.is_none()) {
            all.push((name, id));
        }
    }
    Ok(all)
}

fn note(data: &Path, file: &str) -> PathBuf {
    data.join(format!("{}.added", file.replace('/', "-")))
}

/// Does what the pages do with an upload of one part.
async fn upload(app: &App, file: &Path, name: &str) -> anyhow::Result<TranscriptId> {
    let bytes = tokio::fs::read(file).await?;
    let (size, sha256) = (i64::try_from(bytes.len())?, hex::encode(Sha256::digest(&bytes)));
    let original = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut conn = app.pool().get().await?;
    let made = transcript::create(&mut conn, &NewTranscript::of_file(name)).await?;
    let recording = recording::begin(&mut conn, made.id, &original, "audio/wav", 1).await?;
    app.storage().put_bytes(&StorageKey::UploadPart { recording: recording.id, part: 0 }, bytes).await?;
    recording::record_part(&mut conn, recording.id, 0, size, &sha256, clock::now()).await?;
    conn.transaction::<_, diesel::result::Error, _>(async |conn| {
        recording::complete(conn, recording.id, clock::now()).await?;
        jobs::start(conn, made.id).await
    })
    .await?;
    Ok(made.id)
}
