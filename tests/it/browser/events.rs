//! Pages that are told: lists as they change, a connection that is lost and comes back, text that is typed meanwhile.

use std::net::SocketAddr;
use std::time::Duration;

use reflector::bus::Event;
use reflector::model::transcript::{self, Patch};
use serde_json::json;
use thirtyfour::prelude::*;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::Browser;
use crate::support::site::Site;

/// A way to the site that can be cut.
pub(super) struct Wire {
    to: SocketAddr,
    at: SocketAddr,
    way: Option<JoinHandle<()>>,
}

impl Wire {
    pub(super) async fn new(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        Self { to, at, way: Some(tokio::spawn(carry(listener, to))) }
    }

    /// Cuts every connection, and takes no other.
    pub(super) async fn cut(&mut self) {
        let way = self.way.take().unwrap();
        way.abort();
        let _ended = way.await;
    }

    pub(super) async fn mend(&mut self) {
        let listener = loop {
            match TcpListener::bind(self.at).await {
                Ok(listener) => break listener,
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        };
        self.way = Some(tokio::spawn(carry(listener, self.to)));
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.at)
    }
}

async fn carry(listener: TcpListener, to: SocketAddr) {
    // They end with this task.
    let mut open = tokio::task::JoinSet::new();
    while let Ok((mut near, _)) = listener.accept().await {
        open.spawn(async move {
            if let Ok(mut far) = TcpStream::connect(to).await {
                let _over = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_change_by_themselves_when_something_happens_elsewhere() {
    let site = Site::new().await;
    let browser = Browser::open(false).await;
    browser.size(1280, 900).await;
    browser.driver.goto(site.url("/transcripts")).await.unwrap();
    browser.until("the list is there", "document.querySelector('#rows .empty')").await;
    browser.script("window.__here = true").await;
    // The socket is open once it is told something.
    let (_, made) = site.send("POST", "/v1/transcripts", &json!({ "name": "Weekly" })).await;
    let id = made["id"].as_str().unwrap();
    let mut shown = false;
    for _ in 0..50 {
        let rows = browser.script("return document.querySelectorAll('#rows .row').length").await;
        if rows == 1 {
            shown = true;
            break;
        }
        let event = Event::TranscriptCreated { id: id.parse().unwrap() };
        site.app.bus().announce(&event).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert!(shown, "a new line came by itself");
    let one = format!("/v1/transcripts/{id}");
    assert_eq!(site.send("PATCH", &one, &json!({ "title": "Budget" })).await.0, 200);
    browser
        .until("its title is shown", "document.querySelector('#rows .title').textContent === 'Budget'")
        .await;
    browser.shot("list-live-1280-light").await;
    // No row moves beneath somebody who goes through them by keys; what changed is shown when they are elsewhere.
    let there = "document.querySelector('#rows .row a').focus(); window.__row = document.activeElement; \
                 window.__since = performance.now()";
    browser.script(there).await;
    let (_, made) = site.send("POST", "/v1/transcripts", &json!({ "name": "Later" })).await;
    let other = format!("/v1/transcripts/{}", made["id"].as_str().unwrap());
    browser.until("it was told long ago", "performance.now() - window.__since > 1200").await;
    let rows = "document.querySelectorAll('#rows .row').length";
    let stays =
        format!("return document.activeElement === window.__row && window.__row.isConnected && {rows} === 1");
    assert_eq!(browser.script(&stays).await, true, "the row that has the focus");
    browser.script("document.activeElement.blur()").await;
    browser.until("both are shown", &format!("{rows} === 2")).await;
    assert_eq!(site.send("DELETE", &other, &json!({})).await.0, 200);
    assert_eq!(site.send("DELETE", &one, &json!({})).await.0, 200);
    browser.until("it is gone", "document.querySelector('#rows .empty')").await;
    assert_eq!(browser.script("return window.__here").await, true, "the page was never loaded again");
    assert_eq!(browser.console().await, Vec::<String>::new());
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_says_that_its_connection_is_lost_keeps_what_is_typed_and_goes_on_where_it_was() {
    let site = Site::new().await;
    let id = site.finished("Budget").await;
    let mut wire = Wire::new(site.address).await;
    let browser = Browser::open(false).await;
    browser.size(1280, 900).await;
    browser.driver.goto(wire.url(&format!("/transcripts/{id}"))).await.unwrap();
    browser
        .until("the title can be changed", "document.querySelector('[data-title-edit]:not([hidden])')")
        .await;
    let notice = "!document.querySelector('.connection.notice').hidden";
    let title = |text: &str| Patch { title: Some(Some(text.to_owned())), ..Patch::default() };
    let told = async |text: &str| {
        let mut conn = site.workshop.conn().await;
        transcript::patch(&mut conn, id, &title(text)).await.unwrap();
        site.app.bus().publish(id, &Event::FinalTitle { title: text.into() }).await;
    };
    told("Told while here").await;
    browser.until("it is told", "document.title.includes('Told while here')").await;
    assert_eq!(browser.script(&format!("return {notice}")).await, false);

    wire.cut().await;
    browser.until("it says so", notice).await;
    let said = browser.script("return document.querySelector('.connection.notice').innerText").await;
    assert!(said.as_str().unwrap().contains("Connection lost"), "{said}");
    browser.no_sideways_scroll().await;
    browser.shot("connection-lost-1280-light").await;
    browser.checked("a connection that is lost").await;
    // Somebody writes meanwhile, and looks elsewhere.
    browser.script("document.querySelector('[data-part=people] [data-person-open=\"0\"]').click()").await;
    let names = browser.driver.find(By::Css("[data-person-dialog] input[name=name]")).await;
    let field = names.expect("a field for a name");
    field.clear().await.unwrap();
    field.send_keys("Ada").await.unwrap();
    browser.script("document.activeElement.blur()").await;
    told("Told while away").await;
    wire.mend().await;
    browser.until("it is back", &format!("!({notice})")).await;
    browser.until("what was missed is shown", "document.title.includes('Told while away')").await;
    let typed = "document.querySelector('[data-person-dialog] input[name=name]').value";
    assert_eq!(browser.script(&format!("return {typed}")).await, "Ada");

    // What somebody else does to the same part does not take it away either.
    let people = format!("/v1/transcripts/{id}/participants");
    assert_eq!(site.send("POST", &people, &json!({ "name": "Grace", "speaker": 1 })).await.0, 200);
    told("Again").await;
    browser.until("the rest goes on", "document.title.includes('Again')").await;
    assert_eq!(browser.script(&format!("return {typed}")).await, "Ada");
    browser.script("document.querySelector('[data-person-cancel]').click()").await;

    browser.size(390, 844).await;
    wire.cut().await;
    browser.until("it says so", notice).await;
    browser.no_sideways_scroll().await;
    browser.shot("connection-lost-390-light").await;
    wire.mend().await;
    browser.until("it is back", &format!("!({notice})")).await;
    // Deleted by somebody else: said, and not asked for any more.
    assert_eq!(site.send("DELETE", &format!("/v1/transcripts/{id}"), &json!({})).await.0, 200);
    let said = "document.querySelector('.connection.notice').innerText.includes('was deleted')";
    browser.until("it says so", &format!("{notice} && {said}")).await;
    browser.shot("transcript-gone-390-light").await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quote_is_read_and_heard_by_whoever_has_its_link() {
    use reflector::storage::StorageKey;
    let site = Site::new().await;
    let id = site.finished("Budget").await;
    let tone = (0..60 * 16_000u32).flat_map(|n| {
        let wave = (f64::from(n) * 440.0 * std::f64::consts::TAU / 16_000.0).sin() * 8000.0;
        (wave as i16).to_le_bytes()
    });
    let tone: Vec<u8> = tone.collect();
    site.app.storage().put_bytes(&StorageKey::Pcm { transcript: id }, tone).await.unwrap();
    let body = json!({ "start": 20.0, "end": 46.0 });
    let (status, made) = site.send("POST", &format!("/v1/transcripts/{id}/quotes"), &body).await;
    assert_eq!(status, 200, "{made}");
    let browser = Browser::open(false).await;
    browser.driver.goto(made["url"].as_str().unwrap()).await.unwrap();
    browser.until("its sound is known", "document.querySelector('audio').readyState > 0").await;
    let length = browser.script("return document.querySelector('audio').duration").await;
    assert_eq!(length.as_f64(), Some(26.0));
    browser.look("quote").await;
    browser.script("document.querySelector('audio').play()").await;
    browser.until("it plays", "document.querySelector('audio').currentTime > 0.3").await;
    browser.script("document.querySelector('audio').currentTime = 25").await;
    browser.until("it ends", "document.querySelector('audio').ended").await;
    assert_eq!(browser.console().await, Vec::<String>::new());
    browser.quit().await;
}
