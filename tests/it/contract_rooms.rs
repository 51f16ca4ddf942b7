//! `/v1/rooms`: the ancestor's fields and envelope, whose a room is, and what being in one means for a transcript.

use reflector::clock;
use reflector::config::{AuthMode, Config};
use reflector::ids::RoomId;
use reflector::model::room;
use serde_json::{Value, json};

use crate::support::site::Site;

mod rights;

const FIELDS: [&str; 23] = [
    "created_at",
    "email_transcript_to",
    "ics_enabled",
    "ics_fetch_interval",
    "ics_last_etag",
    "ics_last_sync",
    "ics_url",
    "id",
    "is_locked",
    "is_shared",
    "name",
    "platform",
    "recording_trigger",
    "recording_type",
    "room_mode",
    "skip_consent",
    "store_video",
    "user_id",
    "webhook_secret",
    "webhook_url",
    "zulip_auto_post",
    "zulip_stream",
    "zulip_topic",
];

fn by_password(config: &mut Config) {
    config.auth.mode = AuthMode::Password;
    config.auth.secret_key = Some("0123456789abcdef0123456789abcdef".into());
}

/// A site where people log in; `public`: visitors may look.
async fn guarded(public: bool) -> Site {
    Site::set(|config| {
        by_password(config);
        config.auth.public_mode = public;
    })
    .await
}

/// Somebody with an account; what they show.
async fn person(site: &Site, email: &str, admin: bool) -> Who {
    let token = site.person(email, admin).await.token;
    Who("authorization", format!("Bearer {token}"))
}

/// Who asks: a header.
struct Who(&'static str, String);

impl Who {
    async fn ask(&self, site: &Site, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let request = site.client.request(method.parse().unwrap(), site.url(path)).header(self.0, &self.1);
        let response = request.json(body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or(Value::Null))
    }

    async fn get(&self, site: &Site, path: &str) -> (u16, Value) {
        self.ask(site, "GET", path, &Value::Null).await
    }

    /// A key of this person's, for these scopes.
    async fn key(&self, site: &Site, scopes: &[&str]) -> Self {
        let (status, made) = self.ask(site, "POST", "/v1/user/api-keys", &json!({ "scopes": scopes })).await;
        assert_eq!(status, 200, "{made}");
        Self("x-api-key", made["key"].as_str().unwrap().to_owned())
    }

    async fn room(&self, site: &Site, body: Value) -> String {
        let (status, made) = self.ask(site, "POST", "/v1/rooms", &body).await;
        assert_eq!(status, 200, "{made}");
        made["id"].as_str().unwrap().to_owned()
    }
}

fn names(list: &Value) -> Vec<&str> {
    let mut names: Vec<&str> =
        list["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_has_the_ancestors_fields_and_defaults_and_is_found_by_id_and_name() {
    let site = Site::new().await;
    let (status, made) = site.send("POST", "/v1/rooms", &json!({ "name": "weekly" })).await;
    assert_eq!(status, 200, "{made}");
    let mut fields: Vec<&str> = made.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(fields, FIELDS);
    for (field, value) in [
        ("user_id", json!(null)),
        ("zulip_auto_post", json!(false)),
        ("is_locked", json!(false)),
        ("room_mode", json!("normal")),
        ("recording_type", json!("cloud")),
        ("recording_trigger", json!("automatic-2nd-participant")),
        ("is_shared", json!(false)),
        ("ics_fetch_interval", json!(300)),
        ("ics_enabled", json!(false)),
        ("skip_consent", json!(false)),
        ("store_video", json!(false)),
        ("webhook_url", json!(null)),
        ("webhook_secret", json!(null)),
    ] {
        assert_eq!(made[field], value, "{field}");
    }
    let id = made["id"].as_str().unwrap();
    assert_eq!(site.json(&format!("/v1/rooms/{id}")).await, (200, made.clone()));
    assert_eq!(site.json("/v1/rooms/name/weekly").await, (200, made.clone()));
    assert_eq!(site.json("/v1/rooms/name/monthly").await, (404, json!({ "detail": "Room not found" })));
    assert_eq!(site.json(&format!("/v1/rooms/{}", RoomId::new())).await.0, 404);

    // Everything that the ancestor's clients send is kept.
    let all = json!({
        "name": "monthly", "zulip_auto_post": true, "zulip_stream": "s", "zulip_topic": "t", "is_locked": true,
        "room_mode": "group", "recording_type": "local", "recording_trigger": "prompt", "is_shared": true,
        "webhook_url": "https://hooks.example.org/x", "webhook_secret": "whisper", "ics_url": "https://cal.example.org/a.ics",
        "ics_fetch_interval": 600, "ics_enabled": true, "platform": "livekit", "skip_consent": true,
        "email_transcript_to": "team@example.org", "store_video": true,
    });
    let (status, made) = site.send("POST", "/v1/rooms", &all).await;
    assert_eq!(status, 200, "{made}");
    for (field, value) in all.as_object().unwrap() {
        assert_eq!(&made[field], value, "{field}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_a_page_in_the_ancestors_envelope_the_newest_first() {
    let site = Site::new().await;
    for n in 0..5 {
        site.send("POST", "/v1/rooms", &json!({ "name": format!("room-{n}") })).await;
    }
    let (status, page) = site.json("/v1/rooms?page=2&size=2").await;
    assert_eq!(status, 200);
    let facts = (&page["total"], &page["page"], &page["size"], &page["pages"]);
    assert_eq!(facts, (&json!(5), &json!(2), &json!(2), &json!(3)));
    let found: Vec<&str> =
        page["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(found, ["room-2", "room-1"]);
    for bad in ["page=0", "size=0", "size=101", "page=x"] {
        assert_eq!(site.json(&format!("/v1/rooms?{bad}")).await.0, 422, "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_one_rooms_only_and_a_taken_one_is_409_not_500() {
    let site = Site::new().await;
    let (_, made) = site.send("POST", "/v1/rooms", &json!({ "name": "weekly" })).await;
    let (_, other) = site.send("POST", "/v1/rooms", &json!({ "name": "monthly" })).await;
    let (status, refused) = site.send("POST", "/v1/rooms", &json!({ "name": "weekly" })).await;
    assert_eq!(status, 409, "{refused}");
    let path = format!("/v1/rooms/{}", other["id"].as_str().unwrap());
    assert_eq!(site.send("PATCH", &path, &json!({ "name": "weekly" })).await.0, 409);
    assert_eq!(site.send("PATCH", &path, &json!({ "name": "monthly" })).await.0, 200, "its own name is free");
    for bad in ["", "two words", "a/b", "rooms", &"x".repeat(101)] {
        let (status, body) = site.send("POST", "/v1/rooms", &json!({ "name": bad })).await;
        assert_eq!((status, &body["detail"][0]["loc"]), (422, &json!(["body", "name"])), "{bad}");
    }
    for body in [
        json!({}),
        json!({ "name": "x", "platform": "zoom" }),
        json!({ "name": "x", "webhook_url": "ftp://hooks.example.org" }),
        json!({ "name": "x", "webhook_url": "http://169.254.169.254/latest" }),
        json!({ "name": "x", "ics_url": "http://localhost.:80@127.0.0.1/" }),
        json!({ "name": "x", "ics_fetch_interval": 0 }),
        json!({ "name": "x", "zulip_topic": "x".repeat(2001) }),
    ] {
        assert_eq!(site.send("POST", "/v1/rooms", &body).await.0, 422, "{body}");
    }
    // Once it is deleted its name is free, and it can't come back to a name that was taken meanwhile.
    let path = format!("/v1/rooms/{}", made["id"].as_str().unwrap());
    assert_eq!(site.send("DELETE", &path, &json!({})).await, (200, json!({ "status": "ok" })));
    assert_eq!(site.send("POST", "/v1/rooms", &json!({ "name": "weekly" })).await.0, 200);
    assert_eq!(site.send("POST", &format!("{path}/restore"), &json!({})).await.0, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_left_out_stays_null_empties_it_and_a_webhook_always_has_a_secret() {
    let site = Site::new().await;
    let body = json!({ "name": "weekly", "webhook_url": "https://hooks.example.org/x", "is_shared": true });
    let (_, made) = site.send("POST", "/v1/rooms", &body).await;
    let secret = made["webhook_secret"].as_str().unwrap().to_owned();
    assert!(secret.len() >= 43, "made by us: {secret}");
    let path = format!("/v1/rooms/{}", made["id"].as_str().unwrap());
    let (status, same) = site.send("PATCH", &path, &json!({})).await;
    assert_eq!((status, &same), (200, &made), "nothing was said");
    let (_, locked) = site.send("PATCH", &path, &json!({ "is_locked": true })).await;
    let kept = (&locked["is_shared"], &locked["webhook_secret"], &locked["is_locked"]);
    assert_eq!(kept, (&json!(true), &json!(secret), &json!(true)));
    let (_, own) = site.send("PATCH", &path, &json!({ "webhook_secret": "mine" })).await;
    assert_eq!(own["webhook_secret"], "mine");
    let (_, new) = site.send("PATCH", &path, &json!({ "webhook_secret": null })).await;
    let new = new["webhook_secret"].as_str().unwrap();
    assert!(new.len() >= 43 && new != secret);
    let (_, none) = site.send("PATCH", &path, &json!({ "webhook_url": null })).await;
    assert_eq!(none["webhook_url"], Value::Null);
}

/// A transcript of somebody's in a room, with this share mode.
async fn put(site: &Site, who: &Who, name: &str, room: &str, mode: Option<&str>) -> Value {
    let body = json!({ "name": name, "room_id": room });
    let (status, made) = who.ask(site, "POST", "/v1/transcripts", &body).await;
    assert_eq!(status, 200, "{made}");
    let Some(mode) = mode else { return made };
    let path = format!("/v1/transcripts/{}", made["id"].as_str().unwrap());
    who.ask(site, "PATCH", &path, &json!({ "share_mode": mode })).await.1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_is_put_only_into_a_room_that_is_open_to_its_owner() {
    let site = guarded(true).await;
    let ada = person(&site, "ada@example.org", false).await;
    let bob = person(&site, "bob@example.org", false).await;
    let closed = ada.room(&site, json!({ "name": "closed" })).await;
    let shared = ada.room(&site, json!({ "name": "shared", "is_shared": true })).await;
    let (_, made) = bob.ask(&site, "POST", "/v1/transcripts", &json!({ "name": "talk" })).await;
    let path = format!("/v1/transcripts/{}", made["id"].as_str().unwrap());
    let nowhere = RoomId::new().to_string();
    for room in [&closed, &nowhere] {
        let (status, refused) = bob.ask(&site, "PATCH", &path, &json!({ "room_id": room })).await;
        assert_eq!((status, &refused["detail"][0]["loc"]), (422, &json!(["body", "room_id"])), "{refused}");
        let body = json!({ "name": "talk", "room_id": room });
        assert_eq!(bob.ask(&site, "POST", "/v1/transcripts", &body).await.0, 422);
    }
    let visitor = Who("x-nothing", String::new());
    let body = json!({ "name": "talk", "room_id": shared });
    assert_eq!(
        visitor.ask(&site, "POST", "/v1/transcripts", &body).await.0,
        422,
        "visitors put nothing anywhere"
    );

    let (status, moved) = bob.ask(&site, "PATCH", &path, &json!({ "room_id": shared })).await;
    let facts = (status, &moved["room_name"], &moved["share_mode"]);
    assert_eq!(facts, (200, &json!("shared"), &json!("private")), "moving it shows it to nobody");
    // It may stay when the room is closed to its owner, who can still change the rest.
    ada.ask(&site, "PATCH", &format!("/v1/rooms/{shared}"), &json!({ "is_shared": false })).await;
    assert_eq!(bob.ask(&site, "PATCH", &path, &json!({ "room_id": shared, "title": "x" })).await.0, 200);
    let (_, out) = bob.ask(&site, "PATCH", &path, &json!({ "room_id": null })).await;
    assert_eq!((&out["room_id"], &out["room_name"]), (&Value::Null, &Value::Null));
    assert_eq!(bob.ask(&site, "PATCH", &path, &json!({ "room_id": shared })).await.0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_room_can_be_restored_for_a_month_and_its_transcripts_stay_without_it() {
    let site = Site::new().await;
    let (_, made) = site.send("POST", "/v1/rooms", &json!({ "name": "weekly" })).await;
    let id: RoomId = made["id"].as_str().unwrap().parse().unwrap();
    let path = format!("/v1/rooms/{id}");
    let (_, talk) = site.send("POST", "/v1/transcripts", &json!({ "name": "talk", "room_id": id })).await;
    site.send("DELETE", &path, &json!({})).await;
    assert_eq!(site.json(&path).await.0, 404);
    assert_eq!(site.send("DELETE", &path, &json!({})).await.0, 404);
    assert_eq!(site.json("/v1/rooms").await.1["total"], 0);
    let mut conn = site.workshop.conn().await;
    let now = clock::now();
    assert_eq!(room::forget(&mut conn, now - chrono::TimeDelta::days(30)).await.unwrap(), 0);
    assert_eq!(site.send("POST", &format!("{path}/restore"), &json!({})).await.0, 200);
    assert_eq!(site.json(&path).await.0, 200);

    site.send("DELETE", &path, &json!({})).await;
    assert_eq!(site.json("/v1/audit?action=expire").await.1["total"], 0);
    assert_eq!(room::forget(&mut conn, clock::now()).await.unwrap(), 1);
    assert_eq!(site.send("POST", &format!("{path}/restore"), &json!({})).await.0, 404);
    let (_, log) = site.json("/v1/audit?action=expire").await;
    assert_eq!((&log["total"], &log["items"][0]["who"]), (&json!(1), &json!("reflector")), "{log}");
    assert!(path.ends_with(log["items"][0]["room_id"].as_str().unwrap()), "{log}");
    let (status, talk) = site.json(&format!("/v1/transcripts/{}", talk["id"].as_str().unwrap())).await;
    assert_eq!((status, &talk["room_id"], &talk["room_name"]), (200, &Value::Null, &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_is_asked_for_again_with_the_same_key_is_made_once() {
    let site = Site::new().await;
    let make = async |key: &str, body: &Value| {
        let request = site.client.post(site.url("/v1/rooms")).header("idempotency-key", key).json(body);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let body = json!({ "name": "weekly", "webhook_url": "https://hooks.example.org/" });
    let answers = futures::future::join_all((0..6).map(|_| make("one", &body))).await;
    assert_eq!(answers[0].0, 200, "{answers:?}");
    assert!(answers.iter().all(|answer| *answer == answers[0]), "one secret too: {answers:?}");
    assert_eq!(site.json("/v1/rooms").await.1["total"], 1);
    let (status, refused) = make("one", &json!({ "name": "monthly" })).await;
    let loc = &refused["detail"][0]["loc"];
    assert_eq!((status, loc), (422, &json!(["header", "Idempotency-Key"])), "another body");
    // What was refused takes no key, and a room's key is none of a transcript's.
    assert_eq!(make("two", &body).await.0, 409);
    assert_eq!(make("two", &json!({ "name": "monthly" })).await.0, 200);
    let request = site.client.post(site.url("/v1/transcripts")).header("idempotency-key", "one");
    assert_eq!(request.json(&body).send().await.unwrap().status(), 200);
    // A room that is gone for good frees its key.
    let path = format!("/v1/rooms/{}", answers[0].1["id"].as_str().unwrap());
    assert_eq!(site.send("DELETE", &path, &json!({})).await.0, 200);
    room::forget(&mut *site.workshop.conn().await, clock::now()).await.unwrap();
    let (status, again) = make("one", &body).await;
    assert_eq!(status, 200);
    assert_ne!(again["id"], answers[0].1["id"]);
}
