//! Which models hear, which are there, under which licence, and what they take.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::format::{Date, bytes};
use super::tabs::{self, Tab};
use crate::app::App;
use crate::clock;
use crate::error::Error;
use crate::jobs::{InstalledModel, installed};
use crate::model::engine::{self, EngineState};
use crate::policy::{self, Usage};
use crate::web::respond::{PageError, detail, html};
use crate::web::say::{filters, say, say_with};
use crate::web::viewer::Asking;
use crate::web::{assets, read};

#[derive(Template)]
#[template(path = "models.html")]
struct ModelsPage {
    version: &'static str,
    here: &'static str,
    tabs: Vec<Tab>,
    /// Who hears instead of this machine, a sentence each.
    elsewhere: Vec<String>,
    engines: Vec<EngineView>,
    models: Vec<ModelView>,
    /// What the summaries are made with.
    understanding: String,
    /// Whether the viewer could do something about what is missing.
    administers: bool,
}

/// A process that works on speech.
struct EngineView {
    model: String,
    chip: &'static str,
    chip_class: &'static str,
    facts: Vec<String>,
    failure: String,
    seen: Date,
}

impl EngineView {
    fn new(state: EngineState, tell: bool) -> Self {
        let (chip, chip_class) = match (&state.failure, state.loaded) {
            (Some(_), _) => ("status-models-load-failed", "failed"),
            (None, true) => ("status-models-in-memory", "good"),
            (None, false) => ("status-models-when-needed", ""),
        };
        let mut facts: Vec<String> = state.device.into_iter().chain(state.numbers).collect();
        let memory = bytes(state.memory_bytes.unsigned_abs());
        facts.push(say_with("status-models-memory", &[("size", memory.into())]));
        if tell {
            facts.push(state.worker);
        }
        Self {
            model: state.model,
            chip,
            chip_class,
            facts,
            failure: state.failure.as_deref().map(detail).unwrap_or_default(),
            seen: Date::new(state.seen_at),
        }
    }
}

/// What a model is for, as the list of models has it, in the page's language.
fn purpose(text: &str) -> String {
    match text {
        "speech to text" => say("status-models-for-text"),
        "voices told apart" => say("status-models-for-voices"),
        "where speech is" => say("status-models-for-speech"),
        "who speaks when, within ten seconds" => say("status-models-for-turns"),
        "speakers" => say("status-models-for-speakers"),
        other => other.to_owned(),
    }
}

/// Which languages it knows, likewise.
fn languages(text: &str) -> String {
    let many = text.strip_suffix(" languages").and_then(|count| count.parse::<u32>().ok());
    match (text, many) {
        (_, Some(count)) => say_with("status-models-languages", &[("count", count.into())]),
        ("any", _) => say("status-models-language-any"),
        ("English", _) => say("status-models-language-english"),
        (other, _) => other.to_owned(),
    }
}

/// Under which licence, likewise.
pub(super) fn licence(text: &str) -> String {
    if text == "not known: put there by hand" { say("status-models-by-hand") } else { text.to_owned() }
}

/// A model.
struct ModelView {
    name: String,
    licence: String,
    facts: Vec<String>,
    chip: &'static str,
    chip_class: &'static str,
}

impl From<InstalledModel> for ModelView {
    fn from(model: InstalledModel) -> Self {
        let (chip, chip_class) = match (model.chosen, model.installed) {
            (true, true) => ("status-models-in-use", "good"),
            (true, false) => ("status-models-missing", "failed"),
            (false, true) => ("status-models-installed", ""),
            (false, false) => ("", ""),
        };
        let size = if model.size > 0 { bytes(model.size) } else { String::new() };
        let mut facts = vec![purpose(model.purpose), languages(model.languages), size];
        facts.retain(|fact| !fact.is_empty());
        Self { name: model.name, licence: licence(model.licence), facts, chip, chip_class }
    }
}

/// `GET /models`.
pub(in crate::web) async fn models(
    State(app): State<App>,
    Asking(viewer): Asking,
) -> Result<Response, PageError> {
    let usage = policy::usage(viewer).ok_or(Error::Unauthorized)?;
    let administers = usage == Usage::All;
    let config = app.config();
    let engines = engine::list(&mut *read::connect(&app).await?, clock::now()).await?;
    // It looks at files.
    let (speech, dir) = (config.speech.clone(), config.models.dir.clone());
    let models = tokio::task::spawn_blocking(move || installed(&speech, &dir))
        .await
        .map_err(|error| Error::Internal(error.into()))?;
    let told = |url: &Option<String>, id: &str| {
        let place = url.as_deref().and_then(|url| url.parse::<url::Url>().ok())?;
        let host = place.host_str().map_or_else(|| say("status-models-elsewhere"), str::to_owned);
        Some(say_with(id, &[("host", host.into())]))
    };
    let elsewhere = [
        told(&config.speech.transcript_url, "status-models-words-at"),
        told(&config.speech.diarization_url, "status-models-speakers-at"),
    ];
    let understanding = match config.llm.model.as_deref().filter(|_| config.llm.url.is_some()) {
        None => say("status-models-extractive"),
        Some(model) => say_with("status-models-llm", &[("model", model.into())]),
    };
    Ok(html(&ModelsPage {
        version: &assets::VERSION,
        here: "settings",
        tabs: tabs::settings(&app, viewer, "/models"),
        elsewhere: elsewhere.into_iter().flatten().collect(),
        engines: engines.into_iter().map(|state| EngineView::new(state, administers)).collect(),
        models: models.into_iter().map(Into::into).collect(),
        understanding,
        administers,
    }))
}
