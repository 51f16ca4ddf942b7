//! What people see. Every page works without script; with it, pages follow the sound and the work.

mod about;
mod actions;
pub(super) mod admin;
mod another;
mod appearance;
mod deeds;
mod design;
mod docs;
mod format;
mod gist;
mod languages;
mod leaves;
mod library;
pub(super) mod login;
mod models;
mod naming;
mod notes;
mod people;
mod places;
mod privacy;
pub(super) mod provider;
mod queue;
pub(super) mod quote;
pub(super) mod quoting;
mod record;
pub(super) mod room_sending;
pub(super) mod rooms;
mod rows;
pub(super) mod sending;
pub(super) mod settings;
pub(super) mod setup;
mod share;
mod speakers;
mod stages;
mod start;
mod storage;
mod tabs;
mod transcript;
mod trust;
mod turns;
mod wave;

pub(super) use about::about;
pub(super) use actions::{delete, finish, process, restore, room, title, upload};
pub(super) use another::another;
pub(super) use appearance::choose as appearance;
pub(super) use design::design;
pub(super) use docs::docs;
pub(super) use format::{bytes_of_api as bytes, sentence};
pub(super) use library::{bulk, library, undo};
pub(super) use models::models;
pub(super) use naming::save as speakers;
pub(super) use notes::save as notes;
pub(super) use people::label as speaker_label;
pub(super) use privacy::privacy;
pub(super) use queue::queue;
pub(super) use record::record;
pub(super) use share::{share, show as share_page};
pub(super) use speakers::{merge, show as speakers_page, take_back};
pub(super) use start::start;
pub(super) use storage::storage;
pub(super) use transcript::{leaf, parts, pdf, transcript};
pub(super) use trust::{certificate, trust};

use super::respond::PageError;
use crate::error::Error;

/// Every address that names nothing.
pub(super) async fn not_found() -> PageError {
    Error::NotFound("Page").into()
}
