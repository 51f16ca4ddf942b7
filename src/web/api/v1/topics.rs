//! `GET …/topics` and `GET …/topics/with-words`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::shapes::{WordOut, words};
use crate::app::App;
use crate::bus::TopicEvent;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::jobs;
use crate::model::Topic;
use crate::policy::Viewer;
use crate::web::extract::ApiPath;
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

/// A topic and what was said in it.
#[derive(Debug, Serialize)]
pub(in crate::web) struct TopicOut {
    #[serde(flatten)]
    topic: TopicEvent,
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<Vec<WordOut>>,
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
    let words_of = |topic: &Topic| words(segments.iter().filter(|segment| topic.holds(segment)));
    let topics = view.topics.iter().map(|topic| TopicOut {
        topic: jobs::topic_event(topic, &segments),
        words: with_words.then(|| words_of(topic)),
    });
    Ok(topics.collect())
}
