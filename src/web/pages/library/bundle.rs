//! Several transcripts as one zip: a folder each, with its text in every format but PDF, which would take seconds each, and, if asked for,
//! its sound. Packed as it is sent.

use std::io::{self, Write};

use ::zip::CompressionMethod;
use ::zip::write::{SimpleFileOptions, StreamWriter, ZipWriter};
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::StreamExt;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::app::App;
use crate::clock;
use crate::config::Language;
use crate::error::Error;
use crate::export::{self, Format};
use crate::ids::TranscriptId;
use crate::model::transcript::ListItem;
use crate::policy::Viewer;
use crate::web::api::v1::download::attachment;
use crate::web::api::v1::zip::{Packed, WAITING, sound};
use crate::web::say::say;
use crate::web::viewer::language;
use crate::web::{print, read};

/// Characters of a folder's name.
const LONGEST: usize = 80;

type Archive = ZipWriter<StreamWriter<Packed>>;
type Sender = mpsc::Sender<io::Result<Bytes>>;

/// The answer; each transcript is read when it is its turn.
pub(super) fn stream(app: &App, viewer: Viewer, items: &[ListItem], audio: bool) -> Response {
    let named: Vec<(TranscriptId, String)> = (1..)
        .zip(items)
        .map(|(number, item)| {
            let title = read::title(item.title.as_deref(), &item.transcript);
            (item.transcript.id, folder(number, title))
        })
        .collect();
    let (sender, pieces) = mpsc::channel(WAITING);
    let app = app.clone();
    let asked = (viewer, language());
    tokio::spawn(async move {
        if let Err(error) = pack(&app, asked, &sender, named, audio).await {
            tracing::warn!(error = format!("{error:#}"), "a download of several transcripts broke off");
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
    asked: (Viewer, Language),
    sender: &Sender,
    named: Vec<(TranscriptId, String)>,
    audio: bool,
) -> anyhow::Result<()> {
    let packed = Packed::default();
    let mut zip: Archive = ZipWriter::new_stream(packed.clone());
    for (id, folder) in named {
        let Some((texts, has_sound)) = texts(app, asked, id).await? else { continue };
        let place = folder.clone();
        zip = blocking(move || write_texts(zip, &place, &texts)).await?;
        if sender.send(Ok(packed.take())).await.is_err() {
            return Ok(());
        }
        if audio
            && has_sound
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

/// A transcript in these formats, and whether it has sound; `None` if it went away meanwhile.
async fn texts(
    app: &App,
    (viewer, language): (Viewer, Language),
    id: TranscriptId,
) -> Result<Option<(Vec<(Format, Vec<u8>)>, bool)>, Error> {
    let mut conn = read::connect(app).await?;
    let view = match read::view(&mut conn, viewer, id).await {
        Ok((view, _)) => view,
        Err(Error::NotFound(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let segments = view.segments(&mut conn).await?;
    drop(conn);
    let plain = print::document(language, &view, &segments, Format::Txt);
    let worded = print::document(language, &view, &segments, Format::Docx);
    let texts = Format::TEXT.into_iter().filter_map(|format| {
        let document = if format == Format::Md { &worded } else { &plain };
        let text = export::render(document, format)?;
        Some((format, text.into_bytes()))
    });
    let mut texts: Vec<(Format, Vec<u8>)> = texts.collect();
    let docx = print::file(app, worded, Format::Docx).await?;
    texts.push((Format::Docx, docx));
    Ok(Some((texts, !view.transcript.audio_deleted)))
}

fn write_texts(mut zip: Archive, folder: &str, texts: &[(Format, Vec<u8>)]) -> io::Result<Archive> {
    let small = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (format, text) in texts {
        zip.start_file(format!("{folder}/transcript.{}", format.extension()), small)?;
        zip.write_all(text)?;
    }
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
    fn a_folder_is_a_name_everywhere_and_never_a_way_out() {
        assert_eq!(folder(1, "Budget talks"), "01 Budget talks");
        assert_eq!(folder(12, "../../etc/passwd"), "12 _.._etc_passwd");
        assert_eq!(folder(3, "a\u{0}b:c\n."), "03 a_b_c_");
        assert_eq!(folder(4, "..."), "04");
        assert_eq!(folder(5, &"ß".repeat(200)).chars().count(), 83);
    }
}
