//! A meeting of three hours: what its page weighs, whatever one does with it; and who speaks, wherever one reads.

use reflector::bus::Event;
use serde_json::{Value, json};

use super::Browser;
use crate::support::long;
use crate::support::site::Site;

/// Bytes of pages and JSON that came so far, without assets and sound; how many requests there were in all; elements now; and bytes that
/// came over the wire, of everything but sound: pages, JSON, scripts, styles and icon as they were sent, and what the socket told.
const WEIGHT: &str = "const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    const sum = (some, size) => some.reduce((sum, one) => sum + one[size], 0);
    const silent = all.filter((one) => !/\\/audio\\//.test(one.name));
    const data = silent.filter((one) => !/\\/assets\\//.test(one.name));
    return [sum(data, 'decodedBodySize'), all.length, document.querySelectorAll('*').length, sum(silent, 'transferSize') + (window.__told ?? 0)];";

async fn weight(browser: &Browser) -> [u64; 4] {
    let found = browser.script(WEIGHT).await;
    [0, 1, 2, 3].map(|n: usize| found[n].as_u64().expect("a number"))
}

/// Counts what sockets tell, which is in no list of requests: letters of the texts, which are ASCII here.
const LISTENS: &str = "window.__told = 0;
    window.WebSocket = class extends WebSocket {
        constructor(...given) {
            super(...given);
            this.addEventListener('message', ({ data }) => { window.__told += data.length; window.__last = JSON.parse(data).event; });
        }
    };";

impl Browser {
    async fn counts_what_sockets_tell(&self) {
        let body = json!({ "cmd": "Page.addScriptToEvaluateOnNewDocument", "params": { "source": LISTENS } });
        self.ask("goog/cdp/execute", &body).await;
    }
}

/// Of the turn that one reads at the top, below the player: who speaks, as its chip says; what is wrong with that; and whether the turn
/// began further up. Null between two turns.
const WHO_SPEAKS: &str = "const line = document.querySelector('.player').getBoundingClientRect().bottom;
    const turn = [...document.querySelectorAll('#text .turn')].find((one) => {
        const box = one.getBoundingClientRect(); return box.top < line && box.bottom > line + 90; });
    if (!turn) return null;
    const chip = turn.querySelector('.name');
    const box = chip.getBoundingClientRect();
    const faults = [];
    if (box.left < 0 || box.right > innerWidth || box.top < line - 1 || box.bottom > innerHeight) faults.push(`is at ${box.left} ${box.top} to ${box.right} ${box.bottom}`);
    const hit = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
    if (hit !== chip) faults.push(`is covered by ${hit?.outerHTML.slice(0, 80)}`);
    if (box.top > line + 40) faults.push(`is ${box.top - line} below the player`);
    return [chip.innerText, faults.join(', '), turn.firstElementChild.nextElementSibling.getBoundingClientRect().top < line]";

/// Who speaks where one reads, if that was said further up: it is said in sight all the same.
async fn who_speaks(browser: &Browser) -> Option<String> {
    let found = browser.script(WHO_SPEAKS).await;
    let (name, fault) = (found.get(0)?.as_str()?.to_owned(), found[1].as_str()?);
    assert!(name.starts_with("Speaker ") && fault.is_empty(), "the chip of “{name}” {fault}");
    (found[2] == true).then_some(name)
}

/// What is kept at a time, of a page with all its parts.
const ELEMENTS: u64 = 3_000;

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "what a page weighs is what one wants to know")]
async fn three_hours_of_talk_weigh_little_and_come_as_they_are_read() {
    let site = Site::new().await;
    let id = site.long("Board meeting").await;
    let browser = Browser::open(false).await;
    browser.size(1280, 900).await;
    browser.counts_what_sockets_tell().await;
    browser.driver.goto(site.url(&format!("/transcripts/{id}"))).await.unwrap();
    browser.until("the first words are there", "document.querySelector('#text p[data-w]')").await;
    browser
        .until("the second leaf is on its way", "document.querySelectorAll('.leaf[data-open]').length >= 1")
        .await;
    // Its socket tells what is new, and nothing of what the page has.
    site.app.bus().publish(id, &Event::Status { value: "ended".into() }).await;
    browser.until("its socket tells of it", "window.__last === 'STATUS'").await;
    let [bytes, requests, elements, wire] = weight(&browser).await;
    println!("opened: {bytes} bytes, {wire} on the wire, {requests} requests, {elements} elements");
    assert!(bytes < 300_000, "{bytes} bytes of pages and JSON before the sound");
    assert!((50_000..300_000).contains(&wire), "{wire} bytes over the wire before the sound");
    let scripts = "return performance.getEntriesByType('resource').filter((one) => one.name.includes('/assets/') && one.encodedBodySize > 0
        && one.encodedBodySize < one.decodedBodySize).length";
    assert!(
        browser.script(scripts).await.as_u64().unwrap() > 15,
        "scripts and styles come packed, and are counted"
    );
    assert!(requests < 35, "{requests} requests");
    assert!(elements < ELEMENTS, "{elements} elements");

    // From beginning to end, a window at a time.
    let total = browser.script("return document.querySelectorAll('.leaf').length").await.as_u64().unwrap();
    let mut most = 0;
    let (mut seen, mut speakers) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    for _ in 0..400 {
        browser.until("what is in view is there", IN_VIEW).await;
        speakers.extend(who_speaks(&browser).await);
        most = most.max(weight(&browser).await[2]);
        let open = browser
            .script(
                "return [...document.querySelectorAll('.leaf[data-open]')].map((leaf) => leaf.dataset.leaf)",
            )
            .await;
        seen.extend(open.as_array().unwrap().iter().map(ToString::to_string));
        let end = "const before = scrollY; scrollBy(0, 1.5 * innerHeight); return scrollY === before";
        if browser.script(end).await == true {
            break;
        }
    }
    assert_eq!(seen.len() as u64, total, "every leaf was shown: {seen:?}");
    assert_eq!(speakers.len(), 4, "each was seen above their words: {speakers:?}");
    let [bytes, requests, _, _] = weight(&browser).await;
    println!("read: {bytes} bytes, {requests} requests, at most {most} elements, {total} leaves");
    assert!(most < ELEMENTS, "{most} elements");
    assert!(requests < 35 + total, "{requests} requests");
    assert!(bytes < 550_000, "{bytes} bytes of pages and JSON for all of it");
    let last = long::meeting().last().unwrap().text.trim().to_owned();
    let shown =
        browser.script("return [...document.querySelectorAll('#text p[data-w]')].at(-1).textContent").await;
    assert!(shown.as_str().unwrap().ends_with(&last), "{shown} ends with {last}");
    assert_eq!(browser.console().await.iter().filter(|line| !line.contains("/audio/")).count(), 0);
    browser.quit().await;
}

/// Nothing that is named only is within the window.
const IN_VIEW: &str = "[...document.querySelectorAll('.leaf:not([data-open])')]
    .every((leaf) => { const box = leaf.getBoundingClientRect(); return box.bottom < 0 || box.top > innerHeight; })";

#[tokio::test(flavor = "multi_thread")]
async fn far_away_is_one_click_and_what_changes_elsewhere_shows_by_itself() {
    let site = Site::new().await;
    let id = site.long("Board meeting").await;
    let browser = Browser::open(true).await;
    browser.size(390, 844).await;
    browser.driver.goto(site.url(&format!("/transcripts/{id}"))).await.unwrap();
    browser
        .until(
            "the page is there",
            "document.querySelector('.toc a') && document.documentElement.matches('.js')",
        )
        .await;
    browser.no_sideways_scroll().await;
    let before = weight(&browser).await[1];
    browser.script("[...document.querySelectorAll('.toc a')].at(10).click()").await;
    browser
        .until(
            "the topic is there and marked",
            "document.getElementById('topic-11')?.getBoundingClientRect().top > 0 && document.getElementById('topic-11').getBoundingClientRect().top < innerHeight",
        )
        .await;
    browser
        .until("its first word is", "document.querySelector('#text p.now') && CSS.highlights.has('now')")
        .await;
    let marked = browser.script("return [...CSS.highlights.get('now')].map(String)").await;
    let first = long::meeting()[2500].words[0].text.trim().to_owned();
    assert_eq!(marked, json!([first]));
    assert!(weight(&browser).await[1] <= before + 10, "no more than what is around it was fetched");
    browser.shot("long-topic-390-dark").await;
    // Far from where they began to speak it is in sight who does.
    browser.script("document.querySelector('audio').pause()").await;
    let mut speakers = std::collections::BTreeSet::new();
    for _ in 0..18 {
        browser.script("scrollBy(0, 170)").await;
        browser.until("what is in view is there", IN_VIEW).await;
        speakers.extend(who_speaks(&browser).await);
    }
    assert!(speakers.len() > 2, "{speakers:?}");

    // Somebody else changes a word that is shown here.
    let segments = format!("/v1/transcripts/{id}/segments");
    let (_, text) = site.json(&format!("{segments}?at=9000.1&limit=1")).await;
    assert_eq!(text["segments"][0]["index"], 2500, "{text}");
    let body = json!({ "revision": text["revision"], "text": "Now for something else." });
    assert_eq!(site.send("PATCH", &format!("{segments}/2500"), &body).await.0, 200);
    browser
        .until("it shows", "document.getElementById('text').textContent.includes('Now for something else.')")
        .await;
    let open: Value = browser.script("return document.querySelectorAll('.leaf[data-open]').length").await;
    assert!(open.as_u64().unwrap() <= 6, "{open} leaves");
    assert!(weight(&browser).await[2] < ELEMENTS);

    // A part that a lost line kept away says so, and comes by itself when the line is back.
    browser.slow(-1).await;
    let off = json!({ "offline": true, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
    let off = json!({ "cmd": "Network.emulateNetworkConditions", "params": off });
    browser.ask("goog/cdp/execute", &off).await;
    browser.script("document.querySelector('.leaf:not([data-open])').scrollIntoView()").await;
    let failed = "[...document.querySelectorAll('.leaf-link')].some((one) => one.textContent.includes('could not be fetched'))";
    browser.until("it says that it could not be fetched", failed).await;
    browser.slow(-1).await;
    browser.script("dispatchEvent(new Event('online'))").await;
    browser.until("what is in view is there", IN_VIEW).await;
    browser.quit().await;
}
