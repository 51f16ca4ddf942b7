//! What is about the server and whoever asks: health, numbers, `/v1/me`, keys.

use serde_json::{Value, json};

use super::contract_conventions::fields;
use crate::auth::{ADA, guarded, person, send, token};
use crate::support::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn health_and_numbers_are_at_the_root() {
    let site = Site::new().await;
    assert_eq!(site.json("/health").await, (200, json!({ "status": "healthy" })));
    site.json("/v1/transcripts").await;
    let metrics = site.get("/metrics").await;
    assert_eq!(metrics.status(), 200);
    let kind = metrics.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("text/plain"), "{kind}");
    let text = metrics.text().await.unwrap();
    assert!(text.contains("# TYPE reflector_http_requests_total counter"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn me_is_an_account_or_null() {
    let open = Site::new().await;
    assert_eq!(open.json("/v1/me").await, (200, Value::Null));
    let site = guarded().await;
    let ada = person(&site, ADA, true).await;
    assert_eq!(site.json("/v1/me").await, (200, Value::Null));
    let login = format!("Bearer {}", token(&site, ADA).await);
    let (status, me) = send(&site, "GET", "/v1/me", ("authorization", &login), &Value::Null).await;
    assert_eq!((status, me), (200, json!({ "sub": ada.id, "email": ADA })));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_made_listed_without_themselves_and_deleted_by_their_owner() {
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    person(&site, "bob@example.org", false).await;
    let hers = format!("Bearer {}", token(&site, ADA).await);
    let his = format!("Bearer {}", token(&site, "bob@example.org").await);
    let keys = "/v1/user/api-keys";
    let ask = async |who: &str, method: &str, path: &str, body: Value| {
        send(&site, method, path, ("authorization", who), &body).await
    };
    let (status, made) = ask(&hers, "POST", keys, json!({ "name": "nightly" })).await;
    let ours =
        ["created_at", "expires_at", "id", "key", "last_used_at", "name", "prefix", "scopes", "user_id"];
    assert_eq!((status, fields(&made)), (200, ours.to_vec()));
    assert_eq!((&made["user_id"], &made["name"]), (&json!(ada.id), &json!("nightly")));
    assert_eq!(ask(&hers, "POST", keys, json!({})).await.1["name"], Value::Null, "a name is not needed");
    let (status, list) = ask(&hers, "GET", keys, Value::Null).await;
    assert_eq!((status, list.as_array().unwrap().len()), (200, 2));
    assert!(!list.to_string().contains(made["key"].as_str().unwrap()), "shown once");
    assert_eq!(ask(&his, "GET", keys, Value::Null).await.1, json!([]));
    let one = format!("{keys}/{}", made["id"].as_str().unwrap());
    assert_eq!(ask(&his, "DELETE", &one, Value::Null).await.0, 404, "not his own");
    assert_eq!(ask(&hers, "DELETE", &one, Value::Null).await, (200, json!({ "status": "ok" })));
    assert_eq!(ask(&hers, "DELETE", &one, Value::Null).await.0, 404);
}
