//! Notes who does what with which transcript and which room: one middleware behind the door, so that no route can do it unseen.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use chrono::{DateTime, Utc};

use super::read;
use super::viewer::{Client, Seen, Shown, Viewer};
use crate::app::App;
use crate::clock;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::audit::{self, Action, Actor, Thing};

/// What a handler adds to its answer if a change was one of who may read.
#[derive(Clone, Debug)]
pub(super) enum Shares {
    /// What the path names.
    Named,
    /// Transcripts that were made just now, where others see them.
    New(Vec<TranscriptId>),
}

/// What a handler adds to its answer where one request did something with several things, or with one that its path does not
/// name; they are noted instead of what the path says.
#[derive(Clone, Debug)]
pub(super) struct Deeds(Arc<[(Action, Thing)]>);

impl Deeds {
    /// The same done with each of these transcripts.
    pub fn with(action: Action, transcripts: impl IntoIterator<Item = TranscriptId>) -> Self {
        Self(transcripts.into_iter().map(|id| (action, Thing::Transcript(id))).collect())
    }
}

/// Looks that are remembered at once.
const MOST: usize = 10_000;

/// The log, as the middleware has it: with what of looking and listening is in it already, so that a page that is looked at again and
/// again asks the database once a period. Whatever a PostgreSQL that crashed has lost is noted again with the next look: that one asked
/// through a new connection.
#[derive(Clone)]
pub(super) struct Log {
    app: App,
    noted: Arc<Mutex<Noted>>,
}

/// A period, and how many connections the pool had made by then.
type Since = (DateTime<Utc>, u64);

/// What was written in one period, while PostgreSQL was there.
#[derive(Default)]
struct Noted {
    since: Since,
    looks: HashSet<Look>,
}

/// Somebody's looking at something, or listening to it, from somewhere.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Look {
    action: Action,
    thing: Thing,
    who: String,
    address: String,
}

impl Noted {
    fn has(&self, since: Since, look: &Look) -> bool {
        self.since == since && self.looks.contains(look)
    }

    fn add(&mut self, since: Since, look: Look) {
        // What is forgotten costs a statement, which finds that it is there.
        if self.since != since || self.looks.len() >= MOST {
            *self = Self { since, looks: HashSet::new() };
        }
        self.looks.insert(look);
    }
}

impl Log {
    pub fn new(app: App) -> Self {
        Self { app, noted: Arc::default() }
    }

    /// Writes an entry that is not there yet.
    async fn write(&self, actor: &Actor, action: Action, thing: Thing) -> Result<(), Error> {
        let now = clock::now();
        let (who, address) = (actor.who.clone(), actor.address.clone());
        let look = action.period(now).map(|period| (period, Look { action, thing, who, address }));
        let noted = || self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((period, look)) = &look
            && noted().has((*period, self.app.pool().made()), look)
        {
            return Ok(());
        }
        let mut conn = read::connect(&self.app).await?;
        let made = self.app.pool().made();
        audit::note(&mut conn, actor.clone(), action, thing, now).await?;
        if let Some((period, look)) = look {
            noted().add((period, made), look);
        }
        Ok(())
    }
}

/// Notes what succeeded.
pub(super) async fn note(State(log): State<Log>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let asked = path.and_then(|path| Some((action(request.method(), path)?, thing(request.uri().path())?)));
    // What a quote's link leads to its handler knows.
    let quoted = *request.method() == Method::GET && path.is_some_and(|path| path.starts_with("/quote/"));
    if asked.is_none() && !quoted && *request.method() != Method::POST {
        return next.run(request).await;
    }
    let actor = actor(&request);
    let response = next.run(request).await;
    let status = response.status();
    if !(status.is_success() || status.is_redirection() || status == StatusCode::SWITCHING_PROTOCOLS) {
        return response;
    }
    let deeds: Vec<(Action, Thing)> = match response.extensions().get::<Deeds>() {
        Some(Deeds(deeds)) => deeds.to_vec(),
        None => match (response.extensions().get::<Shares>(), asked) {
            (Some(Shares::New(ids)), _) => {
                ids.iter().map(|id| (Action::Share, Thing::Transcript(*id))).collect()
            }
            (Some(Shares::Named), Some((_, thing))) => vec![(Action::Share, thing)],
            (None, Some(asked)) => vec![asked],
            (_, None) => return response,
        },
    };
    for (action, thing) in deeds {
        if let Err(error) = log.write(&actor, action, thing).await {
            tracing::error!(error = error.to_string(), %action, %thing, "the audit log misses an entry");
        }
    }
    response
}

/// What a request does with the transcript or room it names; `None` for what is not noted: parts of a page that was looked at
/// already, an upload's pieces, looking at a room, what its webhook is told.
fn action(method: &Method, path: &str) -> Option<Action> {
    if let Some(rest) = path.strip_prefix("/v1/rooms/{id}").or_else(|| path.strip_prefix("/rooms/{id}")) {
        return match (method, rest.trim_end_matches('/')) {
            (&Method::DELETE, "") | (&Method::POST, "/delete") => Some(Action::Delete),
            (&Method::POST, "/restore") => Some(Action::Restore),
            (&Method::PATCH | &Method::POST, "") | (&Method::POST, "/sending") => Some(Action::Edit),
            _ => None,
        };
    }
    let (api, rest) = match path.strip_prefix("/v1/transcripts/{id}") {
        Some(rest) => (true, rest),
        None => (false, path.strip_prefix("/transcripts/{id}")?),
    };
    let rest = rest.trim_end_matches('/');
    let changes = *method != Method::GET;
    Some(match (rest, changes) {
        _ if *method == Method::HEAD || *method == Method::OPTIONS => return None,
        ("/audio/waveform" | "/record/upload" | "/record/finish" | "/finish", _) => return None,
        ("/audio/mp3", false) => Action::Play,
        ("/pdf", false) => Action::Export,
        (rest, false) if rest.starts_with("/download/") => Action::Export,
        (_, false) => Action::View,
        ("/email" | "/zulip", true) => Action::Share,
        (rest, true) if rest.starts_with("/send/") || rest.starts_with("/sendings/") => Action::Share,
        ("/process", true) => Action::Process,
        ("/restore", true) => Action::Restore,
        // Whoever is handed the address reads or hears it.
        ("/quotes" | "/quotes/{quote}" | "/quotes/{quote}/revoke" | "/audio/token", true) => Action::Share,
        ("/destroy", true) => Action::Destroy,
        ("/delete", true) => Action::Delete,
        ("", true) if api && *method == Method::DELETE => Action::Delete,
        (_, true) => Action::Edit,
    })
}

/// The transcript or room that a path names.
pub(super) fn thing(path: &str) -> Option<Thing> {
    let mut parts = path.split('/').skip_while(|part| !["transcripts", "rooms"].contains(part));
    match (parts.next()?, parts.next()?) {
        ("rooms", id) => id.parse().ok().map(Thing::Room),
        (_, id) => id.parse().ok().map(Thing::Transcript),
    }
}

fn actor(request: &Request) -> Actor {
    let seen = request.extensions().get::<Seen>();
    let address = request.extensions().get::<Client>().map(|Client(address)| address.to_string());
    let without_account = match seen.map(|seen| seen.viewer) {
        Some(Viewer::Anonymous) => "anybody",
        _ => "visitor",
    };
    Actor {
        user_id: seen.and_then(|seen| seen.viewer.user()),
        who: seen.and_then(|seen| seen.email.clone()).unwrap_or_else(|| without_account.to_owned()),
        key_id: seen.and_then(|seen| match seen.shown {
            Shown::Key(id) => Some(id),
            _ => None,
        }),
        address: address.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::RoomId;

    #[test]
    fn what_was_noted_is_known_for_its_period_and_no_more_than_so_much_is_kept() {
        let minute = |minute: i64| DateTime::from_timestamp(minute * 60, 0).unwrap();
        let at = |from: i64| (minute(from), 1);
        let look = |who: usize| Look {
            action: Action::View,
            thing: Thing::Room(RoomId(uuid::Uuid::nil())),
            who: who.to_string(),
            address: String::new(),
        };
        let mut noted = Noted::default();
        noted.add(at(10), look(0));
        assert!(noted.has(at(10), &look(0)) && !noted.has(at(20), &look(0)) && !noted.has(at(10), &look(1)));
        noted.add(at(20), look(1));
        assert!(noted.has(at(20), &look(1)) && !noted.has(at(20), &look(0)));
        assert!(!noted.has((minute(20), 2), &look(1)), "PostgreSQL may have been away");
        (0..MOST * 2).for_each(|who| noted.add(at(20), look(who)));
        assert!(noted.looks.len() <= MOST && noted.has(at(20), &look(MOST * 2 - 1)));
        let (view, share) = (Action::View.period(minute(19)), Action::Share.period(minute(19)));
        assert_eq!((view, share), (Some(minute(10)), None));
    }

    #[test]
    fn what_a_route_does() {
        for (method, path, wanted) in [
            (Method::GET, "/transcripts/{id}", Some(Action::View)),
            (Method::GET, "/transcripts", None),
            (Method::GET, "/v1/transcripts/{id}/", Some(Action::View)),
            (Method::GET, "/v1/transcripts/{id}/events", Some(Action::View)),
            (Method::GET, "/v1/transcripts/{id}/audio/mp3", Some(Action::Play)),
            (Method::HEAD, "/v1/transcripts/{id}/audio/mp3", None),
            (Method::GET, "/v1/transcripts/{id}/audio/waveform", None),
            (Method::GET, "/v1/transcripts/{id}/download/{format}", Some(Action::Export)),
            (Method::GET, "/v1/transcripts/{id}/download/zip", Some(Action::Export)),
            (Method::GET, "/transcripts/{id}/pdf", Some(Action::Export)),
            (Method::PATCH, "/v1/transcripts/{id}", Some(Action::Edit)),
            (Method::DELETE, "/v1/transcripts/{id}/participants/{participant}", Some(Action::Edit)),
            (Method::POST, "/v1/transcripts/{id}/record/upload", None),
            (Method::POST, "/v1/transcripts/{id}/record/finish", None),
            (Method::POST, "/transcripts/{id}/finish", None),
            (Method::POST, "/v1/transcripts/{id}/process", Some(Action::Process)),
            (Method::DELETE, "/v1/transcripts/{id}", Some(Action::Delete)),
            (Method::POST, "/transcripts/{id}/delete", Some(Action::Delete)),
            (Method::POST, "/transcripts/{id}/title", Some(Action::Edit)),
            (Method::POST, "/v1/transcripts/{id}/email", Some(Action::Share)),
            (Method::POST, "/v1/transcripts/{id}/zulip", Some(Action::Share)),
            (Method::POST, "/transcripts/{id}/send/email", Some(Action::Share)),
            (Method::POST, "/v1/transcripts/{id}/sendings/{sending}/retry", Some(Action::Share)),
            (Method::DELETE, "/v1/transcripts/{id}/destroy", Some(Action::Destroy)),
            (Method::POST, "/transcripts/{id}/room", Some(Action::Edit)),
            (Method::POST, "/v1/transcripts/{id}/quotes", Some(Action::Share)),
            (Method::DELETE, "/v1/transcripts/{id}/quotes/{quote}", Some(Action::Share)),
            (Method::POST, "/v1/transcripts/{id}/audio/token", Some(Action::Share)),
            (Method::POST, "/transcripts/{id}/quotes", Some(Action::Share)),
            (Method::POST, "/transcripts/{id}/quotes/{quote}/revoke", Some(Action::Share)),
            (Method::GET, "/quote/{token}", None),
            (Method::GET, "/v1/user/api-keys", None),
            (Method::GET, "/v1/rooms/{id}", None),
            (Method::PATCH, "/v1/rooms/{id}", Some(Action::Edit)),
            (Method::POST, "/rooms/{id}", Some(Action::Edit)),
            (Method::POST, "/rooms/{id}/sending", Some(Action::Edit)),
            (Method::DELETE, "/v1/rooms/{id}", Some(Action::Delete)),
            (Method::POST, "/rooms/{id}/delete", Some(Action::Delete)),
            (Method::POST, "/v1/rooms/{id}/restore", Some(Action::Restore)),
            (Method::POST, "/v1/rooms/{id}/webhook/test", None),
            (Method::POST, "/v1/rooms/{id}/webhook/deliveries/{delivery}/retry", None),
            (Method::POST, "/v1/rooms", None),
        ] {
            assert_eq!(action(&method, path), wanted, "{method} {path}");
        }
        let id = TranscriptId::new();
        assert_eq!(thing(&format!("/v1/transcripts/{id}/audio/mp3")), Some(Thing::Transcript(id)));
        assert_eq!(thing(&format!("/transcripts/{id}")), Some(Thing::Transcript(id)));
        assert_eq!(thing("/v1/transcripts/search"), None);
        let room = RoomId::new();
        assert_eq!(thing(&format!("/v1/rooms/{room}/restore")), Some(Thing::Room(room)));
        assert_eq!(thing("/rooms"), None);
    }
}
