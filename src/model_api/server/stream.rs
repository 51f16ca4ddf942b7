//! Answers that come while the work goes on, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_stream::wrappers::UnboundedReceiverStream;

use super::error::ApiError;
use super::task::Task;

/// What goes wrong this early is answered with its own status; later it can only be an event.
const EARLY: Duration = Duration::from_secs(10);
/// A connection on which nothing comes is taken for dead by what is on the way.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// News of the work: events, and at the end perhaps an error.
pub(super) type News = Result<Value, ApiError>;

/// Passes news on until there is no more. The task ends with the stream, and so does the work if the client hangs up.
pub(super) async fn respond(task: Task, mut news: UnboundedReceiver<News>) -> Result<Response, ApiError> {
    let first = match tokio::time::timeout(EARLY, news.recv()).await {
        Ok(Some(Err(error))) => return Err(error),
        Ok(first) => first,
        Err(_) => None,
    };
    let events = futures::stream::iter(first).chain(UnboundedReceiverStream::new(news)).map(move |one| {
        let _until_the_end = &task;
        Ok::<_, Infallible>(event(one))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
}

fn event(news: News) -> Event {
    let body = match news {
        Ok(value) => value,
        Err(error) => {
            let mut body = error.body();
            body["type"] = json!("error");
            body["status"] = json!(error.status.as_u16());
            body
        }
    };
    Event::default().data(body.to_string())
}
