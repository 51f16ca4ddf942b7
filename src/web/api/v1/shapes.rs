//! Transcripts as JSON, with the ancestor's field names.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::bus::ActionItemsEvent;
use crate::ids::{ParticipantId, RoomId, TranscriptId, UserId};
use crate::model::estimate::Estimate;
use crate::model::transcript::ListItem;
use crate::model::{
    Participant, Segment, ShareMode, SourceKind, StageState, Status, SummaryKind, SummarySentence,
    Transcript, TranscriptView,
};
use crate::policy::{self, Viewer};
use crate::web::notes;

/// A transcript in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct TranscriptOut {
    pub id: TranscriptId,
    pub user_id: Option<UserId>,
    pub name: String,
    pub status: Status,
    pub locked: bool,
    /// Milliseconds.
    pub duration: f64,
    pub title: Option<String>,
    pub short_summary: Option<String>,
    pub long_summary: Option<String>,
    pub created_at: DateTime<Utc>,
    pub share_mode: ShareMode,
    pub source_language: String,
    pub target_language: String,
    pub reviewed: bool,
    pub meeting_id: Option<Uuid>,
    pub source_kind: SourceKind,
    pub room_id: Option<RoomId>,
    pub room_name: Option<String>,
    pub audio_deleted: Option<bool>,
    pub change_seq: i64,
    pub has_cloud_video: bool,
    pub cloud_video_duration: Option<i64>,
    /// Names and special words to expect: ours.
    pub vocabulary: String,
}

impl TranscriptOut {
    pub fn new(
        row: Transcript,
        title: Option<String>,
        short_summary: Option<String>,
        long_summary: Option<String>,
        room_name: Option<String>,
    ) -> Self {
        Self {
            id: row.id,
            user_id: row.user_id,
            name: row.name,
            status: row.status,
            locked: row.locked,
            duration: row.duration,
            title,
            short_summary,
            long_summary,
            created_at: row.created_at,
            share_mode: row.share_mode,
            source_language: row.source_language,
            target_language: row.target_language,
            reviewed: row.reviewed,
            meeting_id: row.meeting_id,
            source_kind: row.source_kind,
            room_id: row.room_id,
            room_name,
            audio_deleted: Some(row.audio_deleted),
            change_seq: row.change_seq,
            has_cloud_video: false,
            cloud_video_duration: None,
            vocabulary: row.vocabulary,
        }
    }
}

impl From<ListItem> for TranscriptOut {
    fn from(item: ListItem) -> Self {
        Self::new(item.transcript, item.title, item.short_summary, item.long_summary, item.room_name)
    }
}

/// Somebody who took part.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct ParticipantOut {
    pub id: ParticipantId,
    pub speaker: Option<i32>,
    pub name: String,
    pub user_id: Option<UserId>,
    pub email: Option<String>,
}

impl From<Participant> for ParticipantOut {
    fn from(row: Participant) -> Self {
        Self { id: row.id, speaker: row.speaker, name: row.name, user_id: row.user_id, email: row.email }
    }
}

/// A transcript by itself.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct TranscriptDetail {
    #[serde(flatten)]
    pub transcript: TranscriptOut,
    pub participants: Vec<ParticipantOut>,
    /// Where the work stands: ours, not the ancestor's.
    pub stages: Vec<StageOut>,
    /// Why the transcript is in `error`: ours.
    pub error: Option<String>,
    /// Decisions and next steps: computed by the ancestor, but never returned.
    pub action_items: ActionItemsEvent,
    /// The machine's summaries, the short one's sentences first, each with the time it rests on: ours. A summary that a
    /// person wrote has none.
    pub summary_sentences: Vec<SummarySentence>,
    /// What people write about it, plain text with line breaks; empty: nothing yet, `null`: not for this viewer. Ours.
    pub notes: Option<String>,
    /// Names these notes, for whoever changes them. Ours.
    pub notes_revision: Option<String>,
}

/// A stage of the work.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct StageOut {
    #[serde(flatten)]
    pub state: StageState,
    pub seconds_left: Option<f64>,
}

impl TranscriptDetail {
    /// What of it is shown to a viewer who may read it.
    pub fn new(mut view: TranscriptView, viewer: Viewer) -> Self {
        let notes = policy::reads_notes(viewer).then(|| std::mem::take(&mut view.transcript.notes));
        let action_items = crate::jobs::action_items_event(&view.actions);
        let summary_sentences = [SummaryKind::Short, SummaryKind::Long]
            .into_iter()
            .flat_map(|kind| view.shown_sentences(kind).cloned())
            .collect();
        let error = view.stages.iter().find_map(|state| failed(state).map(str::to_owned));
        Self {
            transcript: TranscriptOut::new(
                view.transcript,
                view.title,
                view.short_summary,
                view.long_summary,
                view.room_name,
            ),
            participants: view.participants.into_iter().map(Into::into).collect(),
            stages: stages(view.stages, &view.estimate),
            error,
            action_items,
            summary_sentences,
            notes_revision: notes.as_deref().map(notes::revision),
            notes,
        }
    }
}

fn failed(state: &StageState) -> Option<&str> {
    state.error.as_deref().filter(|_| state.status == crate::model::StageStatus::Failed)
}

fn stages(states: Vec<StageState>, estimate: &Estimate) -> Vec<StageOut> {
    states
        .into_iter()
        .map(|state| {
            let seconds_left = estimate
                .stages
                .iter()
                .find(|one| one.stage == state.stage && state.status != crate::model::StageStatus::Done)
                .map(|one| one.seconds_left);
            StageOut { state, seconds_left }
        })
        .collect()
}

/// A word with its speaker.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct WordOut {
    pub text: String,
    pub start: f64,
    pub end: f64,
    pub speaker: i32,
}

/// The words of segments in a row.
pub(in crate::web) fn words<'s>(segments: impl IntoIterator<Item = &'s Segment>) -> Vec<WordOut> {
    segments
        .into_iter()
        .flat_map(|segment| {
            segment.words.iter().map(|word| WordOut {
                text: word.text.clone(),
                start: word.start,
                end: word.end,
                speaker: segment.speaker.unwrap_or(0),
            })
        })
        .collect()
}

/// Words that one person says in a row.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct SpeakerWordsOut {
    pub speaker: i32,
    pub words: Vec<WordOut>,
}

/// Words in order, cut where the speaker changes.
pub(in crate::web) fn runs(words: Vec<WordOut>) -> Vec<SpeakerWordsOut> {
    let mut runs: Vec<SpeakerWordsOut> = Vec::new();
    for word in words {
        match runs.last_mut() {
            Some(run) if run.speaker == word.speaker => run.words.push(word),
            _ => runs.push(SpeakerWordsOut { speaker: word.speaker, words: vec![word] }),
        }
    }
    runs
}
