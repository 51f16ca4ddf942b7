//! Several transcripts as one zip: a folder each, with its text in the formats that are wished for and, if asked for, its sound. Packed as
//! it is sent, a file at a time.

use std::io::{self, Write};
use std::panic::AssertUnwindSafe;

use ::zip::CompressionMethod;
use ::zip::write::{SimpleFileOptions, StreamWriter, ZipWriter};
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{FutureExt, StreamExt};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::app::App;
use crate::clock;
use crate::config::Language;
use crate::error::Error;
use crate::export::Format;
use crate::ids::TranscriptId;
use crate::model::transcript::ListItem;
use crate::model::{Segment, TranscriptView};
use crate::policy::Viewer;
use crate::web::api::v1::download::attachment;
use crate::web::api::v1::zip::{Packed, WAITING, sound};
use crate::web::say::say;
use crate::web::viewer::language;
use crate::web::{print, read};

/// Characters of a folder's name.
const LONGEST: usize = 80;

/// What is to be in it of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub formats: Vec<Format>,
    pub audio: bool,
}

/// Where nobody says: every format but PDF, which takes seconds each.
pub(super) fn usual() -> Vec<Format> {
    Format::ALL.into_iter().filter(|format| *format != Format::Pdf).collect()
}

/// A format to tick.
pub(super) struct Choice {
    pub word: &'static str,
    pub name: String,
    pub ticked: bool,
}

/// Those that there are, as the form has them.
pub(super) fn choices() -> Vec<Choice> {
    let usual = usual();
    let name = |format| match format {
        Format::Txt => say("transcript-as-text"),
        Format::Md => say("transcript-as-markdown"),
        Format::Json => say("transcript-as-json"),
        Format::Csv => say("transcript-as-csv"),
        Format::Srt => say("transcript-as-srt"),
        Format::Vtt => say("transcript-as-vtt"),
        Format::Rttm => say("transcript-as-rttm"),
        Format::Docx => say("transcript-as-docx"),
        Format::Pdf => say("library-bulk-pdf"),
    };
    let choice = |format: Format| Choice {
        word: format.extension(),
        name: name(format),
        ticked: usual.contains(&format),
    };
    Format::ALL.into_iter().map(choice).collect()
}

type Archive = ZipWriter<StreamWriter<Packed>>;
type Sender = mpsc::Sender<io::Result<Bytes>>;

/// The answer; each transcript is read when it is its turn.
pub(super) fn stream(app: &App, viewer: Viewer, items: &[ListItem], wanted: Wanted) -> Response {
    let named: Vec<(TranscriptId, String)> = (1..)
        .zip(items)
        .map(|(number, item)| {
            let title = read::title(item.title.as_deref(), &item.transcript);
            (item.transcript.id, folder(number, title))
        })
        .collect();
    let (sender, pieces) = mpsc::channel(WAITING);
    let app = app.clone();
    let asked = (viewer, language(), wanted);
    tokio::spawn(async move {
        // A zip that ends like any other must be whole, whatever went wrong.
        let packed = AssertUnwindSafe(pack(&app, asked, &sender, named)).catch_unwind().await;
        let wrong = match packed {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(format!("{error:#}")),
            Err(_) => Some("a panic, which was logged".to_owned()),
        };
        if let Some(error) = wrong {
            tracing::warn!(error, "a download of several transcripts broke off");
            // Whoever is still there is told by breaking off.
            let _gone = sender.send(Err(io::Error::other("broken off"))).await;
        }
    });
    let name = format!("{} {}", say("library-title"), clock::now().format("%Y-%m-%d"));
    let headers = [
        (CONTENT_TYPE, "application/zip".to_owned()),
        (CONTENT_DISPOSITION, attachment(&name, "zip")),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, Body::from_stream(ReceiverStream::new(pieces))).into_response()
}

/// A folder's name that every system takes: numbered, so that no two are the same.
fn folder(number: usize, title: &str) -> String {
    let plain: String = title
        .chars()
        .map(|c| if c.is_control() || "/\\:*?\"<>|".contains(c) { '_' } else { c })
        .take(LONGEST)
        .collect();
    format!("{number:02} {}", plain.trim_matches([' ', '.'])).trim_end().to_owned()
}

async fn pack(
    app: &App,
    (viewer, language, wanted): (Viewer, Language, Wanted),
    sender: &Sender,
    named: Vec<(TranscriptId, String)>,
) -> anyhow::Result<()> {
    let packed = Packed::default();
    let mut zip: Archive = ZipWriter::new_stream(packed.clone());
    for (id, folder) in named {
        let Some((view, segments)) = read_one(app, viewer, id).await? else { continue };
        for format in wanted.formats.iter().copied() {
            // One file at a time is in memory.
            let document = print::document(viewer, language, &view, &segments, format);
            let (name, bytes) = match print::file(app, document, format).await {
                Ok(bytes) => (format!("transcript.{}", format.extension()), bytes),
                // There is no font for its letters: said in its place, and the others are not kept back.
                Err(Error::Conflict(why)) => {
                    (format!("transcript.{}.txt", format.extension()), format!("{why}\n").into_bytes())
                }
                Err(error) => return Err(error.into()),
            };
            let place = format!("{folder}/{name}");
            zip = blocking(move || write(zip, place, &bytes)).await?;
            if sender.send(Ok(packed.take())).await.is_err() {
                return Ok(());
            }
        }
        if wanted.audio
            && !view.transcript.audio_deleted
            && let Some((size, mut stream)) = sound(app, id).await?
        {
            // It is compressed already.
            let plain = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
            zip.start_file(format!("{folder}/audio.mp3"), plain.large_file(size >= u64::from(u32::MAX)))?;
            while let Some(piece) = stream.next().await {
                zip.write_all(&piece?)?;
                if sender.send(Ok(packed.take())).await.is_err() {
                    return Ok(());
                }
            }
        }
    }
    blocking(move || zip.finish().map(|_| ()).map_err(io::Error::other)).await?;
    let _gone = sender.send(Ok(packed.take())).await;
    Ok(())
}

/// A transcript and its text; `None` if it went away meanwhile.
async fn read_one(
    app: &App,
    viewer: Viewer,
    id: TranscriptId,
) -> Result<Option<(TranscriptView, Vec<Segment>)>, Error> {
    let mut conn = read::connect(app).await?;
    let view = match read::view(&mut conn, viewer, id).await {
        Ok((view, _)) => view,
        Err(Error::NotFound(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let segments = view.segments(&mut conn).await?;
    Ok(Some((view, segments)))
}

fn write(mut zip: Archive, place: String, bytes: &[u8]) -> io::Result<Archive> {
    let small = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    zip.start_file(place, small)?;
    zip.write_all(bytes)?;
    Ok(zip)
}

/// Packs on a thread of its own.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    Ok(tokio::task::spawn_blocking(work).await??)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_can_be_ticked_and_what_is_slow_has_to_be() {
        let choices = choices();
        assert_eq!(choices.len(), Format::ALL.len());
        let unticked: Vec<&str> = choices.iter().filter(|one| !one.ticked).map(|one| one.word).collect();
        assert_eq!(unticked, ["pdf"]);
    }

    #[test]
    fn a_folder_is_a_name_everywhere_and_never_a_way_out() {
        assert_eq!(folder(1, "Budget talks"), "01 Budget talks");
        assert_eq!(folder(12, "../../etc/passwd"), "12 _.._etc_passwd");
        assert_eq!(folder(3, "a\u{0}b:c\n."), "03 a_b_c_");
        assert_eq!(folder(4, "..."), "04");
        assert_eq!(folder(5, &"ß".repeat(200)).chars().count(), 83);
    }
}
