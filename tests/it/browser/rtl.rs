//! A transcript that is read from right to left, on a page that is not: text, names and times turn round, the sound does not.

use diesel::sql_types::{Text, Uuid};
use diesel_async::RunQueryDsl;
use reflector::ids::TranscriptId;
use reflector::model::{Segment, Word};
use reflector::storage::StorageKey;
use serde_json::json;
use thirtyfour::prelude::*;

use super::Browser;
use super::login::press;
use crate::support::media::Media;
use crate::support::site::Site;

const SAID: [&str; 6] = [
    "صباح الخير جميعا، لنبدأ الاجتماع الآن",
    "الميزانية لهذا العام هي 2500 يورو",
    "يجب أن نراجع Kubernetes قبل الربع القادم",
    "The contract is in English, as you know",
    "هل توافقون على هذا الاقتراح",
    "نعم، نحن موافقون",
];

/// Two people who speak Arabic, a word each second.
fn talk() -> Vec<Segment> {
    let segment = |(idx, text): (i32, &&str)| {
        let start = f64::from(idx) * 10.0;
        let word = |(n, text): (usize, &str)| {
            let start = start + n as f64;
            Word { text: format!(" {text}"), start, end: start + 0.9, probability: 0.95 }
        };
        let words: Vec<Word> = text.split(' ').enumerate().map(word).collect();
        Segment {
            idx,
            start,
            end: start + 9.0,
            speaker: Some(idx % 2),
            text: format!(" {text}"),
            words,
            channel: 0,
        }
    };
    (0..).zip(&SAID).map(segment).collect()
}

async fn arabic(site: &Site) -> TranscriptId {
    let id = site.replaced("اجتماع", &talk(), 60.0).await;
    let mut conn = site.workshop.conn().await;
    for (change, text) in [
        ("UPDATE output SET language = $2 WHERE transcript_id = $1", "ar"),
        ("UPDATE transcript SET title = $2 WHERE id = $1", "اجتماع الميزانية، 2026"),
        (
            "UPDATE topic SET title = $2 WHERE output_id IN (SELECT id FROM output WHERE transcript_id = $1)",
            "الميزانية",
        ),
        (
            "UPDATE summary_sentence SET text = $2 WHERE output_id IN (SELECT id FROM output WHERE transcript_id = $1)",
            "تحدثوا عن الميزانية ووافقوا عليها.",
        ),
        (
            "UPDATE action_item SET text = $2 WHERE output_id IN (SELECT id FROM output WHERE transcript_id = $1)",
            "مراجعة الميزانية",
        ),
    ] {
        let changed =
            diesel::sql_query(change).bind::<Uuid, _>(id.0).bind::<Text, _>(text).execute(&mut *conn);
        assert!(changed.await.unwrap() > 0, "{change}");
    }
    id
}

/// Where the first line of something stands: on the left or on the right of its box. A line is several boxes where directions mix.
const SIDE: &str = "const range = new Range(); range.selectNodeContents(element);
    const all = [...range.getClientRects()].filter((one) => one.width > 1);
    const line = all.filter((one) => Math.abs(one.bottom - all[0].bottom) < all[0].height / 2);
    const box = element.getBoundingClientRect();
    const [left, right] = [Math.min(...line.map((one) => one.left)), Math.max(...line.map((one) => one.right))];
    return box.right - right < left - box.left ? 'right' : 'left'";

async fn side(browser: &Browser, find: &str) -> String {
    let found = browser.script(&format!("const element = {find}; {SIDE}")).await;
    found.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn arabic_stands_on_the_right_english_among_it_on_the_left_and_the_sound_runs_as_ever() {
    let site = Site::new().await;
    let id = arabic(&site).await;
    let media = Media::new();
    let tone = media.tone(60, "-c:a libmp3lame", "tone.mp3");
    site.app.storage().put_file(&StorageKey::Mp3 { transcript: id }, &tone).await.unwrap();
    let browser = Browser::open(false).await;
    for (width, height, theme) in [(1280, 1000, "light"), (390, 844, "dark")] {
        browser.light(Some(theme)).await;
        browser.size(width, height).await;
        browser.driver.goto(site.url(&format!("/transcripts/{id}"))).await.unwrap();
        browser.until("the sound is known", "document.querySelector('audio').readyState > 0").await;
        let paragraph = |n: usize| format!("document.querySelectorAll('#text p[data-w]')[{n}]");
        for (what, find, wanted) in [
            ("Arabic", paragraph(0), "right"),
            ("Arabic with numbers", paragraph(1), "right"),
            ("English", paragraph(3), "left"),
            ("the summary", "document.querySelector('.lead-text')".into(), "right"),
            ("the title", "document.querySelector('h1')".into(), "right"),
        ] {
            assert_eq!(side(&browser, &find).await, wanted, "{what} at {width}");
        }
        // Who speaks and when: the name is right of the time.
        let order = browser
            .script("const head = document.querySelector('.turn .who'); const left = (css) => head.querySelector(css).getBoundingClientRect().left;
                return left('.name') > left('.at')")
            .await;
        assert_eq!(order, true, "the name comes first, from the right");
        browser.script("document.querySelector('audio').currentTime = 30").await;
        let played = "const [line, track] = ['.head-line', '.track'].map((css) => document.querySelector(css).getBoundingClientRect());
            return (line.left - track.left) / track.width";
        browser
            .until(
                "the position is shown",
                "document.querySelector('[data-clock]').textContent.startsWith('0:30')",
            )
            .await;
        let share = browser.script(played).await.as_f64().unwrap();
        assert!((0.45..0.55).contains(&share), "half of the sound is half of the way from the left: {share}");
        let marks = browser
            .script("return [...document.querySelectorAll('.marks li')].map((one) => one.getBoundingClientRect().left)")
            .await;
        let marks: Vec<f64> = marks.as_array().unwrap().iter().map(|one| one.as_f64().unwrap()).collect();
        assert!(marks.is_sorted(), "{marks:?}");
        browser.no_sideways_scroll().await;
        browser.shot(&format!("arabic-{width}-{theme}")).await;
        browser.script("document.querySelector('#text').scrollIntoView()").await;
        browser.shot(&format!("arabic-text-{width}-{theme}")).await;

        // By keyboard the cursor goes where the arrow points.
        browser.script("window.scrollTo(0, 0); document.querySelector('#text').focus({ preventScroll: true }); document.querySelector('audio').currentTime = 0").await;
        let said = "document.getElementById('announce').textContent";
        for (key, wanted) in
            [(Key::Left, "صباح"), (Key::Left, "الخير"), (Key::Left, "جميعا،"), (Key::Right, "الخير")]
        {
            press(&browser, key).await;
            browser
                .until(&format!("“{wanted}” is said"), &format!("{said}.endsWith({})", json!(wanted)))
                .await;
        }
    }
    browser.quit().await;
}
