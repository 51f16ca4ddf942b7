//! What a client is told first of a transcript.

use crate::app::App;
use crate::bus::{Event, StageEvent};
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::jobs;
use crate::model::StageStatus;
use crate::web::viewer::Viewer;
use crate::web::{read, waveform};

/// The present state of a transcript as events, ending with its status.
///
/// # Errors
/// It is not there for this viewer; the database, or the store, can't be asked.
pub(super) async fn events(app: &App, viewer: Viewer, id: TranscriptId) -> Result<Vec<Event>, Error> {
    let mut conn = read::connect(app).await?;
    let (view, _) = read::view(&mut conn, viewer, id).await?;
    let segments = view.segments(&mut conn).await?;
    drop(conn);
    let mut events = Vec::new();
    if view.transcript.duration > 0.0 {
        events.push(Event::Duration { duration: view.transcript.duration });
    }
    if let Ok(Some(waveform)) = waveform::peaks(app, id).await {
        events.push(Event::Waveform { waveform });
    }
    if !segments.is_empty() {
        events.push(jobs::segments_event(&segments));
    }
    events.extend(view.topics.iter().map(|topic| Event::Topic(jobs::topic_event(topic, &segments))));
    events.extend(view.title.clone().map(|title| Event::FinalTitle { title }));
    events.extend(view.short_summary.clone().map(|short_summary| Event::FinalShortSummary { short_summary }));
    events.extend(view.long_summary.clone().map(|long_summary| Event::FinalLongSummary { long_summary }));
    if !view.actions.is_empty() {
        events.push(Event::ActionItems { action_items: jobs::action_items_event(&view.actions) });
    }
    for state in &view.stages {
        let estimate = view.estimate.stages.iter().find(|one| one.stage == state.stage);
        events.push(Event::Stage(StageEvent {
            stage: state.stage.to_string(),
            status: state.status.to_string(),
            progress: state.progress,
            seconds_left: estimate
                .filter(|_| state.status == StageStatus::Running)
                .map(|estimate| estimate.seconds_left),
            error: state.error.clone(),
            note: state.note.clone(),
        }));
    }
    events.push(Event::Status { value: view.transcript.status.to_string() });
    Ok(events)
}
