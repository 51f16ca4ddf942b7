//! The theme that is chosen, pages on paper and for who wants nothing to move, the speakers' samples and the link.

use reflector::model::ShareMode;
use reflector::model::user;
use serde_json::json;

use super::Browser;
use crate::support::accounts::{ADA, give, guarded, person};
use crate::support::site::Site;

async fn at(browser: &Browser, site: &Site, path: &str) {
    browser.driver.goto(format!("http://localhost:{}{path}", site.address.port())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_theme_is_chosen_and_holds_and_a_sample_of_a_voice_plays_to_its_end() {
    let site = guarded().await;
    let ada = person(&site, ADA, true).await;
    let talk = site.finished("talk.wav").await;
    give(&site, talk, Some(ada.id), ShareMode::Private).await;
    let media = crate::support::media::Media::new();
    let tone = media.tone(60, "-c:a libmp3lame", "tone.mp3");
    let key = reflector::storage::StorageKey::Mp3 { transcript: talk };
    site.app.storage().put_file(&key, &tone).await.unwrap();
    assert!(user::get(&mut *site.workshop.conn().await, ada.id).await.unwrap().is_some());

    let browser = Browser::open(false).await;
    browser.size(1280, 900).await;
    let speakers = format!("/transcripts/{talk}/speakers");
    browser.log_in(&site, ADA, &speakers).await;
    let paper = "return getComputedStyle(document.body).backgroundColor";
    assert_eq!(browser.script(paper).await, "rgb(250, 249, 246)");
    browser.click(".themes [value=dark]").await;
    browser.until("it is dark", "document.documentElement.dataset.theme === 'dark'").await;
    assert_eq!(browser.script(paper).await, "rgb(21, 21, 19)");
    assert_eq!(browser.script("return location.pathname").await, speakers.as_str(), "on the same page");

    // Two samples do not play at once, and each ends where it should.
    browser
        .script("window.samples = [...document.querySelectorAll('.sample audio')]; samples[0].play()")
        .await;
    browser.until("one plays", "samples[0].currentTime > 0.2").await;
    browser.script("samples[1].play()").await;
    browser.until("then the other", "samples[1].currentTime > 40.2 && samples[0].paused").await;
    browser.script("samples[1].currentTime = 45.5").await;
    browser.until("to its end", "samples[1].paused && samples[1].currentTime < 47").await;
    browser.shot("speakers-1280-dark").await;

    at(&browser, &site, &format!("/transcripts/{talk}/share")).await;
    browser.until("the link can be copied", "document.querySelector('[data-copy]:not([hidden])')").await;
    browser.click("[data-copy]").await;
    browser.until("it says so", "document.querySelector('[data-copy]').innerText === 'Copied'").await;

    // On paper it is black on white, without what can only be pressed, and with what is folded away.
    at(&browser, &site, &format!("/transcripts/{talk}")).await;
    browser.until("it can be changed", "document.querySelector('[data-edit-bar]')?.checkVisibility()").await;
    let paper = json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "media": "print" } });
    browser.ask("goog/cdp/execute", &paper).await;
    let seen =
        "const seen = (css) => [...document.querySelectorAll(css)].filter((one) => one.checkVisibility());
        const body = getComputedStyle(document.body);
        return [body.backgroundColor, getComputedStyle(document.querySelector('#text p[data-w]')).color,
            seen('button, form, input, audio, summary.button, .bar nav a').map((one) => one.outerHTML),
            seen('h1').length, seen('#text p[data-w]').length > 2, seen('.people .person').length, seen('.gist .section p').length > 0]";
    let wanted = json!(["rgb(255, 255, 255)", "rgb(0, 0, 0)", [], 1, true, 2, true]);
    assert_eq!(browser.script(seen).await, wanted);
    let screen = json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "media": "" } });
    browser.ask("goog/cdp/execute", &screen).await;

    // Nothing moves for who wants that.
    at(&browser, &site, "/design").await;
    let moves = "return [...document.querySelectorAll('body *')].flatMap((one) => [null, '::before', '::after'].map((part) => getComputedStyle(one, part)))
        .filter((style) => style.animationName !== 'none' || style.transitionDuration !== '0s').length";
    assert!(browser.script(moves).await.as_u64().unwrap() > 0, "some things move");
    browser.light(Some("dark")).await;
    assert_eq!(browser.script(moves).await, 0);
    browser.quit().await;
}
