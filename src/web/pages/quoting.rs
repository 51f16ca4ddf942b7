//! Links to a few seconds of a transcript, on the page that shares it: made by times, listed, taken back. By a selection they are made on
//! the transcript's own page.

use axum::extract::State;
use axum::response::{Redirect, Response};
use serde::Deserialize;

use super::format::{Date, Moment};
use super::sentence;
use super::share::after_quoting;
use crate::app::App;
use crate::error::Error;
use crate::ids::{QuoteId, TranscriptId};
use crate::model::Quote;
use crate::policy;
use crate::web::extract::{PageForm, UrlPath};
use crate::web::links::Base;
use crate::web::respond::{PageError, about_field, detail, html, html_with};
use crate::web::say::{say, say_with};
use crate::web::viewer::Asking;
use crate::web::{quotes, read};

/// Characters of a quote that the list shows.
const SHOWN: usize = 240;

/// A quote in the list.
pub(super) struct QuoteView {
    pub id: QuoteId,
    pub text: String,
    pub from: Moment,
    pub to: Moment,
    pub made: Date,
    pub until: Date,
}

impl QuoteView {
    pub fn new((quote, text): (Quote, String)) -> Self {
        let long = text.chars().count() > SHOWN;
        Self {
            id: quote.id,
            text: if long { text.chars().take(SHOWN).chain(['…']).collect() } else { text },
            from: Moment::new(quote.start),
            to: Moment::new(quote.end),
            made: Date::new(quote.created_at),
            until: Date::new(quote.expires_at),
        }
    }
}

/// The form that makes one.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub(in crate::web) struct QuoteForm {
    /// Times, as `1:05` or in seconds.
    pub from: String,
    pub to: String,
    /// Seconds for which the link holds.
    pub life: i64,
}

impl Default for QuoteForm {
    fn default() -> Self {
        Self { from: String::new(), to: String::new(), life: quotes::LIFE }
    }
}

impl QuoteForm {
    /// Seconds from the recording's begin.
    fn times(&self) -> Result<(f64, f64), Error> {
        let time = |field: &'static str, text: &str| {
            seconds(text).ok_or_else(|| Error::Invalid {
                field,
                message: "is to be a time like 1:05, 1:02:05 or 65.5".into(),
            })
        };
        Ok((time("start", &self.from)?, time("end", &self.to)?))
    }
}

/// `65.5`, `1:05.5` or `0:01:05.5`, in seconds.
fn seconds(text: &str) -> Option<f64> {
    let parts: Vec<&str> = text.trim().split(':').collect();
    let (last, before) = parts.split_last()?;
    if parts.len() > 3 || parts.iter().any(|part| !part.starts_with(|c: char| c.is_ascii_digit())) {
        return None;
    }
    let mut whole = 0.0;
    for part in before {
        whole = (whole + f64::from(part.parse::<u16>().ok()?)) * 60.0;
    }
    let last: f64 = last.parse().ok()?;
    (last.is_finite() && (before.is_empty() || last < 60.0)).then_some(whole + last)
}

/// What is wrong with the form, in words for whoever filled it in; other errors have a page of their own.
fn told(error: &Error) -> Option<String> {
    let wrong = |field: String, why: &str| {
        sentence(&say_with("quoting-wrong", &[("field", field.into()), ("why", why.into())]))
    };
    match error {
        Error::Invalid { field: "start", message } => Some(wrong(say("quoting-from"), &about_field(message))),
        Error::Invalid { field: "end", message } if message.starts_with("a quote") => Some(detail(message)),
        Error::Invalid { field: "end", message } => {
            let start = say_with("quoting-quoted", &[("text", say("quoting-from").into())]);
            Some(wrong(say("quoting-to"), &about_field(message).replace("start", &start)))
        }
        Error::Invalid { field: "expires_in", message } => {
            Some(wrong(say("quoting-life"), &about_field(message)))
        }
        Error::Conflict(message) => Some(detail(message)),
        _ => None,
    }
}

/// `POST /transcripts/{id}/quotes`: the page that shows the link, this once.
pub(in crate::web) async fn make(
    State(app): State<App>,
    Asking(viewer): Asking,
    Base(base): Base,
    UrlPath(id): UrlPath<TranscriptId>,
    PageForm(form): PageForm<QuoteForm>,
) -> Result<Response, PageError> {
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, policy::may_quote).await?;
    let outcome = match form.times() {
        Ok(times) => quotes::make(&mut conn, viewer, id, times, form.life).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok((kept, token, lines)) => {
            let made = QuoteView::new((kept, quotes::text(&lines)));
            let outcome = Ok((format!("{base}/quote/{token}"), made));
            Ok(html(&after_quoting(&app, &mut conn, viewer, (id, &base), outcome).await?))
        }
        Err(error) => {
            let Some(wrong) = told(&error) else { return Err(error.into()) };
            let outcome = Err((wrong, form));
            let page = after_quoting(&app, &mut conn, viewer, (id, &base), outcome).await?;
            Ok(html_with(&error, &page))
        }
    }
}

/// `POST /transcripts/{id}/quotes/{quote}/revoke`. One that is gone already is taken back, too.
pub(in crate::web) async fn revoke(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath((id, one)): UrlPath<(TranscriptId, QuoteId)>,
) -> Result<Redirect, PageError> {
    let mut conn = read::connect(&app).await?;
    quotes::revoke(&mut conn, viewer, id, one).await?;
    Ok(Redirect::to(&format!("/transcripts/{id}/share?done=quote")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, wanted) in [
            ("0", Some(0.0)),
            (" 65.5 ", Some(65.5)),
            ("1:05", Some(65.0)),
            ("1:02:05.25", Some(3725.25)),
            ("90:00", Some(5400.0)),
            ("", None),
            ("1:75", None),
            ("-1", None),
            ("1:-5", None),
            ("1:2:3:4", None),
            ("inf", None),
            ("1e999", None),
            ("five", None),
        ] {
            assert_eq!(seconds(text), wanted, "{text}");
        }
    }
}
