//! A site where nobody logs in and that is public (`auth.mode` none, `auth.public_mode`): everybody adds and reads, nobody changes anything.
//! What each may do has a name, as the guide of the ancestor has it in its table.

use std::collections::BTreeSet;
use std::process::Command;

use reflector::app::App;
use reflector::auth::secret;
use reflector::config::Config;
use reflector::ids::{RoomId, TranscriptId};
use reflector::model::{participant, room, transcript, upload_token};
use regex::Regex;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::found::key;
use super::{ADA, cookie, person, public, token};
use crate::support::site::{Site, multipart};
use crate::support::socket::{Came, Watcher};

/// Method, address, body and status. `{n}` is a transcript that nobody owns, `{who}` one of its participants, `{room}` a shared room.
/// What begins with a brace is JSON, any other body a page's form.
type Ask = (&'static str, &'static str, &'static str, u16);

/// What the table lists, and what becomes of it here.
const TABLE: [(&str, &[Ask]); 13] = [
    (
        "Create transcripts (record/upload)",
        &[
            ("GET", "/", "", 200),
            ("GET", "/record", "", 200),
            ("POST", "/v1/transcripts", r#"{"name":"Weekly"}"#, 200),
        ],
    ),
    (
        "View transcripts",
        &[
            ("GET", "/transcripts", "", 200),
            ("GET", "/transcripts/{n}", "", 200),
            ("GET", "/v1/transcripts", "", 200),
            ("GET", "/v1/transcripts/search?q=budget", "", 200),
            ("GET", "/v1/transcripts/{n}", "", 200),
            ("GET", "/v1/transcripts/{n}/topics/with-words", "", 200),
            ("GET", "/v1/transcripts/{n}/audio/mp3", "", 200),
            ("GET", "/v1/transcripts/{n}/download/txt", "", 200),
        ],
    ),
    (
        "Edit/delete transcripts",
        &[
            ("PATCH", "/v1/transcripts/{n}", r#"{"title":"Another"}"#, 403),
            ("PATCH", "/v1/transcripts/{n}/segments/0", r#"{"text":"Hi","revision":"1.0"}"#, 403),
            (
                "POST",
                "/v1/transcripts/{n}/edits/replace",
                r#"{"find":"a","replace":"b","revision":"1.0"}"#,
                403,
            ),
            ("POST", "/v1/transcripts/{n}/process", "", 403),
            ("DELETE", "/v1/transcripts/{n}", "", 403),
            ("DELETE", "/v1/transcripts/{n}/destroy", "", 403),
            ("POST", "/transcripts/{n}/title", "title=Another", 403),
            ("POST", "/transcripts/{n}/process", "from=", 403),
            ("POST", "/transcripts/{n}/delete", "", 403),
            // Several at once: what is not theirs is left as it is.
            ("POST", "/transcripts/bulk", "do=delete&id={n}", 303),
        ],
    ),
    (
        "Privacy controls (private/semi-private/public)",
        &[
            ("PATCH", "/v1/transcripts/{n}", r#"{"share_mode":"private"}"#, 403),
            ("PATCH", "/v1/transcripts/{n}", r#"{"room_id":"{room}"}"#, 403),
            ("GET", "/transcripts/{n}/share", "", 403),
            ("POST", "/transcripts/{n}/share", "share_mode=private", 403),
            ("POST", "/transcripts/{n}/room", "room_id={room}", 403),
            ("POST", "/transcripts/bulk", "do=share&share_mode=private&id={n}", 303),
        ],
    ),
    (
        "Speaker reassignment and merging",
        &[
            (
                "PATCH",
                "/v1/transcripts/{n}/speaker/assign",
                r#"{"speaker":1,"timestamp_from":0,"timestamp_to":1}"#,
                403,
            ),
            ("PATCH", "/v1/transcripts/{n}/speaker/merge", r#"{"speaker_from":1,"speaker_to":0}"#, 403),
            ("GET", "/transcripts/{n}/speakers", "", 403),
            ("POST", "/transcripts/{n}/speakers", "speaker-0=Grace", 403),
            ("POST", "/transcripts/{n}/speakers/merge", "speaker_from=1&speaker_to=0", 403),
            ("POST", "/transcripts/{n}/speakers/undo", "", 403),
        ],
    ),
    (
        "Participant management (add/edit/delete)",
        &[
            ("GET", "/v1/transcripts/{n}/participants", "", 200),
            ("GET", "/v1/transcripts/{n}/participants/{who}", "", 200),
            ("POST", "/v1/transcripts/{n}/participants", r#"{"name":"Grace"}"#, 403),
            ("PATCH", "/v1/transcripts/{n}/participants/{who}", r#"{"name":"Grace"}"#, 403),
            ("DELETE", "/v1/transcripts/{n}/participants/{who}", "", 403),
        ],
    ),
    (
        "Create rooms",
        &[("POST", "/v1/rooms", r#"{"name":"mine"}"#, 403), ("POST", "/rooms", "name=mine", 403)],
    ),
    (
        "Edit/delete rooms",
        &[
            ("PATCH", "/v1/rooms/{room}", r#"{"name":"mine"}"#, 403),
            ("DELETE", "/v1/rooms/{room}", "", 403),
            ("POST", "/v1/rooms/{room}/webhook/test", "", 403),
            ("GET", "/v1/rooms/{room}/webhook/deliveries", "", 403),
            ("GET", "/rooms/{room}", "", 403),
            ("POST", "/rooms/{room}", "name=mine", 403),
            ("POST", "/rooms/{room}/delete", "", 403),
        ],
    ),
    (
        "Room calendar (ICS) sync",
        &[
            ("PATCH", "/v1/rooms/{room}", r#"{"ics_enabled":true}"#, 403),
            ("POST", "/v1/rooms/shared/ics/sync", "", 404),
        ],
    ),
    (
        "API key management",
        &[
            ("GET", "/v1/user/api-keys", "", 401),
            ("POST", "/v1/user/api-keys", r#"{"name":"mine"}"#, 401),
            ("DELETE", "/v1/user/api-keys/{n}", "", 401),
            ("GET", "/settings", "", 404),
            ("POST", "/settings/keys", "name=mine&scopes=read&days=1", 404),
        ],
    ),
    (
        "Post to Zulip",
        &[
            ("POST", "/v1/transcripts/{n}/zulip?stream=talks&topic=weekly", "", 403),
            ("GET", "/v1/zulip/streams", "", 403),
            ("POST", "/v1/transcripts/{n}/email", r#"{"email":"eve@example.org"}"#, 403),
            ("GET", "/transcripts/{n}/send", "", 403),
            ("POST", "/transcripts/{n}/send/zulip", "stream=talks&topic=weekly", 403),
        ],
    ),
    ("Real-time WebSocket notifications", &[("GET", "/v1/events", "", 401)]),
    ("Meeting host access (Daily.co token)", &[("POST", "/v1/rooms/shared/meeting", "", 404)]),
];

/// The site of the table.
async fn without_login() -> Site {
    Site::set(|config| config.auth.public_mode = true).await
}

/// The same installation with other settings, as a process of its own beside it: its address.
async fn beside(site: &Site, settings: impl FnOnce(&mut Config)) -> String {
    let mut config = site.workshop.config();
    settings(&mut config);
    let app = App::build(config).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(reflector::web::serve(app, listener, std::future::pending()));
    url
}

async fn shared_room(site: &Site) -> RoomId {
    let said = room::Patch { name: Some("shared".into()), is_shared: Some(true), ..Default::default() };
    let mut conn = site.workshop.conn().await;
    room::create(&mut conn, None, &said, reflector::clock::now()).await.unwrap().id
}

/// Everything that could have been changed.
async fn state(site: &Site, id: TranscriptId) -> Vec<Value> {
    let mut all = Vec::new();
    for path in ["", "/participants", "/segments", "/topics/with-words"] {
        all.push(site.json(&format!("/v1/transcripts/{id}{path}")).await.1);
    }
    all.push(site.json("/v1/rooms").await.1);
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_login_public_mode_gives_what_the_table_says_row_by_row() {
    let site = without_login().await;
    let id = site.finished("talk.wav").await;
    let mut conn = site.workshop.conn().await;
    let who = participant::create(&mut conn, id, "Ada", Some(0), None).await.unwrap().id;
    let room = shared_room(&site).await;
    let filled = |text: &str| {
        let text = text.replace("{n}", &id.to_string()).replace("{who}", &who.to_string());
        text.replace("{room}", &room.to_string())
    };
    let before = state(&site, id).await;
    for (row, asks) in TABLE {
        for &(method, path, body, wanted) in asks {
            let mut request = site.client.request(method.parse().unwrap(), site.url(&filled(path)));
            let body = filled(body);
            if !body.is_empty() || (method == "POST" && !path.starts_with("/v1")) {
                let json = body.starts_with('{');
                let kind = if json { "application/json" } else { "application/x-www-form-urlencoded" };
                request = request.header("content-type", kind).body(body);
            }
            let status = request.send().await.unwrap().status().as_u16();
            assert_eq!(status, wanted, "{row}: {method} {path}");
        }
    }
    assert_eq!(state(&site, id).await, before, "nothing was changed");

    // "Create": what a visitor adds is nobody's, is given its recording once, and is theirs no more than anybody's.
    let (_, made) = site.send("POST", "/v1/transcripts", &json!({ "name": "visitor's" })).await;
    assert_eq!(made["user_id"], Value::Null);
    let mine = made["id"].as_str().unwrap();
    let wave = std::fs::read(crate::support::workshop::two_people()).unwrap();
    assert_eq!(site.chunk(mine, 0, 1, &wave).await.0, 200);
    assert_eq!(site.send("DELETE", &format!("/v1/transcripts/{mine}"), &json!({})).await.0, 403);
    // "Real-time": the lists' socket is closed, a transcript's own stays.
    assert_eq!(Watcher::open(&site, "/v1/events", &[]).await.came().await, Came::Closed(4401));
    let mut own = Watcher::open(&site, &format!("/v1/transcripts/{id}/events"), &[]).await;
    assert!(matches!(own.came().await, Came::Event(_)));
    // What no row has: nobody looks after the installation from outside.
    for path in ["/admin", "/admin/jobs", "/queue", "/storage", "/models", "/login", "/setup"] {
        assert_eq!(site.get(path).await.status(), 404, "{path}");
    }
    assert_eq!(site.get("/v1/audit").await.status(), 404);
    let numbers = site.client.get(site.url("/metrics")).header("x-forwarded-for", "198.51.100.7");
    assert_eq!(numbers.send().await.unwrap().status(), 404, "numbers are for this machine alone");
    assert_eq!(site.get("/metrics").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_such_a_site_shows_a_way_that_leads_nowhere() {
    let site = without_login().await;
    let id = site.finished("talk.wav").await;
    shared_room(&site).await;
    let (ways, forms) =
        (Regex::new(r##"href="(/[^"#]*)"##).unwrap(), Regex::new(r#"<form[^>]* action="([^"]*)""#).unwrap());
    let templates = Regex::new("(?s)<template.*?</template>").unwrap();
    let (mut links, mut actions) = (BTreeSet::new(), BTreeSet::new());
    let one = format!("/transcripts/{id}");
    for path in ["/", "/transcripts", &one, "/record", "/rooms", "/privacy", "/about", "/settings"] {
        let (status, page) = site.page(path).await;
        // Without what a script fills in for a recording that only this browser knows of.
        let page = templates.replace_all(&page, "");
        assert_eq!(status, if path == "/settings" { 404 } else { 200 }, "{path}");
        let all = |found: &Regex| -> Vec<String> {
            found.captures_iter(&page).map(|found| found[1].replace("&amp;", "&")).collect()
        };
        links.extend(all(&ways).into_iter().filter(|link| !link.starts_with("/assets/")));
        actions.extend(all(&forms));
        for not in ["/login", "value=\"delete\"", "value=\"share\""] {
            assert!(!page.contains(not), "{path} offers {not}");
        }
    }
    let wanted = ["/appearance", "/transcripts", "/transcripts/bulk", "/upload"];
    assert_eq!(actions.iter().map(String::as_str).collect::<Vec<_>>(), wanted);
    for link in &links {
        assert_eq!(site.get(link).await.status(), 200, "{link}");
    }
    for (way, shown) in [("/about", true), ("/transcripts", true), ("/rooms", false), ("/queue", false)] {
        assert_eq!(links.contains(way), shown, "{way}");
    }

    for (path, said) in [
        ("/", "Everybody can read it, and nobody can change or delete it here."),
        ("/privacy", "nobody can change or delete it here"),
    ] {
        let page = site.page(path).await.1;
        assert!(page.contains(said), "{path}: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_own_from_when_they_logged_in_stays_theirs_whatever_anybody_shows() {
    let before = public().await;
    let ada = person(&before, ADA, true).await.id;
    let mut ids = Vec::new();
    for (mode, owner) in
        [("private", Some(ada)), ("semi-private", Some(ada)), ("public", Some(ada)), ("private", None)]
    {
        let id = before.finished(mode).await;
        before.give(id, mode, owner).await;
        ids.push(id.to_string());
    }
    let shown = [
        ("x-nothing", "x".to_owned()),
        ("cookie", cookie(&before, ADA).await),
        ("authorization", format!("Bearer {}", token(&before, ADA).await)),
        ("x-api-key", key(&before, ADA, &["read", "write"]).await),
    ];
    let now = beside(&before, |config| config.auth.public_mode = true).await;
    let ask = async |path: &str, (name, value): &(&str, String)| {
        before.client.get(format!("{now}{path}")).header(*name, value).send().await.unwrap()
    };
    for who in &shown {
        let list = ask("/v1/transcripts", who).await.text().await.unwrap();
        let search = ask("/v1/transcripts/search?q=budget", who).await.text().await.unwrap();
        for (id, wanted) in ids.iter().zip([404_u16, 404, 200, 200]) {
            for path in ["", "/audio/mp3", "/topics", "/download/txt"] {
                let status = ask(&format!("/v1/transcripts/{id}{path}"), who).await.status();
                assert_eq!(status, wanted, "{}: {path}", who.0);
            }
            assert_eq!((list.contains(id), search.contains(id)), (wanted == 200, wanted == 200), "{}", who.0);
        }
        assert_eq!(ask("/v1/me", who).await.json::<Value>().await.unwrap(), Value::Null);
        assert_eq!(ask("/settings", who).await.status(), 404, "{}", who.0);
    }
}

/// Sends a chunk as somebody who shows that, beside a token of an upload, to this address of an installation.
async fn send(
    site: &Site,
    url: &str,
    id: &str,
    query: &str,
    token: Option<&str>,
    (name, value): (&str, &str),
) -> (u16, Value) {
    let (kind, body) = multipart(&[("chunk", Some("a.webm"), b"sound")]);
    let mut request = site.client.post(format!("{url}/v1/transcripts/{id}/record/upload?{query}"));
    request = request.header("content-type", kind).header(name, value).body(body);
    if let Some(token) = token {
        request = request.header("X-Upload-Token", token);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Ends a recording, as somebody who shows that token.
async fn end(site: &Site, id: &str, token: Option<&str>) -> u16 {
    let mut request = site.client.post(site.url(&format!("/v1/transcripts/{id}/record/finish")));
    if let Some(token) = token {
        request = request.header("X-Upload-Token", token);
    }
    request.send().await.unwrap().status().as_u16()
}

/// A transcript that somebody makes, with a token or without.
async fn begun(site: &Site, token: Option<&str>) -> String {
    let mut request = site.client.post(site.url("/v1/transcripts")).json(&json!({ "name": "visitor's" }));
    if let Some(token) = token {
        request = request.header("X-Upload-Token", token);
    }
    let made: Value = request.send().await.unwrap().json().await.unwrap();
    assert!(token.is_none_or(|token| !made.to_string().contains(token)), "{made}");
    made["id"].as_str().unwrap().to_owned()
}

const MINE: &str = "0123456789abcdef0123456789abcdef";
const THEIRS: &str = "fedcba9876543210fedcba9876543210";
const NOBODY: (&str, &str) = ("x-nothing", "x");

#[tokio::test(flavor = "multi_thread")]
async fn what_a_visitor_began_to_send_only_they_go_on_with_and_end() {
    let site = without_login().await;
    let here = site.url("");
    let piece = "open=true&chunk_number=0&take=0";
    let id = begun(&site, Some(MINE)).await;
    let sent = async |query: &str, token| send(&site, &here, &id, query, token, NOBODY).await.0;
    for token in [None, Some(THEIRS)] {
        assert_eq!(sent(piece, token).await, 403, "{token:?}: not even the first");
    }
    assert_eq!(sent(piece, Some("short")).await, 422);
    assert_eq!(sent(piece, Some(MINE)).await, 200);
    let next = "open=true&chunk_number=1&take=1";
    for token in [None, Some(THEIRS)] {
        assert_eq!(sent(next, token).await, 403, "{token:?}");
        assert_eq!(end(&site, &id, token).await, 403, "{token:?}");
    }
    assert_eq!(site.form(&format!("/transcripts/{id}/finish"), "").await.0, 403, "nor by a form");
    let (_, page) = site.page(&format!("/record?resume={id}")).await;
    assert!(page.contains(" data-others"), "the page knows that only one browser may");
    // Its operator may, in a process of their own, and nobody needs a token there.
    let own = beside(&site, |_| ()).await;
    assert_eq!(send(&site, &own, &id, next, None, NOBODY).await.0, 200);
    assert_eq!(end(&site, &id, Some(MINE)).await, 200);

    // Whoever brings no token gets one with the first chunk of several.
    let id = begun(&site, None).await;
    let of_two = |number: u32| format!("chunk_number={number}&total_chunks=2");
    let (status, first) = send(&site, &here, &id, &of_two(0), None, NOBODY).await;
    let given = first["upload_token"].as_str().unwrap_or_else(|| panic!("{first}")).to_owned();
    assert!(status == 200 && given.len() >= 32 && first["status"] == "ok", "{first}");
    for token in [None, Some(THEIRS)] {
        assert_eq!(send(&site, &here, &id, &of_two(1), token, NOBODY).await.0, 403, "{token:?}");
    }
    let last = send(&site, &here, &id, &of_two(1), Some(&given), NOBODY).await;
    assert_eq!(last, (200, json!({ "status": "ok" })));
    let kept = upload_token::of(&mut *site.workshop.conn().await, id.parse().unwrap()).await.unwrap();
    assert_eq!(kept, Some(secret::hash(&given)), "only its hash is kept");

    // All in one go needs none: as clients of the ancestor send it, and as a form does.
    let id = begun(&site, None).await;
    let whole = send(&site, &here, &id, "chunk_number=0&total_chunks=1", None, NOBODY).await;
    assert_eq!(whole, (200, json!({ "status": "ok" })));
    let (kind, body) = multipart(&[("file", Some("talk.mp3"), b"sound")]);
    let form = site.client.post(site.url("/upload")).header("content-type", kind).body(body);
    assert_eq!(form.send().await.unwrap().status(), 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_and_who_looks_after_what_is_nobodys_send_it_without_a_token() {
    let site = public().await;
    person(&site, ADA, false).await;
    person(&site, "root@example.org", true).await;
    let here = site.url("");
    let (ada, root) = (cookie(&site, ADA).await, cookie(&site, "root@example.org").await);
    let (ada, root) = (("cookie", ada.as_str()), ("cookie", root.as_str()));
    let request = site.client.post(site.url("/v1/transcripts")).json(&json!({ "name": "Ada's" }));
    let made: Value = request.header(ada.0, ada.1).send().await.unwrap().json().await.unwrap();
    let hers = made["id"].as_str().unwrap();
    let of_two = |number: u32| format!("chunk_number={number}&total_chunks=2");
    for number in [0, 1] {
        let (status, answer) = send(&site, &here, hers, &of_two(number), None, ada).await;
        assert_eq!((status, answer), (200, json!({ "status": "ok" })), "chunk {number}");
    }
    let visitors = begun(&site, Some(MINE)).await;
    let to = async |number, who| send(&site, &here, &visitors, &of_two(number), None, who).await.0;
    assert_eq!(
        (to(0, NOBODY).await, to(0, ada).await),
        (403, 403),
        "somebody who is logged in is anybody there"
    );
    assert_eq!(to(0, root).await, 200);
    let (status, _) = send(&site, &here, &visitors, &of_two(1), Some(MINE), NOBODY).await;
    assert_eq!(status, 200, "and does not take it from who began it");
}

#[tokio::test(flavor = "multi_thread")]
async fn its_operator_changes_and_deletes_through_a_process_of_their_own_beside_it() {
    let site = without_login().await;
    let id = site.finished("talk.wav").await;
    let own = beside(&site, |_| ()).await;
    let one = format!("{own}/v1/transcripts/{id}");
    let title = site.client.patch(&one).json(&json!({ "title": "Corrected" })).send().await.unwrap();
    assert_eq!(title.status(), 200);
    assert_eq!(site.json(&format!("/v1/transcripts/{id}")).await.1["title"], "Corrected");
    assert_eq!(site.client.get(format!("{own}/admin/jobs")).send().await.unwrap().status(), 200);
    assert_eq!(site.client.delete(&one).send().await.unwrap().status(), 200);
    assert_eq!(site.get(&format!("/v1/transcripts/{id}")).await.status(), 404, "gone for visitors, too");
    assert!(transcript::get(&*site.workshop.conn().await, id).await.unwrap().is_some(), "in the trash");

    // The ancestor's own settings, which are its default, mean the same.
    for (days, kept) in [
        (None, "kept for ever (retention.public_days is not set)"),
        (Some("30"), "deleted after 30 days (retention.public_days)"),
    ] {
        let ran = Command::new(env!("CARGO_BIN_EXE_reflector"))
            .arg("check-config")
            .current_dir(std::env::temp_dir())
            .envs([("AUTH_BACKEND", "none"), ("PUBLIC_MODE", "true")])
            .envs(days.map(|days| ("PUBLIC_DATA_RETENTION_DAYS", days)))
            .output()
            .unwrap();
        let said = String::from_utf8(ran.stdout).unwrap();
        assert!(said.contains("login          none, in public mode: everybody is a visitor"), "{said}");
        assert!(said.contains(&format!("nobody's       {kept}")), "{said}");
    }
}
