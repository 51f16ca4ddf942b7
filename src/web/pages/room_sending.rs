//! What a room sends by itself when a transcript of it is finished: part of its page.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::rooms::change;
use crate::app::App;
use crate::ids::RoomId;
use crate::model::room::{Patch, Room};
use crate::web::extract::{PageForm, UrlPath};
use crate::web::features;
use crate::web::respond::PageError;
use crate::web::viewer::Asking;

/// The form, and what the room has.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct RoomSending {
    pub email_transcript_to: Option<String>,
    pub zulip_auto_post: Option<String>,
    pub zulip_stream: Option<String>,
    pub zulip_topic: Option<String>,
}

impl RoomSending {
    pub fn of(room: &Room) -> Self {
        let text = |text: &Option<String>| Some(text.clone().unwrap_or_default());
        Self {
            email_transcript_to: text(&room.email_transcript_to),
            zulip_auto_post: room.zulip_auto_post.then(String::new),
            zulip_stream: text(&room.zulip_stream),
            zulip_topic: text(&room.zulip_topic),
        }
    }

    pub fn text(value: &Option<String>) -> &str {
        value.as_deref().unwrap_or_default()
    }

    /// Only what the form had: what is not set up here is not asked, and stays.
    fn patch(&self) -> Patch {
        let offers = features::offers();
        Patch {
            email_transcript_to: self.email_transcript_to.clone().filter(|_| offers.email).map(Some),
            zulip_auto_post: offers.zulip.then_some(self.zulip_auto_post.is_some()),
            zulip_stream: self.zulip_stream.clone().filter(|_| offers.zulip).map(Some),
            zulip_topic: self.zulip_topic.clone().filter(|_| offers.zulip).map(Some),
            ..Patch::default()
        }
    }
}

/// `POST /rooms/{id}/sending`.
pub(in crate::web) async fn save(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<RoomId>,
    PageForm(form): PageForm<RoomSending>,
) -> Result<Response, PageError> {
    change(&app, viewer, id, form.patch(), |page| page.with_sending(form)).await
}
