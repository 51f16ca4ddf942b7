//! `GET …/topics`, `…/topics/with-words` and `…/topics/{topic}/words-per-speaker`.

use std::borrow::Cow;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::shapes::{SpeakerWordsOut, WordOut, runs, words};
use crate::app::App;
use crate::bus::TopicEvent;
use crate::error::Error;
use crate::ids::{TopicId, TranscriptId};
use crate::jobs;
use crate::model::{Segment, Topic, TranscriptView};
use crate::policy::Viewer;
use crate::web::extract::ApiPath;
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

/// A topic and what was said in it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct TopicOut {
    #[serde(flatten)]
    topic: TopicEvent,
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<Vec<WordOut>>,
}

/// What was talked about
#[utoipa::path(get, path = "/transcripts/{id}/topics", operation_id = "list_topics", tag = "transcripts",
    params(("id" = TranscriptId, Path)), responses((status = 200, body = Vec<TopicOut>)))]
pub(in crate::web) async fn topics(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
) -> Result<Json<Vec<TopicOut>>, ApiError> {
    Ok(Json(list(&app, viewer, id, false).await?))
}

/// What was talked about, word by word
#[utoipa::path(get, path = "/transcripts/{id}/topics/with-words", operation_id = "list_topics_with_words",
    tag = "transcripts", params(("id" = TranscriptId, Path)), responses((status = 200, body = Vec<TopicOut>)))]
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
    let segments = match with_words {
        true => Cow::Owned(view.segments(&mut conn).await?),
        false => view.lines(&mut conn).await?,
    };
    drop(conn);
    Ok(all(&view, &segments, with_words))
}

/// The topics with the text that belongs to each.
pub(super) fn all(view: &TranscriptView, segments: &[Segment], with_words: bool) -> Vec<TopicOut> {
    let words_of = |topic: &Topic| words(segments.iter().filter(|segment| topic.holds(segment)));
    let topics = view.topics.iter().map(|topic| TopicOut {
        topic: jobs::topic_event(topic, segments),
        words: with_words.then(|| words_of(topic)),
    });
    topics.collect()
}

/// A topic and what was said in it, by whom.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct TopicBySpeakerOut {
    #[serde(flatten)]
    topic: TopicEvent,
    /// In order of time: whoever speaks again comes again.
    words_per_speaker: Vec<SpeakerWordsOut>,
}

/// The words of one topic, by speaker
#[utoipa::path(get, path = "/transcripts/{id}/topics/{topic}/words-per-speaker", operation_id = "get_topic_by_speaker",
    tag = "speakers", params(("id" = TranscriptId, Path), ("topic" = TopicId, Path)),
    responses((status = 200, body = TopicBySpeakerOut)))]
pub(in crate::web) async fn words_per_speaker(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath((id, topic)): ApiPath<(TranscriptId, String)>,
) -> Result<Json<TopicBySpeakerOut>, ApiError> {
    let mut conn = read::connect(&app).await?;
    let (view, _) = read::view(&mut conn, viewer, id).await?;
    let wanted: Option<TopicId> = topic.parse().ok();
    let topic = view.topics.iter().find(|topic| Some(topic.id) == wanted).ok_or(Error::NotFound("Topic"))?;
    let segments = view.segments(&mut conn).await?;
    Ok(Json(TopicBySpeakerOut {
        topic: jobs::topic_event(topic, &segments),
        words_per_speaker: runs(words(segments.iter().filter(|segment| topic.holds(segment)))),
    }))
}
