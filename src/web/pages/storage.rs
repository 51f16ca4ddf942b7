//! How much room recordings take: one's own; for those who look after the installation everybody's, and what is free.

use std::path::Path;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::format::{bytes, length};
use super::tabs::{self, Tab};
use crate::app::App;
use crate::error::Error;
use crate::model::usage::{self, Used};
use crate::policy::{self, Usage};
use crate::storage::Room;
use crate::web::respond::{PageError, html};
use crate::web::say::{self, filters, say, say_with};
use crate::web::viewer::Asking;
use crate::web::{assets, read};

#[derive(Template)]
#[template(path = "storage.html")]
struct StoragePage {
    version: &'static str,
    here: &'static str,
    tabs: Vec<Tab>,
    all: bool,
    /// Numbers of all that is shown, and what the catalogue calls them.
    facts: Vec<(&'static str, String)>,
    people: Vec<PersonView>,
    disks: Vec<DiskView>,
    /// Where objects are, if that is no disk of this machine.
    bucket: String,
}

/// What one person keeps.
struct PersonView {
    who: String,
    size: String,
    /// Of all, 0 to 100.
    percent: u32,
    facts: Vec<String>,
}

impl PersonView {
    fn new(used: &Used, all: i64) -> Self {
        let size = used.uploaded.saturating_add(used.decoded);
        let percent = if all > 0 { (size as f64 / all as f64 * 100.0).round() as u32 } else { 0 };
        let mut facts = vec![transcripts(used.transcripts), length(used.seconds)];
        if used.trashed > 0 {
            let size = bytes(used.in_trash.unsigned_abs());
            facts.push(say_with("status-storage-in-trash", &[("size", size.into())]));
        }
        facts.retain(|fact| !fact.is_empty());
        let who = match (&used.email, used.user_id) {
            (Some(email), _) => email.clone(),
            (None, Some(_)) => say("status-storage-no-address"),
            (None, None) => say("status-storage-ownerless"),
        };
        Self { who, size: bytes(size.unsigned_abs()), percent, facts }
    }
}

/// A disk.
struct DiskView {
    name: &'static str,
    path: String,
    percent: u32,
    text: String,
    /// Less than one long recording needs.
    short: bool,
}

/// As doctor has it: one long recording with its decoded sound.
const LEAST_FREE: u64 = 2_000_000_000;

impl DiskView {
    fn of(name: &'static str, path: &Path) -> Option<Self> {
        let room = Room::of(path).ok()?;
        let used = room.total.saturating_sub(room.free);
        let percent = if room.total > 0 { used as f64 / room.total as f64 * 100.0 } else { 0.0 };
        Some(Self {
            name,
            path: path.display().to_string(),
            percent: percent.round() as u32,
            text: say_with(
                "status-storage-free",
                &[("free", bytes(room.free).into()), ("all", bytes(room.total).into())],
            ),
            short: room.free < LEAST_FREE,
        })
    }
}

fn transcripts(count: i64) -> String {
    say_with("status-storage-transcripts", &[("count", count.into())])
}

fn facts(used: &[Used]) -> Vec<(&'static str, String)> {
    let sum = |number: fn(&Used) -> i64| used.iter().map(number).sum::<i64>().unsigned_abs();
    let seconds: f64 = used.iter().map(|one| one.seconds).sum();
    let spoken = match length(seconds) {
        none if none.is_empty() => say("status-storage-none"),
        some => some,
    };
    vec![
        ("status-storage-count", say::number(&sum(|one| one.transcripts).to_string())),
        ("status-storage-length", spoken),
        ("status-storage-uploaded", bytes(sum(|one| one.uploaded))),
        (
            "status-storage-made",
            say_with("status-storage-about", &[("size", bytes(sum(|one| one.decoded)).into())]),
        ),
        ("status-storage-trashed", bytes(sum(|one| one.in_trash))),
    ]
}

/// `GET /storage`.
pub(in crate::web) async fn storage(
    State(app): State<App>,
    Asking(viewer): Asking,
) -> Result<Response, PageError> {
    let usage = policy::usage(viewer).ok_or(Error::Unauthorized)?;
    let of = match usage {
        Usage::All => None,
        Usage::Of(user) => Some(user),
    };
    let used = usage::used(&mut *read::connect(&app).await?, of).await?;
    let all = usage == Usage::All;
    let total = used.iter().map(|one| one.uploaded.saturating_add(one.decoded)).sum();
    let config = &app.config().storage;
    let mut disks = Vec::new();
    if all {
        if config.s3.is_none() {
            disks.extend(DiskView::of("status-storage-recordings", &config.dir));
        }
        let scratch = config.scratch.clone().unwrap_or_else(std::env::temp_dir);
        disks.extend(DiskView::of("status-storage-scratch", &scratch));
    }
    let bucket = config.s3.as_ref().filter(|_| all);
    Ok(html(&StoragePage {
        version: &assets::VERSION,
        here: "settings",
        tabs: tabs::settings(&app, viewer, "/storage"),
        all,
        facts: facts(&used),
        people: if all { used.iter().map(|one| PersonView::new(one, total)).collect() } else { Vec::new() },
        disks,
        bucket: bucket.map(|s3| s3.bucket.clone()).unwrap_or_default(),
    }))
}
