//! An Authentik of a test's own: as much of its API (v3, as of 2024.12) as makes a provider and an application. Shapes, statuses and
//! refusals are those of the real one.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch};
use axum::{Json, Router};
use serde_json::{Value, json};

pub const TOKEN: &str = "an-api-token-of-akadmin";
/// What Authentik makes up for a new client.
pub const SECRET: &str = "a-secret-that-authentik-made-up-and-nobody-else-knows";

/// What is kept, as the API gives it.
#[derive(Default)]
pub struct Kept {
    pub flows: Vec<Value>,
    pub mappings: Vec<Value>,
    pub keys: Vec<Value>,
    pub providers: Vec<Value>,
    pub applications: Vec<Value>,
    /// Methods and paths of what was changed.
    pub writes: Vec<String>,
}

type Shared = Arc<Mutex<Kept>>;

/// A server that lives as long as this.
pub struct Authentik {
    pub address: SocketAddr,
    kept: Shared,
    task: tokio::task::JoinHandle<()>,
}

impl Authentik {
    /// With the default blueprints.
    pub async fn start() -> Self {
        let kept: Shared = Arc::new(Mutex::new(blueprints()));
        let app = Router::new()
            .route("/api/v3/flows/instances/", get(flows))
            .route("/api/v3/propertymappings/provider/scope/", get(mappings))
            .route("/api/v3/crypto/certificatekeypairs/", get(keys))
            .route("/api/v3/providers/oauth2/", get(providers).post(make_provider))
            .route("/api/v3/providers/oauth2/{pk}/", get(provider).patch(change_provider))
            .route("/api/v3/providers/oauth2/{pk}/setup_urls/", get(setup_urls))
            .route("/api/v3/core/applications/", axum::routing::post(make_application))
            .route("/api/v3/core/applications/{slug}/", patch(change_application).get(application))
            .fallback(async || (StatusCode::NOT_FOUND, "<html>Not found</html>"))
            .layer(middleware::from_fn_with_state(kept.clone(), door))
            .with_state(kept.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let task = tokio::spawn(async move { axum::serve(listener, app).await.expect("serve") });
        Self { address, kept, task }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("lock")
    }
}

impl Drop for Authentik {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn blueprints() -> Kept {
    let flow = |pk: &str, slug: &str| json!({ "pk": pk, "slug": slug, "name": slug, "designation": "authorization" });
    let mapping = |pk: &str, scope: &str| json!({ "pk": pk, "managed": format!("goauthentik.io/providers/oauth2/scope-{scope}"), "scope_name": scope });
    let key = |pk: &str, name: &str, managed: Value| json!({ "pk": pk, "name": name, "managed": managed, "private_key_available": true });
    Kept {
        flows: vec![
            flow("f-explicit", "default-provider-authorization-explicit-consent"),
            flow("f-implicit", "default-provider-authorization-implicit-consent"),
            flow("f-invalidation", "default-provider-invalidation-flow"),
        ],
        mappings: vec![
            mapping("m-openid", "openid"),
            mapping("m-email", "email"),
            mapping("m-profile", "profile"),
            mapping("m-offline", "offline_access"),
            mapping("m-entitlements", "entitlements"),
        ],
        keys: vec![
            key("k-jwt", "authentik Internal JWT Certificate", json!("goauthentik.io/crypto/jwt-managed")),
            key("k-self", "authentik Self-signed Certificate", Value::Null),
        ],
        ..Kept::default()
    }
}

/// Only an administrator's token comes in; what changes something is noted.
async fn door(State(kept): State<Shared>, request: Request, next: Next) -> Response {
    let shown = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    if shown != Some(&format!("Bearer {TOKEN}")) {
        let detail = json!({ "detail": "Token invalid/expired" });
        return (StatusCode::FORBIDDEN, Json(detail)).into_response();
    }
    if request.method() != "GET" {
        let line = format!("{} {}", request.method(), request.uri().path());
        kept.lock().expect("lock").writes.push(line);
    }
    next.run(request).await
}

/// A page of those that the query does not leave out.
fn page(all: &[Value], query: &[(String, String)]) -> Json<Value> {
    let plain = ["page", "page_size", "ordering", "search", "has_key"];
    let filters = query.iter().filter(|(name, _)| !plain.contains(&name.as_str()));
    let filters: Vec<_> = filters.collect();
    let results: Vec<&Value> =
        all.iter().filter(|one| filters.iter().all(|(name, value)| one[name.as_str()] == *value)).collect();
    let count = results.len();
    let pagination = json!({ "next": 0, "previous": 0, "count": count, "current": 1, "total_pages": 1, "start_index": 1, "end_index": count });
    Json(json!({ "pagination": pagination, "results": results }))
}

type Filters = Query<Vec<(String, String)>>;

async fn flows(State(kept): State<Shared>, Query(query): Filters) -> Json<Value> {
    page(&kept.lock().expect("lock").flows, &query)
}

async fn mappings(State(kept): State<Shared>, Query(query): Filters) -> Json<Value> {
    page(&kept.lock().expect("lock").mappings, &query)
}

async fn keys(State(kept): State<Shared>, Query(query): Filters) -> Json<Value> {
    page(&kept.lock().expect("lock").keys, &query)
}

async fn providers(State(kept): State<Shared>, Query(query): Filters) -> Json<Value> {
    page(&kept.lock().expect("lock").providers, &query)
}

fn not_found(what: &str) -> Response {
    (StatusCode::NOT_FOUND, Json(json!({ "detail": format!("No {what} matches the given query.") })))
        .into_response()
}

fn found(all: &[Value], field: &str, value: &Value, what: &str) -> Response {
    match all.iter().find(|one| one[field] == *value) {
        Some(one) => Json(one.clone()).into_response(),
        None => not_found(what),
    }
}

async fn provider(State(kept): State<Shared>, Path(pk): Path<i64>) -> Response {
    found(&kept.lock().expect("lock").providers, "pk", &json!(pk), "OAuth2Provider")
}

async fn application(State(kept): State<Shared>, Path(slug): Path<String>) -> Response {
    found(&kept.lock().expect("lock").applications, "slug", &json!(slug), "Application")
}

/// What the serializer demands.
fn missing(body: &Value, fields: &[&str]) -> Option<Response> {
    let wrong: serde_json::Map<String, Value> = fields
        .iter()
        .filter(|field| body[**field].is_null())
        .map(|field| ((*field).to_owned(), json!(["This field is required."])))
        .collect();
    (!wrong.is_empty()).then(|| (StatusCode::BAD_REQUEST, Json(Value::Object(wrong))).into_response())
}

/// Redirects are objects, and modes and kinds of the two that there are.
fn wrong_redirects(body: &Value) -> Option<Response> {
    let fits = |one: &Value| {
        one["url"].is_string()
            && ["strict", "regex"].contains(&one["matching_mode"].as_str().unwrap_or_default())
    };
    let list = body.get("redirect_uris")?;
    if list.as_array().is_some_and(|list| list.iter().all(fits)) {
        return None;
    }
    Some(
        (StatusCode::BAD_REQUEST, Json(json!({ "redirect_uris": ["Expected a list of items."] })))
            .into_response(),
    )
}

async fn make_provider(State(kept): State<Shared>, Json(body): Json<Value>) -> Response {
    let required = ["name", "authorization_flow", "invalidation_flow", "redirect_uris"];
    if let Some(refused) = missing(&body, &required).or_else(|| wrong_redirects(&body)) {
        return refused;
    }
    let mut kept = kept.lock().expect("lock");
    if kept.providers.iter().any(|one| one["name"] == body["name"]) {
        let said = json!({ "name": ["provider with this name already exists."] });
        return (StatusCode::BAD_REQUEST, Json(said)).into_response();
    }
    let mut made = json!({
        "pk": 7 + kept.providers.len(), "component": "ak-provider-oauth2-form", "client_type": "confidential",
        "client_id": "Qx3made4up5by6authentik", "client_secret": SECRET, "signing_key": null, "property_mappings": [],
    });
    for (field, value) in body.as_object().expect("an object") {
        made[field] = value.clone();
    }
    kept.providers.push(made.clone());
    (StatusCode::CREATED, Json(made)).into_response()
}

async fn change_provider(
    State(kept): State<Shared>,
    Path(pk): Path<i64>,
    Json(body): Json<Value>,
) -> Response {
    if let Some(refused) = wrong_redirects(&body) {
        return refused;
    }
    let mut kept = kept.lock().expect("lock");
    let Some(one) = kept.providers.iter_mut().find(|one| one["pk"] == pk) else {
        return not_found("OAuth2Provider");
    };
    for (field, value) in body.as_object().expect("an object") {
        one[field] = value.clone();
    }
    Json(one.clone()).into_response()
}

async fn setup_urls(State(kept): State<Shared>, Path(pk): Path<i64>) -> Response {
    let kept = kept.lock().expect("lock");
    if !kept.providers.iter().any(|one| one["pk"] == pk) {
        return not_found("OAuth2Provider");
    }
    let application = kept.applications.iter().find(|one| one["provider"] == pk);
    let slug = application.and_then(|one| one["slug"].as_str()).unwrap_or("unassigned");
    let at = |end: &str| format!("https://auth.example.org/application/o/{end}");
    Json(json!({ "issuer": at(&format!("{slug}/")), "authorize": at("authorize/"), "token": at("token/"), "jwks": at(&format!("{slug}/jwks/")) }))
        .into_response()
}

async fn make_application(State(kept): State<Shared>, Json(body): Json<Value>) -> Response {
    if let Some(refused) = missing(&body, &["name", "slug"]) {
        return refused;
    }
    let mut kept = kept.lock().expect("lock");
    if kept.applications.iter().any(|one| one["slug"] == body["slug"]) {
        let said = json!({ "slug": ["Application with this slug already exists."] });
        return (StatusCode::BAD_REQUEST, Json(said)).into_response();
    }
    kept.applications.push(body.clone());
    (StatusCode::CREATED, Json(body)).into_response()
}

async fn change_application(
    State(kept): State<Shared>,
    Path(slug): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    let mut kept = kept.lock().expect("lock");
    let Some(one) = kept.applications.iter_mut().find(|one| one["slug"] == slug.as_str()) else {
        return not_found("Application");
    };
    for (field, value) in body.as_object().expect("an object") {
        one[field] = value.clone();
    }
    Json(one.clone()).into_response()
}
