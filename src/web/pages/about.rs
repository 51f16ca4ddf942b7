//! What this is: its version, and under which licences it and what it stands on are.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::App;
use crate::error::Error;
use crate::jobs::installed;
use crate::web::assets;
use crate::web::respond::{PageError, html};
use crate::web::say::filters;

/// Every crate of Cargo.lock: name, version and licence, as `make licences` writes them. "-": not used on Linux.
const CRATES: &str = include_str!("about/crates.tsv");

#[derive(Template)]
#[template(path = "about.html")]
struct AboutPage {
    version: &'static str,
    here: &'static str,
    number: &'static str,
    /// Whether there is a certificate for visitors to trust.
    trust: bool,
    models: Vec<(String, &'static str)>,
    crates: usize,
    licences: Vec<LicenceView>,
}

/// A licence and what is under it.
struct LicenceView {
    name: &'static str,
    count: usize,
    /// Name and version.
    crates: Vec<(&'static str, &'static str)>,
}

/// Crates by licence, that of most first.
fn licences() -> Vec<LicenceView> {
    let mut of: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for line in CRATES.lines() {
        let mut cells = line.split('\t');
        if let (Some(name), Some(version), Some(licence)) = (cells.next(), cells.next(), cells.next())
            && licence != "-"
        {
            of.entry(licence).or_default().push((name, version));
        }
    }
    let view = |(name, crates): (&'static str, Vec<_>)| LicenceView { name, count: crates.len(), crates };
    let mut licences: Vec<LicenceView> = of.into_iter().map(view).collect();
    licences.sort_by_key(|licence| std::cmp::Reverse(licence.count));
    licences
}

/// `GET /about`.
pub(in crate::web) async fn about(State(app): State<App>) -> Result<Response, PageError> {
    let config = app.config();
    let (speech, dir) = (config.speech.clone(), config.models.dir.clone());
    let models = tokio::task::spawn_blocking(move || installed(&speech, &dir))
        .await
        .map_err(|error| Error::Internal(error.into()))?;
    let there = models.into_iter().filter(|model| model.installed);
    let licences = licences();
    Ok(html(&AboutPage {
        version: &assets::VERSION,
        here: "about",
        number: env!("CARGO_PKG_VERSION"),
        trust: config.tls.site_ca.is_some(),
        models: there.map(|model| (model.name, model.licence)).collect(),
        crates: licences.iter().map(|licence| licence.count).sum(),
        licences,
    }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Names and versions in Cargo.lock, without our own.
    fn locked() -> BTreeSet<(String, String)> {
        let lock: toml::Table = include_str!("../../../Cargo.lock").parse().unwrap();
        let packages = lock["package"].as_array().unwrap().iter();
        let foreign = packages.filter(|package| package.get("source").is_some());
        let text = |package: &toml::Value, field: &str| package[field].as_str().unwrap().to_owned();
        foreign.map(|package| (text(package, "name"), text(package, "version"))).collect()
    }

    #[test]
    fn the_list_of_crates_is_that_of_cargo_lock() {
        let lines = CRATES.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        let listed: BTreeSet<(String, String)> =
            lines.map(|cells| (cells[0].to_owned(), cells[1].to_owned())).collect();
        let locked = locked();
        let wrong: Vec<_> = listed.symmetric_difference(&locked).collect();
        assert!(wrong.is_empty(), "run `make licences`; only in one of the two: {wrong:?}");
    }

    #[test]
    fn what_is_named_in_cargo_toml_has_a_licence() {
        let manifest: toml::Table = include_str!("../../../Cargo.toml").parse().unwrap();
        let licences = licences();
        let listed: BTreeSet<&str> =
            licences.iter().flat_map(|licence| licence.crates.iter().map(|(name, _)| *name)).collect();
        for (key, wanted) in manifest["dependencies"].as_table().unwrap() {
            let name = wanted.get("package").and_then(toml::Value::as_str).unwrap_or(key);
            assert!(listed.contains(name), "{name}");
        }
        assert!(licences.len() > 5 && licences[0].count >= licences[1].count);
    }
}
