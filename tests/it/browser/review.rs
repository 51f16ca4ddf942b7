//! Doubtful words gone through one by one; finding, naming speakers, and what was changed, on the page.

use reflector::ids::TranscriptId;
use reflector::storage::StorageKey;
use serde_json::json;
use thirtyfour::TypingData;
use thirtyfour::prelude::*;

use super::Browser;
use super::keyboard::Keys;
use crate::contract_review::doubtful;
use crate::support::media::Media;
use crate::support::site::Site;

const TEXT: &str = "document.getElementById('text').innerText";

/// Whatever has the focus gets it, be it on its way elsewhere.
async fn press(browser: &Browser, key: impl Into<TypingData> + Send) {
    Keys(browser).press(key).await;
}

async fn click(browser: &Browser, css: &str) {
    browser.driver.find(By::Css(css)).await.unwrap().click().await.unwrap();
}

async fn opened(dark: bool) -> (Site, TranscriptId, Browser) {
    let site = Site::new().await;
    let id = site.replaced("Walrus", &doubtful(), 60.0).await;
    let media = Media::new();
    let tone = media.tone(60, "-ac 1 -b:a 16k -c:a libmp3lame", "tone.mp3");
    site.app.storage().put_file(&StorageKey::Mp3 { transcript: id }, &tone).await.unwrap();
    let browser = Browser::open(dark).await;
    browser.size(1280, 900).await;
    browser.driver.goto(site.url(&format!("/transcripts/{id}"))).await.unwrap();
    browser.until("the text can be changed", "!document.querySelector('[data-edit-bar]').hidden").await;
    browser.until("the sound is known", "document.querySelector('audio').readyState > 0").await;
    (site, id, browser)
}

/// Begins a review, or the history, and gives what is said before the server has answered.
fn begin(what: &str) -> String {
    format!(
        "document.querySelector('[data-{what}-open]').click(); return document.querySelector('[data-{what}-said]').textContent"
    )
}

/// What is asked about, and how much is left.
async fn asked(browser: &Browser, word: &str, left: &str) {
    let code = format!(
        "document.querySelector('[data-review-input]').value === {} && document.querySelector('[data-review-left]').textContent === {}",
        json!(word),
        json!(left)
    );
    browser.until(&format!("“{word}” is asked about"), &code).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn doubtful_words_are_gone_through_by_keyboard_until_none_is_left() {
    let (site, id, browser) = opened(false).await;
    press(&browser, "v").await;
    asked(&browser, "walross spaeks", "3 places left").await;
    browser.until("it is played", "document.querySelector('audio').currentTime > 0.1").await;
    browser
        .until(
            "it is marked in the text",
            "String([...CSS.highlights.get('doubtful') ?? []][0]) === 'walross spaeks'",
        )
        .await;
    browser.shot("review-1280-light").await;
    browser.until("it stops a second after", "document.querySelector('audio').paused").await;
    let stopped =
        browser.script("return document.querySelector('audio').currentTime").await.as_f64().unwrap();
    assert!((3.5..5.0).contains(&stopped), "{stopped}");

    // It is right.
    assert_eq!(browser.script("return document.activeElement.matches('[data-review-input]')").await, true);
    Keys(&browser).enter().await;
    asked(&browser, "Walross", "2 places left").await;
    // Later: the next one; and this one again at the end.
    Keys(&browser).with(Key::Alt, Key::Right).await;
    asked(&browser, "walross", "2 places left").await;
    press(&browser, "walrus").await;
    let all = browser.script("return document.querySelector('[data-review-all]').textContent").await;
    assert_eq!(all, "Fix both alike");
    Keys(&browser).with(Key::Shift, Key::Enter).await;
    browser.until("none is left", "document.querySelector('[data-review-done] strong').textContent === 'Nothing doubtful is left.' && !document.querySelector('[data-review-done]').hidden").await;
    browser
        .until(
            "the text says so",
            &format!("{TEXT}.includes('A walrus, he said') && {TEXT}.includes('no more walrus!')"),
        )
        .await;
    browser.shot("review-done-1280-light").await;

    // The last decision is taken back.
    click(&browser, "[data-review-undo]").await;
    asked(&browser, "Walross", "2 places left").await;
    browser.until("the text is as it was", &format!("{TEXT}.includes('A Walross, he said')")).await;
    press(&browser, Key::Escape.value().to_string()).await;
    browser.until("it is over", "document.querySelector('[data-review]').hidden").await;
    // What was right is remembered.
    let (_, left) = site.json(&format!("/v1/transcripts/{id}/doubts")).await;
    assert_eq!(left["places"], 2);
    browser.driver.refresh().await.unwrap();
    browser.until("the page is there again", "!document.querySelector('[data-edit-bar]').hidden").await;
    click(&browser, "[data-review-open]").await;
    asked(&browser, "Walross", "2 places left").await;
    assert_eq!(browser.console().await, Vec::<String>::new());
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_a_word_is_fixed_here_and_another_ones_change_is_not_written_over() {
    let (site, id, browser) = opened(true).await;
    browser.size(390, 844).await;
    assert_eq!(browser.script(&begin("review")).await, "Looking for doubtful words…");
    asked(&browser, "walross spaeks", "3 places left").await;
    browser.no_sideways_scroll().await;
    browser.shot("review-390-dark").await;
    let revision = site.json(&format!("/v1/transcripts/{id}/segments")).await.1["revision"].clone();
    let body = json!({ "revision": revision, "text": "No more tusks!" });
    assert_eq!(site.send("PATCH", &format!("/v1/transcripts/{id}/segments/2"), &body).await.0, 200);
    press(&browser, "walrus speaks").await;
    click(&browser, "[data-review-here]").await;
    browser
        .until(
            "it says why not",
            "document.querySelector('[data-review-said]').textContent.includes('changed meanwhile')",
        )
        .await;
    asked(&browser, "walross spaeks", "2 places left").await;
    press(&browser, "walrus speaks").await;
    click(&browser, "[data-review-here]").await;
    asked(&browser, "Walross", "1 place left").await;
    browser
        .until(
            "it is fixed",
            &format!("{TEXT}.includes('The walrus speaks of tusks.') && {TEXT}.includes('No more tusks!')"),
        )
        .await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_far_away_is_found_and_replaced() {
    let site = Site::new().await;
    let id = site.long("Board meeting").await;
    let segments = format!("/v1/transcripts/{id}/segments");
    for (number, text) in [(500, "A zebra crosses."), (2900, "Another Zebra.")] {
        let revision = site.json(&format!("{segments}?limit=1")).await.1["revision"].clone();
        let body = json!({ "revision": revision, "text": text });
        assert_eq!(site.send("PATCH", &format!("{segments}/{number}"), &body).await.0, 200);
    }
    let browser = Browser::open(false).await;
    browser.size(1280, 900).await;
    browser.driver.goto(site.url(&format!("/transcripts/{id}"))).await.unwrap();
    browser.until("it can be searched", "!document.querySelector('[data-find-open]').hidden").await;
    press(&browser, "/").await;
    press(&browser, "zebra").await;
    let at = |n: &str, word: &str| {
        format!(
            "document.querySelector('[data-find-count]').textContent === '{n}' && String([...CSS.highlights.get('here') ?? []][0]) === '{word}'"
        )
    };
    browser.until("the first is shown", &at("1 of 2", "zebra")).await;
    Keys(&browser).enter().await;
    browser.until("the second is shown", &at("2 of 2", "Zebra.")).await;
    let seen = "(() => { const box = [...CSS.highlights.get('here')][0].getBoundingClientRect(); return box.top > 0 && box.bottom < innerHeight; })()";
    browser.until("it is in sight", seen).await;
    browser.shot("find-1280-light").await;
    browser.driver.find(By::Css("[name=replace]")).await.unwrap().send_keys("gnu").await.unwrap();
    click(&browser, "[data-find-one]").await;
    browser
        .until(
            "one is replaced",
            "document.querySelector('[data-edit-said]').textContent.startsWith('Replaced in 1 place')",
        )
        .await;
    browser
        .until("one is left", "document.querySelector('[data-find-count]').textContent === '1 of 1'")
        .await;
    let (_, left) = site.json(&format!("/v1/transcripts/{id}/find?q=gnu")).await;
    assert_eq!((&left["total"], &left["places"][0]["segment"]), (&json!(1), &json!(2900)));
    click(&browser, "[data-find-close]").await;
    browser.until("nothing is coloured", "!CSS.highlights.has('here') && !CSS.highlights.has('found')").await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_speaker_is_named_once_everywhere_and_two_voices_become_one() {
    let site = Site::new().await;
    let id = site.finished("Budget").await;
    let browser = Browser::open(false).await;
    browser.size(390, 844).await;
    browser.driver.goto(site.url(&format!("/transcripts/{id}"))).await.unwrap();
    browser.until("speakers can be changed", "document.querySelector('[data-person-open]')").await;
    let names = "[...document.querySelectorAll('#text .name')].map((one) => one.textContent).join()";
    // From the chip in the text.
    browser.script("const chip = document.querySelectorAll('#text .name')[2]; chip.scrollIntoView({ block: 'center' }); chip.click()").await;
    browser.until("one is asked", "document.querySelector('[data-person-dialog]').open").await;
    press(&browser, "Ada").await;
    browser.shot("person-390-light").await;
    Keys(&browser).enter().await;
    browser.until("she is named everywhere", &format!("{names} === 'Ada,Speaker 2,Ada'")).await;
    browser
        .until(
            "the list names her",
            "document.querySelector('[data-part=people] .name').textContent === 'Ada'",
        )
        .await;
    browser.script("document.querySelector('[data-edit-said-undo]').click()").await;
    browser.until("that is taken back", &format!("{names} === 'Speaker 1,Speaker 2,Speaker 1'")).await;
    // It is in the history, which gives the name again.
    browser.until("it can be done again", "!document.querySelector('[data-edit-redo]').disabled").await;
    browser.script("document.querySelector('[data-edit-redo]').click()").await;
    browser.until("she is named again", &format!("{names} === 'Ada,Speaker 2,Ada'")).await;
    browser.script("document.querySelector('[data-history-open]').click()").await;
    let listed = "[...document.querySelectorAll('[data-history-edits] > li')].map((one) => one.innerText.replace(/\\s+/g, ' '))";
    browser.until("changes are listed", &format!("{listed}.length === 3")).await;
    let first = browser.script(&format!("return {listed}[2]")).await;
    let first = first.as_str().unwrap();
    assert!(first.contains("Names of speakers") && first.contains("Speaker 1 Ada"), "{first}");
    click(&browser, "[data-history-close]").await;
    // Somebody else is faster.
    browser.script("document.querySelector('[data-person-open=\"0\"]').click()").await;
    browser.until("one is asked", "document.querySelector('[data-person-dialog]').open").await;
    press(&browser, "Adele").await;
    let people = format!("/v1/transcripts/{id}/participants");
    let (_, list) = site.json(&people).await;
    let ada = format!("{people}/{}", list[0]["id"].as_str().unwrap());
    assert_eq!(site.send("PATCH", &ada, &json!({ "name": "Grace" })).await.0, 200);
    Keys(&browser).enter().await;
    let theirs = "!document.querySelector('[data-person-conflict]').hidden && document.querySelector('[data-person-conflict] q').textContent";
    browser.until("both are shown", &format!("{theirs} === 'Grace'")).await;
    let mine =
        browser.script("return document.querySelector('[data-person-dialog] [name=name]').value").await;
    assert_eq!(mine, "Adele");
    assert_eq!(site.json(&ada).await.1["name"], "Grace", "nothing is written over unseen");
    browser.no_sideways_scroll().await;
    browser.checked("a name that two have given").await;
    click(&browser, "[data-person-mine]").await;
    browser.until("it is written over", &format!("{names} === 'Adele,Speaker 2,Adele'")).await;
    browser.script("document.querySelector('[data-edit-said-undo]').click()").await;
    browser.until("theirs is back", &format!("{names} === 'Grace,Speaker 2,Grace'")).await;
    assert_eq!(site.send("DELETE", &ada, &json!({})).await.0, 200);
    let gone = "document.querySelector('[data-part=people] [name=was-0]').value === ''";
    browser.until("and gone", &format!("{names} === 'Speaker 1,Speaker 2,Speaker 1' && {gone}")).await;

    browser.script("document.querySelector('[data-person-open=\"1\"]').click()").await;
    browser.until("one is asked again", "document.querySelector('[data-person-dialog]').open").await;
    browser.script("const s = document.querySelector('[data-person-dialog] select'); s.value = '0'; s.dispatchEvent(new Event('change'))").await;
    click(&browser, "[data-person-dialog] .main").await;
    browser.until("they are one", &format!("{names} === 'Speaker 1,Speaker 1'")).await;
    browser.script("document.querySelector('[data-edit-said-undo]').click()").await;
    browser.until("they are two again", &format!("{names} === 'Speaker 1,Speaker 2,Speaker 1'")).await;
    assert_eq!(browser.console().await.iter().filter(|line| !line.contains("/audio/")).count(), 0);
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_is_listed_compared_and_undone() {
    let (site, id, browser) = opened(false).await;
    for (revision, text) in [("1.0", "The walrus speaks of tusks."), ("1.1", "The walrus speaks of ships.")] {
        let body = json!({ "revision": revision, "text": text });
        assert_eq!(site.send("PATCH", &format!("/v1/transcripts/{id}/segments/0"), &body).await.0, 200);
    }
    let mut heard = doubtful();
    heard[1].words[2].text = " she".into();
    heard[1].text = " A Walross, she said".into();
    crate::contract_speakers::again(&site, id, &heard).await;
    browser.driver.refresh().await.unwrap();
    browser.until("the other version is shown", &format!("{TEXT}.includes('she said')")).await;
    assert_eq!(browser.script(&begin("history")).await, "Fetching what was changed…");
    browser
        .until("changes are listed", "document.querySelectorAll('[data-history-edits] > li').length === 2")
        .await;
    browser.shot("history-1280-light").await;
    click(&browser, "[data-history-all]").await;
    let differences = "[...document.querySelectorAll('[data-history-differences] li')].map((one) => one.innerText.replace(/\\s+/g, ' ')).join('; ')";
    browser
        .until(
            "what differs is listed",
            &format!("{differences} === '0:01 walross spaeks walrus speaks; 0:04 tusks. ships.'"),
        )
        .await;
    click(&browser, "[data-history-back]").await;
    let press_button = async |name: &str| {
        let code = format!(
            "[...document.querySelectorAll('[data-history-lists] button')].find((one) => one.textContent === {}).click()",
            json!(name)
        );
        browser.script(&code).await;
    };
    press_button("Undo from here on").await;
    browser.until("the last change is undone", &format!("{TEXT}.includes('speaks of tusks.')")).await;
    browser
        .until("the list is new", "document.querySelectorAll('[data-history-edits] > li').length === 3")
        .await;
    press_button("Show this one").await;
    browser
        .until(
            "the first version is shown",
            &format!("{TEXT}.includes('he said') && !{TEXT}.includes('she said')"),
        )
        .await;
    click(&browser, "[data-history-close]").await;
    browser.until("there is a way back", "!document.querySelector('[data-edit-said-undo]').hidden").await;
    browser.script("document.querySelector('[data-edit-said-undo]').click()").await;
    browser.until("the second is shown again", &format!("{TEXT}.includes('she said')")).await;
    assert_eq!(browser.console().await, Vec::<String>::new());
    browser.quit().await;
}
