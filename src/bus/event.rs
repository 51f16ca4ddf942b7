//! What viewers are told. On the wire `{"event": NAME, "data": {…}, "id": ID}`, with the ancestor's names where it had one.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{ParticipantId, TopicId, TranscriptId};

/// Something that happened: to one transcript, or, those that name one, in lists of transcripts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", content = "data", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Event {
    /// The transcript's status: idle, uploaded, processing, error, ended.
    Status {
        value: String,
    },
    /// The whole text, once it is assembled.
    Transcript {
        text: String,
        translation: Option<String>,
    },
    /// One topic, in the shape of `GET …/topics`.
    Topic(TopicEvent),
    FinalTitle {
        title: String,
    },
    FinalShortSummary {
        short_summary: String,
    },
    FinalLongSummary {
        long_summary: String,
    },
    ActionItems {
        action_items: ActionItemsEvent,
    },
    /// Length in milliseconds.
    Duration {
        duration: f64,
    },
    /// 255 peaks from 0 to 1.
    Waveform {
        waveform: Vec<f32>,
    },
    /// A stage of the work started, went on or ended.
    Stage(StageEvent),
    /// New text; `segments` follow what was sent before, unless `from` is 0, which starts anew.
    Segments {
        from: u32,
        segments: Vec<SegmentEvent>,
    },
    /// Its notes were changed: fetch them, where they may be read.
    Notes {},
    /// Something that was told can't be told again: fetch the present state.
    Resync {},
    /// Who may see what has changed. Nobody is told so; sockets look again who may listen.
    Rights {},
    /// In lists: there is a new one.
    TranscriptCreated {
        id: TranscriptId,
    },
    /// In lists: it is in the trash.
    TranscriptDeleted {
        id: TranscriptId,
    },
    /// In lists: it is out of the trash.
    TranscriptRestored {
        id: TranscriptId,
    },
    /// In lists: as `Status`.
    TranscriptStatus {
        id: TranscriptId,
        value: String,
    },
    /// In lists: as `FinalTitle`.
    TranscriptFinalTitle {
        id: TranscriptId,
        title: String,
    },
    /// In lists: as `Duration`.
    TranscriptDuration {
        id: TranscriptId,
        duration: f64,
    },
}

impl Event {
    /// What lists are told when this happens to a transcript, if anything.
    pub(super) fn in_lists(&self, id: TranscriptId) -> Option<Self> {
        Some(match self {
            Self::Status { value } => Self::TranscriptStatus { id, value: value.clone() },
            Self::FinalTitle { title } => Self::TranscriptFinalTitle { id, title: title.clone() },
            Self::Duration { duration } => Self::TranscriptDuration { id, duration: *duration },
            _ => return None,
        })
    }

    /// Which transcript an event of lists is about.
    pub fn of(&self) -> Option<TranscriptId> {
        match self {
            Self::TranscriptCreated { id }
            | Self::TranscriptDeleted { id }
            | Self::TranscriptRestored { id }
            | Self::TranscriptStatus { id, .. }
            | Self::TranscriptFinalTitle { id, .. }
            | Self::TranscriptDuration { id, .. } => Some(*id),
            _ => None,
        }
    }
}

/// How far a stage is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StageEvent {
    pub stage: String,
    /// waiting, queued, running, done or failed.
    pub status: String,
    /// From 0 to 1.
    pub progress: f32,
    /// As this machine's history has it; `None` while there is none.
    pub seconds_left: Option<f64>,
    /// Why it failed, for the person who waits.
    pub error: Option<String>,
    /// What it waits for while it runs, for that person.
    #[serde(default)]
    pub note: Option<String>,
}

/// What was talked about, with the text that belongs to it; times in seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TopicEvent {
    pub id: TopicId,
    pub title: String,
    pub summary: String,
    pub timestamp: f64,
    pub duration: f64,
    pub transcript: String,
    pub segments: Vec<TopicSegment>,
}

/// A piece of a topic's text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TopicSegment {
    pub text: String,
    pub start: f64,
    /// From 0; 0 too where speakers are not told apart.
    pub speaker: i32,
}

/// A piece of text; times in seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentEvent {
    pub start: f64,
    pub end: f64,
    /// `None` until speakers are told apart.
    pub speaker: Option<i32>,
    pub text: String,
}

/// Decisions and next steps; times in seconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActionItemsEvent {
    pub decisions: Vec<DecisionEvent>,
    pub next_steps: Vec<NextStepEvent>,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DecisionEvent {
    pub decision: String,
    pub rationale: Option<String>,
    pub decided_by: Option<String>,
    /// Not known yet: `null`.
    pub decided_by_participant_id: Option<ParticipantId>,
    pub start: f64,
    pub end: f64,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NextStepEvent {
    pub task: String,
    pub assigned_to: Option<String>,
    /// Not known yet: `null`.
    pub assigned_to_participant_id: Option<ParticipantId>,
    pub deadline: Option<String>,
    pub context: Option<String>,
    pub start: f64,
    pub end: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_look_as_the_ancestors_clients_expect() {
        let shown = |event: Event| serde_json::to_string(&event).unwrap();
        assert_eq!(
            shown(Event::Status { value: "ended".into() }),
            r#"{"event":"STATUS","data":{"value":"ended"}}"#
        );
        assert_eq!(
            shown(Event::FinalTitle { title: "T".into() }),
            r#"{"event":"FINAL_TITLE","data":{"title":"T"}}"#
        );
        let said = TopicSegment { text: " Hi.".into(), start: 1.5, speaker: 0 };
        let topic = TopicEvent {
            id: TopicId(uuid::Uuid::nil()),
            title: "T".into(),
            summary: "S".into(),
            timestamp: 1.5,
            duration: 2.0,
            transcript: "Hi.".into(),
            segments: vec![said],
        };
        assert_eq!(
            shown(Event::Topic(topic)),
            r#"{"event":"TOPIC","data":{"id":"00000000-0000-0000-0000-000000000000","title":"T","summary":"S","timestamp":1.5,"duration":2.0,"transcript":"Hi.","segments":[{"text":" Hi.","start":1.5,"speaker":0}]}}"#
        );
        assert_eq!(shown(Event::Resync {}), r#"{"event":"RESYNC","data":{}}"#);
        let id = TranscriptId(uuid::Uuid::nil());
        let listed = Event::Status { value: "ended".into() }.in_lists(id).unwrap();
        assert_eq!(
            shown(listed),
            r#"{"event":"TRANSCRIPT_STATUS","data":{"id":"00000000-0000-0000-0000-000000000000","value":"ended"}}"#
        );
    }

    #[test]
    fn an_event_survives_the_wire() {
        let event = Event::Stage(StageEvent {
            stage: "ingest".into(),
            status: "running".into(),
            ..Default::default()
        });
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
    }
}
