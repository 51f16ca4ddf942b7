//! Every page there is, on a site where something of everything is there: for whatever looks at all of them.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use reflector::auth::{password, secret};
use reflector::clock;
use reflector::ids::UserId;
use reflector::model::stage::{self, Stage};
use reflector::model::{Quote, ShareMode, api_key, quote, room, transcript, user};
use reflector::policy::Scopes;
use reflector::storage::StorageKey;

use super::Browser;
use crate::support::accounts::{ADA, BOB, PASSWORD, by_password, give, person};
use crate::support::certs::Workbench;
use crate::support::media::Media;
use crate::support::pictured::quotable;
use crate::support::site::Site;

/// Who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Somebody who is not logged in.
    Visitor,
    /// The same, where nobody has an account yet.
    First,
    /// Ada, who looks after the installation.
    Ada,
    /// Bob, who may read some of what is hers.
    Bob,
    /// Who made the first account a moment ago, where there is nothing yet.
    Newcomer,
}

/// Who that is.
pub(super) const NEWCOMER: &str = "cy@example.org";

/// One page.
pub(super) struct Shown {
    /// For pictures.
    pub name: &'static str,
    /// As the router has it; empty: none of its own.
    route: &'static str,
    pub path: String,
    pub who: Who,
    pub status: u16,
}

/// GET addresses that are no pages.
const NO_PAGES: [&str; 16] = [
    "/api/auth/callback/authentik",
    "/api/auth/signin",
    "/api/auth/signin/authentik",
    "/api/auth/signout",
    "/assets/{version}/{name}",
    "/ca.crt",
    "/health",
    "/livez",
    "/login/provider",
    "/metrics",
    "/openapi.json",
    "/quote/{token}/audio",
    "/readyz",
    // Parts of a page that is on the list.
    "/transcripts/{id}/parts",
    "/transcripts/{id}/text",
    // A file.
    "/transcripts/{id}/pdf",
];

/// Opens the quote.
const QUOTED: &str = "a-few-words-of-the-weekly-budget";

/// A site with something of everything, and one where nobody has an account yet.
pub(super) struct World {
    pub site: Site,
    pub empty: Site,
    pub pages: Vec<Shown>,
    pub ada: UserId,
    _bench: Workbench,
}

impl World {
    pub async fn new() -> Self {
        let bench = Workbench::with_authority();
        let site = Site::set(|config| {
            by_password(config);
            config.mail.host = Some("127.0.0.1".into());
            config.mail.from = Some("reflector@example.org".into());
            config.tls.site_ca = Some(bench.path("certs/ca.crt").into());
        })
        .await;
        let empty = Site::set(by_password).await;
        let (ada, pages) = furnish(&site).await;
        Self { site, empty, pages, ada, _bench: bench }
    }

    /// Opens a page with whoever looks at it. The browser of whoever has an account has logged in before.
    pub async fn open(&self, browser: &Browser, page: &Shown) {
        let site = if [Who::First, Who::Newcomer].contains(&page.who) { &self.empty } else { &self.site };
        let address = format!("http://localhost:{}{}", site.address.port(), page.path);
        browser.driver.goto(address).await.unwrap();
    }

    /// Those of `who`.
    pub fn of(&self, who: &[Who]) -> impl Iterator<Item = &Shown> {
        self.pages.iter().filter(move |page| who.contains(&page.who))
    }

    /// The one of this name.
    pub fn page(&self, name: &str) -> &Shown {
        self.pages.iter().find(|page| page.name == name).expect(name)
    }

    /// Its address.
    pub fn path(&self, name: &str) -> &str {
        &self.page(name).path
    }

    /// What the same pages are to others: to whoever has nothing yet, who gets an account by it, and to a reader.
    pub async fn others(&self) -> Vec<Shown> {
        person(&self.empty, NEWCOMER, true).await;
        let shown =
            |who, status, name, path: &str| Shown { name, route: "", path: path.to_owned(), who, status };
        let (talk, room) = (self.path("finished"), self.path("room"));
        let new = |name, path: &str| shown(Who::Newcomer, 200, name, path);
        let bob = |status, name, path: &str| shown(Who::Bob, status, name, path);
        vec![
            new("the start page with nothing", "/"),
            new("no transcripts", "/transcripts"),
            new("an empty trash", "/transcripts?trash=1"),
            new("nothing found", "/transcripts?q=walrus"),
            new("no rooms", "/rooms"),
            new("settings without keys", "/settings"),
            new("an empty queue", "/queue"),
            new("nothing stored", "/storage"),
            new("nothing failed", "/admin/jobs"),
            bob(200, "the start page of a reader", "/"),
            bob(200, "a reader's transcripts", "/transcripts"),
            bob(200, "what a reader reads", talk),
            bob(200, "rooms of others", "/rooms"),
            bob(403, "a room that is another's", room),
            bob(404, "what only those see who look after it", "/admin"),
        ]
    }
}

/// Puts something of everything there; the pages that show it.
async fn furnish(site: &Site) -> (UserId, Vec<Shown>) {
    let hash = password::hash(PASSWORD).unwrap();
    let mut conn = site.workshop.conn().await;
    let ada = user::create_with_password(&mut conn, ADA, &hash, true, clock::now()).await.unwrap();
    user::create_with_password(&mut conn, BOB, &hash, false, clock::now()).await.unwrap();
    let key = api_key::NewApiKey {
        user: ada.id,
        name: Some("Nightly copy".into()),
        key_hash: secret::hash("rfl_x"),
        prefix: "rfl_x".into(),
        scopes: Scopes::ALL,
        expires_at: None,
    };
    api_key::create(&mut conn, &key, clock::now()).await.unwrap();
    let said = room::Patch {
        name: Some("weekly".into()),
        is_shared: Some(true),
        webhook_url: Some(Some("https://hooks.example.org/reflector".into())),
        webhook_secret: Some(Some("0123456789abcdef0123456789abcdef".into())),
        ..room::Patch::default()
    };
    let weekly = room::create(&mut conn, Some(ada.id), &said, clock::now()).await.unwrap().id;

    let media = Media::new();
    let (finished, seconds) = site.pictured("Weekly budget.m4a").await;
    let tone = media.tone(seconds, "-ac 1 -b:a 16k -c:a libmp3lame", "tone.mp3");
    site.app.storage().put_file(&StorageKey::Mp3 { transcript: finished }, &tone).await.unwrap();
    let noted = "Ask the Bristol office for last year's figures.\n- Travel first\n- Back on Monday";
    let into = transcript::Patch {
        room_id: Some(Some(weekly)),
        notes: Some(noted.into()),
        ..transcript::Patch::default()
    };
    transcript::patch(&mut conn, finished, &into).await.unwrap();
    let working =
        site.create("Interview with a very long file name that has to be broken somewhere.wav").await;
    site.up_to(working, Some(Stage::Transcribe)).await;
    let failed = site.create("Broken.mp4").await;
    let attempt = site.up_to(failed, Some(Stage::Transcribe)).await.unwrap();
    stage::fail(&mut conn, &attempt, "The file ends in the middle.", clock::now()).await.unwrap();
    let cut = site.create("Lost line.mp3").await;
    let attempt = site.up_to(cut, Some(Stage::Ingest)).await.unwrap();
    let warning = "the recording may be cut short: it should last 2:00, but only 1:00 of it could be read";
    stage::warn(&mut conn, &attempt, warning).await.unwrap();
    stage::finish(&mut conn, &attempt, None, clock::now()).await.unwrap();
    let tone = media.tone(60, "-ac 1 -b:a 16k -c:a libmp3lame", "minute.mp3");
    for transcript in [working, failed, cut] {
        site.app.storage().put_file(&StorageKey::Mp3 { transcript }, &tone).await.unwrap();
        site.waveform(transcript).await;
    }
    let trashed = site.create("Thrown away.wav").await;
    for id in [finished, working, failed, cut, trashed] {
        give(
            site,
            id,
            Some(ada.id),
            if id == finished { ShareMode::SemiPrivate } else { ShareMode::Private },
        )
        .await;
    }
    transcript::delete(&mut conn, trashed, clock::now()).await.unwrap();
    let ends = clock::now() + TimeDelta::days(30);
    let said = Quote::new(finished, quotable(), secret::hash(QUOTED), clock::now(), ends);
    quote::create(&mut conn, &said).await.unwrap();

    let shown =
        |name, route, path: &str, who, status| Shown { name, route, path: path.to_owned(), who, status };
    let page = |name, route, path: &str, who| shown(name, route, path, who, 200);
    let own = |name, route, path: &str| page(name, route, path, Who::Ada);
    let pages = vec![
        page("login", "/login", "/login?out=1&next=/settings", Who::Visitor),
        page("login-first", "/login", "/login", Who::First),
        page("setup", "/setup", "/setup", Who::First),
        page("trust", "/trust", "/trust", Who::Visitor),
        page("privacy", "/privacy", "/privacy", Who::Visitor),
        page("docs", "/docs", "/docs", Who::Visitor),
        page("quote", "/quote/{token}", &format!("/quote/{QUOTED}"), Who::Visitor),
        shown("quote-gone", "/quote/{token}", "/quote/gone", Who::Visitor, 404),
        shown("nothing", "", "/nothing", Who::Ada, 404),
        own("record", "/record", "/record"),
        own("start", "/", "/"),
        own("library", "/transcripts", "/transcripts"),
        own("search", "/transcripts", "/transcripts?q=budget+OR+morning&language=en"),
        own("library-empty", "/transcripts", "/transcripts?q=walrus"),
        own("trash", "/transcripts", "/transcripts?trash=1"),
        own("finished", "/transcripts/{id}", &format!("/transcripts/{finished}")),
        own("working", "/transcripts/{id}", &format!("/transcripts/{working}")),
        own("failed", "/transcripts/{id}", &format!("/transcripts/{failed}")),
        own("cut", "/transcripts/{id}", &format!("/transcripts/{cut}")),
        own("send", "/transcripts/{id}/send", &format!("/transcripts/{finished}/send")),
        own("speakers", "/transcripts/{id}/speakers", &format!("/transcripts/{finished}/speakers")),
        own("share", "/transcripts/{id}/share", &format!("/transcripts/{finished}/share")),
        own("rooms", "/rooms", "/rooms"),
        own("room", "/rooms/{id}", &format!("/rooms/{weekly}")),
        own("settings", "/settings", "/settings"),
        own("queue", "/queue", "/queue"),
        own("models", "/models", "/models"),
        own("storage", "/storage", "/storage"),
        own("admin-health", "/admin", "/admin"),
        own("admin-jobs", "/admin/jobs", "/admin/jobs"),
        own("admin-accounts", "/admin/users", "/admin/users"),
        own("admin-audit", "/admin/audit", "/admin/audit"),
        own("about", "/about", "/about"),
        own("design", "/design", "/design"),
    ];
    (ada.id, pages)
}

/// Addresses that answer GET, by the router's source.
fn routes() -> BTreeSet<String> {
    let source = include_str!("../../../src/web/router.rs");
    let pages = &source[..source.find("fn v1()").unwrap()];
    let routes = pages.split(".route(").skip(1).filter_map(|rest| {
        let path = rest.split('"').nth(1)?;
        let handler = rest.split("\n        .").next()?;
        (path.starts_with('/') && handler.contains("get(")).then(|| path.to_owned())
    });
    routes.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_the_router_is_on_the_list() {
    let world = World::new().await;
    let listed: BTreeSet<String> = world.pages.iter().map(|page| page.route.to_owned()).collect();
    let routes = routes();
    assert!(routes.len() > 25 && routes.contains("/rooms/{id}"), "{routes:?}");
    let missing: Vec<&String> = routes
        .iter()
        .filter(|route| !listed.contains(*route))
        .filter(|route| !NO_PAGES.contains(&route.as_str()))
        .collect();
    assert!(missing.is_empty(), "add them to `furnish`, or to NO_PAGES if they are none: {missing:?}");
    // What is on the list is a page.
    for page in world.of(&[Who::Visitor]) {
        let (status, text) = world.site.page(&page.path).await;
        assert!(status == page.status && text.contains("<h1"), "{}: {status}", page.name);
    }
}
