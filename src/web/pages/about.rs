//! What this is: its version, what it stands on, and under which licences all of that is.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::models::licence;
use crate::app::{App, Parts};
use crate::error::Error;
use crate::jobs::installed;
use crate::policy;
use crate::web::assets;
use crate::web::respond::{PageError, html};
use crate::web::say::{filters, say};
use crate::web::viewer::Asking;

/// Every crate of Cargo.lock: name, version and licence, as `make licences` writes them. "-": not used on Linux.
const CRATES: &str = include_str!("about/crates.tsv");

#[derive(Template)]
#[template(path = "about.html")]
struct AboutPage {
    version: &'static str,
    here: &'static str,
    number: &'static str,
    /// Versions are shown.
    versions: bool,
    /// Whether there is a certificate for visitors to trust.
    trust: bool,
    models: Vec<ModelView>,
    parts: Vec<PartView>,
    crates: usize,
    licences: Vec<LicenceView>,
}

/// A model that is there, or that the settings name.
struct ModelView {
    name: String,
    licence: String,
    used: bool,
}

/// Another program or library.
struct PartView {
    name: String,
    /// Empty: not known, or not for this viewer.
    version: String,
    licence: String,
}

/// What this works with, with versions where they are given.
fn parts(known: &Parts) -> Vec<PartView> {
    let part = |name: String, version: Option<&str>, licence: String| PartView {
        name,
        version: version.unwrap_or_default().to_owned(),
        licence,
    };
    let mut parts = vec![
        part("libtorch".into(), known.libtorch, "BSD-3-Clause".into()),
        part(say("about-ffmpeg"), known.ffmpeg.as_deref(), say("about-ffmpeg-licence")),
        part(say("about-postgresql"), known.postgresql.as_deref(), say("about-postgresql-licence")),
    ];
    if let Some(version) = known.redis.as_deref() {
        parts.push(part(say("about-redis"), Some(version), redis_licence(version).into()));
    }
    parts
}

/// It has had three.
fn redis_licence(version: &str) -> &'static str {
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    match (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) {
        (0..7, _) | (7, 0..4) => "BSD-3-Clause",
        (7, _) => "RSALv2 / SSPL-1.0",
        _ => "AGPL-3.0 / RSALv2 / SSPL-1.0",
    }
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
pub(in crate::web) async fn about(
    State(app): State<App>,
    Asking(viewer): Asking,
) -> Result<Response, PageError> {
    let config = app.config();
    let versions = policy::sees_versions(viewer);
    // Whoever is told none makes nobody ask for them.
    let known = if versions { app.parts().await } else { Arc::default() };
    let (speech, dir) = (config.speech.clone(), config.models.dir.clone());
    let models = tokio::task::spawn_blocking(move || installed(&speech, &dir))
        .await
        .map_err(|error| Error::Internal(error.into()))?;
    let there = models.into_iter().filter(|model| model.installed);
    let mut models: Vec<ModelView> = there
        .map(|model| ModelView { licence: licence(model.licence), name: model.name, used: model.chosen })
        .collect();
    if let Some(name) = config.llm.model.clone().filter(|_| config.llm.url.is_some()) {
        models.insert(0, ModelView { name, licence: say("about-llm-licence"), used: true });
    }
    let licences = licences();
    Ok(html(&AboutPage {
        version: &assets::VERSION,
        here: "about",
        number: env!("CARGO_PKG_VERSION"),
        versions,
        trust: config.tls.site_ca.is_some(),
        models,
        parts: parts(&known),
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
    fn redis_has_the_licence_of_its_version() {
        let of = ["6.2.16", "7.2.6", "7.4.1", "8.0.0", "255.255.255"].map(redis_licence);
        let newest = "AGPL-3.0 / RSALv2 / SSPL-1.0";
        assert_eq!(of, ["BSD-3-Clause", "BSD-3-Clause", "RSALv2 / SSPL-1.0", newest, newest]);
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
