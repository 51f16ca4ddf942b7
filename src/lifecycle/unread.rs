//! What is left of a request's body that nobody wanted.
//!
//! Who is refused may still be sending: if the connection were closed on them, their system would tell them that it broke, and throw away the
//! answer that says why. So the rest is read and thrown away, within limits. Source: RFC 9112, section 9.6.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use tokio::runtime::Handle;
use tokio::time::timeout;

/// More than the chunk that a page sends at once.
const MOST: usize = 16 << 20;
const LONGEST: Duration = Duration::from_secs(5);

/// A body that is read to its end when it is dropped before.
pub struct Polite<B: HttpBody<Data = Bytes> + Send + Unpin + 'static>(Option<B>);

impl<B: HttpBody<Data = Bytes> + Send + Unpin + 'static> Polite<B> {
    pub fn new(body: B) -> Self {
        Self(Some(body))
    }
}

impl<B: HttpBody<Data = Bytes> + Send + Unpin + 'static> HttpBody for Polite<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, B::Error>>> {
        self.0.as_mut().map_or(Poll::Ready(None), |body| Pin::new(body).poll_frame(context))
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.0.as_ref().map(HttpBody::size_hint).unwrap_or_default()
    }
}

impl<B: HttpBody<Data = Bytes> + Send + Unpin + 'static> Drop for Polite<B> {
    fn drop(&mut self) {
        let rest = self.0.take().filter(|body| !body.is_end_stream());
        if let (Some(rest), Ok(runtime)) = (rest, Handle::try_current()) {
            runtime.spawn(timeout(LONGEST, throw_away(rest)));
        }
    }
}

async fn throw_away<B: HttpBody<Data = Bytes> + Unpin>(mut body: B) {
    let mut read = 0;
    while read <= MOST
        && let Some(Ok(frame)) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
    {
        read += frame.data_ref().map_or(0, Bytes::len);
    }
}
