//! Without script: a phone on which none runs does all that needs none.

use reflector::ids::TranscriptId;
use reflector::model::{ShareMode, transcript};
use serde_json::json;
use thirtyfour::prelude::*;

use super::Browser;
use crate::support::accounts::{ADA, BOB, PASSWORD, Visitor, give, guarded, person};
use crate::support::long;
use crate::support::site::Site;
use crate::support::workshop::two_people;

/// What can be seen and pressed, and would do nothing: it belongs to no form.
const DEAD: &str = "return [...document.querySelectorAll('button, select, textarea, input:not([readonly])')]
    .filter((one) => one.checkVisibility() && (!one.form || one.type === 'button')).map((one) => one.outerHTML.slice(0, 120))";

/// A phone on which no script of a page runs.
async fn phone() -> Browser {
    let browser = Browser::open(false).await;
    browser.size(390, 844).await;
    scripts(&browser, false).await;
    browser
}

/// Whether scripts of pages run, from the next one on.
async fn scripts(browser: &Browser, run: bool) {
    let run = json!({ "cmd": "Emulation.setScriptExecutionDisabled", "params": { "value": !run } });
    browser.ask("goog/cdp/execute", &run).await;
}

/// Has the checker, which is a script itself, look at a page that was loaded without one.
async fn looked_at(browser: &Browser, what: &str) {
    scripts(browser, true).await;
    browser.checked(&format!("{what} without script")).await;
    scripts(browser, false).await;
}

/// A page on which everything that shows works.
async fn open(browser: &Browser, site: &Site, path: &str) {
    browser.at(site, path).await;
    works(browser).await;
}

async fn works(browser: &Browser) {
    assert!(browser.driver.find(By::Css(".with-script, html.js")).await.is_err(), "no script runs");
    // Menus and folds open without one.
    folds(browser, true).await;
    assert_eq!(browser.script(DEAD).await, json!([]));
    folds(browser, false).await;
    browser.no_sideways_scroll().await;
}

async fn folds(browser: &Browser, open: bool) {
    let fold = format!("for (const one of document.querySelectorAll('details')) one.open = {open}");
    browser.script(&fold).await;
}

async fn count(browser: &Browser, what: &str) -> u64 {
    browser.script(&format!("return {what}")).await.as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_without_script_a_recording_is_uploaded_and_three_hours_are_read_and_searched() {
    let site = Site::new().await;
    let browser = phone().await;
    open(&browser, &site, "/").await;
    upload(&site, &browser).await;

    // All that was said, from part to part.
    let id = site.long("Board meeting").await;
    open(&browser, &site, &format!("/transcripts/{id}")).await;
    let words = "[...document.querySelectorAll('#text p[data-w]')].map((one) => one.dataset.w.split(' ').length).reduce((all, one) => all + one, 0)";
    let total = count(&browser, "document.querySelectorAll('.leaf').length").await;
    let mut read = count(&browser, words).await;
    for part in 2..=total {
        browser.click(&format!("#part-{part} .leaf-link")).await;
        browser
            .until("the next part is there", &format!("document.querySelector('#part-{part}[data-open] p')"))
            .await;
        let top = browser
            .script(&format!("return document.querySelector('#part-{part}').getBoundingClientRect().top"))
            .await;
        assert!((0.0..844.0).contains(&top.as_f64().unwrap()), "part {part} begins {top} below the top");
        read += count(&browser, words).await;
    }
    let said: usize = long::meeting().iter().map(|one| one.words.len()).sum();
    assert_eq!((total > 10, read), (true, said as u64));

    // What is looked for is found in the list, and leads to where it is said.
    let segments = format!("/v1/transcripts/{id}/segments");
    let (_, text) = site.json(&format!("{segments}?at=9000.1&limit=1")).await;
    let body = json!({ "revision": text["revision"], "text": "The walrus abstained." });
    assert_eq!(site.send("PATCH", &format!("{segments}/2500"), &body).await.0, 200);
    open(&browser, &site, "/transcripts").await;
    browser.fill("q", "walrus").await;
    browser.click("form.find .search button").await;
    browser.reads("1 transcript found").await;
    works(&browser).await;
    browser.click(".places a").await;
    browser.until("the transcript is open", &format!("location.pathname === '/transcripts/{id}'")).await;
    let here = "const here = document.querySelector('#here'); const box = here.getBoundingClientRect();
        return [here.innerText.includes('The walrus abstained.'), box.top < innerHeight && box.bottom > 0]";
    assert_eq!(browser.script(here).await, json!([true, true]), "in sight, and marked");
    let sound = browser.script("return document.querySelector('audio').getAttribute('src')").await;
    assert!(sound.as_str().unwrap().ends_with("#t=9000"), "{sound}");
    browser.quit().await;
}

async fn upload(site: &Site, browser: &Browser) {
    let find = async |selector: &str| browser.driver.find(By::Css(selector)).await.expect(selector);
    let button = find("[data-plain] button").await.rect().await.unwrap();
    assert!(button.y + button.height < 844.0, "it is in sight on a phone: {button:?}");
    find(".extra summary").await.click().await.unwrap();
    find("select[name=source_language] option[value=de]").await.click().await.unwrap();
    let names = find("textarea[name=vocabulary]").await;
    names.send_keys("Aoife Byrne\nKowalczyk").await.unwrap();
    let field = names.rect().await.unwrap();
    assert!(field.width > 250.0 && field.height > 40.0, "room for a finger: {field:?}");
    find("input[type=file]").await.send_keys(two_people().to_str().unwrap()).await.unwrap();
    find("[data-plain] button").await.click().await.unwrap();
    browser.until("the transcript's page is open", "location.pathname.startsWith('/transcripts/')").await;
    let (_, list) = site.json("/v1/transcripts").await;
    let made = &list["items"][0];
    assert_eq!(
        (&made["vocabulary"], &made["source_language"]),
        (&"Aoife Byrne\nKowalczyk".into(), &"de".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_without_script_a_transcript_is_named_shared_and_trashed_and_an_account_is_kept() {
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    person(&site, BOB, false).await;
    let id = site.finished("talk.wav").await;
    give(&site, id, Some(ada.id), ShareMode::Private).await;
    let page = format!("/transcripts/{id}");
    let browser = phone().await;
    browser.log_in(&site, ADA, &page).await;
    works(&browser).await;

    folds(&browser, true).await;
    looked_at(&browser, "a transcript").await;
    folds(&browser, false).await;
    browser.click("details[data-name=more] summary").await;
    let title = browser.driver.find(By::Css("form.plain-only [name=title]")).await.unwrap();
    title.clear().await.unwrap();
    title.send_keys("Cuts agreed").await.unwrap();
    browser.click("form.plain-only button").await;
    browser.until("it has its title", "document.querySelector('h1')?.innerText === 'Cuts agreed'").await;

    notes(&site, id, &browser).await;

    browser.click("details[data-name=speakers] summary").await;
    browser.fill("speaker-1", "Grace").await;
    browser.click("details[data-name=speakers] button").await;
    browser
        .until("her name is in the text", "document.querySelector('#text').innerText.includes('Grace')")
        .await;

    browser.click(&format!("a[href='{page}/share']")).await;
    browser.until("the page is there", "location.pathname.endsWith('/share')").await;
    works(&browser).await;
    browser.click("[name=share_mode][value=semi-private]").await;
    browser.click("form.options button").await;
    browser.told("Saved.").await;
    let bob = Visitor::log_in(&site, BOB).await;
    assert_eq!(bob.page(&page).await.0, 200);
    browser.click(".section-head button.danger").await;
    browser.told("It is private again").await;
    assert_eq!(bob.page(&page).await.0, 404);

    trash(&site, &browser).await;
    settings(&site, &browser).await;
    for path in [
        format!("{page}/speakers"),
        format!("{page}/send"),
        "/rooms".into(),
        "/queue".into(),
        "/record".into(),
    ] {
        open(&browser, &site, &path).await;
    }
    browser.reads("JavaScript").await;
    browser.quit().await;
}

/// Written, and once more when somebody else was faster.
async fn notes(site: &Site, id: TranscriptId, browser: &Browser) {
    let write = async |text: &str| {
        browser.click("details[data-name=notes] summary").await;
        browser.fill("notes", text).await;
        browser.click("[data-notes-form] button.main").await;
    };
    let read = async |text: &str| {
        let shown =
            format!("document.querySelector('[data-part=notes] .notes-text')?.innerText === {}", json!(text));
        browser.until(&format!("{text} is read"), &shown).await;
    };
    write("Ask Grace").await;
    read("Ask Grace").await;
    let meanwhile = transcript::Patch { notes: Some("Ask Eve".into()), ..Default::default() };
    transcript::patch(&mut *site.workshop.conn().await, id, &meanwhile).await.unwrap();
    write("Ask Bob").await;
    browser.told("Somebody else changed the notes meanwhile.").await;
    works(browser).await;
    looked_at(browser, "notes that another changed").await;
    assert_eq!(browser.text(".notes-text").await, "Ask Eve");
    browser.click("main form button.main").await;
    read("Ask Bob").await;
}

/// Taken back at once, and out of the trash.
async fn trash(site: &Site, browser: &Browser) {
    open(browser, site, "/transcripts").await;
    let throw = "form[action$='/delete'] button";
    browser.click(throw).await;
    browser.told("Cuts agreed").await;
    assert!(browser.driver.find(By::Css("#rows .row")).await.is_err(), "it is gone");
    browser.click("main [role=status] button").await;
    browser.until("the page is its own", "document.querySelector('h1')?.innerText === 'Cuts agreed'").await;
    browser.at(site, "/transcripts").await;
    browser.click(throw).await;
    browser.told("Cuts agreed").await;
    open(browser, site, "/transcripts?trash=1").await;
    browser.click("#rows .row input").await;
    browser.click("button[value=restore]").await;
    browser.told("Took 1 transcript out of the trash.").await;
    browser.at(site, "/transcripts").await;
    browser.reads("Cuts agreed").await;
}

async fn settings(site: &Site, browser: &Browser) {
    open(browser, site, "/settings").await;
    browser.fill("name", "Nightly copy").await;
    browser.click("form[action='/settings/keys'] button").await;
    browser.until("the key is shown", "document.querySelector('.key')?.innerText.startsWith('rfl_')").await;
    works(browser).await;
    let key = browser.text(".key").await;
    let status = async || {
        let request = site.client.get(site.url("/v1/transcripts")).header("x-api-key", &key);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status().await, 200);
    open(browser, site, "/settings").await;
    browser.click("[aria-label='Revoke Nightly copy']").await;
    browser.told("The key is revoked.").await;
    assert_eq!(status().await, 401);
    browser.fill("current", PASSWORD).await;
    browser.fill("password", "another long password").await;
    browser.click("form[action='/settings/password'] button").await;
    browser.told("The password is changed").await;
}
