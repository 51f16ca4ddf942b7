//! What people see. Every page works without script; with it, pages follow the sound and the work.

mod actions;
mod format;
mod gist;
mod languages;
mod leaves;
mod library;
pub(super) mod login;
mod people;
mod places;
pub(super) mod provider;
pub(super) mod rooms;
mod rows;
pub(super) mod settings;
pub(super) mod setup;
mod stages;
mod start;
mod transcript;
mod trust;
mod turns;
mod wave;

pub(super) use actions::{delete, process, restore, room, speakers, title, upload};
pub(super) use format::{bytes, sentence};
pub(super) use library::library;
pub(super) use start::start;
pub(super) use transcript::{leaf, parts, transcript};
pub(super) use trust::{certificate, trust};

use super::respond::PageError;
use crate::error::Error;

/// Every address that names nothing.
pub(super) async fn not_found() -> PageError {
    Error::NotFound("Page").into()
}
