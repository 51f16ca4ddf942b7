//! A room is made, a transcript put into it, another person sees it there, and its webhook is tried.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use reflector::auth::password;
use reflector::clock;
use reflector::config::AuthMode;
use reflector::db::schema::transcript;
use reflector::model::user;
use thirtyfour::prelude::*;

use super::Browser;
use super::keyboard::Keys;
use super::login::{keys, press};
use crate::support::accounts::PASSWORD;
use crate::support::receiver::Receiver;
use crate::support::site::Site;

const ADA: &str = "ada@example.org";
const BOB: &str = "bob@example.org";

impl Browser {
    pub(super) async fn log_in(&self, site: &Site, email: &str, to: &str) {
        let next = url::form_urlencoded::byte_serialize(to.as_bytes()).collect::<String>();
        let page = format!("http://localhost:{}/login?next={next}", site.address.port());
        self.driver.goto(page).await.unwrap();
        keys(self, email).await;
        press(self, Key::Tab).await;
        keys(self, PASSWORD).await;
        Keys(self).enter().await;
        self.until("the page is shown", &format!("location.pathname === '{to}'")).await;
    }

    pub(super) async fn click(&self, css: &str) {
        self.driver.find(By::Css(css)).await.unwrap().click().await.unwrap();
    }

    /// Writes into the field of that name, in the place of what is there.
    pub(super) async fn fill(&self, name: &str, text: &str) {
        let field = self.driver.find(By::Css(format!("main [name={name}]"))).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// What a phone and a desk show of this page, in light and in dark.
    pub(super) async fn look(&self, name: &str) {
        for (width, height) in [(390, 1300), (1440, 1100)] {
            self.size(width, height).await;
            self.no_sideways_scroll().await;
            for theme in ["light", "dark"] {
                self.light(Some(theme)).await;
                self.shot(&format!("{name}-{width}-{theme}")).await;
            }
        }
        self.light(None).await;
        assert_eq!(self.console().await, Vec::<String>::new(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_is_made_and_shared_with_another_person_and_its_webhook_is_tried() {
    // The first test is taken, the second one is not.
    let receiver = Receiver::answering(&[200, 503]).await;
    let site = Site::set(|config| {
        config.auth.mode = AuthMode::Password;
        config.auth.secret_key = Some("0123456789abcdef0123456789abcdef".into());
        config.outgoing.allow_hosts = vec!["127.0.0.0/8".into()];
    })
    .await;
    let talk = site.finished("Planning of the spring fair.wav").await;
    let mut conn = site.workshop.conn().await;
    let hash = password::hash(PASSWORD).unwrap();
    let ada = user::create_with_password(&mut conn, ADA, &hash, false, clock::now()).await.unwrap();
    user::create_with_password(&mut conn, BOB, &hash, false, clock::now()).await.unwrap();
    diesel::update(transcript::table.find(talk))
        .set(transcript::user_id.eq(Some(ada.id)))
        .execute(&mut conn)
        .await
        .unwrap();

    let name = "weekly";
    let (hers, his) = (Browser::open(false).await, Browser::open(false).await);
    his.size(390, 844).await;
    hers.log_in(&site, ADA, "/rooms").await;
    hers.look("rooms-empty").await;

    // A name with a space is refused in words, and stays in the field.
    hers.fill("name", "two words").await;
    hers.click("form[action='/rooms'] button.main").await;
    hers.until("it is refused", "document.querySelector('[role=alert]')").await;
    assert_eq!(hers.script("return document.querySelector('main [name=name]').value").await, "two words");
    // The browser says that a page was answered with 422.
    hers.console().await;
    hers.look("rooms-wrong").await;
    hers.fill("name", name).await;
    hers.click("form[action='/rooms'] [name=is_shared]").await;
    hers.click("form[action='/rooms'] button.main").await;
    hers.until("it is there", "document.querySelector('[role=status]')?.innerText === 'The room is there.'")
        .await;
    let room = hers.script("return location.pathname").await.as_str().unwrap().to_owned();

    // Its webhook: saved with a secret of its own, and tried twice.
    hers.fill("webhook_url", &receiver.url()).await;
    hers.click(&format!("form[action='{room}'] button.main")).await;
    hers.until("it is saved", "document.querySelector('[role=status]')?.innerText === 'Saved.'").await;
    let secret = hers.script("return document.querySelector('[name=webhook_secret]').value").await;
    assert!(secret.as_str().unwrap().len() >= 43, "{secret}");
    for (n, chip) in ["Delivered", "Failed"].into_iter().enumerate() {
        hers.click(&format!("form[action='{room}/webhook/test'] button")).await;
        let rows = "[...document.querySelectorAll('.rows .chip')].map(chip => chip.innerText)";
        hers.until("the outcome is shown", &format!("{rows}.length === {} && {rows}[0] === '{chip}'", n + 1))
            .await;
    }
    hers.look("room").await;

    // Her transcript goes into the room, where others may read it.
    let page = format!("http://localhost:{}/transcripts/{talk}", site.address.port());
    hers.driver.goto(page).await.unwrap();
    hers.size(390, 844).await;
    hers.click("details[data-name=more] summary").await;
    let form = format!("form[action='/transcripts/{talk}/room']");
    hers.click(&format!("{form} option[value='{}']", room.trim_start_matches("/rooms/"))).await;
    hers.click(&format!("{form} [name=share]")).await;
    hers.no_sideways_scroll().await;
    hers.shot("room-move-390-light").await;
    hers.click(&format!("{form} button")).await;
    hers.until(
        "it says so",
        &format!("document.querySelector('.head .meta').innerText.includes('in {name}')"),
    )
    .await;

    // Another person finds both, and can change neither.
    his.log_in(&site, BOB, "/rooms").await;
    his.until("the room is listed", &format!("document.querySelector('.rows').innerText.includes('{name}')"))
        .await;
    let listed = his.script("return document.querySelector('.rows').innerText").await;
    assert!(listed.as_str().unwrap().contains("another person’s"), "{listed}");
    assert_eq!(his.script("return document.querySelectorAll('a[href^=\"/rooms/\"]').length").await, 0);
    his.look("rooms-others").await;
    let link = his.driver.find(By::LinkText(name)).await.unwrap();
    link.click().await.unwrap();
    his.until("its transcripts are listed", "location.search.startsWith('?room=')").await;
    his.until("hers is among them", &format!("document.querySelector('a[href*=\"/transcripts/{talk}\"]')"))
        .await;
    his.look("room-transcripts").await;
    his.click(&format!("a[href*='/transcripts/{talk}']")).await;
    his.until("it can be read", "document.body.innerText.includes('the budget')").await;
    assert_eq!(
        his.script("return document.querySelector('details[data-name=more]')").await,
        serde_json::Value::Null
    );
    let status = his.script(&format!("return fetch('{room}').then(answer => answer.status)")).await;
    assert_eq!(status, 403, "the room is seen, and not changed");
    for browser in [hers, his] {
        browser.quit().await;
    }
    let kinds: Vec<String> =
        receiver.seen().iter().map(|one| one.header("x-webhook-event").to_owned()).collect();
    assert_eq!(kinds, ["test"; 2]);
}
