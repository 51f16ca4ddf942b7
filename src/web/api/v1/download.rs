//! `GET …/download/{format}`: the transcript as a file.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::error::Error;
use crate::export::{Document, Format, JsonTranscript};
use crate::ids::TranscriptId;
use crate::web::api::document::{Binary, Fails};
use crate::web::extract::ApiPath;
use crate::web::respond::ApiError;
use crate::web::viewer::{Asking, language};
use crate::web::{print, read};

/// The transcript as a file
///
/// Headings, date and speakers without a name of `md`, `docx` and `pdf` are in the language that `Accept-Language` likes best, of those that
/// pages have. 409: `pdf` needs fonts for every script that the transcript has; what is missing is named.
#[utoipa::path(get, path = "/transcripts/{id}/download/{format}", operation_id = "download_transcript", tag = "transcripts",
    params(("id" = TranscriptId, Path), ("format" = Format, Path)),
    responses((status = 200, description = "In the format that was asked for", content(
        (String = "text/plain"), (String = "text/markdown"), (String = "text/vtt"), (String = "text/csv"), (String = "application/x-subrip"),
        (JsonTranscript = "application/json"), (Binary = "application/pdf"),
        (Binary = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"))), Fails<409>))]
pub(in crate::web) async fn download(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath((id, format)): ApiPath<(TranscriptId, String)>,
) -> Result<Response, ApiError> {
    let format: Format = format.parse().map_err(|_| Error::NotFound("Format"))?;
    let mut conn = read::connect(&app).await?;
    let (view, _) = read::view(&mut conn, viewer, id).await?;
    let segments = view.segments(&mut conn).await?;
    drop(conn);
    let document = print::document(viewer, language(), &view, &segments, format);
    Ok(file(&app, document, format).await?)
}

/// The answer with a file to keep.
///
/// # Errors
/// Those of [`print::file`].
pub(in crate::web) async fn file(app: &App, document: Document, format: Format) -> Result<Response, Error> {
    let name = document.title.clone().unwrap_or_else(|| "transcript".to_owned());
    let headers = [
        (CONTENT_TYPE, format.content_type().to_owned()),
        (CONTENT_DISPOSITION, attachment(&name, format.extension())),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, print::file(app, document, format).await?).into_response())
}

/// A file name for old and new browsers: plain letters, and the whole name percent-encoded (RFC 6266).
pub(in crate::web) fn attachment(title: &str, extension: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || " -_.".contains(c) { c } else { '_' };
    let plain: String = title.chars().map(safe).take(80).collect();
    let plain = plain.trim_matches([' ', '.', '_']);
    let plain = if plain.is_empty() { "transcript" } else { plain };
    let clean: String = title
        .chars()
        .filter(|c| !c.is_control())
        .map(|c| if "/\\:*?\"<>|".contains(c) { '_' } else { c })
        .take(80)
        .collect();
    let encoded: String = format!("{}.{extension}", clean.trim())
        .bytes()
        .map(|b| match b {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect();
    format!("attachment; filename=\"{plain}.{extension}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_can_not_break_the_header() {
        let header = attachment("a\"b\r\nSet-Cookie: x=1; ü/..", "txt");
        assert!(header.is_ascii() && !header.contains(['\r', '\n']));
        assert_eq!(header.matches('"').count(), 2);
        assert!(header.contains("%C3%BC"));
        assert!(attachment("会议", "srt").starts_with("attachment; filename=\"transcript.srt\""));
    }
}
