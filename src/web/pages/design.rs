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
    use std::collections::BTreeSet;
    use std::path::Path;

    use regex::Regex;

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

    /// Classes that lay out one page, and are no parts of others.
    const LAYOUT: [&str; 13] = [
        "account",
        "accounts",
        "body",
        "code",
        "error-page",
        "foot",
        "hero",
        "library",
        "prose",
        "quote-page",
        "recorder",
        "side-col",
        "trust",
    ];

    /// Every template of the site's pages: its path and its text.
    fn templates() -> Vec<(String, String)> {
        fn walk(folder: &Path, found: &mut Vec<(String, String)>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => walk(&path, found),
                    false => {
                        found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()))
                    }
                }
            }
        }
        let mut found = Vec::new();
        walk(Path::new("templates"), &mut found);
        // A letter has no style sheet, and the speech server's page is its own.
        found.retain(|(path, _)| !path.contains("/mail/") && !path.ends_with("/speech_server.html"));
        found
    }

    /// What this page is made of.
    fn is_shown(path: &str) -> bool {
        ["/design.html", "/ui/kit.html", "/base.html"].iter().any(|end| path.ends_with(end))
            || path.starts_with("templates/design/")
    }

    #[test]
    fn the_page_shows_every_macro() {
        let page = include_str!("../../../templates/design.html");
        let templates = templates();
        let missing: Vec<&str> = templates
            .iter()
            .flat_map(|(_, text)| text.split("{% macro ").skip(1))
            .filter_map(|rest| rest.split('(').next())
            .filter(|name| !page.contains(&format!("ui::{name}(")))
            .collect();
        assert!(missing.is_empty(), "/design does not show {missing:?}");
    }

    #[test]
    fn the_page_shows_every_part_that_pages_are_made_of() {
        let attribute = Regex::new(r#"class="([^"]*)""#).unwrap();
        let chosen = Regex::new(r"\{%.*?%\}|\{\{.*?\}\}").unwrap();
        let classes = |text: &str| -> BTreeSet<String> {
            let all = attribute.captures_iter(text).map(|one| chosen.replace_all(&one[1], "\0").into_owned());
            let words = all.flat_map(|all| all.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
            // Half of a word is chosen by the page.
            words.filter(|word| !word.contains('\0')).collect()
        };
        let templates = templates();
        let shown: BTreeSet<String> =
            templates.iter().filter(|(path, _)| is_shown(path)).flat_map(|(_, text)| classes(text)).collect();
        for (path, text) in &templates {
            let missing: Vec<String> = classes(text)
                .into_iter()
                .filter(|class| !shown.contains(class) && !LAYOUT.contains(&class.as_str()))
                .collect();
            assert!(missing.is_empty(), "/design (templates/design) shows nothing of {missing:?} in {path}");
        }
        assert!(shown.len() > 150, "{shown:?}");
    }
}
