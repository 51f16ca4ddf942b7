//! Upload to PCM, MP3 and waveform; where two channels carry a side each, to the PCM of each too.

use std::path::{Path, PathBuf};

use futures::StreamExt;
use tokio::io::AsyncWriteExt;

use super::context::{Context, blocking, write};
use super::error::JobError;
use super::run::Done;
use crate::audio::{self, Decoded, PEAKS};
use crate::bus::Event;
use crate::catalogue::Remark;
use crate::export::clock;
use crate::ids::RecordingId;
use crate::model::recording::{self, UploadPart};
use crate::model::transcript;
use crate::storage::StorageKey;

/// Where each part of this stage ends, as shares of the whole.
const FETCHED: f64 = 0.05;
const DECODED: f64 = 0.45;
const ENCODED: f64 = 0.9;

pub(super) async fn run(cx: &Context) -> Result<Done, JobError> {
    let recording = cx.transcript.recording_id.ok_or_else(nothing_recorded)?;
    let upload = cx.folder.path().join("upload");
    let unreadable = fetch(cx, recording, &upload).await?;

    let (Decoded { info, mix, sides }, peaks) = decode(cx, &upload).await?;
    let mp3 = encode(cx, &upload).await?;
    let milliseconds = (mix.pcm.duration() * 1000.0).round();
    let missing = info.missing(mix.pcm.duration());

    let (storage, transcript) = (&cx.env.storage, cx.attempt.transcript);
    storage.put_file(&StorageKey::Pcm { transcript }, &mix.path).await?;
    for (channel, side) in (0..).zip(&sides) {
        storage.put_file(&StorageKey::Channel { transcript, channel }, &side.path).await?;
    }
    storage.put_file(&StorageKey::Mp3 { transcript }, &mp3).await?;
    let drawn = serde_json::json!(peaks).to_string();
    storage.put_bytes(&StorageKey::Peaks { transcript }, drawn).await?;

    // What an earlier run has found and this one has not. Before the row forgets them: whoever dies here finds them again.
    for channel in (0..cx.transcript.channels).filter(|_| sides.is_empty()) {
        storage.delete(&StorageKey::Channel { transcript, channel: channel.to_le_bytes()[0] }).await?;
    }
    let channels = i16::try_from(sides.len()).unwrap_or_default().max(1);
    write!(cx.env, async |conn| {
        transcript::set_channels(conn, transcript, channels).await?;
        transcript::set_duration(conn, transcript, milliseconds).await
    })?;
    let warning = match unreadable {
        0 => missing.map(|missing| incomplete(mix.pcm.duration(), missing)),
        1 => Some(Remark::new("why-piece")),
        more => Some(Remark::new("why-pieces").with("count", more as u64)),
    };
    Ok(Done {
        warning,
        events: vec![Event::Duration { duration: milliseconds }, Event::Waveform { waveform: peaks }],
        ..Done::default()
    })
}

fn nothing_recorded() -> JobError {
    JobError::Permanent(Remark::new("why-nothing"))
}

/// Puts the parts of the upload together in one file; how many takes of a recording that was interrupted could not be read.
async fn fetch(cx: &Context, recording: RecordingId, to: &Path) -> Result<usize, JobError> {
    let (found, parts) = write!(cx.env, async |conn| {
        Ok((recording::get(conn, recording).await?, recording::parts(conn, recording).await?))
    })?;
    let total = found.and_then(|found| found.total_parts).ok_or_else(nothing_recorded)?;
    // Of a recording that was ended as it was, parts may be missing: what did not come can't be waited for.
    let parts: Vec<UploadPart> = parts.into_iter().filter(|part| part.part < total).collect();
    let takes: Vec<&[UploadPart]> = parts.chunk_by(|one, next| one.take == next.take).collect();
    let mut fetched = 0_i32;
    let mut files = Vec::with_capacity(takes.len());
    for (number, take) in takes.iter().enumerate() {
        let path =
            if takes.len() == 1 { to.to_owned() } else { cx.folder.path().join(format!("take-{number}")) };
        let mut file = tokio::fs::File::create(&path).await?;
        for part in *take {
            let key = StorageKey::UploadPart { recording, part: part.part.unsigned_abs() };
            let mut stream = cx.env.storage.get_stream(&key, None).await?;
            while let Some(bytes) = stream.next().await {
                file.write_all(&bytes?).await?;
            }
            fetched += 1;
            cx.progress.set(FETCHED * f64::from(fetched) / f64::from(total));
            cx.wanted()?;
        }
        file.flush().await?;
        files.push(path);
    }
    if files.is_empty() {
        return Err(nothing_recorded());
    }
    if files.len() == 1 {
        return Ok(0);
    }
    let (to, cancel) = (to.to_owned(), cx.cancel.clone());
    blocking(move || Ok(audio::join(&files, &to, &cancel)?)).await
}

/// Times in seconds.
fn incomplete(read: f64, missing: f64) -> Remark {
    Remark::new("why-cut").with("whole", clock(read + missing)).with("read", clock(read))
}

/// The sound and its outline.
async fn decode(cx: &Context, upload: &Path) -> Result<(Decoded, Vec<f32>), JobError> {
    let (upload, folder) = (upload.to_owned(), cx.folder.path().to_owned());
    let (report, cancel) = (cx.progress.part(FETCHED, DECODED), cx.cancel.clone());
    blocking(move || {
        let decoded = audio::decode(&upload, &folder, report, &cancel)?;
        let peaks = audio::peaks(&decoded.mix.pcm, PEAKS)?;
        Ok((decoded, peaks))
    })
    .await
}

async fn encode(cx: &Context, upload: &Path) -> Result<PathBuf, JobError> {
    let (upload, to) = (upload.to_owned(), cx.folder.path().join("mp3"));
    let (report, cancel) = (cx.progress.part(DECODED, ENCODED), cx.cancel.clone());
    blocking(move || {
        audio::encode_mp3(&upload, &to, report, &cancel)?;
        Ok(to)
    })
    .await
}
