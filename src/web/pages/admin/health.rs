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
use crate::web::say::filters;
use crate::web::{assets, read};

#[derive(Template)]
#[template(path = "admin/health.html")]
struct HealthPage {
    version: &'static str,
    here: &'static str,
    tabs: Vec<Tab>,
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
    text: String,
    remedy: &'static str,
    chip: &'static str,
    chip_class: &'static str,
    /// 0 for what is wrong, 1 for a warning, 2 for what is well.
    order: u8,
}

impl FindingView {
    fn new(finding: &Finding) -> Self {
        let mut what = finding.what.to_owned();
        if let Some(first) = what.get_mut(0..1) {
            first.make_ascii_uppercase();
        }
        match &finding.outcome {
            Ok(text) => {
                Self { what, text: sentence(text), remedy: "", chip: "Well", chip_class: "good", order: 2 }
            }
            Err(problem) => {
                let (chip, chip_class, order) =
                    if problem.warning { ("Look at this", "", 1) } else { ("Wrong", "failed", 0) };
                Self { what, text: sentence(&problem.text), remedy: problem.remedy, chip, chip_class, order }
            }
        }
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
        verdict: verdict(wrong, warnings),
        all_well: wrong + warnings == 0,
        looked: Date::new(examined.at),
        findings,
        facts: facts(&app).await?,
    }))
}

fn verdict(wrong: usize, warnings: usize) -> String {
    let things = |count: usize| if count == 1 { "1 thing".into() } else { format!("{count} things") };
    match (wrong, warnings) {
        (0, 0) => "Everything that this installation needs works.".into(),
        (0, warnings) => format!("Everything works; {} should be looked at.", things(warnings)),
        (1, _) => "1 thing does not work.".into(),
        (wrong, _) => format!("{wrong} things do not work."),
    }
}

/// Numbers that say how much there is to do.
async fn facts(app: &App) -> Result<Vec<(&'static str, String)>, PageError> {
    let mut conn = read::connect(app).await?;
    let backlog = queue::backlog(&mut conn).await?;
    let failed = stage::count_failed(&mut conn).await?;
    let last = backup::last(&mut conn).await?;
    let waits = match length(backlog.oldest_seconds) {
        none if none.is_empty() => "nothing waits".into(),
        some => format!("the oldest for {some}"),
    };
    Ok(vec![
        ("Jobs that wait or run", format!("{} ({waits})", backlog.jobs)),
        ("Stages that failed", failed.to_string()),
        ("Last backup", last.map_or_else(|| "never".into(), |last| Date::new(last.finished_at).text)),
        ("Version", env!("CARGO_PKG_VERSION").into()),
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
