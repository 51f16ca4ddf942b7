//! The page of one transcript, and its parts as they are fetched anew while the work goes on.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::format::{Date, length, plain};
use super::gist::{GistView, gist};
use super::languages;
use super::people::{Names, PersonView, people};
use super::stages::{Arrived, StagesView, stages};
use super::turns::{Block, blocks};
use super::wave;
use crate::app::App;
use crate::config::MAX_PROMPT;
use crate::db::Connection;
use crate::error::Error;
use crate::export::clock;
use crate::ids::TranscriptId;
use crate::model::{Segment, ShareMode, Stage, StageState, StageStatus, Topic, TranscriptView};
use crate::model::{recording, segment};
use crate::policy::{self, Viewer};
use crate::web::assets;
use crate::web::extract::{PageQuery, UrlPath};
use crate::web::read;
use crate::web::respond::{PageError, html};
use crate::web::viewer::Asking;
use crate::web::waveform;
use crate::web::{features, rooms};

#[derive(Template)]
#[template(path = "transcript.html")]
struct TranscriptPage {
    version: &'static str,
    here: &'static str,
    t: View,
}

#[derive(Template)]
#[template(path = "parts.html")]
struct PartsPage {
    t: View,
}

/// Everything that the templates show.
struct View {
    id: TranscriptId,
    may_edit: bool,
    may_delete: bool,
    /// By e-mail or to Zulip.
    may_send: bool,
    may_process: bool,
    /// Names and special words to expect, for when it is transcribed again.
    vocabulary: String,
    /// Characters.
    vocabulary_limit: usize,
    /// Rooms that it may be put into, by id and name, with the one it is in.
    rooms: Vec<(String, String)>,
    /// That one's id; empty: none.
    room: String,
    /// Others don't see it there unless its owner says so.
    may_share: bool,
    head: HeadView,
    stages: StagesView,
    player: Option<PlayerView>,
    gist: GistView,
    topics: Vec<TopicView>,
    people: Vec<PersonView>,
    text: TextView,
}

impl View {
    fn downloads(&self) -> [(&'static str, &'static str); 6] {
        [
            ("txt", "Text"),
            ("md", "Markdown"),
            ("srt", "Subtitles (SRT)"),
            ("vtt", "Subtitles (WebVTT)"),
            ("json", "Words and times"),
            ("rttm", "Speaker turns"),
        ]
    }
}

struct HeadView {
    title: String,
    created: Date,
    facts: Vec<String>,
}

struct PlayerView {
    /// Changes when the sound does: only then is the player replaced.
    version: String,
    /// Seconds.
    duration: String,
    wave: String,
    /// `#t=12` for browsers without script.
    fragment: String,
}

/// A topic in the list, on the waveform and in the text.
#[derive(Clone, Debug)]
pub(crate) struct TopicView {
    pub title: String,
    pub summary: String,
    pub seconds: f64,
    /// Seconds, for links.
    pub start: String,
    pub clock: String,
    pub anchor: String,
}

impl TopicView {
    pub fn new(index: usize, title: &str, summary: &str, start: f64) -> Self {
        Self {
            title: title.to_owned(),
            summary: summary.to_owned(),
            seconds: start,
            start: plain(start),
            clock: clock(start),
            anchor: format!("topic-{}", index + 1),
        }
    }
}

#[derive(Default)]
struct TextView {
    /// Which version of the text; the page asks with it for what is new.
    output: String,
    /// How many segments are shown.
    segments: usize,
    /// Only what follows what the page has.
    append: bool,
    language: String,
    method: String,
    blocks: Vec<Block>,
    /// More is on its way.
    writing: bool,
    note: Option<String>,
}

/// What the page has already.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::web) struct Have {
    #[serde(default)]
    output: String,
    #[serde(default)]
    segments: usize,
}

/// Where to start, in seconds.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct At {
    t: Option<f64>,
}

/// `GET /transcripts/{id}`.
pub(in crate::web) async fn transcript(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<TranscriptId>,
    PageQuery(at): PageQuery<At>,
) -> Result<Response, PageError> {
    let t = load(&app, viewer, id, &Have::default(), at.t).await?;
    Ok(html(&TranscriptPage { version: &assets::VERSION, here: "", t }))
}

/// `GET /transcripts/{id}/parts`: the same parts without the frame, the text only as far as it is new.
pub(in crate::web) async fn parts(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<TranscriptId>,
    PageQuery(have): PageQuery<Have>,
) -> Result<Response, PageError> {
    let t = load(&app, viewer, id, &have, None).await?;
    Ok(html(&PartsPage { t }))
}

async fn load(
    app: &App,
    viewer: Viewer,
    id: TranscriptId,
    have: &Have,
    at: Option<f64>,
) -> Result<View, Error> {
    let mut conn = read::connect(app).await?;
    let (view, may) = read::view(&mut conn, viewer, id).await?;
    let names = Names::new(&view.participants);
    let topics: Vec<TopicView> = view
        .topics
        .iter()
        .enumerate()
        .map(|(index, Topic { title, summary, start, .. })| TopicView::new(index, title, summary, *start))
        .collect();
    let arrived = if view.stages.is_empty() { arrived(&mut conn, id).await? } else { None };
    let left = |stage| view.estimate.stages.iter().find(|one| one.stage == stage).map(|one| one.seconds_left);
    let stages = stages(
        view.transcript.status,
        &view.stages,
        |state| left(state.stage).filter(|_| view.transcript.duration > 0.0),
        arrived,
    );
    let (segments, append) = new_segments(&mut conn, &view, have).await?;
    let mut rooms =
        if may.write { rooms::choice(&mut conn, viewer, |may| may.add).await? } else { Vec::new() };
    drop(conn);
    let room = view.transcript.room_id.map(|room| room.to_string()).unwrap_or_default();
    if may.write && features::offers().rooms && !room.is_empty() && rooms.iter().all(|(id, _)| *id != room) {
        rooms.push((room.clone(), view.room_name.clone().unwrap_or_default()));
    }
    let player = player(app, &view, at).await;
    let text = text(&view, &segments, append, have, &topics, &names, stages.working);
    let people = if append { Vec::new() } else { people(&segments, &names) };
    Ok(View {
        id,
        may_edit: may.write,
        may_delete: may.delete,
        may_send: (features::offers().email || features::offers().zulip) && policy::may_send(viewer),
        may_process: may.process && view.transcript.recording_id.is_some() && !stages.working,
        vocabulary: view.transcript.vocabulary.clone(),
        vocabulary_limit: MAX_PROMPT,
        rooms,
        room,
        may_share: viewer.user().is_some() && view.transcript.share_mode == ShareMode::Private,
        head: head(&view, people.len()),
        gist: gist(&view),
        stages,
        player,
        topics,
        people,
        text,
    })
}

/// All segments; or, when the page has some of a text that is still growing, those that follow.
async fn new_segments(
    conn: &mut Connection,
    view: &TranscriptView,
    have: &Have,
) -> Result<(Vec<Segment>, bool), Error> {
    let Some(shown) = view.text.as_ref().filter(|shown| shown.provisional) else {
        return Ok((view.segments(conn).await?, false));
    };
    // Text of a second channel comes between that of the first.
    let between = view.transcript.channels > 1;
    if shown.output.id.to_string() != have.output || have.segments == 0 || between {
        return Ok((view.segments(conn).await?, false));
    }
    let after = i32::try_from(have.segments).ok().map(|have| have - 1);
    Ok((segment::page(conn, shown.output.id, after, i64::from(i32::MAX)).await?, true))
}

async fn arrived(conn: &mut Connection, id: TranscriptId) -> Result<Option<Arrived>, Error> {
    let Some(pending) = recording::pending(conn, id).await? else { return Ok(None) };
    let parts = recording::parts(conn, pending.id).await?;
    let bytes = parts.iter().map(|part| part.size.unsigned_abs()).sum();
    let total = pending.total_parts.unwrap_or(0).unsigned_abs() as usize;
    Ok(Some(Arrived { bytes, parts: parts.len(), of: total }))
}

fn head(view: &TranscriptView, speakers: usize) -> HeadView {
    let row = &view.transcript;
    let mut facts = vec![length(row.seconds())];
    if speakers > 0 {
        facts.push(format!("{speakers} {}", if speakers == 1 { "speaker" } else { "speakers" }));
    }
    if row.channels > 1 {
        facts.push(format!("{} separate channels", row.channels));
    }
    if view.language() != "auto" {
        facts.push(languages::name(view.language()).to_owned());
    }
    let room = view.room_name.as_ref().filter(|_| features::offers().rooms);
    facts.extend(room.map(|name| format!("in {name}")));
    facts.retain(|fact| !fact.is_empty());
    let title = read::title(view.title.as_deref(), row).to_owned();
    if title != row.name && !row.name.trim().is_empty() {
        facts.push(row.name.clone());
    }
    HeadView { title, created: Date::new(row.created_at), facts }
}

async fn player(app: &App, view: &TranscriptView, at: Option<f64>) -> Option<PlayerView> {
    let row = &view.transcript;
    if row.audio_deleted || row.duration <= 0.0 {
        return None;
    }
    let ingest = view.stages.iter().find(|state| state.stage == Stage::Ingest)?;
    if ingest.status != StageStatus::Done {
        return None;
    }
    // Without a waveform there is a plain line: the player itself needs only the sound.
    let peaks = waveform::peaks(app, row.id).await.ok().flatten().unwrap_or_default();
    let fragment = at.filter(|at| *at > 0.0).map(|at| format!("#t={}", plain(at))).unwrap_or_default();
    Some(PlayerView {
        version: format!("{}-{}", ingest.run, peaks.len()),
        duration: plain(row.seconds()),
        wave: wave::path(&peaks),
        fragment,
    })
}

fn text(
    view: &TranscriptView,
    segments: &[Segment],
    append: bool,
    have: &Have,
    topics: &[TopicView],
    names: &Names,
    working: bool,
) -> TextView {
    let transcribe = view.stages.iter().find(|state| state.stage == Stage::Transcribe);
    let over = |state: &StageState| matches!(state.status, StageStatus::Done | StageStatus::Failed);
    let writing = working && transcribe.is_some_and(|state| !over(state));
    let Some(shown) = &view.text else {
        let note = (!writing && !view.stages.is_empty()).then(|| "There is no text yet.".to_owned());
        return TextView { language: view.language().to_owned(), writing, note, ..TextView::default() };
    };
    let total = if append { have.segments + segments.len() } else { segments.len() };
    let writing = writing && shown.provisional && !shown.output.complete;
    let silent = (total == 0 && !writing).then(|| "Nobody says anything in this recording.".to_owned());
    TextView {
        output: shown.output.id.to_string(),
        segments: total,
        append,
        language: view.language().to_owned(),
        method: if shown.provisional { String::new() } else { shown.output.method.clone() },
        blocks: blocks(segments, if append { &[] } else { topics }, names),
        writing,
        note: silent,
    }
}
