//! Whose a room is, what everybody else may know of it, and what lies in it for whom.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use reflector::db::schema::transcript;
use reflector::ids::{RoomId, UserId};
use reflector::model::ShareMode;
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest};

use super::{Who, guarded, names, person, put};
use crate::support::site::Site;

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

/// Status of every way to a transcript: itself, sound, its head, peaks, text, zip, segments, events, its page, a change.
async fn ways(site: &Site, who: &Who, id: &str) -> [u16; 10] {
    let one = |rest: &str| format!("/v1/transcripts/{id}{rest}");
    let status =
        async |method: &str, path: String| who.ask(site, method, &path, &json!({ "title": "x" })).await.0;
    [
        status("GET", one("")).await,
        status("GET", one("/audio/mp3")).await,
        status("HEAD", one("/audio/mp3")).await,
        status("GET", one("/audio/waveform")).await,
        status("GET", one("/download/txt")).await,
        status("GET", one("/download/zip")).await,
        status("GET", one("/segments")).await,
        socket(site, who, &one("/events")).await,
        status("GET", format!("/transcripts/{id}")).await,
        status("PATCH", one("")).await,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_in_a_room_is_read_heard_and_watched_by_its_members_and_not_there_for_others() {
    const OWNER: [u16; 10] = [200, 200, 200, 200, 200, 200, 200, 101, 200, 200];
    const MEMBER: [u16; 10] = [200, 200, 200, 200, 200, 403, 200, 101, 200, 403];
    const ABSENT: [u16; 10] = [404; 10];
    let site = guarded(true).await;
    let ada = person(&site, "ada@example.org", false).await;
    let eve = person(&site, "eve@example.org", false).await;
    let root = person(&site, "root@example.org", true).await;
    let (reads, writes) = (eve.key(&site, &["read"]).await, eve.key(&site, &["write"]).await);
    let nobody = Who("x-nothing", String::new());
    let shared = ada.room(&site, json!({ "name": "shared", "is_shared": true })).await;
    let closed = ada.room(&site, json!({ "name": "closed" })).await;
    let ada_id = ada.get(&site, "/v1/me").await.1["sub"].as_str().unwrap().to_owned();
    let talk = async |room: &str, mode: &str| {
        let id = site.finished("talk.wav").await;
        let mut conn = site.workshop.conn().await;
        diesel::update(transcript::table.find(id))
            .set((
                transcript::user_id.eq(Some(ada_id.parse::<UserId>().unwrap())),
                transcript::room_id.eq(Some(room.parse::<RoomId>().unwrap())),
                transcript::share_mode.eq(mode.parse::<ShareMode>().unwrap()),
            ))
            .execute(&mut conn)
            .await
            .unwrap();
        id.to_string()
    };
    let open = talk(&shared, "semi-private").await;
    let kept = talk(&shared, "private").await;
    let inside = talk(&closed, "private").await;
    for (who, name, id, wanted) in [
        (&ada, "ada", &open, OWNER),
        (&ada, "ada", &kept, OWNER),
        (&ada, "ada", &inside, OWNER),
        (&eve, "eve", &open, MEMBER),
        (&eve, "eve", &kept, ABSENT),
        (&eve, "eve", &inside, ABSENT),
        (&reads, "a key to read", &open, MEMBER),
        (&reads, "a key to read", &kept, ABSENT),
        (&writes, "a key to write", &open, ABSENT),
        (&root, "root", &open, MEMBER),
        (&root, "root", &kept, ABSENT),
        (&nobody, "a visitor", &open, ABSENT),
        (&nobody, "a visitor", &inside, ABSENT),
    ] {
        assert_eq!(ways(&site, who, id).await, wanted, "{name}");
    }
    // Lists and searches, the narrowed ones too, have what may be read and nothing else.
    for (who, name, wanted) in [
        (&ada, "ada", vec![&open, &kept, &inside]),
        (&eve, "eve", vec![&open]),
        (&reads, "a key to read", vec![&open]),
        (&writes, "a key to write", vec![]),
        (&root, "root", vec![&open]),
        (&nobody, "a visitor", vec![]),
    ] {
        let wanted: BTreeSet<&str> = wanted.into_iter().map(String::as_str).collect();
        for path in ["/v1/transcripts", "/v1/transcripts/search?q=", "/v1/transcripts/search?q=budget"] {
            let (status, found) = who.get(&site, path).await;
            assert_eq!(status, 200, "{name} {path}");
            let items = found["items"].as_array().or(found["results"].as_array()).unwrap();
            let ids: BTreeSet<&str> = items.iter().map(|one| one["id"].as_str().unwrap()).collect();
            assert_eq!(ids, wanted, "{name} {path}");
        }
        for (room, there) in [(&shared, vec![&open, &kept]), (&closed, vec![&inside])] {
            let there = there.into_iter().filter(|id| wanted.contains(id.as_str())).count();
            for path in ["/v1/transcripts?room_id=", "/v1/transcripts/search?q=budget&room_id="] {
                let (_, found) = who.get(&site, &format!("{path}{room}")).await;
                assert_eq!(found["total"], there, "{name} {path}{room}");
            }
        }
    }
    // The page of the library has the same rule, and nobody comes near where visitors are not let in.
    let page = |who: &Who| site.client.get(site.url("/transcripts")).header(who.0, &who.1).send();
    let seen = page(&eve).await.unwrap().text().await.unwrap();
    assert!(seen.contains(&open) && !seen.contains(&kept) && !seen.contains(&inside));
    let site = guarded(false).await;
    let id = site.finished("talk.wav").await.to_string();
    let found = ways(&site, &nobody, &id).await;
    assert_eq!(found, [401, 401, 401, 401, 401, 401, 401, 401, 303, 401]);
}
