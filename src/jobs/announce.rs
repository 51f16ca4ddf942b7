//! What is told to those who watch. Events are hints: pages read the database again when one is lost.

use super::environment::Environment;
use crate::bus::{
    ActionItemsEvent, DecisionEvent, Event, NextStepEvent, SegmentEvent, StageEvent, TopicEvent, TopicSegment,
};
use crate::ids::TranscriptId;
use crate::model::transcript::Status;
use crate::model::{ActionItem, ActionKind, Segment, Stage, StageStatus, Topic};

pub(super) fn status(status: Status) -> Event {
    Event::Status { value: status.to_string() }
}

/// That a stage has come to `status`, with nothing more to say.
pub(super) fn stage(stage: Stage, status: StageStatus) -> Event {
    let progress = if status == StageStatus::Done { 1.0 } else { 0.0 };
    stage_event(stage, status, StageEvent { progress, ..StageEvent::default() })
}

/// That a stage went wrong: for good (`Failed`) or until the next try (`Queued`). `error` is for people.
pub(super) fn trouble(stage: Stage, status: StageStatus, error: &str) -> Event {
    stage_event(stage, status, StageEvent { error: Some(error.to_owned()), ..StageEvent::default() })
}

/// How far a running stage is, and what it waits for. Only the newest matters, so it is told at once.
pub(super) async fn progress(env: &Environment, transcript: TranscriptId, stage: Stage, details: StageEvent) {
    env.bus.publish(transcript, &stage_event(stage, StageStatus::Running, details)).await;
}

fn stage_event(stage: Stage, status: StageStatus, details: StageEvent) -> Event {
    Event::Stage(StageEvent { stage: stage.to_string(), status: status.to_string(), ..details })
}

/// New text.
pub fn segments(rows: &[Segment]) -> Event {
    let from = rows.first().map_or(0, |row| row.idx.unsigned_abs());
    let segments = rows.iter().map(|row| SegmentEvent {
        start: row.start,
        end: row.end,
        speaker: row.speaker,
        text: row.text.clone(),
    });
    Event::Segments { from, segments: segments.collect() }
}

/// A topic with the text that belongs to it, as the API shows it too.
pub fn topic(topic: &Topic, said: &[Segment]) -> TopicEvent {
    let within: Vec<&Segment> = said.iter().filter(|row| topic.holds(row)).collect();
    let segments = within.iter().map(|row| TopicSegment {
        text: row.text.clone(),
        start: row.start,
        speaker: row.speaker.unwrap_or(0),
    });
    TopicEvent {
        id: topic.id,
        title: topic.title.clone(),
        summary: topic.summary.clone(),
        timestamp: topic.start,
        duration: topic.end - topic.start,
        transcript: within.iter().map(|row| row.text.as_str()).collect::<String>().trim().to_owned(),
        segments: segments.collect(),
    }
}

/// Decisions and next steps, as the API shows them.
pub fn action_items(items: &[ActionItem]) -> ActionItemsEvent {
    let of = |kind| items.iter().filter(move |item| item.kind == kind);
    let decisions = of(ActionKind::Decision).map(|item| DecisionEvent {
        decision: item.text.clone(),
        rationale: item.context.clone(),
        decided_by: item.assignee.clone(),
        decided_by_participant_id: None,
        start: item.start,
        end: item.end,
    });
    let next_steps = of(ActionKind::NextStep).map(|item| NextStepEvent {
        task: item.text.clone(),
        assigned_to: item.assignee.clone(),
        assigned_to_participant_id: None,
        deadline: item.deadline.clone(),
        context: item.context.clone(),
        start: item.start,
        end: item.end,
    });
    ActionItemsEvent { decisions: decisions.collect(), next_steps: next_steps.collect() }
}
