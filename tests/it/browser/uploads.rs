//! Several files at once: a list with progress, pause and resume, files chosen again after a reload, what is refused before it is sent.

use std::path::{Path, PathBuf};

use diesel::sql_types::Uuid;
use diesel_async::RunQueryDsl;
use reflector::ids::TranscriptId;
use reflector::model::{recording, transcript};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::Browser;
use super::keyboard::Keys;
use crate::support::site::{Site, multipart};

pub(super) const ROWS: &str = "[...document.querySelectorAll('#uploading .sending')]";

/// A file of so many megabytes, no two of which are alike.
pub(super) fn file(folder: &Path, name: &str, megabytes: usize) -> PathBuf {
    let path = folder.join(name);
    let bytes: Vec<u8> = (0..megabytes * 1_000_000).map(|n| (n / 997 + name.len()) as u8).collect();
    std::fs::write(&path, bytes).unwrap();
    path
}

impl Browser {
    /// Chooses files, as a person does in the browser's own window.
    pub(super) async fn choose(&self, files: &[&PathBuf]) {
        self.script("document.querySelector('[data-plain]').hidden = false").await;
        let names: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
        let input = self.driver.find(By::Css("input[type=file]")).await.unwrap();
        input.send_keys(names.join("\n")).await.unwrap();
        self.script("document.querySelector('[data-plain]').hidden = true").await;
    }

    /// Bytes a second that leave the browser.
    pub(super) async fn slow(&self, upload: i64) {
        let to =
            json!({ "offline": false, "latency": 0, "downloadThroughput": -1, "uploadThroughput": upload });
        for (command, params) in [("Network.enable", json!({})), ("Network.emulateNetworkConditions", to)] {
            self.ask("goog/cdp/execute", &json!({ "cmd": command, "params": params })).await;
        }
    }

    pub(super) async fn start_page(&self, site: &Site) {
        self.driver.goto(format!("http://localhost:{}/", site.address.port())).await.unwrap();
        self.until("the script is there", "document.querySelector('#drop.with-script')").await;
    }

    async fn states(&self) -> Value {
        self.script(&format!("return {ROWS}.map(row => row.dataset.state)")).await
    }
}

/// Name and bytes that arrived, in the order in which they were made.
async fn arrived(site: &Site) -> Vec<(String, i64)> {
    let (_, list) = site.json("/v1/transcripts").await;
    let mut found = Vec::new();
    for row in list["items"].as_array().unwrap().iter().rev() {
        let path = format!("/v1/transcripts/{}/record/upload", row["id"].as_str().unwrap());
        // Of what has just been made nothing may have arrived yet.
        let bytes = site.json(&path).await.1["received_bytes"].as_i64().unwrap_or(0);
        found.push((row["name"].as_str().unwrap().to_owned(), bytes));
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_up_two_at_a_time_are_paused_by_keyboard_and_go_on_after_a_reload() {
    let site = Site::new().await;
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str, megabytes| file(folder.path(), name, megabytes);
    let (one, two, three) = (made("one.wav", 20), made("two.wav", 18), made("three.mp3", 1));
    let browser = Browser::open(false).await;
    browser.size(1440, 1100).await;
    browser.start_page(&site).await;
    browser.slow(3_000_000).await;
    browser.choose(&[&one, &two, &three]).await;
    let names = browser
        .script(&format!("return {ROWS}.map(row => row.querySelector('[data-name]').innerText)"))
        .await;
    assert_eq!(names, json!(["one.wav", "two.wav", "three.mp3"]));
    browser
        .until(
            "two are under way",
            &format!("{ROWS}.filter(row => row.dataset.state === 'sending').length === 2"),
        )
        .await;
    assert_eq!(browser.states().await, json!(["sending", "sending", "waiting"]));
    browser
        .until(
            "the pace is known",
            &format!("/\\/s/.test({ROWS}[0].innerText) && {ROWS}[0].querySelector('progress').value > 2"),
        )
        .await;
    browser.shot("uploads-1440-light").await;
    browser
        .until(
            "a chunk of each is there",
            &format!("{ROWS}.slice(0, 2).every(row => row.querySelector('progress').value > 50)"),
        )
        .await;

    // By keyboard: the first two are paused, so the third one has its turn and ends.
    for row in 0..2 {
        browser.script(&format!("{ROWS}[{row}].querySelector('[data-pause]').focus()")).await;
        Keys(&browser).enter().await;
        let go = format!("return document.activeElement === {ROWS}[{row}].querySelector('[data-go]')");
        assert_eq!(browser.script(&go).await, true, "the focus is where one goes on");
    }
    browser.until("the third is done", &format!("{ROWS}[2].dataset.state === 'done'")).await;
    assert_eq!(browser.states().await, json!(["paused", "paused", "done"]));
    assert_eq!(browser.script("return location.pathname").await, "/", "several stay on the list");
    let before = arrived(&site).await;
    assert_eq!(before.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["one", "two", "three"]);
    assert!(before[0].1 >= 8_000_000 && before[0].1 < 20_000_000, "{before:?}");

    // The page is left, and comes back.
    browser.start_page(&site).await;
    browser.slow(-1).await;
    browser.until("it reminds", "document.querySelector('#waiting:not([hidden])')").await;
    let said = browser.script("return document.querySelector('#waiting').innerText").await;
    let said = said.as_str().unwrap();
    assert!(said.contains("2 uploads are unfinished: choose the files again to go on."), "{said}");
    assert!(said.contains("one.wav") && said.contains("two.wav") && !said.contains("three"), "{said}");
    browser.shot("uploads-unfinished-1440-light").await;
    browser.checked("uploads that are unfinished").await;
    browser.choose(&[&one, &two]).await;
    browser.until("both are done", &format!("{ROWS}.every(row => row.dataset.state === 'done')")).await;
    let after = arrived(&site).await;
    let wanted = [("one", 20_000_000), ("two", 18_000_000), ("three", 1_000_000)];
    assert_eq!(after, wanted.map(|(name, bytes)| (name.to_owned(), bytes)), "gone on with, not begun anew");
    browser.until("nothing is left to remind of", "document.querySelector('#waiting').hidden").await;
    let heading = browser.script("return document.querySelector('#uploading h2').innerText").await;
    assert_eq!(heading, "All 2 are uploaded");
    assert_eq!(browser.console().await, Vec::<String>::new());

    elsewhere(&site, &browser).await;

    // Cancelled while it is under way: it goes into the trash.
    browser.slow(1_000_000).await;
    let four = made("four.wav", 15);
    browser.choose(&[&four]).await;
    browser.until("it is under way", &format!("{ROWS}[2]?.querySelector('progress').value > 5")).await;
    browser.script(&format!("{ROWS}[2].querySelector('[data-cancel]').click()")).await;
    browser.until("it is off the list", &format!("{ROWS}.length === 2")).await;
    for _ in 0..100 {
        if arrived(&site).await.len() == 3 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(arrived(&site).await.len(), 3);
    browser.quit().await;
}

/// What is recorded elsewhere is offered once nothing comes any more, and no longer when it was thrown away there.
async fn elsewhere(site: &Site, browser: &Browser) {
    let phone = json!({ "name": "From the phone", "source_kind": "live", "source_language": "auto" });
    let (_, made) = site.send("POST", "/v1/transcripts", &phone).await;
    let id = made["id"].as_str().unwrap();
    let query = "open=true&chunk_number=0&filename=a.webm&seconds=751.2";
    let (kind, body) = multipart(&[("chunk", Some("blob"), b"sound")]);
    let piece = site.client.post(site.url(&format!("/v1/transcripts/{id}/record/upload?{query}")));
    let answer = piece.header("content-type", kind).body(body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    browser.until("it is known", "document.querySelector('#unfinished[data-busy]')").await;
    let shown = "document.querySelector('#unfinished:not([hidden])')";
    assert_eq!(browser.script(&format!("return {shown}")).await, Value::Null, "nothing has interrupted it");
    diesel::sql_query("UPDATE upload_part SET received_at = received_at - interval '1 hour' WHERE recording_id IN (SELECT id FROM recording WHERE transcript_id = $1)")
        .bind::<Uuid, _>(id.parse::<TranscriptId>().unwrap().0)
        .execute(&mut site.workshop.conn().await)
        .await
        .unwrap();
    browser.until("it is offered", &format!("{shown}?.innerText.includes('From the phone')")).await;
    let on = format!("return {shown}.querySelector('[data-on]:not([hidden])').search");
    assert_eq!(browser.script(&on).await, format!("?resume={id}"));
    assert_eq!(site.send("DELETE", &format!("/v1/transcripts/{id}"), &json!({})).await.0, 200);
    browser.until("it is not any more", &format!("!{shown}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_empty_too_large_no_media_or_a_folder_is_told_before_anything_is_sent() {
    let site = Site::new().await;
    let folder = tempfile::tempdir().unwrap();
    let (notes, empty, large) = (
        file(folder.path(), "notes.pdf", 1),
        folder.path().join("empty.mp3"),
        folder.path().join("large.mkv"),
    );
    std::fs::write(&empty, b"").unwrap();
    // It takes no room: nothing is in it.
    std::fs::File::create(&large).unwrap().set_len(10_000_000_001).unwrap();
    let browser = Browser::open(false).await;
    browser.size(390, 844).await;
    browser.start_page(&site).await;
    browser.choose(&[&notes, &empty, &large]).await;
    assert_eq!(browser.states().await, json!(["odd", "refused", "refused"]));
    let said = browser
        .script(&format!("return {ROWS}.map(row => row.querySelector('[data-detail]').innerText)"))
        .await;
    for (n, part) in
        ["does not look like audio or video", "is empty", "larger than 10.0 GB"].into_iter().enumerate()
    {
        assert!(said[n].as_str().unwrap().contains(part), "{said}");
    }
    assert_eq!(site.json("/v1/transcripts").await.1["total"], 0, "nothing was sent");

    // A folder beside a file: the folder is refused by name, the file is taken.
    browser.script("const event = new Event('drop', { bubbles: true, cancelable: true });
        const entry = (isDirectory, name) => ({ isDirectory, name });
        Object.defineProperty(event, 'dataTransfer', { value: { items: [
            { kind: 'file', webkitGetAsEntry: () => entry(true, 'Meetings 2026'), getAsFile: () => null },
            { kind: 'file', webkitGetAsEntry: () => entry(false, 'talk.txt'), getAsFile: () => new File(['x'], 'talk.txt') },
        ] } });
        document.getElementById('drop').dispatchEvent(event);").await;
    let told = browser.script("return document.querySelector('#folders[role=alert]').innerText").await;
    assert_eq!(
        told,
        "“Meetings 2026” is a folder: open it and drop the files inside. The file beside it is taken."
    );
    assert_eq!(browser.states().await, json!(["odd", "refused", "refused", "odd"]));
    browser.look("uploads-refused").await;
    browser.checked("uploads that are refused").await;
    let keys = Keys(&browser);
    keys.follow("[data-clear]").await;
    browser.until("two lines are left", &format!("{ROWS}.length === 2")).await;
    assert_eq!(browser.states().await, json!(["odd", "odd"]), "what may still be sent stays");
    keys.back_to("#uploading li:first-child [data-anyway]").await;
    keys.enter().await;
    browser.until("it is sent all the same", &format!("{ROWS}[0].dataset.state === 'done'")).await;
    assert_eq!(browser.console().await, Vec::<String>::new());
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_takes_nothing_is_given_up_and_the_chunk_goes_up_by_another() {
    let site = Site::set(|config| config.auth.public_mode = true).await;
    let folder = tempfile::tempdir().unwrap();
    let talk = file(folder.path(), "talk.wav", 9);
    let browser = Browser::open(false).await;
    browser.start_page(&site).await;
    // A minute passes quickly here.
    browser
        .script(
            "const later = window.setTimeout;
            window.setTimeout = (act, after, ...more) => later(act, after === 60000 ? 1000 : after, ...more);",
        )
        .await;
    // Neither taken nor refused.
    let held = json!({ "patterns": [{ "urlPattern": "*/record/upload*", "requestStage": "Request" }] });
    browser.ask("goog/cdp/execute", &json!({ "cmd": "Fetch.enable", "params": held })).await;
    browser.choose(&[&talk]).await;
    browser.until("it is told", &format!("{ROWS}[0].innerText.includes('Trying again in')")).await;
    browser.ask("goog/cdp/execute", &json!({ "cmd": "Fetch.disable", "params": {} })).await;
    browser.until("the transcript's page is open", "location.pathname.startsWith('/transcripts/')").await;
    let (_, list) = site.json("/v1/transcripts").await;
    let rows = list["items"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "it was not begun anew");
    let mut conn = site.workshop.conn().await;
    let id = rows[0]["id"].as_str().unwrap().parse().unwrap();
    let row = transcript::get(&conn, id).await.unwrap().expect("it is there");
    let whole = recording::get(&mut conn, row.recording_id.expect("it is complete")).await.unwrap();
    assert_eq!(whole.map(|whole| whole.size_bytes), Some(9_000_000));
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_line_stops_one_file_for_a_while_and_not_for_good() {
    // A visitor's, whom the server knows again by nothing but what this browser keeps.
    let site = Site::set(|config| config.auth.public_mode = true).await;
    let folder = tempfile::tempdir().unwrap();
    let talk = file(folder.path(), "talk.wav", 17);
    let browser = Browser::open(false).await;
    browser.size(390, 844).await;
    browser.start_page(&site).await;
    browser.slow(4_000_000).await;
    browser.choose(&[&talk]).await;
    browser.until("a chunk is there", &format!("{ROWS}[0].querySelector('progress').value > 50")).await;
    browser.start_page(&site).await;
    browser.slow(4_000_000).await;
    browser.choose(&[&talk]).await;
    browser.until("it goes on", &format!("{ROWS}[0].querySelector('progress').value >= 47")).await;
    let off = json!({ "offline": true, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
    browser
        .ask("goog/cdp/execute", &json!({ "cmd": "Network.emulateNetworkConditions", "params": off }))
        .await;
    browser.until("it is told", &format!("{ROWS}[0].innerText.includes('Trying again in')")).await;
    browser.checked("an upload without a line").await;
    // It gives up in the end (its pauses pass quickly here), and goes on by itself when the line is back.
    browser
        .script(
            "const later = window.setTimeout;
            window.setTimeout = (act, after, ...more) => later(act, after < 40000 ? Math.min(after, 20) : after, ...more);
            dispatchEvent(new Event('online'))",
        )
        .await;
    browser.until("it has stopped", &format!("{ROWS}[0].dataset.state === 'failed'")).await;
    let said = browser.script(&format!("return {ROWS}[0].innerText")).await;
    assert!(said.as_str().unwrap().contains("follows by itself"), "{said}");
    browser.slow(-1).await;
    browser.script("dispatchEvent(new Event('online'))").await;
    browser.until("the transcript's page is open", "location.pathname.startsWith('/transcripts/')").await;
    let (_, list) = site.json("/v1/transcripts").await;
    let ids: Vec<&str> =
        list["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 1, "it was not begun anew");
    let mut conn = site.workshop.conn().await;
    let row = transcript::get(&conn, ids[0].parse().unwrap()).await.unwrap().expect("it is there");
    let whole = recording::get(&mut conn, row.recording_id.expect("it is complete")).await.unwrap();
    assert_eq!(whole.map(|whole| whole.size_bytes), Some(17_000_000));
    browser.quit().await;
}
