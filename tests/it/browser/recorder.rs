//! Recording in the browser: Chromium's microphone is a real recording, its browser dies in the middle, and nothing is lost.

mod tab;

use std::path::Path;
use std::time::Duration;

use reflector::ids::TranscriptId;
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::Browser;
use super::keyboard::Keys;
use super::login::keys;
use crate::support::media::Media;
use crate::support::site::Site;
use crate::support::workshop::two_people;

/// Chromium's switches for a microphone that plays a file, and a person who allows it.
fn hearing(file: &Path) -> Vec<String> {
    vec![
        "--use-fake-ui-for-media-stream".into(),
        "--use-fake-device-for-media-stream".into(),
        format!("--use-file-for-fake-audio-capture={}", file.display()),
    ]
}

/// Two people, from their first word on.
fn talk(media: &Media) -> std::path::PathBuf {
    media.ffmpeg(&format!("-ss 6.5 -i {} -ar 48000 -ac 2 -c:a pcm_s16le", two_people().display()), "talk.wav")
}

/// What the page says is recorded, in seconds.
const ELAPSED: &str = "document.querySelector('[data-elapsed]').innerText.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)";

impl Browser {
    async fn go(&self, site: &Site, path: &str) {
        self.driver.goto(format!("http://localhost:{}{path}", site.address.port())).await.unwrap();
    }

    /// Presses Tab until a control that matches has the focus.
    async fn tab_to(&self, css: &str) {
        Keys(self).tab_to(css).await;
    }

    /// The same, and presses Enter there.
    async fn follow(&self, css: &str) {
        Keys(self).follow(css).await;
    }

    async fn elapsed(&self) -> f64 {
        self.script(&format!("return {ELAPSED}")).await.as_f64().unwrap()
    }

    /// How many seconds of an interrupted recording the start page offers, once it does.
    async fn offered(&self) -> f64 {
        self.until("it is offered", "document.querySelector('[data-offer] [data-save]:not([hidden])')").await;
        let said = self.script("return document.querySelector('[data-offer] [data-what]').innerText").await;
        let said = said.as_str().unwrap();
        let clock =
            said.strip_prefix("A recording of 0:").and_then(|rest| rest.strip_suffix(" min was interrupted"));
        clock.unwrap_or_else(|| panic!("{said}")).parse().unwrap()
    }

    async fn offline(&self, offline: bool) {
        let to =
            json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        for (command, params) in [("Network.enable", json!({})), ("Network.emulateNetworkConditions", to)] {
            self.ask("goog/cdp/execute", &json!({ "cmd": command, "params": params })).await;
        }
    }

    /// Begins a recording by mouse.
    async fn records(&self, site: &Site, title: &str) {
        self.go(site, "/record").await;
        self.until("it may begin", "document.querySelector('#set-up:not([hidden])')").await;
        if !title.is_empty() {
            self.click(".extra summary").await;
            self.driver.find(By::Name("title")).await.unwrap().send_keys(title).await.unwrap();
        }
        self.driver.find(By::Css("[data-start]")).await.unwrap().click().await.unwrap();
        self.until("it records", "document.querySelector('#running:not([hidden])')").await;
    }
}

/// The one transcript there is, or the newest.
async fn newest(site: &Site) -> Value {
    site.json("/v1/transcripts").await.1["items"][0].clone()
}

async fn pieces(site: &Site, id: &str) -> usize {
    let (_, state) = site.json(&format!("/v1/transcripts/{id}/record/upload")).await;
    state["received"].as_array().map_or(0, Vec::len)
}

/// Waits for so many of the newest.
async fn until_pieces(site: &Site, wanted: usize) -> String {
    for _ in 0..600 {
        let id = newest(site).await["id"].as_str().unwrap_or_default().to_owned();
        if !id.is_empty() && pieces(site, &id).await >= wanted {
            return id;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{wanted} pieces never came");
}

#[tokio::test(flavor = "multi_thread")]
async fn by_keyboard_a_recording_is_made_survives_a_crash_and_is_gone_on_with() {
    let site = Site::working().await;
    let media = Media::new();
    let switches = hearing(&talk(&media));
    let browser = Browser::with(false, &switches, tempfile::tempdir().unwrap()).await;
    browser.size(1440, 1000).await;
    browser.go(&site, "/").await;
    browser.until("the script is there", "document.querySelector('[data-record]:not([hidden])')").await;
    browser.follow(".extra summary").await;
    browser.tab_to("[name=title]").await;
    keys(&browser, "Where are you from").await;
    // One key, and it records.
    browser.tab_to("[data-record]").await;
    Keys(&browser).enter().await;
    browser.until("it records", "document.title.startsWith('●')").await;
    let focused = "return document.activeElement.matches('[data-pause]')";
    assert_eq!(browser.script(focused).await, true, "the next thing one does");
    browser.until("the level moves", "document.querySelector('#level-now').value > 30").await;
    let level = "return document.querySelector('#level-now').getAttribute('aria-valuetext')";
    assert!(["quiet", "good", "too loud"].contains(&browser.script(level).await.as_str().unwrap()));

    // A pause: nothing is added, and what was said before it has arrived.
    browser
        .until(
            "some is recorded",
            "Number(document.querySelector('[data-elapsed]').innerText.split(':')[1]) >= 5",
        )
        .await;
    Keys(&browser).enter().await;
    browser.until("it pauses", "document.title.startsWith('❚❚')").await;
    let before = browser.elapsed().await;
    browser.checked("a recording that pauses").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(browser.elapsed().await, before);
    Keys(&browser).enter().await;
    browser.until("it goes on", "document.title.startsWith('●')").await;
    browser
        .until(
            "a good part is recorded",
            "Number(document.querySelector('[data-elapsed]').innerText.split(':')[1]) >= 14",
        )
        .await;
    let id = until_pieces(&site, 5).await;
    let (_, row) = site.json(&format!("/v1/transcripts/{id}")).await;
    assert_eq!((&row["status"], &row["name"]), (&json!("recording"), &json!("Where are you from")));
    assert_eq!(row["source_kind"], "live");
    assert_eq!(browser.console().await, Vec::<String>::new());
    let recorded = browser.elapsed().await;
    let profile = browser.crash().await;

    // After the crash: at most the last piece is gone.
    let browser = Browser::with(false, &switches, profile).await;
    browser.size(1440, 1000).await;
    browser.go(&site, "/").await;
    let kept = browser.offered().await;
    assert!(recorded - kept < 5.0, "{recorded} s were recorded, {kept} s are left");
    browser.checked("what is offered after a crash").await;
    browser.tab_to("[data-offer] [data-on]").await;
    Keys(&browser).enter().await;
    browser.until("it may go on", "document.querySelector('#set-up:not([hidden])')").await;
    assert!(
        browser
            .script("return document.querySelector('h1').innerText")
            .await
            .as_str()
            .unwrap()
            .contains("Where are you from")
    );
    browser.tab_to("[data-start]").await;
    Keys(&browser).enter().await;
    browser.until("it records", "document.title.startsWith('●')").await;
    assert!(browser.elapsed().await >= kept, "it goes on where it was");
    let wanted = kept + 13.0;
    browser.until("the rest is recorded", &format!("{ELAPSED} >= {wanted}")).await;
    browser.tab_to("[data-stop]").await;
    Keys(&browser).enter().await;
    browser
        .until("the transcript's page is open", &format!("location.pathname === '/transcripts/{id}'"))
        .await;
    browser.until("words appear", "document.querySelector('#text p[data-w]')").await;
    assert_eq!(browser.console().await, Vec::<String>::new());
    // Nothing is left to be offered.
    browser.go(&site, "/").await;
    browser.until("the page is there", "document.querySelector('#drop.with-script')").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(browser.script("return document.querySelector('[data-offer]')").await, Value::Null);
    browser.quit().await;

    let transcript: TranscriptId = id.parse().unwrap();
    site.workshop.until_ended(transcript).await;
    let (_, whole) = site.json(&format!("/v1/transcripts/{id}")).await;
    let text = whole["transcript"].as_str().unwrap();
    assert!(text.matches("New Jersey").count() >= 2, "once before the crash, once after it: {text}");
    let seconds = whole["duration"].as_f64().unwrap() / 1000.0;
    assert!((kept + 12.0..recorded + 20.0).contains(&seconds), "{kept} s and 13 s more: {seconds}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_line_a_recording_goes_on_and_all_of_it_arrives_after_a_crash_too() {
    // A visitor's, whom the server knows again by nothing but what this browser keeps.
    let site = Site::set(|config| config.auth.public_mode = true).await;
    let media = Media::new();
    let switches = hearing(&talk(&media));
    let browser = Browser::with(true, &switches, tempfile::tempdir().unwrap()).await;
    browser.size(390, 844).await;
    browser.records(&site, "").await;
    let id = until_pieces(&site, 1).await;
    let name = newest(&site).await["name"].as_str().unwrap().to_owned();
    assert!(name.starts_with("Recording of "), "without a title it is called by its day: {name}");
    browser.offline(true).await;
    browser
        .until("it says so", "document.querySelector('[data-kept]').innerText.startsWith('Not sent')")
        .await;
    browser.no_sideways_scroll().await;
    browser.shot("recorder-offline-390-dark").await;
    let before = pieces(&site, &id).await;
    browser.offline(false).await;
    browser
        .until("it is all there", "document.querySelector('[data-kept]').innerText.startsWith('Everything')")
        .await;
    assert!(pieces(&site, &id).await > before);

    // A page that is loaded again is a crash that somebody meant.
    let recorded = browser.elapsed().await;
    browser.driver.refresh().await.unwrap();
    browser.go(&site, "/").await;
    let kept = browser.offered().await;
    assert!(recorded - kept < 5.0, "{recorded} s were recorded, {kept} s are left");
    for css in ["[data-offer] [data-on]", "#set-up:not([hidden]) [data-start]"] {
        browser.until("it is there", &format!("document.querySelector('{css}')")).await;
        browser.driver.find(By::Css(css)).await.unwrap().click().await.unwrap();
    }
    browser.until("it records", "document.querySelector('#running:not([hidden])')").await;

    // Another tab of the same browser does not take it away.
    let tab = browser.driver.new_tab().await.unwrap();
    let first = browser.driver.window().await.unwrap();
    browser.driver.switch_to_window(tab).await.unwrap();
    browser.go(&site, "/").await;
    browser.until("nothing is offered", "!document.querySelector('[data-offer]')").await;
    browser.go(&site, &format!("/record?resume={id}")).await;
    browser.until("it is told", "document.querySelector('#refused:not([hidden])')").await;
    browser.checked("a recording that another tab has").await;
    let said = browser.script("return document.querySelector('#refused').innerText").await;
    assert!(said.as_str().unwrap().contains("in another tab"), "{said}");
    browser.driver.close_window().await.unwrap();
    browser.driver.switch_to_window(first).await.unwrap();

    // The line is gone again, and then the browser: what never left it is sent from the start page.
    browser.offline(true).await;
    browser
        .until("it says so", "document.querySelector('[data-kept]').innerText.startsWith('Not sent')")
        .await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let (sent, recorded) = (pieces(&site, &id).await, browser.elapsed().await);
    let profile = browser.crash().await;
    let browser = Browser::with(true, &switches, profile).await;
    browser.size(390, 844).await;
    browser.go(&site, "/").await;
    browser.until("it is offered", "document.querySelector('[data-offer] [data-save]:not([hidden])')").await;
    browser.no_sideways_scroll().await;
    browser.shot("recorder-offer-390-dark").await;
    browser.follow("[data-offer] [data-finish] button").await;
    browser
        .until("the transcript's page is open", &format!("location.pathname === '/transcripts/{id}'"))
        .await;
    let arrived = kept_pieces(&site, &id).await;
    assert!(arrived > sent, "{sent} pieces before, {arrived} now");
    let (_, row) = site.json(&format!("/v1/transcripts/{id}")).await;
    assert!(recorded - row["duration"].as_f64().unwrap() / 1000.0 < 5.0, "{recorded} s: {}", row["duration"]);
    browser.quit().await;
}

/// Pieces of a recording that is complete.
async fn kept_pieces(site: &Site, id: &str) -> usize {
    use reflector::model::{recording, transcript};
    let mut conn = site.workshop.conn().await;
    let row = transcript::get(&conn, id.parse().unwrap()).await.unwrap().expect("it is there");
    recording::parts(&mut conn, row.recording_id.expect("it is complete")).await.unwrap().len()
}

/// How many pieces there are once no more come: longer than one is made, nothing did.
async fn all_pieces(site: &Site, id: &str) -> usize {
    let mut found = pieces(site, id).await;
    loop {
        tokio::time::sleep(Duration::from_secs(6)).await;
        let now = pieces(site, id).await;
        if now == found {
            return found;
        }
        found = now;
    }
}

/// When the newest piece of a recording came, in milliseconds.
async fn newest_came(site: &Site, id: &str) -> i64 {
    use reflector::model::recording;
    let id: TranscriptId = id.parse().unwrap();
    let mut conn = site.workshop.conn().await;
    let pending = recording::pending(&mut conn, id).await.unwrap().expect("it is being made");
    let parts = recording::parts(&mut conn, pending.id).await.unwrap();
    parts.iter().map(|part| part.received_at.timestamp_millis()).max().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_pause_is_no_end_while_the_page_is_open_and_an_end_in_its_sleep_is_told() {
    let site = Site::new().await;
    let media = Media::new();
    let browser = Browser::with(false, &hearing(&talk(&media)), tempfile::tempdir().unwrap()).await;
    browser.size(390, 844).await;
    browser.records(&site, "All day").await;
    let id = until_pieces(&site, 2).await;
    browser.driver.find(By::Css("[data-pause]")).await.unwrap().click().await.unwrap();
    browser.until("it pauses", "document.title.startsWith('❚❚')").await;
    browser
        .until("it is all there", "document.querySelector('[data-kept]').innerText.startsWith('Everything')")
        .await;
    // Half an hour later, by the page's clock, there is a sign of it.
    let parts = all_pieces(&site, &id).await;
    let before = newest_came(&site, &id).await;
    browser.script("const real = Date.now; Date.now = () => real() + 31 * 60_000").await;
    let mut came = before;
    for _ in 0..900 {
        came = newest_came(&site, &id).await;
        if came > before {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(came > before, "no sign came");
    assert_eq!(pieces(&site, &id).await, parts, "and it added nothing");

    // The machine slept, and the server finished it.
    let finished = site.send("POST", &format!("/v1/transcripts/{id}/record/finish"), &json!({})).await;
    assert_eq!(finished.0, 200, "{}", finished.1);
    browser.script("const later = Date.now; Date.now = () => later() + 10 * 60_000").await;
    browser.driver.find(By::Css("[data-pause]")).await.unwrap().click().await.unwrap();
    browser.until("it says so", "!document.querySelector('[data-ended]').hidden").await;
    let said = browser.script("return document.querySelector('[data-ended]').innerText").await;
    assert!(said.as_str().unwrap().contains("finished the recording as it was"), "{said}");
    let link = browser.script("return document.querySelector('[data-ended] a').pathname").await;
    assert_eq!(link, format!("/transcripts/{id}"));
    browser.no_sideways_scroll().await;
    browser.shot("recorder-ended-390-light").await;
    browser.checked("a recording that was finished meanwhile").await;
    browser.until("a new one is made", "document.title.startsWith('●')").await;
    let mut second = id.clone();
    for _ in 0..600 {
        second = newest(&site).await["id"].as_str().unwrap().to_owned();
        if second != id && pieces(&site, &second).await > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_ne!(second, id);
    assert_eq!(newest(&site).await["name"], "All day (2)");
    browser.driver.find(By::Css("[data-stop]")).await.unwrap().click().await.unwrap();
    browser.until("its page is open", &format!("location.pathname === '/transcripts/{second}'")).await;
    browser.quit().await;
}
