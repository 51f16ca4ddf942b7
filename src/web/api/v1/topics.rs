//! `GET …/topics` and `GET …/topics/with-words`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::shapes::{WordOut, words};
use crate::app::App;
use crate::error::Error;
use crate::ids::{TopicId, TranscriptId};
use crate::model::{Segment, Topic};
use crate::policy::Viewer;
use crate::web::extract::ApiPath;
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

/// A topic and what was said in it; times in seconds.
#[derive(Debug, Serialize)]
pub(in crate::web) struct TopicOut {
    id: TopicId,
    title: String,
    summary: String,
    timestamp: f64,
    duration: Option<f64>,
    transcript: String,
    segments: Vec<TopicSegment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<Vec<WordOut>>,
}

/// A segment of a topic.
#[derive(Debug, Serialize)]
struct TopicSegment {
    text: String,
    start: f64,
    speaker: i32,
}

/// `GET …/topics`.
pub(in crate::web) async fn topics(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
) -> Result<Json<Vec<TopicOut>>, ApiError> {
    Ok(Json(list(&app, viewer, id, false).await?))
}

/// `GET …/topics/with-words`.
pub(in crate::web) async fn with_words(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
) -> Result<Json<Vec<TopicOut>>, ApiError> {
    Ok(Json(list(&app, viewer, id, true).await?))
}

async fn list(app: &App, viewer: Viewer, id: TranscriptId, with_words: bool) -> Result<Vec<TopicOut>, Error> {
    let mut conn = read::connect(app).await?;
    let (view, _) = read::view(&mut conn, viewer, id).await?;
    let segments = view.segments(&mut conn).await?;
    Ok(view.topics.iter().map(|topic| one(topic, &segments, with_words)).collect())
}

fn one(topic: &Topic, all: &[Segment], with_words: bool) -> TopicOut {
    let inside = || all.iter().filter(|segment| segment.start >= topic.start && segment.start < topic.end);
    TopicOut {
        id: topic.id,
        title: topic.title.clone(),
        summary: topic.summary.clone(),
        timestamp: topic.start,
        duration: Some(topic.end - topic.start),
        transcript: inside().map(|segment| segment.text.as_str()).collect::<String>().trim().to_owned(),
        segments: inside()
            .map(|segment| TopicSegment {
                text: segment.text.clone(),
                start: segment.start,
                speaker: segment.speaker.unwrap_or(0),
            })
            .collect(),
        words: with_words.then(|| words(inside())),
    }
}
