//! A person changes to French at the foot of a page: pages, scripts and dates follow, and stay so. Times are by the reader's clock.

use chrono::{DateTime, FixedOffset};
use reflector::catalogue;
use reflector::config::Language;
use serde_json::json;
use thirtyfour::prelude::*;

use super::Browser;
use crate::support::site::Site;

async fn at(browser: &Browser, site: &Site, path: &str) {
    browser.driver.goto(format!("http://localhost:{}{path}", site.address.port())).await.unwrap();
}

async fn text(browser: &Browser, of: &str) -> String {
    let said = browser.script(&format!("return document.querySelector({of:?}).innerText")).await;
    said.as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn french_is_chosen_and_pages_scripts_and_dates_follow() {
    let site = Site::new().await;
    let talk = site.finished("talk.wav").await;
    let browser = Browser::open(false).await;
    browser.size(390, 844).await;
    at(&browser, &site, "/").await;
    assert_eq!(browser.script("return document.documentElement.lang").await, "en");
    browser.until("the script is there", "document.querySelector('#drop.with-script')").await;
    // Without scrolling, on a phone: what one comes for.
    let ways = "return [...document.querySelectorAll('[data-choose], [data-record], .extra summary')]
        .map((one) => one.checkVisibility() && one.getBoundingClientRect().bottom <= innerHeight)";
    assert_eq!(browser.script(ways).await, json!([true, true, true]));
    browser.shot("language-en-390-light").await;
    browser.click(".themes [value=fr]").await;
    browser.until("it is French", "document.documentElement.lang === 'fr'").await;
    browser.no_sideways_scroll().await;
    browser.shot("language-fr-390-light").await;
    assert_eq!(text(&browser, "h1").await, "Transformez un enregistrement en transcription");

    // A file that is refused by the script, in the script's words.
    browser.until("the script is there", "document.querySelector('#drop.with-script')").await;
    assert_eq!(browser.script(ways).await, json!([true, true, true]));
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("vide.wav");
    std::fs::write(&empty, b"").unwrap();
    browser.script("document.querySelector('[data-plain]').hidden = false").await;
    let input = browser.driver.find(By::Css("#file")).await.unwrap();
    input.send_keys(empty.to_str().unwrap()).await.unwrap();
    browser.until("it is on the list", "document.querySelector('#uploading [data-list] li')").await;
    let said = text(&browser, "#uploading [data-list]").await;
    assert!(said.contains("vide"), "{said}");
    assert!(!said.contains("empty") && !said.contains("Choose"), "{said}");

    // A choice holds after a reload, and on every page.
    browser.size(1280, 900).await;
    at(&browser, &site, &format!("/transcripts/{talk}")).await;
    assert_eq!(browser.script("return document.documentElement.lang").await, "fr");
    let date = text(&browser, "main time").await;
    assert!(date.contains(" à "), "{date}");
    browser.shot("language-fr-transcript-1280-light").await;
    // From an island fourteen hours before UTC it was at another hour, as everything there.
    let zone =
        json!({ "cmd": "Emulation.setTimezoneOverride", "params": { "timezoneId": "Pacific/Kiritimati" } });
    browser.ask("goog/cdp/execute", &zone).await;
    browser.driver.refresh().await.unwrap();
    browser.until("it is still French", "document.documentElement.lang === 'fr'").await;
    let iso = browser.script("return document.querySelector('main time').dateTime").await;
    let made = DateTime::parse_from_rfc3339(iso.as_str().unwrap()).unwrap();
    let there = made.with_timezone(&FixedOffset::east_opt(14 * 3600).unwrap());
    let by_their_clock = json!(catalogue::moment(Language::Fr, &there));
    let shown = format!("document.querySelector('main time').innerText === {by_their_clock}");
    browser.until("it is by the reader's clock", &shown).await;
    let path = format!("/v1/transcripts/{talk}");
    assert_eq!(site.send("PATCH", &path, &json!({ "title": "Tout autre chose" })).await.0, 200);
    browser.until("what changes comes by itself", "document.title.includes('Tout autre chose')").await;
    browser.until("by the same clock", &shown).await;
    let strings = "return typeof globalThis.reflectorStrings === 'object' && Object.keys(globalThis.reflectorStrings).length > 50";
    assert_eq!(browser.script(strings).await, true);
    at(&browser, &site, "/transcripts").await;
    browser.until("the script is there", "document.querySelector('[data-all]:not([hidden])')").await;
    let count = text(&browser, "[data-count]").await;
    assert!(!count.is_empty() && !count.contains("ticked"), "{count}");
    browser.click(".themes [value=en]").await;
    browser.until("it is English again", "document.documentElement.lang === 'en'").await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcripts_scripts_speak_french() {
    let site = Site::new().await;
    let talk = site.finished("talk.wav").await;
    let browser = Browser::open(true).await;
    browser.size(1280, 900).await;
    at(&browser, &site, &format!("/transcripts/{talk}")).await;
    browser.click(".themes [value=fr]").await;
    browser.until("it is French", "document.documentElement.lang === 'fr'").await;
    browser.until("the script is there", "document.querySelector('[data-edit-bar]:not([hidden])')").await;
    let label = "document.getElementById('text').getAttribute('aria-label')";
    browser.until("the text is named", &format!("{label} && {label}.startsWith('Transcription')")).await;
    browser.click("[data-edit-toggle]").await;
    browser.until("one may choose", "document.querySelector('[data-edit-said]').innerText !== ''").await;
    assert_eq!(text(&browser, "[data-edit-said]").await, "Choisissez les mots à modifier.");
    assert_eq!(text(&browser, "[data-edit-toggle]").await, "Terminer");
    assert_eq!(text(&browser, ".edit-open").await, "Modifier");
    browser.shot("language-fr-editing-1280-dark").await;
    browser.click("[data-edit-toggle]").await;
    browser.click("[data-find-open]").await;
    browser.script("const find = document.getElementById('find-text'); find.value = 'zzz'; find.dispatchEvent(new Event('input'))").await;
    browser.until("it was looked for", "document.querySelector('[data-find-count]').innerText !== ''").await;
    assert_eq!(text(&browser, "[data-find-count]").await, "Introuvable");
    browser.click("[data-history-open]").await;
    browser.until("versions are listed", "document.querySelector('[data-history-versions] li')").await;
    let version = text(&browser, "[data-history-versions] li").await;
    assert!(version.contains("Version 1\u{a0}:") && version.contains("affichée"), "{version}");
    browser.size(390, 844).await;
    browser.shot("language-fr-history-390-dark").await;
    browser.quit().await;
}
