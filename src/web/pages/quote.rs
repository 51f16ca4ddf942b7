//! A quote, for whoever has its link: its words, who says them, those seconds of sound. No login, no script, no way to the rest.

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures::StreamExt;

use super::format::{Date, Moment, length};
use crate::app::App;
use crate::error::Error;
use crate::model::audit::Action;
use crate::storage::{ByteStream, StorageKey};
use crate::web::audit::Deeds;
use crate::web::extract::UrlPath;
use crate::web::quotes::{self, Line, behind, wave_head};
use crate::web::ranges::{Ask, parse};
use crate::web::respond::{PageError, html, html_with};
use crate::web::say::filters;
use crate::web::{assets, read};

#[derive(Template)]
#[template(path = "quote.html")]
struct QuotePage {
    version: &'static str,
    token: String,
    lines: Vec<Line>,
    sounds: bool,
    from: Moment,
    to: Moment,
    length: String,
    until: Date,
}

/// That there is none.
#[derive(Template)]
#[template(path = "quote_gone.html")]
struct GonePage {
    version: &'static str,
}

/// `GET /quote/{token}`.
pub(in crate::web) async fn show(
    State(app): State<App>,
    UrlPath(token): UrlPath<String>,
) -> Result<Response, PageError> {
    let (quote, lines, sounds) = match quotes::shown(&app, &token).await {
        Ok(found) => found,
        Err(error @ Error::NotFound(_)) => {
            return Ok(html_with(&error, &GonePage { version: &assets::VERSION }));
        }
        Err(error) => return Err(error.into()),
    };
    let mut page = html(&QuotePage {
        version: &assets::VERSION,
        token,
        lines,
        sounds,
        from: Moment::new(quote.start),
        to: Moment::new(quote.end),
        length: length(quote.end - quote.start),
        until: Date::new(quote.expires_at),
    });
    page.extensions_mut().insert(Deeds::with(Action::View, [quote.transcript_id]));
    Ok(page)
}

/// `GET /quote/{token}/audio`: exactly the quote's samples, as a WAVE file; one byte range.
pub(in crate::web) async fn sound(
    State(app): State<App>,
    UrlPath(token): UrlPath<String>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let mut conn = read::connect(&app).await?;
    let (quote, row) = behind(&mut conn, &token).await?;
    drop(conn);
    let samples = quotes::sound(&app, &quote, &row).await?.ok_or(Error::NotFound("Audio"))?;
    let bytes = u32::try_from(samples.end - samples.start).map_err(|_| Error::NotFound("Audio"))?;
    let head = wave_head(bytes);
    let before = head.len() as u64;
    let size = before + u64::from(bytes);
    let wanted = headers.get(RANGE).and_then(|value| value.to_str().ok()).map(|text| parse(text, size));
    let (status, part) = match wanted {
        Some(Ask::Part(part)) => (StatusCode::PARTIAL_CONTENT, part),
        Some(Ask::Outside) => return Err(Error::RangeNotSatisfiable { size }.into()),
        Some(Ask::Whole) | None => (StatusCode::OK, 0..size),
    };
    let mut response = Response::builder()
        .status(status)
        .header(CONTENT_TYPE, "audio/wav")
        .header(CONTENT_LENGTH, part.end - part.start)
        .header(ACCEPT_RANGES, "bytes")
        .extension(Deeds::with(Action::Play, [row.id]));
    if status == StatusCode::PARTIAL_CONTENT {
        response = response.header(CONTENT_RANGE, format!("bytes {}-{}/{size}", part.start, part.end - 1));
    }
    // Both ends are at most 44.
    let of_head = part.start.min(before) as usize..part.end.min(before) as usize;
    let first = Bytes::copy_from_slice(&head[of_head]);
    let of_sound =
        samples.start + part.start.saturating_sub(before)..samples.start + part.end.saturating_sub(before);
    let mut stream: ByteStream = futures::stream::once(async move { Ok(first) }).boxed();
    if !of_sound.is_empty() {
        let key = StorageKey::Pcm { transcript: row.id };
        stream = stream.chain(app.storage().get_stream(&key, Some(of_sound)).await?).boxed();
    }
    response.body(Body::from_stream(stream)).map_err(|error| Error::Internal(error.into()).into())
}
