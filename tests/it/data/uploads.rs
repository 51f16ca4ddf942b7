use chrono::TimeDelta;
use diesel::result::{DatabaseErrorKind, Error};
use reflector::clock;
use reflector::ids::{RecordingId, TranscriptId};
use reflector::model::recording::{self, Completion, RecordingStatus};
use reflector::model::{sweep, transcript};

use super::transcripts::new_transcript;
use crate::support::postgres;

const DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[tokio::test]
async fn an_upload_is_complete_when_every_part_is_there_and_only_once() {
    let database = postgres::fresh().await;
    let conn = &mut *database.conn().await;
    let of = new_transcript(conn, "one", None).await.id;
    let id = recording::begin(conn, of, "meeting.m4a", "audio/mp4", 3).await.unwrap().id;
    assert_eq!(recording::pending(conn, of).await.unwrap().unwrap().id, id);
    for (part, size) in [(2, 5), (0, 10), (0, 20)] {
        recording::record_part(conn, id, part, size, DIGEST, clock::now()).await.unwrap();
    }
    let parts = recording::parts(conn, id).await.unwrap();
    assert_eq!(parts.iter().map(|part| (part.part, part.size)).collect::<Vec<_>>(), [(0, 20), (2, 5)]);
    assert_eq!(recording::complete(conn, id, clock::now()).await.unwrap(), Completion::Missing(vec![1]));
    recording::record_part(conn, id, 1, 7, DIGEST, clock::now()).await.unwrap();
    assert_eq!(recording::complete(conn, id, clock::now()).await.unwrap(), Completion::Complete { size: 32 });
    assert_eq!(recording::complete(conn, id, clock::now()).await.unwrap(), Completion::Already);
    assert_eq!(
        recording::complete(conn, RecordingId::new(), clock::now()).await.unwrap(),
        Completion::Unknown
    );
    let found = recording::get(conn, id).await.unwrap().unwrap();
    assert_eq!((found.status, found.size_bytes), (RecordingStatus::Complete, 32));
    assert!(recording::pending(conn, of).await.unwrap().is_none());
    assert_eq!(transcript::get(conn, of).await.unwrap().unwrap().recording_id, Some(id));
}

#[tokio::test]
async fn nonsense_is_refused_by_the_database_itself() {
    let database = postgres::fresh().await;
    let conn = &mut *database.conn().await;
    let of = new_transcript(conn, "one", None).await.id;
    let orphan = recording::begin(conn, TranscriptId::new(), "a", "b", 1).await.unwrap_err();
    assert!(matches!(orphan, Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)));
    let no_parts = recording::begin(conn, of, "a", "b", 0).await.unwrap_err();
    assert!(matches!(no_parts, Error::DatabaseError(DatabaseErrorKind::CheckViolation, _)));
    let id = recording::begin(conn, of, "a", "b", 1).await.unwrap().id;
    for (part, size, digest) in [(-1, 1, DIGEST), (0, -1, DIGEST), (0, 1, "short")] {
        let refused = recording::record_part(conn, id, part, size, digest, clock::now()).await.unwrap_err();
        assert!(matches!(refused, Error::DatabaseError(DatabaseErrorKind::CheckViolation, _)));
    }
}

#[tokio::test]
async fn the_sweep_finds_what_was_abandoned_and_what_nobody_names() {
    let database = postgres::fresh().await;
    let conn = &mut *database.conn().await;
    let of = new_transcript(conn, "one", None).await.id;
    let idle = recording::begin(conn, of, "idle", "", 2).await.unwrap().id;
    let busy = recording::begin(conn, of, "busy", "", 2).await.unwrap().id;
    let done = recording::begin(conn, of, "done", "", 1).await.unwrap().id;
    let later = clock::now() + TimeDelta::days(1);
    recording::record_part(conn, busy, 0, 1, DIGEST, later).await.unwrap();
    recording::record_part(conn, done, 0, 1, DIGEST, clock::now()).await.unwrap();
    recording::complete(conn, done, clock::now()).await.unwrap();

    let abandoned = sweep::abandoned_recordings(conn, later - TimeDelta::hours(1)).await.unwrap();
    assert_eq!(abandoned.iter().map(|one| one.id).collect::<Vec<_>>(), [idle]);
    assert!(sweep::forget_recording(conn, idle).await.unwrap());
    assert!(!sweep::forget_recording(conn, done).await.unwrap(), "complete by now");

    let stranger = RecordingId::new();
    assert_eq!(sweep::unnamed_recordings(conn, &[idle, busy, stranger]).await.unwrap(), [idle, stranger]);
    let nobody = TranscriptId::new();
    assert_eq!(sweep::unnamed_transcripts(conn, &[of, nobody]).await.unwrap(), [nobody]);
}
