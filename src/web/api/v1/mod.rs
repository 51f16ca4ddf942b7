//! Version 1.

pub(in crate::web) mod api_keys;
pub(in crate::web) mod audio;
pub(in crate::web) mod audit;
pub(in crate::web) mod auth;
pub(in crate::web) mod config;
pub(in crate::web) mod destroy;
pub(in crate::web) mod download;
pub(in crate::web) mod edits;
pub(in crate::web) mod idempotency;
pub(in crate::web) mod list;
pub(in crate::web) mod participants;
pub(in crate::web) mod process;
pub(in crate::web) mod quotes;
pub(in crate::web) mod rooms;
pub(in crate::web) mod search;
pub(in crate::web) mod sending;
pub(in crate::web) mod shapes;
pub(in crate::web) mod speaker;
pub(in crate::web) mod text;
pub(in crate::web) mod topics;
pub(in crate::web) mod transcripts;
pub(in crate::web) mod upload;
pub(in crate::web) mod webhook;
pub(in crate::web) mod zip;
pub(in crate::web) mod zulip;

use std::fmt::Display;
use std::ops::RangeInclusive;

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::web::respond::ApiError;

/// A number of a request, if it is within the bounds that it has.
///
/// # Errors
/// [`Error::Invalid`] of `field`, with the bounds.
pub(in crate::web) fn within<T: PartialOrd + Display>(
    field: &'static str,
    value: T,
    bounds: RangeInclusive<T>,
) -> Result<T, Error> {
    if bounds.contains(&value) {
        return Ok(value);
    }
    Err(Error::Invalid { field, message: format!("must be from {} to {}", bounds.start(), bounds.end()) })
}

/// That what was asked for is done.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct Done {
    status: DoneStatus,
}

/// Nothing but this.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum DoneStatus {
    Ok,
}

pub(in crate::web) fn ok() -> Json<Done> {
    Json(Done { status: DoneStatus::Ok })
}

/// Every address under /v1 that names nothing.
pub(in crate::web) async fn not_found() -> ApiError {
    Error::NotFound("Route").into()
}
