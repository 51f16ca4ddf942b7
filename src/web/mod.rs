//! Pages, API, WebSocket, health.
//!
//! [`router()`](router::router) is the table of contents. Handlers read through [`read`], ask [`crate::policy`] what a
//! [`viewer::Viewer`] may do, and answer with [`respond`]'s two skins of one error: JSON under `/v1`, a page elsewhere.

mod api;
mod assets;
mod audit;
mod cookies;
mod cors;
mod door;
mod erased;
mod etag;
mod extract;
mod features;
mod headers;
mod health;
mod links;
mod listen;
mod login;
mod metrics;
mod notes;
mod pages;
mod print;
mod provider;
mod quotes;
mod ranges;
mod read;
mod respond;
mod rooms;
mod router;
mod say;
mod security;
mod sending;
mod tell;
mod uploads;
mod viewer;
mod waveform;
mod ws;

use std::future::Future;

use tokio::net::TcpListener;

use crate::app::App;
use crate::lifecycle::serve;

pub use router::{openapi, router};

/// Serves pages and API on `listener` until `shutdown` completes; requests that are under way then end first.
///
/// # Errors
/// The listener breaks.
pub async fn serve(
    app: App,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    serve::serve(router(app), listener, shutdown).await
}

/// Serves what whoever watches a worker asks for (`/livez`, `/metrics`) until `shutdown` completes.
///
/// # Errors
/// The listener breaks.
pub async fn serve_worker(
    app: App,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    serve::serve(router::worker(app), listener, shutdown).await
}
