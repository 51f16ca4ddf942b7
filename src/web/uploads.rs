//! Receiving a recording: multipart fields go to storage as they arrive, and are never held in memory.

pub(in crate::web) mod replace;
pub(in crate::web) mod token;

use std::io;

use axum::extract::multipart::{Field, MultipartError};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use futures::StreamExt;
use sha2::{Digest, Sha256};

use super::pages::bytes;
use super::read;
use crate::app::App;
use crate::clock;
use crate::config::MAX_UPLOAD_BYTES;
use crate::db::Connection;
use crate::error::Error;
use crate::ids::{RecordingId, TranscriptId};
use crate::jobs;
use crate::model::recording::open::{self, End};
use crate::model::recording::{self, Completion, Recording, RecordingStatus, UploadPart};
use crate::model::transcript::{self, Status, Transcript};
use crate::policy::Viewer;
use crate::storage::{StorageError, StorageKey};

/// Chunks that one upload may have.
pub(super) const MAX_CHUNKS: u32 = 20_000;
/// Chunks that a recording may have while it is being made: one every two seconds for a day.
pub(super) const MAX_OPEN_CHUNKS: u32 = 43_200;
/// Takes of one recording, less one.
pub(super) const MAX_TAKE: u16 = 999;
/// Characters of a file's name that are kept, for people to recognise it; it names nothing of ours.
const MAX_NAME: usize = 255;
/// Bytes of a field that is no file.
const MAX_TEXT: usize = 64 * 1024;

/// What arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Received {
    size: u64,
    sha256: String,
}

pub(super) fn broken(error: MultipartError) -> Error {
    Error::BadRequest(format!("the upload broke off, or is no form: {}", error.body_text()))
}

pub(super) fn too_large() -> Error {
    Error::TooLarge(format!("a recording may have at most {}", bytes(MAX_UPLOAD_BYTES)))
}

/// The text of a field beside the file; the form as a whole has no limit, so this one has.
///
/// # Errors
/// It breaks off, or is too long.
pub(super) async fn text(mut field: Field<'_>, name: &'static str) -> Result<String, Error> {
    let mut text = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(broken)? {
        text.extend_from_slice(&piece);
        if text.len() > MAX_TEXT {
            let message = format!("has more than {}", bytes(MAX_TEXT as u64));
            return Err(Error::Invalid { field: name, message });
        }
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// A file's name without folders and control characters; never empty.
pub(super) fn clean_name(name: Option<&str>) -> String {
    let name = name.unwrap_or_default();
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
    if clean.trim().is_empty() { "recording".into() } else { clean.trim().to_owned() }
}

/// One part of an upload, from a field into storage; if it breaks off, nothing of it is kept. An upload has one take, 0.
///
/// # Errors
/// It breaks off, has more than `allowance` bytes, or storage can't take it.
pub(super) async fn receive_part(
    app: &App,
    recording: &Recording,
    (take, part): (u16, u32),
    field: Field<'_>,
    allowance: u64,
) -> Result<(), Error> {
    let key = StorageKey::UploadPart { recording: recording.id, part };
    let received =
        hashed(field, allowance, async |stream| app.storage().put_stream(&key, stream).await).await?;
    metrics::counter!("reflector_upload_bytes_total").increment(received.size);
    let mut conn = read::connect(app).await?;
    let size = i64::try_from(received.size).map_err(|_| too_large())?;
    let part = i32::try_from(part).map_err(|_| too_large())?;
    let take = i16::try_from(take).map_err(|_| too_large())?;
    let sha256 = &received.sha256;
    recording::record_part_of_take(&mut conn, recording.id, take, part, size, sha256, clock::now()).await?;
    Ok(())
}

/// Whether a field holds exactly what an earlier one brought: the answer to a repeated last chunk.
///
/// # Errors
/// It breaks off.
pub(super) async fn same_as(field: Field<'_>, before: &UploadPart) -> Result<bool, Error> {
    let received = hashed(field, before.size.unsigned_abs(), async |mut stream| {
        while let Some(piece) = stream.next().await {
            piece.map_err(StorageError::Source)?;
        }
        Ok(0)
    })
    .await;
    match received {
        Ok(received) => Ok(received.sha256 == before.sha256),
        Err(Error::TooLarge(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Passes a field on while counting and hashing it.
async fn hashed<'f>(
    field: Field<'f>,
    allowance: u64,
    sink: impl AsyncFnOnce(futures::stream::BoxStream<'_, io::Result<bytes::Bytes>>) -> Result<u64, StorageError>,
) -> Result<Received, Error> {
    let (mut size, mut hash, mut over) = (0u64, Sha256::new(), false);
    let stream = field.map(|piece| {
        let piece = piece.map_err(|error| io::Error::other(error.body_text()))?;
        size += piece.len() as u64;
        if size > allowance {
            over = true;
            return Err(io::Error::other("too large"));
        }
        hash.update(&piece);
        Ok(piece)
    });
    match sink(stream.boxed()).await {
        Ok(_) => Ok(Received { size, sha256: hex::encode(hash.finalize()) }),
        Err(StorageError::Source(_)) if over => Err(too_large()),
        Err(StorageError::Source(error)) => Err(Error::BadRequest(format!("the upload broke off: {error}"))),
        Err(error) => Err(error.into()),
    }
}

/// What is known of a chunk before it arrives.
pub(super) struct Chunk<'c> {
    /// From 0.
    pub number: u32,
    /// How many there will be; `None`: it is a recording that is being made.
    pub total: Option<u32>,
    pub name: &'c str,
    pub content_type: &'c str,
    /// What was [shown](token::shown) with it.
    pub token: Option<&'c str>,
}

/// The upload that a chunk belongs to.
pub(super) struct Begun {
    pub recording: Recording,
    /// Whoever sends it is to be [given](token::give) a token.
    pub unclaimed: bool,
}

pub(super) fn already() -> Error {
    Error::BadRequest("There is already a recording for this transcript".into())
}

/// The upload of a transcript, begun now if it is not under way. Of chunks that arrive at once one begins it. A recording that is being made
/// makes the transcript one that is recorded from now on. A complete one of which nothing could be made gives way to another file: the first
/// chunk of that begins it, or any where it has another number of them, since one that comes again is none of another file.
///
/// # Errors
/// As [`read::allowed`]; the transcript has its recording already, or an upload in another number of chunks is under way, or somebody
/// else's.
pub(super) async fn begin(
    conn: &mut Connection,
    (viewer, id): (Viewer, TranscriptId),
    chunk: &Chunk<'_>,
) -> Result<Begun, Error> {
    let total = chunk.total.map(i32::try_from).transpose().map_err(|_| too_large())?;
    let begun: Result<Begun, Error> = conn
        .transaction(async |conn| {
            let row = receiving(conn, viewer, id).await?;
            let pending = recording::pending(conn, id).await?;
            if let Some(recording) = row.recording_id {
                let complete = recording::get(conn, recording).await?.ok_or(Error::NotFound("Recording"))?;
                let again = pending.is_none() && chunk.number > 0 && complete.total_parts == total;
                if total.is_none() || again || !replace::gives_way(conn, id, pending.is_some()).await? {
                    return Ok(Begun { recording: complete, unclaimed: false });
                }
                read::judged(viewer, row.clone(), |may| may.upload)?;
            }
            let unclaimed = token::goes_on(conn, viewer, &row, pending.as_ref(), chunk.token).await?;
            let recording = match pending {
                Some(pending) if pending.total_parts == total => pending,
                Some(Recording { total_parts: Some(other), .. }) => {
                    return Err(Error::Conflict(format!(
                        "an upload in {other} chunks is under way for this transcript"
                    )));
                }
                Some(_) => return Err(Error::Conflict("this transcript is being recorded".into())),
                None => {
                    if total.is_none() {
                        transcript::set_status(conn, id, Status::Recording).await?;
                    }
                    recording::begin(conn, id, chunk.name, chunk.content_type, total).await?
                }
            };
            Ok(Begun { recording, unclaimed })
        })
        .await;
    let begun = begun?;
    let other = total.is_some() && begun.recording.total_parts != total;
    if begun.recording.status == RecordingStatus::Complete && other {
        return Err(already());
    }
    Ok(begun)
}

/// The transcript, held until the caller's transaction ends, if the viewer may give it its recording. One that has its recording is left as
/// it is, and is given to whoever got so far.
///
/// # Errors
/// As [`read::allowed`].
async fn receiving(
    conn: &mut AsyncPgConnection,
    viewer: Viewer,
    id: TranscriptId,
) -> Result<Transcript, Error> {
    let row = transcript::get_locked(conn, id).await?.ok_or(Error::NotFound("Transcript"))?;
    if row.recording_id.is_some() { Ok(row) } else { read::judged(viewer, row, |may| may.upload) }
}

/// Bytes that part number `part` may have, given the others.
pub(super) async fn allowance(
    conn: &mut Connection,
    recording: RecordingId,
    part: u32,
) -> Result<u64, Error> {
    let part = i32::try_from(part).map_err(|_| too_large())?;
    Ok(MAX_UPLOAD_BYTES.saturating_sub(recording::size_without(conn, recording, part).await?))
}

/// Completes the upload if this was the last part, and starts the work in the same transaction. What was there before goes.
///
/// # Errors
/// As [`read::allowed`]; what was there before could be read after all.
pub(super) async fn finish(
    app: &App,
    conn: &mut Connection,
    (viewer, transcript): (Viewer, TranscriptId),
    recording: RecordingId,
) -> Result<(), Error> {
    let started: Result<_, Error> = conn
        .transaction(async |conn| {
            let row = receiving(conn, viewer, transcript).await?;
            let before = row.recording_id.filter(|before| *before != recording);
            if before.is_some() {
                read::judged(viewer, row, |may| may.upload)?;
                if !replace::gives_way(conn, transcript, true).await? {
                    return Err(already());
                }
            }
            match recording::complete(conn, recording, clock::now()).await? {
                Completion::Complete { .. } => {
                    if let Some(before) = before {
                        recording::forget(conn, before).await?;
                    }
                    Ok((jobs::start(conn, transcript).await?, before))
                }
                Completion::Already | Completion::Missing(_) => Ok((None, None)),
                Completion::Unknown => Err(Error::NotFound("Recording")),
            }
        })
        .await;
    let (started, before) = started?;
    if let Some(before) = before {
        replace::remove(app, before).await;
    }
    if started.is_some() {
        jobs::tell(conn, app.bus(), transcript).await;
    }
    Ok(())
}

/// Ends the recording of a transcript that is being made and starts the work on it, in one transaction. `total`: chunks that must
/// be there; `None`: those that are. `token`: what was [shown](token::shown). Once it is ended, ending it again changes nothing.
///
/// # Errors
/// As [`read::allowed`]; nothing has arrived, or not all of it; it is an upload, which ends by itself; somebody else began it.
pub(super) async fn end(
    app: &App,
    conn: &mut Connection,
    (viewer, id): (Viewer, TranscriptId),
    total: Option<u32>,
    token: Option<&str>,
) -> Result<(), Error> {
    let total = total.map(i32::try_from).transpose().map_err(|_| too_large())?;
    let started: Result<_, Error> = conn
        .transaction(async |conn| {
            let row = receiving(conn, viewer, id).await?;
            let found = match row.recording_id {
                Some(complete) => Some(complete),
                None => {
                    let pending = recording::pending(conn, id).await?;
                    if pending.is_some() {
                        token::goes_on(conn, viewer, &row, pending.as_ref(), token).await?;
                    }
                    pending.map(|pending| pending.id)
                }
            };
            let nothing = || Error::BadRequest("Nothing has been recorded for this transcript yet".into());
            let ended = open::end(conn, found.ok_or_else(nothing)?, total, clock::now()).await?;
            match ended {
                End::Already => Ok(None),
                End::Complete { .. } => Ok(jobs::start(conn, id).await?),
                End::Nothing | End::Unknown => Err(nothing()),
                End::Missing(parts) => Err(Error::Conflict(format!(
                    "not all of it has arrived: chunk {} is missing",
                    parts.first().copied().unwrap_or_default()
                ))),
                End::Counted(total) => Err(Error::Conflict(format!(
                    "this is an upload in {total} chunks, which is complete with the last of them"
                ))),
            }
        })
        .await;
    if started?.is_some() {
        jobs::tell(conn, app.bus(), id).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_only_a_name() {
        for (given, kept) in [
            (Some("../../etc/passwd"), "passwd"),
            (Some("C:\\Users\\me\\meeting.mp3"), "meeting.mp3"),
            (Some("a\u{0}b\n.wav"), "ab.wav"),
            (Some("  "), "recording"),
            (None, "recording"),
        ] {
            assert_eq!(clean_name(given), kept);
        }
        assert_eq!(clean_name(Some(&"x".repeat(999))).len(), 255);
    }
}
