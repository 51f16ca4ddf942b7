//! Where the work stands, in words.

use super::format::{bytes, left, sentence};
use crate::clock;
use crate::jobs::Outlook;
use crate::model::again::Tried;
use crate::model::{Stage, StageState, StageStatus, Status, Transcript};
use crate::web::say::{Reason, english, say, say_with};

/// The progress part of a transcript's page.
#[derive(Clone, Debug, Default)]
pub(crate) struct StagesView {
    /// Something is running or waits to run.
    pub working: bool,
    /// For people who can't see the page change.
    pub say: String,
    pub failures: Vec<FailureView>,
    /// Whether what failed is tried again by itself; empty: by people only.
    pub outlook: String,
    /// What went well only in part.
    pub warnings: Vec<Reason>,
    pub running: Vec<RunningView>,
    pub pills: Vec<PillView>,
    pub note: Option<String>,
    /// The upload waits for its other half.
    pub upload_open: bool,
    /// It is being recorded, or was interrupted.
    pub recording: bool,
    /// Another file may take the place of the one that could not be read.
    pub another: bool,
}

impl StagesView {
    /// Nothing to say about a transcript that has simply ended.
    pub fn shown(&self) -> bool {
        self.working || !self.failures.is_empty() || !self.warnings.is_empty() || self.note.is_some()
    }
}

/// A stage that failed, and may be tried again.
#[derive(Clone, Debug)]
pub(crate) struct FailureView {
    pub what: String,
    pub why: Reason,
}

/// A stage that runs or is next.
#[derive(Clone, Debug)]
pub(crate) struct RunningView {
    pub stage: &'static str,
    pub doing: String,
    pub percent: u32,
    pub detail: String,
}

/// A stage in the row of all.
#[derive(Clone, Debug)]
pub(crate) struct PillView {
    pub name: String,
    pub class: &'static str,
    pub status: String,
}

/// What has arrived of an upload that is not complete.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrived {
    pub bytes: u64,
    pub parts: usize,
    /// 0: nobody knows yet.
    pub of: usize,
}

/// What a stage is called while it runs.
pub(crate) fn doing(stage: Stage) -> String {
    match stage {
        Stage::Ingest => say("stages-doing-ingest"),
        Stage::Transcribe => say("stages-doing-transcribe"),
        Stage::Diarize => say("stages-doing-diarize"),
        Stage::Assemble => say("stages-doing-assemble"),
        Stage::Topics => say("stages-doing-topics"),
        Stage::Title => say("stages-doing-title"),
        Stage::Summarize => say("stages-doing-summarize"),
        Stage::Deliver => say("stages-doing-deliver"),
    }
}

fn noun(stage: Stage) -> String {
    match stage {
        Stage::Ingest => say("stages-ingest"),
        Stage::Transcribe => say("stages-transcribe"),
        Stage::Diarize => say("stages-diarize"),
        Stage::Assemble => say("stages-assemble"),
        Stage::Topics => say("stages-topics"),
        Stage::Title => say("stages-name"),
        Stage::Summarize => say("stages-summarize"),
        Stage::Deliver => say("stages-deliver"),
    }
}

/// Why a stage failed, or went back to the queue.
pub(super) fn why(state: &StageState) -> Reason {
    match state.error.as_deref() {
        Some(error) => Reason::new(error, state.error_remark.as_ref()),
        None => Reason { text: sentence(&say("stages-failed-unknown")), english: String::new() },
    }
}

/// Whether what failed is tried again by itself, at most so many `times`, in a sentence; empty: by people only.
pub(super) fn outlook(row: &Transcript, states: &[StageState], tried: Option<&Tried>, times: u32) -> String {
    match Outlook::of(row, states, tried, times, clock::now()) {
        Outlook::Failed => String::new(),
        Outlook::Again { tried } => {
            say_with("stages-by-itself", &[("times", times.into()), ("tried", tried.into())])
        }
        Outlook::Over { tried } => say_with("stages-by-itself-over", &[("tried", tried.into())]),
    }
}

/// What a running stage waits for.
fn waits_for(note: &str) -> String {
    if note == english("why-loading") { say("why-loading") } else { note.to_owned() }
}

/// `seconds_left` estimates a running stage from this machine's history.
pub(super) fn stages(
    status: Status,
    states: &[StageState],
    seconds_left: impl Fn(&StageState) -> Option<f64>,
    arrived: Option<Arrived>,
) -> StagesView {
    if states.is_empty() {
        let note = match (status, arrived) {
            (Status::Idle, Some(Arrived { bytes: had, parts, of })) => Some(say_with(
                "stages-incomplete",
                &[("parts", parts.into()), ("total", of.into()), ("size", bytes(had).into())],
            )),
            (Status::Idle, None) => Some(say("stages-nothing")),
            (Status::Recording, _) => Some(say("stages-recording")),
            _ => None,
        };
        let recording = status == Status::Recording;
        let upload_open = arrived.is_some() && note.is_some() && !recording;
        return StagesView {
            recording,
            say: note.clone().unwrap_or_default(),
            note,
            upload_open,
            ..StagesView::default()
        };
    }
    let active = |state: &&StageState| matches!(state.status, StageStatus::Running | StageStatus::Queued);
    let failures: Vec<FailureView> = states
        .iter()
        .filter(|state| state.status == StageStatus::Failed)
        .map(|state| FailureView { what: doing(state.stage), why: why(state) })
        .collect();
    let warning = |state: &StageState| {
        let text = state.warning.as_deref()?;
        Some(Reason::new(text, state.warning_remark.as_ref()))
    };
    let warnings = states.iter().filter_map(warning).collect();
    let running: Vec<RunningView> =
        states.iter().filter(active).map(|state| running(state, seconds_left(state))).collect();
    let working = !running.is_empty();
    let now = match (failures.first(), running.first()) {
        (Some(failure), _) => say_with("stages-failed", &[("what", failure.what.as_str().into())]),
        (None, Some(running)) => running.doing.clone(),
        (None, None) => say("stages-ready"),
    };
    let pills = states
        .iter()
        .map(|state| {
            let (class, status) = match state.status {
                StageStatus::Waiting => ("", say("stages-waiting")),
                StageStatus::Queued => ("", say("stages-next")),
                StageStatus::Running => ("running", say("stages-running")),
                StageStatus::Done => ("done", say("stages-done")),
                StageStatus::Failed => ("failed", say("stages-broken")),
            };
            PillView { name: noun(state.stage), class, status }
        })
        .collect();
    StagesView { working, say: now, failures, warnings, running, pills, ..StagesView::default() }
}

fn running(state: &StageState, seconds_left: Option<f64>) -> RunningView {
    let percent = (state.progress.clamp(0.0, 1.0) * 100.0).round() as u32;
    let detail = match (state.status, &state.error, seconds_left) {
        (StageStatus::Queued, Some(error), _) => {
            let error = Reason::within(error, state.error_remark.as_ref());
            say_with("stages-retry", &[("error", error.into())])
        }
        (StageStatus::Queued, None, _) => say("stages-in-line"),
        (StageStatus::Running, ..) if state.note.is_some() => {
            state.note.as_deref().map(waits_for).unwrap_or_default()
        }
        (_, _, Some(seconds)) => {
            say_with("stages-percent-left", &[("percent", percent.into()), ("left", left(seconds).into())])
        }
        (_, _, None) => say_with("stages-percent", &[("percent", percent.into())]),
    };
    RunningView { stage: state.stage.as_str(), doing: doing(state.stage), percent, detail }
}

/// One line and a percentage for lists.
pub(super) fn brief(states: &[StageState]) -> (String, Option<u32>) {
    let done = states.iter().filter(|state| state.status == StageStatus::Done).count();
    let Some(now) = states
        .iter()
        .filter(|state| matches!(state.status, StageStatus::Running | StageStatus::Queued))
        .max_by_key(|state| (state.status == StageStatus::Running, state.stage == Stage::Transcribe))
    else {
        return (String::new(), None);
    };
    if now.status == StageStatus::Queued && done == 0 {
        return (say("stages-no-worker"), Some(0));
    }
    // Transcription takes most of the time; the rest shares the remainder evenly.
    let weight = |stage: Stage| if stage == Stage::Transcribe { 13.0 } else { 1.0 };
    let part = |state: &StageState| match state.status {
        StageStatus::Done => 1.0,
        StageStatus::Running => f64::from(state.progress.clamp(0.0, 1.0)),
        _ => 0.0,
    };
    let all: f64 = Stage::ALL.iter().map(|stage| weight(*stage)).sum();
    let sum: f64 = states.iter().map(|state| weight(state.stage) * part(state)).sum();
    (doing(now.stage), Some((sum / all * 100.0).round() as u32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::stage::tests::state;

    #[test]
    fn a_finished_transcript_says_nothing_and_a_failed_one_says_why() {
        let done: Vec<_> = Stage::ALL.iter().map(|stage| state(*stage, StageStatus::Done, 1.0)).collect();
        assert!(!stages(Status::Ended, &done, |_| None, None).shown());
        let mut failed = done;
        failed[1] = StageState {
            error: Some("no audio".into()),
            ..state(Stage::Transcribe, StageStatus::Failed, 0.5)
        };
        let view = stages(Status::Error, &failed, |_| None, None);
        assert!(view.shown() && !view.working);
        assert_eq!(view.failures[0].why.text, "No audio.");
    }

    #[test]
    fn a_warning_stays_when_all_is_done() {
        let mut done: Vec<_> = Stage::ALL.iter().map(|stage| state(*stage, StageStatus::Done, 1.0)).collect();
        done[0].warning = Some("cut short".into());
        let view = stages(Status::Ended, &done, |_| None, None);
        assert!(view.shown() && !view.working);
        assert_eq!(view.warnings[0].text, "Cut short.");
    }

    #[test]
    fn progress_names_the_stage_and_the_time_left() {
        let states = [
            state(Stage::Ingest, StageStatus::Done, 1.0),
            state(Stage::Transcribe, StageStatus::Running, 0.42),
            state(Stage::Diarize, StageStatus::Queued, 0.0),
        ];
        let view = stages(Status::Processing, &states, |_| Some(100.0), None);
        assert!(view.working);
        assert_eq!(view.running[0].detail, "42 % · about 2 min left");
        let loading = StageState { note: Some("loading the model".into()), ..states[1].clone() };
        let waiting = stages(Status::Processing, &[loading], |_| Some(100.0), None);
        assert_eq!(waiting.running[0].detail, "loading the model");
        let (text, percent) = brief(&states);
        assert_eq!(text, doing(Stage::Transcribe));
        assert!(percent.is_some_and(|percent| (20..60).contains(&percent)));
    }

    #[test]
    fn half_an_upload_asks_for_the_other_half() {
        let arrived = Some(Arrived { bytes: 8_000_000, parts: 1, of: 3 });
        let view = stages(Status::Idle, &[], |_| None, arrived);
        assert!(view.shown() && view.upload_open && view.note.unwrap().contains("1 of 3 parts"));
    }

    #[test]
    fn what_is_being_recorded_says_so_and_is_no_upload() {
        let arrived = Some(Arrived { bytes: 8_000, parts: 4, of: 0 });
        let view = stages(Status::Recording, &[], |_| None, arrived);
        assert!(view.shown() && view.recording && !view.upload_open);
        assert!(view.note.unwrap().starts_with("This is being recorded."));
    }
}
