//! How the installation is: the same as `reflector doctor` finds, with how to mend what is wrong.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::{Caretaker, tabs};
use crate::app::{App, Finding};
use crate::error::Error;
use crate::model::{backup, stage};
use crate::queue;
use crate::web::extract::PageQuery;
use crate::web::pages::format::{Date, length};
use crate::web::pages::sentence;
use crate::web::pages::tabs::Tab;
use crate::web::respond::{PageError, html};
use crate::web::say::{self, Reason, Value, filters, say, say_with, translated};
use crate::web::{assets, read};

#[derive(Template)]
#[template(path = "admin/health.html")]
struct HealthPage {
    version: &'static str,
    here: &'static str,
    tabs: Vec<Tab>,
    /// Somebody just asked to look again: the verdict is the answer.
    again: bool,
    /// In one sentence.
    verdict: String,
    all_well: bool,
    looked: Date,
    findings: Vec<FindingView>,
    facts: Vec<(&'static str, String)>,
}

/// One thing that was tried; what is wrong comes first.
struct FindingView {
    what: String,
    text: Reason,
    /// Nothing where all is well.
    remedy: Reason,
    chip: &'static str,
    chip_class: &'static str,
    /// 0 for what is wrong, 1 for a warning, 2 for what is well.
    order: u8,
}

impl FindingView {
    fn new(finding: &Finding) -> Self {
        let what = translated("doctor", finding.what).unwrap_or_else(|| finding.what.to_owned());
        let what = sentence(&what).trim_end_matches('.').to_owned();
        match &finding.outcome {
            Ok(text) => Self {
                what,
                text: Reason::of_area("doctor", text),
                remedy: Reason::default(),
                chip: "admin-health-well",
                chip_class: "good",
                order: 2,
            },
            Err(problem) => {
                let (chip, chip_class, order) = if problem.warning {
                    ("admin-health-look", "", 1)
                } else {
                    ("admin-health-wrong", "failed", 0)
                };
                Self {
                    what,
                    text: Reason::of_area("doctor", &problem.text),
                    remedy: remedy(problem.remedy),
                    chip,
                    chip_class,
                    order,
                }
            }
        }
    }
}

/// As the program has it in English, which begins small; in another language a sentence.
fn remedy(english: &str) -> Reason {
    match translated("doctor", english) {
        Some(text) => Reason { text, english: String::new() },
        None => Reason { text: String::new(), english: english.to_owned() },
    }
}

/// Whether to look again, and not at what was found a moment ago.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct HealthQuery {
    again: String,
}

/// `GET /admin`.
pub(in crate::web) async fn health(
    State(app): State<App>,
    _: Caretaker,
    PageQuery(query): PageQuery<HealthQuery>,
) -> Result<Response, PageError> {
    let examined = app.examine(!query.again.is_empty()).await.map_err(Error::Internal)?;
    let mut findings: Vec<FindingView> = examined.findings.iter().map(FindingView::new).collect();
    findings.sort_by_key(|finding| finding.order);
    let wrong = findings.iter().filter(|finding| finding.order == 0).count();
    let warnings = findings.iter().filter(|finding| finding.order == 1).count();
    Ok(html(&HealthPage {
        version: &assets::VERSION,
        here: "settings",
        tabs: tabs(&app, "/admin"),
        again: !query.again.is_empty(),
        verdict: verdict(wrong, warnings),
        all_well: wrong + warnings == 0,
        looked: Date::new(examined.at),
        findings,
        facts: facts(&app).await?,
    }))
}

fn verdict(wrong: usize, warnings: usize) -> String {
    match (wrong, warnings) {
        (0, 0) => say("admin-health-all-well"),
        (0, warnings) => say_with("admin-health-warnings", &[("count", warnings.into())]),
        (wrong, _) => say_with("admin-health-broken", &[("count", wrong.into())]),
    }
}

/// Numbers that say how much there is to do.
async fn facts(app: &App) -> Result<Vec<(&'static str, String)>, PageError> {
    let mut conn = read::connect(app).await?;
    let backlog = queue::backlog(&mut conn).await?;
    let failed = stage::count_failed(&mut conn).await?;
    let last = backup::last(&mut conn).await?;
    let count = Value::from(backlog.jobs);
    let waits = match length(backlog.oldest_seconds) {
        none if none.is_empty() => say_with("admin-number-jobs-none", &[("count", count)]),
        some => say_with("admin-number-jobs-waiting", &[("count", count), ("time", some.into())]),
    };
    Ok(vec![
        ("admin-number-jobs", waits),
        ("admin-number-failed", say::number(&failed.to_string())),
        (
            "admin-number-backup",
            last.map_or_else(|| say("admin-number-never"), |last| Date::new(last.finished_at).text),
        ),
        ("admin-number-version", env!("CARGO_PKG_VERSION").into()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_counts_what_is_wrong() {
        assert_eq!(verdict(0, 0), "Everything that this installation needs works.");
        assert_eq!(verdict(0, 1), "Everything works; 1 thing should be looked at.");
        assert_eq!([verdict(1, 2), verdict(3, 0)], ["1 thing does not work.", "3 things do not work."]);
    }
}
