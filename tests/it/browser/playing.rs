//! Playback and text together: by mouse, by keyboard alone, and when one reads elsewhere meanwhile.

use reflector::ids::TranscriptId;
use reflector::storage::StorageKey;
use thirtyfour::TypingData;
use thirtyfour::prelude::*;

use super::Browser;
use super::keyboard::Keys;
use crate::support::long;
use crate::support::media::Media;
use crate::support::site::Site;

const TIME: &str = "document.querySelector('audio').currentTime";

/// Whatever has the focus gets it, be it on its way elsewhere.
async fn press(browser: &Browser, key: impl Into<TypingData> + Send) {
    Keys(browser).press(key).await;
}

/// Puts sound of so many seconds there.
async fn put(site: &Site, id: TranscriptId, seconds: u32) {
    let media = Media::new();
    let tone = media.tone(seconds, "-ac 1 -b:a 16k -c:a libmp3lame", "tone.mp3");
    site.app.storage().put_file(&StorageKey::Mp3 { transcript: id }, &tone).await.unwrap();
}

/// A page with sound of so many seconds.
async fn opened(site: &Site, id: TranscriptId, seconds: u32, dark: bool) -> Browser {
    put(site, id, seconds).await;
    let browser = Browser::open(dark).await;
    browser.size(1280, 900).await;
    browser.driver.goto(site.url(&format!("/transcripts/{id}"))).await.unwrap();
    browser.until("the sound is known", "document.querySelector('audio').readyState > 0").await;
    browser
}

/// Six minutes, more than fits into the window.
async fn committee() -> (Site, Browser) {
    let site = Site::new().await;
    let id = site.replaced("Committee", &long::meeting()[..100], 360.0).await;
    let browser = opened(&site, id, 360, false).await;
    browser.size(1000, 700).await;
    (site, browser)
}

async fn focus(browser: &Browser, css: &str) {
    browser.script(&format!("document.querySelector('{css}').focus()")).await;
}

async fn time(browser: &Browser) -> f64 {
    browser.script(&format!("return {TIME}")).await.as_f64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_waveform_and_its_topics_are_used_by_keyboard() {
    let site = Site::new().await;
    let id = site.finished("Budget").await;
    // Sound that can't be had is told of, and asked for again by whoever wants to hear it.
    site.app.storage().delete(&StorageKey::Mp3 { transcript: id }).await.unwrap();
    let browser = Browser::open(false).await;
    browser.size(1280, 900).await;
    browser.driver.goto(site.url(&format!("/transcripts/{id}"))).await.unwrap();
    let told = "!document.querySelector('[data-trouble]').hidden";
    let silent = format!("document.querySelector('.deck:not([hidden])') && {told}");
    browser.until("it is told that nothing is heard", &silent).await;
    put(&site, id, 60).await;
    press(&browser, "k").await;
    let heard = format!("{TIME} > 0 && !document.querySelector('audio').paused && !({told})");
    browser.until("it plays", &heard).await;
    press(&browser, "k").await;
    browser.script("document.querySelector('audio').currentTime = 0").await;
    browser.console().await;

    focus(&browser, "[data-seekbar]").await;
    for (key, wanted) in [
        (Key::Right, 5.0),
        (Key::Up, 10.0),
        (Key::PageUp, 40.0),
        (Key::Left, 35.0),
        (Key::PageDown, 5.0),
        (Key::End, 60.0),
        (Key::Down, 55.0),
        (Key::Home, 0.0),
    ] {
        press(&browser, key.value().to_string()).await;
        let now = time(&browser).await;
        assert!((now - wanted).abs() < 0.3, "{now} seconds, {wanted} wanted");
    }
    press(&browser, Key::Right.value().to_string()).await;
    let said = browser
        .script("return document.querySelector('[data-seekbar]').getAttribute('aria-valuetext')")
        .await;
    assert_eq!(said, "5 seconds of 1 minute");
    // Tab leads from the waveform to the topics on it.
    press(&browser, Key::Tab.value().to_string()).await;
    press(&browser, Key::Tab.value().to_string()).await;
    let name = browser.script("return document.activeElement.textContent.trim()").await;
    assert_eq!(name, "0:20 The budget");
    Keys(&browser).enter().await;
    browser
        .until("it plays from there", &format!("{TIME} >= 20 && !document.querySelector('audio').paused"))
        .await;
    browser.script("document.querySelector('audio').pause()").await;
    browser.script("document.activeElement.blur()").await;

    // Single keys.
    for (key, wanted) in [
        ("[", 0.0),
        ("]", 20.0),
        ("l", 30.0),
        ("[", 20.0),
        ("l", 30.0),
        ("j", 20.0),
        (".", 40.0),
        (",", 20.0),
    ] {
        press(&browser, key).await;
        let at = format!("Math.abs({TIME} - {wanted}) < 4");
        browser.until(&format!("{key} leads to {wanted}"), &at).await;
    }
    press(&browser, "+").await;
    assert_eq!(browser.script("return document.querySelector('audio').playbackRate").await, 1.25);
    press(&browser, "-").await;
    // What is said twice is heard twice.
    browser.script("window.__said = 0; new MutationObserver(() => { window.__said += 1; }).observe(document.getElementById('announce'), { childList: true, characterData: true, subtree: true })").await;
    for _ in 0..3 {
        press(&browser, "-").await;
    }
    browser.until("it is as slow as it gets, and said each time", "window.__said >= 3").await;
    assert_eq!(browser.script("return document.querySelector('audio').playbackRate").await, 0.5);
    press(&browser, "+").await;
    press(&browser, "+").await;
    press(&browser, " ").await;
    browser.until("it plays", "!document.querySelector('audio').paused").await;
    press(&browser, "k").await;
    browser.until("it is still", "document.querySelector('audio').paused").await;

    press(&browser, "?").await;
    browser.until("the keys are listed", "document.querySelector('[data-help]').open").await;
    browser.shot("keys-1280-light").await;
    browser.script("document.querySelector('[data-keys]').click()").await;
    press(&browser, Key::Escape.value().to_string()).await;
    browser.until("the list is gone", "!document.querySelector('[data-help]').open").await;
    let before = time(&browser).await;
    press(&browser, "l").await;
    assert_eq!(time(&browser).await, before, "keys that are off do nothing");
    assert_eq!(browser.console().await, Vec::<String>::new());
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_chosen_played_and_repeated_by_keyboard() {
    let site = Site::new().await;
    let id = site.finished("Budget").await;
    let browser = opened(&site, id, 60, true).await;
    focus(&browser, "#text").await;
    let said = "document.getElementById('announce').textContent";
    for (key, wanted) in [
        (Key::Right, "Speaker 1, 0:00, Good"),
        (Key::Right, "morning,"),
        (Key::Down, "Speaker 2, 0:20, We"),
        (Key::Left, "Speaker 1, 0:00, begin."),
        (Key::Right, "Speaker 2, 0:20, We"),
        (Key::Right, "should"),
    ] {
        press(&browser, key.value().to_string()).await;
        browser.until(&format!("“{wanted}” is said"), &format!("{said} === '{wanted}'")).await;
    }
    Keys(&browser).enter().await;
    browser.until("it plays from the word", &format!("{TIME} >= 21 && {TIME} < 24")).await;
    browser.until("and is marked", "CSS.highlights.has('now')").await;
    press(&browser, "k").await;

    Keys(&browser).with(Key::Shift, Key::Right).await;
    browser.until("two words are selected", "getSelection().toString() === 'should <cut>'").await;
    browser.until("it says what can be done", "!document.querySelector('[data-selection]').hidden").await;
    browser.shot("selection-1280-dark").await;
    press(&browser, "s").await;
    press(&browser, Key::Right.value().to_string()).await;
    assert_eq!(browser.script("return document.activeElement.textContent").await, "Repeat");
    Keys(&browser).enter().await;
    browser.until("it is repeated", "!document.querySelector('[data-loop]').hidden").await;
    let shown = browser.script("return document.querySelector('[data-loop-said]').textContent").await;
    assert_eq!(shown, "Repeating 0:21 to 0:23");
    browser.script("window.__times = []; document.querySelector('audio').addEventListener('timeupdate', (e) => __times.push(e.target.currentTime))").await;
    let back = "__times.some((time, n) => n && time < __times[n - 1])";
    browser.until("it begins again", back).await;
    let outside = browser.script("return __times.filter((time) => time < 20.9 || time > 23.6)").await;
    assert_eq!(outside, serde_json::json!([]));
    browser.shot("repeating-1280-dark").await;
    focus(&browser, "#text").await;
    press(&browser, "r").await;
    browser.until("no longer", "document.querySelector('[data-loop]').hidden").await;
    assert_eq!(browser.console().await, Vec::<String>::new());
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_elsewhere_is_left_alone_and_finds_the_way_back() {
    let (_site, browser) = committee().await;
    browser.click_word("index === 2 && paragraph.previousElementSibling.textContent.includes('4:')").await;
    let in_sight = "document.querySelector('p.now')?.getBoundingClientRect().top > 0 && document.querySelector('p.now').getBoundingClientRect().top < innerHeight";
    browser.until("it plays there", &format!("{in_sight} && !document.querySelector('audio').paused")).await;
    browser
        .until("it is marked for who can't see it", "document.querySelector('p.now[aria-current=true]')")
        .await;
    browser
        .until("and told where it is", "/\\d:\\d\\d/.test(document.getElementById('announce').textContent)")
        .await;
    // Without anybody's hand it is kept in sight.
    browser.script("window.scrollTo(0, 0)").await;
    browser.until("it comes back", in_sight).await;
    browser.until("nobody is led back", "document.querySelector('.back-now').hidden").await;

    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    browser.script("window.dispatchEvent(new WheelEvent('wheel')); window.scrollTo(0, 0)").await;
    browser.until("a way back is offered", "!document.querySelector('.back-now').hidden").await;
    browser.shot("away-1000-light").await;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!(browser.script("return window.scrollY").await, 0, "the page stays where it is");
    // By keyboard, from what comes after it.
    browser.script("document.querySelector('footer a').focus({ preventScroll: true })").await;
    Keys(&browser).back_to(".back-now").await;
    Keys(&browser).enter().await;
    browser
        .until("it is in sight", &format!("{in_sight} && document.querySelector('.back-now').hidden"))
        .await;
    Keys(&browser).has("#text").await;
    // Who speaks was said to those who don't see it.
    browser.script("document.querySelector('audio').currentTime = 299.5").await;
    browser
        .until(
            "the next speaker is named",
            "/^Speaker \\d, [45]:/.test(document.getElementById('announce').textContent)",
        )
        .await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_tabs_on_while_the_page_glides_sees_what_has_the_focus() {
    let (_site, browser) = committee().await;
    // Once the page moves, and before it does.
    for moves in [true, false] {
        browser.script("window.scrollTo({ top: 0, behavior: 'instant' })").await;
        // Far enough for what comes after the link to be left behind, and not so far that the page jumps.
        let led = browser
            .script(
                "const link = document.querySelector('.lead-text .at');
                const far = [...document.querySelectorAll('#text .at')].find((one) => one.getBoundingClientRect().top > 1600);
                link.dataset.seek = far.dataset.seek;
                link.focus();
                return far.getBoundingClientRect().top < 2000;",
            )
            .await;
        assert_eq!(led, true);
        Keys(&browser).enter().await;
        if moves {
            browser.until("the page glides", "window.scrollY > 0").await;
        }
        Keys(&browser).press(Key::Tab).await;
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        let seen = "const { top, bottom } = document.activeElement.getBoundingClientRect(); return bottom > 0 && top < innerHeight;";
        let what = "return document.activeElement.outerHTML.slice(0, 100)";
        assert_eq!(browser.script(seen).await, true, "{}, {moves}", browser.script(what).await);
        browser.until("a way back is offered", "!document.querySelector('.back-now').hidden").await;
    }
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn selected_words_are_given_to_another_speaker_and_taken_back() {
    let site = Site::new().await;
    let id = site.finished("Budget").await;
    let browser = opened(&site, id, 60, false).await;
    browser.size(390, 844).await;
    let select =
        "const p = document.querySelectorAll('#text p[data-w]')[1]; p.scrollIntoView({ block: 'center' });
        getSelection().setBaseAndExtent(p.firstChild, 12, p.firstChild, 20)";
    browser.script(select).await;
    browser.until("it says what can be done", "!document.querySelector('[data-selection]').hidden").await;
    browser.no_sideways_scroll().await;
    browser.shot("selection-390-light").await;
    let options = browser.script("return [...document.querySelector('[data-selection-speaker]').options].map((one) => one.textContent)").await;
    assert_eq!(options, serde_json::json!(["Speaker 1", "Speaker 2", "Another speaker"]));
    // Where a page may not copy, the words are shown to be copied by hand, and the bar is still about them.
    browser
        .script(
            "Object.defineProperty(navigator, 'clipboard', { value: undefined });
            document.execCommand = () => false;
            document.querySelector('[data-selection-copy]').click()",
        )
        .await;
    let hand = "document.activeElement.closest('[data-selection-hand]')?.innerText";
    browser.until("it is told", &format!("{hand}?.includes('Ctrl+C')")).await;
    let marked =
        "const one = document.activeElement; return one.value.slice(one.selectionStart, one.selectionEnd)";
    assert_eq!(browser.script(marked).await, "Speaker 2, 0:22: “<cut> the”");
    browser.no_sideways_scroll().await;
    browser.checked("words that are copied by hand").await;
    browser.script("const s = document.querySelector('[data-selection-speaker]'); s.value = '2'; s.dispatchEvent(new Event('change'))").await;
    let turns = "[...document.querySelectorAll('#text .turn')].map((one) => one.querySelector('.name').textContent + ': ' + one.querySelector('p[data-w]').textContent)";
    browser.until("another one says them", &format!("{turns}.includes('Speaker 3: <cut> the')")).await;
    browser.until("undoing is offered", "!document.querySelector('[data-edit-undo]').disabled").await;
    browser.script("document.querySelector('[data-edit-undo]').click()").await;
    browser
        .until("it is as it was", &format!("{turns}.includes('Speaker 2: We should <cut> the budget.')"))
        .await;
    assert_eq!(browser.console().await, Vec::<String>::new());
    browser.quit().await;
}
