//! What is heard in another tab is recorded, thrown away, taken back, and what is left after a crash as well.

use std::time::Duration;

use reflector::ids::TranscriptId;
use reflector::storage::StorageKey;
use serde_json::json;
use thirtyfour::prelude::*;

use super::{ELAPSED, pieces, until_pieces};
use crate::browser::Browser;
use crate::browser::keyboard::Keys;
use crate::browser::login::{keys, press};
use crate::support::media::Media;
use crate::support::site::Site;
use crate::support::workshop::two_people;

async fn until_pieces_of(site: &Site, id: &str, wanted: usize) {
    for _ in 0..600 {
        if pieces(site, id).await >= wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{wanted} pieces of {id} never came");
}

/// The title of the tab that talks.
const TALK: &str = "Two people talk";

/// Plays a recording in a tab, and goes on in another one, in which the microphone is allowed.
async fn a_tab_talks(browser: &Browser, site: &Site, sound: TranscriptId) {
    browser.go(site, "/").await;
    let plays = format!(
        "document.title = '{TALK}'; window.talk = Object.assign(new Audio('/v1/transcripts/{sound}/audio/mp3'), {{ loop: true }});
        return talk.play().then(() => true)"
    );
    assert_eq!(browser.script(&plays).await, true);
    let allow = json!({ "cmd": "Browser.grantPermissions", "params": { "permissions": ["audioCapture"] } });
    browser.ask("goog/cdp/execute", &allow).await;
    let tab = browser.driver.new_tab().await.unwrap();
    browser.driver.switch_to_window(tab).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn by_keyboard_silence_is_told_a_talking_tab_is_recorded_and_thrown_away_and_taken_back_after_a_crash()
{
    let site = Site::working().await;
    let media = Media::new();
    let silence = media.ffmpeg("-f lavfi -i anullsrc=r=48000:cl=stereo -t 20 -c:a pcm_s16le", "silence.wav");
    let talk =
        media.ffmpeg(&format!("-ss 10.8 -t 7 -i {} -c:a libmp3lame", two_people().display()), "talk.mp3");
    let sound = site.create("Heard in another tab").await;
    site.app.storage().put_file(&StorageKey::Mp3 { transcript: sound }, &talk).await.unwrap();
    // A microphone that hears nothing, and a person who picks that tab in the browser's own window.
    let switches = [
        "--use-fake-device-for-media-stream".into(),
        format!("--use-file-for-fake-audio-capture={}", silence.display()),
        format!("--auto-select-tab-capture-source-by-title={TALK}"),
    ];
    let browser = Browser::whole(&switches, tempfile::tempdir().unwrap()).await;
    a_tab_talks(&browser, &site, sound).await;
    browser.size(1440, 1100).await;
    browser.go(&site, "/record").await;
    browser.until("it may begin", "document.querySelector('#set-up:not([hidden])')").await;
    browser.follow("[data-try]").await;
    browser
        .until("microphones have names", "document.querySelector('[name=microphone]').options.length > 2")
        .await;
    browser.look("recorder-set-up").await;
    Keys(&browser).back_to(".extra summary").await;
    Keys(&browser).enter().await;
    browser.tab_to("[name=title]").await;
    keys(&browser, "Quiet").await;
    browser.follow("[data-start]").await;
    browser.until("it records", "document.querySelector('#running:not([hidden])')").await;
    browser.until("it is told", "document.querySelector('[data-warning]:not([hidden])')?.innerText.startsWith('Nothing is heard')").await;
    browser.look("recorder-silent").await;
    browser.checked("a recording in which nothing is heard").await;

    browser
        .script(
            "const media = navigator.mediaDevices;
            const ask = media.getUserMedia.bind(media);
            window.asked = [];
            media.getUserMedia = (wish) => ask(wish).then((stream) => { asked.push(stream.getAudioTracks()[0]); return stream; });",
        )
        .await;
    browser.follow("[data-share]").await;
    browser.until("it is heard", "document.querySelector('#level-system').value > 40").await;
    // What comes out of the loudspeakers is not to be heard by the microphone as well.
    browser.until("the microphone is opened anew", "asked.length === 1").await;
    let track = "return [asked[0].readyState, asked[0].getSettings().echoCancellation]";
    assert_eq!(browser.script(track).await, json!(["live", true]));
    browser.until("the warning goes", "document.querySelector('[data-warning]').hidden").await;
    no_camera(&browser).await;
    browser.look("recorder-tab").await;
    browser.checked("a tab that is recorded").await;
    let id = until_pieces(&site, 2).await;
    browser.tab_to("[data-discard]").await;
    Keys(&browser).enter().await;
    // It is asked in a window of the browser's own.
    browser.driver.accept_alert().await.unwrap();
    browser
        .until("it can be taken back", "document.querySelector('form[action$=\"/restore\"] button')")
        .await;
    assert_eq!(site.json(&format!("/v1/transcripts/{id}")).await.0, 404, "in the trash");
    take_back(&browser, &id).await;
    browser.look("recorder-page").await;

    // It is gone on with, and the tab chosen from the beginning.
    browser.go(&site, "/").await;
    browser.until("it is offered", "document.querySelector('[data-offer] [data-on]:not([hidden])')").await;
    browser.look("recorder-offer").await;
    browser.follow("[data-offer] [data-on]").await;
    browser.until("it may go on", "document.querySelector('#set-up:not([hidden])')").await;
    browser.tab_to("[name=system]").await;
    press(&browser, Key::Space).await;
    browser.until("it is chosen", "document.querySelector('[name=system]').checked").await;
    browser.follow("[data-start]").await;
    browser.until("it records", "document.title.startsWith('●')").await;
    browser.until("it is heard", "document.querySelector('#level-system').value > 40").await;
    no_camera(&browser).await;
    let (pieces, from) = (pieces(&site, &id).await, browser.elapsed().await);
    let wanted = from + 10.0;
    browser.until("some is recorded", &format!("{ELAPSED} >= {wanted}")).await;
    until_pieces_of(&site, &id, pieces + 4).await;
    let profile = browser.crash().await;

    // After the crash: thrown away, taken back, and kept.
    let browser = Browser::whole(&switches, profile).await;
    browser.size(1440, 1100).await;
    browser.go(&site, "/").await;
    browser.until("it is offered", "document.querySelector('[data-offer] [data-save]:not([hidden])')").await;
    browser.follow("[data-offer] [data-away] button").await;
    browser.until("it is in the trash", "location.search.startsWith('?deleted=')").await;
    take_back(&browser, &id).await;
    browser.go(&site, "/").await;
    browser.until("it is offered", "document.querySelector('[data-offer] [data-on]:not([hidden])')").await;
    browser.follow("[data-offer] [data-finish] button").await;
    browser
        .until("the transcript's page is open", &format!("location.pathname === '/transcripts/{id}'"))
        .await;
    browser.quit().await;
    site.workshop.until_ended(id.parse().unwrap()).await;
    let (_, whole) = site.json(&format!("/v1/transcripts/{id}")).await;
    let text = whole["transcript"].as_str().unwrap();
    assert!(text.contains("New Jersey") || text.contains("Chicago"), "what was said in the tab: {text}");
}

/// Chromium takes the picture of a shared tab for a camera, says that none is allowed here, and shares the tab all the same.
async fn no_camera(browser: &Browser) {
    let noise = |line: &String| line.contains("camera is not allowed in this document");
    let said: Vec<String> = browser.console().await.into_iter().filter(|line| !noise(line)).collect();
    assert_eq!(said, Vec::<String>::new());
    browser.said.lock().unwrap().retain(|line| !noise(line));
}

/// Out of the trash, at the first stop.
async fn take_back(browser: &Browser, id: &str) {
    let button = "form[action$='/restore'] button";
    browser.until("it can be taken back", &format!("document.querySelector(\"{button}\")")).await;
    browser.follow(button).await;
    browser.until("it is back", &format!("location.pathname === '/transcripts/{id}'")).await;
}
