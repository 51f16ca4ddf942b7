//! Sending transcripts: letters by a real SMTP conversation, messages in Zulip, by people, by rooms, and to an operator.

mod failures;
mod letters;
mod zulip;

use reflector::config::{Config, MailTls};
use reflector::ids::TranscriptId;
use reflector::model::stage::Stage;
use reflector::queue::{self, StageJob};
use serde_json::{Value, json};

use crate::support::site::Site;
use crate::support::smtp::SmtpServer;
use crate::support::zulip_server::{BOT, KEY, ZulipServer};

/// Letters go to this server, in the clear: it is on this machine.
fn by(server: &SmtpServer) -> impl FnOnce(&mut Config) {
    let port = server.port();
    move |config| {
        config.mail.host = Some("127.0.0.1".into());
        config.mail.port = port;
        config.mail.from = Some("Reflector <reflector@example.org>".into());
        config.mail.tls = MailTls::None;
        config.server.site_url = Some("https://reflector.example/".into());
    }
}

fn at(server: &ZulipServer) -> impl FnOnce(&mut Config) {
    let url = server.url();
    move |config| {
        config.zulip.realm = Some(url);
        config.zulip.bot_email = Some(BOT.into());
        config.zulip.api_key = Some(KEY.into());
        config.server.site_url = Some("https://reflector.example/".into());
    }
}

/// What was sent, newest first.
async fn log(site: &Site, id: TranscriptId) -> Vec<Value> {
    let (status, log) = site.json(&format!("/v1/transcripts/{id}/sendings")).await;
    assert_eq!(status, 200, "{log}");
    log.as_array().unwrap().clone()
}

/// Waits until the newest stands there.
async fn until(site: &Site, id: TranscriptId, status: &str) -> Value {
    for _ in 0..600 {
        if let Some(row) = log(site, id).await.first().filter(|row| row["status"] == status) {
            return row.clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("it is never {status}: {:?}", log(site, id).await);
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

#[tokio::test(flavor = "multi_thread")]
async fn a_room_sends_its_transcripts_by_itself_and_once() {
    let (mail, chat) = (SmtpServer::start(), ZulipServer::start().await);
    let (by, at) = (by(&mail), at(&chat));
    let site = Site::working_with(|config| {
        by(config);
        at(config);
    })
    .await;
    let body = json!({
        "name": "weekly", "email_transcript_to": "team@example.org; boss@example.org", "zulip_auto_post": true,
        "zulip_stream": "meetings",
    });
    let (status, room) = site.send("POST", "/v1/rooms", &body).await;
    assert_eq!(status, 200, "{room}");
    assert_eq!(room["email_transcript_to"], "team@example.org, boss@example.org");
    let id = talk(&site, room["id"].as_str().unwrap()).await;
    let letters = mail.until(2).await;
    let mut to: Vec<&str> = letters.iter().map(|letter| letter.to[0].as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["boss@example.org", "team@example.org"]);
    assert!(letters[0].part("text/plain").contains("because weekly sends its transcripts"), "{letters:?}");
    let posted = chat.until(|messages| !messages.is_empty()).await;
    let message = posted.values().next().unwrap();
    assert_eq!(
        (message.stream.as_str(), message.topic.as_str()),
        ("meetings", "weekly"),
        "the room's own name"
    );
    let rows = log(&site, id).await;
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row["purpose"] == "room" && row["asked_by"].is_null()), "{rows:?}");
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!((mail.seen().len(), chat.messages().len()), (2, 1), "once");

    let (status, refused) =
        site.send("POST", "/v1/rooms", &json!({ "name": "x", "email_transcript_to": "team" })).await;
    assert_eq!(status, 422);
    assert!(
        refused.to_string().contains("email_transcript_to") && refused.to_string().contains("no @"),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rooms_owner_may_not_read_their_room_does_not_send() {
    use crate::support::site::with_login;
    let mail = SmtpServer::start();
    let by = by(&mail);
    let site = Site::working_with(|config| {
        by(config);
        with_login(config);
    })
    .await;
    let (ada, bob) =
        (site.person("ada@example.org", false).await, site.person("bob@example.org", false).await);
    let body = json!({ "name": "weekly", "is_shared": true, "email_transcript_to": "ada@example.org" });
    let (_, room) = ada.send(&site, "POST", "/v1/rooms", &body).await;
    for (mode, count) in [("private", 0), ("semi-private", 1)] {
        let id = site.create("talk.wav").await;
        site.give(id, mode, Some(bob.user.id)).await;
        let body = json!({ "room_id": room["id"] });
        let (status, said) = bob.send(&site, "PATCH", &format!("/v1/transcripts/{id}"), &body).await;
        assert_eq!(status, 200, "{said}");
        site.give(id, mode, Some(bob.user.id)).await;
        let attempt = site.up_to(id, Some(Stage::Deliver)).await.unwrap();
        let mut conn = site.workshop.conn().await;
        queue::enqueue(&mut conn, &StageJob::new(id, attempt.run, Stage::Deliver)).await.unwrap();
        drop(conn);
        mail.until(count).await;
        for _ in 0..200 {
            if bob.json(&site, &format!("/v1/transcripts/{id}")).await.1["status"] == "ended" {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        assert_eq!(mail.seen().len(), count, "{mode}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_without_script_send_and_say_what_became_of_it() {
    let (mail, chat) = (
        SmtpServer::answering(|_, to| to.starts_with("nobody").then_some("550 5.1.1 no such mailbox")),
        ZulipServer::start().await,
    );
    let (by, at) = (by(&mail), at(&chat));
    let site = Site::working_with(|config| {
        by(config);
        at(config);
    })
    .await;
    let id = site.finished("talk.wav").await;
    let page = format!("/transcripts/{id}/send");
    assert!(site.page(&format!("/transcripts/{id}")).await.1.contains(&format!("href=\"{page}\"")));
    let (status, text) = site.page(&page).await;
    assert_eq!(status, 200);
    for there in ["Send “Budget talks”", "value=\"meetings\" data-id=\"7\"", "Nothing yet.", "send.js"] {
        assert!(text.contains(there), "{there} in {text}");
    }
    let to = format!("{page}?done=email");
    assert_eq!(
        site.form(&format!("{page}/email"), "email=ada%40example.org%2C+nobody%40example.org").await,
        (303, to.clone())
    );
    mail.until(1).await;
    for _ in 0..100 {
        if site.page(&to).await.1.contains("Not sent") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let (_, text) = site.page(&to).await;
    for there in
        ["on their way", "ada@example.org", "nobody@example.org", "Not sent", "no such mailbox", "Try again"]
    {
        assert!(text.contains(there), "{there} in {text}");
    }
    assert_eq!(text.matches("/retry\"").count(), 1, "only of what failed");
    let failed = log(&site, id).await.into_iter().find(|row| row["status"] == "failed").unwrap();
    let retry = format!("{page}/{}/retry", failed["id"].as_str().unwrap());
    assert_eq!(site.form(&retry, "").await, (303, format!("{page}?done=again")));

    let refused = site.client.post(site.url(&format!("{page}/email")));
    let refused = refused.header("content-type", "application/x-www-form-urlencoded").body("email=%3Cada%3E");
    let refused = refused.send().await.unwrap();
    assert_eq!(refused.status(), 422);
    let text = refused.text().await.unwrap();
    assert!(text.contains("The address:") && text.contains("value=\"&#60;ada&#62;\""), "{text}");

    assert_eq!(
        site.form(&format!("{page}/zulip"), "stream=meetings&topic=weekly&include_topics=yes").await.0,
        303
    );
    chat.until(|messages| messages.len() == 1).await;
    until(&site, id, "delivered").await;
    let (_, text) = site.page(&page).await;
    for there in ["Zulip: meetings &#62; weekly", "value=\"weekly\"", "checked"] {
        assert!(text.contains(there), "{there} in {text}");
    }
    assert_eq!(site.form(&format!("{page}/zulip"), "stream=&topic=weekly").await.0, 422);

    // What a room sends by itself is set on its page.
    let (_, room) = site.send("POST", "/v1/rooms", &json!({ "name": "weekly" })).await;
    let room = format!("/rooms/{}", room["id"].as_str().unwrap());
    assert!(site.page(&room).await.1.contains("Sent by itself"));
    let form = "email_transcript_to=a%40example.org&zulip_auto_post=yes&zulip_stream=team&zulip_topic=";
    assert_eq!(site.form(&format!("{room}/sending"), form).await, (303, format!("{room}?done=saved")));
    let (_, kept) = site.json(&format!("/v1{room}")).await;
    assert_eq!(
        (&kept["email_transcript_to"], &kept["zulip_auto_post"], &kept["zulip_stream"], &kept["zulip_topic"]),
        (&json!("a@example.org"), &json!(true), &json!("team"), &Value::Null)
    );
    assert_eq!(site.form(&format!("{room}/sending"), "email_transcript_to=a").await.0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_tries_the_mail_server_and_zulip() {
    use reflector::jobs::Outbox;
    use reflector::tls::Trust;
    let (mail, chat) = (SmtpServer::start(), ZulipServer::start().await);
    let mut config = Config::default();
    by(&mail)(&mut config);
    at(&chat)(&mut config);
    let told = async |config: &Config| {
        let outbox = Outbox::new(config, &Trust::system()).unwrap();
        let tried = outbox.probe().await.into_iter();
        tried
            .map(|(what, outcome)| match outcome {
                Ok(text) => format!("ok {what}: {text}"),
                Err(trouble) => format!("wrong {what}: {}", trouble.why),
            })
            .collect::<Vec<_>>()
    };
    let said = told(&config).await;
    assert!(said[0].starts_with("ok e-mail") && said[1].starts_with("ok Zulip"), "{said:?}");
    let mut wrong = config.clone();
    wrong.zulip.api_key = Some("another".into());
    // Nothing listens there.
    wrong.mail.port = 1;
    let said = told(&wrong).await;
    assert!(said[0].starts_with("wrong e-mail: the mail server can't be"), "{said:?}");
    assert!(said[1].contains("wrong Zulip") && said[1].contains("Invalid API key"), "{said:?}");
    let said = told(&Config::default()).await;
    assert!(said[0].contains("no mail.host") && said[1].contains("no zulip.realm"), "{said:?}");
}
