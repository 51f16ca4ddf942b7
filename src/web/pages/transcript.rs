//! The page of one transcript, and its parts as they are fetched anew while the work goes on.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::format::{Date, length, plain, shown_title};
use super::gist::{GistView, gist};
use super::languages;
use super::leaves::{self, LeafView, Open};
use super::notes::NotesView;
use super::people::{Names, PersonView, people};
use super::stages::{Arrived, StagesView, outlook, stages};
use super::turns;
use super::wave;
use crate::app::App;
use crate::config::MAX_PROMPT;
use crate::db::Connection;
use crate::error::Error;
use crate::export::{Format, clock, is_right_to_left};
use crate::ids::TranscriptId;
use crate::model::{ShareMode, Stage, StageState, StageStatus, Topic, TranscriptView};
use crate::model::{again, recording};
use crate::policy::{self, Viewer};
use crate::web::api::v1::download;
use crate::web::assets;
use crate::web::extract::{PageQuery, UrlPath};
use crate::web::read;
use crate::web::respond::{PageError, html};
use crate::web::say::{filters, say, say_with};
use crate::web::uploads::replace::unread;
use crate::web::viewer::{Asking, language};
use crate::web::waveform;
use crate::web::{features, print, quotes, rooms};

/// How long to wait for where a transcript's events end: without it the socket tells everything anew.
const POSITION: Duration = Duration::from_millis(500);

#[derive(Template)]
#[template(path = "transcript.html")]
struct TranscriptPage {
    version: &'static str,
    here: &'static str,
    t: View,
    /// Id of the last event that it knows of: what comes after is told to its socket, and nothing that it has already.
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "parts.html")]
struct PartsPage {
    t: View,
}

#[derive(Template)]
#[template(path = "leaf.html")]
struct LeafPage {
    leaf: LeafView,
}

/// Everything that the templates show.
struct View {
    id: TranscriptId,
    may_edit: bool,
    may_delete: bool,
    /// Make links to some of its seconds.
    may_quote: bool,
    /// Seconds, to the millisecond.
    length: String,
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
    notes: Option<NotesView>,
    topics: Vec<TopicView>,
    people: Vec<PersonView>,
    text: TextView,
}

impl View {
    /// Whether what is said is written from right to left.
    fn rtl(&self) -> bool {
        is_right_to_left(&self.text.language)
    }

    fn quote_lives(&self) -> &'static [(i64, &'static str)] {
        &quotes::LIVES
    }

    fn quote_life(&self) -> &'static i64 {
        &quotes::LIFE
    }

    fn downloads(&self) -> [(&'static str, String); 8] {
        [
            ("docx", say("transcript-as-docx")),
            ("txt", say("transcript-as-text")),
            ("md", say("transcript-as-markdown")),
            ("srt", say("transcript-as-srt")),
            ("vtt", say("transcript-as-vtt")),
            ("json", say("transcript-as-json")),
            ("csv", say("transcript-as-csv")),
            ("rttm", say("transcript-as-rttm")),
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
    /// Which state this is, to be named by who changes it.
    revision: String,
    /// How many segments there are.
    segments: usize,
    language: String,
    method: String,
    leaves: Vec<LeafView>,
    /// More is on its way.
    writing: bool,
    note: Option<String>,
}

/// Where to start.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct At {
    /// Seconds.
    t: Option<f64>,
    /// Which leaf of the text is to be in full, from 1; otherwise the one that is said then.
    part: Option<usize>,
}

impl At {
    fn open(&self) -> Open {
        self.part.map_or(Open::At(self.t.unwrap_or_default()), Open::Number)
    }
}

/// `GET /transcripts/{id}`.
pub(in crate::web) async fn transcript(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<TranscriptId>,
    PageQuery(at): PageQuery<At>,
) -> Result<Response, PageError> {
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.read).await?;
    // While a Redis that hangs is waited for, others may ask the database.
    drop(conn);
    // Before anything is read: what happens meanwhile is told rather twice than never. No page waits for it for long.
    let position = tokio::time::timeout(POSITION, app.bus().position(id)).await;
    let after = position.ok().and_then(Result::ok).map(|id| id.to_string());
    let conn = read::connect(&app).await?;
    let t = load(&app, conn, viewer, id, (at.open(), at.t)).await?;
    Ok(html(&TranscriptPage { version: &assets::VERSION, here: "", t, after }))
}

/// `GET /transcripts/{id}/parts`: the same parts without the frame; of the text, where its leaves begin and their marks.
pub(in crate::web) async fn parts(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<TranscriptId>,
) -> Result<Response, PageError> {
    let conn = read::connect(&app).await?;
    let t = load(&app, conn, viewer, id, (Open::None, None)).await?;
    Ok(html(&PartsPage { t }))
}

/// `GET /transcripts/{id}/text?part=2`: one leaf of the text.
pub(in crate::web) async fn leaf(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<TranscriptId>,
    PageQuery(at): PageQuery<At>,
) -> Result<Response, PageError> {
    let mut conn = read::connect(&app).await?;
    let (view, _) = read::view(&mut conn, viewer, id).await?;
    let segments = view.segments(&mut conn).await?;
    drop(conn);
    let leaves = turns::leaves(&segments, &topics(&view), &Names::new(&view.participants));
    let found = leaves::views(&leaves, at.open())?.into_iter().find(|leaf| leaf.html.is_some());
    let leaf = found.ok_or(Error::NotFound("Part of the text"))?;
    Ok(html(&LeafPage { leaf }))
}

/// `GET /transcripts/{id}/pdf`: the download, for people, who are told in a page what is in its way.
pub(in crate::web) async fn pdf(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<TranscriptId>,
) -> Result<Response, PageError> {
    let mut conn = read::connect(&app).await?;
    let (view, _) = read::view(&mut conn, viewer, id).await?;
    let segments = view.segments(&mut conn).await?;
    drop(conn);
    let document = print::document(viewer, language(), &view, &segments, Format::Pdf);
    Ok(download::file(&app, document, Format::Pdf).await?)
}

fn topics(view: &TranscriptView) -> Vec<TopicView> {
    let topic = |(index, Topic { title, summary, start, .. }): (usize, &Topic)| {
        TopicView::new(index, title, summary, *start)
    };
    view.topics.iter().enumerate().map(topic).collect()
}

async fn load(
    app: &App,
    mut conn: Connection,
    viewer: Viewer,
    id: TranscriptId,
    (open, at): (Open, Option<f64>),
) -> Result<View, Error> {
    let (view, may) = read::view(&mut conn, viewer, id).await?;
    let names = Names::new(&view.participants);
    let topics = topics(&view);
    let arrived = if view.stages.is_empty() { arrived(&mut conn, id).await? } else { None };
    let left = |stage| view.estimate.stages.iter().find(|one| one.stage == stage).map(|one| one.seconds_left);
    let mut stages = stages(
        view.transcript.status,
        &view.stages,
        |state| left(state.stage).filter(|_| view.transcript.duration > 0.0),
        arrived,
    );
    if !stages.failures.is_empty() {
        let tried = again::tried(&mut conn, &[id]).await?.remove(&id);
        let times = app.config().failures.retry_days;
        stages.outlook = outlook(&view.transcript, &view.stages, tried.as_ref(), times);
        stages.another = may.upload && unread(&view.stages, false);
    }
    let segments = view.segments(&mut conn).await?;
    let mut rooms =
        if may.write { rooms::choice(&mut conn, viewer, |may| may.add).await? } else { Vec::new() };
    drop(conn);
    let room = view.transcript.room_id.map(|room| room.to_string()).unwrap_or_default();
    if may.write && features::offers().rooms && !room.is_empty() && rooms.iter().all(|(id, _)| *id != room) {
        rooms.push((room.clone(), view.room_name.clone().unwrap_or_default()));
    }
    let player = player(app, &view, at).await;
    let leaves = leaves::views(&turns::leaves(&segments, &topics, &names), open)?;
    let text = text(&view, segments.len(), leaves, stages.working);
    let people = people(&segments, &names);
    Ok(View {
        id,
        may_edit: may.write,
        may_delete: may.delete,
        may_quote: policy::may_quote(may) && view.transcript.duration > 0.0,
        length: format!("{:.3}", view.transcript.seconds()),
        may_send: (features::offers().email || features::offers().zulip) && policy::may_send(viewer),
        may_process: may.process && view.transcript.recording_id.is_some() && !stages.working,
        vocabulary: view.transcript.vocabulary.clone(),
        vocabulary_limit: MAX_PROMPT,
        rooms,
        room,
        may_share: viewer.user().is_some() && view.transcript.share_mode == ShareMode::Private,
        head: head(&view, people.len()),
        gist: gist(&view),
        notes: NotesView::of(viewer, may, &view),
        stages,
        player,
        topics,
        people,
        text,
    })
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
        facts.push(say_with("transcript-speakers", &[("count", speakers.into())]));
    }
    if row.channels > 1 {
        facts.push(say_with("transcript-channels", &[("count", row.channels.into())]));
    }
    if view.language() != "auto" {
        facts.push(languages::name(view.language()));
    }
    let room = view.room_name.as_ref().filter(|_| features::offers().rooms);
    facts.extend(room.map(|name| say_with("transcript-in-room", &[("room", name.as_str().into())])));
    facts.retain(|fact| !fact.is_empty());
    let title = shown_title(view.title.as_deref(), row);
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

fn text(view: &TranscriptView, segments: usize, leaves: Vec<LeafView>, working: bool) -> TextView {
    let transcribe = view.stages.iter().find(|state| state.stage == Stage::Transcribe);
    let over = |state: &StageState| matches!(state.status, StageStatus::Done | StageStatus::Failed);
    let writing = working && transcribe.is_some_and(|state| !over(state));
    let language = view.language().to_owned();
    let revision = view.revision().to_string();
    let Some(shown) = &view.text else {
        let note = (!writing && !view.stages.is_empty()).then(|| say("transcript-no-text"));
        return TextView { revision, language, writing, note, ..TextView::default() };
    };
    let writing = writing && shown.provisional && !shown.output.complete;
    let silent = (segments == 0 && !writing).then(|| say("transcript-silent"));
    let method = if shown.provisional { String::new() } else { shown.output.method.clone() };
    TextView { revision, segments, language, method, leaves, writing, note: silent }
}
