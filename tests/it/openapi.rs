//! The API's own description: the one in docs/, of every route, of typed shapes only; and what Schemathesis finds with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use reflector::config::cache_dir;
use serde_json::{Value, json};

use crate::support::site::Site;

fn described() -> Value {
    serde_json::to_value(reflector::web::openapi()).unwrap()
}

fn source(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
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
    path.replace("{format}", "txt").replace("{id}", id).replace("{topic}", id).replace("{participant}", id)
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
    assert!(operations.len() > 15, "{operations:?}");
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
    assert!(found.len() > 150, "{}", found.len());
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
            for status in operation["responses"].as_object().unwrap().keys() {
                assert!(!status.starts_with('5') && status != "default", "{method} {path}: {status}");
            }
        }
    }
}

/// Ids of things, by operation and path parameter: see `openapi/hooks.py`. What an operation uses up it has for itself.
async fn known(site: &Site) -> Value {
    let one = "/v1/transcripts/{id}";
    let (mut ids, mut topics, mut people, mut guests) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut changed = Vec::new();
    for n in 0..3 {
        let id = site.finished(&format!("talk {n}.wav")).await;
        topics.push(site.json(&format!("/v1/transcripts/{id}/topics")).await.1[0]["id"].clone());
        ids.push(id);
        changed.push(site.finished(&format!("other talk {n}.wav")).await);
    }
    for n in 0..33 {
        let path = format!("/v1/transcripts/{}/participants", ids[n % 3]);
        let body = if n < 3 { json!({ "name": "Ada", "speaker": 0 }) } else { json!({ "name": "Guest" }) };
        let made = site.send("POST", &path, &body).await.1["id"].clone();
        if n < 3 { people.push(made) } else { guests.push(made) }
    }
    let mut known = json!({ "": { "id": ids, "topic": topics, "participant": people } });
    known[format!("PATCH {one}")] = json!({ "id": changed });
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
    known
}

/// About a minute: every operation with right and wrong input of every kind, and chains of them.
#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_nothing() {
    let packages = cache_dir().join("schemathesis");
    assert!(packages.join(".stamp").is_file(), "Schemathesis is missing: run `make setup`");
    let site = Site::new().await;
    let known = known(&site).await;
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen.json");
    let hooks = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/openapi");
    let code = format!(
        "import sys; sys.path[:0] = [{packages:?}, {hooks:?}]\n\
         from schemathesis.cli import schemathesis\nschemathesis(prog_name='schemathesis')"
    );
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                  response_schema_conformance,unsupported_method,allow_header_conformance";
    let mut command = tokio::process::Command::new("python3");
    command.args(["-I", "-B", "-c", &code, "--no-color", "run", &site.url("/openapi.json")]);
    command.args(["--checks", checks, "--max-examples", "40", "--seed", "20261121", "--workers", "1"]);
    command.args(["--continue-on-failure", "--no-shrink", "--warnings", "off", "--request-timeout", "30"]);
    command.env("REFLECTOR_KNOWN", known.to_string()).env("REFLECTOR_SEEN", &seen);
    command.env("SCHEMATHESIS_HOOKS", "hooks");
    // It keeps notes in the folder where it runs.
    command.current_dir(folder.path()).stdin(Stdio::null()).kill_on_drop(true);
    let ran =
        tokio::time::timeout(Duration::from_secs(600), command.output()).await.expect("in time").unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{said}");

    // It found nothing because it asked, not because nothing was there.
    let seen: BTreeMap<String, BTreeMap<u16, u32>> =
        serde_json::from_slice(&std::fs::read(&seen).unwrap()).unwrap();
    for (path, methods) in operations(&described()) {
        for method in methods.keys() {
            let answers = seen
                .get(&format!("{method} {path}"))
                .unwrap_or_else(|| panic!("{method} {path}: never asked"));
            let socket = path.ends_with("/events");
            let done = answers.keys().any(|status| (200..400).contains(status));
            assert!(done || socket, "{method} {path} was never done: {answers:?}\n{said}");
        }
    }
}
