//! The talk over one socket, from its opening to its end.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures::StreamExt;
use serde::Serialize;
use tokio::time::timeout;

use super::{Why, state};
use crate::app::App;
use crate::bus::{Event, EventId, Heard, Told, Topic};
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::{transcript, user};
use crate::web::read;
use crate::web::viewer::{Seen, Viewer};

/// Close code: nobody is logged in, or not any more.
pub(super) const LOG_IN: u16 = 4401;
/// Close code: the transcript is gone, or not for this viewer any more.
pub(super) const NOT_THERE: u16 = 4404;

/// Between signs of life: proxies close what is silent for a minute.
const HEARTBEAT: Duration = Duration::from_secs(25);
/// A client that takes nothing for so long is too slow.
const PATIENCE: Duration = Duration::from_secs(15);
/// For a last word.
const PARTING: Duration = Duration::from_secs(2);

/// What a socket is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Watched {
    Transcript(TranscriptId),
    /// Those that are in the viewer's lists.
    Lists,
}

impl From<Watched> for Topic {
    fn from(what: Watched) -> Self {
        match what {
            Watched::Transcript(id) => Self::Transcript(id),
            Watched::Lists => Self::Lists,
        }
    }
}

/// Why it ends.
enum End {
    /// The client is gone.
    Gone,
    Close(Why),
}

impl From<axum::Error> for End {
    fn from(_: axum::Error) -> Self {
        Self::Gone
    }
}

/// On the wire; an id stands where a client may come back to.
#[derive(Serialize)]
struct Wire<'e> {
    #[serde(flatten)]
    event: &'e Event,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<EventId>,
}

/// A talk.
pub(super) struct Talk<'a> {
    app: &'a App,
    seen: &'a Seen,
    what: Watched,
    socket: WebSocket,
    /// What was told up to now, or decided not to be for this viewer.
    last: Option<EventId>,
}

impl<'a> Talk<'a> {
    pub(super) fn new(app: &'a App, seen: &'a Seen, what: Watched, socket: WebSocket) -> Self {
        Self { app, seen, what, socket, last: None }
    }

    /// Talks until the client goes or may no longer listen; `after`: the last that it was told before.
    pub(super) async fn hold(mut self, after: Option<EventId>) {
        let Err(End::Close(why)) = self.talk(after).await else { return };
        tracing::debug!(?why, what = ?self.what, "a socket is closed");
        // One that takes nothing does not take this either; it sees that the connection ends.
        let frame = Message::Close(Some(why.frame()));
        if matches!(timeout(PARTING, self.socket.send(frame)).await, Ok(Ok(()))) {
            drain(&mut self.socket).await;
        }
    }

    async fn talk(&mut self, after: Option<EventId>) -> Result<std::convert::Infallible, End> {
        // Subscribed before anything is read: what happens in between is known by its id.
        let mut events = Box::pin(self.app.bus().subscribe(self.what));
        match after {
            Some(after) => self.resume(after).await?,
            None => self.tell_state(false).await?,
        }
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        loop {
            tokio::select! {
                heard = events.next() => match heard {
                    Some(Heard::Told(told)) => self.pass_on(&told).await?,
                    Some(Heard::Missed) => match self.last {
                        Some(last) => self.resume(last).await?,
                        None => self.tell_state(true).await?,
                    },
                    Some(Heard::Behind) => return Err(End::Close(Why::TooSlow)),
                    None => return Err(End::Gone),
                },
                message = self.socket.recv() => match message {
                    Some(Ok(Message::Close(_))) | None => return Err(End::Gone),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(error.into()),
                },
                _ = heartbeat.tick() => {
                    self.look_again().await?;
                    self.put(Message::Ping(Default::default())).await?;
                }
            }
        }
    }

    /// Tells what came after `after`, or, where that is not known any more, that it is not, and the present state.
    async fn resume(&mut self, after: EventId) -> Result<(), End> {
        let missed = self.app.bus().since(self.what, after).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "what a client missed can't be found out");
            None
        });
        let Some(missed) = missed else { return self.tell_state(true).await };
        self.last = Some(after);
        for told in &missed {
            self.pass_on(told).await?;
        }
        Ok(())
    }

    /// Tells the present state; `anew`: what was told before does not count any more. The id comes with the last event of it: a
    /// client that loses the connection before has not seen all.
    async fn tell_state(&mut self, anew: bool) -> Result<(), End> {
        let position = self.app.bus().position(self.what).await;
        let id = position.inspect_err(|error| tracing::debug!(%error, "events have no ids now")).ok();
        let mut events = if anew { vec![Event::Resync {}] } else { Vec::new() };
        if let Watched::Transcript(transcript) = self.what {
            match state::events(self.app, self.seen.viewer, transcript).await {
                Ok(state) => events.extend(state),
                Err(Error::NotFound(_) | Error::Forbidden) => return Err(End::Close(Why::NotThere)),
                Err(error) => {
                    tracing::debug!(%error, transcript.id = %transcript, "its state can't be told");
                    return Err(End::Close(Why::CantTell));
                }
            }
        }
        let count = events.len();
        for (n, event) in events.iter().enumerate() {
            self.tell(event, id.filter(|_| n + 1 == count)).await?;
        }
        self.last = id;
        Ok(())
    }

    /// Tells an event, unless it was told before or is not for this viewer.
    async fn pass_on(&mut self, Told { event, id }: &Told) -> Result<(), End> {
        if self.last.is_some_and(|last| *id <= last) {
            return Ok(());
        }
        match (self.what, event) {
            (Watched::Transcript(_), Event::Rights {}) => self.look_again().await?,
            // Something may have come into the viewer's lists, or gone.
            (Watched::Lists, Event::Rights {}) => self.tell(&Event::Resync {}, Some(*id)).await?,
            (Watched::Lists, event) if !self.is_listed(event).await? => {}
            (_, event) => self.tell(event, Some(*id)).await?,
        }
        self.last = Some(*id);
        Ok(())
    }

    /// Whether what an event is about is in the viewer's lists, as things stand now; one that was deleted: was.
    async fn is_listed(&mut self, event: &Event) -> Result<bool, End> {
        let Some(id) = event.of() else { return Ok(false) };
        let trash = matches!(event, Event::TranscriptDeleted { .. });
        let found = async {
            let mut conn = read::connect(self.app).await?;
            Ok::<_, Error>(transcript::is_listed(&mut conn, self.seen.viewer, id, trash).await?)
        };
        found.await.map_err(|error| {
            tracing::debug!(%error, transcript.id = %id, "it can't be found out who lists it");
            End::Close(Why::CantTell)
        })
    }

    /// Looks whether the socket may stay open: what opened it still holds, and the viewer may still do what they did. A database
    /// that does not answer right now changes nothing.
    async fn look_again(&mut self) -> Result<(), End> {
        match self.verdict().await {
            Ok(None) => Ok(()),
            Ok(Some(why)) => Err(End::Close(why)),
            Err(error) => {
                tracing::debug!(%error, what = ?self.what, "it can't be found out who may listen");
                Ok(())
            }
        }
    }

    async fn verdict(&mut self) -> Result<Option<Why>, Error> {
        if !self.seen.still(self.app).await? {
            return Ok(Some(Why::LoginEnded));
        }
        let mut conn = read::connect(self.app).await?;
        if let Viewer::User(user) | Viewer::Admin(user) = self.seen.viewer {
            // Whoever becomes an administrator, or is none any more, is told other things.
            let found = user::get(&mut conn, user).await?;
            if found.is_none_or(|user| user.viewer() != self.seen.viewer) {
                return Ok(Some(Why::LoginEnded));
            }
        }
        let Watched::Transcript(id) = self.what else { return Ok(None) };
        match read::allowed(&mut conn, self.seen.viewer, id, |may| may.read).await {
            Ok(_) => Ok(None),
            Err(Error::NotFound(_) | Error::Forbidden) => Ok(Some(Why::NotThere)),
            Err(error) => Err(error),
        }
    }

    async fn tell(&mut self, event: &Event, id: Option<EventId>) -> Result<(), End> {
        match serde_json::to_string(&Wire { event, id }) {
            Ok(text) => self.put(Message::Text(text.into())).await,
            Err(error) => {
                tracing::error!(%error, "an event can't be written as JSON");
                Ok(())
            }
        }
    }

    async fn put(&mut self, message: Message) -> Result<(), End> {
        match timeout(PATIENCE, self.socket.send(message)).await {
            Ok(sent) => Ok(sent?),
            Err(_) => Err(End::Close(Why::TooSlow)),
        }
    }
}

/// Waits for the client to hang up, for a moment: what it sent meanwhile would otherwise break the connection before it has read
/// why it ends.
pub(super) async fn drain(socket: &mut WebSocket) {
    let over = async { while let Some(Ok(_)) = socket.recv().await {} };
    let _late = timeout(PARTING, over).await;
}
