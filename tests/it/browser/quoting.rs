//! Selected words become a link to what is heard there and nothing else, and the link is taken back.

use reflector::ids::TranscriptId;
use reflector::storage::StorageKey;
use thirtyfour::TypingData;
use thirtyfour::prelude::*;

use super::Browser;
use super::keyboard::Keys;
use crate::support::media::Media;
use crate::support::site::Site;

/// A minute and a bit of sound as it is listened to, every sample its own number.
fn samples() -> Vec<u8> {
    (0..61 * 16_000u32).flat_map(|n| ((n % 60_000) as u16).to_le_bytes()).collect()
}

/// The page of a talk with sound: sentences from 0, 20 and 40 s, a word each second.
async fn opened(site: &Site, dark: bool) -> (TranscriptId, Browser) {
    let id = site.finished("Quarterly secrets").await;
    let media = Media::new();
    let tone = media.tone(60, "-c:a libmp3lame", "tone.mp3");
    site.app.storage().put_file(&StorageKey::Mp3 { transcript: id }, &tone).await.unwrap();
    site.app.storage().put_bytes(&StorageKey::Pcm { transcript: id }, samples()).await.unwrap();
    let browser = Browser::open(dark).await;
    browser.size(1280, 900).await;
    browser.driver.goto(site.url(&format!("/transcripts/{id}"))).await.unwrap();
    browser.until("the sound is known", "document.querySelector('audio').readyState > 0").await;
    (id, browser)
}

/// Selects “should <cut> the” of the second paragraph, from 21 to 24 s.
const SELECT: &str =
    "const p = document.querySelectorAll('#text p[data-w]')[1]; p.scrollIntoView({ block: 'center' });
    getSelection().setBaseAndExtent(p.firstChild, 3, p.firstChild, 19)";
const MADE: &str = "!document.querySelector('[data-quote-made]').hidden";

/// Whatever has the focus gets it, be it on its way elsewhere.
async fn press(browser: &Browser, key: impl Into<TypingData> + Send) {
    Keys(browser).press(key).await;
}

async fn link(browser: &Browser) -> String {
    let link = browser.script("return document.querySelector('[data-quote-dialog] [name=link]').value").await;
    link.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn selected_words_become_a_link_to_exactly_their_seconds_until_it_is_taken_back() {
    let site = Site::new().await;
    let (id, browser) = opened(&site, false).await;
    browser.script(SELECT).await;
    browser.until("it says what can be done", "!document.querySelector('[data-selection]').hidden").await;
    browser.driver.find(By::Css("[data-selection-quote]")).await.unwrap().click().await.unwrap();
    browser.until("the dialog is there", "document.querySelector('[data-quote-dialog]').open").await;
    let shown = "document.querySelector('[data-quote-dialog]').innerText";
    browser.until("it says what", &format!("{shown}.includes('“should <cut> the”')")).await;
    browser.until("and when", &format!("{shown}.includes('0:21 – 0:24')")).await;
    let lives = browser
        .script("return [...document.querySelector('[data-quote-dialog] [name=life]').options].map((one) => one.textContent)")
        .await;
    assert_eq!(lives, serde_json::json!(["A day", "A week", "A month", "A year"]));
    browser.shot("quote-new-1280-light").await;
    browser.script("document.querySelector('[data-quote-dialog] [name=life]').value = '86400'").await;
    browser.driver.find(By::Css("[data-quote-new] .main")).await.unwrap().click().await.unwrap();
    browser.until("the link is there", MADE).await;
    browser.shot("quote-made-1280-light").await;
    let url = link(&browser).await;
    let (_, list) = site.json(&format!("/v1/transcripts/{id}/quotes")).await;
    assert_eq!(
        (&list[0]["start"], &list[0]["end"], &list[0]["text"]),
        (&serde_json::json!(21.0), &serde_json::json!(24.0), &serde_json::json!("should <cut> the"))
    );
    let date = |name: &str| list[0][name].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    assert_eq!((date("expires_at") - date("created_at")).num_hours(), 24);
    browser.driver.find(By::Css("[data-quote-copy]")).await.unwrap().click().await.unwrap();
    browser
        .until("it is copied", "document.querySelector('[data-quote-copy]').textContent === 'Copied'")
        .await;
    // Without TLS by the old command, and where a page may not even do that, by hand.
    let without = "Object.defineProperty(navigator, 'clipboard', { value: undefined });
        const real = document.execCommand.bind(document);
        document.execCommand = (command) => { const done = real(command); window.oldWay = [command, done]; return done; };
        const put = DataTransfer.prototype.setData;
        DataTransfer.prototype.setData = function (kind, text) { window.given = text; return put.call(this, kind, text); };
        document.querySelector('[data-quote-copy]').click()";
    browser.script(without).await;
    browser.until("the old way is taken", "window.oldWay").await;
    let old = browser.script("return [...window.oldWay, window.given]").await;
    assert_eq!(old, serde_json::json!(["copy", true, &url]));
    browser
        .script("document.execCommand = () => false; document.querySelector('[data-quote-copy]').click()")
        .await;
    let told = "document.querySelector('[data-quote-trouble]:not([hidden])')?.innerText.includes('Ctrl+C')";
    browser.until("it is told", told).await;
    let marked =
        "const one = document.activeElement; return one.value.slice(one.selectionStart, one.selectionEnd)";
    assert_eq!(browser.script(marked).await, url.as_str());

    // Whoever has it: the words, the sound, nothing else.
    let visitor = Browser::open(true).await;
    visitor.size(390, 844).await;
    visitor.driver.goto(&url).await.unwrap();
    visitor.until("the sound is known", "document.querySelector('audio').readyState > 0").await;
    let length = visitor.script("return document.querySelector('audio').duration").await.as_f64().unwrap();
    assert!((length - 3.0).abs() < 0.001, "{length}");
    let text = visitor.script("return document.body.innerText").await.to_string();
    assert!(text.contains("should <cut> the") && !text.contains("budget"), "{text}");
    visitor.script("document.querySelector('audio').play()").await;
    visitor.until("it is heard to its end", "document.querySelector('audio').ended").await;
    visitor.no_sideways_scroll().await;
    visitor.shot("quote-390-dark").await;
    let wave = site.client.get(format!("{url}/audio")).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(&wave[44..], &samples()[21 * 32_000..24 * 32_000]);

    browser.driver.find(By::Css("[data-quote-revoke]")).await.unwrap().click().await.unwrap();
    browser.until("another one can be made", "!document.querySelector('[data-quote-new]').hidden").await;
    assert_eq!(site.json(&format!("/v1/transcripts/{id}/quotes")).await.1, serde_json::json!([]));
    visitor.driver.refresh().await.unwrap();
    visitor.until("it is gone", "document.body.innerText.includes('This quote is gone')").await;
    visitor.quit().await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quote_is_made_by_keyboard_alone_and_taken_back_on_the_share_page() {
    let site = Site::new().await;
    let (id, browser) = opened(&site, true).await;
    browser.size(390, 844).await;
    browser.script("document.querySelector('#text').focus()").await;
    press(&browser, Key::Right.value().to_string()).await;
    Keys(&browser).with(Key::Shift, Key::Right).await;
    browser.until("it says what can be done", "!document.querySelector('[data-selection]').hidden").await;
    browser.no_sideways_scroll().await;
    browser.shot("quote-selection-390-dark").await;
    press(&browser, "q").await;
    browser.until("the dialog is there", "document.querySelector('[data-quote-dialog]').open").await;
    browser.no_sideways_scroll().await;
    browser.shot("quote-new-390-dark").await;
    press(&browser, Key::Tab.value().to_string()).await;
    Keys(&browser).enter().await;
    browser.until("the link is there", MADE).await;
    assert_eq!(browser.script("return document.activeElement.textContent").await, "Copy");
    browser.shot("quote-made-390-dark").await;
    let url = link(&browser).await;
    assert_eq!(site.client.get(&url).send().await.unwrap().status(), 200);
    press(&browser, Key::Escape.value().to_string()).await;
    browser.until("it is closed", "!document.querySelector('[data-quote-dialog]').open").await;
    browser.until("the words are selected again", "getSelection().toString() === 'Good morning,'").await;

    browser.driver.goto(site.url(&format!("/transcripts/{id}/share"))).await.unwrap();
    browser
        .until("it is listed", "document.querySelector('.quotes').innerText.includes('“Good morning,”')")
        .await;
    browser.no_sideways_scroll().await;
    browser.script("document.querySelector('#quotes').scrollIntoView()").await;
    browser.shot("quotes-listed-390-dark").await;
    browser.driver.find(By::Css(".quotes button")).await.unwrap().click().await.unwrap();
    browser.until("it is told", "document.body.innerText.includes('The link is taken back')").await;
    assert_eq!(site.client.get(&url).send().await.unwrap().status(), 404);
    assert_eq!(browser.console().await, Vec::<String>::new());
    browser.quit().await;
}
