//! Who speaks when: `/diarize`, by address as the ancestor asks, or with the file itself.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, Multipart, Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;
use utoipa::IntoParams;

use super::Server;
use super::docs::DiarizeForm;
use super::error::ApiError;
use super::form::Form;
use super::stream::{self, News};
use crate::model_api::wire::{self, Turn, Voice, round};
use crate::speech::{Diarization, DiarizeOptions, SpeechError};

const MOST_SPEAKERS: u32 = 50;

/// Parameters of the address; all but the first two are ours.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct Wish {
    /// http or https. Left out where the body is a form with the file.
    audio_file_url: Option<String>,
    /// Added to every time. Seconds.
    timestamp: f64,
    /// How many people speak, if known.
    num_speakers: Option<u32>,
    /// At least so many.
    min_speakers: Option<u32>,
    /// At most so many.
    max_speakers: Option<u32>,
    /// Answer with what each speaker sounds like, too.
    embeddings: bool,
    /// Answer with server-sent events: progress, then the result.
    stream: bool,
}

/// `POST /diarize`.
#[utoipa::path(post, path = "/diarize", tag = "speech", summary = "Tell who speaks when", params(Wish),
    request_body(content = DiarizeForm, content_type = "multipart/form-data", description = "The file, where it has no address"),
    responses((status = 200, body = wire::Diarization)))]
pub(super) async fn diarize(
    State(server): State<Server>,
    wish: Result<Query<Wish>, QueryRejection>,
    request: Request,
) -> Result<Response, ApiError> {
    let Query(wish) =
        wish.map_err(|error| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, error.body_text()))?;
    let options = wish.options()?;
    let mut task = server.begin()?;
    let file = match &wish.audio_file_url {
        Some(url) => {
            let file = task.next_file();
            server.0.fetcher.fetch(url, &file, server.0.max_bytes).await?;
            file
        }
        None => {
            let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
            if !kind.unwrap_or_default().starts_with("multipart/form-data") {
                let message = "is missing; name the address of the media, or send a form with a file";
                let error = ApiError::field("audio_file_url", message);
                return Err(ApiError { status: StatusCode::UNPROCESSABLE_ENTITY, ..error });
            }
            let form = Multipart::from_request(request, &()).await;
            let form = Form::read(form, &mut task, server.0.max_bytes).await?;
            match <[_; 1]>::try_from(form.files) {
                Ok([upload]) => upload.path,
                Err(_) => return Err(ApiError::field("file", "must be one file")),
            }
        }
    };
    let pcm = task.decode(file).await?;
    if !wish.stream {
        let found = server.tell_apart(&task.work, pcm, options, |_| {}).await?;
        return Ok(Json(wish.answer(found)).into_response());
    }
    let (sender, news) = mpsc::unbounded_channel::<News>();
    let (shares, work) = (sender.clone(), task.work.clone());
    let on_progress = move |share: f32| {
        let _unheard = shares.send(Ok(json!({"type": "diarization.progress", "progress": share})));
    };
    tokio::spawn(async move {
        let end = server.tell_apart(&work, pcm, options, on_progress).await.map(|found| {
            let mut event = json!(wish.answer(found));
            event["type"] = json!("diarization.done");
            event
        });
        let _unheard = sender.send(end);
    });
    stream::respond(task, news).await
}

impl Wish {
    fn options(&self) -> Result<DiarizeOptions, ApiError> {
        for (name, number) in [
            ("num_speakers", self.num_speakers),
            ("min_speakers", self.min_speakers),
            ("max_speakers", self.max_speakers),
        ] {
            if number.is_some_and(|number| !(1..=MOST_SPEAKERS).contains(&number)) {
                return Err(ApiError::field(name, format!("must be from 1 to {MOST_SPEAKERS}")));
            }
        }
        let options = DiarizeOptions {
            speakers: self.num_speakers,
            min_speakers: self.min_speakers,
            max_speakers: self.max_speakers,
        };
        // Before the media are fetched and decoded; the engine's word for the number is its own.
        options.bounds().map_err(|error| match error {
            SpeechError::Request(why) if why.starts_with("speakers ") => {
                ApiError::field("num_speakers", format!("num_{why}"))
            }
            SpeechError::Request(why) => ApiError::field("min_speakers", why),
            other => other.into(),
        })?;
        Ok(options)
    }

    fn answer(&self, found: Diarization) -> wire::Diarization {
        let turns = found.turns.iter().map(|turn| Turn {
            start: round(turn.start + self.timestamp),
            end: round(turn.end + self.timestamp),
            speaker: turn.speaker,
        });
        let voices = || {
            let of = |voice: crate::speech::SpeakerVoice| Voice {
                speaker: voice.speaker,
                embedding: voice.embedding,
            };
            found.speakers.into_iter().map(of).collect()
        };
        wire::Diarization { diarization: turns.collect(), speakers: self.embeddings.then(voices) }
    }
}
