//! Whether it runs: answers, signs of life, timers, backups.

use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::facts::{Facts, bounded};
use super::site::Site;
use super::units::{SELF_TEST, Units};
use super::{Fail, Found, NotApplicable, Outcome, Pass, hidden, pass_if};
use crate::clock;
use crate::config::{AuthMode, MAX_UPLOAD_BYTES};

/// A worker gives a sign of life every few seconds.
const SILENCE: f64 = 60.0;
const NOWHERE: &str =
    "/v1/transcripts/00000000-0000-0000-0000-000000000000/record/upload?chunk_number=0&total_chunks=1";

pub(super) async fn check(facts: &Facts) -> Found {
    let mut found = Found::from([
        (
            "H-90",
            match &facts.database {
                Ok(_) => Pass("it answers".into()),
                Err(why) => Fail(why.clone()),
            },
        ),
        ("H-92", NotApplicable("nothing is cached; H-55 to H-57 look at Redis")),
        ("H-93", search(facts)),
        ("H-96", heartbeat(facts)),
        ("H-97", units(facts)),
        ("H-98", NotApplicable("there is no task console")),
        ("H-100", Pass("this is it".into())),
        ("H-102", first_account(facts)),
        ("H-103", self_test(&facts.units, uptime())),
        ("H-104", backup(facts)),
    ]);
    let site = match &facts.site {
        Ok(site) => site,
        Err(why) => {
            let ids = ["H-27", "H-28", "H-29", "H-94", "H-95", "H-99", "H-101"];
            found.extend(ids.map(|id| (id, Fail(why.clone()))));
            return found;
        }
    };
    let (limit, early, quick, ready, numbers) = tokio::join!(
        limit(facts, site),
        early(facts, site),
        quick(facts, site),
        ready(facts, site),
        numbers(site)
    );
    found.extend([
        ("H-27", limit),
        ("H-28", early),
        ("H-29", quick),
        ("H-94", ready),
        ("H-95", page(facts, site)),
        ("H-99", numbers),
        ("H-101", page(facts, site)),
    ]);
    found
}

/// Whether a login keeps strangers from what is asked here.
fn closed(facts: &Facts) -> bool {
    facts.config.auth.mode != AuthMode::None
}

fn search(facts: &Facts) -> Outcome {
    match facts.database.as_ref().map_err(Clone::clone).and_then(|database| database.search.clone()) {
        Ok(found) => {
            let seen = if found { "it finds" } else { "it does not find" };
            pass_if(found, format!("{seen} what was written a moment ago"))
        }
        Err(why) => Fail(why),
    }
}

fn first_account(facts: &Facts) -> Outcome {
    match facts.config.auth.mode {
        AuthMode::None => NotApplicable("nobody logs in (auth.mode is none)"),
        AuthMode::Password => {
            Pass("made by the code of `reflector admin setup-code`, by command, or by the settings".into())
        }
        AuthMode::Jwt => Pass("made by the identity provider".into()),
    }
}

/// Announces one byte too many, for a transcript that does not exist, and sends none.
async fn limit(facts: &Facts, site: &Site) -> Outcome {
    let path = format!("{NOWHERE}&size={}", MAX_UPLOAD_BYTES + 1);
    let Ok(url) = site.url.join(&path) else { return Fail("no address".into()) };
    let kind = "multipart/form-data; boundary=XX";
    match site.send(|client| client.post(url).header("content-type", kind).body("--XX--\r\n")).await {
        Ok(answer) => {
            let stranger = closed(facts) && answer.status == StatusCode::UNAUTHORIZED;
            let told = answer.status == StatusCode::PAYLOAD_TOO_LARGE && answer.body.contains("10 GB");
            let said: String = answer.body.chars().take(80).collect();
            pass_if(told || stranger, format!("{}: {said}", answer.status.as_u16()))
        }
        Err(why) => Fail(why),
    }
}

/// Announces a body that is too large and waits: an answer that comes before any byte of it shows that nothing collects it.
async fn early(facts: &Facts, site: &Site) -> Outcome {
    let authority = site.direct.authority().to_owned();
    let said = bounded(async {
        let words = |error: std::io::Error| error.to_string();
        let mut stream = tokio::net::TcpStream::connect(&authority).await.map_err(words)?;
        let head = format!(
            "POST {NOWHERE} HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=XX\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            MAX_UPLOAD_BYTES * 2
        );
        stream.write_all(head.as_bytes()).await.map_err(words)?;
        let mut line = [0; 12];
        stream.read_exact(&mut line).await.map_err(words)?;
        Ok(String::from_utf8_lossy(&line).into_owned())
    });
    match said.await {
        Ok(said) => pass_if(
            said.ends_with("413") || (closed(facts) && said.ends_with("401")),
            format!("{said} before a byte of the body"),
        ),
        Err(why) => Fail(format!("{authority}: {why}")),
    }
}

async fn quick(facts: &Facts, site: &Site) -> Outcome {
    let begun = std::time::Instant::now();
    match site.get(&site.direct, "/v1/transcripts?size=1").await {
        Ok(answer) => {
            let took = begun.elapsed();
            pass_if(
                (answer.status.is_success() || (closed(facts) && answer.status == StatusCode::UNAUTHORIZED))
                    && took.as_secs_f64() < 2.0,
                format!("{} in {} ms", answer.status.as_u16(), took.as_millis()),
            )
        }
        Err(why) => Fail(why),
    }
}

async fn ready(facts: &Facts, site: &Site) -> Outcome {
    let answer = match site.get(&site.direct, "/readyz").await {
        Ok(answer) => answer,
        Err(why) => return Fail(why),
    };
    if !answer.status.is_success() {
        return Fail(format!("/readyz says {}", answer.body));
    }
    match &facts.units {
        Err(why) => hidden(why),
        Ok(units) => {
            let unwatched = units.faults(|units, unit| {
                let watchdog = units.property(unit, "WatchdogUSec");
                matches!(watchdog, "" | "0" | "infinity").then(|| "no WatchdogSec".to_owned())
            });
            pass_if(
                unwatched.is_empty(),
                if unwatched.is_empty() { "ready, and watched".into() } else { unwatched.join("; ") },
            )
        }
    }
}

fn page(facts: &Facts, site: &Site) -> Outcome {
    match &site.page {
        Ok(page) => {
            let to = page.headers.get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
            let served = page.status.is_success() || (closed(facts) && to == "/login");
            pass_if(served, format!("{} from {}", page.status.as_u16(), site.url))
        }
        Err(why) => Fail(format!("{}: {why}", site.url)),
    }
}

async fn numbers(site: &Site) -> Outcome {
    match site.get(&site.direct, "/metrics").await {
        Ok(answer) => {
            let told = answer.status.is_success() && answer.body.contains("reflector_");
            pass_if(told, format!("/metrics gives {} lines", answer.body.lines().count()))
        }
        Err(why) => Fail(why),
    }
}

fn heartbeat(facts: &Facts) -> Outcome {
    match &facts.database {
        Ok(database) => match database.heartbeat {
            Some(silence) => pass_if(silence <= SILENCE, format!("{silence:.0} s ago")),
            None => Fail("no worker is known to the queue".into()),
        },
        Err(why) => Fail(why.clone()),
    }
}

fn units(facts: &Facts) -> Outcome {
    match &facts.units {
        Err(why) => hidden(why),
        Ok(units) => {
            let failed: Vec<&str> =
                units.names().filter(|unit| units.property(unit, "ActiveState") == "failed").collect();
            pass_if(failed.is_empty(), if failed.is_empty() { "none".into() } else { failed.join(", ") })
        }
    }
}

/// How the last night's run ended, and when. Times since the machine's start.
pub(super) fn self_test(units: &Result<Units, String>, now: Duration) -> Outcome {
    let units = match units {
        Ok(units) => units,
        Err(why) => return hidden(why),
    };
    let property = |name| units.property(SELF_TEST, name);
    if property("LoadState") != "loaded" {
        return Fail(format!("there is no {SELF_TEST}"));
    }
    if matches!(property("ActiveState"), "activating" | "reloading") {
        return Fail("it runs just now; ask again when it has ended".into());
    }
    // A unit that could not even be started has no time.
    let result = property("Result");
    if result != "success" {
        return Fail(format!("{SELF_TEST}: {result}; `journalctl -u {SELF_TEST}` has what was heard"));
    }
    let ended = property("ExecMainExitTimestampMonotonic").parse().unwrap_or(0);
    if ended == 0 {
        return Fail("it has not run since the machine was started; it does so ten minutes after".into());
    }
    let age = now.saturating_sub(Duration::from_micros(ended)).as_secs() / 3600;
    pass_if(age < 26, format!("{age} hours ago"))
}

/// Of systemd's clock, which stands still while the machine sleeps.
fn uptime() -> Duration {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a time is written to `now`; this clock is always there.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
    Duration::new(now.tv_sec.unsigned_abs(), 0)
}

/// The last one that was complete and read back is not older than 26 hours.
pub(super) fn backup(facts: &Facts) -> Outcome {
    let last = facts.database.as_ref().map_err(Clone::clone).and_then(|database| database.backup.clone());
    match last {
        Ok(Some(finished)) => {
            let age = clock::now() - finished;
            pass_if(age.num_hours() < 26, format!("{} hours ago", age.num_hours()))
        }
        Ok(None) => Fail("there was none".into()),
        Err(why) => Fail(why),
    }
}
