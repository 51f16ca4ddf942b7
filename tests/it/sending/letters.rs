//! Transcripts by e-mail.

use std::sync::atomic::{AtomicUsize, Ordering};

use reflector::config::MailTls;
use serde_json::{Value, json};

use super::{by, log, until};
use crate::support::certs::Workbench;
use crate::support::site::{Site, with_login};
use crate::support::smtp::SmtpServer;

#[tokio::test(flavor = "multi_thread")]
async fn everybody_gets_a_letter_of_their_own_with_summary_and_text() {
    let mail = SmtpServer::start();
    let site = Site::working_with(by(&mail)).await;
    let id = site.finished("talk.wav").await;
    let body = json!({ "email": "ada@example.org, bob@bücher.example,ada@example.org" });
    assert_eq!(
        site.send("POST", &format!("/v1/transcripts/{id}/email"), &body).await,
        (200, json!({ "sent": 2 }))
    );
    let mut letters = mail.until(2).await;
    letters.sort_by(|a, b| a.to.cmp(&b.to));
    let to: Vec<&[String]> = letters.iter().map(|letter| letter.to.as_slice()).collect();
    assert_eq!(to, [["ada@example.org"], ["bob@xn--bcher-kva.example"]]);
    let letter = &letters[0];
    assert_eq!(letter.from, "reflector@example.org");
    assert_eq!(letter.header("from"), "Reflector <reflector@example.org>");
    assert_eq!(letter.header("to"), "ada@example.org");
    assert_eq!(letter.header("subject"), "Reflector: Budget talks");
    assert_eq!(letter.header("auto-submitted"), "auto-generated");
    assert!(
        letter.header("message-id").ends_with("@reflector.example>") && !letter.header("date").is_empty()
    );
    assert_ne!(letter.header("message-id"), letters[1].header("message-id"));
    let plain = letter.part("text/plain");
    for there in [
        "Budget talks\n",
        "They cut the budget.",
        "It was cut in the end.",
        "Decisions\n- The budget is cut.",
        "[0:00] Speaker 1: Good morning, let us begin.",
        "[0:20] Speaker 2: We should <cut> the budget.",
        // Where nobody logs in, whoever reaches the site sees it.
        &format!("https://reflector.example/transcripts/{id}"),
    ] {
        assert!(plain.contains(there), "{there} in {plain}");
    }
    let html = letter.part("text/html");
    assert!(
        html.contains("We should &#60;cut&#62; the budget.") && html.contains("Agreed &#38; noted."),
        "{html}"
    );
    assert!(html.contains("Open the transcript") && !html.contains("<script"), "{html}");
    let row = until(&site, id, "delivered").await;
    assert_eq!(
        (&row["channel"], &row["purpose"], &row["attempts"]),
        (&json!("email"), &json!("asked"), &json!(1))
    );
    assert!(row["error"].is_null() && row["last_attempt_at"].is_string());
    // It was taken out of the house, and by whom is noted.
    let (_, trail) = site.json(&format!("/v1/audit?transcript_id={id}&action=share")).await;
    assert_eq!(trail["items"][0]["who"], "anybody", "{trail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_busy_is_asked_again_with_the_same_letter_and_one_that_refuses_is_not() {
    let asked = AtomicUsize::new(0);
    let mail = SmtpServer::answering(move |_, to| match to {
        "gone@example.org" => Some("550 5.1.1 no such mailbox"),
        _ => (asked.fetch_add(1, Ordering::Relaxed) < 2).then_some("451 4.7.1 greylisted"),
    });
    let site = Site::working_with(by(&mail)).await;
    let id = site.finished("talk.wav").await;
    let path = format!("/v1/transcripts/{id}/email");
    assert_eq!(site.send("POST", &path, &json!({ "email": "ada@example.org" })).await.0, 200);
    let letters = mail.until(1).await;
    let row = until(&site, id, "delivered").await;
    assert_eq!(row["attempts"], 3);
    assert!(
        letters[0].header("message-id").contains(row["id"].as_str().unwrap()),
        "the same for every attempt"
    );

    assert_eq!(site.send("POST", &path, &json!({ "email": "gone@example.org" })).await.0, 200);
    let failed = until(&site, id, "failed").await;
    assert_eq!(failed["attempts"], 1, "a mailbox that is not there does not come by itself");
    assert!(
        failed["error"].as_str().unwrap().contains("550")
            && failed["error"].as_str().unwrap().contains("no such mailbox"),
        "{failed}"
    );
    let one = failed["id"].as_str().unwrap();
    let retry = format!("/v1/transcripts/{id}/sendings/{one}/retry");
    assert_eq!(site.send("POST", &retry, &Value::Null).await, (200, json!({ "status": "ok" })));
    for _ in 0..100 {
        if log(&site, id).await[0]["attempts"] == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(until(&site, id, "failed").await["attempts"], 2);
    let delivered = row["id"].as_str().unwrap();
    let again = format!("/v1/transcripts/{id}/sendings/{delivered}/retry");
    assert_eq!(site.send("POST", &again, &Value::Null).await.0, 404, "what arrived is not sent twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_only_for_those_who_may_follow_it() {
    for (public_mode, mode, ada, stranger) in [
        (false, "private", true, false),
        (false, "public", true, false),
        (true, "public", true, true),
        (true, "private", true, false),
    ] {
        let mail = SmtpServer::start();
        let by = by(&mail);
        let site = Site::working_with(|config| {
            by(config);
            with_login(config);
            config.auth.public_mode = public_mode;
        })
        .await;
        let owner = site.person("ada@example.org", false).await;
        let id = site.finished("talk.wav").await;
        site.give(id, mode, Some(owner.user.id)).await;
        let body = json!({ "email": "ada@example.org, stranger@example.org" });
        assert_eq!(owner.send(&site, "POST", &format!("/v1/transcripts/{id}/email"), &body).await.0, 200);
        for letter in mail.until(2).await {
            let wanted = if letter.to == ["ada@example.org"] { ada } else { stranger };
            for kind in ["text/plain", "text/html"] {
                let part = letter.part(kind);
                let linked = part.contains(&format!("/transcripts/{id}"));
                assert_eq!(linked, wanted, "{public_mode} {mode} {:?}: {part}", letter.to);
                assert!(part.contains("ada@example.org had Reflector"), "{part}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_writes_to_the_world_by_this_server() {
    let mail = SmtpServer::start();
    let by = by(&mail);
    let site = Site::set(|config| {
        by(config);
        with_login(config);
        config.auth.public_mode = true;
        config.mail.max_recipients = 3;
        config.mail.per_hour = 4;
    })
    .await;
    let (ada, bob) =
        (site.person("ada@example.org", false).await, site.person("bob@example.org", false).await);
    let id = site.finished("talk.wav").await;
    site.give(id, "public", Some(ada.user.id)).await;
    let path = format!("/v1/transcripts/{id}/email");
    let to = |email: &str| json!({ "email": email });
    assert_eq!(site.send("POST", &path, &to("eve@example.org")).await.0, 403, "a visitor");
    assert_eq!(site.json(&format!("/v1/transcripts/{id}/sendings")).await, (200, json!([])));
    for (email, words) in [
        ("", "is missing"),
        ("eve", "no e-mail address"),
        ("eve@example.org\r\nBcc: mallory@example.org", "no e-mail address"),
        ("a@x.org b@x.org c@x.org d@x.org", "more than 3"),
    ] {
        let (status, refused) = ada.send(&site, "POST", &path, &to(email)).await;
        assert_eq!((status, &refused["detail"][0]["loc"]), (422, &json!(["body", "email"])), "{email:?}");
        assert!(refused.to_string().contains(words), "{refused}");
    }
    for email in ["a@x.org, b@x.org, c@x.org", "d@x.org"] {
        assert_eq!(ada.send(&site, "POST", &path, &to(email)).await.0, 200);
    }
    let request = site.client.post(site.url(&path)).bearer_auth(&ada.token).json(&to("e@x.org"));
    let refused = request.send().await.unwrap();
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((3000..=3600).contains(&wait), "{wait}");
    assert!(refused.text().await.unwrap().contains("more than 4 letters"));
    // What waits already is not asked for twice, and does not count twice.
    assert_eq!(ada.send(&site, "POST", &path, &to("d@x.org")).await.0, 200);
    // Each person has their own hour, and knows what they asked for; the owner knows all.
    assert_eq!(bob.send(&site, "POST", &path, &to("bob@example.org")).await.0, 200);
    let rows = |rows: Value| rows.as_array().unwrap().len();
    let sendings = format!("/v1/transcripts/{id}/sendings");
    assert_eq!(rows(bob.json(&site, &sendings).await.1), 1);
    let (_, all) = ada.json(&site, &sendings).await;
    assert_eq!((all[0]["asked_by"].as_str(), rows(all.clone())), (Some("bob@example.org"), 5));
    site.give(id, "private", Some(ada.user.id)).await;
    assert_eq!(bob.send(&site, "POST", &path, &to("bob@example.org")).await.0, 404);
    assert!(mail.seen().is_empty() && mail.named() == 0, "nothing is sent while one waits for the answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_sent_is_refused_in_words() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let body = json!({ "email": "ada@example.org" });
    let (status, refused) = site.send("POST", &format!("/v1/transcripts/{id}/email"), &body).await;
    assert_eq!(status, 400);
    assert!(refused["detail"].as_str().unwrap().contains("mail.host"), "{refused}");
    let (_, page) = site.page(&format!("/transcripts/{id}/send")).await;
    assert!(page.contains("Nothing to send it with"), "{page}");
    assert!(!site.page(&format!("/transcripts/{id}")).await.1.contains("/send\""));

    let mail = SmtpServer::start();
    let site = Site::set(by(&mail)).await;
    let id = site.create("talk.wav").await;
    assert_eq!(site.send("POST", &format!("/v1/transcripts/{id}/email"), &body).await.0, 409);
    assert!(site.page(&format!("/transcripts/{id}/send")).await.1.contains("Nothing to send yet"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_meanwhile_is_sent_to_nobody() {
    let mail = SmtpServer::start();
    let site = Site::set(by(&mail)).await;
    let id = site.finished("talk.wav").await;
    let path = format!("/v1/transcripts/{id}");
    assert_eq!(
        site.send("POST", &format!("{path}/email"), &json!({ "email": "ada@example.org" })).await.0,
        200
    );
    assert_eq!(site.send("DELETE", &path, &Value::Null).await.0, 200);
    let stop = reflector::lifecycle::Shutdown::new();
    let (app, held) = (site.app.clone(), stop.clone());
    let worker =
        tokio::spawn(
            async move { reflector::app::run_worker(&app, &reflector::queue::Group::ALL, &held).await },
        );
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    stop.stop();
    worker.await.unwrap().unwrap();
    assert!(mail.seen().is_empty());
    assert_eq!(site.send("POST", &format!("{path}/restore"), &Value::Null).await.0, 200);
    let row = &log(&site, id).await[0];
    assert_eq!((&row["status"], &row["error"]), (&json!("failed"), &json!("the transcript was deleted")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_is_spoken_to_by_tls_and_shown_the_password_there_alone() {
    let bench = Workbench::with_authority();
    bench.certs(&["issue", "mail.test"]);
    let (certificate, key) = (bench.read("certs/server.pem"), bench.read("certs/server-key.pem"));
    let mail = SmtpServer::secure(&certificate, &key, ("reflector", "s3cret"));
    let by = by(&mail);
    let authority = bench.path("certs");
    let site = Site::working_with(|config| {
        by(config);
        config.mail.host = Some("localhost".into());
        config.mail.tls = MailTls::Starttls;
        config.mail.username = Some("reflector".into());
        config.mail.password = Some("s3cret".into());
        config.tls.ca = vec![authority.into()];
    })
    .await;
    let id = site.finished("talk.wav").await;
    let path = format!("/v1/transcripts/{id}/email");
    assert_eq!(site.send("POST", &path, &json!({ "email": "ada@example.org" })).await.0, 200);
    let letters = mail.until(1).await;
    assert!(letters[0].tls);
    assert_eq!(letters[0].login, Some(("reflector".to_owned(), "s3cret".to_owned())));

    // One that nobody vouches for is told nothing.
    let stranger = SmtpServer::secure(&certificate, &key, ("reflector", "s3cret"));
    let site = Site::working_with(|config| {
        super::by(&stranger)(config);
        config.mail.host = Some("localhost".into());
        config.mail.tls = MailTls::Starttls;
        config.mail.username = Some("reflector".into());
        config.mail.password = Some("s3cret".into());
    })
    .await;
    let id = site.finished("talk.wav").await;
    let path = format!("/v1/transcripts/{id}/email");
    assert_eq!(site.send("POST", &path, &json!({ "email": "ada@example.org" })).await.0, 200);
    for _ in 0..200 {
        if log(&site, id).await[0]["error"].is_string() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let row = &log(&site, id).await[0];
    assert!(row["error"].as_str().is_some_and(|why| why.to_lowercase().contains("certificate")), "{row}");
    assert!(stranger.seen().is_empty());
}
