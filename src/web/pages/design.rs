//! Every part that pages are made of, on one page: to look at, and for tests that look at all of them in light and dark.

use askama::Template;
use axum::response::Response;

use super::format::Date;
use super::tabs::Tab;
use crate::clock;
use crate::web::assets;
use crate::web::respond::html;
use crate::web::say::{filters, say};

/// Colours of the style sheet and what the catalogue says they are for.
const TOKENS: &[(&str, &str)] = &[
    ("bg", "design-token-bg"),
    ("surface", "design-token-surface"),
    ("sunken", "design-token-sunken"),
    ("ink", "design-token-ink"),
    ("muted", "design-token-muted"),
    ("line", "design-token-line"),
    ("line-strong", "design-token-line-strong"),
    ("accent", "design-token-accent"),
    ("accent-soft", "design-token-accent-soft"),
    ("hit", "design-token-hit"),
    ("good", "design-token-good"),
    ("bad", "design-token-bad"),
];

#[derive(Template)]
#[template(path = "design.html")]
struct DesignPage {
    version: &'static str,
    here: &'static str,
    tokens: &'static [(&'static str, &'static str)],
    speakers: Vec<i32>,
    tabs: Vec<Tab>,
    now: Date,
    page: i64,
    pages: i64,
    newer: Option<String>,
    older: Option<String>,
    done: String,
    wrong: Option<String>,
}

/// `GET /design`.
pub(in crate::web) async fn design() -> Response {
    html(&DesignPage {
        version: &assets::VERSION,
        here: "design",
        tokens: TOKENS,
        speakers: (0..8).collect(),
        tabs: vec![
            Tab::new("#tabs", say("design-tab"), "#tabs"),
            Tab::new("#lists", say("design-tab-other"), "#tabs"),
        ],
        now: Date::new(clock::now()),
        page: 2,
        pages: 3,
        newer: Some("#lists".into()),
        older: Some("#lists".into()),
        done: say("design-done"),
        wrong: Some(say("design-failed")),
    })
}

#[cfg(test)]
mod tests {
    use super::TOKENS;

    /// Colours that differ between light and dark, by name, from the sheet's own table.
    fn coloured() -> Vec<&'static str> {
        let sheet = include_str!("../assets/site.css");
        let lines = sheet.lines().map(str::trim).filter(|line| line.contains(": light-dark("));
        lines.filter_map(|line| line.strip_prefix("--")?.split(':').next()).collect()
    }

    #[test]
    fn every_colour_that_is_shown_is_one_of_the_sheets() {
        let coloured = coloured();
        assert!(coloured.len() > 20, "{coloured:?}");
        for (name, _) in TOKENS {
            assert!(coloured.contains(name), "{name}");
        }
        for speaker in 0..8 {
            assert!(coloured.contains(&format!("sp{speaker}").as_str()));
        }
    }

    #[test]
    fn the_page_shows_every_macro_of_the_kit() {
        let (kit, page) =
            (include_str!("../../../templates/ui/kit.html"), include_str!("../../../templates/design.html"));
        let names = kit.split("{% macro ").skip(1).filter_map(|rest| rest.split('(').next());
        let missing: Vec<&str> = names.filter(|name| !page.contains(&format!("ui::{name}("))).collect();
        assert!(missing.is_empty(), "/design does not show {missing:?}");
    }
}
