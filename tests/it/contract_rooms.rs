//! `/v1/rooms`: the ancestor's fields and envelope, whose a room is, and what being in one means for a transcript.

use reflector::auth::password;
use reflector::clock;
use reflector::config::{AuthMode, Config};
use reflector::ids::RoomId;
use reflector::model::{room, user};
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest};

use crate::support::site::Site;

const PASSWORD: &str = "correct horse battery";
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
    let hash = password::hash(PASSWORD).unwrap();
    let mut conn = site.workshop.conn().await;
    user::create_with_password(&mut conn, email, &hash, admin, clock::now()).await.unwrap();
    let body = json!({ "email": email, "password": PASSWORD });
    let (status, body) = site.send("POST", "/v1/auth/login", &body).await;
    assert_eq!(status, 200, "{body}");
    Who("authorization", format!("Bearer {}", body["access_token"].as_str().unwrap()))
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

#[tokio::test(flavor = "multi_thread")]
async fn a_room_is_its_owners_and_what_is_secret_of_a_shared_one_is_told_to_nobody_else() {
    let site = guarded(true).await;
    let ada = person(&site, "ada@example.org", false).await;
    let bob = person(&site, "bob@example.org", false).await;
    let root = person(&site, "root@example.org", true).await;
    let (reads, writes) = (ada.key(&site, &["read"]).await, ada.key(&site, &["write"]).await);
    let secrets = json!({
        "webhook_url": "https://hooks.example.org/x", "ics_url": "https://cal.example.org/a.ics",
        "email_transcript_to": "team@example.org", "zulip_stream": "s", "zulip_topic": "t",
    });
    let with = |name: &str, shared: bool| {
        let mut body = secrets.clone();
        body["name"] = json!(name);
        body["is_shared"] = json!(shared);
        body
    };
    let closed = ada.room(&site, with("closed", false)).await;
    let shared = ada.room(&site, with("shared", true)).await;
    let bobs = bob.room(&site, json!({ "name": "bobs" })).await;

    // Status of reading, changing, testing, deliveries and deleting: absent for whom it is not, refused to who may only see it.
    let tries = async |who: &Who, id: &str| {
        let path = format!("/v1/rooms/{id}");
        let patch = json!({ "is_locked": true });
        [
            who.get(&site, &path).await.0,
            who.ask(&site, "PATCH", &path, &patch).await.0,
            who.get(&site, &format!("{path}/webhook/deliveries")).await.0,
            who.ask(&site, "POST", &format!("{path}/webhook/deliveries/{id}/retry"), &json!({})).await.0,
            who.ask(&site, "POST", &format!("{path}/restore"), &json!({})).await.0,
        ]
    };
    let nobody = Who("x-nothing", String::new());
    for (who, name, id, wanted) in [
        (&ada, "ada", &closed, [200, 200, 200, 404, 400]),
        (&ada, "ada", &bobs, [404; 5]),
        (&bob, "bob", &closed, [404; 5]),
        (&bob, "bob", &shared, [200, 403, 403, 403, 403]),
        (&root, "root", &closed, [404; 5]),
        (&root, "root", &shared, [200, 403, 403, 403, 403]),
        (&reads, "reads", &closed, [200, 403, 403, 403, 403]),
        (&writes, "writes", &closed, [404, 404, 404, 404, 400]),
        (&nobody, "nobody", &closed, [404; 5]),
        (&nobody, "nobody", &shared, [200, 403, 403, 403, 403]),
    ] {
        assert_eq!(tries(who, id).await, wanted, "{name} {id}");
    }
    let rooms = async |who: &Who| {
        let (status, list) = who.get(&site, "/v1/rooms").await;
        assert_eq!(status, 200);
        names(&list).join(" ")
    };
    assert_eq!(rooms(&ada).await, "closed shared");
    assert_eq!(rooms(&bob).await, "bobs shared");
    assert_eq!(rooms(&root).await, "shared");
    assert_eq!(rooms(&reads).await, "closed shared");
    assert_eq!(rooms(&writes).await, "");
    assert_eq!(rooms(&nobody).await, "shared");
    let visitor = nobody.ask(&site, "POST", "/v1/rooms", &json!({ "name": "mine" })).await;
    assert_eq!(visitor.0, 403, "visitors of a public site make no rooms");

    for path in [format!("/v1/rooms/{shared}"), "/v1/rooms/name/shared".into()] {
        for who in [&bob, &root, &reads, &nobody] {
            let (status, seen) = who.get(&site, &path).await;
            assert_eq!(status, 200);
            for field in secrets.as_object().unwrap().keys().map(String::as_str).chain(["webhook_secret"]) {
                assert_eq!(seen[field], Value::Null, "{field} at {path}");
            }
        }
        let (_, own) = ada.get(&site, &path).await;
        assert!(own["webhook_secret"].is_string() && own["ics_url"] == secrets["ics_url"]);
    }
    let (_, list) = bob.get(&site, "/v1/rooms").await;
    assert!(!list.to_string().contains("hooks.example.org") && !list.to_string().contains("cal.example.org"));
    // Where visitors are not let in, nothing is told at all.
    let closed_site = guarded(false).await;
    assert_eq!(closed_site.json("/v1/rooms").await.0, 401);
    assert_eq!(closed_site.json("/v1/rooms/name/shared").await.0, 401);
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

/// Opens a WebSocket; the status that it is answered with.
async fn socket(site: &Site, who: &Who, path: &str) -> u16 {
    let mut request = format!("ws://{}{path}", site.address).into_client_request().unwrap();
    request.headers_mut().insert(who.0, who.1.parse().unwrap());
    match connect_async(request).await {
        Ok((_, response)) => response.status().as_u16(),
        Err(tungstenite::Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_room_shows_everybody_what_is_not_private_and_a_closed_one_nothing() {
    let site = guarded(true).await;
    let ada = person(&site, "ada@example.org", false).await;
    let bob = person(&site, "bob@example.org", false).await;
    let eve = person(&site, "eve@example.org", false).await;
    let shared = ada.room(&site, json!({ "name": "shared", "is_shared": true })).await;
    let closed = ada.room(&site, json!({ "name": "closed" })).await;

    let plain = put(&site, &ada, "plain", &shared, None).await;
    let facts = (&plain["share_mode"], &plain["room_id"], &plain["room_name"]);
    assert_eq!(facts, (&json!("semi-private"), &json!(shared), &json!("shared")));
    let secret = put(&site, &ada, "secret", &shared, Some("private")).await;
    put(&site, &bob, "bobs", &shared, None).await;
    let inside = put(&site, &ada, "inside", &closed, Some("semi-private")).await;
    let own = put(&site, &ada, "own", &closed, None).await;
    assert_eq!(own["share_mode"], "private", "a closed room shares nothing");

    let listed = async |who: &Who, query: &str| {
        let (status, list) = who.get(&site, &format!("/v1/transcripts{query}")).await;
        assert_eq!(status, 200, "{list}");
        names(&list).join(" ")
    };
    let found = async |who: &Who, query: &str| {
        let (status, found) = who.get(&site, &format!("/v1/transcripts/search?q={query}")).await;
        assert_eq!(status, 200, "{found}");
        found["total"].as_i64().unwrap()
    };
    assert_eq!(listed(&ada, "").await, "bobs inside own plain secret");
    assert_eq!(listed(&bob, "").await, "bobs plain");
    assert_eq!(listed(&eve, "").await, "bobs plain");
    assert_eq!(listed(&eve, &format!("?room_id={shared}")).await, "bobs plain");
    assert_eq!(listed(&eve, &format!("?room_id={closed}")).await, "");
    let nobody = Who("x-nothing", String::new());
    assert_eq!(listed(&nobody, "").await, "", "visitors see what is public, whatever room it is in");
    let key = eve.key(&site, &["read"]).await;
    assert_eq!(listed(&key, "").await, "bobs plain");
    // Names stand for titles until there are any: search has the same rights as the list.
    for (who, query, wanted) in [
        (&eve, "plain", 1),
        (&eve, "secret", 0),
        (&eve, "inside", 0),
        (&ada, "secret", 1),
        (&eve, "", 2),
        (&nobody, "plain", 0),
        (&key, "plain", 1),
    ] {
        assert_eq!(found(who, query).await, wanted, "{query}");
    }
    let one = |made: &Value, rest: &str| format!("/v1/transcripts/{}{rest}", made["id"].as_str().unwrap());
    assert_eq!(eve.get(&site, &one(&plain, "")).await.0, 200);
    assert_eq!(eve.get(&site, &one(&plain, "")).await.1["room_name"], "shared");
    assert_eq!(eve.get(&site, &one(&plain, "/topics")).await.0, 200);
    assert_eq!(eve.get(&site, &one(&plain, "/download/zip")).await.0, 403, "a zip needs the right to change");
    assert_eq!(eve.ask(&site, "PATCH", &one(&plain, ""), &json!({ "title": "x" })).await.0, 403);
    for rest in ["", "/topics", "/audio/mp3", "/download/zip"] {
        assert_eq!(eve.get(&site, &one(&secret, rest)).await.0, 404, "{rest}");
    }
    assert_eq!(socket(&site, &eve, &one(&plain, "/events")).await, 101);
    assert_eq!(socket(&site, &eve, &one(&secret, "/events")).await, 404);
    assert_eq!(
        eve.get(&site, &one(&inside, "")).await.0,
        200,
        "semi-private is for everybody who has its address"
    );

    // What lies in the trash is its owner's, and a deleted room shows nothing to anybody.
    ada.ask(&site, "DELETE", &one(&plain, ""), &json!({})).await;
    assert_eq!(listed(&eve, "").await, "bobs");
    let trash = eve.get(&site, "/v1/transcripts/search?q=&include_deleted=true").await.1;
    assert_eq!(trash["total"], 0);
    ada.ask(&site, "DELETE", &format!("/v1/rooms/{shared}"), &json!({})).await;
    assert_eq!(listed(&eve, "").await, "");
    let (_, left) = bob.get(&site, "/v1/transcripts").await;
    assert_eq!(left["items"][0]["room_name"], "Deleted Room");
    assert_eq!(ada.ask(&site, "POST", &format!("/v1/rooms/{shared}/restore"), &json!({})).await.0, 200);
    assert_eq!(listed(&eve, "").await, "bobs");
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
    assert_eq!(room::forget(&mut conn, clock::now()).await.unwrap(), 1);
    assert_eq!(site.send("POST", &format!("{path}/restore"), &json!({})).await.0, 404);
    let (status, talk) = site.json(&format!("/v1/transcripts/{}", talk["id"].as_str().unwrap())).await;
    assert_eq!((status, &talk["room_id"], &talk["room_name"]), (200, &Value::Null, &Value::Null));
}
