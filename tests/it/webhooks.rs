//! Webhooks of rooms: what a receiver is sent, by whom it is signed, when it is sent again, and where none may be.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use hmac::{Hmac, Mac};
use reflector::ids::TranscriptId;
use reflector::model::delivery::{self, DeliveryStatus};
use reflector::model::stage::Stage;
use reflector::queue::{self, StageJob};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::receiver::{Received, Receiver};
use crate::support::site::Site;

/// Whether a signature is the secret's, as a receiver checks it.
fn is_signed(received: &Received, secret: &str) -> bool {
    let header = received.header("x-webhook-signature");
    let (time, sign) = header.split_once(',').expect("two parts");
    let (time, sign) = (time.strip_prefix("t=").expect("a time"), sign.strip_prefix("v1=").expect("v1"));
    let age = reflector::clock::now().timestamp() - time.parse::<i64>().expect("seconds");
    assert!((0..300).contains(&age), "signed now: {header}");
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{time}.{}", received.body).as_bytes());
    mac.verify_slice(&hex::decode(sign).expect("hex")).is_ok()
}

/// A site that may call this machine, with or without a worker.
async fn site(working: bool) -> Site {
    let allow = |config: &mut reflector::config::Config| {
        config.outgoing.allow_hosts = vec!["127.0.0.0/8".into()];
        config.server.site_url = Some("https://reflector.example/".into());
    };
    if working { Site::working_with(allow).await } else { Site::set(allow).await }
}

/// A room with a webhook; its id.
async fn room(site: &Site, url: &str) -> String {
    let body = json!({ "name": "weekly", "webhook_url": url, "webhook_secret": "whisper" });
    let (status, made) = site.send("POST", "/v1/rooms", &body).await;
    assert_eq!(status, 200, "{made}");
    made["id"].as_str().unwrap().to_owned()
}

/// A talk in that room, all of whose stages but the last are done; that one is in the queue.
async fn talk(site: &Site, room: &str) -> TranscriptId {
    let id = site.create("talk.wav").await;
    let body = json!({ "room_id": room });
    assert_eq!(site.send("PATCH", &format!("/v1/transcripts/{id}"), &body).await.0, 200);
    let attempt = site.up_to(id, Some(Stage::Deliver)).await.unwrap();
    let mut conn = site.workshop.conn().await;
    queue::enqueue(&mut conn, &StageJob::new(id, attempt.run, Stage::Deliver)).await.unwrap();
    id
}

async fn log(site: &Site, room: &str) -> Vec<Value> {
    let (status, log) = site.json(&format!("/v1/rooms/{room}/webhook/deliveries")).await;
    assert_eq!(status, 200, "{log}");
    log.as_array().unwrap().clone()
}

/// Waits until the newest event stands there.
async fn until(site: &Site, room: &str, status: &str) -> Value {
    for _ in 0..600 {
        if let Some(event) = log(site, room).await.first().filter(|event| event["status"] == status) {
            return event.clone();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it is never {status}: {:?}", log(site, room).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_transcript_is_told_with_the_ancestors_headers_and_fields() {
    let (site, receiver) = (site(true).await, Receiver::answering(&[200]).await);
    let room = room(&site, &receiver.url()).await;
    let id = talk(&site, &room).await;
    let seen = receiver.until(1).await;
    let one = &seen[0];
    assert!(is_signed(one, "whisper") && !is_signed(one, "another"));
    for (name, value) in [
        ("content-type", "application/json"),
        ("user-agent", "Reflector-Webhook/1.0"),
        ("x-webhook-event", "transcript.completed"),
        ("x-webhook-retry", "0"),
    ] {
        assert_eq!(one.header(name), value, "{name}");
    }
    let body = one.json();
    let keys = |value: &Value| {
        let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort_unstable();
        keys.join(" ")
    };
    assert_eq!(keys(&body), "calendar_event event event_id room timestamp transcript");
    assert_eq!(
        keys(&body["transcript"]),
        "action_items created_at duration frontend_url id long_summary participants room_id short_summary \
         source_language status target_language title topics webvtt"
    );
    assert_eq!(body["event"], "transcript.completed");
    assert_eq!(body["room"], json!({ "id": room, "name": "weekly" }));
    let event_id = body["event_id"].as_str().unwrap();
    assert!(event_id.len() == 32 && event_id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{event_id}");
    let told = &body["transcript"];
    for (field, value) in [
        ("id", json!(id)),
        ("room_id", json!(room)),
        ("title", json!("Budget talks")),
        ("duration", json!(60_000.0)),
        ("status", json!("ended")),
        ("frontend_url", json!(format!("https://reflector.example/transcripts/{id}"))),
    ] {
        assert_eq!(told[field], value, "{field}");
    }
    assert!(told["webvtt"].as_str().unwrap().starts_with("WEBVTT\n\n00:00:00.000"));
    assert!(told["webvtt"].as_str().unwrap().contains("&lt;cut&gt; the budget"));
    assert_eq!(told["topics"][1]["title"], "The budget");
    assert_eq!(keys(&told["topics"][1]), "duration summary timestamp title webvtt");
    let part = told["topics"][1]["webvtt"].as_str().unwrap();
    assert!(part.contains("the budget") && !part.contains("Good morning"), "{part}");
    assert_eq!(told["action_items"]["decisions"][0]["decision"], "The budget is cut.");

    let event = until(&site, &room, "delivered").await;
    assert_eq!((&event["event_id"], &event["attempts"]), (&json!(event_id), &json!(1)));
    assert_eq!((&event["status_code"], &event["response_preview"]), (&json!(200), &json!("answer 0")));
    assert!(event["duration_ms"].as_i64().unwrap() >= 0 && event["error"].is_null());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(receiver.seen().len(), 1, "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_fails_twice_gets_the_same_event_again_with_a_growing_retry_header() {
    let (site, receiver) = (site(true).await, Receiver::answering(&[500, 503, 200]).await);
    let room = room(&site, &receiver.url()).await;
    let id = talk(&site, &room).await;
    let first = receiver.until(1).await[0].json();
    let waiting = until(&site, &room, "waiting").await;
    assert_eq!(waiting["event_id"], first["event_id"]);
    let (_, ended) = site.json(&format!("/v1/transcripts/{id}")).await;
    assert_eq!(ended["status"], "ended", "a receiver that is away keeps no transcript unfinished");
    // What is corrected meanwhile is told.
    site.send("PATCH", &format!("/v1/transcripts/{id}"), &json!({ "title": "Corrected" })).await;
    let seen = receiver.until(3).await;
    let retries: Vec<&str> = seen.iter().map(|one| one.header("x-webhook-retry")).collect();
    assert_eq!(retries, ["0", "1", "2"]);
    for one in &seen {
        assert!(is_signed(one, "whisper"));
        let body = one.json();
        assert_eq!((&body["event_id"], &body["timestamp"]), (&first["event_id"], &first["timestamp"]));
    }
    assert_eq!(seen[2].json()["transcript"]["title"], "Corrected");
    let event = until(&site, &room, "delivered").await;
    assert_eq!((&event["attempts"], &event["status_code"]), (&json!(3), &json!(200)));
    assert_eq!(log(&site, &room).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_tried_again_when_its_owner_asks_and_a_receiver_that_is_gone_is_not_bothered() {
    let (site, receiver) = (site(true).await, Receiver::answering(&[410, 200]).await);
    let room = room(&site, &receiver.url()).await;
    talk(&site, &room).await;
    let failed = until(&site, &room, "failed").await;
    assert_eq!((&failed["attempts"], &failed["status_code"]), (&json!(1), &json!(410)));
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(receiver.seen().len(), 1, "410 is the end");

    let path = format!("/v1/rooms/{room}/webhook/deliveries/{}/retry", failed["id"].as_str().unwrap());
    assert_eq!(site.send("POST", &path, &json!({})).await, (200, json!({ "status": "ok" })));
    let event = until(&site, &room, "delivered").await;
    assert_eq!((&event["event_id"], &event["attempts"]), (&failed["event_id"], &json!(2)));
    assert_eq!(receiver.seen()[1].header("x-webhook-retry"), "1");
    let other = format!("/v1/rooms/{room}/webhook/deliveries/{room}/retry");
    assert_eq!(site.send("POST", &other, &json!({})).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_meanwhile_is_told_to_nobody() {
    let (site, receiver) = (site(true).await, Receiver::answering(&[500]).await);
    let room = room(&site, &receiver.url()).await;
    let id = talk(&site, &room).await;
    receiver.until(1).await;
    assert_eq!(site.send("DELETE", &format!("/v1/transcripts/{id}"), &json!({})).await.0, 200);
    let failed = until(&site, &room, "failed").await;
    assert!(failed["error"].as_str().unwrap().contains("deleted"), "{failed}");
    let sent = receiver.seen().len();
    tokio::time::sleep(Duration::from_secs(9)).await;
    assert_eq!(receiver.seen().len(), sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_says_what_the_receiver_answers_and_shows_only_the_beginning() {
    let long = "secret ".repeat(200);
    let receiver = Receiver::start(move |n| match n {
        0 => (StatusCode::OK, long.clone()).into_response(),
        1 => (StatusCode::IM_A_TEAPOT, "no\u{7}pe").into_response(),
        _ => Redirect::temporary("http://127.0.0.1:1/").into_response(),
    })
    .await;
    let site = site(false).await;
    let room = room(&site, &receiver.url()).await;
    let path = format!("/v1/rooms/{room}/webhook/test");
    let (status, told) = site.send("POST", &path, &json!({})).await;
    assert_eq!((status, &told["success"], &told["status_code"]), (200, &json!(true), &json!(200)));
    assert_eq!((told["response_preview"].as_str().unwrap().len(), &told["error"]), (200, &Value::Null));
    let seen = &receiver.seen()[0];
    assert!(is_signed(seen, "whisper") && seen.header("x-webhook-event") == "test");
    let body = seen.json();
    assert_eq!((&body["event"], &body["room"]["name"]), (&json!("test"), &json!("weekly")));
    assert!(body["event_id"].is_string() && body["timestamp"].is_string() && body["message"].is_string());

    let (_, told) = site.send("POST", &path, &json!({})).await;
    assert_eq!((&told["success"], &told["status_code"]), (&json!(false), &json!(418)));
    assert_eq!(told["response_preview"], "no pe");
    let (_, told) = site.send("POST", &path, &json!({})).await;
    assert!(told["error"].as_str().unwrap().contains("redirects are not followed"), "{told}");
    assert_eq!(receiver.seen().len(), 3);
    let states: Vec<Value> = log(&site, &room).await.iter().map(|one| one["status"].clone()).collect();
    assert_eq!(states, ["failed", "failed", "delivered"]);

    let (_, bare) = site.send("POST", "/v1/rooms", &json!({ "name": "bare" })).await;
    let path = format!("/v1/rooms/{}/webhook/test", bare["id"].as_str().unwrap());
    assert_eq!(site.send("POST", &path, &json!({})).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn private_receivers_are_refused_however_they_are_written_unless_the_operator_lists_them() {
    let receiver = Receiver::answering(&[200]).await;
    let port = receiver.address.port();
    let site = Site::new().await;
    for (n, host) in
        ["127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "169.254.169.254"]
            .into_iter()
            .enumerate()
    {
        let body = json!({ "name": format!("r{n}"), "webhook_url": format!("http://{host}:{port}/hook") });
        let (status, refused) = site.send("POST", "/v1/rooms", &body).await;
        assert_eq!(status, 422, "{host}");
        assert!(refused.to_string().contains("outgoing.allow_hosts"), "{host}: {refused}");
    }
    // A name is judged by where it leads, when it is called: it may lead elsewhere then.
    let room = room(&site, &format!("http://localhost:{port}/hook")).await;
    let path = format!("/v1/rooms/{room}/webhook/test");
    let (status, told) = site.send("POST", &path, &json!({})).await;
    assert_eq!((status, &told["success"], &told["status_code"]), (200, &json!(false), &Value::Null));
    assert!(told["error"].as_str().unwrap().contains("outgoing.allow_hosts"), "{told}");
    assert!(receiver.seen().is_empty());
    // The operator's word is enough, for a name as for an address.
    let listed = Site::set(|config| config.outgoing.allow_hosts = vec!["localhost".into()]).await;
    let (_, made) = listed
        .send(
            "POST",
            "/v1/rooms",
            &json!({ "name": "r", "webhook_url": format!("http://localhost:{port}/") }),
        )
        .await;
    let path = format!("/v1/rooms/{}/webhook/test", made["id"].as_str().unwrap());
    assert_eq!(listed.send("POST", &path, &json!({})).await.1["success"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_keeps_the_newest_hundred_and_whatever_still_waits() {
    let site = site(false).await;
    let room = room(&site, "http://127.0.0.1:9/hook").await;
    let id = site.create("talk.wav").await;
    let mut conn = site.workshop.conn().await;
    let (room_id, now) = (room.parse().unwrap(), reflector::clock::now());
    let waits = delivery::plan(&mut conn, room_id, id, 1, now).await.unwrap().expect("it is new");
    assert_eq!(delivery::plan(&mut conn, room_id, id, 1, now).await.unwrap(), None, "once for a run");
    for n in 0..150 {
        let at = now + chrono::TimeDelta::seconds(n);
        let event = reflector::ids::DeliveryId::new();
        delivery::tested(&mut conn, event, room_id, true, &Default::default(), at).await.unwrap();
    }
    let all = delivery::list(&mut conn, room_id, 1000).await.unwrap();
    assert_eq!(all.len(), 101, "and the one that waits");
    assert_eq!((all[100].id, all[100].status), (waits, DeliveryStatus::Waiting));
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_and_their_webhooks_are_made_on_plain_pages() {
    let (site, receiver) = (site(false).await, Receiver::answering(&[200]).await);
    let (status, to) = site.form("/rooms", "name=weekly&is_shared=yes").await;
    assert_eq!(status, 303);
    let path = to.split('?').next().unwrap().to_owned();
    let page = site.page(&to).await.1;
    assert!(page.contains("value=\"weekly\"") && page.contains("checked"), "{page}");
    assert_eq!(site.form("/rooms", "name=weekly").await.0, 409);
    let refused =
        site.client.post(site.url("/rooms")).header("content-type", "application/x-www-form-urlencoded");
    let refused = refused.body("name=two+words").send().await.unwrap().text().await.unwrap();
    assert!(
        refused.contains("The name may hold letters") && refused.contains("value=\"two words\""),
        "{refused}"
    );

    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("name", "weekly")
        .append_pair("webhook_url", &receiver.url())
        .append_pair("webhook_secret", "")
        .finish();
    assert_eq!(site.form(&path, &form).await, (303, format!("{path}?done=saved")));
    let (_, room) = site.json(&format!("/v1{path}")).await;
    assert_eq!((&room["is_shared"], &room["webhook_url"]), (&json!(false), &json!(receiver.url())));
    let secret = room["webhook_secret"].as_str().unwrap();
    assert_eq!(site.form(&format!("{path}/webhook/test"), "").await, (303, format!("{path}?done=tested")));
    assert!(is_signed(&receiver.seen()[0], secret));
    let page = site.page(&path).await.1;
    assert!(
        page.contains("Delivered") && page.contains("answered 200") && page.contains("answer 0"),
        "{page}"
    );

    let list = site.page("/rooms").await.1;
    assert!(list.contains("weekly") && list.contains("tells a webhook"));
    let (_, to) = site.form(&format!("{path}/delete"), "").await;
    let list = site.page(&to).await.1;
    assert!(list.contains("Deleted “weekly”") && list.contains(&format!("{path}/restore")), "{list}");
    assert_eq!(site.page(&path).await.0, 404);
    assert_eq!(site.form(&format!("{path}/restore"), "").await, (303, "/rooms?done=restored".into()));
    assert_eq!(site.page(&path).await.0, 200);

    // A transcript goes into a room from the start page, and is found by it.
    let id = path.rsplit('/').next().unwrap();
    assert!(site.page("/").await.1.contains(&format!("<option value=\"{id}\">weekly</option>")));
    let fields: [(&str, Option<&str>, &[u8]); 2] =
        [("room_id", None, id.as_bytes()), ("file", Some("talk.wav"), b"RIFF")];
    let (kind, body) = crate::support::site::multipart(&fields);
    let sent =
        site.client.post(site.url("/upload")).header("content-type", kind).body(body).send().await.unwrap();
    assert_eq!(sent.status(), 303);
    let found = site.page(&format!("/transcripts?room={id}")).await.1;
    assert!(found.contains("1 transcript found") && found.contains(">talk<"), "{found}");
    let (_, list) = site.json(&format!("/v1/transcripts?room_id={id}")).await;
    let talk = format!("/transcripts/{}", list["items"][0]["id"].as_str().unwrap());
    let page = site.page(&talk).await.1;
    assert!(page.contains("in weekly") && page.contains(&format!("value=\"{id}\" selected")), "{page}");
    assert_eq!(site.form(&format!("{talk}/room"), "room_id=").await, (303, talk.clone()));
    assert_eq!(site.json(&format!("/v1{talk}")).await.1["room_id"], Value::Null);
    assert_eq!(site.form(&format!("{talk}/room"), &format!("room_id={id}")).await.0, 303);
    assert_eq!(site.json(&format!("/v1{talk}")).await.1["room_name"], "weekly");
    assert_eq!(site.form(&format!("{talk}/room"), "room_id=nonsense").await.0, 422);
}
