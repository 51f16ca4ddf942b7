//! Addresses to listen at for some minutes: what they open, and everything that ends them.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use reflector::auth::listen::{Bound, Grant, Signer};
use reflector::auth::password;
use reflector::clock;
use reflector::db::schema::session;
use reflector::ids::TranscriptId;
use reflector::model::{listening, transcript, user};
use serde_json::{Value, json};

use crate::auth::{ADA, cookie, guarded, person, public, send, token};
use crate::support::site::{Site, mp3};

const BOB: &str = "bob@example.org";

/// A transcript of somebody's, shared so.
async fn theirs(site: &Site, email: &str, mode: &str) -> TranscriptId {
    use reflector::db::schema::transcript;
    let id = site.finished("talk.wav").await;
    let mut conn = site.workshop.conn().await;
    let owner = user::by_email(&mut conn, email).await.unwrap().unwrap().id;
    let mode: reflector::model::ShareMode = mode.parse().unwrap();
    diesel::update(transcript::table.find(id))
        .set((transcript::share_mode.eq(mode), transcript::user_id.eq(Some(owner))))
        .execute(&mut conn)
        .await
        .unwrap();
    id
}

async fn bearer(site: &Site, email: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer {}", token(site, email).await))
}

/// An address that somebody asks for.
async fn given(site: &Site, id: TranscriptId, (name, value): (&'static str, &str)) -> (u16, Value) {
    send(site, "POST", &format!("/v1/transcripts/{id}/audio/token"), (name, value), &json!({})).await
}

/// The status of an address for somebody who shows nothing.
async fn heard(site: &Site, url: &str) -> u16 {
    site.client.get(url).send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_opens_the_sound_of_one_transcript_and_nothing_else() {
    let site = guarded().await;
    person(&site, ADA, false).await;
    let (one, other) = (theirs(&site, ADA, "private").await, theirs(&site, ADA, "private").await);
    let (name, ada) = bearer(&site, ADA).await;
    let (status, made) = given(&site, one, (name, &ada)).await;
    assert_eq!(status, 200, "{made}");
    let (url, token) = (made["url"].as_str().unwrap(), made["token"].as_str().unwrap());
    assert_eq!(url, site.url(&format!("/v1/transcripts/{one}/audio/mp3?token={token}")));
    let ends: chrono::DateTime<chrono::Utc> = made["expires_at"].as_str().unwrap().parse().unwrap();
    let left = (ends - clock::now()).num_seconds();
    assert!((890..=900).contains(&left), "a quarter of an hour: {left}");

    let whole = site.client.get(url).send().await.unwrap();
    assert_eq!(whole.status(), 200);
    assert_eq!(
        whole.headers()["cross-origin-resource-policy"],
        "cross-origin",
        "also in another site's player"
    );
    assert_eq!(whole.bytes().await.unwrap(), mp3());
    let part = site.client.get(url).header("range", "bytes=10-19").send().await.unwrap();
    assert_eq!((part.status().as_u16(), part.bytes().await.unwrap().as_ref()), (206, &mp3()[10..20]));
    assert_eq!(site.client.head(url).send().await.unwrap().status(), 200);
    let by_login = site.client.get(site.url(&format!("/v1/transcripts/{one}/audio/mp3"))).header(name, &ada);
    assert_eq!(by_login.send().await.unwrap().headers()["cross-origin-resource-policy"], "same-origin");

    let at = |path: String| site.url(&format!("{path}?token={token}"));
    for path in [
        format!("/v1/transcripts/{other}/audio/mp3"),
        format!("/v1/transcripts/{one}/audio/waveform"),
        format!("/v1/transcripts/{one}"),
        format!("/v1/transcripts/{one}/download/txt"),
        format!("/v1/transcripts/{}/audio/mp3", TranscriptId::new()),
        "/v1/transcripts".into(),
    ] {
        assert_eq!(heard(&site, &at(path.clone())).await, 401, "{path}");
    }
    // It is no login of any other kind.
    for (name, value) in [("authorization", format!("Bearer {token}")), ("x-api-key", token.to_owned())] {
        let path = format!("/v1/transcripts/{one}/audio/mp3");
        assert_eq!(send(&site, "GET", &path, (name, &value), &Value::Null).await.0, 401, "{name}");
    }
    let again = site.client.post(site.url(&format!("/v1/transcripts/{one}/audio/token?token={token}")));
    assert_eq!(again.send().await.unwrap().status(), 401, "it makes no other");
    for bad in ["", "x", "a.b", &token[..token.len() - 2], &format!("{token}A")] {
        let url = site.url(&format!("/v1/transcripts/{one}/audio/mp3?token={bad}"));
        let refused = site.client.get(url).send().await.unwrap();
        assert_eq!(refused.status(), 401, "{bad}");
        let said: Value = refused.json().await.unwrap();
        assert!(said["detail"].as_str().unwrap().contains("does not hold"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_ends_in_time_and_is_bound_to_its_object() {
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    let id = theirs(&site, ADA, "private").await;
    let mut conn = site.workshop.conn().await;
    let signer = Signer::new(&listening::secret(&mut conn).await.unwrap());
    let rights = listening::rights(&mut conn, id).await.unwrap().unwrap();
    let now = clock::now().timestamp();
    let since = Some(ada.credentials_at.timestamp_micros());
    let sound = format!("transcripts/{id}/audio.mp3");
    for (ends_at, object, rights, status) in [
        (now + 60, sound.as_str(), rights, 200),
        (now - 1, &sound, rights, 401),
        (now + 60, &sound, rights + 1, 401),
        (now + 60, &format!("transcripts/{id}/audio.pcm"), rights, 401),
    ] {
        let grant = Grant { user: Some(ada.id), credentials_at: since, session: None, key: None, ends_at };
        let token = signer.sign(&grant, Bound { object, rights }).unwrap();
        let url = site.url(&format!("/v1/transcripts/{id}/audio/mp3?token={token}"));
        assert_eq!(heard(&site, &url).await, status, "{ends_at} {object} {rights}");
    }
    let (name, value) = bearer(&site, ADA).await;
    let path = format!("/v1/transcripts/{id}/audio/token");
    for (seconds, status) in [(59, 422), (60, 200), (3600, 200), (3601, 422), (-1, 422)] {
        let (found, said) =
            send(&site, "POST", &path, (name, &value), &json!({ "expires_in": seconds })).await;
        assert_eq!(found, status, "{seconds}: {said}");
        assert!(status == 200 || said["detail"][0]["loc"] == json!(["body", "expires_in"]), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_ends_for_good_when_it_changes_who_may_read_or_hear() {
    let site = guarded().await;
    person(&site, ADA, false).await;
    person(&site, BOB, false).await;
    let (ada, bob) = (bearer(&site, ADA).await, bearer(&site, BOB).await);
    let ask = async |method: &str, path: &str, body: Value| {
        let (status, answer) = send(&site, method, path, (ada.0, &ada.1), &body).await;
        assert_eq!(status, 200, "{method} {path} {body}: {answer}");
    };
    let room = send(&site, "POST", "/v1/rooms", (ada.0, &ada.1), &json!({ "name": "weekly" })).await.1;
    let changes = [
        json!({ "share_mode": "private" }),
        json!({ "room_id": room["id"] }),
        json!({ "audio_deleted": true }),
    ];
    let back = [
        json!({ "share_mode": "semi-private" }),
        json!({ "room_id": null }),
        json!({ "audio_deleted": false }),
    ];
    let id = theirs(&site, ADA, "semi-private").await;
    let one = format!("/v1/transcripts/{id}");
    for (change, back) in changes.iter().zip(&back) {
        // Whoever may read it hands it out, too; and what does not touch the rights ends nothing.
        let made = [given(&site, id, (ada.0, &ada.1)).await.1, given(&site, id, (bob.0, &bob.1)).await.1];
        ask("PATCH", &one, json!({ "title": "Budget" })).await;
        for url in made.iter().map(|made| made["url"].as_str().unwrap()) {
            assert_eq!(heard(&site, url).await, 200);
        }
        ask("PATCH", &one, change.clone()).await;
        for url in made.iter().map(|made| made["url"].as_str().unwrap()) {
            assert_eq!(heard(&site, url).await, 401, "{change}");
        }
        ask("PATCH", &one, back.clone()).await;
        for url in made.iter().map(|made| made["url"].as_str().unwrap()) {
            assert_eq!(heard(&site, url).await, 401, "{back}: what has ended does not come back");
        }
    }
    let made = given(&site, id, (ada.0, &ada.1)).await.1;
    let url = made["url"].as_str().unwrap();
    ask("DELETE", &one, json!({})).await;
    assert_eq!(heard(&site, url).await, 401, "deleted");
    ask("POST", &format!("{one}/restore"), json!({})).await;
    assert_eq!(heard(&site, url).await, 401, "restored");
    let made = given(&site, id, (ada.0, &ada.1)).await.1;
    assert_eq!(heard(&site, made["url"].as_str().unwrap()).await, 200);
    let mut conn = site.workshop.conn().await;
    transcript::delete(&mut conn, id, clock::now()).await.unwrap();
    transcript::destroy(&mut conn, id).await.unwrap();
    assert_eq!(heard(&site, made["url"].as_str().unwrap()).await, 401, "destroyed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_ends_with_what_its_giver_showed() {
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    let id = theirs(&site, ADA, "private").await;
    let url = async |header: (&'static str, &str)| {
        let (status, made) = given(&site, id, header).await;
        assert_eq!(status, 200, "{made}");
        made["url"].as_str().unwrap().to_owned()
    };
    let browser = cookie(&site, ADA).await;
    let (name, login) = bearer(&site, ADA).await;
    let made =
        send(&site, "POST", "/v1/user/api-keys", (name, &login), &json!({ "scopes": ["read"] })).await.1;
    let by_session = url(("cookie", &browser)).await;
    let by_key = url(("x-api-key", made["key"].as_str().unwrap())).await;
    let by_token = url((name, &login)).await;
    for url in [&by_session, &by_key, &by_token] {
        assert_eq!(heard(&site, url).await, 200);
    }
    let mut conn = site.workshop.conn().await;
    diesel::delete(session::table).execute(&mut conn).await.unwrap();
    let key = format!("/v1/user/api-keys/{}", made["id"].as_str().unwrap());
    assert_eq!(send(&site, "DELETE", &key, (name, &login), &json!({})).await.0, 200);
    let statuses =
        [heard(&site, &by_session).await, heard(&site, &by_key).await, heard(&site, &by_token).await];
    assert_eq!(statuses, [401, 401, 200]);
    let hash = password::hash("another long password").unwrap();
    user::set_password(&mut conn, ada.id, &hash, clock::now()).await.unwrap();
    assert_eq!(heard(&site, &by_token).await, 401, "another password");

    let writes = json!({ "scopes": ["write"] });
    person(&site, BOB, false).await;
    let (name, login) = bearer(&site, BOB).await;
    let his = theirs(&site, BOB, "private").await;
    let key = send(&site, "POST", "/v1/user/api-keys", (name, &login), &writes).await.1;
    let key = key["key"].as_str().unwrap().to_owned();
    assert_eq!(given(&site, his, ("x-api-key", &key)).await.0, 404, "who may not listen hands nothing out");
    assert_eq!(given(&site, id, (name, &login)).await.0, 404, "nor of what is another's");
    let bob = user::by_email(&mut conn, BOB).await.unwrap().unwrap();
    let made = given(&site, his, (name, &login)).await.1;
    assert_eq!(heard(&site, made["url"].as_str().unwrap()).await, 200);
    user::set_disabled(&mut conn, bob.id, true, clock::now()).await.unwrap();
    assert_eq!(heard(&site, made["url"].as_str().unwrap()).await, 401, "shut out");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_login_addresses_open_what_one_may_hear_anyway() {
    let site = public().await;
    person(&site, ADA, false).await;
    let (shared, private) = (theirs(&site, ADA, "public").await, theirs(&site, ADA, "private").await);
    let nobody = ("x-nothing", "x");
    let (status, made) = given(&site, shared, nobody).await;
    assert_eq!(status, 200);
    assert_eq!(heard(&site, made["url"].as_str().unwrap()).await, 200);
    assert_eq!(given(&site, private, nobody).await.0, 404);
    // Where nobody logs in, and of what has no sound.
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let (status, made) = given(&site, id, nobody).await;
    assert_eq!((status, heard(&site, made["url"].as_str().unwrap()).await), (200, 200));
    assert_eq!(given(&site, site.create("empty").await, nobody).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hands_out_an_address_and_who_listens_at_it_is_in_the_audit_log() {
    let site = guarded().await;
    person(&site, ADA, false).await;
    let id = theirs(&site, ADA, "private").await;
    let (name, value) = bearer(&site, ADA).await;
    let made = given(&site, id, (name, &value)).await.1;
    assert_eq!(heard(&site, made["url"].as_str().unwrap()).await, 200);
    let (_, log) =
        send(&site, "GET", &format!("/v1/audit?transcript_id={id}"), (name, &value), &Value::Null).await;
    let entries: Vec<_> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["action"].as_str().unwrap(), entry["who"].as_str().unwrap()))
        .collect();
    assert_eq!(entries, [("play", ADA), ("share", ADA)]);
}
