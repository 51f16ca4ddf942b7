//! Every page at three widths, in light and dark: it fits its window, its menus open inside it, its scripts run without a complaint, axe-core
//! finds nothing, and its picture is taken; `make screenshots` keeps the pictures. On the phone in dark it is looked at in French, whose
//! words are longer. The same of what the pages are to others, with nothing in them, and when something is refused, without a picture.

use std::collections::BTreeSet;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use diesel_async::RunQueryDsl;
use reflector::auth::secret;
use reflector::clock;
use reflector::config::AuthMode;
use reflector::model::{ShareMode, login};
use serde_json::{Value, json};

use super::Browser;
use super::axe::{self, For};
use super::every::{NEWCOMER, Shown, Who, World};
use crate::support::accounts::{ADA, BOB, give, person};
use crate::support::site::Site;
use crate::support::small_disk::SmallDisk;

/// How a page is looked at, one after the other: it comes to a phone in light and its window grows, then it is dark and shrinks again.
const SIGHTS: [(&str, u32, u32); 6] = [
    ("light", 390, 844),
    ("light", 768, 1024),
    ("light", 1440, 900),
    ("dark", 1440, 900),
    ("dark", 768, 1024),
    ("dark", 390, 844),
];
/// Sends a `form`, past whatever script would do it in another way.
const SUBMIT: &str = "window.__before = true; HTMLFormElement.prototype.submit.call(form);";
/// Bytes that a picture may take, one with another.
const MOST: u64 = 20_000;

/// Where pictures go: to $PAGE_PICTURES, else nowhere that lasts.
struct Album {
    folder: PathBuf,
    taken: BTreeSet<String>,
    wrong: Vec<String>,
    _gone_at_the_end: Option<tempfile::TempDir>,
}

impl Album {
    fn new() -> Self {
        let kept = std::env::var_os("PAGE_PICTURES").map(PathBuf::from);
        let fresh = kept.is_none().then(|| tempfile::tempdir().unwrap());
        let folder = kept.unwrap_or_else(|| fresh.as_ref().unwrap().path().to_owned());
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder, taken: BTreeSet::new(), wrong: Vec::new(), _gone_at_the_end: fresh }
    }

    /// Takes a picture of what the window shows.
    async fn shoot(&mut self, browser: &Browser, file: String) {
        let ask = json!({ "cmd": "Page.captureScreenshot", "params": { "format": "webp", "quality": 35 } });
        let answer = browser.ask("goog/cdp/execute", &ask).await;
        let picture = STANDARD.decode(answer["value"]["data"].as_str().expect("a picture")).unwrap();
        std::fs::write(self.folder.join(&file), picture).unwrap();
        self.taken.insert(file);
    }

    /// Looks at pages, with a picture of each.
    async fn look(&mut self, browser: &Browser, world: &World, pages: impl Iterator<Item = &Shown>) {
        for page in pages {
            for (number, (theme, width, height)) in SIGHTS.into_iter().enumerate() {
                browser.light(Some(theme)).await;
                browser.size(width, height).await;
                if number == 0 {
                    world.open(browser, page).await;
                }
                let mut at = format!("{} at {width} in {theme}", page.name);
                // The picture waits for what the page does in another size.
                self.shoot(browser, picture(page, width, theme)).await;
                let wanted = match (theme, width) {
                    ("light", 1440) => Some(For::Everything),
                    ("dark", 1440) => Some(For::Colours),
                    ("dark", 390) => {
                        browser.speaks("fr").await;
                        world.open(browser, page).await;
                        at.push_str(" in French");
                        Some(For::Everything)
                    }
                    _ => None,
                };
                self.fits(browser, &at, page.status).await;
                if let Some(wanted) = wanted {
                    let found = axe::violations(browser, wanted).await.into_iter();
                    self.wrong.extend(found.map(|what| format!("{at}: {what}")));
                }
            }
            assert_eq!(browser.script("return document.documentElement.lang").await, "fr", "{}", page.name);
            browser.speaks("en").await;
        }
        browser.light(None).await;
    }

    /// Looks at the page that is open, on a phone and at a desk.
    async fn glance(&mut self, browser: &Browser, what: &str, status: u16) {
        for (width, height) in [(1440, 900), (390, 844)] {
            browser.size(width, height).await;
            self.fits(browser, &format!("{what} at {width}"), status).await;
        }
        browser.checked(what).await;
    }

    async fn fits(&mut self, browser: &Browser, at: &str, status: u16) {
        let outside = browser.beside_the_window().await.into_iter();
        let outside = outside.chain(browser.menus_beside_the_window().await);
        self.wrong.extend(outside.map(|what| format!("{at}: {what}")));
        // The console also tells how a page was answered, and that sound is not there which no stage has made here.
        let known = [404, status].map(|status| format!("the server responded with a status of {status}"));
        let said = browser.console().await.into_iter();
        let said = said.filter(|line| !known.iter().any(|known| line.contains(known)));
        self.wrong.extend(said.map(|line| format!("{at}: the console: {line}")));
    }

    /// Removes the pictures of pages that are no more. All that was taken is there, nothing was wrong, and it takes little room.
    fn close(self, world: &World, pages: usize) {
        assert!(self.wrong.is_empty(), "{} findings:\n{}", self.wrong.len(), self.wrong.join("\n"));
        let all: BTreeSet<String> = world
            .pages
            .iter()
            .flat_map(|page| SIGHTS.map(|(theme, width, _)| picture(page, width, theme)))
            .collect();
        for entry in std::fs::read_dir(&self.folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.ends_with(".webp") && !all.contains(name) {
                std::fs::remove_file(&path).unwrap();
            }
        }
        assert_eq!(self.taken.len(), pages * SIGHTS.len(), "a picture of every page in every sight");
        let bytes: u64 = self.taken.iter().map(|name| self.folder.join(name).metadata().unwrap().len()).sum();
        let most = MOST * self.taken.len() as u64;
        assert!(bytes < most, "{bytes} bytes of pictures; at most {most}");
    }
}

/// The name of a picture.
fn picture(page: &Shown, width: u32, theme: &str) -> String {
    format!("{}-{width}-{theme}.webp", page.name)
}

impl Browser {
    /// Has pages in this language from the next one on.
    async fn speaks(&self, language: &str) {
        self.script(&format!("document.cookie = 'reflector-language={language}; path=/'")).await;
    }

    /// Sends a form to the site of the page that is open.
    async fn posts(&self, path: &str, fields: &Value) {
        let code = format!(
            "const form = Object.assign(document.createElement('form'), {{ method: 'post', action: {} }});
            for (const [name, value] of Object.entries({fields})) form.append(Object.assign(document.createElement('textarea'), {{ name, value }}));
            document.body.append(form); {SUBMIT}",
            json!(path)
        );
        self.answers(&code).await;
    }

    /// Does what another page answers.
    async fn answers(&self, code: &str) {
        self.script(code).await;
        self.until(
            "it is answered",
            "!window.__before && document.readyState === 'complete' && document.querySelector('main')",
        )
        .await;
    }

    /// The page is that of this error.
    async fn is_refused(&self, status: u16) {
        let code = self.script("return document.querySelector('.error-page .code')?.innerText").await;
        assert_eq!(code, status.to_string(), "{}", self.script("return document.body.innerText").await);
    }

    /// The page says in an alert what went wrong.
    async fn is_alarmed(&self) {
        self.until("it says why", "document.querySelector('main [role=alert]')").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owners_pages_fit_their_windows_and_are_accessible_in_light_and_dark() {
    let (mut album, world) = (Album::new(), World::new().await);
    let browser = Browser::open(false).await;
    browser.log_in(&world.site, ADA, "/settings").await;
    album.look(&browser, &world, world.of(&[Who::Ada])).await;

    // What is refused.
    let own = format!("/admin/users/{}/disabled", world.ada);
    let title = format!("{}/title", world.path("finished"));
    for (status, path, fields) in [
        (409, own.as_str(), json!({ "disabled": "yes" })),
        (413, title.as_str(), json!({ "title": "x".repeat(1_000_100) })),
        (422, title.as_str(), json!({ "title": "x".repeat(300) })),
    ] {
        world.open(&browser, world.page("about")).await;
        browser.posts(path, &fields).await;
        browser.is_refused(status).await;
        album.glance(&browser, &format!("the page of {status}"), status).await;
    }
    broken(&browser, &world, &mut album).await;
    browser.quit().await;
    album.close(&world, world.of(&[Who::Ada]).count());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_visitors_newcomers_and_readers_see_fits_their_windows_and_is_accessible_in_light_and_dark() {
    let (mut album, world) = (Album::new(), World::new().await);
    let browser = Browser::open(false).await;
    let strangers = [Who::Visitor, Who::First];
    album.look(&browser, &world, world.of(&strangers)).await;

    let others = world.others().await;
    let mut who = Who::Visitor;
    for page in &others {
        // One after the other comes in.
        if page.who != who {
            who = page.who;
            browser.driver.delete_all_cookies().await.unwrap();
            match who {
                Who::Newcomer => browser.log_in(&world.empty, NEWCOMER, "/settings").await,
                _ => browser.log_in(&world.site, BOB, "/settings").await,
            }
            // What was asked for meanwhile by the page before is nobody's.
            browser.console().await;
        }
        world.open(&browser, page).await;
        if page.status == 200 {
            browser.until("it is a page", "document.querySelector('main h1')").await;
        } else {
            browser.is_refused(page.status).await;
        }
        album.glance(&browser, page.name, page.status).await;
    }
    browser.driver.delete_all_cookies().await.unwrap();
    too_many(&browser, &world, &mut album).await;
    passers_by(&browser, &mut album).await;
    no_room(&browser, &mut album).await;
    browser.quit().await;
    album.close(&world, world.of(&strangers).count());
}

/// Who tries too often.
async fn too_many(browser: &Browser, world: &World, album: &mut Album) {
    let (account, now) = (secret::hash(NEWCOMER), clock::now());
    let mut conn = world.empty.workshop.conn().await;
    for _ in 0..10 {
        let since = now - chrono::TimeDelta::hours(1);
        login::begin(&mut conn, &account, "198.51.100.7", (since, now), |_, _| Ok::<_, u64>(()))
            .await
            .unwrap();
    }
    world.open(browser, world.page("login-first")).await;
    browser.posts("/login", &json!({ "email": NEWCOMER, "password": "wrong", "next": "/" })).await;
    browser.is_alarmed().await;
    album.glance(browser, "the login after too many attempts", 429).await;
}

/// Who passes by where anybody may look, and would log in at a provider that is away.
async fn passers_by(browser: &Browser, album: &mut Album) {
    let site = Site::set(|config| {
        config.auth.mode = AuthMode::Jwt;
        config.auth.public_mode = true;
        config.auth.issuer = Some("http://127.0.0.1:9".into());
        config.auth.client_id = Some("reflector".into());
        config.auth.client_secret = Some("the-clients-secret".into());
        config.auth.provider_name = Some("Example ID".into());
    })
    .await;
    let ada = person(&site, ADA, false).await;
    let talk = site.finished("Open day.mp3").await;
    give(&site, talk, Some(ada.id), ShareMode::Public).await;
    for (what, path) in [
        ("what a passer-by reads", format!("/transcripts/{talk}")),
        ("a passer-by's list", "/transcripts".into()),
        ("a passer-by's start page", "/".into()),
        ("the login at a provider", "/login".into()),
    ] {
        browser.at(&site, &path).await;
        browser
            .until(
                "it is a page",
                "document.querySelector('main h1') && !document.querySelector('.error-page')",
            )
            .await;
        album.glance(browser, what, 200).await;
    }
    browser.at(&site, "/login/provider").await;
    browser.is_alarmed().await;
    album.glance(browser, "a provider that is away", 503).await;
    browser.at(&site, "/queue").await;
    browser.is_refused(401).await;
    album.glance(browser, "what only those see who are logged in", 401).await;
}

/// Who looks while something is broken that nobody thought of.
async fn broken(browser: &Browser, world: &World, album: &mut Album) {
    let mut conn = world.site.workshop.conn().await;
    diesel::sql_query("ALTER TABLE room RENAME TO room_away").execute(&mut *conn).await.unwrap();
    browser.at(&world.site, "/rooms").await;
    browser.is_refused(500).await;
    album.glance(browser, "the page of 500", 500).await;
    diesel::sql_query("ALTER TABLE room_away RENAME TO room").execute(&mut *conn).await.unwrap();
}

/// Who sends a recording, without script, to where there is no room for it.
async fn no_room(browser: &Browser, album: &mut Album) {
    let disk = SmallDisk::new();
    let site = Site::set(|config| config.storage.dir = disk.path().to_owned()).await;
    browser.at(&site, "/").await;
    let send = format!(
        "const form = document.getElementById('drop'); const chosen = new DataTransfer();
        chosen.items.add(new File([new Uint8Array(3_000_000)], 'talk.wav', {{ type: 'audio/wav' }}));
        form.querySelector('[type=file]').files = chosen.files; {SUBMIT}"
    );
    browser.answers(&send).await;
    browser.is_refused(507).await;
    album.glance(browser, "the page of 507", 507).await;
    assert_eq!(site.json("/v1/transcripts").await.1["total"], 0, "nothing is left behind");
}
