//! Who speaks in a transcript: a sample of each voice to listen to, a name for each, and two voices that are one.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::format::{Moment, length, plain, shown_title};
use super::people::{Names, PersonView, people};
use super::sentence;
use crate::app::App;
use crate::db::Connection;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::edit::{ChangeKind, Revision};
use crate::model::{Segment, Stage, StageStatus, TranscriptView};
use crate::policy::Viewer;
use crate::web::api::v1::speaker::{in_range, joined, parted};
use crate::web::api::v1::transcripts::MAX_TITLE;
use crate::web::extract::{PageForm, PageQuery, UrlPath};
use crate::web::respond::{PageError, html, html_with};
use crate::web::say::{filters, say};
use crate::web::viewer::Asking;
use crate::web::{assets, read};

/// Samples of one voice.
const SAMPLES: usize = 2;
/// The longest sample, in seconds.
const LONGEST: f64 = 12.0;
/// Characters of what is said in a sample.
const QUOTE: usize = 140;

#[derive(Template)]
#[template(path = "speakers.html")]
struct SpeakersPage {
    version: &'static str,
    here: &'static str,
    id: TranscriptId,
    title: String,
    has_sound: bool,
    name_limit: usize,
    /// What one sees here, to be named by who merges voices.
    revision: String,
    done: String,
    /// What was done can be taken back: the number of that change, empty where it is not known.
    undo: Option<String>,
    wrong: Option<String>,
    voices: Vec<VoiceView>,
}

/// A voice.
struct VoiceView {
    person: PersonView,
    /// How long they speak, in words.
    spoken: String,
    samples: Vec<SampleView>,
    /// The others, by number and name: it may be one of them.
    others: Vec<(i32, String)>,
}

/// Something that they say.
struct SampleView {
    at: Moment,
    /// Until when to play, in seconds.
    end: String,
    text: String,
}

impl SampleView {
    fn new(segment: &Segment) -> Self {
        let end = segment.end.min(segment.start + LONGEST);
        Self { at: Moment::new(segment.start), end: plain(end), text: quote(segment.text.trim()) }
    }
}

/// The beginning of a text, up to a word's end.
fn quote(text: &str) -> String {
    if text.chars().count() <= QUOTE {
        return text.to_owned();
    }
    let cut: String = text.chars().take(QUOTE).collect();
    let whole = cut.rsplit_once(char::is_whitespace).map_or(cut.as_str(), |(whole, _)| whole);
    format!("{whole}…")
}

/// The longest things that each voice says, in order of time.
fn samples(segments: &[Segment]) -> BTreeMap<i32, Vec<SampleView>> {
    let mut of: BTreeMap<i32, Vec<&Segment>> = BTreeMap::new();
    for segment in segments {
        if let Some(speaker) = segment.speaker {
            of.entry(speaker).or_default().push(segment);
        }
    }
    let of = of.into_iter().map(|(speaker, mut said)| {
        said.sort_by(|a, b| (b.end - b.start).total_cmp(&(a.end - a.start)));
        said.truncate(SAMPLES);
        said.sort_by(|a, b| a.start.total_cmp(&b.start));
        (speaker, said.into_iter().map(SampleView::new).collect())
    });
    of.collect()
}

fn voices(segments: &[Segment], names: &Names) -> Vec<VoiceView> {
    let mut samples = samples(segments);
    let everybody = people(segments, names);
    let all: Vec<(i32, String)> =
        everybody.iter().map(|person| (person.speaker, person.name.clone())).collect();
    let voice = |person: PersonView| {
        let said = segments.iter().filter(|segment| segment.speaker == Some(person.speaker));
        let spoken: f64 = said.map(|segment| (segment.end - segment.start).max(0.0)).sum();
        VoiceView {
            spoken: length(spoken),
            samples: samples.remove(&person.speaker).unwrap_or_default(),
            others: all.iter().filter(|(speaker, _)| *speaker != person.speaker).cloned().collect(),
            person,
        }
    };
    everybody.into_iter().map(voice).collect()
}

fn has_sound(view: &TranscriptView) -> bool {
    let decoded =
        |state: &crate::model::StageState| state.stage == Stage::Ingest && state.status == StageStatus::Done;
    !view.transcript.audio_deleted && view.transcript.duration > 0.0 && view.stages.iter().any(decoded)
}

async fn page(conn: &mut Connection, viewer: Viewer, id: TranscriptId) -> Result<SpeakersPage, Error> {
    read::allowed(conn, viewer, id, |may| may.write && may.read).await?;
    let (view, _) = read::view(conn, viewer, id).await?;
    let segments = view.segments(conn).await?;
    Ok(SpeakersPage {
        version: &assets::VERSION,
        here: "",
        id,
        title: shown_title(view.title.as_deref(), &view.transcript),
        has_sound: has_sound(&view),
        name_limit: MAX_TITLE,
        revision: view.revision().to_string(),
        done: String::new(),
        undo: None,
        wrong: None,
        voices: voices(&segments, &Names::new(&view.participants)),
    })
}

/// What happened just before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct SpeakersQuery {
    done: String,
    change: String,
}

/// `GET /transcripts/{id}/speakers`, for those who may change it.
pub(in crate::web) async fn show(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<TranscriptId>,
    PageQuery(query): PageQuery<SpeakersQuery>,
) -> Result<Response, PageError> {
    let (done, undo) = match query.done.as_str() {
        "named" => (say("speakers-named"), Some(query.change).filter(|change| !change.is_empty())),
        "merged" => (say("speakers-merged"), Some(query.change)),
        "undone" => (say("speakers-undone"), None),
        "named-back" => (say("speakers-named-back"), None),
        _ => (String::new(), None),
    };
    let mut conn = read::connect(&app).await?;
    Ok(html(&SpeakersPage { done, undo, ..page(&mut conn, viewer, id).await? }))
}

/// Which voice is which, by number.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct MergeForm {
    /// What was seen of them; empty: it does not say.
    revision: String,
    speaker_from: String,
    speaker_to: String,
}

fn number(field: &'static str, text: &str) -> Result<i32, Error> {
    let message = || "is no speaker of this transcript".into();
    let number = text.parse().map_err(|_| Error::Invalid { field, message: message() })?;
    in_range(field, number)
}

/// `POST /transcripts/{id}/speakers/merge`.
pub(in crate::web) async fn merge(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<TranscriptId>,
    PageForm(form): PageForm<MergeForm>,
) -> Result<Response, PageError> {
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.write && may.read).await?;
    let seen: Option<Revision> = form.revision.parse().ok();
    let merged = match (number("speaker_from", &form.speaker_from), number("speaker_to", &form.speaker_to)) {
        (Ok(from), Ok(to)) => joined(&app, &mut conn, viewer, (id, seen), (from, to)).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    let (error, wrong) = match merged {
        Ok(Ok(made)) => {
            let to = format!("/transcripts/{id}/speakers?done=merged&change={made}");
            return Ok(Redirect::to(&to).into_response());
        }
        Ok(Err(clash)) => (Error::Conflict(clash.detail.into()), say("speakers-changed")),
        Err(error @ Error::BadRequest(_)) => (error, say("speakers-both-named")),
        Err(error @ (Error::Invalid { .. } | Error::Conflict(_))) => {
            let wrong = sentence(&error.to_string());
            (error, wrong)
        }
        Err(error) => return Err(error.into()),
    };
    let shown = page(&mut conn, viewer, id).await?;
    Ok(html_with(&error, &SpeakersPage { wrong: Some(wrong), ..shown }))
}

/// What is to be taken back.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct UndoForm {
    /// Its number; empty: whatever was done last.
    change: String,
}

/// `POST /transcripts/{id}/speakers/undo`: two voices again, or the names that were there, if nothing else was changed since.
pub(in crate::web) async fn take_back(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<TranscriptId>,
    PageForm(form): PageForm<UndoForm>,
) -> Result<Redirect, PageError> {
    let mut conn = read::connect(&app).await?;
    let kind = parted(&app, &mut conn, viewer, id, form.change.parse().ok()).await?;
    let done = if kind == ChangeKind::Name { "named-back" } else { "undone" };
    Ok(Redirect::to(&format!("/transcripts/{id}/speakers?done={done}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(speaker: i32, start: f64, end: f64) -> Segment {
        let text = format!(" from {start}");
        Segment { idx: 0, start, end, speaker: Some(speaker), text, words: Vec::new(), channel: 0 }
    }

    #[test]
    fn samples_are_the_longest_in_order_of_time_and_not_too_long() {
        let said =
            [segment(0, 0.0, 1.0), segment(0, 10.0, 40.0), segment(1, 41.0, 42.0), segment(0, 50.0, 55.0)];
        let voices = voices(&said, &Names::default());
        let first: Vec<(&str, &str)> =
            voices[0].samples.iter().map(|one| (one.at.seconds.as_str(), one.end.as_str())).collect();
        assert_eq!(first, [("10", "22"), ("50", "55")]);
        assert_eq!(voices[0].spoken, "36 seconds");
        assert_eq!(voices[1].others, [(0, "Speaker 1".to_owned())]);
    }

    #[test]
    fn a_quote_ends_with_a_word() {
        let long = "word ".repeat(60);
        let short = quote(long.trim());
        assert!(short.ends_with("word…") && short.chars().count() <= QUOTE + 1, "{short}");
        assert_eq!(quote("short"), "short");
    }
}
