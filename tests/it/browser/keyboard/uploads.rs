//! Files are chosen, halted and taken away again.

use thirtyfour::prelude::*;

use super::Keys;
use crate::browser::Browser;
use crate::browser::uploads::{ROWS, file};
use crate::support::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn files_are_chosen_halted_cancelled_and_opened_by_keyboard() {
    let site = Site::new().await;
    let folder = tempfile::tempdir().unwrap();
    let files = ["one.wav", "two.wav", "three.mp3"].map(|name| file(folder.path(), name, 9));
    let browser = Browser::open(false).await;
    browser.size(1280, 900).await;
    let keys = Keys(&browser);
    browser.start_page(&site).await;
    browser.slow(1_500_000).await;

    // The browser's own window for files is asked for; nobody can press keys there in a test.
    browser.script("window.asked = 0; document.querySelector('input[type=file]').addEventListener('click', (event) => { asked += 1; event.preventDefault(); })").await;
    keys.follow(".extra summary").await;
    keys.fill("[name=title]", "Talks").await;
    keys.enter().await;
    browser.until("Enter in a field asks for files", "asked === 1").await;
    assert_eq!(browser.script("return document.querySelector('.extra').open").await, true);
    keys.follow("[data-choose]").await;
    browser.until("Enter asks for files", "asked === 2").await;
    keys.press(Key::Space).await;
    browser.until("and the space bar", "asked === 3").await;

    browser.choose(&files.each_ref()).await;
    keys.has("#uploading-said").await;
    browser.until("it moves", &format!("{ROWS}[0].querySelector('progress').value > 5")).await;
    let row = |n: u8, control: &str| format!("#uploading li:nth-child({n}) [data-{control}]");
    keys.follow(&row(1, "pause")).await;
    browser.until("it is halted", &format!("{ROWS}[0].dataset.state === 'paused'")).await;
    keys.has(&row(1, "go")).await;
    browser.checked("uploads, one of them halted").await;
    keys.enter().await;
    browser.until("it waits or goes on", &format!("{ROWS}[0].dataset.state !== 'paused'")).await;
    keys.has("#uploading li:nth-child(1) :is([data-pause], [data-cancel])").await;
    keys.follow(&row(2, "cancel")).await;
    browser.until("it is off the list", &format!("{ROWS}.length === 2")).await;
    keys.has("#uploading li:nth-child(2) *").await;

    // A button that has become useless hands the focus on.
    keys.back_to(&row(1, "pause")).await;
    browser.slow(-1).await;
    browser.until("all is there", &format!("{ROWS}.every((row) => row.dataset.state === 'done')")).await;
    keys.has(&row(1, "open")).await;
    keys.enter().await;
    browser.until("the transcript is open", "location.pathname.startsWith('/transcripts/')").await;

    // One that was halted and left is thrown away.
    browser.start_page(&site).await;
    browser.slow(1_500_000).await;
    browser.choose(&[&files[1]]).await;
    browser.until("it moves", &format!("{ROWS}[0].querySelector('progress').value > 5")).await;
    keys.follow(&row(1, "pause")).await;
    browser.until("it is halted", &format!("{ROWS}[0].dataset.state === 'paused'")).await;
    browser.start_page(&site).await;
    browser.until("it reminds", "document.querySelector('#waiting:not([hidden])')").await;
    keys.follow("#waiting [data-forget]").await;
    browser.until("it is thrown away", "document.querySelector('#waiting').hidden").await;
    keys.has("[data-choose]").await;
    browser.quit().await;
}
