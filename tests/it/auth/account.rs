//! Tokens and accounts: the shapes of the ancestor's API.

use std::time::Instant;

use reflector::clock;
use reflector::model::user;
use serde_json::{Value, json};

use super::{ADA, PASSWORD, ask, guarded, login, person, send, token};
use crate::support::site::Site;

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_by_api_gives_a_token_for_a_day_that_says_who_one_is() {
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    let (status, body) = login(&site, " ADA@example.org", PASSWORD).await;
    assert_eq!((status, keys(&body)), (200, vec!["access_token", "expires_in", "token_type"]));
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("bearer"), &json!(86400)));
    let bearer = format!("Bearer {}", body["access_token"].as_str().unwrap());
    let (status, me) = send(&site, "GET", "/v1/me", ("authorization", &bearer), &Value::Null).await;
    assert_eq!((status, me), (200, json!({ "sub": ada.id, "email": ADA })));
    assert_eq!(site.json("/v1/me").await, (200, Value::Null), "nobody");

    // What is made with it belongs to whoever made it.
    let made = json!({ "name": "talk" });
    let (status, made) = send(&site, "POST", "/v1/transcripts", ("authorization", &bearer), &made).await;
    assert_eq!((status, &made["user_id"]), (200, &json!(ada.id)));
    let (_, list) = send(&site, "GET", "/v1/transcripts", ("authorization", &bearer), &Value::Null).await;
    assert_eq!(list["total"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_or_does_not_hold_is_answered_as_the_ancestor_does() {
    let site = guarded().await;
    person(&site, ADA, false).await;
    assert_eq!(site.json("/v1/transcripts").await, (401, json!({ "detail": "Not authenticated" })));
    let response = site.get("/v1/transcripts").await;
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    let good = token(&site, ADA).await;
    let changed = format!("{good}x");
    let elsewhere = reflector::auth::token::Signer::new("another key of at least thirty-two letters");
    let ada = user::by_email(&mut *site.workshop.conn().await, ADA).await.unwrap().unwrap();
    let foreign = elsewhere.issue(ada.id, Some(ADA), ada.credentials_at, clock::now()).unwrap();
    for bad in ["", "x", changed.as_str(), &foreign, "a.b.c"] {
        let (status, body) =
            send(&site, "GET", "/v1/transcripts", ("authorization", &format!("Bearer {bad}")), &Value::Null)
                .await;
        assert_eq!((status, body), (401, json!({ "detail": "Not authenticated" })), "{bad}");
    }
    let (status, body) = send(&site, "GET", "/v1/me", ("x-api-key", "rfl_nonsense"), &Value::Null).await;
    assert_eq!((status, body), (401, json!({ "detail": "Not authenticated" })), "not even on an open route");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_account_are_told_alike_and_take_the_same_time() {
    let site = guarded().await;
    person(&site, ADA, false).await;
    let shut = person(&site, "shut@example.org", false).await;
    let mut conn = site.workshop.conn().await;
    user::set_disabled(&mut conn, shut.id, true, clock::now()).await.unwrap();
    let mut took = Vec::new();
    for (email, password) in [
        (ADA, "wrong"),
        ("nobody@example.org", "wrong"),
        ("shut@example.org", PASSWORD),
        ("shut@example.org", "wrong"),
    ] {
        let begun = Instant::now();
        let answer = login(&site, email, password).await;
        took.push(begun.elapsed().as_secs_f64());
        assert_eq!(answer, (401, json!({ "detail": "Incorrect email or password" })), "{email}");
    }
    let (least, most) =
        (took.iter().copied().fold(f64::MAX, f64::min), took.iter().copied().fold(0.0, f64::max));
    assert!(least >= 0.6 && most < least * 2.0, "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_shut_out_or_changes_the_password_leaves_tokens_and_keys_behind() {
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    let bearer = format!("Bearer {}", token(&site, ADA).await);
    let key = json!({ "name": "script" });
    let (_, key) = send(&site, "POST", "/v1/user/api-keys", ("authorization", &bearer), &key).await;
    let key = key["key"].as_str().unwrap().to_owned();
    let status = async |name: &str, value: &str| ask(&site, "/v1/transcripts", (name, value)).await.0;
    assert_eq!((status("authorization", &bearer).await, status("x-api-key", &key).await), (200, 200));

    let mut conn = site.workshop.conn().await;
    let hash = reflector::auth::password::hash("another long password").unwrap();
    user::set_password(&mut conn, ada.id, &hash, clock::now()).await.unwrap();
    assert_eq!(
        status("authorization", &bearer).await,
        401,
        "a token from before the change, if only by a moment"
    );
    assert_eq!(status("x-api-key", &key).await, 200, "a key has no password");
    user::set_disabled(&mut conn, ada.id, true, clock::now()).await.unwrap();
    assert_eq!(status("x-api-key", &key).await, 401);
    user::set_disabled(&mut conn, ada.id, false, clock::now()).await.unwrap();
    assert_eq!((status("authorization", &bearer).await, status("x-api-key", &key).await), (401, 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_logs_in_everything_is_as_it_was() {
    let site = Site::new().await;
    for path in ["/", "/transcripts", "/v1/transcripts", "/metrics"] {
        assert_eq!(site.get(path).await.status(), 200, "{path}");
    }
    assert_eq!(site.json("/v1/me").await, (200, Value::Null));
    for path in ["/login", "/setup"] {
        assert_eq!(site.get(path).await.status(), 404, "{path}");
    }
    assert_eq!(site.get("/settings").await.status(), 404);
    assert_eq!(login(&site, ADA, PASSWORD).await.0, 404);
    assert_eq!(site.json("/v1/user/api-keys").await.0, 401);
    let menu = site.page("/").await.1;
    assert!(!menu.contains("/login") && !menu.contains("/settings"));
}
