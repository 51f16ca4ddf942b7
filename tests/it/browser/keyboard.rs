//! Every story by keyboard alone: keys are pressed as hands press them, and each stop on the way is seen and shows that it has the focus.

mod account;
mod library;
mod sharing;
mod transcript;
mod uploads;

use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::TypingData;
use thirtyfour::prelude::*;

use super::every::{Who, World};
use super::{Browser, strings};
use crate::support::accounts::ADA;
use crate::support::site::Site;

/// What has the focus, in words, and what is wrong with it; null where nothing has it. Whether it was here before, and all that was.
const STOP: &str = r"const control = document.activeElement;
    if (!control || control === document.body) return null;
    const said = (one) => `${one.localName} “${(one.getAttribute('aria-label') || one.labels?.[0]?.textContent || one.textContent || one.name || '').trim().replace(/\s+/g, ' ').slice(0, 60)}”`;
    const faults = [];
    const inside = (box) => ({ left: Math.max(0, box.left), top: Math.max(0, box.top), right: Math.min(innerWidth, box.right), bottom: Math.min(innerHeight, box.bottom) });
    const boxes = [...control.getClientRects()].map(inside).filter((box) => box.right - box.left > 4 && box.bottom - box.top > 4);
    const points = boxes.flatMap((box) => [[0.5, 0.5], [0.1, 0.2], [0.9, 0.2], [0.1, 0.8], [0.9, 0.8]]
        .map(([x, y]) => [box.left + (box.right - box.left) * x, box.top + (box.bottom - box.top) * y]));
    const hits = points.map(([x, y]) => document.elementFromPoint(x, y));
    const own = (hit) => hit && (control.contains(hit) || hit.closest('label')?.control === control);
    if (!boxes.length) faults.push('is not in the window');
    else if (hits.filter(own).length < 0.4 * hits.length) faults.push(`is covered by ${hits.filter((hit) => hit && !own(hit)).map(said)[0]}`);
    const ring = (one) => { const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(one);
        return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1 && !/, 0\)$/.test(outlineColor); };
    let around = control;
    for (let up = 0; up < 5 && around && !ring(around); up += 1) around = around.parentElement;
    // Buttons inside of the browser's own controls have its own ring.
    const within = control.matches('audio, [type=date]') && !control.matches(':focus-visible');
    if (!within && !(around && ring(around))) faults.push('does not show that it has the focus');
    const others = [...document.querySelectorAll('a, button, input, select, textarea, summary')].filter((one) => !one.contains(control) && !control.contains(one) && ring(one));
    if (others.length) faults.push(`has not the only ring: ${said(others[0])}`);
    window.stops ??= new Set();
    const known = window.stops.has(control) && control !== window.lastStop;
    window.stops.add(control);
    window.lastStop = control;
    return [said(control), faults, known];";

/// Controls that no Tab has led to. Of a group of radio buttons one is enough.
const MISSED: &str = "return [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex=\"0\"], audio[controls]')]
    .filter((one) => one.checkVisibility() && !one.disabled && one.tabIndex >= 0 && one.type !== 'hidden' && one.type !== 'radio' && !window.stops.has(one))
    .map((one) => one.outerHTML.slice(0, 120));";

/// Hands at the keyboard: no mouse, and no script that presses for them.
pub(super) struct Keys<'b>(pub &'b Browser);

impl Keys<'_> {
    pub async fn go(&self, site: &Site, path: &str) {
        self.0.driver.goto(format!("http://localhost:{}{path}", site.address.port())).await.unwrap();
    }

    /// Presses one key after another.
    pub async fn press(&self, keys: impl Into<TypingData> + Send) {
        let hands = self.0.driver.action_chain_with_delay(None, Some(Duration::ZERO));
        hands.send_keys(keys).perform().await.unwrap();
    }

    /// Presses one while another one is held.
    pub async fn with(&self, held: Key, keys: impl Into<TypingData> + Send) {
        let held = held.value();
        let hands = self.0.driver.action_chain_with_delay(None, Some(Duration::ZERO));
        hands.key_down(held).send_keys(keys).key_up(held).perform().await.unwrap();
    }

    /// Not as the other keys: chromedriver does a command again when the page goes away meanwhile, and would press Enter on the
    /// next page, too.
    pub async fn enter(&self) {
        // The key is not let go: a window of the browser's own that it opened would be taken for in the way, and closed.
        let key = json!({ "type": "keyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r" });
        self.0.ask("goog/cdp/execute", &json!({ "cmd": "Input.dispatchKeyEvent", "params": key })).await;
    }

    /// What has the focus, as a person sees it, and whether it had it before.
    async fn stop(&self) -> Option<(String, Vec<String>, bool)> {
        let found = self.0.script(STOP).await;
        let name = found.get(0)?.as_str()?.to_owned();
        let faults = strings(&found[1]).iter().map(|fault| format!("{name} {fault}")).collect();
        Some((name, faults, found[2] == true))
    }

    /// Whether what has the focus is such.
    pub async fn at(&self, css: &str) -> bool {
        self.0.script(&format!("return document.activeElement?.matches({}) ?? false", json!(css))).await
            == true
    }

    /// Asserts it, with what has the focus in its place. A page that works has a moment.
    pub async fn has(&self, css: &str) {
        for _ in 0..100 {
            if self.at(css).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let place = self.0.script("return document.activeElement?.outerHTML.slice(0, 200)").await;
        panic!("{css} has not the focus, but {place}");
    }

    /// Presses Tab until the focus is on what is such.
    pub async fn tab_to(&self, css: &str) {
        self.way_to(css, false).await;
    }

    /// The same backwards.
    pub async fn back_to(&self, css: &str) {
        self.way_to(css, true).await;
    }

    async fn way_to(&self, css: &str, back: bool) {
        let mut passed = Vec::new();
        for _ in 0..150 {
            if self.at(css).await {
                return;
            }
            if back {
                self.with(Key::Shift, Key::Tab).await;
            } else {
                self.press(Key::Tab).await;
            }
            let Some((name, mut faults, _)) = self.stop().await else { continue };
            // What is on its way into a page, or scrolls, has a moment.
            for _ in 0..40 {
                if faults.is_empty() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
                faults = self.stop().await.map(|(_, faults, _)| faults).unwrap_or_default();
            }
            if !faults.is_empty() {
                self.0.shot("keyboard").await;
            }
            assert_eq!(faults, Vec::<String>::new(), "on the way to {css}, after {passed:?}");
            passed.push(name);
        }
        panic!("{css} can't be reached by keyboard; what had the focus: {passed:#?}");
    }

    /// Goes there and presses Enter.
    pub async fn follow(&self, css: &str) {
        self.tab_to(css).await;
        self.enter().await;
    }

    /// Goes to a field and writes into it, in the place of what is there.
    pub async fn fill(&self, css: &str, text: &str) {
        self.tab_to(css).await;
        self.with(Key::Control, "a").await;
        self.press(text).await;
    }

    /// Goes to a list and chooses by its arrows.
    pub async fn choose(&self, css: &str, label: &str) {
        self.tab_to(css).await;
        self.press(Key::Home).await;
        let there =
            format!("return document.activeElement?.selectedOptions?.[0]?.textContent === {}", json!(label));
        for _ in 0..40 {
            if self.0.script(&there).await == true {
                return;
            }
            self.press(Key::Down).await;
        }
        panic!("{css} has no “{label}”");
    }

    /// A page that was answered says this in its first notice, which has the focus.
    pub async fn told(&self, text: &str) {
        let said = format!("document.querySelector('.notice[role]')?.innerText.includes({})", json!(text));
        self.0.until(&format!("it says “{text}”"), &said).await;
        self.has(".notice[role]").await;
    }

    /// Tabs once around the page that is open; what is wrong with its stops.
    async fn around(&self, page: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut outside = 0;
        for _ in 0..400 {
            self.press(Key::Tab).await;
            match self.stop().await {
                Some((_, _, true)) => break,
                Some((_, faults, _)) => found.extend(faults),
                None => outside += 1,
            }
            if outside > 2 {
                break;
            }
        }
        found.extend(strings(&self.0.script(MISSED).await).iter().map(|one| format!("no way to {one}")));
        found.iter().map(|fault| format!("{page}: {fault}")).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_stop_of_every_page_is_seen_and_shows_that_it_has_the_focus() {
    let world = World::new().await;
    let browser = Browser::open(false).await;
    let keys = Keys(&browser);
    browser.size(1280, 900).await;

    // What is planted is found.
    let visitor: Vec<_> = world.of(&[Who::Visitor, Who::First]).collect();
    world.open(&browser, visitor[0]).await;
    let plant = "document.querySelector('main').insertAdjacentElement('beforeend', Object.assign(document.createElement('button'), { textContent: 'bare' })).style.outline = 'none';
        document.querySelector('main').append(Object.assign(document.createElement('button'), { textContent: 'below' }));
        const lid = document.querySelector('main').appendChild(document.createElement('div'));
        lid.style.cssText = 'position: relative; top: -3rem; height: 4rem; background: gray';
        document.querySelector('main').append(Object.assign(document.createElement('button'), { textContent: 'away' }));
        document.querySelector('main').lastChild.style.cssText = 'position: fixed; left: -40rem'";
    assert_eq!(browser.script(plant).await, Value::Null);
    let found = keys.around("planted").await.join("\n");
    for (name, fault) in [
        ("bare", "does not show that it has the focus"),
        ("below", "is covered by div “”"),
        ("away", "is not in the window"),
    ] {
        assert!(found.contains(&format!("planted: button “{name}” {fault}")), "{name}: {found}");
    }

    let mut found = Vec::new();
    for (who, width, height) in [(false, 1280, 900), (false, 390, 844), (true, 1280, 900), (true, 390, 844)] {
        browser.size(width, height).await;
        if who && width == 1280 {
            browser.log_in(&world.site, ADA, "/about").await;
        }
        let pages = world.of(if who { &[Who::Ada][..] } else { &[Who::Visitor, Who::First] });
        for page in pages {
            world.open(&browser, page).await;
            found.extend(keys.around(&format!("{} at {width}", page.name)).await);
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    browser.quit().await;
}
