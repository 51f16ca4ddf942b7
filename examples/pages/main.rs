//! How a meeting of three hours feels on its page: how long until it can be used, and for how long at a time it does not answer while it is
//! played and scrolled. Chromium measures it itself (Long Tasks API).
//!
//! `cargo run --example pages -- PROGRAM FOLDER`: PROGRAM is `reflector`, FOLDER keeps the PostgreSQL with the meeting. `make bench-pages`
//! does it.
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

mod browser;
mod meeting;
#[path = "../../tests/it/support/meeting.rs"]
mod said;
#[path = "../common/serving.rs"]
mod serving;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::bail;
use reflector::db::private::{PrivateOptions, PrivatePostgres};

use browser::{Browser, Tasks};
use serving::Serving;

/// How often the page is opened, each time by a browser that knows nothing of it.
const OPENED: usize = 5;
/// How long it plays, and how long it is scrolled meanwhile.
const SPAN: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, folder] = arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] else {
        bail!("usage: pages PROGRAM FOLDER");
    };
    let _already = rustls::crypto::ring::default_provider().install_default();
    let server = PrivatePostgres::start(PrivateOptions::durable(folder))?;
    let url = server.url(PrivatePostgres::DATABASE);
    reflector::db::migrate::up(&url).await?;
    reflector::queue::init(&url).await?;
    let storage = Path::new(folder).join("storage");
    let id = meeting::find_or_make(&url, &storage).await?;
    let serving = Serving::start(program, &storage, &url).await?;
    let page = format!("{}/transcripts/{id}", serving.base);

    println!(
        "| window | opened: usable after, ms (median of {OPENED}, most) | long tasks until then, ms | playing {s} s: long tasks, longest, ms | playing and scrolling {s} s: long tasks, longest, ms |",
        s = SPAN.as_secs()
    );
    println!("| --- | --- | --- | --- | --- |");
    for (name, width, height) in [("1280 x 900", 1280, 900), ("390 x 844", 390, 844)] {
        let mut usable = Vec::new();
        let mut opening = Tasks::default();
        for _ in 0..OPENED {
            let browser = Browser::open(width, height).await?;
            usable.push(browser.visit(&page).await?);
            opening = opening.and(browser.tasks().await?);
            browser.quit().await;
        }
        usable.sort_by(f64::total_cmp);
        let browser = Browser::open(width, height).await?;
        browser.visit(&page).await?;
        // What opening costs is counted above.
        tokio::time::sleep(Duration::from_secs(3)).await;
        browser.forget().await?;
        browser.play().await?;
        tokio::time::sleep(SPAN).await;
        let playing = browser.tasks().await?;
        browser.forget().await?;
        let begun = Instant::now();
        while begun.elapsed() < SPAN {
            browser.scroll().await?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let scrolling = browser.tasks().await?;
        let heard = browser.heard().await?;
        if heard < SPAN.as_secs_f64() {
            bail!("the sound did not play: {heard:.1} s were heard");
        }
        browser.quit().await;
        println!(
            "| {name} | {:.0}, {:.0} | {opening} | {playing} | {scrolling} |",
            usable[OPENED / 2],
            usable[OPENED - 1]
        );
    }
    Ok(())
}
