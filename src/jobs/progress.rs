//! How far a stage has come: set from any thread, written and published now and then.

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use super::announce;
use super::environment::Environment;
use crate::audio::Cancel;
use crate::bus::StageEvent;
use crate::clock;
use crate::db::DbError;
use crate::model::StageState;
use crate::model::estimate::{self, Pace};
use crate::model::stage::{self, Attempt, StageStatus};

/// Between two looks at the progress; more often than that nothing is written.
const BEAT: Duration = Duration::from_millis(500);
/// After so many looks without progress the row is written all the same, to learn whether the job is still wanted.
const BEATS_BETWEEN_CHECKS: u32 = 10;
/// What a person reads meanwhile.
const LOADING: &str = "loading the model";

/// Where a stage says how far it has come. Cheap to clone, never blocks.
#[derive(Clone, Debug)]
pub(super) struct Progress(watch::Sender<Shown>);

/// What is to be shown of a stage.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Shown {
    /// From 0 to 1.
    done: f64,
    /// The work waits for a model.
    loading: bool,
}

impl Shown {
    fn note(self) -> Option<&'static str> {
        self.loading.then_some(LOADING)
    }
}

impl Progress {
    /// `done` from 0 to 1; going back has no effect. Whatever was waited for is there.
    pub fn set(&self, done: f64) {
        self.change(|shown| Shown { done: shown.done.max(done).min(1.0), loading: false });
    }

    /// The model has to be loaded before the work can begin, or go on.
    pub fn loading(&self) {
        self.change(|shown| Shown { loading: true, ..shown });
    }

    fn change(&self, to: impl FnOnce(Shown) -> Shown) {
        self.0.send_if_modified(|shown| {
            let before = *shown;
            *shown = to(before);
            *shown != before
        });
    }

    /// A part of the whole: what a helper reports from 0 to 1 is shown from `from` to `to`.
    pub fn part(&self, from: f64, to: f64) -> impl Fn(f64) + Send + Sync + 'static + use<> {
        let whole = self.clone();
        move |done| whole.set(from + (to - from) * done.clamp(0.0, 1.0))
    }
}

/// Starts the task that writes and publishes, for a recording of `length` seconds (0: not known yet). It ends with the handle, and fires `cancel` when the job is stale.
pub(super) fn follow(
    env: Environment,
    attempt: Attempt,
    length: f64,
    cancel: Cancel,
) -> (Progress, AbortOnDropHandle<()>) {
    let (sender, mut receiver) = watch::channel(Shown::default());
    let task = tokio::spawn(async move {
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut idle = 0_u32;
        let mut view = View::new(&env, &attempt, length).await;
        loop {
            let waits = view.loading;
            let at_once = tokio::select! {
                _ = beat.tick() => false,
                // A model may be there before the next beat.
                Ok(_) = receiver.wait_for(|shown| shown.loading != waits) => true,
            };
            let moved = at_once || receiver.has_changed().unwrap_or(false);
            idle = if moved { 0 } else { idle + 1 };
            if !moved && !idle.is_multiple_of(BEATS_BETWEEN_CHECKS) {
                continue;
            }
            let shown = *receiver.borrow_and_update();
            view.loading = shown.loading;
            match report(&env, &attempt, &mut view, shown).await {
                Ok(true) => {}
                Ok(false) => {
                    tracing::info!(transcript = %attempt.transcript, stage = %attempt.stage, "no longer wanted");
                    cancel.cancel();
                    return;
                }
                // The database is away; the job itself will notice if it stays away.
                Err(error) => tracing::debug!(%error, "progress could not be written"),
            }
        }
    });
    (Progress(sender), AbortOnDropHandle::new(task))
}

/// What is needed to tell how long it will still take.
struct View {
    state: StageState,
    pace: Pace,
    length: f64,
    loading: bool,
}

impl View {
    async fn new(env: &Environment, attempt: &Attempt, length: f64) -> Self {
        let pace = match env.pool.get().await {
            Ok(mut conn) => estimate::pace(&mut conn).await.unwrap_or_default(),
            Err(_) => Pace::default(),
        };
        let state = StageState {
            status: StageStatus::Running,
            attempt: Some(attempt.id),
            starts: 1,
            started_at: Some(clock::now()),
            ..StageState::waiting(attempt.stage, attempt.run)
        };
        Self { state, pace, length, loading: false }
    }

    /// Seconds; `None` while the length of the recording is not known.
    fn left(&self) -> Option<f64> {
        let stages = std::slice::from_ref(&self.state);
        estimate::from_pace(&self.pace, self.length, stages, clock::now()).seconds_left
    }
}

/// False when the attempt is stale.
async fn report(
    env: &Environment,
    attempt: &Attempt,
    view: &mut View,
    shown: Shown,
) -> Result<bool, DbError> {
    #[expect(clippy::cast_possible_truncation, reason = "a share of the whole")]
    let share = shown.done as f32;
    let mut conn = env.pool.get().await?;
    let wanted = stage::progress(&mut conn, attempt, share, shown.note()).await?;
    drop(conn);
    if wanted {
        view.state.progress = share;
        let details = StageEvent {
            progress: share,
            seconds_left: view.left(),
            note: shown.note().map(str::to_owned),
            ..StageEvent::default()
        };
        announce::progress(env, attempt.transcript, attempt.stage, details).await;
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_never_goes_back_and_parts_fill_their_share() {
        let (sender, receiver) = watch::channel(Shown::default());
        let progress = Progress(sender);
        let part = progress.part(0.2, 0.6);
        part(0.5);
        assert!((receiver.borrow().done - 0.4).abs() < 1e-9);
        progress.set(0.1);
        assert!((receiver.borrow().done - 0.4).abs() < 1e-9);
        part(7.0);
        assert!((receiver.borrow().done - 0.6).abs() < 1e-9);
    }

    #[test]
    fn a_model_is_being_loaded_until_the_work_goes_on() {
        let (sender, mut receiver) = watch::channel(Shown::default());
        let progress = Progress(sender);
        progress.set(0.5);
        progress.loading();
        assert_eq!((receiver.borrow().note(), receiver.borrow().done), (Some("loading the model"), 0.5));
        // Without having got further, too.
        progress.set(0.0);
        assert_eq!(*receiver.borrow_and_update(), Shown { done: 0.5, loading: false });
        progress.set(0.4);
        assert!(!receiver.has_changed().unwrap(), "nothing new");
    }
}
