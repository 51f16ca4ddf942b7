//! Changing the text on the page: with the mouse, by keyboard, beside somebody else.

use reflector::ids::TranscriptId;
use serde_json::json;
use thirtyfour::TypingData;
use thirtyfour::prelude::*;

use super::Browser;
use super::keyboard::Keys;
use crate::support::site::Site;

const TEXT: &str = "document.getElementById('text').innerText";

async fn word(browser: &Browser, text: &str) {
    browser.click_word(&format!("text === {}", json!(text))).await;
    browser.until("the form is open", "document.querySelector('.edit-panel textarea')").await;
}

async fn write(browser: &Browser, text: &str) {
    let field = browser.driver.find(By::Css(".edit-panel textarea")).await.unwrap();
    field.clear().await.unwrap();
    field.send_keys(text).await.unwrap();
}

async fn press(browser: &Browser, key: impl Into<TypingData> + Send) {
    browser.driver.active_element().await.unwrap().send_keys(key).await.unwrap();
}

async fn click(browser: &Browser, css: &str) {
    browser.driver.find(By::Css(css)).await.unwrap().click().await.unwrap();
}

/// A page of a short talk, with its text to be changed.
async fn editing() -> (Site, TranscriptId, Browser) {
    let site = Site::new().await;
    let id = site.finished("Budget").await;
    let browser = Browser::open(false).await;
    browser.driver.goto(site.url(&format!("/transcripts/{id}"))).await.unwrap();
    browser.until("the text can be changed", "!document.querySelector('[data-edit-bar]').hidden").await;
    click(&browser, "[data-edit-toggle]").await;
    browser.until("one may choose", "document.querySelector('.editing .edit-open')").await;
    (site, id, browser)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_mends_words_takes_it_back_and_finds_and_replaces() {
    let site = Site::new().await;
    let id = site.finished("Budget").await;
    let browser = Browser::open(false).await;
    browser.size(1280, 900).await;
    browser.driver.goto(site.url(&format!("/transcripts/{id}"))).await.unwrap();
    browser.until("the text can be changed", "!document.querySelector('[data-edit-bar]').hidden").await;
    click(&browser, "[data-edit-toggle]").await;
    browser.until("one may choose", "document.querySelector('.editing .edit-open')").await;
    browser.shot("edit-on-1280-light").await;

    word(&browser, "budget.").await;
    assert_eq!(
        browser.script("return document.querySelector('.edit-panel textarea').value").await,
        "We should <cut> the budget."
    );
    browser.shot("edit-form-1280-light").await;
    write(&browser, "We should not cut the budget.").await;
    press(&browser, Key::Control + Key::Enter.value().to_string()).await;
    browser.until("it is shown", &format!("{TEXT}.includes('We should not cut the budget.')")).await;
    let page = site.page(&format!("/transcripts/{id}")).await.1;
    assert!(page.contains(">We should not cut the budget.<"), "{page}");
    browser.until("it says so", "document.querySelector('[data-edit-said]').textContent === 'Saved.'").await;

    click(&browser, "[data-edit-undo]").await;
    browser.until("it is taken back", &format!("{TEXT}.includes('<cut>')")).await;
    click(&browser, "[data-edit-redo]").await;
    browser.until("it is done again", &format!("{TEXT}.includes('not cut')")).await;
    word(&browser, "not").await;
    let heard = browser.script("return document.querySelector('[data-edit-heard] span').textContent").await;
    assert_eq!(heard, "The machine heard: “We should <cut> the budget.”");
    click(&browser, "[data-edit-restore]").await;
    browser.until("the machine's words are back", &format!("{TEXT}.includes('<cut>')")).await;

    click(&browser, "[data-find-open]").await;
    browser.driver.find(By::Css("[name=find]")).await.unwrap().send_keys("budget").await.unwrap();
    browser.driver.find(By::Css("[name=replace]")).await.unwrap().send_keys("garden").await.unwrap();
    browser.shot("edit-replace-1280-light").await;
    Keys(&browser).enter().await;
    browser.until("it is replaced", &format!("{TEXT}.includes('the garden.')")).await;
    let said = "document.querySelector('[data-edit-said]').textContent === 'Replaced in 1 place. Undo takes it back.'";
    browser.until("it says so", said).await;

    // A segment is cut in two, the second half given to another speaker, and joined again.
    word(&browser, "garden.").await;
    browser
        .script("const t = document.querySelector('.edit-panel textarea'); t.setSelectionRange(10, 10)")
        .await;
    click(&browser, "[data-edit-split]").await;
    browser.until("it is two", "document.querySelector('[data-edit-said]').textContent === 'Split.'").await;
    let segments = site.json(&format!("/v1/transcripts/{id}/segments")).await.1;
    assert_eq!(segments["total"], 4, "{segments}");
    word(&browser, "garden.").await;
    browser.script("const s = document.querySelector('[data-edit-speaker]'); s.value = '0'; s.dispatchEvent(new Event('change'))").await;
    browser
        .until(
            "it is another's",
            "document.querySelector('[data-edit-said]').textContent.startsWith('Given')",
        )
        .await;
    let segments = site.json(&format!("/v1/transcripts/{id}/segments")).await.1;
    assert_eq!(segments["segments"][2]["speaker"], 0, "{segments}");
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_and_by_keyboard_alone_the_text_is_changed() {
    let site = Site::new().await;
    let id = site.finished("Budget").await;
    let browser = Browser::open(true).await;
    browser.size(390, 844).await;
    browser.driver.goto(site.url(&format!("/transcripts/{id}"))).await.unwrap();
    browser.until("the text can be changed", "!document.querySelector('[data-edit-bar]').hidden").await;
    // To the button with Tab, wherever it is on the page.
    for _ in 0..60 {
        press(&browser, Key::Tab.value().to_string()).await;
        if browser.script("return document.activeElement.matches('[data-edit-toggle]')").await == true {
            break;
        }
    }
    Keys(&browser).enter().await;
    browser.until("one may choose", "document.querySelector('.editing .edit-open')").await;
    // All that is found becomes something else, and stays so.
    let keys = Keys(&browser);
    keys.press("/").await;
    keys.has("[name=find]").await;
    keys.press("budget").await;
    keys.tab_to("[name=replace]").await;
    keys.press("garden").await;
    browser.no_sideways_scroll().await;
    browser.shot("edit-replace-390-dark").await;
    keys.follow("[data-find] .main").await;
    browser.until("it is replaced", &format!("{TEXT}.includes('the garden.')")).await;
    keys.back_to("[data-find-close]").await;
    keys.enter().await;
    keys.has("[data-find-open]").await;
    for _ in 0..20 {
        press(&browser, Key::Tab.value().to_string()).await;
        if browser.script("return document.activeElement.matches('.edit-open')").await == true {
            break;
        }
    }
    let label = browser.script("return document.activeElement.getAttribute('aria-label')").await;
    assert_eq!(label, "Edit from 0:00");
    Keys(&browser).enter().await;
    browser.until("one can write", "document.activeElement.matches('.edit-panel textarea')").await;
    browser.no_sideways_scroll().await;
    browser.shot("edit-form-390-dark").await;
    press(&browser, Key::End + " Everybody.").await;
    // What was written is saved on the way to the next.
    press(&browser, Key::Alt + Key::Down.value().to_string()).await;
    browser
        .until(
            "the next is open",
            "document.querySelector('.edit-panel textarea')?.value.startsWith('We should')",
        )
        .await;
    assert!(site.page(&format!("/transcripts/{id}")).await.1.contains("let us begin. Everybody.<"));
    press(&browser, Key::Escape.value().to_string()).await;
    browser.until("the form is gone", "!document.querySelector('.edit-panel')").await;
    assert_eq!(
        browser.script("return document.activeElement.matches('.edit-open')").await,
        true,
        "where one was"
    );
    beside_another(&site, id, &keys).await;
    notes(&site, id, &browser).await;
    browser.quit().await;
}

/// Somebody else is faster twice: their words are taken, and then written over; what the machine heard comes back.
async fn beside_another(site: &Site, id: TranscriptId, keys: &Keys<'_>) {
    let browser = keys.0;
    let segments = format!("/v1/transcripts/{id}/segments");
    let open = async || {
        keys.enter().await;
        keys.has(".edit-panel textarea").await;
    };
    let closed = async |text: &str| {
        browser.until(&format!("{text} is shown"), &format!("{TEXT}.includes({})", json!(text))).await;
        browser.until("the form is gone", "!document.querySelector('.edit-panel')").await;
        keys.has(".edit-open").await;
    };
    let (kept, sold, mine) = ("We should keep it.", "We should sell it.", "We should burn it.");
    for (button, theirs, left) in [("theirs", kept, kept), ("mine", sold, mine)] {
        open().await;
        let revision = site.json(&segments).await.1["revision"].clone();
        let body = json!({ "revision": revision, "text": theirs });
        assert_eq!(site.send("PATCH", &format!("{segments}/1"), &body).await.0, 200);
        keys.with(Key::Control, "a").await;
        keys.press(mine).await;
        keys.with(Key::Control, Key::Enter).await;
        let said = "document.querySelector('[data-edit-conflict]:not([hidden]) q')?.textContent";
        browser.until("both are shown", &format!("{said} === {}", json!(theirs))).await;
        browser.no_sideways_scroll().await;
        if button == "theirs" {
            browser.checked("a sentence that two have written").await;
        }
        keys.follow(&format!("[data-edit-{button}]")).await;
        closed(left).await;
    }
    open().await;
    keys.follow("[data-edit-restore]").await;
    closed("We should <cut> the budget.").await;
    open().await;
    keys.follow("[data-edit-cancel]").await;
    closed("We should <cut> the budget.").await;
}

/// Notes by keyboard alone, beside somebody else.
async fn notes(site: &Site, id: TranscriptId, browser: &Browser) {
    let path = format!("/v1/transcripts/{id}");
    let other = async |text: &str| {
        let seen = site.json(&path).await.1["notes_revision"].clone();
        let body = json!({ "notes": text, "notes_revision": seen });
        assert_eq!(site.send("PATCH", &path, &body).await.0, 200);
    };
    let read = async |text: &str| {
        let shown = "document.querySelector('[data-notes-read]').innerText";
        browser.until(&format!("{text:?} is read"), &format!("{shown} === {}", json!(text))).await;
    };
    let writing = "document.activeElement.matches('.notes textarea')";
    let save = async || press(browser, Key::Control + Key::Enter.value().to_string()).await;

    Keys(browser).press("n").await;
    browser.until("one can write", writing).await;
    press(browser, "Ask Ann").await;
    press(browser, Key::Enter + "- when").await;
    browser.no_sideways_scroll().await;
    browser.shot("notes-form-390-dark").await;
    browser.checked("notes that are written").await;
    save().await;
    read("Ask Ann\n- when").await;
    browser.until("it says so", "document.querySelector('[data-notes-said]').innerText === 'Saved.'").await;
    assert_eq!(site.json(&path).await.1["notes"], "Ask Ann\n- when");
    // What somebody else writes shows by itself.
    other("Ask Bob").await;
    read("Ask Bob").await;
    // Who leaves without saving loses nothing, whatever others do meanwhile; and nobody writes over them unseen.
    press(browser, "n").await;
    browser.until("one can write again", writing).await;
    press(browser, " and Eve").await;
    press(browser, Key::Escape.value().to_string()).await;
    let kept = "document.querySelector('[data-notes-said]').innerText.startsWith('Not saved yet')";
    browser.until("it says that it is kept", kept).await;
    other("Ask Carol").await;
    Keys(browser).enter().await;
    browser.until("one goes on writing", writing).await;
    save().await;
    let theirs = "document.querySelector('[data-notes-trouble] blockquote')?.innerText === 'Ask Carol'";
    browser.until("both are shown", theirs).await;
    let mine = browser.script("return document.querySelector('.notes textarea').value").await;
    assert_eq!(mine, "Ask Bob and Eve");
    browser.no_sideways_scroll().await;
    browser.shot("notes-conflict-390-dark").await;
    browser.checked("notes that two have written").await;
    for _ in 0..5 {
        press(browser, Key::Tab.value().to_string()).await;
        if browser.script("return document.activeElement.matches('[data-notes-mine]')").await == true {
            break;
        }
    }
    Keys(browser).enter().await;
    read("Ask Bob and Eve").await;

    // And once more, to take theirs.
    browser.until("it says so", "document.querySelector('[data-notes-said]').innerText === 'Saved.'").await;
    press(browser, "n").await;
    browser.until("one can write once more", writing).await;
    press(browser, " now").await;
    other("Ask Dora").await;
    save().await;
    browser.until("both are shown again", "document.querySelector('[data-notes-take]')").await;
    Keys(browser).follow("[data-notes-take]").await;
    read("Ask Dora").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_who_change_the_same_words_are_both_shown() {
    let (site, id, browser) = editing().await;
    word(&browser, "Agreed").await;
    let revision = site.json(&format!("/v1/transcripts/{id}/segments")).await.1["revision"].clone();
    let body = json!({ "revision": revision, "text": "Not agreed." });
    assert_eq!(site.send("PATCH", &format!("/v1/transcripts/{id}/segments/2"), &body).await.0, 200);
    write(&browser, "Agreed, and noted down.").await;
    click(&browser, ".edit-panel button.main").await;
    browser.until("both are shown", "!document.querySelector('[data-edit-conflict]').hidden").await;
    let theirs = browser.script("return document.querySelector('[data-edit-conflict] q').textContent").await;
    assert_eq!(theirs, "Not agreed.");
    let mine = browser.script("return document.querySelector('.edit-panel textarea').value").await;
    assert_eq!(mine, "Agreed, and noted down.", "nothing is lost");
    browser.shot("edit-conflict-light").await;
    click(&browser, "[data-edit-mine]").await;
    browser.until("it is written over", &format!("{TEXT}.includes('Agreed, and noted down.')")).await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_connection_nothing_that_was_written_is_lost() {
    let (_site, _, browser) = editing().await;
    word(&browser, "Agreed").await;
    write(&browser, "Agreed by all.").await;
    let offline = |off: bool| json!({ "cmd": "Network.emulateNetworkConditions", "params": { "offline": off, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 } });
    browser.ask("goog/cdp/execute", &json!({ "cmd": "Network.enable", "params": {} })).await;
    browser.ask("goog/cdp/execute", &offline(true)).await;
    click(&browser, ".edit-panel button.main").await;
    browser.until("it says so", "!document.querySelector('[data-edit-error]').hidden").await;
    let kept = browser.script("return document.querySelector('.edit-panel textarea').value").await;
    assert_eq!(kept, "Agreed by all.");
    browser.ask("goog/cdp/execute", &offline(false)).await;
    click(&browser, ".edit-panel button.main").await;
    browser.until("it is saved", &format!("{TEXT}.includes('Agreed by all.')")).await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_changed_is_never_written_over_unseen_and_shows_when_one_leaves() {
    let (site, id, browser) = editing().await;
    word(&browser, "Agreed").await;
    write(&browser, "Mine.").await;
    let revision = site.json(&format!("/v1/transcripts/{id}/segments")).await.1["revision"].clone();
    let body = json!({ "revision": revision, "text": "Theirs." });
    assert_eq!(site.send("PATCH", &format!("/v1/transcripts/{id}/segments/2"), &body).await.0, 200);
    // Another speaker, with words that are not saved: first the words.
    let other = "const s = document.querySelector('[data-edit-speaker]'); s.value = '1'; s.dispatchEvent(new Event('change'))";
    browser.script(other).await;
    browser.until("it says what to do", "!document.querySelector('[data-edit-error]').hidden").await;
    assert_eq!(browser.script("return document.querySelector('[data-edit-speaker]').value").await, "0");
    click(&browser, ".edit-panel button.main").await;
    browser.until("both are shown", "!document.querySelector('[data-edit-conflict]').hidden").await;
    press(&browser, Key::Escape.value().to_string()).await;
    browser.until("theirs is shown", &format!("{TEXT}.includes('Theirs.')")).await;
    browser.quit().await;
}
