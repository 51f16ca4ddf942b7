//! Which models hear, which are there, under which licence, and what they take.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::format::{Date, bytes};
use super::sentence;
use super::tabs::{self, Tab};
use crate::app::App;
use crate::clock;
use crate::error::Error;
use crate::jobs::{InstalledModel, installed};
use crate::model::engine::{self, EngineState};
use crate::policy::{self, Usage};
use crate::web::respond::{PageError, html};
use crate::web::say::filters;
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
            (Some(_), _) => ("Failed to load", "failed"),
            (None, true) => ("In memory", "good"),
            (None, false) => ("Loaded when needed", ""),
        };
        let mut facts: Vec<String> = state.device.into_iter().chain(state.numbers).collect();
        facts.push(format!("{} of memory", bytes(state.memory_bytes.unsigned_abs())));
        if tell {
            facts.push(state.worker);
        }
        Self {
            model: state.model,
            chip,
            chip_class,
            facts,
            failure: state.failure.as_deref().map(sentence).unwrap_or_default(),
            seen: Date::new(state.seen_at),
        }
    }
}

/// A model.
struct ModelView {
    name: String,
    licence: &'static str,
    facts: Vec<String>,
    chip: &'static str,
    chip_class: &'static str,
}

impl From<InstalledModel> for ModelView {
    fn from(model: InstalledModel) -> Self {
        let (chip, chip_class) = match (model.chosen, model.installed) {
            (true, true) => ("In use", "good"),
            (true, false) => ("Missing", "failed"),
            (false, true) => ("Installed", ""),
            (false, false) => ("", ""),
        };
        let size = if model.size > 0 { bytes(model.size) } else { String::new() };
        let mut facts = vec![model.purpose.to_owned(), model.languages.to_owned(), size];
        facts.retain(|fact| !fact.is_empty());
        Self { name: model.name, licence: model.licence, facts, chip, chip_class }
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
    let told = |url: &Option<String>, what: &str| {
        let place = url.as_deref().and_then(|url| url.parse::<url::Url>().ok());
        place.map(|url| format!("{what} at the speech server {}.", url.host_str().unwrap_or("elsewhere")))
    };
    let elsewhere = [
        told(&config.speech.transcript_url, "Words are written down"),
        told(&config.speech.diarization_url, "Speakers are told apart"),
    ];
    let understanding = match config.llm.model.as_deref().filter(|_| config.llm.url.is_some()) {
        None => "No language model is set: topics, title and summary are extracted from the text.".into(),
        Some(model) => format!("Topics, title and summary are written by {model}."),
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
