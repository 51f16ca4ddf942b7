//! The API's own description: the one in docs/, of every route, of typed shapes only; and what Schemathesis finds with it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::time::Duration;

use reflector::clock;
use reflector::config::cache_dir;
use reflector::ids::TranscriptId;
use reflector::model::delivery::{self, DeliveryStatus};
use reflector::model::sending::{self, Channel, Purpose, Wish};
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde_json::{Value, json};

use crate::support::site::{PASSWORD, Site, with_login};
use crate::support::zulip_server::{BOT, KEY, ZulipServer};

fn described() -> Value {
    serde_json::to_value(reflector::web::openapi()).unwrap()
}

fn source(path: &str) -> String {
    std::fs::read_to_string(crate::support::tree().join(path)).unwrap()
}

/// Methods in capital letters, by path.
fn operations(document: &Value) -> BTreeMap<String, BTreeMap<String, Value>> {
    let paths = document["paths"].as_object().unwrap();
    let methods = |item: &Value| {
        let operations = item.as_object().unwrap().iter();
        operations.map(|(method, operation)| (method.to_uppercase(), operation.clone())).collect()
    };
    paths.iter().map(|(path, item)| (path.clone(), methods(item))).collect()
}

/// A path with its parameters replaced.
fn filled(path: &str) -> String {
    let id = "018f0000-0000-7000-8000-000000000000";
    let path = path
        .replace("{format}", "txt")
        .replace("{index}", "0")
        .replace("{word}", "0")
        .replace("{version}", "1");
    ["{id}", "{topic}", "{participant}", "{delivery}", "{quote}", "{sending}"]
        .iter()
        .fold(path, |path, name| path.replace(name, id))
}

#[test]
fn the_description_is_the_one_in_docs() {
    let made = reflector::web::openapi().to_pretty_json().unwrap();
    assert!(
        source("docs/openapi.json").trim_end() == made,
        "docs/openapi.json is not what the code says: look at `cargo run -- openapi | diff docs/openapi.json -`, and renew it \
         with `make openapi`"
    );
}

#[tokio::test]
async fn the_description_is_served() {
    let site = Site::new().await;
    assert_eq!(site.json("/openapi.json").await, (200, described()));
}

#[tokio::test]
async fn every_route_is_described_and_every_operation_is_routed() {
    let router = source("src/web/router.rs");
    let v1 = &router[router.find("fn v1()").unwrap()..];
    let v1 = &v1[..v1.find("\n}\n").unwrap()];
    assert!(!v1.contains(".route("), "what is added by `.route` is not described: use `.routes(routes!(…))`");
    assert_eq!(router.matches(".nest(\"/v1").count(), 1, "everything under /v1 is in `v1()`");

    let site = Site::new().await;
    let operations = operations(&described());
    assert!(operations.len() >= 35, "{operations:?}");
    for (path, methods) in &operations {
        let url = site.url(&filled(path));
        for method in methods.keys() {
            let request = site.client.request(method.parse().unwrap(), &url).body("{}");
            let response = request.header("content-type", "application/json").send().await.unwrap();
            let status = response.status().as_u16();
            let text = response.text().await.unwrap();
            assert!(status != 405 && !text.contains("Route not found"), "{method} {path}: {status} {text}");
        }
        // What else the path answers to, the router itself says.
        let refused = site.client.put(&url).send().await.unwrap();
        assert_eq!(refused.status(), 405, "{path}");
        let allowed = refused.headers()["allow"].to_str().unwrap();
        let allowed: BTreeSet<&str> = allowed.split(',').map(str::trim).collect();
        let mut wanted: BTreeSet<&str> = methods.keys().map(String::as_str).collect();
        // axum answers HEAD wherever it answers GET.
        if wanted.contains("GET") {
            wanted.insert("HEAD");
        }
        assert_eq!(allowed, wanted, "{path}");
    }
}

/// Every schema within a value, with where it stands.
fn schemas<'v>(value: &'v Value, at: &str, found: &mut Vec<(String, &'v Value)>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let at = format!("{at}/{name}");
                if name == "schema" || name == "items" {
                    found.push((at.clone(), field));
                }
                if matches!(name.as_str(), "properties" | "schemas") {
                    for (name, field) in field.as_object().unwrap() {
                        found.push((format!("{at}/{name}"), field));
                    }
                }
                schemas(field, &at, found);
            }
        }
        Value::Array(list) => {
            for (n, one) in list.iter().enumerate() {
                schemas(one, &format!("{at}/{n}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn every_shape_is_typed_and_no_failure_of_ours_is_promised() {
    let document = described();
    let mut found = Vec::new();
    schemas(&document, "", &mut found);
    assert!(found.len() > 250, "{}", found.len());
    for (at, schema) in found {
        // Of a tuple, whose items are listed.
        if *schema == json!(false) {
            continue;
        }
        let typed =
            ["$ref", "type", "oneOf", "allOf", "anyOf", "enum"].iter().any(|key| schema.get(key).is_some());
        assert!(typed, "{at} may be anything: {schema}");
        if schema["type"] == "object" {
            assert!(schema["properties"].is_object(), "{at} is an object of any shape");
        }
        if schema["type"] == "array" {
            assert!(schema.get("items").is_some(), "{at} is a list of anything");
        }
    }
    let mut ids = BTreeSet::new();
    for (path, methods) in operations(&document) {
        for (method, operation) in methods {
            assert!(
                ids.insert(operation["operationId"].as_str().unwrap().to_owned()),
                "{method} {path}: its id"
            );
            assert!(operation["summary"].is_string() && operation["tags"][0].is_string(), "{method} {path}");
            let responses = operation["responses"].as_object().unwrap();
            for status in responses.keys() {
                assert!(!status.starts_with('5') && status != "default", "{method} {path}: {status}");
            }
            assert!(responses.contains_key("401"), "{method} {path}: whoever shows a wrong key is refused");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let header = parameter["in"] == "header";
                assert!(!header || parameter["required"] == false, "{method} {path}: {parameter}");
            }
        }
    }
}

#[test]
fn whoever_asks_does_it_in_a_way_that_is_described() {
    let document = described();
    let known = document["components"]["securitySchemes"].as_object().unwrap();
    assert_eq!(known.keys().collect::<Vec<_>>(), ["bearer", "key", "session"]);
    let ways = |wanted: &Value| {
        let wanted = wanted.as_array().unwrap().iter();
        wanted.map(|way| way.as_object().unwrap().keys().cloned().collect::<String>()).collect::<Vec<_>>()
    };
    assert_eq!(ways(&document["security"]), ["bearer", "key", "session", ""]);
    let operations = operations(&document);
    assert_eq!(ways(&operations["/v1/auth/login"]["POST"]["security"]), [""]);
    for (path, methods) in operations {
        for (method, operation) in methods {
            let own = operation.get("security").map(ways);
            // A key makes no other key.
            let wanted =
                path.starts_with("/v1/user/").then(|| vec!["bearer".to_owned(), "session".to_owned()]);
            assert!(own == wanted || path == "/v1/auth/login", "{method} {path}: {own:?}");
        }
    }
}

/// Names of described types within a file, as the description has them.
fn named(source: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric()).collect::<String>();
    let mut names = Vec::new();
    let (mut derived, mut renamed) = (false, None);
    for line in source.lines() {
        derived |= line.contains("#[derive(") && line.contains("ToSchema");
        if let (true, Some((_, name))) = (line.starts_with("#[schema("), line.split_once("as = ")) {
            renamed = Some(word(name));
        }
        let item = ["struct ", "enum "].iter().find_map(|item| line.split_once(item));
        if let (false, Some((_, name))) = (line.starts_with("//"), item) {
            if derived {
                names.push(renamed.unwrap_or_else(|| word(name)));
            }
            (derived, renamed) = (false, None);
        }
    }
    names
}

#[test]
fn no_two_shapes_have_one_name() {
    let mut seen = BTreeMap::new();
    let mut folders = vec![crate::support::tree().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|kind| kind != "rs") {
                continue;
            }
            for name in named(&std::fs::read_to_string(&path).unwrap()) {
                let before = seen.insert(name.clone(), path.clone());
                assert!(before.is_none(), "{name} in {path:?} takes the place of that in {before:?}");
            }
        }
    }
    assert!(seen.len() > 60 && seen.contains_key("CreatedApiKey"), "{seen:?}");
}

const EMAIL: &str = "ada@example.org";

/// A site where people log in, and, if it is public, visitors may look; with one administrator, whose token this is.
async fn guarded(public: bool) -> (Site, String, ZulipServer) {
    let chat = ZulipServer::start().await;
    let realm = chat.url();
    let mut site = Site::set(|config| {
        with_login(config);
        config.auth.public_mode = public;
        // The receiver of the webhook: nobody is there, which costs no time.
        config.outgoing.allow_hosts = vec!["127.0.0.1".into()];
        // Letters are not sent without a worker.
        config.mail.host = Some("127.0.0.1".into());
        config.mail.from = Some("reflector@example.org".into());
        config.zulip.realm = Some(realm);
        config.zulip.bot_email = Some(BOT.into());
        config.zulip.api_key = Some(KEY.into());
    })
    .await;
    let token = site.person(EMAIL, true).await.token;
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    site.client = reqwest::Client::builder().default_headers(headers).build().unwrap();
    (site, token, chat)
}

/// Ten things that could not be sent, of one transcript.
async fn sendings(site: &Site, told: TranscriptId, known: &mut Value) {
    let mut conn = site.workshop.conn().await;
    let mut failed = Vec::new();
    for n in 0..10 {
        let one = Wish {
            transcript_id: told,
            purpose: Purpose::Asked,
            channel: Channel::Email,
            target: format!("ada-{n}@example.org"),
            topic: None,
            include_topics: false,
            room_id: None,
            user_id: None,
            run: 1,
            reason: None,
        };
        let id = sending::plan(&mut conn, &one, clock::now()).await.unwrap().expect("it is new");
        sending::conclude(&mut conn, id, DeliveryStatus::Failed, Some("away")).await.unwrap();
        failed.push(id);
    }
    let one = "/v1/transcripts/{id}";
    known[format!("POST {one}/sendings/{{sending}}/retry")] =
        json!({ "id": vec![told; 10], "sending": failed });
    known[format!("POST {one}/email")] = json!({ "body": { "email": EMAIL } });
    known["GET /v1/zulip/streams/{id}/topics"] = json!({ "id": [7, 9] });
}

/// A transcript whose text was changed ten times.
async fn edited(site: &Site) -> TranscriptId {
    let id = site.finished("edited talk.wav").await;
    let segments = format!("/v1/transcripts/{id}/segments");
    for n in 0..10 {
        let revision = site.json(&segments).await.1["revision"].clone();
        let body = json!({ "revision": revision, "text": format!("Sentence {n}.") });
        assert_eq!(site.send("PATCH", &format!("{segments}/0"), &body).await.0, 200);
    }
    id
}

/// The same of rooms: each has an event that was not delivered.
async fn rooms(site: &Site, told: TranscriptId, known: &mut Value) {
    let one = "/v1/rooms/{id}";
    let room = async |name: String| {
        let body = json!({ "name": name, "webhook_url": "http://127.0.0.1:9/" });
        let (status, made) = site.send("POST", "/v1/rooms", &body).await;
        assert_eq!(status, 200, "{made}");
        made["id"].as_str().unwrap().to_owned()
    };
    let (mut ids, mut events) = (Vec::new(), Vec::new());
    for n in 0..2 {
        let id = room(format!("room-{n}")).await;
        let mut conn = site.workshop.conn().await;
        let event = delivery::plan(&mut conn, id.parse().unwrap(), told, 1, clock::now()).await.unwrap();
        events.push(event.expect("it is new"));
        ids.push(id);
    }
    let places = ["", "/webhook/test", "/webhook/deliveries"];
    for (method, place) in [("GET", places[0]), ("PATCH", places[0]), ("POST", places[1]), ("GET", places[2])]
    {
        known[format!("{method} {one}{place}")] = json!({ "id": ids });
    }
    known["GET /v1/rooms/name/{name}"] = json!({ "name": ["room-0", "room-1"] });
    let right = |name: &str| {
        json!({
            "name": name, "webhook_url": null, "webhook_secret": null, "ics_url": null, "ics_fetch_interval": 300,
            "email_transcript_to": null, "zulip_stream": null, "zulip_topic": null,
        })
    };
    known["PATCH /v1/rooms/{id}"]["body"] = right("room-0");
    known["POST /v1/rooms"] = json!({ "body": right("another") });
    known[format!("POST {one}/webhook/deliveries/{{delivery}}/retry")] =
        json!({ "id": ids, "delivery": events });
    for (operation, trashed) in [(format!("DELETE {one}"), false), (format!("POST {one}/restore"), true)] {
        let mut made = Vec::new();
        for n in 0..10 {
            let id = room(format!("{}-{n}", if trashed { "old" } else { "other" })).await;
            if trashed {
                site.send("DELETE", &format!("/v1/rooms/{id}"), &json!({})).await;
            }
            made.push(id);
        }
        known[operation] = json!({ "id": made });
    }
}

/// Ids of things, by operation and path parameter, and bodies: see `openapi/hooks.py`. What an operation uses up it has for itself.
async fn known(site: &Site) -> Value {
    let one = "/v1/transcripts/{id}";
    let (mut ids, mut topics, mut people, mut guests) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for n in 0..3 {
        let id = site.finished(&format!("talk {n}.wav")).await;
        topics.push(site.json(&format!("/v1/transcripts/{id}/topics")).await.1[0]["id"].clone());
        ids.push(id);
    }
    for n in 0..33 {
        let path = format!("/v1/transcripts/{}/participants", ids[n % 3]);
        let body = if n < 3 { json!({ "name": "Ada", "speaker": 0 }) } else { json!({ "name": "Guest" }) };
        let made = site.send("POST", &path, &body).await.1["id"].clone();
        if n < 3 { people.push(made) } else { guests.push(made) }
    }
    let mut known = json!({ "": { "id": ids, "topic": topics, "participant": people, "index": [0, 1], "word": [0, 1], "version": [1] } });
    known[format!("DELETE {one}/participants/{{participant}}")] = json!({ "participant": guests });
    let trashed = [format!("DELETE {one}/destroy"), format!("POST {one}/restore")];
    for operation in [format!("DELETE {one}"), format!("POST {one}/record/upload")].iter().chain(&trashed) {
        let mut made = Vec::new();
        for n in 0..10 {
            let id = site.create(&format!("{operation} {n}")).await;
            if trashed.contains(operation) {
                site.send("DELETE", &format!("/v1/transcripts/{id}"), &json!({})).await;
            }
            made.push(id);
        }
        known[operation] = json!({ "id": made });
    }
    let changing =
        ["segments/{index}", "segments/{index}/words/{word}", "segments/{index}/restore-machine-text"];
    let cutting =
        ["segments/{index}/split", "segments/{index}/merge", "edits/replace", "edits/restore-machine-text"];
    let patches = [
        format!("PATCH {one}"),
        format!("PATCH {one}/{}", changing[0]),
        format!("PATCH {one}/{}", changing[1]),
    ];
    let posts = [changing[2], cutting[0], cutting[1], cutting[2], cutting[3]]
        .map(|path| format!("POST {one}/{path}"));
    for operation in patches.iter().chain(&posts) {
        let made = [site.finished("other talk 1.wav").await, site.finished("other talk 2.wav").await];
        known[operation] = json!({ "id": made });
    }
    known[&posts[1]]["body"] = json!({ "word": 1 });
    let quotes = format!("/v1/transcripts/{}/quotes", ids[0]);
    let seconds = json!({ "start": 0.0, "end": 5.0, "expires_in": 3600 });
    let mut made = Vec::new();
    for _ in 0..10 {
        made.push(site.send("POST", &quotes, &seconds).await.1["id"].clone());
    }
    known[format!("DELETE {one}/quotes/{{quote}}")] = json!({ "id": [ids[0]], "quote": made });
    known[format!("POST {one}/quotes")] = json!({ "body": seconds });
    known[format!("POST {one}/audio/token")] = json!({ "body": { "expires_in": 60 } });
    let settled = [site.finished("other talk 1.wav").await, site.finished("other talk 2.wav").await];
    let places = json!({ "places": [{ "segment": 0, "word": 0 }] });
    known[format!("POST {one}/doubts")] = json!({ "id": settled, "body": places });
    let undone = edited(site).await;
    for _ in 0..10 {
        let revision = site.json(&format!("/v1/transcripts/{undone}/segments")).await.1["revision"].clone();
        let body = json!({ "revision": revision });
        assert_eq!(site.send("POST", &format!("/v1/transcripts/{undone}/edits/undo"), &body).await.0, 200);
    }
    known[format!("POST {one}/edits/redo")] = json!({ "id": [undone] });
    known[format!("POST {one}/edits/undo")] = json!({ "id": [edited(site).await] });
    let mut keys = Vec::new();
    for _ in 0..10 {
        keys.push(site.send("POST", "/v1/user/api-keys", &json!({})).await.1["id"].clone());
    }
    known["DELETE /v1/user/api-keys/{id}"] = json!({ "id": keys });
    rooms(site, ids[0], &mut known).await;
    sendings(site, ids[0], &mut known).await;
    known
}

/// What was answered how often, by operation.
type Answers = BTreeMap<String, BTreeMap<u16, u32>>;

/// Has Schemathesis ask every operation, about these things, and panics with what it says if it finds anything.
async fn examined(site: &Site, known: &Value, token: &str, more: &[&str]) -> Answers {
    let packages = cache_dir().join("schemathesis");
    assert!(packages.join(".stamp").is_file(), "Schemathesis is missing: run `make setup`");
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen.json");
    let hooks = crate::support::tree().join("tests/it/openapi");
    let code = format!(
        "import sys; sys.path[:0] = [{packages:?}, {hooks:?}]\n\
         from schemathesis.cli import schemathesis\nschemathesis(prog_name='schemathesis')"
    );
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                  response_schema_conformance,unsupported_method,allow_header_conformance";
    let mut command = tokio::process::Command::new("python3");
    command.args(["-I", "-B", "-c", &code, "--no-color", "run", &site.url("/openapi.json")]);
    command.args(["--checks", checks, "--seed", "20261121", "--workers", "1"]).args(more);
    command.args(["--continue-on-failure", "--no-shrink", "--warnings", "off", "--request-timeout", "30"]);
    command.args(["--generation-with-security-parameters", "false"]);
    command.env("REFLECTOR_KNOWN", known.to_string()).env("REFLECTOR_SEEN", &seen);
    command.env("REFLECTOR_TOKEN", token).env("REFLECTOR_URL", site.url(""));
    command.env("SCHEMATHESIS_HOOKS", "hooks");
    // It keeps notes in the folder where it runs.
    command.current_dir(folder.path()).stdin(Stdio::null()).kill_on_drop(true);
    let ran =
        tokio::time::timeout(Duration::from_secs(600), command.output()).await.expect("in time").unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{said}");
    let seen: Answers = serde_json::from_slice(&std::fs::read(&seen).unwrap()).unwrap();
    let described = operations(&described());
    let all =
        described.iter().flat_map(|(path, methods)| methods.keys().map(move |one| format!("{one} {path}")));
    let of = |one: String| {
        let answers = seen.get(&one).cloned().unwrap_or_else(|| panic!("{one}: never asked\n{said}"));
        (one, answers)
    };
    all.map(of).collect()
}

/// About a minute: every operation with right and wrong input of every kind, and chains of them.
#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_nothing_as_somebody_who_is_logged_in() {
    let (site, token, _chat) = guarded(false).await;
    let mut known = known(&site).await;
    known["POST /v1/auth/login"] = json!({ "body": { "email": EMAIL, "password": PASSWORD } });
    let seen = examined(&site, &known, &token, &["--max-examples", "10"]).await;
    // It found nothing because it asked, not because nothing was there.
    for (operation, answers) in &seen {
        let done = answers.keys().any(|status| (200..400).contains(status));
        assert!(done || operation.ends_with("/events"), "{operation} was never done: {answers:?}");
        let open = ["GET /v1/me", "GET /v1/config"].contains(&operation.as_str());
        assert!(answers.contains_key(&401) || open, "{operation}: {answers:?}");
    }
}

/// The same without a login, where visitors may look: what they may not do is refused as described.
#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_nothing_as_a_visitor_who_changes_nothing() {
    let (site, _, _chat) = guarded(true).await;
    let known = known(&site).await;
    let seen = examined(&site, &known, "", &["--phases", "examples,coverage"]).await;
    // The last adds nothing: it is an address of what one may hear anyway.
    let adds = [
        "POST /v1/transcripts",
        "POST /v1/transcripts/{id}/record/upload",
        "POST /v1/transcripts/{id}/audio/token",
    ];
    for (operation, answers) in &seen {
        let done = answers.keys().any(|status| (200..300).contains(status));
        let reads = operation.starts_with("GET ") || operation.starts_with("HEAD ");
        assert!(!done || reads || adds.contains(&operation.as_str()), "{operation}: {answers:?}");
    }
    let read = seen["GET /v1/transcripts/{id}"].contains_key(&200);
    assert!(read && seen["PATCH /v1/transcripts/{id}"].contains_key(&403), "{seen:?}");
}
