//! Who asks, as the ancestor's clients show it: tokens, keys, both, on sockets and for sound.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reflector::model::user;
use reflector::{clock, ids::TranscriptId};
use serde_json::{Value, json};

use super::contract_conventions::fields;
use crate::auth::{ADA, guarded, person, send, token};
use crate::support::site::{PASSWORD, Site};
use crate::support::socket::Watcher;

const BOB: &str = "bob@example.org";

async fn key(site: &Site, login: &str) -> String {
    let header = ("authorization", login);
    let (status, made) = send(site, "POST", "/v1/user/api-keys", header, &json!({ "name": "n" })).await;
    assert_eq!(status, 200, "{made}");
    made["key"].as_str().unwrap().to_owned()
}

/// The status of a request with headers, and whom `/v1/me` knows by them.
async fn known(site: &Site, headers: &[(&str, &str)]) -> (u16, Value) {
    let ask = async |path: &str| {
        let mut request = site.client.get(site.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    };
    let status = ask("/v1/transcripts").await.status().as_u16();
    (status, ask("/v1/me").await.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_a_key_or_both_of_one_person_show_who_asks() {
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    person(&site, BOB, false).await;
    let hers = format!("Bearer {}", token(&site, ADA).await);
    let his = format!("Bearer {}", token(&site, BOB).await);
    let (her_key, his_key) = (key(&site, &hers).await, key(&site, &his).await);
    let me = json!({ "sub": ada.id, "email": ADA });
    for shown in [
        vec![("authorization", hers.as_str())],
        vec![("x-api-key", her_key.as_str())],
        vec![("authorization", hers.as_str()), ("x-api-key", her_key.as_str())],
    ] {
        assert_eq!(known(&site, &shown).await, (200, me.clone()), "{shown:?}");
    }
    let refused = json!({ "detail": "Not authenticated" });
    for shown in [
        vec![("authorization", hers.as_str()), ("x-api-key", his_key.as_str())],
        vec![("authorization", "Bearer x.y.z")],
        vec![("x-api-key", "rfl_unknown")],
    ] {
        assert_eq!(known(&site, &shown).await, (401, refused.clone()), "{shown:?}");
    }
    assert_eq!(known(&site, &[]).await, (401, Value::Null), "nobody is nobody, and told so");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_gives_a_token_signed_with_the_secret_for_a_day() {
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    let given = json!({ "email": ADA, "password": PASSWORD });
    let (status, made) = site.send("POST", "/v1/auth/login", &given).await;
    assert_eq!((status, fields(&made)), (200, vec!["access_token", "expires_in", "token_type"]));
    assert_eq!((&made["token_type"], &made["expires_in"]), (&json!("bearer"), &json!(86_400)));
    let part = |n: usize| -> Value {
        let text = made["access_token"].as_str().unwrap().split('.').nth(n).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
    };
    assert_eq!(part(0)["alg"], "HS256");
    let claims = part(1);
    assert_eq!((&claims["sub"], &claims["email"]), (&json!(ada.id), &json!(ADA)));
    let left = claims["exp"].as_i64().unwrap() - clock::now().timestamp();
    assert!((86_300..=86_400).contains(&left), "{left}");
}

/// As the ancestor's set-up wrote them: `pbkdf2:sha256:<iterations>$<salt>$<hex>`.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_hash_of_the_ancestors_lets_its_owner_in() {
    let site = guarded().await;
    let derived: [u8; 32] = {
        let mut out = [0; 32];
        pbkdf2::pbkdf2_hmac::<pbkdf2::sha2::Sha256>(PASSWORD.as_bytes(), b"0a1b2c3d", 100_000, &mut out);
        out
    };
    let hash = format!("pbkdf2:sha256:100000$0a1b2c3d${}", hex::encode(derived));
    let mut conn = site.workshop.conn().await;
    user::create_with_password(&mut conn, ADA, &hash, false, clock::now()).await.unwrap();
    drop(conn);
    let login = |password: &str| json!({ "email": ADA, "password": password });
    assert_eq!(site.send("POST", "/v1/auth/login", &login("wrong")).await.0, 401);
    assert_eq!(site.send("POST", "/v1/auth/login", &login(PASSWORD)).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_take_the_token_as_the_protocol_after_bearer_and_no_key_there() {
    let site = guarded().await;
    person(&site, ADA, false).await;
    let id = site.finished("talk.wav").await;
    let bearer = token(&site, ADA).await;
    let her_key = key(&site, &format!("Bearer {bearer}")).await;
    let one = format!("/v1/transcripts/{id}/events");
    for path in [one.as_str(), "/v1/events"] {
        Watcher::open(&site, path, &[("sec-websocket-protocol", &format!("bearer, {bearer}"))]).await;
    }
    let as_protocol = [("sec-websocket-protocol", format!("bearer, {her_key}"))];
    let shown = [(as_protocol[0].0, as_protocol[0].1.as_str())];
    assert_eq!(Watcher::refused(&site, &one, &shown).await.0, 401);
    let mut told = Watcher::open(&site, "/v1/events", &shown).await;
    assert_eq!(told.code().await, 4401);
}

/// The ancestor took a login's token in the address of the sound; ours takes one that opens only that sound.
#[tokio::test(flavor = "multi_thread")]
async fn sound_takes_a_token_of_its_own_in_the_address_and_no_logins() {
    let site = guarded().await;
    person(&site, ADA, false).await;
    let id = site.finished("talk.wav").await;
    let bearer = token(&site, ADA).await;
    let login = format!("Bearer {bearer}");
    let sound = |token: &str| format!("/v1/transcripts/{id}/audio/mp3?token={token}");
    assert_eq!(site.get(&sound(&bearer)).await.status(), 401);
    let path = format!("/v1/transcripts/{id}/audio/token");
    let (status, made) = send(&site, "POST", &path, ("authorization", &login), &json!({})).await;
    assert_eq!((status, fields(&made)), (200, vec!["expires_at", "token", "url"]));
    let address = sound(made["token"].as_str().unwrap());
    assert_eq!(site.get(&address).await.status(), 200);
    assert_eq!(site.client.head(site.url(&address)).send().await.unwrap().status(), 200);
    let none = format!("/v1/transcripts/{}/audio/token", TranscriptId::new());
    assert_eq!(send(&site, "POST", &none, ("authorization", &login), &json!({})).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_logs_in_nothing_needs_to_be_shown_and_no_route_fails() {
    let site = Site::new().await;
    assert_eq!(known(&site, &[]).await, (200, Value::Null));
    assert_eq!(known(&site, &[("authorization", "Bearer x")]).await.0, 200);
    for (method, path) in
        [("GET", "/v1/user/api-keys"), ("POST", "/v1/user/api-keys"), ("POST", "/v1/auth/login")]
    {
        let given = json!({ "email": ADA, "password": PASSWORD });
        let (status, said) = site.send(method, path, &given).await;
        assert!((400..500).contains(&status), "{method} {path}: {status} {said}");
    }
}
