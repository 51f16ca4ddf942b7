//! Sockets of events: coming back without a gap, who is told what, and how they end.

use std::collections::HashSet;
use std::time::Duration;

use futures::StreamExt;
use reflector::bus::{Bus, Event, KEPT};
use reflector::ids::TranscriptId;
use reflector::model::user;
use reflector::{auth, clock};
use serde_json::{Value, json};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::auth::{ADA, guarded, person, public, send, token};
use crate::support::redis::RedisServer;
use crate::support::site::Site;
use crate::support::socket::{Came, Watcher, request};

const BOB: &str = "bob@example.org";
const ROOT: &str = "root@example.org";

fn title(n: usize) -> Event {
    Event::FinalTitle { title: n.to_string() }
}

fn path(id: TranscriptId) -> String {
    format!("/v1/transcripts/{id}/events")
}

fn id_of(event: &Value) -> String {
    event["id"].as_str().unwrap_or_else(|| panic!("no id: {event}")).to_owned()
}

/// Titles that are told, in order; they count.
fn number(event: &Value) -> usize {
    assert_eq!(event["event"], "FINAL_TITLE", "{event}");
    event["data"]["title"].as_str().unwrap().split(' ').next().unwrap().parse().unwrap()
}

/// The same on a site that keeps its events to itself and on one that shares them with another process.
async fn who_comes_back_is_told(site: &Site, other: &Bus) {
    let id = site.finished("talk.wav").await;
    let mut watcher = Watcher::open(site, &path(id), &[]).await;
    let state = watcher.until("STATUS").await;
    assert!(state.len() > 8 && state[0]["event"] == "DURATION", "{state:?}");
    let ids: Vec<_> = state.iter().filter(|event| !event["id"].is_null()).collect();
    assert_eq!(ids.len(), 1, "who has not seen the whole state has nothing to go on from");
    let begin = id_of(state.last().unwrap());
    other.publish(id, &title(1)).await;
    let one = watcher.event().await;
    assert_eq!(one, json!({ "event": "FINAL_TITLE", "data": { "title": "1" }, "id": id_of(&one) }));
    watcher.leave().await;

    // Away: two things happen, and one to somebody else.
    other.publish(id, &title(2)).await;
    other.publish(TranscriptId::new(), &title(9)).await;
    other.publish(id, &title(3)).await;
    let after = format!("{}?after={}", path(id), id_of(&one));
    let mut again = Watcher::open(site, &after, &[]).await;
    let (two, three) = (again.event().await, again.event().await);
    assert_eq!([number(&two), number(&three)], [2, 3], "no state before it, nothing twice");
    other.publish(id, &title(4)).await;
    let four = again.event().await;
    assert_eq!(number(&four), 4);
    let ids: HashSet<String> = [&one, &two, &three, &four].into_iter().map(id_of).collect();
    assert_eq!(ids.len(), 4);
    again.silence().await;

    // The same by header, as programs do it; and from the end of the state on.
    let mut by_header = Watcher::open(site, &path(id), &[("last-event-id", &id_of(&three))]).await;
    assert_eq!(by_header.event().await, four);
    by_header.silence().await;
    let mut from_state = Watcher::open(site, &format!("{}?after={begin}", path(id)), &[]).await;
    for wanted in [&one, &two, &three, &four] {
        assert_eq!(&from_state.event().await, wanted);
    }
    let mut all_seen = Watcher::open(site, &format!("{}?after={}", path(id), id_of(&four)), &[]).await;
    all_seen.silence().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_back_is_told_what_it_missed_once_and_in_order() {
    let site = Site::new().await;
    let own = site.app.bus().clone();
    who_comes_back_is_told(&site, &own).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_back_is_told_what_other_processes_said_meanwhile() {
    let server = RedisServer::start();
    let site = Site::set(|config| config.redis.url = Some(server.url())).await;
    let worker = Bus::redis(&server.url(), &reflector::tls::Trust::system()).await.unwrap();
    who_comes_back_is_told(&site, &worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_and_goes_while_things_happen_all_the_time_hears_each_once() {
    let server = RedisServer::start();
    for redis in [None, Some(server.url())] {
        let site = Site::set(|config| config.redis.url = redis).await;
        let id = site.finished("talk.wav").await;
        let mut watcher = Watcher::open(&site, &path(id), &[]).await;
        let mut last = id_of(watcher.until("STATUS").await.last().unwrap());
        let bus = site.app.bus().clone();
        let telling = tokio::spawn(async move {
            for n in 0..400 {
                bus.publish(id, &title(n)).await;
                tokio::time::sleep(Duration::from_micros(300)).await;
            }
        });
        let mut heard = Vec::new();
        while heard.len() < 400 {
            // Goes after the 1st, 2nd, 3rd … event of each visit, in the middle of what is told.
            for _ in 0..(heard.len() % 13) + 1 {
                let event = watcher.event().await;
                heard.push(number(&event));
                last = id_of(&event);
                if heard.len() == 400 {
                    break;
                }
            }
            drop(watcher);
            watcher = Watcher::open(&site, &format!("{}?after={last}", path(id)), &[]).await;
        }
        assert_eq!(heard, (0..400).collect::<Vec<_>>());
        watcher.silence().await;
        telling.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_too_old_is_answered_by_the_word_to_read_anew_and_the_present_state() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let mut watcher = Watcher::open(&site, &path(id), &[]).await;
    let begin = id_of(watcher.until("STATUS").await.last().unwrap());
    for n in 0..=KEPT {
        site.app.bus().publish(id, &title(n)).await;
    }
    for old in [begin.as_str(), "1-1", "1763791200000-7"] {
        let mut back = Watcher::open(&site, &format!("{}?after={old}", path(id)), &[]).await;
        let told = back.until("STATUS").await;
        assert_eq!(told[0], json!({ "event": "RESYNC", "data": {} }), "{old}");
        assert!(told.iter().any(|event| event["event"] == "SEGMENTS"), "the present state: {told:?}");
        let end = id_of(told.last().unwrap());
        site.app.bus().publish(id, &title(7)).await;
        assert_eq!(number(&back.event().await), 7);
        let mut again = Watcher::open(&site, &format!("{}?after={end}", path(id)), &[]).await;
        assert_eq!(number(&again.event().await), 7, "from the state's id on nothing is missed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_id_is_refused_by_the_name_of_its_field() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    for path in [path(id), "/v1/events".to_owned()] {
        for (query, headers, place) in [
            ("?after=yesterday", vec![], ["query", "after"]),
            ("?after=", vec![], ["query", "after"]),
            ("", vec![("last-event-id", "7")], ["header", "Last-Event-ID"]),
        ] {
            let (status, body) = Watcher::refused(&site, &format!("{path}{query}"), &headers).await;
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!((status, &body["detail"][0]["loc"]), (422, &json!(place)), "{body}");
            assert!(body["detail"][0]["msg"].as_str().unwrap().contains("1763791200000-7"), "{body}");
        }
    }
}

/// A client that reads nothing for a while although a lot happens, and then goes on.
async fn slow(site: &Site, asleep: Duration) {
    let id = site.finished("talk.wav").await;
    let mut watcher = Watcher::open(site, &path(id), &[]).await;
    let begin = id_of(watcher.until("STATUS").await.last().unwrap());
    watcher.leave().await;
    let narrow = tokio::net::TcpSocket::new_v4().unwrap();
    narrow.set_recv_buffer_size(4096).unwrap();
    let stream = narrow.connect(site.address).await.unwrap();
    let from = format!("{}?after={begin}", path(id));
    let (mut socket, _) = client_async(request(site, &from, &[]), stream).await.unwrap();
    let many = KEPT - 10;
    for n in 0..many {
        let long = format!("{n} {}", "x".repeat(7_000));
        site.app.bus().publish(id, &Event::FinalTitle { title: long }).await;
    }
    tokio::time::sleep(asleep).await;
    let (mut heard, mut last, mut code) = (Vec::new(), begin, None);
    while let Some(Ok(message)) = socket.next().await {
        match message {
            Message::Text(text) => {
                let event: Value = serde_json::from_str(&text).unwrap();
                last = id_of(&event);
                heard.push(number(&event));
            }
            Message::Close(frame) => code = frame.map(|frame| u16::from(frame.code)),
            _ => {}
        }
    }
    assert!(heard.len() < many, "it was let go, and not kept up with");
    if asleep < Duration::from_secs(5) {
        assert_eq!(code, Some(1013), "it is told so");
    }
    // What it has heard is without a gap, and it goes on where it was.
    let mut back = Watcher::open(site, &format!("{}?after={last}", path(id)), &[]).await;
    while heard.len() < many {
        heard.push(number(&back.event().await));
    }
    assert_eq!(heard, (0..many).collect::<Vec<_>>());
    back.silence().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_too_slow_is_let_go_with_a_code_and_comes_back_without_a_gap() {
    let site = Site::new().await;
    tokio::join!(slow(&site, Duration::from_secs(1)), slow(&site, Duration::from_secs(19)));
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_ends_as_soon_as_its_transcript_may_not_be_read_any_more() {
    let site = guarded().await;
    person(&site, ADA, false).await;
    person(&site, BOB, false).await;
    let (ada, bob) = (bearer(&token(&site, ADA).await), bearer(&token(&site, BOB).await));
    let ask = async |method: &str, path: &str, body: &Value| {
        send(&site, method, path, ("authorization", &ada), body).await
    };
    let (_, made) = ask("POST", "/v1/transcripts", &json!({ "name": "Weekly" })).await;
    let one = format!("/v1/transcripts/{}", made["id"].as_str().unwrap());
    assert_eq!(ask("PATCH", &one, &json!({ "share_mode": "semi-private" })).await.0, 200);
    let events = format!("{one}/events");
    let open = async |who: &str| {
        let mut watcher = Watcher::open(&site, &events, &[("authorization", who)]).await;
        watcher.until("STATUS").await;
        watcher
    };
    let (mut hers, mut his) = (open(&ada).await, open(&bob).await);
    let before = std::time::Instant::now();
    assert_eq!(ask("PATCH", &one, &json!({ "share_mode": "private" })).await.0, 200);
    assert_eq!(his.came().await, Came::Closed(4404));
    assert_eq!(ask("PATCH", &one, &json!({ "title": "Budget" })).await.0, 200);
    assert_eq!(hers.event().await["data"]["title"], "Budget", "its owner goes on listening");
    assert_eq!(ask("DELETE", &one, &json!({})).await.0, 200);
    assert_eq!(hers.came().await, Came::Closed(4404));
    assert!(before.elapsed() < Duration::from_secs(20), "at once, and not at the next sign of life");
}

/// Somebody with an account: their token, and their socket of lists.
async fn follower(site: &Site, email: &str, admin: bool) -> (String, Watcher) {
    person(site, email, admin).await;
    let shown = bearer(&token(site, email).await);
    let watcher = Watcher::open(site, "/v1/events", &[("authorization", &shown)]).await;
    (shown, watcher)
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_tell_whoever_lists_a_transcript_and_nobody_else() {
    let site = guarded().await;
    let (ada, mut hers) = follower(&site, ADA, false).await;
    let (bob, mut his) = follower(&site, BOB, false).await;
    let (_, mut roots) = follower(&site, ROOT, true).await;
    let ask = async |who: &str, method: &str, path: &str, body: Value| {
        let (status, answer) = send(&site, method, path, ("authorization", who), &body).await;
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    };
    let told = |event: &Value| (event["event"].as_str().unwrap().to_owned(), event["data"].clone());

    // Her own: from the first to the last.
    let id = ask(&ada, "POST", "/v1/transcripts", json!({ "name": "Weekly" })).await["id"].clone();
    let one = format!("/v1/transcripts/{}", id.as_str().unwrap());
    ask(&ada, "PATCH", &one, json!({ "title": "Budget" })).await;
    let bus = site.app.bus();
    let key: TranscriptId = id.as_str().unwrap().parse().unwrap();
    bus.publish(key, &Event::Status { value: "processing".into() }).await;
    bus.publish(key, &Event::Duration { duration: 1500.0 }).await;
    bus.publish(key, &Event::Stage(Default::default())).await;
    // What is told is decided when it is told: these before it is in the trash.
    for (name, data) in [
        ("TRANSCRIPT_CREATED", json!({ "id": id })),
        ("TRANSCRIPT_FINAL_TITLE", json!({ "id": id, "title": "Budget" })),
        ("TRANSCRIPT_STATUS", json!({ "id": id, "value": "processing" })),
        ("TRANSCRIPT_DURATION", json!({ "id": id, "duration": 1500.0 })),
    ] {
        assert_eq!(told(&hers.event().await), (name.to_owned(), data));
    }
    ask(&ada, "DELETE", &one, json!({})).await;
    bus.publish(key, &Event::Status { value: "ended".into() }).await;
    assert_eq!(told(&hers.event().await), ("TRANSCRIPT_DELETED".to_owned(), json!({ "id": id })));
    hers.silence().await;
    ask(&ada, "POST", &format!("{one}/restore"), json!({})).await;
    assert_eq!(told(&hers.event().await), ("TRANSCRIPT_RESTORED".to_owned(), json!({ "id": id })));
    his.silence().await;
    roots.silence().await;

    // In a shared room everybody lists it, unless it is private.
    let room = ask(&bob, "POST", "/v1/rooms", json!({ "name": "shared", "is_shared": true })).await;
    let into = json!({ "name": "Daily", "room_id": room["id"] });
    let daily = ask(&ada, "POST", "/v1/transcripts", into).await["id"].clone();
    for watcher in [&mut hers, &mut his, &mut roots] {
        assert_eq!(told(&watcher.event().await), ("TRANSCRIPT_CREATED".into(), json!({ "id": daily })));
    }
    let one = format!("/v1/transcripts/{}", daily.as_str().unwrap());
    let changed = async |watchers: [&mut Watcher; 3]| {
        for watcher in watchers {
            assert_eq!(told(&watcher.event().await), ("RESYNC".into(), json!({})));
        }
    };
    ask(&ada, "PATCH", &one, json!({ "share_mode": "private" })).await;
    changed([&mut hers, &mut his, &mut roots]).await;
    ask(&ada, "PATCH", &one, json!({ "title": "Secret" })).await;
    assert_eq!(hers.event().await["data"]["title"], "Secret");
    // An event is told by the rights that hold when it is: those who may not know of this one have passed it by before they may.
    his.silence().await;
    roots.silence().await;
    ask(&ada, "PATCH", &one, json!({ "share_mode": "semi-private" })).await;
    changed([&mut hers, &mut his, &mut roots]).await;
    // Who shares a room no more shares what is in it no more.
    let at = format!("/v1/rooms/{}", room["id"].as_str().unwrap());
    ask(&bob, "PATCH", &at, json!({ "is_shared": false })).await;
    changed([&mut hers, &mut his, &mut roots]).await;
    ask(&ada, "PATCH", &one, json!({ "title": "Public" })).await;
    assert_eq!(hers.event().await["data"]["title"], "Public");
    assert_eq!(his.event().await["data"]["title"], "Public", "it lies in his room");
    roots.silence().await;

    // What is nobody's is the administrators'.
    let nobodys = site.create("Nobody's").await;
    bus.publish(nobodys, &Event::Status { value: "uploaded".into() }).await;
    assert_eq!(roots.event().await["data"], json!({ "id": nobodys, "value": "uploaded" }));
    hers.silence().await;
    his.silence().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_tell_what_was_missed_as_rights_are_now() {
    let site = guarded().await;
    let (ada, mut hers) = follower(&site, ADA, false).await;
    let (bob, mut his) = follower(&site, BOB, false).await;
    let make = async |who: &str, path: &str, body: Value| {
        send(&site, "POST", path, ("authorization", who), &body).await.1["id"].as_str().unwrap().to_owned()
    };
    let room = make(&ada, "/v1/rooms", json!({ "name": "shared", "is_shared": true })).await;
    let open = make(&ada, "/v1/transcripts", json!({ "name": "Open", "room_id": room })).await;
    let begin = id_of(&his.event().await);
    assert_eq!(id_of(&hers.event().await), begin, "one order for all");
    his.leave().await;

    let secret = make(&ada, "/v1/transcripts", json!({ "name": "Secret", "room_id": room })).await;
    let own = make(&bob, "/v1/transcripts", json!({ "name": "Own" })).await;
    let patch = |id: &str| format!("/v1/transcripts/{id}");
    let as_ada = async |method: &str, path: &str, body: Value| {
        assert_eq!(send(&site, method, path, ("authorization", &ada), &body).await.0, 200);
    };
    as_ada("PATCH", &patch(&open), json!({ "title": "Still open" })).await;
    as_ada("PATCH", &patch(&secret), json!({ "title": "Not for Bob" })).await;
    as_ada("PATCH", &patch(&secret), json!({ "share_mode": "private" })).await;

    let path = format!("/v1/events?after={begin}");
    let mut back = Watcher::open(&site, &path, &[("authorization", &bob)]).await;
    assert_eq!(back.event().await["data"], json!({ "id": own }));
    assert_eq!(back.event().await["data"], json!({ "id": open, "title": "Still open" }));
    assert_eq!(back.event().await["event"], "RESYNC", "something may have gone from the list");
    back.silence().await;
    let mut old = Watcher::open(&site, "/v1/events?after=1-1", &[("authorization", &bob)]).await;
    let resync = old.event().await;
    assert_eq!((&resync["event"], resync["id"].is_string()), (&json!("RESYNC"), true));
    old.silence().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_logs_in_lists_tell_what_nobody_owns() {
    let site = Site::new().await;
    let mut watcher = Watcher::open(&site, "/v1/events", &[]).await;
    let (_, made) = site.send("POST", "/v1/transcripts", &json!({ "name": "Weekly" })).await;
    let id = made["id"].as_str().unwrap();
    assert_eq!(watcher.event().await["data"], json!({ "id": id }));
    // As the pages' forms do it, too.
    assert_eq!(site.form(&format!("/transcripts/{id}/title"), "title=Budget").await.0, 303);
    assert_eq!(watcher.event().await["data"], json!({ "id": id, "title": "Budget" }));
    assert_eq!(site.form(&format!("/transcripts/{id}/delete"), "").await.0, 303);
    assert_eq!(watcher.event().await["event"], "TRANSCRIPT_DELETED");
    assert_eq!(site.form(&format!("/transcripts/{id}/restore"), "").await.0, 303);
    assert_eq!(watcher.event().await["event"], "TRANSCRIPT_RESTORED");
    let (kind, body) = crate::support::site::multipart(&[("file", Some("talk.wav"), b"RIFF")]);
    let sent = site.client.post(site.url("/upload")).header("content-type", kind).body(body);
    assert_eq!(sent.send().await.unwrap().status(), 303);
    assert_eq!(watcher.event().await["event"], "TRANSCRIPT_CREATED");
    assert_eq!(watcher.event().await["data"]["value"], "uploaded");
    // What is made once is told once.
    let once = |key: &'static str| {
        let body = json!({ "name": "Once" });
        site.client.post(site.url("/v1/transcripts")).header("idempotency-key", key).json(&body).send()
    };
    assert_eq!(once("k").await.unwrap().status(), 200);
    assert_eq!(once("k").await.unwrap().status(), 200);
    assert_eq!(watcher.event().await["event"], "TRANSCRIPT_CREATED");
    watcher.silence().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_of_lists_ends_with_the_login_and_says_so() {
    let site = public().await;
    let (_, mut hers) = follower(&site, ADA, false).await;
    let ada = user::by_email(&mut *site.workshop.conn().await, ADA).await.unwrap().unwrap();
    let hash = auth::password::hash("another long password").unwrap();
    user::set_password(&mut *site.workshop.conn().await, ada.id, &hash, clock::now()).await.unwrap();
    assert_eq!(hers.code().await, 4401);
    // Nobody, wrong tokens, and visitors of a public site, who have no lists of their own.
    let wrong =
        [vec![], vec![("authorization", "Bearer x.y.z")], vec![("sec-websocket-protocol", "bearer, x.y.z")]];
    for headers in wrong {
        let mut refused = Watcher::open(&site, "/v1/events", &headers).await;
        assert_eq!(refused.came().await, Came::Closed(4401), "{headers:?}");
    }
    assert_eq!(site.json("/v1/events").await.0, 401, "without a socket to be told on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_may_not_read_is_told_nothing() {
    let site = guarded().await;
    person(&site, ADA, false).await;
    let login = bearer(&token(&site, ADA).await);
    let key = async |scopes: Value| {
        let body = json!({ "scopes": scopes });
        let (status, made) = send(&site, "POST", "/v1/user/api-keys", ("authorization", &login), &body).await;
        assert_eq!(status, 200);
        made["key"].as_str().unwrap().to_owned()
    };
    let (reads, writes) = (key(json!(["read"])).await, key(json!(["write"])).await);
    let (status, _) = Watcher::refused(&site, "/v1/events", &[("x-api-key", &writes)]).await;
    assert_eq!(status, 403);
    let mut watcher = Watcher::open(&site, "/v1/events", &[("x-api-key", &reads)]).await;
    let body = json!({ "name": "By key" });
    assert_eq!(send(&site, "POST", "/v1/transcripts", ("x-api-key", &writes), &body).await.0, 200);
    assert_eq!(watcher.event().await["event"], "TRANSCRIPT_CREATED");
}
