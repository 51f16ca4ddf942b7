//! The page of a transcript: heard, mended, gone through, quoted, and thrown away.

use reflector::storage::StorageKey;
use serde_json::json;
use thirtyfour::prelude::*;

use super::Keys;
use crate::browser::Browser;
use crate::contract_review::doubtful;
use crate::support::media::Media;
use crate::support::site::Site;

const AUDIO: &str = "document.querySelector('audio')";
const TEXT: &str = "document.getElementById('text').innerText";
const NAMES: &str = "[...document.querySelectorAll('#text .name')].map((one) => one.textContent).join()";
const SAID: &str = "document.querySelector('[data-edit-said]').textContent";

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_is_heard_mended_quoted_and_thrown_away_by_keyboard() {
    let site = Site::new().await;
    let id = site.replaced("Walrus", &doubtful(), 60.0).await;
    let media = Media::new();
    let tone = media.tone(60, "-ac 1 -b:a 16k -c:a libmp3lame", "tone.mp3");
    site.app.storage().put_file(&StorageKey::Mp3 { transcript: id }, &tone).await.unwrap();
    assert_eq!(site.send("POST", "/v1/rooms", &json!({ "name": "weekly" })).await.0, 200);
    let mut heard = doubtful();
    heard[1].words[2].text = " she".into();
    heard[1].text = " A Walross, she said".into();
    crate::contract_speakers::again(&site, id, &heard).await;
    let browser = Browser::open(false).await;
    // Not much of the text is in sight below what is sticky.
    browser.size(1280, 700).await;
    let keys = Keys(&browser);
    keys.go(&site, &format!("/transcripts/{id}")).await;
    browser.until("the text can be changed", "!document.querySelector('[data-edit-bar]').hidden").await;
    browser.until("the sound is known", &format!("{AUDIO}.readyState > 0")).await;
    head(&keys).await;
    sound(&keys).await;
    words(&keys).await;
    people(&keys).await;
    corrections(&keys).await;
    doubts(&keys).await;
    search(&keys).await;
    history(&keys).await;
    assert_eq!(browser.console().await, Vec::<String>::new());

    keys.back_to("details[data-name=more] summary").await;
    keys.enter().await;
    browser.checked("the menu of more").await;
    keys.follow("details[data-name=more] form[action$='/delete'] button").await;
    browser.until("it is in the trash", "location.search.startsWith('?deleted=')").await;
    keys.has(".notice").await;
    keys.press(Key::Tab).await;
    keys.enter().await;
    browser.until("it is back", &format!("location.pathname === '/transcripts/{id}'")).await;
    more(&keys).await;
    far_away(&keys, &site).await;
    browser.quit().await;
}

/// Into a room.
async fn more(keys: &Keys<'_>) {
    let browser = keys.0;
    browser.until("it can be changed", "document.querySelector('[data-title-edit]:not([hidden])')").await;
    keys.follow("details[data-name=more] summary").await;
    keys.choose("details[data-name=more] [name=room_id]", "weekly").await;
    keys.follow("details[data-name=more] form[action$='/room'] button").await;
    let told = "document.querySelector('.head .meta').innerText.includes('in weekly')";
    browser.until("it is in the room", told).await;
}

/// Its title and its files.
async fn head(keys: &Keys<'_>) {
    let browser = keys.0;
    keys.follow("[data-title-edit]").await;
    keys.has("[data-title-form] input").await;
    keys.press(Key::Escape).await;
    keys.has("[data-title-edit]").await;
    // As it was; and now another one.
    keys.enter().await;
    keys.has("[data-title-form] input").await;
    keys.with(Key::Control, "a").await;
    keys.press("Of walruses").await;
    browser.checked("the title, as it is written").await;
    keys.enter().await;
    browser
        .until("the title is new", "document.querySelector('[data-title-shown]').innerText === 'Of walruses'")
        .await;
    keys.has("[data-title-edit]").await;
    let menu = "details[data-name=download]";
    keys.follow(&format!("{menu} summary")).await;
    keys.press(Key::Tab).await;
    keys.has(&format!("{menu} a[href$='/pdf']")).await;
    browser.checked("the menu of files").await;
    keys.press(Key::Escape).await;
    keys.has(&format!("{menu} summary")).await;
    browser.until("the menu is closed", &format!("!document.querySelector('{menu}').open")).await;
    // It does not stay open in front of what comes after it.
    keys.enter().await;
    keys.tab_to("[data-play]").await;
    browser.until("the menu is closed again", &format!("!document.querySelector('{menu}').open")).await;
}

async fn sound(keys: &Keys<'_>) {
    let browser = keys.0;
    keys.follow("[data-play]").await;
    browser.until("it plays", &format!("!{AUDIO}.paused")).await;
    keys.press(Key::Space).await;
    browser.until("it is still", &format!("{AUDIO}.paused")).await;
    keys.follow("[data-skip='10']").await;
    browser.until("it is ahead", &format!("{AUDIO}.currentTime >= 10")).await;
    keys.tab_to("[data-seekbar]").await;
    keys.press(Key::Home).await;
    keys.press(Key::Right).await;
    browser.until("the waveform leads there", &format!("Math.abs({AUDIO}.currentTime - 5) < 0.3")).await;
    keys.follow(".marks li:last-child a").await;
    browser.until("the topic plays", &format!("{AUDIO}.currentTime > 5 && !{AUDIO}.paused")).await;
    keys.press("k").await;
    keys.choose("[data-speed]", "1.5×").await;
    browser.until("it is faster", &format!("{AUDIO}.playbackRate === 1.5")).await;
    keys.tab_to("[data-follow]").await;
    keys.press(Key::Space).await;
    browser.until("nothing follows", "!document.querySelector('[data-follow]').checked").await;
    keys.press(Key::Space).await;
    keys.follow("[data-help-open]").await;
    keys.has("[data-help-close]").await;
    browser.checked("the list of keys").await;
    // Single keys can be switched off.
    keys.tab_to("[data-keys]").await;
    for used in [false, true] {
        keys.press(Key::Space).await;
        let used = format!("document.querySelector('[data-keys]').checked === {used}");
        browser.until("it is switched", &used).await;
    }
    keys.press(Key::Escape).await;
    keys.has("[data-help-open]").await;
    // What a sentence of the summary rests on, and what is to be done; and a topic.
    for moment in [".lead-text .at", ".gist .todo .at", ".toc li:last-child a"] {
        keys.follow(moment).await;
        browser.until("it plays from there", &format!("!{AUDIO}.paused")).await;
        keys.press("k").await;
        browser.until("it is still", &format!("{AUDIO}.paused")).await;
    }
}

/// Words are chosen, repeated, given away and quoted.
async fn words(keys: &Keys<'_>) {
    let browser = keys.0;
    let selected = async |text: &str| {
        keys.tab_to("#text").await;
        keys.press(Key::Right).await;
        // To the very first one, from wherever it begins.
        for key in [Key::Up, Key::Up, Key::Left, Key::Left, Key::Left, Key::Left] {
            keys.press(key).await;
        }
        keys.with(Key::Shift, Key::Right).await;
        browser.until("words are selected", &format!("getSelection().toString() === '{text}'")).await;
        browser.until("it says what can be done", "!document.querySelector('[data-selection]').hidden").await;
    };
    keys.back_to("[data-play]").await;
    selected("The walross").await;
    keys.press("r").await;
    browser.checked("selected words, again and again").await;
    keys.back_to("[data-loop-end]").await;
    keys.enter().await;
    browser.until("nothing is repeated", "document.querySelector('[data-loop]').hidden").await;
    keys.has("[data-play]").await;
    keys.press("k").await;

    selected("The walross").await;
    keys.press("s").await;
    keys.follow("[data-selection-copy]").await;
    let copied = "document.querySelector('[data-selection-copy]').textContent === 'Copied'";
    browser.until("they are copied", copied).await;
    keys.back_to("#text").await;

    selected("The walross").await;
    keys.tab_to("#text .at").await;
    keys.back_to("#text").await;
    keys.press("s").await;
    keys.tab_to("[data-selection-speaker]").await;
    // The arrows pass over who is not meant.
    keys.press(Key::Down).await;
    keys.press(Key::Down).await;
    browser.until("it says what Enter does", "!document.querySelector('#selection-enter').hidden").await;
    assert_eq!(browser.script(&format!("return {NAMES}")).await, "Speaker 1,Speaker 2,Speaker 1");
    keys.enter().await;
    browser.until("another one says them", &format!("{NAMES}.startsWith('Speaker 3,Speaker 1')")).await;
    keys.has("#text").await;
    keys.back_to("[data-edit-undo]").await;
    keys.enter().await;
    browser.until("that is undone", &format!("{NAMES} === 'Speaker 1,Speaker 2,Speaker 1'")).await;
    keys.has("[data-edit-bar] button").await;

    selected("The walross").await;
    keys.press("q").await;
    keys.has("[data-quote-dialog] [name=life]").await;
    browser.checked("a quote, before it is made").await;
    keys.follow("[data-quote-new] .main").await;
    keys.has("[data-quote-copy]").await;
    browser.checked("the link to a quote").await;
    keys.enter().await;
    browser
        .until("it is copied", "document.querySelector('[data-quote-copy]').textContent === 'Copied'")
        .await;
    keys.follow("[data-quote-revoke]").await;
    keys.has("[data-quote-dialog] [name=life]").await;
    keys.press(Key::Escape).await;
    keys.has("#text").await;
    keys.press(Key::Escape).await;
}

/// A voice gets a name, and the button is still there for the next one.
async fn people(keys: &Keys<'_>) {
    let browser = keys.0;
    keys.back_to("[data-person-open='0']").await;
    keys.enter().await;
    keys.has("[data-person-dialog] [name=name]").await;
    browser.checked("who speaks").await;
    keys.press("Ada").await;
    keys.enter().await;
    browser.until("she is named everywhere", &format!("{NAMES} === 'Ada,Speaker 2,Ada'")).await;
    keys.has("[data-person-open='0'][aria-label='Change Ada']").await;
    keys.tab_to("[data-edit-said-undo]").await;
    keys.enter().await;
    browser.until("that is taken back", &format!("{NAMES} === 'Speaker 1,Speaker 2,Speaker 1'")).await;
    keys.has("[data-edit-toggle]").await;

    // The other voice is hers, too.
    keys.back_to("[data-person-open='1']").await;
    keys.enter().await;
    keys.has("[data-person-dialog] [name=name]").await;
    keys.choose("[data-person-dialog] [name=same]", "Speaker 1").await;
    keys.follow("[data-person-dialog] .main").await;
    browser.until("they are one", &format!("!{NAMES}.includes('Speaker 2')")).await;
    browser.until("it can be undone", "!document.querySelector('[data-edit-said-undo]').hidden").await;
    keys.follow("[data-edit-said-undo]").await;
    browser.until("they are two again", &format!("{NAMES} === 'Speaker 1,Speaker 2,Speaker 1'")).await;
    keys.has("[data-edit-toggle]").await;
}

async fn corrections(keys: &Keys<'_>) {
    let browser = keys.0;
    keys.enter().await;
    browser.until("one may choose", "document.querySelector('.editing .edit-open')").await;
    keys.follow(".edit-open").await;
    keys.has(".edit-panel textarea").await;
    browser.checked("a sentence, as it is changed").await;
    keys.press(Key::End).await;
    keys.press(" Indeed.").await;
    keys.follow(".edit-panel .main").await;
    browser.until("it is saved", &format!("{SAID} === 'Saved.' && {TEXT}.includes('tusks. Indeed.')")).await;
    keys.has(".edit-open").await;

    // Whose it is: the arrows alone say nothing yet.
    keys.enter().await;
    keys.has(".edit-panel textarea").await;
    keys.back_to("[data-edit-speaker]").await;
    keys.press(Key::Down).await;
    browser.until("it says what Enter does", "!document.querySelector('#edit-enter').hidden").await;
    keys.enter().await;
    browser.until("it is another’s", &format!("{SAID} === 'Given to another speaker.'")).await;
    let (one, other) = (
        format!("{NAMES} === 'Speaker 1,Speaker 2,Speaker 1'"),
        format!("{NAMES} === 'Speaker 2,Speaker 2,Speaker 1'"),
    );
    browser.until("the page says so", &other).await;
    keys.has(".edit-open").await;
    keys.back_to("[data-edit-undo]").await;
    keys.enter().await;
    browser.until("it is undone", &one).await;
    keys.has("[data-edit-undo]").await;
    keys.follow("[data-edit-redo]").await;
    browser.until("it is done again", &other).await;
    keys.has("[data-edit-toggle]").await;
    keys.follow("[data-edit-undo]").await;
    browser.until("it is undone again", &one).await;
    keys.has("[data-edit-undo]").await;
    keys.enter().await;
    browser.until("so is what was written", &format!("!{TEXT}.includes('Indeed')")).await;
    keys.has("[data-edit-toggle]").await;
    apart_and_together(keys).await;
    keys.enter().await;
    browser.until("that is over", "!document.querySelector('.edit-open')").await;
}

/// What was said at once becomes two, at the cursor, and one again.
async fn apart_and_together(keys: &Keys<'_>) {
    let browser = keys.0;
    let written = |text: &str| format!("document.querySelector('.edit-panel textarea')?.value === '{text}'");
    keys.follow(".edit-open").await;
    keys.has(".edit-panel textarea").await;
    browser.until("all of it is there", &written("The walross spaeks of tusks.")).await;
    // Nothing is before the cursor.
    keys.press(Key::Home).await;
    keys.follow("[data-edit-split]").await;
    browser.until("it says what is missing", "!document.querySelector('[data-edit-error]').hidden").await;
    browser.checked("a sentence that can't be split there").await;
    keys.back_to(".edit-panel textarea").await;
    keys.with(Key::Control, Key::Right).await;
    keys.follow("[data-edit-split]").await;
    browser.until("it is split", &format!("{SAID} === 'Split.'")).await;
    keys.has(".edit-open").await;
    keys.enter().await;
    browser.until("the first part is there", &written("The")).await;
    keys.follow("[data-edit-after]").await;
    browser.until("and the second", &written("walross spaeks of tusks.")).await;
    keys.has(".edit-panel textarea").await;
    keys.follow("[data-edit-before]").await;
    browser.until("the first part is there again", &written("The")).await;
    keys.follow("[data-edit-join]").await;
    browser.until("they are joined", &format!("{SAID} === 'Joined.'")).await;
    keys.has(".edit-open").await;
    keys.enter().await;
    browser.until("it is whole", &written("The walross spaeks of tusks.")).await;
    keys.press(Key::Escape).await;
    keys.has(".edit-open").await;
    for _ in 0..2 {
        keys.back_to("[data-edit-undo]").await;
        keys.enter().await;
        browser.until("it is undone", &format!("{SAID} === 'Undone.'")).await;
        keys.has("[data-edit-bar] button").await;
    }
    keys.has("[data-edit-toggle]").await;
}

/// Doubtful words, by the buttons.
async fn doubts(keys: &Keys<'_>) {
    let browser = keys.0;
    let asked = async |word: &str| {
        let input = "document.querySelector('[data-review-input]').value";
        browser.until(&format!("{word} is asked about"), &format!("{input} === '{word}'")).await;
        keys.has("[data-review-input]").await;
    };
    // What comes after the sound's place is asked about first.
    keys.back_to("[data-seekbar]").await;
    keys.press(Key::Home).await;
    browser.until("the sound is at its beginning", &format!("{AUDIO}.currentTime === 0")).await;
    keys.follow("[data-review-open]").await;
    asked("walross spaeks").await;
    browser.checked("a doubtful word").await;
    keys.follow("[data-review-skip]").await;
    asked("Walross").await;
    keys.press("walrus").await;
    keys.tab_to("[data-review-here]").await;
    keys.follow("[data-review-all]").await;
    browser.until("the text says so", &format!("{TEXT}.includes('no more walrus!')")).await;
    keys.has("[data-review-again]").await;
    browser.checked("what was kept for later").await;
    keys.enter().await;
    asked("walross spaeks").await;
    keys.follow("[data-review-right]").await;
    let none = "document.querySelector('[data-review-done] strong').textContent.startsWith('Nothing')";
    browser.until("none is left", none).await;
    keys.has("[data-review-close]").await;
    browser.checked("nothing doubtful is left").await;
    for word in ["walross spaeks", "Walross"] {
        keys.tab_to("[data-review-undo]").await;
        keys.enter().await;
        asked(word).await;
    }
    // What is behind the panel is not reached below it.
    keys.back_to(".turn:last-child .at").await;
    keys.tab_to("[data-review-close]").await;
    keys.enter().await;
    browser.until("it is over", "document.querySelector('[data-review]').hidden").await;
    keys.has("[data-review-open]").await;
}

async fn search(keys: &Keys<'_>) {
    let browser = keys.0;
    keys.press("/").await;
    keys.has("[name=find]").await;
    keys.press("tusks").await;
    let count = "document.querySelector('[data-find-count]').textContent";
    browser.until("it is found", &format!("{count} === '1 of 1'")).await;
    keys.fill("[name=replace]", "teeth").await;
    browser.checked("what is found, and is to be replaced").await;
    keys.follow("[data-find-one]").await;
    browser.until("it is replaced", &format!("{TEXT}.includes('teeth') && {count} === 'Nowhere'")).await;
    keys.has("[name=find]").await;
    keys.press(Key::Escape).await;
    keys.has("[data-find-open]").await;
}

async fn history(keys: &Keys<'_>) {
    let browser = keys.0;
    let open = "document.querySelector('[data-history]').open";
    keys.follow("[data-history-open]").await;
    let changes = "document.querySelectorAll('[data-history-edits] > li').length";
    browser.until("changes are listed", &format!("{changes} > 2")).await;
    browser.checked("what was changed, and the versions").await;
    keys.follow("[data-history-all]").await;
    keys.has("[data-history-back]").await;
    browser.checked("what differs").await;
    keys.enter().await;
    keys.has("[data-history-all]").await;
    let before = browser.script(&format!("return {changes}")).await;
    keys.follow("[data-history-edits] button:not(.at)").await;
    browser.until("it is undone", &format!("{TEXT}.includes('tusks') && {changes} > {before}")).await;
    keys.has("[data-history] button").await;
    keys.follow("[data-history-versions] button").await;
    browser
        .until(
            "the first version is shown",
            &format!("{TEXT}.includes('he said') && !{TEXT}.includes('she said')"),
        )
        .await;
    keys.has("[data-history] button").await;
    keys.press(Key::Escape).await;
    browser.until("the window is closed", &format!("!{open}")).await;
    keys.has("[data-history-open]").await;
    keys.follow("[data-edit-said-undo]").await;
    browser.until("the second is shown again", &format!("{TEXT}.includes('she said')")).await;
    keys.has("[data-edit-toggle]").await;
    // A difference leads into the text.
    keys.follow("[data-history-open]").await;
    browser.until("changes are listed again", &format!("{open} && {changes} > 2")).await;
    keys.tab_to("[data-history-edits] button.at").await;
    keys.enter().await;
    browser.until("the window has gone", &format!("!{open}")).await;
    keys.has("#text").await;
}

/// Who comes to a part that is not there yet is in it when it is; and all of it is written anew.
async fn far_away(keys: &Keys<'_>, site: &Site) {
    let id = site.long("Board meeting").await;
    keys.go(site, &format!("/transcripts/{id}")).await;
    keys.0.until("leaves are there", "document.querySelector('.js .leaf-link')").await;
    keys.back_to(".leaf:last-child :is(.leaf-link, .at)").await;
    keys.has(".leaf:last-child .at").await;
    keys.follow("details[data-name=more] summary").await;
    keys.fill("details[data-name=more] [name=vocabulary]", "Walross").await;
    keys.follow("details[data-name=more] form[action$='/process'] button").await;
    keys.0.until("it is worked on", "document.querySelector('[data-working]')").await;
}
