//! `doctor --hardening`: every requirement of docs/SECURITY.md against the running system. One file a group; nothing is
//! changed, and every wait is bounded, so that the whole takes seconds.

mod database;
mod encryption;
mod facts;
mod headers;
mod health;
mod host;
mod isolation;
mod redis;
mod requirements;
mod secrets;
mod site;
mod storage;
mod tls;
mod units;

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::config::Config;
use facts::Facts;
pub use requirements::{Group, REQUIREMENTS, Requirement};

/// How a requirement fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With what was seen.
    Pass(String),
    Fail(String),
    /// With the reason; see [`may_not_apply`].
    NotApplicable(&'static str),
}

use Outcome::{Fail, NotApplicable, Pass};

/// One line of the table.
#[derive(Debug, Serialize)]
pub struct Row {
    pub id: &'static str,
    pub requirement: &'static str,
    /// `pass`, `fail` or `not applicable`.
    pub outcome: &'static str,
    pub seen: String,
    /// Only where it fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<&'static str>,
}

impl Row {
    pub fn failed(&self) -> bool {
        self.remedy.is_some()
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.outcome {
            "pass" => "ok  ",
            "fail" => "FAIL",
            _ => "n/a ",
        };
        write!(f, "{mark} {:5} {}: {}", self.id, self.requirement, self.seen)?;
        match self.remedy {
            Some(remedy) => write!(f, "\n           to mend it: {remedy}"),
            None => Ok(()),
        }
    }
}

/// What a group found.
type Found = BTreeMap<&'static str, Outcome>;

/// Looks at everything. A requirement that no group looked at fails.
pub async fn examine(config: &Config) -> Vec<Row> {
    let facts = Facts::gather(config).await;
    let mut found = Found::new();
    let (tls, database, redis, storage, health) = tokio::join!(
        tls::check(&facts),
        database::check(&facts),
        redis::check(&facts),
        storage::check(&facts),
        health::check(&facts),
    );
    for group in [
        host::check(&facts).await,
        tls,
        database,
        redis,
        storage,
        headers::check(&facts),
        isolation::check(&facts),
        secrets::check(&facts).await,
        health,
    ] {
        found.extend(group);
    }
    REQUIREMENTS.iter().map(|requirement| row(requirement, found.remove(requirement.id))).collect()
}

fn row(requirement: &Requirement, outcome: Option<Outcome>) -> Row {
    let (outcome, seen) = match outcome {
        Some(Pass(seen)) => ("pass", seen),
        Some(NotApplicable(reason)) => ("not applicable", reason.to_owned()),
        Some(Fail(seen)) => ("fail", seen),
        None => ("fail", "not looked at".to_owned()),
    };
    let remedy = (outcome == "fail").then_some(requirement.remedy);
    Row { id: requirement.id, requirement: requirement.text, outcome, seen, remedy }
}

/// Whether a requirement may be found not to apply; all others pass or fail.
pub fn may_not_apply(id: &str) -> bool {
    const NEVER_NEEDED: [&str; 5] = ["H-08", "H-58", "H-59", "H-92", "H-98"];
    const WITHOUT_GPU: [&str; 3] = ["H-04", "H-05", "H-71"];
    /// Where nobody logs in there is no first account.
    const WITHOUT_LOGIN: [&str; 1] = ["H-102"];
    NEVER_NEEDED.contains(&id) || WITHOUT_GPU.contains(&id) || WITHOUT_LOGIN.contains(&id)
}

fn pass_if(holds: bool, seen: impl Into<String>) -> Outcome {
    if holds { Pass(seen.into()) } else { Fail(seen.into()) }
}

/// What can't be told from here fails: the reader must not take silence for safety.
fn hidden(why: &str) -> Outcome {
    Fail(format!("can't be told from here ({why}); run as root on the machine itself"))
}

#[cfg(test)]
mod tests;
