//! How fast pages' data and search are: lists and transcripts at a steady rate from this process, asked of another one that serves
//! them; then search in ten thousand hours.
//!
//! `cargo run --example serving -- PROGRAM FOLDER [HOURS]`: PROGRAM is `reflector`, FOLDER keeps the PostgreSQL with what was
//! generated, so that a second run finds it. `make bench-serving` does it.
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

mod load;
mod seed;
#[path = "../common/serving.rs"]
mod serving;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use reflector::db::private::{PrivateOptions, PrivatePostgres};

use load::Load;
use serving::Serving;

/// Transcripts that the lists are asked of, each of an hour and with all its words.
const LISTED: usize = 1000;
/// Requests a second; fewer where so many are not answered in time.
const RATES: [u32; 5] = [500, 200, 100, 50, 20];
/// What 99 of 100 are to be answered in.
const SOON: Duration = Duration::from_millis(20);
/// How long each is asked for.
const SPAN: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (program, folder, hours) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [program, folder] => (program, folder, 10_000),
        [program, folder, hours] => (program, folder, hours.parse().context("HOURS is a number")?),
        _ => bail!("usage: serving PROGRAM FOLDER [HOURS]"),
    };
    let server = PrivatePostgres::start(PrivateOptions::durable(folder))?;
    let url = server.url(PrivatePostgres::DATABASE);
    reflector::db::migrate::up(&url).await?;
    reflector::queue::init(&url).await?;
    let _already = rustls::crypto::ring::default_provider().install_default();

    // A folder that holds more was filled before.
    seed::fill(&url, LISTED).await?;
    let storage = Path::new(folder).join("storage");
    let serving = Serving::start(program, &storage, &url).await?;
    let ids = seed::newest(&url, LISTED).await?;
    println!(
        "| what is asked | transcripts | rate, 1/s | median, ms | p95, ms | p99, ms | most, ms | not answered |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    let load = Load::new(&serving.base);
    let report = |what: &str, of: usize, took: load::Took| println!("| {what} | {of} | {took} |");
    let known = seed::count(&url).await?;
    let list = |n: usize| format!("/v1/transcripts?page={}&size=20", n % 5 + 1);
    load.steadily(RATES[0], Duration::from_secs(3), &list).await?;
    report("a list of 20", known, load.steadily(RATES[0], SPAN, &list).await?);
    let one = |n: usize| format!("/v1/transcripts/{}", ids[n * 7919 % ids.len()]);
    // Each for the first time: no page of it is in memory, and that somebody looked is noted.
    let first = Duration::from_secs(LISTED as u64 / u64::from(RATES[0]));
    let took = load.steadily(RATES[0], first, &one).await?;
    report(
        &format!("a transcript of an hour with its text, each for the first time, {}/s", RATES[0]),
        known,
        took,
    );
    for rate in RATES {
        let took = load.steadily(rate, SPAN, &one).await?;
        let holds = took.holds(SOON);
        report(&format!("a transcript of an hour with its text, {rate}/s"), known, took);
        if holds {
            break;
        }
    }
    drop(serving);

    seed::copy(&url, LISTED, hours).await?;
    seed::settle(&url).await?;
    let serving = Serving::start(program, &storage, &url).await?;
    let load = Load::new(&serving.base);
    for (what, queries) in seed::questions() {
        let path = |n: usize| {
            let query = url::form_urlencoded::byte_serialize(queries[n % queries.len()].as_bytes())
                .collect::<String>();
            format!("/v1/transcripts/search?q={query}&limit=20")
        };
        load.one_by_one(20, &path).await?;
        report(&format!("search: {what}"), hours, load.one_by_one(200, &path).await?);
    }
    Ok(())
}
