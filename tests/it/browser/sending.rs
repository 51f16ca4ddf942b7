//! A transcript is sent from its page: by e-mail and to Zulip, with the stream's topics offered, and what became of it is there.

use reflector::config::MailTls;
use serde_json::json;

use super::Browser;
use crate::support::site::Site;
use crate::support::smtp::SmtpServer;
use crate::support::zulip_server::{BOT, KEY, ZulipServer};

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_is_sent_and_the_page_says_what_became_of_it() {
    let mail =
        SmtpServer::answering(|_, to| to.starts_with("nobody").then_some("550 5.1.1 no such mailbox here"));
    let chat = ZulipServer::start().await;
    let (port, realm) = (mail.port(), chat.url());
    let site = Site::working_with(|config| {
        config.mail.host = Some("127.0.0.1".into());
        config.mail.port = port;
        config.mail.tls = MailTls::None;
        config.mail.from = Some("Reflector <reflector@example.org>".into());
        config.zulip.realm = Some(realm);
        config.zulip.bot_email = Some(BOT.into());
        config.zulip.api_key = Some(KEY.into());
    })
    .await;
    let room = site
        .send("POST", "/v1/rooms", &json!({ "name": "weekly", "email_transcript_to": "team@example.org" }))
        .await
        .1;
    let id = site.finished("Planning of the spring fair.wav").await;
    let browser = Browser::open(false).await;
    let page = |path: &str| format!("http://localhost:{}{path}", site.address.port());
    browser.driver.goto(page(&format!("/transcripts/{id}"))).await.unwrap();
    browser.click("details[data-name=more] summary").await;
    browser.click(&format!("a[href='/transcripts/{id}/send']")).await;
    browser.until("the page is there", "document.querySelector('h1')?.innerText.startsWith('Send')").await;
    browser.look("send-empty").await;
    browser.fill("email", "ada@example.org, nobody@example.org").await;
    browser.click("form[action$='/send/email'] button.main").await;
    browser.until("it is on its way", "document.querySelector('[role=status]')").await;
    // The page is asked again until both letters have come to their end.
    for _ in 0..100 {
        let chips = "[...document.querySelectorAll('.rows .chip')].map(chip => chip.innerText).sort().join()";
        if browser.script(&format!("return {chips}")).await == "Not sent,Sent" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        browser.driver.refresh().await.unwrap();
    }
    browser.fill("stream", "meetings").await;
    browser
        .until("its topics are offered", "document.querySelector('#topics option')?.value === 'weekly'")
        .await;
    browser.fill("topic", "weekly").await;
    browser.click("form[action$='/send/zulip'] button.main").await;
    chat.until(|messages| messages.len() == 1).await;
    browser.driver.goto(page(&format!("/transcripts/{id}/send"))).await.unwrap();
    browser.until("all three are there", "document.querySelectorAll('.rows .row').length === 3").await;
    browser.look("send").await;
    browser.driver.goto(page(&format!("/rooms/{}", room["id"].as_str().unwrap()))).await.unwrap();
    browser.look("room-sending").await;
    browser.driver.goto(page("/privacy")).await.unwrap();
    browser.look("privacy").await;
    browser.driver.goto(page(&format!("/transcripts/{id}"))).await.unwrap();
    browser.look("transcript-send").await;
    browser.quit().await;
}
