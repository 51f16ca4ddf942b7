//! The list: search, filters, order, several at once, the trash and the way out of it.

use serde_json::json;
use thirtyfour::prelude::*;

use super::Keys;
use crate::browser::Browser;
use crate::support::site::Site;

const ROWS: &str = "document.querySelectorAll('#rows .row').length";
const SCRIPT: &str = "document.querySelector('[data-all]:not([hidden])')";

#[tokio::test(flavor = "multi_thread")]
async fn transcripts_are_found_sorted_thrown_away_and_taken_back_by_keyboard() {
    let site = Site::new().await;
    site.finished("Budget").await;
    for name in ["Zebras", "Ants"] {
        site.create(name).await;
    }
    assert_eq!(site.send("POST", "/v1/rooms", &json!({ "name": "weekly" })).await.0, 200);
    let browser = Browser::open(false).await;
    browser.size(1280, 700).await;
    let keys = Keys(&browser);
    keys.go(&site, "/").await;
    keys.follow("nav a[href='/transcripts']").await;
    browser
        .until("the list is there", &format!("location.pathname === '/transcripts' && {ROWS} === 3"))
        .await;
    keys.fill("#q", "budget").await;
    keys.enter().await;
    browser.until("it is found", &format!("location.search.includes('q=budget') && {ROWS} === 1")).await;
    keys.follow(".places a").await;
    browser.until("the place is shown", "/^.transcripts.[0-9a-f-]{36}$/.test(location.pathname)").await;

    keys.go(&site, "/transcripts").await;
    keys.follow("details.more summary").await;
    browser.until("there is more to ask", "document.querySelector('details.more').open").await;
    keys.tab_to("[name=from]").await;
    keys.press("02022020").await;
    browser.until("a day is chosen", "document.querySelector('[name=from]').value === '2020-02-02'").await;
    keys.choose("[name=sort]", "By title").await;
    keys.back_to(".search button").await;
    keys.enter().await;
    let sorted = "((all) => all.length === 3 && all.join() === [...all].sort().join())([...document.querySelectorAll('#rows .title')].map((one) => one.textContent))";
    browser.until("it is asked", "location.search.includes('from=2020-02-02')").await;
    browser.until("they are sorted", sorted).await;
    keys.follow("a[href='/transcripts']:not(nav *, [aria-current])").await;
    browser.until("all are shown", &format!("location.search === '' && {ROWS} === 3 && {SCRIPT}")).await;

    several(&keys).await;
    // Two of them into the trash, and back at the next stop.
    for row in [1, 3] {
        keys.tab_to(&pick(row)).await;
        keys.press(Key::Space).await;
    }
    browser
        .until("two are ticked", "document.querySelector('[data-count]').innerText === '2 of 3 ticked'")
        .await;
    keys.follow("#bulk [value=delete]").await;
    keys.told("Moved 2 transcripts to the trash.").await;
    browser.size(390, 844).await;
    browser.no_sideways_scroll().await;
    browser.size(1280, 700).await;
    keys.press(Key::Tab).await;
    keys.has("form[action='/transcripts/undo'] button").await;
    keys.enter().await;
    browser.until("they are back", &format!("{ROWS} === 3 && {SCRIPT}")).await;

    // One by its own button.
    keys.follow("#rows .row:first-child form[action$='/delete'] button").await;
    keys.told("Undo").await;
    keys.press(Key::Tab).await;
    keys.has("form[action$='/restore'] button").await;

    browser.checked("one is in the trash").await;
    keys.go(&site, "/transcripts").await;
    keys.follow(".tabs a[href='/transcripts?trash=1']").await;
    browser
        .until("the trash is shown", &format!("location.search === '?trash=1' && {ROWS} === 1 && {SCRIPT}"))
        .await;
    keys.tab_to(&pick(1)).await;
    keys.press(Key::Space).await;
    keys.follow("#bulk [value=restore]").await;
    keys.told("Took 1 transcript out of the trash.").await;
    keys.go(&site, "/transcripts").await;
    browser.until("it is back", &format!("{ROWS} === 3 && {SCRIPT}")).await;

    keys.tab_to("[data-all] input").await;
    keys.press(Key::Space).await;
    keys.follow("#bulk [value=delete]").await;
    keys.told("Moved 3 transcripts to the trash.").await;
    keys.follow(".tabs a[href='/transcripts?trash=1']").await;
    browser.until("the trash is full", &format!("{ROWS} === 3 && {SCRIPT}")).await;
    keys.tab_to(&pick(2)).await;
    keys.press(Key::Space).await;
    keys.follow("#bulk [value=destroy]").await;
    browser.until("it is asked twice", "document.querySelector('.choices .danger')").await;
    browser.checked("whether it is to be deleted for good").await;
    keys.tab_to(".choices a").await;
    keys.back_to(".choices .danger").await;
    keys.enter().await;
    keys.told("Deleted 1 transcript for good.").await;
    browser.until("two are left", &format!("{ROWS} === 2 && {SCRIPT}")).await;
    keys.follow("#bulk [value=empty]").await;
    browser.until("it is asked twice", "document.querySelector('.choices .danger')").await;
    keys.follow(".choices .danger").await;
    keys.told("Deleted 2 transcripts for good.").await;
    browser.quit().await;
}

/// The box of a line.
fn pick(row: u8) -> String {
    format!("#rows .row:nth-child({row}) [name=id]")
}

/// Several into a room, for others to read, and into a file.
async fn several(keys: &Keys<'_>) {
    let browser = keys.0;
    let tick = async || {
        browser.until("the list is there", &format!("{ROWS} === 3 && {SCRIPT}")).await;
        for row in [1, 3] {
            keys.tab_to(&pick(row)).await;
            keys.press(Key::Space).await;
        }
    };
    browser.until("the list is there", &format!("{ROWS} === 3 && {SCRIPT}")).await;
    let shown = async |what: &str| browser.script(&format!("return document.querySelector({what}")).await;
    assert_eq!(shown("'[data-count]').innerText").await, "None ticked");
    assert_eq!(shown("'#bulk [value=delete]').disabled").await, true);
    tick().await;
    assert_eq!(shown("'[data-all] input').indeterminate").await, true);
    browser.checked("ticked transcripts").await;
    keys.choose("#bulk-room", "weekly").await;
    keys.follow("#bulk [value=room]").await;
    keys.told("Moved 2 transcripts to the room.").await;
    tick().await;
    keys.choose("#bulk-share", "Everybody").await;
    keys.follow("#bulk [value=share]").await;
    keys.told("Changed who may read 2 transcripts.").await;
    tick().await;
    let folder = tempfile::tempdir().unwrap();
    let there = json!({ "behavior": "allow", "downloadPath": folder.path() });
    browser.ask("goog/cdp/execute", &json!({ "cmd": "Browser.setDownloadBehavior", "params": there })).await;
    keys.follow("#bulk [value=export]").await;
    for _ in 0..300 {
        let files = std::fs::read_dir(folder.path()).unwrap().flatten();
        if files.map(|file| file.path()).any(|path| path.extension().is_some_and(|end| end == "zip")) {
            // The list is as it was, for whatever comes next.
            for row in [3, 1] {
                keys.back_to(&pick(row)).await;
                keys.press(Key::Space).await;
            }
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("nothing was downloaded");
}
