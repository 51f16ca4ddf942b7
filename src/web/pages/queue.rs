//! What is being worked on and what waits: its place, and when it will be done. A person sees their own, whoever looks after the
//! installation all of it.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};

use super::format::{Date, left, length, shown_title};
use super::stages::brief;
use super::tabs::{self, Tab};
use crate::app::App;
use crate::clock;
use crate::db::Connection;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::estimate::{self, Pace};
use crate::model::stage::{self, StageState, StageStatus};
use crate::model::transcript::{self, ListItem};
use crate::model::user;
use crate::policy::{self, Usage, Viewer};
use crate::queue::{self, Group, Pending};
use crate::web::respond::{PageError, html};
use crate::web::say::{filters, say, say_with};
use crate::web::viewer::Asking;
use crate::web::{assets, read};

/// Jobs that are looked at: more than anybody waits for.
const MOST: i64 = 2000;
/// Lines that are shown.
const SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage {
    version: &'static str,
    here: &'static str,
    tabs: Vec<Tab>,
    /// Everybody's, not only one's own.
    all: bool,
    lines: Vec<LineView>,
    more: usize,
    /// What others have before and between one's own, in words.
    others: String,
}

/// A recording on its way.
struct LineView {
    id: TranscriptId,
    title: String,
    readable: bool,
    /// "Working", "2nd in line".
    chip: String,
    chip_class: &'static str,
    doing: String,
    percent: u32,
    /// Until all of it is done, what comes before it included.
    left: String,
    retry: Option<Date>,
    facts: Vec<String>,
}

/// A transcript with jobs in the queue, in the order in which it comes.
#[derive(Clone, Debug, PartialEq)]
struct Place {
    id: TranscriptId,
    running: bool,
    retry_at: Option<DateTime<Utc>>,
}

/// The transcripts of these jobs, each where its first job stands.
fn places(pending: &[Pending]) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for one in pending {
        match places.iter_mut().find(|place| place.id == one.job.transcript) {
            Some(place) => {
                place.running |= one.running;
                place.retry_at = place.retry_at.filter(|_| !one.running);
            }
            None => {
                places.push(Place { id: one.job.transcript, running: one.running, retry_at: one.retry_at })
            }
        }
    }
    places
}

/// Seconds of a transcript: all that is left, and what of it the speech engine does, which hears one recording at a time.
fn seconds(pace: &Pace, item: &ListItem, states: &[StageState], now: DateTime<Utc>) -> (Option<f64>, f64) {
    let found = estimate::from_pace(pace, item.transcript.seconds(), states, now);
    let speech = found.stages.iter().filter(|one| Group::of(one.stage) == Group::Speech);
    (found.seconds_left, speech.map(|one| one.seconds_left).sum())
}

/// "Next in line", "2nd in line".
fn in_line(place: usize) -> String {
    let suffix = match (place % 10, place % 100) {
        (1, hundred) if hundred != 11 => "st",
        (2, hundred) if hundred != 12 => "nd",
        (3, hundred) if hundred != 13 => "rd",
        _ => "th",
    };
    say_with("status-queue-place", &[("place", place.into()), ("suffix", suffix.into())])
}

/// Everything that lines are made of.
struct Known {
    items: HashMap<TranscriptId, ListItem>,
    states: HashMap<TranscriptId, Vec<StageState>>,
    owners: HashMap<crate::ids::UserId, String>,
    pace: Pace,
}

async fn load(conn: &mut Connection, places: &[Place], all: bool) -> Result<Known, Error> {
    let ids: Vec<TranscriptId> = places.iter().map(|place| place.id).collect();
    let owners = if all { user::list(conn).await? } else { Vec::new() };
    Ok(Known {
        items: transcript::items(conn, &ids).await?,
        states: stage::of(conn, &ids).await?,
        owners: owners.into_iter().filter_map(|user| Some((user.id, user.email?))).collect(),
        pace: estimate::pace(conn).await?,
    })
}

/// The lines of those that the viewer may know of, and how many others there are.
fn lines(viewer: Viewer, usage: Usage, places: &[Place], known: &Known) -> (Vec<LineView>, usize) {
    let now = clock::now();
    let (mut lines, mut others) = (Vec::new(), 0);
    let (mut waiting, mut before) = (0, 0.0);
    for place in places {
        let Some(item) = known.items.get(&place.id) else { continue };
        let none = Vec::new();
        let states = known.states.get(&place.id).unwrap_or(&none);
        let (own, speech) = seconds(&known.pace, item, states, now);
        if !place.running {
            waiting += 1;
        }
        let shown = match usage {
            Usage::All => true,
            Usage::Of(user) => item.transcript.user_id == Some(user),
        };
        if shown {
            lines.push(line(viewer, place, waiting, item, states, own.map(|own| own + before), known));
        } else {
            others += 1;
        }
        before += speech;
    }
    (lines, others)
}

fn line(
    viewer: Viewer,
    place: &Place,
    waiting: usize,
    item: &ListItem,
    states: &[StageState],
    seconds: Option<f64>,
    known: &Known,
) -> LineView {
    let row = &item.transcript;
    let readable = policy::capabilities(viewer, row.into()).read;
    let owner = row.user_id.and_then(|owner| known.owners.get(&owner));
    let title = match (readable, owner) {
        (true, _) => shown_title(item.title.as_deref(), row),
        (false, Some(owner)) => say_with("status-queue-of", &[("owner", owner.as_str().into())]),
        (false, None) => say("status-queue-of-other"),
    };
    let (doing, percent) = brief(states);
    let done = states.iter().filter(|state| state.status == StageStatus::Done).count();
    let mut facts = vec![length(row.seconds())];
    if readable {
        facts.extend(owner.cloned());
    }
    if done > 0 {
        facts.push(say_with("status-queue-stages", &[("done", done.into()), ("all", states.len().into())]));
    }
    facts.retain(|fact| !fact.is_empty());
    LineView {
        id: row.id,
        title,
        readable,
        chip: if place.running { say("status-queue-working") } else { in_line(waiting) },
        chip_class: if place.running { "busy" } else { "" },
        doing,
        percent: percent.unwrap_or(0),
        left: seconds.map(left).unwrap_or_default(),
        retry: place.retry_at.map(Date::new),
        facts,
    }
}

/// `GET /queue`.
pub(in crate::web) async fn queue(
    State(app): State<App>,
    Asking(viewer): Asking,
) -> Result<Response, PageError> {
    let usage = policy::usage(viewer).ok_or(Error::Unauthorized)?;
    let mut conn = read::connect(&app).await?;
    let pending = queue::pending(&mut conn, MOST).await?;
    let places = places(&pending);
    let known = load(&mut conn, &places, usage == Usage::All).await?;
    drop(conn);
    let (mut lines, others) = lines(viewer, usage, &places, &known);
    let more = lines.len().saturating_sub(SHOWN);
    lines.truncate(SHOWN);
    Ok(html(&QueuePage {
        version: &assets::VERSION,
        here: "settings",
        tabs: tabs::settings(&app, viewer, "/queue"),
        all: usage == Usage::All,
        lines,
        more,
        others: match others {
            0 => String::new(),
            others => say_with("status-queue-others", &[("count", others.into())]),
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Stage;
    use crate::queue::StageJob;

    #[test]
    fn a_transcript_stands_where_its_first_job_does() {
        let (a, b) = (TranscriptId::new(), TranscriptId::new());
        let job = |id, stage, running| Pending { job: StageJob::new(id, 1, stage), running, retry_at: None };
        let jobs =
            [job(a, Stage::Transcribe, true), job(b, Stage::Ingest, false), job(a, Stage::Diarize, false)];
        let found: Vec<(TranscriptId, bool)> =
            places(&jobs).into_iter().map(|place| (place.id, place.running)).collect();
        assert_eq!(found, [(a, true), (b, false)]);
    }

    #[test]
    fn places_are_numbered_as_people_do() {
        let said = [1, 2, 3, 4, 11, 12, 13, 21, 112].map(in_line).join(", ");
        assert_eq!(
            said,
            "Next in line, 2nd in line, 3rd in line, 4th in line, 11th in line, 12th in line, 13th in line, 21st in line, 112th in line"
        );
    }
}
