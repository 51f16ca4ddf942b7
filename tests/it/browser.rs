//! The pages in a real Chromium: upload, progress, playback, seeking by word; light and dark, wide and narrow.
//!
//! Screenshots go to $SCREENSHOTS, else to a folder under target. (A name that begins with REFLECTOR_ would be a setting of the programs started here.)

mod axe;
mod editing;
mod events;
mod every;
mod keyboard;
mod language;
mod library;
mod login;
mod long;
mod plain;
mod playing;
mod provider;
mod quoting;
mod recorder;
mod review;
mod rooms;
mod rtl;
mod screenshots;
mod sending;
mod small;
mod uploads;

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reflector::bus::{Event, StageEvent};
use reflector::clock;
use reflector::model::stage::{self, Stage};
use reflector::model::{output, segment};
use serde_json::json;
use thirtyfour::prelude::*;
use thirtyfour::{CapabilitiesHelper, ChromeCapabilities, ChromiumLikeCapabilities};

use crate::support::short_lived;
use crate::support::site::{Site, talk};
use crate::support::workshop::two_people;

/// Finds a word by `pick` and clicks in its middle.
const CLICK_WORD: &str = "let found = null;
    for (const paragraph of document.querySelectorAll('#text p[data-w]')) {
        let [at, time, text] = [0, 0, paragraph.firstChild.data];
        const items = paragraph.dataset.w.split(' ');
        items.forEach((item, index) => {
            const [after, length] = item.split('.');
            time += parseInt(after, 36);
            if (text[at] === ' ') at += 1;
            let end = length ? at + Number(length) : text.indexOf(' ', at);
            if (end < 0) end = text.length;
            if (!found && pick(text.slice(at, end), index, items.length, paragraph)) found = { paragraph, from: at, to: end, time: time / 100 };
            at = end;
        });
    }
    if (!found) return null;
    found.paragraph.scrollIntoView({ block: 'center' });
    const range = new Range();
    range.setStart(found.paragraph.firstChild, found.from);
    range.setEnd(found.paragraph.firstChild, found.to);
    const box = range.getClientRects()[0];
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    document.elementFromPoint(x, y).dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, clientX: x, clientY: y }));
    return found.time;";

/// Far more than anything takes.
const PATIENCE: Duration = Duration::from_secs(240);

/// A browser of its own with a fresh profile; both end with this.
struct Browser {
    driver: WebDriver,
    port: u16,
    process: Child,
    /// Everything that the console has said.
    said: Mutex<Vec<String>>,
    /// What keeps people from using what it showed.
    barriers: Mutex<Vec<String>>,
    /// Whether it was asked at its end what was wrong.
    judged: AtomicBool,
    profile: Option<tempfile::TempDir>,
}

/// Of what a console said: that something was blocked by the page's policy.
fn violations(said: &[String]) -> Vec<String> {
    const SIGNS: [&str; 3] = ["Content Security Policy", "requires 'Trusted", "Permissions policy violation"];
    said.iter().filter(|line| SIGNS.iter().any(|sign| line.contains(sign))).cloned().collect()
}

#[test]
fn a_violation_of_the_policy_is_told_from_other_complaints() {
    let said = [
        "\"http://localhost/ - Refused to load the image because it violates the following Content Security Policy directive\"",
        "\"http://localhost/ 3:4 This document requires 'TrustedHTML' assignment.\"",
        "\"http://localhost/nothing - Failed to load resource: the server responded with a status of 404 (Not Found)\"",
    ]
    .map(str::to_owned);
    assert_eq!(violations(&said), said[..2]);
}

impl Browser {
    async fn open(dark: bool) -> Self {
        Self::with(dark, &[], tempfile::tempdir_in(short_lived()).unwrap()).await
    }

    /// Chromium's shell, which knows of no windows and takes a third of the time for the same pages; where a system has none
    /// apart, all of it. With more of its switches, and a profile that an earlier browser may have left.
    async fn with(dark: bool, switches: &[String], profile: tempfile::TempDir) -> Self {
        Self::run(on_the_path("chromium-headless-shell"), dark, switches, profile).await
    }

    /// All of Chromium, whose tabs can be shared.
    async fn whole(switches: &[String], profile: tempfile::TempDir) -> Self {
        Self::run(None, false, switches, profile).await
    }

    async fn run(
        shell: Option<PathBuf>,
        dark: bool,
        switches: &[String],
        profile: tempfile::TempDir,
    ) -> Self {
        let mut options = ChromeCapabilities::new();
        if let Some(shell) = shell {
            options.set("browserName", "chrome-headless-shell").unwrap();
            options.set_binary(shell.to_str().unwrap()).unwrap();
        } else {
            options.add_arg("--headless=new").unwrap();
        }
        for switch in switches {
            options.add_arg(switch).unwrap();
        }
        Self::start(dark, options, profile).await
    }

    async fn start(dark: bool, mut options: ChromeCapabilities, profile: tempfile::TempDir) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts; `make setup` installs chromium-driver");
        for argument in [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--autoplay-policy=no-user-gesture-required",
            &format!("--user-data-dir={}", profile.path().display()),
        ] {
            options.add_arg(argument).unwrap();
        }
        options.set("goog:loggingPrefs", json!({ "browser": "ALL" })).unwrap();
        if dark {
            options.add_arg("--blink-settings=preferredColorScheme=0").unwrap();
        }
        let _already = rustls::crypto::ring::default_provider().install_default();
        let start = Instant::now();
        let driver = loop {
            match WebDriver::new(format!("http://127.0.0.1:{port}"), options.clone()).await {
                Ok(driver) => break driver,
                Err(error) if start.elapsed() > PATIENCE => panic!("Chromium does not start: {error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(300)).await,
            }
        };
        let (said, barriers, judged) = (Mutex::default(), Mutex::default(), AtomicBool::new(false));
        Self { driver, port, process, said, barriers, judged, profile: Some(profile) }
    }

    /// Dies as programs do, without a goodbye to its pages; what it leaves on the disk. Until then nothing may have been wrong.
    async fn crash(mut self) -> tempfile::TempDir {
        self.nothing_was_wrong().await;
        let session = self.driver.handle().session_id().to_string();
        let url = format!("http://127.0.0.1:{}/session/{session}/goog/cdp/execute", self.port);
        let body = json!({ "cmd": "Browser.crash", "params": {} });
        let crashed =
            reqwest::Client::new().post(url).timeout(Duration::from_secs(10)).json(&body).send().await;
        assert!(!crashed.is_ok_and(|answer| answer.status().is_success()), "it is still there");
        self.profile.take().expect("it has not crashed before")
    }

    async fn size(&self, width: u32, height: u32) {
        // The window, not the page: headless windows may not be narrower than 500, so the page's own size is set too.
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        let body = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": metrics });
        self.ask("goog/cdp/execute", &body).await;
    }

    /// One of chromedriver's own commands.
    async fn ask(&self, command: &str, body: &serde_json::Value) -> serde_json::Value {
        let session = self.driver.handle().session_id().to_string();
        let url = format!("http://127.0.0.1:{}/session/{session}/{command}", self.port);
        let answer = reqwest::Client::new().post(url).json(body).send().await.expect("chromedriver answers");
        assert!(answer.status().is_success(), "{command} {body}");
        answer.json().await.expect("JSON")
    }

    /// What the browser's console has said since the last call: violations of the policies among it, from the first byte of a
    /// page on.
    async fn console(&self) -> Vec<String> {
        let log = self.ask("se/log", &json!({ "type": "browser" })).await;
        let entries = log["value"].as_array().expect("a list").iter();
        let new: Vec<String> = entries.map(|entry| entry["message"].to_string()).collect();
        self.said.lock().unwrap().extend_from_slice(&new);
        new
    }

    /// Ends it; nothing that it showed may have been blocked by a page's policy, or keep people from using it where that was looked at.
    async fn quit(&self) {
        self.nothing_was_wrong().await;
        self.driver.clone().quit().await.unwrap();
    }

    async fn nothing_was_wrong(&self) {
        self.judged.store(true, Ordering::Relaxed);
        self.console().await;
        assert_eq!(violations(&self.said.lock().unwrap()), Vec::<String>::new(), "blocked by the policy");
        assert_eq!(*self.barriers.lock().unwrap(), Vec::<String>::new(), "keeps people from using it");
    }

    /// Shows its pages in light or in dark, with nothing that moves; `None`: as its system has it.
    async fn light(&self, theme: Option<&str>) {
        let wish = |(name, value): (&str, &str)| json!({ "name": name, "value": value });
        let features: Vec<_> = theme
            .map(|theme| [("prefers-color-scheme", theme), ("prefers-reduced-motion", "reduce")].map(wish))
            .into_iter()
            .flatten()
            .collect();
        let media = json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "features": features } });
        self.ask("goog/cdp/execute", &media).await;
    }

    async fn shot(&self, name: &str) {
        let folder = std::env::var_os("SCREENSHOTS")
            .map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("screenshots"), PathBuf::from);
        std::fs::create_dir_all(&folder).unwrap();
        self.driver.screenshot(&folder.join(format!("{name}.png"))).await.expect("a screenshot");
    }

    async fn script(&self, code: &str) -> serde_json::Value {
        self.driver
            .execute(code, Vec::new())
            .await
            .unwrap_or_else(|error| panic!("{code}: {error}"))
            .json()
            .clone()
    }

    async fn until(&self, what: &str, code: &str) {
        let start = Instant::now();
        while self.script(&format!("return Boolean({code})")).await != true {
            if start.elapsed() > PATIENCE {
                let page = self.script("return `${location.href} says: ${document.body.innerText}`").await;
                panic!("waited in vain until {what}; {page}");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Clicks, as a mouse does, on the first word of the text for which this holds: an expression over its `text`, its `index` in its
    /// paragraph of `count` words, and the `paragraph`. When it begins, in seconds.
    async fn click_word(&self, which: &str) -> f64 {
        let begins = self
            .script(&format!("const pick = (text, index, count, paragraph) => {which}; {CLICK_WORD}"))
            .await;
        begins.as_f64().unwrap_or_else(|| panic!("no word is such that {which}"))
    }

    async fn no_sideways_scroll(&self) {
        assert_eq!(self.beside_the_window().await, Vec::<String>::new());
    }

    /// What of the page that is open lies beside the window, where nobody sees it or can press it.
    async fn beside_the_window(&self) -> Vec<String> {
        let sizes = self.script("return [document.documentElement.scrollWidth, window.innerWidth]").await;
        // What is cut off on the left makes no page wider.
        let outside = "return [...document.querySelectorAll('label.field > *, button.main')].filter(e => e.checkVisibility()).map(e => [e.name || e.innerText, e.getBoundingClientRect()])
            .filter(([, box]) => box.width > 1 && (box.left < 0 || box.right > window.innerWidth)).map(([name]) => `${name} is outside of the window`)";
        let mut found = strings(&self.script(outside).await);
        if sizes[0].as_f64() > sizes[1].as_f64() {
            found.push(format!("the page is wider than the window: {sizes}"));
        }
        found
    }

    /// Opens every menu of the page that is open; what in them lies beside the window.
    async fn menus_beside_the_window(&self) -> Vec<String> {
        let outside = "return [...document.querySelectorAll('details.menu')].flatMap((menu) => { menu.open = true;
            const out = [...menu.querySelectorAll('a, button, input, select, textarea')].filter((e) => e.checkVisibility()).filter((e) => {
                const box = e.getBoundingClientRect(); return box.width > 1 && (box.left < 0 || box.right > window.innerWidth); });
            menu.open = false; return out.map((e) => `menu ${menu.dataset.name}: ${e.name || e.innerText} is outside of the window`); })";
        strings(&self.script(outside).await)
    }

    /// What the browser complained about; blocked content shows here.
    async fn complaints(&self) -> Vec<String> {
        let log = self.script("return window.__complaints || []").await;
        log.as_array().into_iter().flatten().map(ToString::to_string).collect()
    }
}

fn on_the_path(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file())
}

fn strings(list: &serde_json::Value) -> Vec<String> {
    let texts = list.as_array().expect("a list").iter();
    texts.map(|one| one.as_str().expect("a text").to_owned()).collect()
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _ended = self.process.wait();
        // Its driver alone would leave it behind: with its memory, and with kernel objects of which a machine has few.
        if let Some(profile) = &self.profile {
            end_all_with(&profile.path().display().to_string());
        }
        // One that just goes away would not tell what was blocked.
        assert!(
            self.judged.load(Ordering::Relaxed) || std::thread::panicking(),
            "every browser ends with `quit` or `crash`"
        );
    }
}

/// Ends every process that names this folder.
fn end_all_with(folder: &str) {
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        let named = std::fs::read(entry.path().join("cmdline"));
        if named.is_ok_and(|line| String::from_utf8_lossy(&line).contains(folder)) {
            // SAFETY: it only sends a signal, to what we had started.
            unsafe { libc::kill(id, libc::SIGKILL) };
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_uploaded_watched_played_and_sought() {
    let site = Site::working().await;
    let browser = Browser::open(false).await;
    let page = |path: &str| format!("http://localhost:{}{path}", site.address.port());
    browser.size(1280, 900).await;
    browser.driver.goto(page("/")).await.unwrap();
    browser.until("the script is there", "document.querySelector('#drop.with-script')").await;
    browser.no_sideways_scroll().await;
    let file = two_people();
    browser.click(".extra summary").await;
    let names = browser.driver.find(By::Name("vocabulary")).await.unwrap();
    names.send_keys("Diane, New Jersey").await.unwrap();
    let input = browser.driver.find(By::Css("input[type=file]")).await.unwrap();
    browser.script("document.querySelector('[data-plain]').hidden = false").await;
    input.send_keys(file.to_str().unwrap()).await.unwrap();

    browser.until("the transcript's page is open", "location.pathname.startsWith('/transcripts/')").await;
    let complain = "window.__complaints = []; addEventListener('securitypolicyviolation', (e) => __complaints.push(e.violatedDirective)); \
         addEventListener('error', (e) => __complaints.push(e.message)); window.__here = true;";
    browser.script(complain).await;
    browser
        .until("progress shows", "document.querySelector('.stages .run progress, [data-part=player] audio')")
        .await;
    browser.until("words appear", "document.querySelector('#text p[data-w]')").await;
    browser.until("the summary appears", "document.querySelector('.gist .lead-text')").await;
    browser.until("the work has ended", "!document.querySelector('[data-working]')").await;
    assert_eq!(browser.script("return window.__here").await, true, "the page was never loaded again");
    let id = browser.script("return location.pathname.split('/').pop()").await;
    let (_, made) = site.json(&format!("/v1/transcripts/{}", id.as_str().unwrap())).await;
    assert_eq!(made["vocabulary"], "Diane, New Jersey");

    browser.until("the sound is known", "document.querySelector('audio').readyState > 0").await;
    let button = browser.driver.find(By::Css("[data-play]")).await.unwrap();
    button.click().await.unwrap();
    browser.until("it plays", "document.querySelector('audio').currentTime > 0.3").await;
    assert_eq!(button.attr("aria-label").await.unwrap().as_deref(), Some("Pause"));
    browser.until("a word is marked", "document.querySelector('#text .now')").await;

    let last = "[...document.querySelectorAll('#text p[data-w]')].at(-1)";
    let time = browser.click_word(&format!("paragraph === {last} && index === Math.max(0, count - 3)")).await;
    browser
        .until(
            "it plays from that word",
            &format!("Math.abs(document.querySelector('audio').currentTime - {time}) < 2"),
        )
        .await;
    browser.script("document.querySelector('audio').pause()").await;
    browser.script("document.querySelector('.toc a').click()").await;
    browser.until("a topic leads to its start", "document.querySelector('audio').currentTime < 3").await;
    browser.script("document.querySelector('audio').pause()").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    assert_eq!(browser.console().await, Vec::<String>::new());
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policies_are_in_force_and_plain_forms_work_under_them() {
    let site = Site::new().await;
    let id = site.finished("Weekly budget.m4a").await;
    let browser = Browser::open(false).await;
    let address = format!("http://localhost:{}/transcripts/{id}", site.address.port());
    browser.driver.goto(&address).await.unwrap();
    browser.until("the page is open", "document.querySelector('[data-title-form]')").await;
    assert_eq!(browser.console().await, Vec::<String>::new());

    // A string does not become markup, a script from elsewhere and one in the page do not run.
    let refused = "try { document.body.insertAdjacentHTML('beforeend', '<b>x</b>'); return 'written'; } catch (e) { return e.name; }";
    assert_eq!(browser.script(refused).await, "TypeError");
    let inline = "const s = document.createElement('script'); s.append('window.__ran = true'); document.body.append(s); return window.__ran ?? null;";
    assert!(browser.script(inline).await.is_null());
    browser.script("const s = document.createElement('style'); s.append('b { color: red }'); document.body.append(s)").await;
    let said = browser.console().await.join("\n");
    for violated in ["TrustedHTML", "TrustedScript", "style-src"] {
        assert!(said.contains(violated), "{violated}: {said}");
    }

    // `no-referrer` takes the origin from a form's request; it must get through all the same.
    let form = "const form = document.querySelector('[data-title-form]'); form.title.value = 'By hand'; \
         form.querySelector('input').value = 'By hand'; HTMLFormElement.prototype.submit.call(form);";
    browser.script(form).await;
    browser.until("the title is new", "document.querySelector('h1')?.innerText === 'By hand'").await;
    assert_eq!(browser.script("return document.referrer").await, "");
    browser.console().await;
    let tried = std::mem::take(&mut *browser.said.lock().unwrap());
    assert!(violations(&tried).len() >= 3, "what was tried above counts as blocked");
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_that_more_comes_only_while_it_does() {
    let site = Site::new().await;
    let id = site.create("talk.wav").await;
    let attempt = site.up_to(id, Some(Stage::Transcribe)).await.unwrap();
    let mut conn = site.workshop.conn().await;
    let output = output::open(&mut conn, &attempt, "whisper-tiny.en", None).await.unwrap().unwrap();
    segment::append(&mut conn, output, &talk(false)[..2]).await.unwrap();

    let browser = Browser::open(false).await;
    let address = format!("http://localhost:{}/transcripts/{id}", site.address.port());
    browser.driver.goto(address).await.unwrap();
    browser.until("more is announced", "document.querySelector('.writing')").await;
    segment::append(&mut conn, output, &talk(false)[2..]).await.unwrap();
    stage::finish(&mut conn, &attempt, Some(output), clock::now()).await.unwrap();
    let ended = StageEvent { stage: "transcribe".into(), status: "done".into(), ..StageEvent::default() };
    site.app.bus().publish(id, &Event::Stage(ended)).await;
    browser.until("all words are there", "document.querySelector('#text').innerText.includes('noted')").await;
    browser.until("nothing more is announced", "!document.querySelector('.writing')").await;
    browser.until("speakers are still unknown", "document.querySelector('[data-working]')").await;
    browser.quit().await;
}
