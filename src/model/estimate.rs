//! How far the work is and how long it will take, learned from what earlier work took here.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Double, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;

use super::stage::{Stage, StageState, StageStatus};

/// Seconds of work per second of sound, by stage.
#[derive(Clone, Debug, Default)]
pub struct Pace(HashMap<Stage, f64>);

impl Pace {
    /// What it took here, else what a small machine takes.
    fn of(&self, stage: Stage) -> f64 {
        self.0.get(&stage).copied().unwrap_or(match stage {
            Stage::Ingest => 0.02,
            Stage::Transcribe => 0.2,
            Stage::Diarize => 0.1,
            Stage::Assemble | Stage::Deliver => 0.001,
            Stage::Topics | Stage::Title | Stage::Summarize => 0.01,
        })
    }
}

/// How far one stage is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StageEstimate {
    pub stage: Stage,
    /// 0 to 100.
    pub percent: f64,
    /// Seconds; 0 when it is over.
    pub seconds_left: f64,
}

/// How far all of it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Estimate {
    pub stages: Vec<StageEstimate>,
    /// 0 to 100, weighted by how long each stage takes.
    pub percent: f64,
    /// Seconds until everything is done, one stage after the other; `None` when the length of the recording is not
    /// known yet, or a failure stands in the way.
    pub seconds_left: Option<f64>,
}

/// What the stages took here: the median over the last 20 times each was done.
///
/// # Errors
/// Those of the database.
pub async fn pace(conn: &mut AsyncPgConnection) -> QueryResult<Pace> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        stage: Stage,
        #[diesel(sql_type = Double)]
        pace: f64,
    }
    let stages: Vec<&str> = Stage::ALL.iter().map(|stage| stage.as_str()).collect();
    let rows: Vec<Row> = diesel::sql_query(
        "SELECT s.stage, percentile_cont(0.5) WITHIN GROUP (ORDER BY r.pace) AS pace
         FROM unnest($1) AS s (stage), LATERAL (
             SELECT extract(epoch FROM finished_at - started_at)::float8 / audio_seconds AS pace
             FROM stage_run WHERE stage = s.stage AND outcome = 'done' AND audio_seconds > 0
             ORDER BY finished_at DESC LIMIT 20
         ) AS r GROUP BY s.stage",
    )
    .bind::<Array<Text>, _>(stages)
    .load(conn)
    .await?;
    Ok(Pace(rows.into_iter().map(|row| (row.stage, row.pace)).collect()))
}

/// Percent and time left of a transcript of `audio_seconds`, whose stages stand as given.
///
/// # Errors
/// Those of the database.
pub async fn estimate(
    conn: &mut AsyncPgConnection,
    audio_seconds: f64,
    stages: &[StageState],
    now: DateTime<Utc>,
) -> QueryResult<Estimate> {
    let unfinished = stages.iter().any(|state| state.status != StageStatus::Done);
    let pace = if unfinished { pace(conn).await? } else { Pace::default() };
    Ok(from_pace(&pace, audio_seconds, stages, now))
}

/// The arithmetic of [`estimate`].
pub fn from_pace(pace: &Pace, audio_seconds: f64, stages: &[StageState], now: DateTime<Utc>) -> Estimate {
    // An unknown length still gives the stages their weights.
    let length = if audio_seconds > 0.0 { audio_seconds } else { 60.0 };
    let (mut done, mut all, mut left) = (0.0, 0.0, 0.0);
    let mut failed = false;
    let stages = stages
        .iter()
        .map(|state| {
            let expected = (pace.of(state.stage) * length).max(0.1);
            let fraction = f64::from(state.progress);
            let (percent, seconds_left) = match state.status {
                StageStatus::Done => (100.0, 0.0),
                StageStatus::Waiting | StageStatus::Queued => (0.0, expected),
                StageStatus::Failed => (100.0 * fraction, 0.0),
                StageStatus::Running => (100.0 * fraction, running(state, expected, now)),
            };
            failed |= state.status == StageStatus::Failed;
            done += expected * (percent / 100.0);
            all += expected;
            left += seconds_left;
            StageEstimate { stage: state.stage, percent, seconds_left }
        })
        .collect();
    let percent = if all > 0.0 { 100.0 * (done / all) } else { 0.0 };
    Estimate { stages, percent, seconds_left: (!failed && audio_seconds > 0.0).then_some(left) }
}

/// Time left of a running stage: what history says at first, more and more what this run's own progress says.
fn running(state: &StageState, expected: f64, now: DateTime<Utc>) -> f64 {
    let fraction = f64::from(state.progress).clamp(0.0, 1.0);
    let by_history = expected * (1.0 - fraction);
    let elapsed = state.started_at.map_or(0.0, |start| (now - start).as_seconds_f64().max(0.0));
    if fraction < 0.05 {
        // It may report no progress at all: then only the clock tells.
        return (expected - elapsed).max(by_history * 0.1);
    }
    let by_progress = elapsed / fraction * (1.0 - fraction);
    by_progress * fraction + by_history * (1.0 - fraction)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::model::stage::tests::state;

    #[test]
    fn history_weighs_the_stages() {
        let pace = Pace(HashMap::from([(Stage::Ingest, 0.1), (Stage::Transcribe, 0.9)]));
        let stages = [
            state(Stage::Ingest, StageStatus::Done, 1.0),
            state(Stage::Transcribe, StageStatus::Queued, 0.0),
        ];
        let estimate = from_pace(&pace, 100.0, &stages, Utc::now());
        assert!((estimate.percent - 10.0).abs() < 1e-9);
        assert!((estimate.seconds_left.unwrap() - 90.0).abs() < 1e-9);
        assert_eq!(estimate.stages[0].seconds_left, 0.0);
    }

    #[test]
    fn a_running_stage_trusts_itself_more_and_more() {
        let now = Utc::now();
        let pace = Pace(HashMap::from([(Stage::Transcribe, 1.0)]));
        // History says 100 s in all; this run does half in 100 s.
        let mut half = state(Stage::Transcribe, StageStatus::Running, 0.5);
        half.started_at = Some(now - TimeDelta::seconds(100));
        let left = from_pace(&pace, 100.0, &[half.clone()], now).seconds_left.unwrap();
        assert!((left - 75.0).abs() < 1e-6, "{left}");
        half.progress = 0.0;
        assert!(from_pace(&pace, 100.0, &[half], now).seconds_left.unwrap() > 0.0);
    }

    #[test]
    fn a_failure_or_an_unknown_length_has_no_end() {
        let failed = [state(Stage::Ingest, StageStatus::Failed, 0.0)];
        assert_eq!(from_pace(&Pace::default(), 100.0, &failed, Utc::now()).seconds_left, None);
        let unknown = [state(Stage::Ingest, StageStatus::Running, 0.0)];
        assert_eq!(from_pace(&Pace::default(), 0.0, &unknown, Utc::now()).seconds_left, None);
        assert_eq!(from_pace(&Pace::default(), 10.0, &[], Utc::now()).percent, 0.0);
    }
}
