//! Who speaks, who may read, links to parts, letters, and rooms.

use reflector::model::ShareMode;
use reflector::storage::StorageKey;
use thirtyfour::prelude::*;

use super::Keys;
use crate::browser::Browser;
use crate::support::accounts::{ADA, by_password, give, person};
use crate::support::media::Media;
use crate::support::receiver::Receiver;
use crate::support::site::Site;
use crate::support::zulip_server::{BOT, KEY, ZulipServer};

#[tokio::test(flavor = "multi_thread")]
async fn speakers_sharing_sending_and_rooms_are_used_by_keyboard() {
    let (receiver, chat) = (Receiver::answering(&[200]).await, ZulipServer::start().await);
    let realm = chat.url();
    let site = Site::set(|config| {
        by_password(config);
        config.outgoing.allow_hosts = vec!["127.0.0.0/8".into()];
        config.mail.host = Some("127.0.0.1".into());
        config.mail.from = Some("reflector@example.org".into());
        config.zulip.realm = Some(realm);
        config.zulip.bot_email = Some(BOT.into());
        config.zulip.api_key = Some(KEY.into());
    })
    .await;
    let ada = person(&site, ADA, false).await;
    let talk = site.finished("Planning of the spring fair.wav").await;
    give(&site, talk, Some(ada.id), ShareMode::Private).await;
    let media = Media::new();
    let tone = media.tone(60, "-c:a libmp3lame", "tone.mp3");
    site.app.storage().put_file(&StorageKey::Mp3 { transcript: talk }, &tone).await.unwrap();
    let browser = Browser::open(true).await;
    browser.size(1280, 800).await;
    let keys = Keys(&browser);
    let page = format!("/transcripts/{talk}");
    browser.log_in(&site, ADA, &format!("{page}/speakers")).await;
    speakers(&keys).await;
    keys.go(&site, &format!("{page}/share")).await;
    sharing(&keys).await;
    keys.go(&site, &format!("{page}/send")).await;
    sending(&keys).await;
    rooms(&keys, &site, &receiver).await;
    browser.quit().await;
}

async fn speakers(keys: &Keys<'_>) {
    let browser = keys.0;
    keys.tab_to(".sample audio").await;
    keys.press(Key::Space).await;
    browser.until("it is heard", "document.querySelector('.sample audio').currentTime > 0").await;
    keys.fill("[name=speaker-0]", "Ada").await;
    keys.enter().await;
    keys.told("The names are saved.").await;
    keys.follow("form[action$='/speakers/merge'] button").await;
    keys.told("The two voices are one now.").await;
    browser.checked("two voices that are one").await;
    keys.press(Key::Tab).await;
    keys.has("form[action$='/speakers/undo'] button").await;
    keys.enter().await;
    keys.told("They are two voices again.").await;
}

async fn sharing(keys: &Keys<'_>) {
    let browser = keys.0;
    browser.until("the link can be copied", "document.querySelector('[data-copy]:not([hidden])')").await;
    keys.follow("[data-copy]").await;
    browser.until("it is copied", "document.querySelector('[data-copy]').innerText === 'Copied'").await;
    keys.tab_to("[type=radio][name=share_mode]").await;
    keys.press(Key::Down).await;
    keys.follow("form.options .main").await;
    keys.told("Saved.").await;
    keys.follow("section .danger").await;
    keys.told("It is private again").await;
    keys.fill("[name=from]", "0:20").await;
    keys.fill("[name=to]", "0:24").await;
    keys.enter().await;
    browser.until("the link is made", "document.querySelector('#quote-link')").await;
    browser
        .until("it can be copied", "document.querySelector('.quote-made [data-copy]:not([hidden])')")
        .await;
    keys.follow(".quote-made [data-copy]").await;
    browser
        .until(
            "it is copied, too",
            "document.querySelector('.quote-made [data-copy]').innerText === 'Copied'",
        )
        .await;
    browser.checked("a quote that was just made").await;
    keys.follow(".quotes button").await;
    keys.told("The link is taken back").await;
}

async fn sending(keys: &Keys<'_>) {
    let browser = keys.0;
    let on_its_way = |count| format!("document.querySelectorAll('.rows .row').length === {count}");
    keys.fill("main [name=email]", "team@example.org").await;
    keys.enter().await;
    browser.until("it is on its way", &on_its_way(1)).await;
    keys.has(".notice[role=status]").await;
    keys.fill("[data-stream]", "meetings").await;
    browser
        .until("its topics are offered", "document.querySelector('#topics option')?.value === 'weekly'")
        .await;
    keys.fill("[data-topic]", "weekly").await;
    keys.tab_to("[name=include_topics]").await;
    keys.press(Key::Space).await;
    keys.follow("form[action$='/send/zulip'] .main").await;
    browser.until("that is on its way, too", &on_its_way(2)).await;
    keys.has(".notice[role=status]").await;
    browser.checked("what is on its way").await;
}

async fn rooms(keys: &Keys<'_>, site: &Site, receiver: &Receiver) {
    let browser = keys.0;
    keys.go(site, "/rooms").await;
    keys.fill("main [name=name]", "two words").await;
    keys.enter().await;
    browser.until("it is refused", "document.querySelector('[role=alert]')").await;
    keys.has(".notice[role=alert]").await;
    browser.checked("a room that can't be").await;
    keys.fill("main [name=name]", "weekly").await;
    keys.tab_to("[name=is_shared]").await;
    keys.press(Key::Space).await;
    keys.follow("form[action='/rooms'] .main").await;
    keys.told("The room is there.").await;
    assert_eq!(browser.script("return document.querySelector('[name=is_shared]').checked").await, true);
    keys.fill("[name=webhook_url]", &receiver.url()).await;
    keys.enter().await;
    keys.told("Saved.").await;
    keys.follow("form[action$='/webhook/test'] button").await;
    keys.told("A test was sent").await;
    assert_eq!(receiver.seen().len(), 1);
    keys.follow("form[action$='/delete'] button").await;
    keys.told("Deleted “weekly”").await;
    keys.press(Key::Tab).await;
    keys.has("form[action$='/restore'] button").await;
    keys.enter().await;
    browser.until("it is back", "document.body.innerText.includes('weekly') && !document.querySelector('form[action$=\"/restore\"]')").await;
}
