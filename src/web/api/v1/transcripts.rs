//! `/v1/transcripts` and one of them: create, get, change, delete, restore.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use diesel_async::AsyncConnection;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::idempotency::Once;
use super::shapes::{ParticipantOut, TranscriptDetail, TranscriptOut};
use super::text::{self, TextOut};
use super::{Done, edits, ok, participants};
use crate::app::App;
use crate::clock;
use crate::config::MAX_PROMPT;
use crate::db::Connection;
use crate::error::Error;
use crate::export::ApiFormat;
use crate::ids::{ParticipantId, RoomId, TranscriptId};
use crate::jobs;
use crate::model::transcript::{self, NewTranscript, Patch};
use crate::model::{ShareMode, SourceKind, Transcript, TranscriptView, participant};
use crate::policy::{self, Viewer};
use crate::web::api::document::Fails;
use crate::web::audit::Shares;
use crate::web::extract::{ApiJson, ApiPath, ApiQuery};
use crate::web::notes::{NotesClash, Written};
use crate::web::respond::ApiError;
use crate::web::uploads::token::{self, TOKEN};
use crate::web::viewer::Asking;
use crate::web::{read, rooms, tell};

/// Longest name or title, in characters.
pub(in crate::web) const MAX_TITLE: usize = 200;

/// Longest summary, in characters.
const MAX_SUMMARY: usize = 100_000;

/// What a new transcript is made from.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::web) struct CreateTranscript {
    /// Empty: its time.
    #[schema(max_length = 200)]
    name: String,
    /// Its code, or `auto`.
    #[serde(default = "english")]
    #[schema(min_length = 2, max_length = 12, pattern = "^[A-Za-z0-9-]+$")]
    source_language: String,
    #[serde(default = "english")]
    #[schema(min_length = 2, max_length = 12, pattern = "^[A-Za-z0-9-]+$")]
    target_language: String,
    /// `live` if left out.
    source_kind: Option<SourceKind>,
    /// The room it is put into. Ours.
    room_id: Option<RoomId>,
    /// Names and special words to expect. Ours.
    #[serde(default)]
    #[schema(max_length = 500)]
    vocabulary: String,
}

fn english() -> String {
    "en".into()
}

/// A new transcript.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct CreatedOut {
    #[serde(flatten)]
    transcript: TranscriptOut,
    participants: Vec<ParticipantOut>,
}

/// Makes a transcript, for a recording to come
#[utoipa::path(post, path = "/transcripts", operation_id = "create_transcript", tag = "transcripts",
    params(("X-Upload-Token" = Option<String>, Header, pattern = "^[!-~]{32,128}$", description = TOKEN)),
    request_body = CreateTranscript, responses((status = 200, body = CreatedOut)))]
pub(in crate::web) async fn create(
    State(app): State<App>,
    Asking(viewer): Asking,
    once: Option<Once>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<CreateTranscript>,
) -> Result<(Option<Extension<Shares>>, Json<CreatedOut>), ApiError> {
    if !policy::may_create(viewer) {
        return Err(Error::Forbidden.into());
    }
    let shown = token::shown(&headers)?;
    let mut new = NewTranscript {
        id: TranscriptId::new(),
        name: short("name", body.name)?,
        source_language: language("source_language", body.source_language)?,
        target_language: language("target_language", body.target_language)?,
        source_kind: body.source_kind.unwrap_or(SourceKind::Live),
        share_mode: ShareMode::Private,
        user_id: viewer.user(),
        room_id: body.room_id,
        vocabulary: vocabulary(body.vocabulary)?,
    };
    if new.name.is_empty() {
        new.name = clock::now().format("Transcript %Y-%m-%d %H:%M:%S").to_string();
    }
    let mut conn = read::connect(&app).await?;
    let made: Result<CreatedOut, Error> = conn
        .transaction(async |conn| {
            let room = match new.room_id {
                Some(room) => Some(rooms::open_to(conn, viewer, room).await?),
                None => None,
            };
            new.share_mode = policy::share_mode_in(room.as_ref().map(Into::into));
            let row = transcript::create(conn, &new).await?;
            token::claim(conn, viewer, &row, shown).await?;
            let room_name = room.map(|room| room.name);
            let transcript = TranscriptOut::new(row, None, None, None, room_name);
            let made = CreatedOut { transcript, participants: Vec::new() };
            if let Some(once) = &once {
                once.keep(conn, new.id, &made).await?;
            }
            Ok(made)
        })
        .await;
    let made = made?;
    tell::created(&app, new.id).await;
    let shares = (new.share_mode != ShareMode::Private).then_some(Extension(Shares::New(vec![new.id])));
    Ok((shares, Json(made)))
}

/// A name or title as it is kept: on one line, without space around it.
///
/// # Errors
/// It is too long.
pub(in crate::web) fn short(field: &'static str, text: String) -> Result<String, Error> {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let clean = clean.trim();
    if clean.chars().count() > MAX_TITLE {
        return Err(Error::Invalid { field, message: format!("has more than {MAX_TITLE} characters") });
    }
    Ok(clean.to_owned())
}

/// A summary as it is kept.
///
/// # Errors
/// It is too long.
fn summary(field: &'static str, text: Option<String>) -> Result<Option<String>, Error> {
    // PostgreSQL's texts can't hold a zero.
    let text = text.map(|text| text.replace('\0', ""));
    if text.as_ref().is_some_and(|text| text.chars().count() > MAX_SUMMARY) {
        return Err(Error::Invalid { field, message: format!("has more than {MAX_SUMMARY} characters") });
    }
    Ok(text)
}

/// Names and special words as they are kept: lines without space around them.
///
/// # Errors
/// They are too long.
pub(in crate::web) fn vocabulary(text: String) -> Result<String, Error> {
    let clean = |line: &str| line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let lines: Vec<String> = text.lines().map(|line| clean(line).trim().to_owned()).collect();
    let text = lines.join("\n").trim().to_owned();
    if text.chars().count() > MAX_PROMPT {
        let message = format!("names and special words have more than {MAX_PROMPT} characters together");
        return Err(Error::Invalid { field: "vocabulary", message });
    }
    Ok(text)
}

/// A language code, or "auto".
///
/// # Errors
/// It does not look like one.
pub(in crate::web) fn language(field: &'static str, text: String) -> Result<String, Error> {
    let code = text.trim();
    let plain = code.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if !plain || !(2..=12).contains(&code.len()) {
        return Err(Error::Invalid { field, message: "is no language code, nor \"auto\"".into() });
    }
    Ok(code.to_owned())
}

/// How to give the text.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct GetQuery {
    #[param(value_type = Option<ApiFormat>)]
    transcript_format: Option<String>,
}

/// A transcript with its text.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct TranscriptText {
    #[serde(flatten)]
    detail: TranscriptDetail,
    #[schema(value_type = ApiFormat)]
    transcript_format: &'static str,
    transcript: TextOut,
}

/// One transcript with its text
#[utoipa::path(get, path = "/transcripts/{id}", operation_id = "get_transcript", tag = "transcripts",
    params(("id" = TranscriptId, Path), GetQuery), responses((status = 200, body = TranscriptText)))]
pub(in crate::web) async fn get(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    ApiQuery(query): ApiQuery<GetQuery>,
) -> Result<Json<TranscriptText>, ApiError> {
    let format = text::format(query.transcript_format.as_deref())?;
    let mut conn = read::connect(&app).await?;
    let (view, _) = read::view(&mut conn, viewer, id).await?;
    let lines = view.lines(&mut conn).await?;
    // Somebody else may ask the database while this is written.
    drop(conn);
    let transcript = text::render(format, &view, &lines);
    drop(lines);
    Ok(Json(TranscriptText {
        detail: TranscriptDetail::new(view, viewer),
        transcript_format: format.name(),
        transcript,
    }))
}

/// What a person may change; a field that is left out stays, `null` gives it back to the machine.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::web) struct UpdateTranscript {
    #[schema(max_length = 200)]
    name: Option<String>,
    /// No new recording and no new processing.
    locked: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    #[schema(max_length = 200)]
    title: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(max_length = 100_000)]
    short_summary: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(max_length = 100_000)]
    long_summary: Option<Option<String>>,
    share_mode: Option<ShareMode>,
    /// Takes the place of the list.
    #[schema(max_items = 1000)]
    participants: Option<Vec<ParticipantIn>>,
    reviewed: Option<bool>,
    audio_deleted: Option<bool>,
    #[schema(max_length = 500)]
    vocabulary: Option<String>,
    #[serde(default, deserialize_with = "given")]
    room_id: Option<Option<RoomId>>,
    /// `null` empties them, as an empty text does.
    #[serde(default, deserialize_with = "given")]
    #[schema(max_length = 20_000)]
    notes: Option<Option<String>>,
    /// The one that came with the notes that were seen before; left out: there were none.
    notes_revision: Option<String>,
}

/// A participant of the list that replaces the old one.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::web) struct ParticipantIn {
    pub id: Option<ParticipantId>,
    #[schema(minimum = 0, maximum = 9999)]
    pub speaker: Option<i32>,
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
}

/// Tells `null` from a field that is not there.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(value: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(value).map(Some)
}

/// Changes a transcript
///
/// 409: somebody else has changed the `notes` since `notes_revision`; both are in the answer, and nothing is written.
#[utoipa::path(patch, path = "/transcripts/{id}", operation_id = "update_transcript", tag = "transcripts",
    params(("id" = TranscriptId, Path)), request_body = UpdateTranscript,
    responses((status = 200, body = TranscriptDetail), (status = 409, body = NotesClash), Fails<400>))]
pub(in crate::web) async fn update(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    ApiJson(body): ApiJson<UpdateTranscript>,
) -> Result<Response, ApiError> {
    let written =
        body.notes.map(|text| Written::new(&text.unwrap_or_default(), body.notes_revision)).transpose()?;
    let patch = Patch {
        name: body.name.map(|name| short("name", name)).transpose()?,
        locked: body.locked,
        title: match body.title {
            Some(Some(title)) => Some(Some(short("title", title)?).filter(|title| !title.is_empty())),
            other => other,
        },
        short_summary: body.short_summary.map(|text| summary("short_summary", text)).transpose()?,
        long_summary: body.long_summary.map(|text| summary("long_summary", text)).transpose()?,
        share_mode: body.share_mode,
        reviewed: body.reviewed,
        audio_deleted: body.audio_deleted,
        vocabulary: body.vocabulary.map(vocabulary).transpose()?,
        room_id: body.room_id,
        notes: written.as_ref().map(|written| written.text.clone()),
        ..Patch::default()
    };
    let people = body.participants.map(participants::wanted).transpose()?;
    let mut conn = read::connect(&app).await?;
    let changed: Result<Result<(Transcript, TranscriptView), NotesClash>, Error> = conn
        .transaction(async |conn| {
            // The answer shows the transcript, so a key that may only write is refused.
            let before = read::held(conn, viewer, id, |may| may.write && may.read).await?;
            if let Some(clash) = written.as_ref().and_then(|written| written.clash(&before.notes)) {
                return Ok(Err(clash));
            }
            // Where it is already it may stay, whatever became of the room.
            if let Some(Some(room)) = patch.room_id.filter(|room| *room != before.room_id) {
                rooms::open_to(conn, viewer, room).await?;
            }
            transcript::patch(conn, id, &patch).await?;
            if let Some(people) = &people {
                participant::replace(conn, id, people, viewer.user()).await.map_err(participants::refused)?;
            }
            // What was done is answered, whatever becomes of it right after.
            let view = TranscriptView::load(conn, id).await?.ok_or(Error::NotFound("Transcript"))?;
            Ok(Ok((before, view)))
        })
        .await;
    let (before, view) = match changed? {
        Ok(done) => done,
        Err(clash) => return Ok((StatusCode::CONFLICT, Json(clash)).into_response()),
    };
    if people.is_some() {
        edits::tell_names(&app, &mut conn, id).await?;
    }
    // Whoever gave it out of their hands sees it no more.
    if !policy::capabilities(viewer, (&view.transcript).into()).read {
        return Err(Error::NotFound("Transcript").into());
    }
    if let (Some(title), true) = (&view.title, patch.title.is_some()) {
        app.bus().publish(id, &crate::bus::Event::FinalTitle { title: title.clone() }).await;
    }
    let shares = patch.share_mode.is_some() || patch.room_id.is_some_and(|room| room != before.room_id);
    if shares {
        tell::rights(&app, id).await;
    }
    if patch.notes.is_some_and(|notes| notes != before.notes) {
        tell::notes(&app, id).await;
    }
    let shares = shares.then_some(Extension(Shares::Named));
    Ok((shares, Json(TranscriptDetail::new(view, viewer))).into_response())
}

/// Puts a transcript into the trash, from where it can be restored
#[utoipa::path(delete, path = "/transcripts/{id}", operation_id = "delete_transcript", tag = "transcripts",
    params(("id" = TranscriptId, Path)), responses((status = 200, body = Done)))]
pub(in crate::web) async fn delete(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
) -> Result<Json<Done>, ApiError> {
    let mut conn = read::connect(&app).await?;
    discard(&mut conn, viewer, id).await?;
    tell::deleted(&app, id).await;
    Ok(ok())
}

/// Moves it to the trash. The caller tells those who watch.
///
/// # Errors
/// As [`read::allowed`].
pub(in crate::web) async fn discard(
    conn: &mut Connection,
    viewer: Viewer,
    id: TranscriptId,
) -> Result<(), Error> {
    conn.transaction(async |conn| {
        read::held(conn, viewer, id, |may| may.delete).await?;
        transcript::delete(conn, id, clock::now()).await?;
        Ok(())
    })
    .await
}

/// Takes a transcript out of the trash
#[utoipa::path(post, path = "/transcripts/{id}/restore", operation_id = "restore_transcript", tag = "transcripts",
    params(("id" = TranscriptId, Path)), responses((status = 200, body = Done), Fails<400>))]
pub(in crate::web) async fn restore(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
) -> Result<Json<Done>, ApiError> {
    let mut conn = read::connect(&app).await?;
    let restored: Result<(), Error> = conn
        .transaction(async |conn| {
            read::trashed(conn, viewer, id).await?;
            jobs::restore(conn, id).await?;
            Ok(())
        })
        .await;
    restored?;
    tell::restored(&app, id).await;
    Ok(ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_told_from_absent() {
        let body: UpdateTranscript = serde_json::from_str(r#"{"title": null}"#).unwrap();
        assert_eq!((body.title, body.short_summary), (Some(None), None));
    }

    #[test]
    fn names_are_one_line_and_not_too_long() {
        assert_eq!(short("name", " a\nb ".into()).unwrap(), "a b");
        assert!(short("name", "x".repeat(201)).is_err());
        assert!(language("source_language", "pt-BR".into()).is_ok());
        assert!(language("source_language", "<script>".into()).is_err());
    }

    #[test]
    fn names_and_special_words_are_kept_line_by_line_up_to_their_limit() {
        assert_eq!(vocabulary(" Aoife \r\n\tOKR\u{7}\n\n".into()).unwrap(), "Aoife\nOKR");
        assert!(vocabulary("ß".repeat(500)).is_ok());
        let said = vocabulary("ß".repeat(501)).unwrap_err().to_string();
        assert_eq!(said, "vocabulary: names and special words have more than 500 characters together");
    }
}
