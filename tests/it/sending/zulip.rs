//! Transcripts in Zulip.

use std::time::Duration;

use serde_json::{Value, json};

use super::{at, log, until};
use crate::support::site::{Site, with_login};
use crate::support::zulip_server::ZulipServer;

fn to(id: impl std::fmt::Display, stream: &str, topic: &str) -> String {
    format!("/v1/transcripts/{id}/zulip?stream={stream}&topic={topic}&include_topics=true")
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_and_topics_are_those_of_the_moment() {
    let chat = ZulipServer::start().await;
    let site = Site::set(at(&chat)).await;
    let (status, streams) = site.json("/v1/zulip/streams").await;
    assert_eq!(status, 200);
    assert_eq!(streams, json!([{ "stream_id": 7, "name": "meetings" }, { "stream_id": 9, "name": "team" }]));
    let topics = json!([{ "name": "weekly" }, { "name": "<b>" }]);
    assert_eq!(site.json("/v1/zulip/streams/7/topics").await, (200, topics));
    assert_eq!(site.json("/v1/zulip/streams/9/topics").await, (200, json!([])));
    assert_eq!(site.json("/v1/zulip/streams/8/topics").await.0, 404);
    assert_eq!(site.json("/v1/zulip/streams/x/topics").await.0, 404);

    let bare = Site::new().await;
    let (status, refused) = bare.json("/v1/zulip/streams").await;
    assert_eq!(status, 400);
    assert!(refused["detail"].as_str().unwrap().contains("zulip.realm"), "{refused}");
    let at = at(&chat);
    let public = Site::set(|config| {
        at(config);
        with_login(config);
        config.auth.public_mode = true;
    })
    .await;
    assert_eq!(public.json("/v1/zulip/streams").await.0, 403, "visitors");
}

/// While something is on its way the page is asked for every three seconds, by everybody who has it open.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_asked_for_again_and_again_asks_zulip_once() {
    let chat = ZulipServer::start().await;
    let site = Site::set(at(&chat)).await;
    let id = site.finished("talk.wav").await;
    let path = format!("/transcripts/{id}/send");
    let (one, other) = tokio::join!(site.page(&path), site.page(&path));
    for (status, page) in [one, other, site.page(&path).await, site.page(&path).await] {
        assert_eq!(status, 200);
        assert!(page.contains("<option value=\"meetings\" data-id=\"7\">"), "{page}");
    }
    assert_eq!(chat.listed(), 1, "four pages");
    // Programs ask for the streams of the moment.
    assert_eq!(site.json("/v1/zulip/streams").await.0, 200);
    assert_eq!(chat.listed(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_has_one_message_in_a_topic_which_is_changed() {
    let chat = ZulipServer::start().await;
    let site = Site::working_with(at(&chat)).await;
    let id = site.finished("talk.wav").await;
    assert_eq!(site.send("POST", &to(id, "meetings", "weekly"), &Value::Null).await, (200, Value::Null));
    let posted = chat.until(|messages| messages.len() == 1).await;
    let (first, message) = posted.iter().next().unwrap();
    assert_eq!((message.stream.as_str(), message.topic.as_str()), ("meetings", "weekly"));
    for there in [
        "# Reflector – Budget talks\n",
        "**Date:** <time:2",
        &format!("[Open the transcript](https://reflector.example/transcripts/{id})"),
        "**Duration:** 1:00",
        "```spoiler Summary\n",
        "It was cut in the end.",
        "```spoiler Topics\n",
        &format!("- [0:20](https://reflector.example/transcripts/{id}?t=20) The budget"),
    ] {
        assert!(message.content.contains(there), "{there} in {}", message.content);
    }
    assert!(!message.content.contains("Good morning"), "not the text");
    until(&site, id, "delivered").await;

    // What is corrected changes what stands there.
    let title = json!({ "title": "Corrected @**all** ```" });
    assert_eq!(site.send("PATCH", &format!("/v1/transcripts/{id}"), &title).await.0, 200);
    assert_eq!(site.send("POST", &to(id, "meetings", "weekly"), &Value::Null).await.0, 200);
    let changed = chat.until(|messages| messages.values().any(|one| one.edits == 1)).await;
    assert_eq!(changed.len(), 1, "no second message");
    assert!(
        changed[first].content.contains("Corrected") && !changed[first].content.contains("@**"),
        "{changed:?}"
    );
    until(&site, id, "delivered").await;

    // Another topic has a message of its own, and one that was taken away is posted anew.
    assert_eq!(site.send("POST", &to(id, "team", "weekly"), &Value::Null).await.0, 200);
    chat.until(|messages| messages.len() == 2).await;
    until(&site, id, "delivered").await;
    chat.forget(*first);
    assert_eq!(site.send("POST", &to(id, "meetings", "weekly"), &Value::Null).await.0, 200);
    chat.until(|messages| messages.len() == 2).await;
    until(&site, id, "delivered").await;
    let rows = log(&site, id).await;
    assert_eq!(rows.len(), 4);
    assert_eq!((&rows[0]["target"], &rows[0]["topic"]), (&json!("meetings"), &json!("weekly")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zulip_that_is_away_is_asked_again_and_one_that_refuses_says_why() {
    let chat = ZulipServer::start().await;
    let site = Site::working_with(at(&chat)).await;
    let id = site.finished("talk.wav").await;
    chat.fail(1);
    assert_eq!(site.send("POST", &to(id, "meetings", "weekly"), &Value::Null).await.0, 200);
    chat.until(|messages| messages.len() == 1).await;
    assert_eq!(until(&site, id, "delivered").await["attempts"], 2);
    assert_eq!(site.send("POST", &to(id, "nowhere", "weekly"), &Value::Null).await.0, 200);
    let failed = until(&site, id, "failed").await;
    assert!(failed["error"].as_str().unwrap().contains("Channel 'nowhere' does not exist"), "{failed}");
    for (path, field) in [
        (format!("/v1/transcripts/{id}/zulip?stream=&topic=x"), "stream"),
        (format!("/v1/transcripts/{id}/zulip?stream=team&topic=%20"), "topic"),
        (format!("/v1/transcripts/{id}/zulip?stream=team&topic={}", "x".repeat(61)), "topic"),
    ] {
        let (status, refused) = site.send("POST", &path, &Value::Null).await;
        assert_eq!((status, &refused["detail"][0]["loc"]), (422, &json!(["query", field])), "{refused}");
    }
}

/// Two who post at once, in two rows.
#[tokio::test(flavor = "multi_thread")]
async fn two_who_post_at_once_make_one_message() {
    let chat = ZulipServer::start().await;
    chat.slow(Duration::from_secs(2));
    let at = at(&chat);
    let site = Site::working_with(|config| {
        at(config);
        with_login(config);
    })
    .await;
    let (ada, bob) =
        (site.person("ada@example.org", false).await, site.person("bob@example.org", false).await);
    let id = site.finished("talk.wav").await;
    site.give(id, "semi-private", Some(ada.user.id)).await;
    assert_eq!(ada.send(&site, "POST", &to(id, "meetings", "weekly"), &Value::Null).await.0, 200);
    // The first is being posted, which takes its time.
    for _ in 0..100 {
        if ada.json(&site, &format!("/v1/transcripts/{id}/sendings")).await.1[0]["attempts"] == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(bob.send(&site, "POST", &to(id, "meetings", "weekly"), &Value::Null).await.0, 200);
    let mut rows = Value::Null;
    for _ in 0..300 {
        (_, rows) = ada.json(&site, &format!("/v1/transcripts/{id}/sendings")).await;
        if rows.as_array().unwrap().iter().all(|row| row["status"] == "delivered") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(
        (rows[0]["status"].as_str(), rows[1]["status"].as_str()),
        (Some("delivered"), Some("delivered"))
    );
    let messages = chat.messages();
    assert_eq!(messages.len(), 1, "one message, whoever posts: {messages:?}");
    assert_eq!(messages.values().next().unwrap().edits, 1);
}
