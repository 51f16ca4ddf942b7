//! The small pages, by mouse: the first account, settings, administration; how the installation does, told while one looks; voices and
//! sharing on a phone.

use std::path::Path;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use diesel_async::RunQueryDsl;
use reflector::auth::secret;
use reflector::clock;
use reflector::ids::TranscriptId;
use reflector::model::engine;
use reflector::model::stage::{self, Stage};
use reflector::model::{ShareMode, login, recording};
use serde_json::json;
use thirtyfour::prelude::*;

use super::Browser;
use super::events::Wire;
use crate::status_pages::{at_work, queued};
use crate::support::accounts::{ADA, BOB, PASSWORD, ROOT, Visitor, by_password, give, guarded, person};
use crate::support::certs::Workbench;
use crate::support::receiver::Receiver;
use crate::support::site::Site;

const KEYS: &str = "form[action='/settings/keys']";

impl Browser {
    pub(super) async fn at(&self, site: &Site, path: &str) {
        self.driver.goto(format!("http://localhost:{}{path}", site.address.port())).await.unwrap();
    }

    /// Until the page has these words for whoever reads it.
    pub(super) async fn reads(&self, words: &str) {
        let words = json!(words);
        self.until(&format!("{words} is read"), &format!("document.body.innerText.includes({words})")).await;
    }

    /// Until the page says so of what was just done.
    pub(super) async fn told(&self, words: &str) {
        let notice = "document.querySelector('main [role=status], main [role=alert]')?.innerText";
        self.until(&format!("it says: {words}"), &format!("{notice}?.includes({})", json!(words))).await;
    }

    pub(super) async fn text(&self, css: &str) -> String {
        self.driver.find(By::Css(css)).await.expect(css).text().await.unwrap()
    }
}

/// A status of the API, asked with a key.
async fn by_key(site: &Site, method: &str, key: &str) -> u16 {
    let request = site.client.request(method.parse().unwrap(), site.url("/v1/transcripts"));
    request.header("x-api-key", key).json(&json!({ "name": "x" })).send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_code_makes_the_first_account_and_then_looks_after_all_others() {
    let bench = Workbench::with_authority();
    let site = Site::set(|config| {
        by_password(config);
        config.tls.site_ca = Some(bench.path("certs/ca.crt").into());
    })
    .await;
    let browser = Browser::open(false).await;
    browser.size(1280, 900).await;
    first_account(&site, &browser).await;
    other_browsers(&site, &browser).await;
    a_key(&site, &browser).await;
    a_new_password(&browser).await;
    accounts(&site, &browser).await;
    audit(&site, &browser).await;
    about_and_certificate(&browser, &bench).await;
    browser.at(&site, "/settings").await;
    browser.click("form[action='/logout'] button").await;
    browser.told("You are logged out.").await;
    // What was refused is no complaint of the page's.
    let noise = |line: &String| line.contains("the server responded with a status of 4");
    let said: Vec<String> = browser.console().await.into_iter().filter(|line| !noise(line)).collect();
    assert_eq!(said, Vec::<String>::new());
    browser.quit().await;
}

async fn first_account(site: &Site, browser: &Browser) {
    let code = secret::setup_code();
    let until = clock::now() + TimeDelta::hours(1);
    login::set_setup_code(&mut *site.workshop.conn().await, &secret::hash(&code), until).await.unwrap();
    browser.at(site, "/").await;
    browser.reads("Nobody can log in yet.").await;
    browser.click("a[href='/setup']").await;
    browser.fill("code", "ABCD-EFGH-JKMN-PQRS").await;
    browser.fill("email", ADA).await;
    browser.fill("password", PASSWORD).await;
    browser.click("form[action='/setup'] button").await;
    browser.told("This code is wrong, used or older than an hour.").await;
    assert_eq!(browser.script("return document.querySelector('main [name=email]').value").await, ADA);
    browser.fill("code", &code.to_lowercase()).await;
    browser.fill("password", PASSWORD).await;
    browser.click("form[action='/setup'] button").await;
    browser.until("the start page is shown", "location.pathname === '/'").await;
    browser.at(site, "/setup").await;
    browser.until("there is no such page any more", "document.querySelector('.error-page')").await;
    browser.at(site, "/").await;
    browser.click("nav a[href='/settings']").await;
    browser.reads(ADA).await;
}

async fn other_browsers(site: &Site, browser: &Browser) {
    let (one, other) = (Visitor::log_in(site, ADA).await, Visitor::log_in(site, ADA).await);
    browser.at(site, "/settings").await;
    let others = "section[aria-labelledby=sessions] .row form button";
    browser.until("both are listed", &format!("document.querySelectorAll('{others}').length === 2")).await;
    // The last that logged in stands first.
    browser.click(others).await;
    browser.told("That browser is logged out.").await;
    let there = [one.page("/settings").await.0, other.page("/settings").await.0];
    assert!(there == [200, 303] || there == [303, 200], "{there:?}");
    browser.click("form[action='/settings/sessions/end-others'] button").await;
    browser.told("Every other browser is logged out.").await;
    for visitor in [one, other] {
        assert_eq!(visitor.page("/settings").await.0, 303);
    }
    assert_eq!(
        browser.script(&format!("return document.querySelectorAll('{others}').length")).await,
        0,
        "and this one is not"
    );
}

async fn a_key(site: &Site, browser: &Browser) {
    browser.fill("name", "Nightly copy").await;
    browser.click(&format!("{KEYS} [name=scopes] option[value=read]")).await;
    browser.click(&format!("{KEYS} button")).await;
    browser.until("it is shown", "document.querySelector('.key')?.innerText.startsWith('rfl_')").await;
    let key = browser.text(".key").await;
    assert_eq!([by_key(site, "GET", &key).await, by_key(site, "POST", &key).await], [200, 403]);
    browser.until("it can be copied", "document.querySelector('[data-copy]:not([hidden])')").await;
    browser.click("[data-copy]").await;
    browser.until("it says so", "document.querySelector('[data-copy]').innerText === 'Copied'").await;
    let field = browser.driver.find(By::Css(format!("{KEYS} [name=name]"))).await.unwrap();
    field.send_keys(Key::Control + "v").await.unwrap();
    let pasted = "document.querySelector('main [name=name]').value";
    browser.until("it was", &format!("{pasted} === {}", json!(key))).await;

    browser.at(site, "/settings").await;
    browser.reads("Nightly copy").await;
    assert!(browser.driver.find(By::Css(".key")).await.is_err(), "it is shown once");
    let row = browser.text("section[aria-labelledby=keys] .row").await;
    assert!(row.contains("reads only") && !row.contains("never used"), "{row}");
    browser.click("[aria-label='Revoke Nightly copy']").await;
    browser.told("The key is revoked.").await;
    assert_eq!(by_key(site, "GET", &key).await, 401);
}

async fn a_new_password(browser: &Browser) {
    for (current, said) in [
        ("something else", "The current password is wrong."),
        (PASSWORD, "The password is changed, and every other browser is logged out."),
    ] {
        browser.fill("current", current).await;
        browser.fill("password", "another long password").await;
        browser.click("form[action='/settings/password'] button").await;
        browser.told(said).await;
    }
}

async fn accounts(site: &Site, browser: &Browser) {
    browser.at(site, "/admin/users").await;
    browser.fill("email", BOB).await;
    browser.click("form[action='/admin/users'] button").await;
    browser.reads("The password of bob@example.org").await;
    let made = browser.text(".key").await;
    let enter = async || {
        let (status, _) = Visitor::nobody(site).form("/login", &[("email", BOB), ("password", &made)]).await;
        status
    };
    assert_eq!(enter().await, 303, "the password that was shown is his");
    let bob =
        "[...document.querySelectorAll('.accounts .row')].find((row) => row.innerText.includes('bob@'))";
    for (form, said, chip) in [
        ("admin", "They look after the installation now.", "Administrator"),
        ("disabled", "They are shut out: every browser, token and key of theirs.", "Shut out"),
    ] {
        browser.click("[aria-label='Change bob@example.org']").await;
        browser.click(&format!("form[action$='/{form}'] button")).await;
        browser.told(said).await;
        browser.until("his line says so", &format!("{bob}.innerText.includes('{chip}')")).await;
    }
    assert_ne!(enter().await, 303, "he is shut out");
    browser.click("[aria-label='Change bob@example.org']").await;
    browser.click("form[action$='/disabled'] button").await;
    browser.told("They can log in again.").await;
    assert_eq!(enter().await, 303);
    // Her own account she can't take from herself: there is only a password to set.
    assert_eq!(
        browser
            .script("return document.querySelectorAll('.accounts form[action$=\"/disabled\"]').length")
            .await,
        1
    );
}

async fn audit(site: &Site, browser: &Browser) {
    let id = site.finished("talk.wav").await;
    browser.at(site, &format!("/transcripts/{id}")).await;
    browser.reads("They cut the budget.").await;
    browser.at(site, "/admin/audit").await;
    browser.reads("ada@example.org looked at “Budget talks”").await;
    browser.click("[name=action] option[value=edit]").await;
    browser.click("form[action='/admin/audit'] button").await;
    browser.reads("No entries").await;
    browser.click("a[href='/admin/audit']:not([aria-current])").await;
    browser.fill("who", "ada").await;
    browser.click("form[action='/admin/audit'] button").await;
    browser.until("it is asked", "location.search.includes('who=ada')").await;
    browser.reads("ada@example.org looked at “Budget talks”").await;
    browser.click(".deeds a").await;
    browser
        .until("it leads to what it is about", &format!("location.pathname === '/transcripts/{id}'"))
        .await;
}

async fn about_and_certificate(browser: &Browser, bench: &Workbench) {
    browser.click("footer a[href='/about']").await;
    browser.reads(&format!("Reflector {}", env!("CARGO_PKG_VERSION"))).await;
    browser.reads("whisper-tiny.en").await;
    let seen = "[...document.querySelectorAll('.crates li')].some((one) => one.checkVisibility() && one.innerText.startsWith('axum '))";
    assert_eq!(browser.script(&format!("return {seen}")).await, false, "long lists are folded");
    let fold = By::XPath("//details[.//li[starts-with(., 'axum ')]]/summary");
    browser.driver.find(fold).await.unwrap().click().await.unwrap();
    browser.until("a crate is named below its licence", seen).await;

    browser.click("main a[href='/trust']").await;
    browser.reads("SHA-256").await;
    let folder = tempfile::tempdir().unwrap();
    let there = json!({ "behavior": "allow", "downloadPath": folder.path() });
    browser.ask("goog/cdp/execute", &json!({ "cmd": "Browser.setDownloadBehavior", "params": there })).await;
    browser.click("a.main[download]").await;
    let got = downloaded(folder.path()).await;
    let lines = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(lines(&got), lines(&bench.read("certs/ca.crt")));
}

/// The text of the one file there, once it is whole.
async fn downloaded(folder: &Path) -> String {
    let begun = Instant::now();
    loop {
        let files = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
        let whole: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "crt")).collect();
        if let [one] = whole.as_slice() {
            return std::fs::read_to_string(one).unwrap();
        }
        assert!(begun.elapsed() < super::PATIENCE, "nothing was downloaded: {whole:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn how_the_installation_does_is_told_while_one_looks_and_a_lost_line_is_said() {
    let site = guarded().await;
    let root = site.person(ROOT, true).await;
    let owner = Some(root.user.id);
    let mut wire = Wire::new(site.address).await;
    let browser = Browser::open(false).await;
    browser.size(1280, 900).await;
    browser.driver.goto(wire.url("/login")).await.unwrap();
    browser.fill("email", ROOT).await;
    browser.fill("password", PASSWORD).await;
    browser.click("main form button").await;
    browser.until("the start page is shown", "location.pathname === '/'").await;
    let goto = async |path: &str, words: &str| {
        browser.driver.goto(wire.url(path)).await.unwrap();
        browser.reads(words).await;
        browser.script("window.__here = true").await;
    };
    let never_loaded =
        async || assert_eq!(browser.script("return window.__here").await, true, "it came by itself");

    goto("/", "Recent").await;
    let (_, made) = root.send(&site, "POST", "/v1/transcripts", &json!({ "name": "Agenda" })).await;
    browser.reads("Agenda").await;
    let one = format!("/v1/transcripts/{}", made["id"].as_str().unwrap());
    assert_eq!(root.send(&site, "DELETE", &one, &json!({})).await.0, 200);
    browser.until("it is gone", "!document.querySelector('#rows .row')").await;
    never_loaded().await;

    goto("/queue", "Nothing waits").await;
    let id = queued(&site, "Town hall.wav", owner, 60.0).await;
    browser.reads("Town hall.wav").await;
    browser.reads("Next in line").await;
    begin(&site, id, 0.5).await;
    browser.reads("Working").await;
    browser.reads("Preparing the audio").await;
    browser.checked("a queue with somebody in it").await;
    never_loaded().await;

    goto("/models", "No worker for speech runs").await;
    let mut conn = site.workshop.conn().await;
    engine::note(&mut conn, &at_work()).await.unwrap();
    browser.reads("In memory").await;
    browser.reads("1.2 GB of memory").await;
    browser.checked("models in memory").await;
    never_loaded().await;

    // Whoever comes back to a page sees it as it is.
    goto("/storage", "Used by everybody").await;
    let talk = site.create("Minutes.wav").await;
    let upload = recording::begin(&mut conn, talk, "Minutes.wav", "audio/wav", 1).await.unwrap();
    recording::record_part(&mut conn, upload.id, 0, 7_000_000, &"0".repeat(64), clock::now()).await.unwrap();
    recording::complete(&mut conn, upload.id, clock::now()).await.unwrap();
    browser.script("document.dispatchEvent(new Event('visibilitychange'))").await;
    browser.reads("7.0 MB").await;
    never_loaded().await;

    goto("/admin/jobs", "Nothing has failed").await;
    let attempt = site.up_to(talk, Some(Stage::Ingest)).await.unwrap();
    stage::fail(&mut conn, &attempt, "The file ends in the middle.", clock::now()).await.unwrap();
    browser.reads("The file ends in the middle.").await;
    never_loaded().await;
    // What somebody does elsewhere shows, too.
    let other = Visitor::log_in(&site, ROOT).await;
    assert_eq!(other.form(&format!("/admin/jobs/{talk}/retry"), &[]).await.0, 303);
    browser.reads("Nothing has failed").await;
    never_loaded().await;

    goto("/admin", "as reflector doctor does on the machine").await;
    browser.click("main form[action='/admin'] button").await;
    browser.until("it looked again", "location.search.includes('again=1')").await;
    let [rows, wrong] =
        ["", " .chip.failed"].map(|what| format!("document.querySelectorAll('.checks .row{what}').length"));
    browser.until("what was tried is listed", &format!("{rows} > 3")).await;
    let (wrong, verdict) =
        (browser.script(&format!("return {wrong}")).await, browser.text("main .notice").await);
    let count = verdict.split(' ').next().unwrap().parse().unwrap_or(0);
    assert_eq!(wrong.as_u64(), Some(count), "{verdict}");

    // Accounts and rooms, too. Whoever comes back to a page sees it as it is.
    let look = async || browser.script("document.dispatchEvent(new Event('visibilitychange'))").await;
    goto("/admin/users", ROOT).await;
    person(&site, BOB, false).await;
    look().await;
    browser.reads(BOB).await;
    never_loaded().await;
    goto("/rooms", "No rooms yet").await;
    let (_, room) = root.send(&site, "POST", "/v1/rooms", &json!({ "name": "council" })).await;
    look().await;
    browser.reads("council").await;
    never_loaded().await;
    // What is typed stays where it is, and the rest goes on; a page that is gone says so.
    let room = format!("/rooms/{}", room["id"].as_str().unwrap());
    goto(&room, "council").await;
    browser.fill("webhook_url", "https://hooks.example.org/half").await;
    browser.script("document.activeElement.blur()").await;
    let name = json!({ "name": "board" });
    assert_eq!(root.send(&site, "PATCH", &format!("/v1{room}"), &name).await.0, 200);
    look().await;
    browser.until("its name is new", "document.querySelector('h1').innerText === 'board'").await;
    let typed = "return document.querySelector('[name=webhook_url]').value";
    assert_eq!(browser.script(typed).await, "https://hooks.example.org/half");
    assert_eq!(root.send(&site, "DELETE", &format!("/v1{room}"), &json!({})).await.0, 200);
    look().await;
    browser.reads("This page is gone, or not for you any more.").await;
    never_loaded().await;

    // A line that is lost is said, and what happened meanwhile is there once it is back.
    goto("/transcripts", "Town hall.wav").await;
    browser.fill("q", "budget").await;
    wire.cut().await;
    browser.reads("Connection lost").await;
    queued(&site, "Council.wav", owner, 60.0).await;
    wire.mend().await;
    browser.until("it is back", "!document.body.innerText.includes('Connection lost')").await;
    browser.reads("Council.wav").await;
    assert_eq!(browser.script("return document.querySelector('#q').value").await, "budget");
    never_loaded().await;
    browser.quit().await;
}

/// As a worker does that has taken it.
async fn begin(site: &Site, id: TranscriptId, progress: f32) {
    let mut conn = site.workshop.conn().await;
    let begun = stage::begin(&mut conn, id, 1, Stage::Ingest, "by hand", clock::now()).await.unwrap();
    let stage::Begun::Start { attempt, .. } = begun else { panic!("it does not start") };
    stage::progress(&mut conn, &attempt, progress, None).await.unwrap();
    diesel::sql_query(
        "UPDATE graphile_worker._private_jobs SET locked_at = now(), locked_by = 'test', attempts = 1 WHERE key LIKE $1",
    )
    .bind::<diesel::sql_types::Text, _>(format!("%{id}%"))
    .execute(&mut conn)
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_voices_get_names_a_transcript_is_shared_and_taken_back_and_deliveries_show() {
    let receiver = Receiver::answering(&[200]).await;
    let site = Site::set(|config| {
        by_password(config);
        config.outgoing.allow_hosts = vec!["127.0.0.0/8".into()];
    })
    .await;
    let ada = person(&site, ADA, false).await;
    person(&site, BOB, false).await;
    let id = site.finished("talk.wav").await;
    give(&site, id, Some(ada.id), ShareMode::Private).await;
    let (her, bob) = (Visitor::log_in(&site, ADA).await, Visitor::log_in(&site, BOB).await);
    let page = format!("/transcripts/{id}");
    let browser = Browser::open(false).await;
    browser.size(390, 844).await;
    browser.log_in(&site, ADA, &format!("{page}/speakers")).await;

    browser.fill("speaker-0", "Ada").await;
    browser.click("#names button").await;
    browser.told("The names are saved.").await;
    browser.click("[aria-label='Merge Speaker 2 into the chosen voice']").await;
    browser.told("The two voices are one now.").await;
    assert_eq!(browser.script("return document.querySelectorAll('.voice').length").await, 1);
    browser.click("[action$='/speakers/undo'] button").await;
    browser.told("They are two voices again.").await;
    browser.no_sideways_scroll().await;
    browser.click("#names a").await;
    browser
        .until("the text has her name", "document.querySelector('#text .name')?.innerText === 'Ada'")
        .await;

    browser.click(&format!("a[href='{page}/share']")).await;
    browser.click("[name=share_mode][value=semi-private]").await;
    browser.click("form.options button").await;
    browser.told("Saved. It holds from now on").await;
    assert_eq!(bob.page(&page).await.0, 200);
    let beside = "const column = document.querySelector('main h1').getBoundingClientRect();
        return [...document.querySelectorAll('.section-head button')].map((one) => one.getBoundingClientRect())
            .filter((one) => one.right > column.right + 0.5 || one.left < column.left - 0.5).length";
    assert_eq!(browser.script(beside).await, 0, "every button is within the column");
    browser.click(".section-head button.danger").await;
    browser.told("It is private again").await;
    assert_eq!(bob.page(&page).await.0, 404);

    let (_, room) = her.form("/rooms", &[("name", "weekly")]).await;
    let room = room.split('?').next().unwrap().to_owned();
    let url = receiver.url();
    assert_eq!(her.form(&room, &[("name", "weekly"), ("webhook_url", &url)]).await.0, 303);
    browser.at(&site, &room).await;
    browser.reads("Nothing yet.").await;
    browser.script("window.__here = true").await;
    assert_eq!(her.form(&format!("{room}/webhook/test"), &[]).await.0, 303);
    browser
        .until("the delivery shows", "document.querySelector('#deliveries .chip')?.innerText === 'Delivered'")
        .await;
    assert_eq!(browser.script("return window.__here").await, true, "by itself");
    browser.checked("a room with deliveries").await;

    // The menu has longer words in French, and one line all the same.
    browser.click(".themes [value=fr]").await;
    browser.until("it is French", "document.documentElement.lang === 'fr'").await;
    let apart = "const middles = [...document.querySelectorAll('.bar svg, .bar nav a')].map((one) => {
        const box = one.getBoundingClientRect(); return (box.top + box.bottom) / 2; });
        return Math.max(...middles) - Math.min(...middles)";
    let apart = browser.script(apart).await;
    assert!(apart.as_f64().unwrap() < 12.0, "{apart}");
    browser.no_sideways_scroll().await;
    browser.quit().await;
}
