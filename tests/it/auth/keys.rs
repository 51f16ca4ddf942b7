//! Keys for scripts: `/v1/user/api-keys` and `X-API-Key`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use reflector::clock;
use reflector::db::schema::user_api_key;
use serde_json::{Value, json};

use super::{ADA, ask, guarded, person, send, token};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_shown_once_kept_as_a_hash_and_can_be_revoked() {
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    let bearer = format!("Bearer {}", token(&site, ADA).await);
    let auth = ("authorization", bearer.as_str());
    let (status, made) = send(&site, "POST", "/v1/user/api-keys", auth, &json!({ "name": "nightly" })).await;
    assert_eq!(status, 200, "{made}");
    for field in ["id", "user_id", "name", "created_at", "key"] {
        assert!(made.get(field).is_some(), "the ancestor's {field}");
    }
    assert_eq!((&made["user_id"], &made["name"]), (&json!(ada.id), &json!("nightly")));
    assert_eq!(made["scopes"], json!(["read", "write"]));
    let end: DateTime<Utc> = made["expires_at"].as_str().unwrap().parse().unwrap();
    assert!((end - clock::now()).num_days() >= 364, "it ends by itself in a year");
    let key = made["key"].as_str().unwrap();
    assert!(key.starts_with(made["prefix"].as_str().unwrap()) && key.len() > 40);

    let (status, list) = send(&site, "GET", "/v1/user/api-keys", auth, &Value::Null).await;
    assert_eq!((status, list.as_array().unwrap().len()), (200, 1));
    assert!(list[0].get("key").is_none() && !list.to_string().contains(key), "never again");
    assert_eq!(list[0]["last_used_at"], Value::Null);
    let kept: Vec<(String, String)> = user_api_key::table
        .select((user_api_key::key_hash, user_api_key::prefix))
        .load(&mut site.workshop.conn().await)
        .await
        .unwrap();
    assert!(kept[0].0.len() == 64 && !kept[0].0.contains(key) && kept[0].1.len() == 12);

    let (status, me) = send(&site, "GET", "/v1/me", ("x-api-key", key), &Value::Null).await;
    assert_eq!((status, &me["sub"]), (200, &json!(ada.id)));
    let (_, list) = send(&site, "GET", "/v1/user/api-keys", auth, &Value::Null).await;
    assert!(list[0]["last_used_at"].is_string());

    let one = format!("/v1/user/api-keys/{}", made["id"].as_str().unwrap());
    let other = person(&site, "bob@example.org", false).await;
    assert_ne!(other.id, ada.id);
    let bob = format!("Bearer {}", token(&site, "bob@example.org").await);
    assert_eq!(send(&site, "DELETE", &one, ("authorization", &bob), &Value::Null).await.0, 404, "not theirs");
    assert_eq!(send(&site, "DELETE", &one, auth, &Value::Null).await, (200, json!({ "status": "ok" })));
    assert_eq!(send(&site, "DELETE", &one, auth, &Value::Null).await.0, 404, "gone");
    assert_eq!(ask(&site, "/v1/transcripts", ("x-api-key", key)).await.0, 401);
    let (_, list) = send(&site, "GET", "/v1/user/api-keys", auth, &Value::Null).await;
    assert_eq!(list, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_does_what_it_is_good_for_until_it_runs_out_and_makes_no_other() {
    let site = guarded().await;
    person(&site, ADA, true).await;
    let bearer = format!("Bearer {}", token(&site, ADA).await);
    let auth = ("authorization", bearer.as_str());
    let make = async |body: Value| send(&site, "POST", "/v1/user/api-keys", auth, &body).await;
    for bad in [
        json!({ "scopes": [] }),
        json!({ "scopes": ["admin"] }),
        json!({ "expires_in_days": 0 }),
        json!({ "expires_in_days": 4000 }),
        json!({ "name": "x".repeat(201) }),
    ] {
        assert_eq!(make(bad.clone()).await.0, 422, "{bad}");
    }
    let (_, endless) = make(json!({ "expires_in_days": null })).await;
    assert_eq!(endless["expires_at"], Value::Null);
    let key = |made: &Value| made["key"].as_str().unwrap().to_owned();
    let (_, reads) = make(json!({ "scopes": ["read"], "expires_in_days": 1 })).await;
    let (_, writes) = make(json!({ "scopes": ["write"] })).await;
    let (reads, writes, endless) = (key(&reads), key(&writes), key(&endless));

    let create = async |key: &str| {
        send(&site, "POST", "/v1/transcripts", ("x-api-key", key), &json!({ "name": "talk" })).await
    };
    assert_eq!(create(&reads).await.0, 403);
    let (status, made) = create(&writes).await;
    assert_eq!(status, 200);
    let one = format!("/v1/transcripts/{}", made["id"].as_str().unwrap());
    assert_eq!(ask(&site, &one, ("x-api-key", &reads)).await.0, 200);
    assert_eq!(ask(&site, &one, ("x-api-key", &writes)).await.0, 404, "it may not look");
    let change = json!({ "title": "New" });
    assert_eq!(send(&site, "PATCH", &one, ("x-api-key", &reads), &change).await.0, 403);
    assert_eq!(send(&site, "DELETE", &one, ("x-api-key", &reads), &change).await.0, 403);
    assert_eq!(send(&site, "PATCH", &one, ("x-api-key", &writes), &change).await.0, 404, "it would be shown");
    let (_, shown) = send(&site, "GET", &one, ("x-api-key", &reads), &Value::Null).await;
    assert_ne!(shown["title"], "New");
    let (_, list) = send(&site, "GET", "/v1/transcripts", ("x-api-key", &writes), &Value::Null).await;
    assert_eq!(list["total"], 0);

    for path in ["/v1/user/api-keys", "/settings"] {
        assert_eq!(ask(&site, path, ("x-api-key", &endless)).await.0, 403, "{path}");
    }
    assert_eq!(
        send(&site, "POST", "/v1/user/api-keys", ("x-api-key", &endless), &json!({})).await.0,
        403,
        "a key that was stolen can't live on in another"
    );
    let mut conn = site.workshop.conn().await;
    diesel::update(user_api_key::table)
        .set(user_api_key::expires_at.eq(clock::now()))
        .filter(user_api_key::expires_at.is_not_null())
        .execute(&mut conn)
        .await
        .unwrap();
    assert_eq!(ask(&site, &one, ("x-api-key", &reads)).await.0, 401, "run out");
    assert_eq!(ask(&site, &one, ("x-api-key", &endless)).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_and_a_key_of_two_people_are_refused_together() {
    let site = guarded().await;
    person(&site, ADA, false).await;
    person(&site, "bob@example.org", false).await;
    let (ada, bob) = (token(&site, ADA).await, token(&site, "bob@example.org").await);
    let bearer = format!("Bearer {ada}");
    let (_, made) = send(&site, "POST", "/v1/user/api-keys", ("authorization", &bearer), &json!({})).await;
    let both = async |token: &str| {
        let request = site.client.get(site.url("/v1/me")).header("x-api-key", made["key"].as_str().unwrap());
        request.bearer_auth(token).send().await.unwrap().status().as_u16()
    };
    assert_eq!((both(&ada).await, both(&bob).await), (200, 401));
}
