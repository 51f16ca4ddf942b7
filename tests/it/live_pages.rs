//! Pages that stay true while one looks: which of their parts are fetched anew, that these are then as things are, and what a page's
//! socket tells.

use std::collections::BTreeMap;

use reflector::bus::Event;
use reflector::clock;
use reflector::model::ShareMode;
use reflector::model::stage::{self, Stage};
use regex::Regex;
use serde_json::json;

use crate::support::accounts::{ADA, BOB, ROOT, Visitor, give, guarded, person};
use crate::support::site::Site;
use crate::support::socket::Watcher;

/// The parts of a page that its script keeps fresh, by their id; and the page that it asks for, where that is not this one.
fn live(page: &str) -> (BTreeMap<String, String>, Option<String>) {
    let open = Regex::new(r#"<([a-z0-9]+)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*>"#).unwrap();
    let (id, asks) =
        (Regex::new(r#"\sid="([^"]+)""#).unwrap(), Regex::new(r#"\sdata-live="([^"]+)""#).unwrap());
    let (mut parts, mut from) = (BTreeMap::new(), None);
    for found in open.captures_iter(page) {
        let (tag, attributes) = (&found[1], &found[2]);
        if !attributes.contains(" data-live") {
            continue;
        }
        let id = id.captures(attributes).unwrap_or_else(|| panic!("no id: {}", &found[0]))[1].to_owned();
        if from.is_none() {
            from = asks.captures(attributes).map(|asks| asks[1].to_owned());
        }
        let part = whole(&page[found.get(0).unwrap().start()..], tag);
        assert!(parts.insert(id, part.to_owned()).is_none(), "each id is there once");
    }
    assert!(!parts.is_empty(), "nothing is kept fresh: {page}");
    assert!(
        ["status.js", "speakers.js", "rows.js"].iter().any(|script| page.contains(script)),
        "nothing keeps it fresh: {page}"
    );
    (parts, from)
}

/// From the tag that opens up to the one that closes it.
fn whole<'t>(text: &'t str, tag: &str) -> &'t str {
    let both = Regex::new(&format!(r"<(/?){tag}[\s>]")).unwrap();
    let mut depth = 0;
    for found in both.captures_iter(text) {
        depth += if found[1].is_empty() { 1 } else { -1 };
        if depth == 0 {
            return &text[..found.get(0).unwrap().end()];
        }
    }
    panic!("<{tag}> is not closed: {text}");
}

/// A browser with a page before it.
struct Looks<'v, 's> {
    who: &'v Visitor<'s>,
    path: String,
    parts: BTreeMap<String, String>,
}

impl<'v, 's> Looks<'v, 's> {
    async fn at(who: &'v Visitor<'s>, path: &str) -> Self {
        let (status, page) = who.page(path).await;
        assert_eq!(status, 200, "{path}");
        Self::with(who, path, &page)
    }

    /// At the answer to a form.
    fn with(who: &'v Visitor<'s>, path: &str, page: &str) -> Self {
        let (parts, from) = live(page);
        Self { who, path: from.unwrap_or_else(|| path.to_owned()), parts }
    }

    /// What is replaced when the page is asked for anew, by id.
    async fn news(&mut self) -> BTreeMap<String, String> {
        let (status, page) = self.who.page(&self.path).await;
        assert_eq!(status, 200, "{}", self.path);
        let (fresh, _) = live(&page);
        let mut news = BTreeMap::new();
        for (id, part) in &mut self.parts {
            let now = fresh.get(id).unwrap_or_else(|| panic!("{}: {id} is gone", self.path));
            if now != part {
                news.insert(id.clone(), now.clone());
                part.clone_from(now);
            }
        }
        news
    }

    /// That asking anew brings these words, in this part.
    async fn sees(&mut self, part: &str, words: &str) {
        let news = self.news().await;
        let found = news.get(part).unwrap_or_else(|| panic!("{}: only {:?} changed", self.path, news.keys()));
        assert!(found.contains(words), "{words} is not in {found}");
    }

    async fn nothing_new(&mut self) {
        let news = self.news().await;
        assert!(news.is_empty(), "{}: {news:?}", self.path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn administration_shows_what_others_do_while_one_looks() {
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    person(&site, ROOT, true).await;
    let id = site.finished("talk.wav").await;
    give(&site, id, Some(ada.id), ShareMode::Private).await;
    let (her, root) = (Visitor::log_in(&site, ADA).await, Visitor::log_in(&site, ROOT).await);

    let mut health = Looks::at(&root, "/admin").await;
    let failing = site.create("broken.wav").await;
    let attempt = site.up_to(failing, Some(Stage::Ingest)).await.unwrap();
    stage::fail(&mut *site.workshop.conn().await, &attempt, "no", clock::now()).await.unwrap();
    health.sees("health-numbers", "<dd class=\"num\">1</dd>").await;
    assert_eq!(health.path, "/admin", "whoever looked again does not have everything tried again and again");
    let again = Looks::at(&root, "/admin?again=1").await;
    assert_eq!(again.path, "/admin");

    let mut accounts = Looks::at(&root, "/admin/users").await;
    accounts.nothing_new().await;
    person(&site, BOB, false).await;
    accounts.sees("accounts-now", BOB).await;
    // At the page that shows a password, once, which a second look would not have.
    let (_, made) = root.form("/admin/users", &[("email", "eve@example.org"), ("password", "")]).await;
    assert!(made.contains("The password of eve@example.org"));
    Looks::with(&root, "/admin/users", &made).nothing_new().await;

    let mut log = Looks::at(&root, "/admin/audit?action=view").await;
    assert_eq!(log.path, "/admin/audit?action=view", "what was asked for stays asked for");
    her.page(&format!("/transcripts/{id}")).await;
    log.sees("audit-log", "ada@example.org</strong> looked at").await;
    log.nothing_new().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_show_where_one_logs_in_and_when_a_key_was_used() {
    let site = guarded().await;
    person(&site, ADA, false).await;
    let her = Visitor::log_in(&site, ADA).await;
    let mut settings = Looks::at(&her, "/settings").await;
    Visitor::log_in(&site, ADA).await;
    settings.sees("sessions-now", "Log out all others").await;
    let fields = [("name", "Nightly"), ("scopes", "read"), ("days", "30")];
    let (_, made) = her.form("/settings/keys", &fields).await;
    settings.sees("keys-now", "never used").await;
    // The page that shows the key asks for one that can be asked for.
    let mut shown = Looks::with(&her, "/settings/keys", &made);
    assert_eq!(shown.path, "/settings");
    shown.nothing_new().await;
    let key = made.split("data-link>").nth(1).unwrap().split('<').next().unwrap();
    let asked = site.client.get(site.url("/v1/transcripts")).header("x-api-key", key).send().await.unwrap();
    assert_eq!(asked.status(), 200);
    for page in [&mut settings, &mut shown] {
        page.sees("keys-now", "used <time").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcripts_other_pages_show_what_others_do_with_it() {
    let site = guarded().await;
    let ada = site.person(ADA, false).await;
    person(&site, BOB, false).await;
    let id = site.finished("talk.wav").await;
    give(&site, id, Some(ada.user.id), ShareMode::SemiPrivate).await;
    let (her, bob) = (Visitor::log_in(&site, ADA).await, Visitor::log_in(&site, BOB).await);
    let page = format!("/transcripts/{id}");

    // That she looks is noted, too, once.
    her.page(&format!("{page}/share")).await;
    let mut share = Looks::at(&her, &format!("{page}/share?done=saved")).await;
    share.nothing_new().await;
    bob.page(&page).await;
    share.sees("deeds-now", "bob@example.org</strong> looked at").await;
    let one = format!("/v1/transcripts/{id}");
    let private = json!({ "share_mode": "private" });
    assert_eq!(ada.send(&site, "PATCH", &one, &private).await.0, 200);
    let news = share.news().await;
    assert!(!news["access-now"].contains("Make it private"), "{news:?}");
    assert!(news["visibility-now"].contains("value=\"private\" checked"), "{news:?}");
    let quote = json!({ "start": 20.0, "end": 26.0 });
    assert_eq!(ada.send(&site, "POST", &format!("{one}/quotes"), &quote).await.0, 200);
    share.sees("quotes-now", "/quotes/").await;

    let mut voices = Looks::at(&her, &format!("{page}/speakers")).await;
    let named = json!({ "name": "Grace", "speaker": 1 });
    assert_eq!(ada.send(&site, "POST", &format!("{one}/participants"), &named).await.0, 200);
    voices.sees("voices", "value=\"Grace\"").await;
    voices.nothing_new().await;
    // After a form that was refused, too: its own address is none to ask for.
    let odd = [("speaker_from", "1"), ("speaker_to", "nobody")];
    let merge = format!("{page}/speakers/merge");
    let (status, refused) = her.form(&merge, &odd).await;
    assert_eq!(status, 422);
    Looks::with(&her, &merge, &refused).nothing_new().await;
    let early = site.create("early.wav").await;
    give(&site, early, Some(ada.user.id), ShareMode::Private).await;
    let mut waiting = Looks::at(&her, &format!("/transcripts/{early}/speakers")).await;
    site.up_to(early, None).await;
    waiting.sees("voices", "id=\"names\"").await;

    // What is gone is not asked for again; the script says so.
    assert_eq!(ada.send(&site, "DELETE", &one, &json!({})).await.0, 200);
    for rest in ["/share", "/speakers"] {
        assert_eq!(her.page(&format!("{page}{rest}")).await.0, 404, "{rest}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_show_what_others_do_with_them_and_no_form_loses_what_was_refused() {
    let site = guarded().await;
    let ada = site.person(ADA, false).await;
    let her = Visitor::log_in(&site, ADA).await;
    let mut rooms = Looks::at(&her, "/rooms").await;
    let (_, made) = ada.send(&site, "POST", "/v1/rooms", &json!({ "name": "weekly" })).await;
    rooms.sees("rooms-now", ">weekly<").await;
    let one = format!("/rooms/{}", made["id"].as_str().unwrap());
    let mut room = Looks::at(&her, &one).await;
    let renamed = json!({ "name": "board", "webhook_url": "https://hooks.example.org/x" });
    assert_eq!(ada.send(&site, "PATCH", &format!("/v1{one}"), &renamed).await.0, 200);
    let news = room.news().await;
    assert!(
        news["room-name"].contains(">board<") && news["room-now"].contains("value=\"board\""),
        "{news:?}"
    );
    assert!(news["events-now"].contains("Send a test"), "{news:?}");
    rooms.sees("rooms-now", "tells a webhook").await;

    let (status, refused) = her.form(&one, &[("name", "no spaces")]).await;
    assert!(status == 422 && refused.contains("value=\"no spaces\""));
    let page = Looks::with(&her, &one, &refused);
    assert!(!page.parts.contains_key("room-now"), "what is to be mended stays: {:?}", page.parts.keys());
    assert!(page.parts.contains_key("events-now"));
}

/// What the page has, its socket does not tell once more: of three hours that would be some hundred thousand bytes.
#[tokio::test(flavor = "multi_thread")]
async fn the_socket_of_a_transcripts_page_tells_only_what_is_newer_than_the_page() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let title = |text: &str| Event::FinalTitle { title: text.into() };
    site.app.bus().publish(id, &title("Before")).await;
    let (_, page) = site.page(&format!("/transcripts/{id}")).await;
    let after = page.split("data-after=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    // Told while the page was on its way.
    site.app.bus().publish(id, &title("Between")).await;
    let socket = format!("/v1/transcripts/{id}/events?after={after}");
    let mut watcher = Watcher::open(&site, &socket, &[]).await;
    assert_eq!(watcher.event().await["data"]["title"], "Between");
    watcher.silence().await;
    site.app.bus().publish(id, &title("Now")).await;
    assert_eq!(watcher.event().await["data"]["title"], "Now");
    // Who comes without it is told all there is.
    let mut other = Watcher::open(&site, &format!("/v1/transcripts/{id}/events"), &[]).await;
    assert!(other.until("STATUS").await.iter().any(|event| event["event"] == "SEGMENTS"));
    assert_eq!(site.page(&format!("/transcripts/{}", reflector::ids::TranscriptId::new())).await.0, 404);
}
