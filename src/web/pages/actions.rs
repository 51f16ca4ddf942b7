//! What the pages' forms do. Each ends with a redirect, so that reloading does nothing twice.

use axum::Extension;
use axum::extract::State;
use axum::response::Redirect;
use diesel_async::AsyncConnection;
use serde::Deserialize;

use crate::app::App;
use crate::bus::Event;
use crate::clock;
use crate::config::MAX_UPLOAD_BYTES;
use crate::error::Error;
use crate::ids::{RoomId, TranscriptId};
use crate::jobs;
use crate::model::recording::RecordingStatus;
use crate::model::transcript::{self, NewTranscript, Patch};
use crate::model::{ShareMode, TranscriptView};
use crate::policy::{self, Viewer};
use crate::web::api::v1::{process as work, transcripts};
use crate::web::audit::Shares;
use crate::web::extract::{PageForm, PageMultipart, UrlPath};
use crate::web::respond::{PageError, about_field};
use crate::web::say::{say, say_with};
use crate::web::uploads::Chunk;
use crate::web::viewer::Asking;
use crate::web::{read, rooms, tell, uploads};

fn to(id: TranscriptId) -> Redirect {
    Redirect::to(&format!("/transcripts/{id}"))
}

/// `POST /upload`: the form of the start page, for browsers without script: one recording or several, each a transcript of its own. Files
/// are streamed like any chunk.
pub(in crate::web) async fn upload(
    State(app): State<App>,
    Asking(viewer): Asking,
    PageMultipart(mut form): PageMultipart,
) -> Result<(Option<Extension<Shares>>, Redirect), PageError> {
    if !policy::may_create(viewer) {
        return Err(Error::Forbidden.into());
    }
    let mut new = NewTranscript { source_language: "auto".into(), ..NewTranscript::of_file("") };
    let (mut made, mut shared) = (Vec::new(), Vec::new());
    while let Some(field) = form.next_field().await.map_err(uploads::broken)? {
        match field.name() {
            Some("title") => {
                new.name = transcripts::short("title", uploads::text(field, "title").await?)?;
            }
            Some("source_language") => {
                let language = uploads::text(field, "source_language").await?;
                new.source_language = transcripts::language("source_language", language)?;
            }
            Some("vocabulary") => {
                new.vocabulary = transcripts::vocabulary(uploads::text(field, "vocabulary").await?)?;
            }
            Some("room_id") => {
                new.room_id = room_id(uploads::text(field, "room_id").await?)?;
            }
            // A form in which nothing was chosen has a file without a name.
            Some("file") if field.file_name().is_none_or(str::is_empty) => {}
            Some("file") => {
                let one = NewTranscript { id: TranscriptId::new(), ..new.clone() };
                let name = uploads::clean_name(field.file_name());
                let (id, share_mode) = create(&app, viewer, one, Some(&name)).await?;
                if let Err(error) = receive(&app, (viewer, id), field).await {
                    // Without script there is no second try with the same transcript: leave nothing behind.
                    discard(&app, id).await;
                    return Err(named(error, &name, made.len()).into());
                }
                made.push(id);
                shared.extend((share_mode != ShareMode::Private).then_some(id));
            }
            _ => {}
        }
    }
    let to = match made.as_slice() {
        [] => return Err(Error::BadRequest(say("start-choose-first")).into()),
        [id] => to(*id),
        _ => Redirect::to("/transcripts"),
    };
    Ok(((!shared.is_empty()).then_some(Extension(Shares::New(shared))), to))
}

/// What was wrong with one of several files, and what became of those before it.
fn named(error: Error, file: &str, before: usize) -> Error {
    let said = |text: String| match before {
        0 => say_with("start-file-failed", &[("file", file.into()), ("why", about_field(&text).into())]),
        _ => {
            let values =
                [("file", file.into()), ("why", about_field(&text).into()), ("count", before.into())];
            say_with("start-file-failed-after", &values)
        }
    };
    match error {
        Error::TooLarge(text) => Error::TooLarge(said(text)),
        Error::BadRequest(text) => Error::BadRequest(said(text)),
        other => other,
    }
}

/// `POST /transcripts/{id}/finish`: an interrupted recording is taken as it is.
pub(in crate::web) async fn finish(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<TranscriptId>,
) -> Result<Redirect, PageError> {
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.upload).await?;
    uploads::end(&app, &mut conn, (viewer, id), None, None).await?;
    Ok(to(id))
}

async fn create(
    app: &App,
    viewer: Viewer,
    mut new: NewTranscript,
    file: Option<&str>,
) -> Result<(TranscriptId, ShareMode), Error> {
    new.user_id = viewer.user();
    if new.name.is_empty() {
        let file = uploads::clean_name(file);
        new.name = file.rsplit_once('.').map_or(file.as_str(), |(stem, _)| stem).to_owned();
    }
    let mut conn = read::connect(app).await?;
    let room = match new.room_id {
        Some(room) => Some(rooms::open_to(&mut conn, viewer, room).await?),
        None => None,
    };
    new.share_mode = policy::share_mode_in(room.as_ref().map(Into::into));
    let id = transcript::create(&mut conn, &new).await?.id;
    drop(conn);
    tell::created(app, id).await;
    Ok((id, new.share_mode))
}

/// All of a recording in one field.
///
/// # Errors
/// As [`uploads::begin`]; there is one already; it breaks off.
pub(super) async fn receive(
    app: &App,
    whose: (Viewer, TranscriptId),
    field: axum::extract::multipart::Field<'_>,
) -> Result<(), Error> {
    let name = uploads::clean_name(field.file_name());
    let kind = mime_guess::from_path(&name).first_or_octet_stream().to_string();
    let mut conn = read::connect(app).await?;
    let whole = Chunk { number: 0, total: Some(1), name: &name, content_type: &kind, token: None };
    let begun = uploads::begin(&mut conn, whose, &whole).await?;
    if begun.recording.status == RecordingStatus::Complete {
        return Err(uploads::already());
    }
    drop(conn);
    uploads::receive_part(app, &begun.recording, (0, 0), field, MAX_UPLOAD_BYTES).await?;
    let mut conn = read::connect(app).await?;
    uploads::finish(app, &mut conn, whose, begun.recording.id).await
}

async fn discard(app: &App, id: TranscriptId) {
    let outcome: Result<(), Error> = async {
        let mut conn = read::connect(app).await?;
        transcript::delete(&mut conn, id, clock::now()).await?;
        tell::deleted(app, id).await;
        transcript::destroy(&mut conn, id).await?;
        Ok(())
    }
    .await;
    if let Err(error) = outcome {
        tracing::warn!(%error, transcript.id = %id, "a transcript whose upload broke off could not be removed");
    }
}

/// The form of the title.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct TitleForm {
    title: String,
}

/// `POST /transcripts/{id}/title`: an empty one gives the title back to the machine.
pub(in crate::web) async fn title(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<TranscriptId>,
    PageForm(form): PageForm<TitleForm>,
) -> Result<Redirect, PageError> {
    let title = transcripts::short("title", form.title)?;
    let mut conn = read::connect(&app).await?;
    let patch = Patch { title: Some(Some(title).filter(|title| !title.is_empty())), ..Patch::default() };
    let changed: Result<(), Error> = conn
        .transaction(async |conn| {
            read::held(conn, viewer, id, |may| may.write).await?;
            transcript::patch(conn, id, &patch).await?;
            Ok(())
        })
        .await;
    changed?;
    if let Some(title) = TranscriptView::load(&mut conn, id).await?.and_then(|view| view.title) {
        app.bus().publish(id, &Event::FinalTitle { title }).await;
    }
    Ok(to(id))
}

/// The form of "Try again" and "Transcribe again".
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct ProcessForm {
    #[serde(default)]
    from: String,
    /// Names and special words, where the form asks for them.
    vocabulary: Option<String>,
}

/// `POST /transcripts/{id}/process`.
pub(in crate::web) async fn process(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<TranscriptId>,
    PageForm(form): PageForm<ProcessForm>,
) -> Result<Redirect, PageError> {
    let vocabulary = form.vocabulary.map(transcripts::vocabulary).transpose()?;
    let mut conn = read::connect(&app).await?;
    if vocabulary.is_some() {
        let patch = Patch { vocabulary, ..Patch::default() };
        let changed: Result<(), Error> = conn
            .transaction(async |conn| {
                read::held(conn, viewer, id, |may| may.write && may.process).await?;
                transcript::patch(conn, id, &patch).await?;
                Ok(())
            })
            .await;
        changed?;
    }
    work::again(&app, &mut conn, viewer, id, Some(&form.from)).await?;
    Ok(to(id))
}

/// The form of the room.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct IntoRoomForm {
    room_id: String,
    /// Ticked: others may read it there.
    #[serde(default)]
    share: Option<String>,
}

/// `POST /transcripts/{id}/room`: into a room; an empty one takes it out.
pub(in crate::web) async fn room(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<TranscriptId>,
    PageForm(form): PageForm<IntoRoomForm>,
) -> Result<(Option<Extension<Shares>>, Redirect), PageError> {
    let to_room = room_id(form.room_id)?;
    let mut conn = read::connect(&app).await?;
    let shares: Result<bool, Error> = conn
        .transaction(async |conn| {
            let before = read::held(conn, viewer, id, |may| may.write).await?;
            if let Some(room) = to_room.filter(|_| to_room != before.room_id) {
                rooms::open_to(conn, viewer, room).await?;
            }
            let shares = before.share_mode == ShareMode::Private && to_room.is_some() && form.share.is_some();
            let share_mode = shares.then_some(ShareMode::SemiPrivate);
            let patch = Patch { room_id: Some(to_room), share_mode, ..Patch::default() };
            transcript::patch(conn, id, &patch).await?;
            Ok(shares || to_room != before.room_id)
        })
        .await;
    let shares = shares?;
    if shares {
        tell::rights(&app, id).await;
    }
    let shares = shares.then_some(Extension(Shares::Named));
    Ok((shares, to(id)))
}

/// A room that was chosen in a form, if one was.
///
/// # Errors
/// It is none.
pub(super) fn room_id(text: String) -> Result<Option<RoomId>, Error> {
    let unknown = |_| Error::Invalid { field: "room_id", message: "names no room".into() };
    Some(text).filter(|id| !id.is_empty()).map(|id| id.parse().map_err(unknown)).transpose()
}

/// `POST /transcripts/{id}/delete`: into the trash; the list offers to take it back.
pub(in crate::web) async fn delete(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<TranscriptId>,
) -> Result<Redirect, PageError> {
    let mut conn = read::connect(&app).await?;
    transcripts::discard(&mut conn, viewer, id).await?;
    tell::deleted(&app, id).await;
    Ok(Redirect::to(&format!("/transcripts?deleted={id}")))
}

/// `POST /transcripts/{id}/restore`.
pub(in crate::web) async fn restore(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<TranscriptId>,
) -> Result<Redirect, PageError> {
    let mut conn = read::connect(&app).await?;
    let restored: Result<(), Error> = conn
        .transaction(async |conn| {
            read::held(conn, viewer, id, |may| may.restore).await?;
            jobs::restore(conn, id).await?;
            Ok(())
        })
        .await;
    restored?;
    tell::restored(&app, id).await;
    Ok(to(id))
}
