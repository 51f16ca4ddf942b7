//! Quotes, as API and pages share them: words, speakers and sound of a few seconds, and nothing else of the recording.

use std::ops::Range;

use chrono::TimeDelta;
use diesel_async::AsyncConnection;

use super::pages::speaker_label;
use super::read;
use crate::app::App;
use crate::auth::secret;
use crate::clock;
use crate::db::Connection;
use crate::error::Error;
use crate::ids::{QuoteId, TranscriptId};
use crate::model::{Quote, Segment, Transcript, TranscriptView, quote, transcript};
use crate::policy::{self, Viewer};
use crate::storage::StorageKey;

/// Bytes of a second of what is listened to, and of one sample: see [`StorageKey::Pcm`].
const RATE: u32 = 16_000;
const SAMPLE: u32 = 2;

/// Seconds that a quote has at most.
const LONGEST: f64 = 600.0;
/// Seconds for which a link holds: at least, at most, and unless something else is said.
const SHORTEST_LIFE: i64 = 60;
const LONGEST_LIFE: i64 = 365 * 24 * 3600;
pub(super) const LIFE: i64 = 30 * 24 * 3600;
/// What pages let people choose from: seconds, and the name that the catalogue has for them.
pub(super) const LIVES: [(i64, &str); 4] = [
    (24 * 3600, "quoting-day"),
    (7 * 24 * 3600, "quoting-week"),
    (LIFE, "quoting-month"),
    (LONGEST_LIFE, "quoting-year"),
];
/// Quotes that one transcript may have at a time.
const MOST: usize = 1000;

/// What one person says in a quote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// What they are called on pages; `None` until speakers are told apart.
    pub speaker: Option<String>,
    pub text: String,
}

/// Makes a link to what is said from `start` to `end`, in seconds, for `life` seconds: the quote, the secret part of its link, which is
/// kept nowhere, and its lines.
///
/// # Errors
/// Those of [`read::allowed`]; [`Error::Invalid`] naming the field and its limit; [`Error::Conflict`]: there is no sound yet, or
/// there are as many quotes as there may be.
pub(super) async fn make(
    conn: &mut Connection,
    viewer: Viewer,
    id: TranscriptId,
    (start, end): (f64, f64),
    life: i64,
) -> Result<(Quote, String, Vec<Line>), Error> {
    conn.transaction(async |conn| {
        let row = read::held(conn, viewer, id, policy::may_quote).await?;
        fits(&row, (start, end), life)?;
        let now = clock::now();
        if quote::list(conn, id, now).await?.len() >= MOST {
            let text = format!("A transcript may have {MOST} quotes at a time; take one back first");
            return Err(Error::Conflict(text));
        }
        let token = secret::random();
        let new = Quote::new(id, (start, end), secret::hash(&token), now, now + TimeDelta::seconds(life));
        let kept = quote::create(conn, &new).await?;
        let (view, _) = read::view(conn, viewer, id).await?;
        let segments = view.segments(conn).await?;
        let lines = lines(&view, &segments, &kept);
        Ok((kept, token, lines))
    })
    .await
}

/// Whether a transcript can have a quote of these seconds, for so long.
fn fits(row: &Transcript, (start, end): (f64, f64), life: i64) -> Result<(), Error> {
    let refused = |field: &'static str, message: String| Error::Invalid { field, message };
    if row.duration <= 0.0 {
        return Err(Error::Conflict("There is no sound yet to quote from".into()));
    }
    if !(start >= 0.0 && start < row.seconds()) {
        let message = format!("must be at least 0 and before the recording's end, {:.2} s", row.seconds());
        return Err(refused("start", message));
    }
    // Lengths are rounded to milliseconds.
    if !(end > start && end <= row.seconds() + 0.001) {
        let message =
            format!("must be after start and not after the recording's end, {:.2} s", row.seconds());
        return Err(refused("end", message));
    }
    if end - start > LONGEST {
        return Err(refused("end", format!("a quote may have at most {LONGEST} seconds")));
    }
    if !(SHORTEST_LIFE..=LONGEST_LIFE).contains(&life) {
        let message = format!("must be from {SHORTEST_LIFE} to {LONGEST_LIFE} seconds");
        return Err(refused("expires_in", message));
    }
    Ok(())
}

/// Takes a link back; false when it is gone already.
///
/// # Errors
/// As [`read::allowed`].
pub(super) async fn revoke(
    conn: &mut Connection,
    viewer: Viewer,
    id: TranscriptId,
    one: QuoteId,
) -> Result<bool, Error> {
    conn.transaction(async |conn| {
        read::held(conn, viewer, id, |may| may.write).await?;
        Ok(quote::revoke(conn, id, one).await?)
    })
    .await
}

/// A transcript's quotes that have not ended, the newest first, with what is said in each.
///
/// # Errors
/// Those of the database.
pub(super) async fn all(conn: &mut Connection, view: &TranscriptView) -> Result<Vec<(Quote, String)>, Error> {
    let found = quote::list(conn, view.transcript.id, clock::now()).await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let segments = view.segments(conn).await?;
    let said = |quote: Quote| {
        let text = text(&lines(view, &segments, &quote));
        (quote, text)
    };
    Ok(found.into_iter().map(said).collect())
}

/// The lines as one text.
pub(super) fn text(lines: &[Line]) -> String {
    lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// The quote behind a link, with its transcript.
///
/// # Errors
/// [`Error::NotFound`]: there is none, it has ended or was taken back, or its transcript is in the trash.
pub(super) async fn behind(conn: &mut Connection, token: &str) -> Result<(Quote, Transcript), Error> {
    let found =
        quote::find(conn, &secret::hash(token), clock::now()).await?.ok_or(Error::NotFound("Quote"))?;
    let row = transcript::get(conn, found.transcript_id).await?;
    let row = row.filter(|row| policy::shows_quotes(row.into())).ok_or(Error::NotFound("Quote"))?;
    Ok((found, row))
}

/// What is said in a quote: words of which at least the middle lies within, as the text reads now.
pub(super) fn lines(view: &TranscriptView, segments: &[Segment], quote: &Quote) -> Vec<Line> {
    let names = view.speaker_names();
    let within = |start: f64, end: f64| (quote.start..=quote.end).contains(&f64::midpoint(start, end));
    let mut in_order: Vec<&Segment> = segments.iter().collect();
    in_order.sort_by(|one, other| one.start.total_cmp(&other.start));
    let mut lines: Vec<(Option<i32>, String)> = Vec::new();
    for segment in in_order {
        let words = segment.words.iter().filter(|word| within(word.start, word.end));
        let mut text: String = words.map(|word| word.text.as_str()).collect();
        if segment.words.is_empty() && within(segment.start, segment.end) {
            text = format!(" {}", segment.text.trim());
        }
        match lines.last_mut() {
            _ if text.trim().is_empty() => {}
            Some((speaker, before)) if *speaker == segment.speaker => before.push_str(&text),
            _ => lines.push((segment.speaker, text)),
        }
    }
    let line = |(speaker, text): (Option<i32>, String)| Line {
        speaker: speaker
            .map(|speaker| names.given(speaker).map_or_else(|| speaker_label(speaker), str::to_owned)),
        text: text.trim().to_owned(),
    };
    lines.into_iter().map(line).collect()
}

/// Which bytes of what is listened to a quote has, whole samples; `None` where there is no sound of it (any more).
///
/// # Errors
/// Those of the store.
pub(super) async fn sound(app: &App, quote: &Quote, row: &Transcript) -> Result<Option<Range<u64>>, Error> {
    if row.audio_deleted {
        return Ok(None);
    }
    let size = app.storage().size(&StorageKey::Pcm { transcript: row.id }).await?.unwrap_or_default();
    // `as` saturates; times are at least 0.
    let at = |seconds: f64| ((seconds * f64::from(RATE)).round() as u64).saturating_mul(SAMPLE.into());
    let range = at(quote.start).min(size)..at(quote.end).min(size);
    Ok((!range.is_empty()).then_some(range))
}

/// The head of a WAVE file (RIFF) with so many bytes of what is listened to.
pub(super) fn wave_head(bytes: u32) -> [u8; 44] {
    let mut head = [0; 44];
    let parts: [(usize, &[u8]); 13] = [
        (0, b"RIFF"),
        (4, &bytes.saturating_add(36).to_le_bytes()),
        (8, b"WAVE"),
        (12, b"fmt "),
        (16, &16u32.to_le_bytes()),
        // Plain samples of one channel.
        (20, &1u16.to_le_bytes()),
        (22, &1u16.to_le_bytes()),
        (24, &RATE.to_le_bytes()),
        (28, &(RATE * SAMPLE).to_le_bytes()),
        (32, &2u16.to_le_bytes()),
        (34, &16u16.to_le_bytes()),
        (36, b"data"),
        (40, &bytes.to_le_bytes()),
    ];
    for (at, part) in parts {
        head[at..at + part.len()].copy_from_slice(part);
    }
    head
}

/// Everything that a page shows of a quote.
///
/// # Errors
/// As [`behind`].
pub(super) async fn shown(app: &App, token: &str) -> Result<(Quote, Vec<Line>, bool), Error> {
    let mut conn = read::connect(app).await?;
    let (quote, row) = behind(&mut conn, token).await?;
    let view = TranscriptView::load(&mut conn, row.id).await?.ok_or(Error::NotFound("Quote"))?;
    let segments = view.segments(&mut conn).await?;
    drop(conn);
    let sounds = sound(app, &quote, &row).await?.is_some();
    Ok((quote.clone(), lines(&view, &segments, &quote), sounds))
}
