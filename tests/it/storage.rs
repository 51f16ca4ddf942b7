//! Objects on disk and on a real Garage.

use std::io;

use bytes::Bytes;
use futures::TryStreamExt;
use reflector::ids::{RecordingId, TranscriptId};
use reflector::storage::{Storage, StorageError, StorageKey, UPLOADS};

/// Larger than one part of a multipart upload, and not a multiple of anything.
const LARGE: usize = 20 * 1024 * 1024 + 12_345;

fn pieces(size: usize) -> Vec<Bytes> {
    let bytes: Vec<u8> = (0..size).map(|i| (i * 31 % 251) as u8).collect();
    let bytes = Bytes::from(bytes);
    (0..size).step_by(100_000).map(|at| bytes.slice(at..(at + 100_000).min(size))).collect()
}

fn stream(pieces: Vec<Bytes>) -> impl futures::Stream<Item = io::Result<Bytes>> + Send {
    futures::stream::iter(pieces.into_iter().map(Ok))
}

async fn read(storage: &Storage, key: &StorageKey, range: Option<std::ops::Range<u64>>) -> Vec<u8> {
    let chunks: Vec<Bytes> = storage.get_stream(key, range).await.unwrap().try_collect().await.unwrap();
    chunks.concat()
}

/// What every store does.
pub async fn keeps_objects(storage: &Storage) {
    storage.check().await.unwrap();
    let recording = RecordingId::new();
    let part = |part| StorageKey::UploadPart { recording, part };

    let whole = pieces(LARGE).concat();
    assert_eq!(storage.put_stream(&part(0), stream(pieces(LARGE))).await.unwrap(), LARGE as u64);
    assert_eq!(storage.size(&part(0)).await.unwrap(), Some(LARGE as u64));
    assert!(read(storage, &part(0), None).await == whole, "a large object comes back as it went");
    assert_eq!(read(storage, &part(0), Some(5..1_000_005)).await, whole[5..1_000_005]);
    let end = LARGE as u64;
    assert_eq!(read(storage, &part(0), Some(end - 3..end + 100)).await, whole[LARGE - 3..]);
    assert!(read(storage, &part(0), Some(end..end + 1)).await.is_empty());

    storage.put_bytes(&part(1), Bytes::new()).await.unwrap();
    assert_eq!(storage.size(&part(1)).await.unwrap(), Some(0), "an empty object is an object");
    assert!(read(storage, &part(1), None).await.is_empty());

    storage.put_bytes(&part(1), "again").await.unwrap();
    assert_eq!(storage.get_bytes(&part(1)).await.unwrap(), "again", "writing again replaces");

    let mut keys = storage.list(&format!("{UPLOADS}{recording}/")).await.unwrap();
    keys.sort_by_key(ToString::to_string);
    assert_eq!(keys, [part(0), part(1)]);

    for n in [0, 1, 7] {
        storage.delete(&part(n)).await.unwrap();
    }
    assert_eq!(storage.size(&part(0)).await.unwrap(), None);
    assert!(
        matches!(storage.get_stream(&part(0), None).await, Err(StorageError::NotFound(key)) if key == part(0))
    );
    storage.sweep().await.unwrap();
}

/// A sender that breaks off after some bytes leaves what was there before.
pub async fn shows_nothing_of_a_write_that_broke_off(storage: &Storage) {
    let key = StorageKey::Mp3 { transcript: TranscriptId::new() };
    let broken = || {
        let cut = Err(io::Error::new(io::ErrorKind::ConnectionReset, "the browser went away"));
        futures::stream::iter(pieces(LARGE).into_iter().map(Ok).chain([cut]))
    };
    assert!(matches!(storage.put_stream(&key, broken()).await, Err(StorageError::Source(_))));
    assert_eq!(storage.size(&key).await.unwrap(), None);
    storage.put_bytes(&key, "earlier").await.unwrap();
    assert!(storage.put_stream(&key, broken()).await.is_err());
    assert_eq!(storage.get_bytes(&key).await.unwrap(), "earlier");
    storage.delete(&key).await.unwrap();
}

#[tokio::test]
async fn local_disk_keeps_objects() {
    let dir = tempfile::tempdir().unwrap();
    keeps_objects(&Storage::local(dir.path()).unwrap()).await;
}

#[tokio::test]
async fn local_disk_shows_nothing_of_a_write_that_broke_off() {
    let dir = tempfile::tempdir().unwrap();
    let storage = Storage::local(dir.path()).unwrap();
    shows_nothing_of_a_write_that_broke_off(&storage).await;
    assert_eq!(std::fs::read_dir(dir.path().join(".unfinished")).unwrap().count(), 0, "no litter either");
}
