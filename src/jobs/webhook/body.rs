//! What receivers get: the ancestor's fields.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::super::announce;
use crate::export::{self, ApiFormat, render_api};
use crate::ids::DeliveryId;
use crate::model::delivery::{Delivery, DeliveryEvent};
use crate::model::{Room, Segment, TranscriptView};
use crate::notify::Webhooks;

/// A transcript is finished. Times are seconds, but for the transcript's `duration`, which is milliseconds.
pub(super) fn completed(
    webhooks: &Webhooks,
    event: &Delivery,
    room: &Room,
    view: &TranscriptView,
    segments: &[Segment],
) -> Value {
    let row = &view.transcript;
    let topics: Vec<Value> = view
        .topics
        .iter()
        .map(|topic| {
            json!({
                "title": topic.title,
                "summary": topic.summary,
                "timestamp": topic.start,
                "duration": topic.end - topic.start,
                "webvtt": vtt(view, segments.iter().filter(|segment| topic.holds(segment))),
            })
        })
        .collect();
    let participants: Vec<Value> = view
        .participants
        .iter()
        .map(|one| json!({ "id": one.id, "name": one.name, "speaker": one.speaker }))
        .collect();
    json!({
        "event": event.event,
        "event_id": hex(event.id),
        "timestamp": event.created_at,
        "transcript": {
            "id": row.id,
            "room_id": row.room_id,
            "created_at": row.created_at,
            "duration": row.duration,
            "title": view.title,
            "short_summary": view.short_summary,
            "long_summary": view.long_summary,
            "webvtt": vtt(view, segments),
            "topics": topics,
            "participants": participants,
            "source_language": row.source_language,
            "target_language": row.target_language,
            "status": row.status,
            "frontend_url": webhooks.page(&format!("/transcripts/{}", row.id)),
            "action_items": announce::action_items(&view.actions),
        },
        "room": about(room),
        "calendar_event": null,
    })
}

/// A person asks whether the receiver is there.
pub(super) fn test(id: DeliveryId, room: &Room, now: DateTime<Utc>) -> Value {
    json!({
        "event": DeliveryEvent::Test,
        "event_id": hex(id),
        "timestamp": now,
        "message": "This is a test of the webhook of a room",
        "room": about(room),
    })
}

fn about(room: &Room) -> Value {
    json!({ "id": room.id, "name": room.name })
}

/// An event's id as the ancestor writes it: without hyphens.
fn hex(id: DeliveryId) -> String {
    id.0.simple().to_string()
}

fn vtt<'s>(view: &TranscriptView, segments: impl IntoIterator<Item = &'s Segment>) -> Option<String> {
    render_api(&export::of(view, segments), ApiFormat::WebvttNamed)
}
