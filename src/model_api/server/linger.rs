//! Refusals that reach their reader: a client that is still sending sees its connection cut, and never the answer, if the
//! server closes before it has read what is under way.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures::StreamExt;
use tokio::sync::Mutex;

/// For so long the rest of a refused request is read and thrown away.
const LONGEST: Duration = Duration::from_secs(5);

/// Reads what a handler that refuses has left of its request's body.
pub(super) async fn linger(request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let body = Arc::new(Mutex::new(body.into_data_stream()));
    let pieces = futures::stream::unfold(body.clone(), |body| async move {
        let piece = body.lock().await.next().await?;
        Some((piece, body))
    });
    let response = next.run(Request::from_parts(head, Body::from_stream(pieces))).await;
    if !response.status().is_success() {
        let rest = async { while let Some(Ok(_)) = body.lock().await.next().await {} };
        let _cut = tokio::time::timeout(LONGEST, rest).await;
    }
    response
}
