//! The things of the table of rights: transcripts and rooms, each with whatever belongs to one.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use reflector::auth::secret;
use reflector::clock;
use reflector::db::schema::participant as people;
use reflector::ids::{DeliveryId, ParticipantId, QuoteId, RoomId, SendingId, TopicId, TranscriptId};
use reflector::model::audit::{self, Action, Actor, Thing};
use reflector::model::delivery::{self, DeliveryStatus};
use reflector::model::quote::{self, Quote};
use reflector::model::sending::{self, Channel, Purpose, Wish};
use reflector::model::{TranscriptView, participant, room, transcript};

use super::World;
use super::actions::Action as Tried;
use crate::auth::routes::share;

/// One of them.
pub(super) enum Made {
    /// The site itself.
    Site,
    Transcript {
        id: TranscriptId,
        participant: ParticipantId,
        topic: Option<TopicId>,
        /// Something that could not be sent.
        sending: SendingId,
        quote: QuoteId,
    },
    Room {
        id: RoomId,
        name: String,
        /// Something that its webhook was told.
        delivery: DeliveryId,
    },
}

/// The link that a thing's owner has made, as anybody could have got it.
fn link(id: TranscriptId) -> String {
    format!("a-quote-of-{id}")
}

impl Made {
    /// What is filled in where an action names it.
    pub fn holes(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Site => vec![("{id}", "1".to_owned())],
            Self::Transcript { id, participant, topic, sending, quote } => vec![
                ("{id}", id.to_string()),
                ("{participant}", participant.to_string()),
                ("{topic}", topic.map_or_else(|| id.to_string(), |topic| topic.to_string())),
                ("{sending}", sending.to_string()),
                ("{quote}", quote.to_string()),
                ("{token}", link(*id)),
            ],
            Self::Room { id, name, delivery } => {
                vec![("{id}", id.to_string()), ("{name}", name.clone()), ("{delivery}", delivery.to_string())]
            }
        }
    }
}

impl World {
    /// A thing as its name says.
    pub async fn make(&self, thing: &str) -> Made {
        match thing {
            "site" => Made::Site,
            _ if thing.starts_with("room-") => self.make_room(thing).await,
            _ => self.make_transcript(thing).await,
        }
    }

    async fn make_room(&self, thing: &str) -> Made {
        let mut conn = self.site.workshop.conn().await;
        let name = RoomId::new().to_string();
        let shared = thing.ends_with("-shared");
        let said = room::Patch { name: Some(name.clone()), is_shared: Some(shared), ..Default::default() };
        let owner = thing.starts_with("room-B").then_some(self.bob);
        let id = room::create(&mut conn, owner, &said, clock::now()).await.unwrap().id;
        let delivery = delivery::plan(&mut conn, id, self.told, 1, clock::now()).await.unwrap().unwrap();
        if thing.ends_with("-trash") {
            assert!(room::delete(&mut conn, id, clock::now()).await.unwrap());
        }
        Made::Room { id, name, delivery }
    }

    async fn make_transcript(&self, thing: &str) -> Made {
        let site = &self.site;
        let id = match thing.contains("-empty") {
            true => site.create("Weekly").await,
            false => site.finished("Weekly").await,
        };
        let mode = match thing {
            _ if thing.contains("-public") => "public",
            _ if thing.contains("-semi") => "semi-private",
            _ => "private",
        };
        let owner = thing.starts_with('A').then_some(self.ada);
        share(site, id, mode, owner).await;
        let mut conn = site.workshop.conn().await;
        if thing.contains("-room") {
            let into = transcript::Patch { room_id: Some(Some(self.room)), ..Default::default() };
            transcript::patch(&mut conn, id, &into).await.unwrap();
        }
        let now = clock::now();
        // Grace took part, and is known to have.
        let participant = participant::create(&mut conn, id, "Grace", None, None).await.unwrap().id;
        diesel::update(people::table.find(participant))
            .set((people::user_id.eq(Some(self.grace)), people::email.eq(Some(super::GRACE))))
            .execute(&mut conn)
            .await
            .unwrap();
        let wish = Wish {
            transcript_id: id,
            purpose: Purpose::Asked,
            channel: Channel::Email,
            target: "eve@example.org".into(),
            topic: None,
            include_topics: false,
            room_id: None,
            user_id: owner,
            run: 1,
            reason: None,
        };
        let sending = sending::plan(&mut conn, &wish, now).await.unwrap().unwrap();
        sending::conclude(&mut conn, sending, DeliveryStatus::Failed, Some("no such person")).await.unwrap();
        let ends = now + chrono::TimeDelta::days(1);
        let new = Quote::new(id, (0.0, 5.0), secret::hash(&link(id)), now, ends);
        let quote = quote::create(&mut conn, &new).await.unwrap().id;
        audit::note(&mut conn, Actor::program(), Action::Process, Thing::Transcript(id), now).await.unwrap();
        let view = TranscriptView::load(&mut conn, id).await.unwrap().unwrap();
        let topic = view.topics.as_slice().first().map(|topic| topic.id);
        if thing.ends_with("-trash") {
            transcript::delete(&mut conn, id, now).await.unwrap();
        }
        Made::Transcript { id, participant, topic, sending, quote }
    }

    /// Has a thing be again as its name says, as far as the actions that come after this one need it.
    pub async fn as_before(&self, made: &Made, (name, ..): &Tried) {
        let mut conn = self.site.workshop.conn().await;
        let conn = &mut conn;
        let now = clock::now();
        match (*name, made) {
            ("trash" | "delete-form", Made::Transcript { id, .. }) => {
                let none = None::<chrono::DateTime<chrono::Utc>>;
                let out = diesel::update(reflector::db::schema::transcript::table.find(*id));
                out.set(reflector::db::schema::transcript::deleted_at.eq(none)).execute(conn).await.unwrap();
            }
            ("restore" | "restore-form", Made::Transcript { id, .. }) => {
                transcript::delete(conn, *id, now).await.unwrap();
            }
            ("retry" | "retry-form", Made::Transcript { sending, .. }) => {
                sending::conclude(conn, *sending, DeliveryStatus::Failed, Some("no")).await.unwrap();
            }
            ("room-" | "room-delete", Made::Room { id, .. }) => {
                assert!(room::restore(conn, *id).await.unwrap());
            }
            ("room-back" | "room-restore", Made::Room { id, .. }) => {
                assert!(room::delete(conn, *id, now).await.unwrap());
            }
            _ => {}
        }
    }
}
