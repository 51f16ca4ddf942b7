//! PostgreSQL's settings, its role, its port.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Double, Nullable, Text};
use diesel_async::RunQueryDsl;

use super::facts::Facts;
use super::{Fail, Found, NotApplicable, Outcome, Pass, health, host, pass_if};
use crate::config::Config;
use crate::db::Pool;
use crate::model::{backup, search};

const MIB: f64 = 1_048_576.0;

/// What the database said.
pub(super) struct Database {
    /// By name, numbers in bytes or milliseconds where they have such a unit.
    settings: BTreeMap<String, String>,
    special: bool,
    /// Seconds since the last sign of life of any worker.
    pub heartbeat: Option<f64>,
    /// Jobs in the queue.
    pub jobs: Option<i64>,
    /// When the last backup was complete and read back; `Err` where the database is not this version's.
    pub backup: Result<Option<DateTime<Utc>>, String>,
    /// Whether search found what it must; `Err` where it could not be asked.
    pub search: Result<bool, String>,
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    value: String,
    #[diesel(sql_type = Nullable<Text>)]
    unit: Option<String>,
}

#[derive(QueryableByName)]
struct Role {
    #[diesel(sql_type = Bool)]
    special: bool,
}

#[derive(QueryableByName)]
struct Worker {
    #[diesel(sql_type = Nullable<Double>)]
    silence: Option<f64>,
    #[diesel(sql_type = BigInt)]
    jobs: i64,
}

impl Database {
    pub(super) async fn ask(config: &Config) -> Result<Self, String> {
        let words = |error: &dyn std::fmt::Display| error.to_string();
        let address = crate::ops::database(config).map_err(|error| format!("{error:#}"))?;
        let pool = Pool::new(&address, 1).map_err(|error| words(&error))?;
        let mut conn = pool.get().await.map_err(|error| words(&error))?;
        let rows: Vec<Setting> = diesel::sql_query("select name, setting as value, unit from pg_settings")
            .load(&mut conn)
            .await
            .map_err(|error| words(&error))?;
        let role: Role = diesel::sql_query(
            "select rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls as special \
             from pg_roles where rolname = current_user",
        )
        .get_result(&mut conn)
        .await
        .map_err(|error| words(&error))?;
        // Before the first start there are no such tables.
        let worker: Option<Worker> = diesel::sql_query(
            "select extract(epoch from now() - max(last_heartbeat_at))::float8 as silence, \
             (select count(*) from graphile_worker.jobs) as jobs from graphile_worker._private_workers",
        )
        .get_result(&mut conn)
        .await
        .ok();
        Ok(Self {
            settings: rows
                .into_iter()
                .map(|row| (row.name, in_base_unit(&row.value, row.unit.as_deref())))
                .collect(),
            special: role.special,
            heartbeat: worker.as_ref().and_then(|worker| worker.silence),
            jobs: worker.map(|worker| worker.jobs),
            backup: backup::last(&mut conn)
                .await
                .map(|last| Some(last?.finished_at))
                .map_err(|error| error.to_string()),
            search: search::answers(&mut conn).await.map_err(|error| error.to_string()),
        })
    }

    fn text(&self, name: &str) -> &str {
        self.settings.get(name).map_or("", String::as_str)
    }

    fn number(&self, name: &str) -> f64 {
        self.text(name).parse().unwrap_or(0.0)
    }

    fn at_least(&self, name: &str, bytes: f64) -> Outcome {
        let found = self.number(name);
        pass_if(found >= bytes, format!("{:.0} MB", found / MIB))
    }
}

/// `8kB` times the number, and so on; other units and none are left.
fn in_base_unit(value: &str, unit: Option<&str>) -> String {
    let factor = match unit {
        Some("8kB") => 8192.0,
        Some("kB") => 1024.0,
        Some("MB") => MIB,
        Some("B") => 1.0,
        _ => return value.to_owned(),
    };
    value.parse::<f64>().map_or_else(|_| value.to_owned(), |number| (number * factor).to_string())
}

pub(super) async fn check(facts: &Facts) -> Found {
    let never = NotApplicable("there is no search engine beside PostgreSQL");
    let mut found = Found::from([("H-58", never.clone()), ("H-59", never), ("H-50", health::backup(facts))]);
    let ids = ["H-40", "H-41", "H-42", "H-43", "H-44", "H-45", "H-46", "H-47", "H-48", "H-49"];
    let database = match &facts.database {
        Ok(database) => database,
        Err(why) => {
            found.extend(ids.map(|id| (id, Fail(format!("the database can't be asked: {why}")))));
            return found;
        }
    };
    found.extend([
        ("H-40", database.at_least("shared_buffers", 256.0 * MIB)),
        ("H-41", database.at_least("effective_cache_size", 1024.0 * MIB)),
        ("H-42", work_mem(database)),
        ("H-43", database.at_least("maintenance_work_mem", 64.0 * MIB)),
        ("H-44", for_the_disk(facts, database, "random_page_cost", |cost| cost <= 1.5, |cost| cost >= 3.0)),
        (
            "H-45",
            for_the_disk(
                facts,
                database,
                "effective_io_concurrency",
                |many| many >= 16.0,
                |many| many <= 16.0,
            ),
        ),
        ("H-46", connections(facts, database)),
        ("H-47", writing(database)),
        ("H-48", port(facts, database)),
        (
            "H-49",
            pass_if(
                !database.special,
                if database.special { "it is superuser, or may make databases or roles" } else { "none" },
            ),
        ),
    ]);
    found
}

fn work_mem(database: &Database) -> Outcome {
    let (each, connections) = (database.number("work_mem"), database.number("max_connections"));
    let Some(memory) = host::memory_bytes() else { return super::hidden("memory can't be read") };
    let all = each * connections * 2.0;
    pass_if(
        each >= 4.0 * MIB && all <= memory as f64 / 4.0,
        format!("{:.0} MB each, {:.0} MB for {connections} connections", each / MIB, all / MIB),
    )
}

/// Judged by the disk of this machine; a database elsewhere is taken to be on solid-state.
fn for_the_disk(
    facts: &Facts,
    database: &Database,
    name: &str,
    solid: fn(f64) -> bool,
    spinning: fn(f64) -> bool,
) -> Outcome {
    let (found, spins) = (database.number(name), host::spins(&facts.data()) == Some(true));
    let fits = if spins { spinning(found) } else { solid(found) };
    pass_if(fits, format!("{found} on {}", if spins { "a spinning disk" } else { "solid-state" }))
}

/// Pages and jobs, each with a pool, as many for the queue, and listeners.
fn connections(facts: &Facts, database: &Database) -> Outcome {
    let most = 2 * (2 * facts.config.database.pool_size + 2) + 10;
    let allowed = database.number("max_connections");
    pass_if(allowed >= most as f64, format!("{allowed}, and {most} may be needed"))
}

fn writing(database: &Database) -> Outcome {
    let mut faults = Vec::new();
    for (name, least) in [("wal_buffers", 4.0 * MIB), ("max_wal_size", 1024.0 * MIB)] {
        if database.number(name) < least {
            faults.push(format!("{name} is {:.0} MB", database.number(name) / MIB));
        }
    }
    if database.number("checkpoint_completion_target") < 0.9 {
        faults.push(format!(
            "checkpoint_completion_target is {}",
            database.text("checkpoint_completion_target")
        ));
    }
    if database.text("wal_compression") == "off" {
        faults.push("wal_compression is off".into());
    }
    pass_if(faults.is_empty(), if faults.is_empty() { "all four".into() } else { faults.join("; ") })
}

fn port(facts: &Facts, database: &Database) -> Outcome {
    let addresses = database.text("listen_addresses");
    let closed =
        addresses.split(',').map(str::trim).all(|one| matches!(one, "" | "localhost" | "127.0.0.1" | "::1"));
    let port = database.number("port") as u16;
    let heard = facts.open().is_ok_and(|open| open.iter().any(|one| one.port() == port));
    if closed && !heard {
        Pass(if addresses.is_empty() { "the unix socket alone".into() } else { addresses.to_owned() })
    } else {
        Fail(format!("listen_addresses is {addresses:?}, port {port}"))
    }
}

impl Database {
    /// Whether what was committed survives a crash of the machine.
    pub(super) fn durable(&self) -> bool {
        self.text("fsync") == "on" && self.text("full_page_writes") == "on"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_in_bytes() {
        assert_eq!(in_base_unit("16384", Some("8kB")), "134217728");
        assert_eq!(in_base_unit("4096", Some("kB")), "4194304");
        assert_eq!(in_base_unit("1024", Some("MB")), "1073741824");
        assert_eq!(in_base_unit("on", None), "on");
        assert_eq!(in_base_unit("0.9", None), "0.9");
    }
}
