//! An operator is told of what failed for good.

use serde_json::json;

use super::{at, by};
use crate::support::receiver::Receiver;
use crate::support::site::Site;
use crate::support::smtp::SmtpServer;
use crate::support::zulip_server::ZulipServer;

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_told_once_with_its_reason_and_a_link_and_no_word_of_what_was_said() {
    let (mail, chat, hook) =
        (SmtpServer::start(), ZulipServer::start().await, Receiver::answering(&[500, 200]).await);
    let (by, at, url) = (by(&mail), at(&chat), hook.url());
    let site = Site::working_with(|config| {
        by(config);
        at(config);
        config.failures.email = vec!["ops@example.org".into()];
        config.failures.zulip_stream = Some("team".into());
        config.failures.webhook_url = Some(url);
        config.failures.webhook_secret = Some("whisper".into());
        // Switched off for people: the operator is told all the same.
        config.features.email_transcript = false;
    })
    .await;
    let (_, made) = site.send("POST", "/v1/transcripts", &json!({ "name": "secret plans" })).await;
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(site.chunk(&id, 0, 1, b"this is no sound at all").await.0, 200);
    let letters = mail.until(1).await;
    let link = format!("https://reflector.example/transcripts/{id}");
    let text = letters[0].part("text/plain");
    assert_eq!(letters[0].to, ["ops@example.org"]);
    assert_eq!(letters[0].header("subject"), "Reflector: a transcript has failed (ingest)");
    assert!(text.contains(&link) && text.contains("Stage:  ingest") && text.contains("Why:"), "{text}");
    let posted = chat.until(|messages| messages.len() == 1).await;
    let message = posted.values().next().unwrap();
    assert_eq!((message.stream.as_str(), message.topic.as_str()), ("team", "failures"));
    assert!(message.content.contains(&link) && message.content.contains("ingest"), "{message:?}");
    let told = hook.until(2).await;
    let body = told[1].json();
    assert_eq!(
        (told[1].header("x-webhook-event"), told[1].header("x-webhook-retry")),
        ("transcript.failed", "1")
    );
    assert!(told[1].header("x-webhook-signature").starts_with("t="));
    assert_eq!((&body["event"], &body["stage"]), (&json!("transcript.failed"), &json!("ingest")));
    assert_eq!(body["transcript"]["frontend_url"], json!(link));
    assert_eq!(body["event_id"], told[0].json()["event_id"], "the same event, again");
    for said in [text, message.content.clone(), told[1].body.clone()] {
        assert!(!said.contains("secret plans"), "{said}");
    }
    // The reason is the one that is shown on the page.
    let (_, shown) = site.json(&format!("/v1/transcripts/{id}")).await;
    assert_eq!((&shown["status"], shown["error"].is_string()), (&json!("error"), true), "{shown}");
    assert!(shown["error"].as_str().unwrap().contains(body["reason"].as_str().unwrap()), "{shown}");
    // What an operator is told is no business of the transcript's page.
    assert_eq!(site.json(&format!("/v1/transcripts/{id}/sendings")).await, (200, json!([])));
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    assert_eq!((mail.seen().len(), chat.messages().len(), hook.seen().len()), (1, 1, 2), "once");

    // A person tries again, and it fails again: that is news.
    assert_eq!(site.send("POST", &format!("/v1/transcripts/{id}/process"), &json!({})).await.0, 200);
    mail.until(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_where_nobody_is_named() {
    let mail = SmtpServer::start();
    let site = Site::working_with(by(&mail)).await;
    let (_, made) = site.send("POST", "/v1/transcripts", &json!({ "name": "plans" })).await;
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(site.chunk(&id, 0, 1, b"this is no sound at all").await.0, 200);
    for _ in 0..600 {
        if site.json(&format!("/v1/transcripts/{id}")).await.1["status"] == "error" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(site.json(&format!("/v1/transcripts/{id}")).await.1["status"], "error");
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(mail.named(), 0);
}
