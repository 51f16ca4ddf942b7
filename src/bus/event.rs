//! What viewers are told. On the wire `{"event": NAME, "data": {…}}`, with the ancestor's names where it had one.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that happened to one transcript.
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
    Topic(Value),
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
        action_items: Value,
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
    /// Events were lost on the way: fetch the present state again.
    Resync {},
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
        assert_eq!(shown(Event::Topic(serde_json::json!({"id": 1}))), r#"{"event":"TOPIC","data":{"id":1}}"#);
        assert_eq!(shown(Event::Resync {}), r#"{"event":"RESYNC","data":{}}"#);
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
