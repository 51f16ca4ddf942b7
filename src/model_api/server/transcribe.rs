//! Words: `/v1/audio/transcriptions`, `/v1/audio/translations` and the ancestor's `/v1/audio/transcriptions-from-url`.

use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::Server;
use super::answer::{self, Format, Look, TranscriptionOut};
use super::docs::AudioForm;
use super::error::ApiError;
use super::form::Form;
use super::stream::{self, News};
use super::task::Task;
use crate::audio::PcmFile;
use crate::model_api::language;
use crate::speech::{self, TranscribeOptions};

/// What a form asks for.
struct Wish {
    options: TranscribeOptions,
    look: Look,
    stream: bool,
    batch: bool,
}

/// Several recordings, as the ancestor answers them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Several {
    results: Vec<TranscriptionOut>,
}

/// `POST /v1/audio/transcriptions`.
#[utoipa::path(post, path = "/v1/audio/transcriptions", tag = "speech",
    summary = "Write down what is said in a file",
    request_body(content = AudioForm, content_type = "multipart/form-data"),
    responses((status = 200, body = TranscriptionOut), (status = 429, description = "Full; Retry-After says when to come back")))]
pub(super) async fn transcriptions(
    State(server): State<Server>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, ApiError> {
    from_form(server, form, speech::Task::Transcribe).await
}

/// `POST /v1/audio/translations`.
#[utoipa::path(post, path = "/v1/audio/translations", tag = "speech",
    summary = "Write down in English what is said in another language",
    request_body(content = AudioForm, content_type = "multipart/form-data"),
    responses((status = 200, body = TranscriptionOut), (status = 400, description = "The model knows English only")))]
pub(super) async fn translations(
    State(server): State<Server>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, ApiError> {
    from_form(server, form, speech::Task::Translate).await
}

async fn from_form(
    server: Server,
    form: Result<Multipart, MultipartRejection>,
    what: speech::Task,
) -> Result<Response, ApiError> {
    let mut task = server.begin()?;
    let form = Form::read(form, &mut task, server.0.max_bytes).await?;
    let wish = wish(&server, &form, what)?;
    let several = wish.batch || form.files.len() > 1;
    if several && (wish.stream || !wish.look.format.is_json()) {
        return Err(ApiError::field("files", "several at once are answered as JSON, and not in a stream"));
    }
    if !several {
        let upload = form.files.into_iter().next();
        let upload = upload.ok_or_else(|| ApiError::field("file", "is missing from the form"))?;
        let pcm = task.decode(upload.path).await?;
        if wish.stream {
            return streamed(server, task, pcm, wish).await;
        }
        let found = server.hear(&task.work, pcm, wish.options, |_| {}).await?;
        return Ok(answer::respond(&found, &wish.look, Some(upload.name)));
    }
    let mut results = Vec::new();
    for upload in form.files {
        let pcm = task.decode(upload.path).await?;
        let found = server.hear(&task.work, pcm, wish.options.clone(), |_| {}).await?;
        results.push(TranscriptionOut::new(&found, &wish.look, Some(upload.name)));
    }
    Ok(Json(Several { results }).into_response())
}

fn wish(server: &Server, form: &Form, what: speech::Task) -> Result<Wish, ApiError> {
    let mut look =
        Look { format: Format::named(form.get("response_format"))?, task: what, ..Look::default() };
    let granularities: Vec<&str> = form.all("timestamp_granularities").collect();
    if let Some(other) = granularities.iter().find(|one| !matches!(**one, "word" | "segment")) {
        let message = format!("must be word or segment, not {other:?}");
        return Err(ApiError::field("timestamp_granularities[]", message));
    }
    look.words = granularities.contains(&"word");
    look.segments = granularities.is_empty() || granularities.contains(&"segment");
    if let Some(said) = form.get("temperature") {
        let number = said.parse().ok().filter(|number| (0.0..=1.0).contains(number));
        look.temperature = number
            .ok_or_else(|| ApiError::field("temperature", format!("must be from 0 to 1, not {said}")))?;
    }
    // What is spoken and what is written differ in a translation: its language is detected if it is not said.
    let options = TranscribeOptions {
        model: server.model(form.get("model"))?,
        prompt: form.get("prompt").map(str::to_owned),
        task: what,
        ..TranscribeOptions::default()
    };
    let languages = form.all("languages").flat_map(|several| several.split(','));
    let options = server.expecting(options, form.get("language"), languages);
    Ok(Wish { options, look, stream: form.flag("stream")?, batch: form.flag("batch")? })
}

impl Server {
    /// Adds what a request says about languages, and what this server expects of every recording. Whoever says `auto` and declares none
    /// means any.
    fn expecting<'r>(
        &self,
        mut options: TranscribeOptions,
        language: Option<&str>,
        languages: impl Iterator<Item = &'r str>,
    ) -> TranscribeOptions {
        options.language = language::code(language);
        if options.language.is_none() {
            options.languages = languages.filter_map(|one| language::code(Some(one))).collect();
        }
        let any = language.is_some() && options.language.is_none() && options.languages.is_empty();
        let mut options = self.0.expected.of(options);
        if any {
            options.languages.clear();
        }
        options
    }
}

/// OpenAI's events; with `verbose_json` each also has its segments with words, and how far the work is.
async fn streamed(server: Server, task: Task, pcm: PcmFile, wish: Wish) -> Result<Response, ApiError> {
    let (sender, news) = mpsc::unbounded_channel::<News>();
    let Wish { options, mut look, .. } = wish;
    let verbose = look.format == Format::VerboseJson;
    // Whoever reads segments one by one has no second list to find their words in.
    look.words |= verbose;
    let (deltas, total) = (sender.clone(), pcm.duration());
    let mut told = 0;
    let of_deltas = look.clone();
    let on_update = move |update: speech::TranscribeUpdate<'_>| {
        let said: String = update.segments.iter().map(answer::running_text).collect();
        let said = if told == 0 { said.trim_start() } else { &said };
        let mut event = json!({"type": "transcript.text.delta", "delta": said});
        if verbose {
            event["segments"] = json!(answer::segments(update.segments, told, &of_deltas));
            event["progress"] = json!(if total > 0.0 { (update.done / total).min(1.0) } else { 1.0 });
        }
        told += update.segments.len();
        if verbose || !update.segments.is_empty() {
            // Unheard when the client is gone, and then the work is being stopped.
            let _unheard = deltas.send(Ok(event));
        }
    };
    let work = task.work.clone();
    tokio::spawn(async move {
        let end = server.hear(&work, pcm, options, on_update).await.map(|found| {
            let mut event = json!(TranscriptionOut::new(&found, &look, None));
            event["type"] = json!("transcript.text.done");
            event
        });
        let _unheard = sender.send(end);
    });
    stream::respond(task, news).await
}

/// Body of the ancestor's request by address.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct FromUrl {
    /// http or https.
    audio_file_url: String,
    /// Found out if it is missing.
    language: Option<String>,
    /// Added to every time. Seconds.
    #[serde(default)]
    timestamp_offset: f64,
    /// A name that is not installed is ignored, as the ancestor ignores all.
    model: Option<String>,
    /// Names and words to expect. Ours.
    prompt: Option<String>,
    /// Languages that may be spoken, where `language` is missing or `auto`. Ours.
    #[serde(default)]
    languages: Vec<String>,
}

/// `POST /v1/audio/transcriptions-from-url`.
#[utoipa::path(post, path = "/v1/audio/transcriptions-from-url", tag = "speech",
    summary = "Write down what is said in a file that is fetched",
    request_body = FromUrl,
    responses((status = 200, body = TranscriptionOut), (status = 403, description = "The host is not at a public address"),
        (status = 404, description = "There is no file at that address")))]
pub(super) async fn from_url(
    State(server): State<Server>,
    body: Result<Json<FromUrl>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(body) =
        body.map_err(|error| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, error.body_text()))?;
    let mut task = server.begin()?;
    let file = task.next_file();
    server.0.fetcher.fetch(&body.audio_file_url, &file, server.0.max_bytes).await?;
    let pcm = task.decode(file).await?;
    let options = TranscribeOptions {
        model: server.model(body.model.as_deref()).unwrap_or_default(),
        prompt: body.prompt,
        ..TranscribeOptions::default()
    };
    let languages = body.languages.iter().map(String::as_str);
    let options = server.expecting(options, body.language.as_deref(), languages);
    let found = server.hear(&task.work, pcm, options, |_| {}).await?;
    let look = Look { offset: body.timestamp_offset, ..Look::default() };
    Ok(answer::respond(&found, &look, None))
}
