//! The table of rights, cell by cell: who may do what with which transcript or room. What is expected is in `cells.txt`, by hand.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Mutex;

use futures::StreamExt;
use reflector::ids::{RoomId, TranscriptId, UserId};
use reflector::model::edit::Desk;
use reflector::model::room;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::found::key;
use super::{ADA, cookie, guarded, person, public};
use crate::support::site::{Site, multipart};
use crate::support::socket::{Came, Watcher};

const BOB: &str = "bob@example.org";
const GRACE: &str = "grace@example.org";
const ROOT: &str = "root@example.org";

mod actions;
mod reached;
mod things;

use actions::{action, changes};
use things::Made;

/// One line of the file.
struct Row {
    viewer: &'static str,
    thing: &'static str,
    /// Of the part of the file that it is in.
    actions: Vec<&'static str>,
    letters: Vec<char>,
}

/// The rows.
fn table() -> Vec<Row> {
    let mut actions = Vec::new();
    let mut rows = Vec::new();
    for line in
        include_str!("cells.txt").lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
    {
        let parts: Vec<&str> = line.split_whitespace().collect();
        if parts[0] == "actions" {
            actions = parts[1..].to_vec();
            continue;
        }
        let &[viewer, thing, letters] = parts.as_slice() else { panic!("{line}") };
        let letters: Vec<char> = letters.chars().collect();
        assert_eq!(letters.len(), actions.len(), "{line}");
        rows.push(Row { viewer, thing, actions: actions.clone(), letters });
    }
    rows
}

async fn shared_room(site: &Site, owner: Option<UserId>) -> RoomId {
    let said = room::Patch { name: Some("shared".into()), is_shared: Some(true), ..Default::default() };
    let mut conn = site.workshop.conn().await;
    room::create(&mut conn, owner, &said, reflector::clock::now()).await.unwrap().id
}

/// What an answer comes to.
async fn letter(response: reqwest::Response, action: &str) -> char {
    let to = response.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
    match response.status().as_u16() {
        101 | 200 => '+',
        // A form that was taken leads on.
        303 if to.is_some_and(|to| !to.starts_with("/login")) => '+',
        303 => '>',
        400 | 409 => '!',
        401 => '?',
        403 => 'x',
        404 => '-',
        other => panic!("{action}: {other} {}", response.text().await.unwrap()),
    }
}

/// A site and how each viewer shows who they are there.
struct World {
    site: Site,
    ada: UserId,
    bob: UserId,
    grace: UserId,
    /// A shared room, of Bob's where people log in.
    room: RoomId,
    /// What rooms' webhooks were told of.
    told: TranscriptId,
    headers: HashMap<&'static str, (&'static str, String)>,
    /// Things that nobody has changed yet, by their names: whoever comes next may try theirs on them.
    unchanged: Mutex<HashMap<&'static str, Vec<Made>>>,
    /// One thing is made at a time: that takes several connections at once.
    making: tokio::sync::Mutex<()>,
}

impl World {
    async fn where_people_log_in(site: Site, stranger: &'static str) -> Self {
        let mut world = Self::new(site, true).await;
        person(&world.site, ROOT, true).await;
        let site = &world.site;
        world.headers = HashMap::from([
            (stranger, ("x-nothing", "x".to_owned())),
            ("ada", ("cookie", cookie(site, ADA).await)),
            ("bob", ("cookie", cookie(site, BOB).await)),
            ("grace", ("cookie", cookie(site, GRACE).await)),
            ("root", ("cookie", cookie(site, ROOT).await)),
            ("ada-key", ("x-api-key", key(site, ADA, &["read", "write"]).await)),
            ("ada-reads", ("x-api-key", key(site, ADA, &["read"]).await)),
            ("ada-writes", ("x-api-key", key(site, ADA, &["write"]).await)),
            ("root-key", ("x-api-key", key(site, ROOT, &["read", "write"]).await)),
        ]);
        world
    }

    async fn where_nobody_does() -> Self {
        let mut world = Self::new(Site::new().await, false).await;
        world.headers = HashMap::from([("none", ("x-nothing", "x".to_owned()))]);
        world
    }

    async fn new(site: Site, login: bool) -> Self {
        let [ada, bob, grace] = [
            person(&site, ADA, false).await.id,
            person(&site, BOB, false).await.id,
            person(&site, GRACE, false).await.id,
        ];
        let room = shared_room(&site, login.then_some(bob)).await;
        let told = site.create("Told").await;
        let (headers, unchanged, making) = (HashMap::new(), Mutex::default(), tokio::sync::Mutex::default());
        Self { ada, bob, grace, room, told, headers, unchanged, making, site }
    }

    /// An action's text with what belongs to the thing.
    async fn filled(&self, text: &str, made: &Made, name: &str) -> String {
        let mut text = text.replace("{room}", &self.room.to_string()).replace("{format}", name);
        for (hole, value) in made.holes() {
            text = text.replace(hole, &value);
        }
        for (hole, value) in [("{index}", "0"), ("{word}", "0"), ("{version}", "1")] {
            text = text.replace(hole, value);
        }
        if text.contains("{fresh}") {
            text = text.replace("{fresh}", &RoomId::new().to_string());
        }
        if text.contains("{revision}") {
            text = text.replace("{revision}", &self.revision(made).await);
        }
        text
    }

    async fn revision(&self, made: &Made) -> String {
        let Made::Transcript { id, .. } = made else { panic!("only transcripts have a text") };
        let desk = Desk::open(&mut *self.site.workshop.conn().await, *id).await.unwrap();
        desk.map_or_else(|| "1.0".to_owned(), |desk| desk.revision().to_string())
    }

    /// The request of a viewer's attempt.
    async fn request(&self, viewer: &str, name: &str, made: &Made) -> RequestBuilder {
        let (_, line, body) = action(name);
        let (method, path) = line.split_once(' ').expect("method and address");
        let url = self.site.url(&self.filled(path, made, name).await);
        let (shows, value) = &self.headers[viewer];
        let request = self.site.client.request(method.parse().unwrap(), url).header(*shows, value);
        let body = match *body {
            "socket" => {
                return request
                    .header("connection", "upgrade")
                    .header("upgrade", "websocket")
                    .header("sec-websocket-version", "13")
                    .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
            }
            "chunk" | "file" => {
                let (kind, bytes) = multipart(&[(*body, Some("x.wav"), b"x")]);
                return request.header("content-type", kind).body(bytes);
            }
            body => self.filled(body, made, name).await,
        };
        match body.starts_with('{') {
            true => request.header("content-type", "application/json").body(body),
            false if method == "POST" && !path.starts_with("/v1/") => {
                request.header("content-type", "application/x-www-form-urlencoded").body(body)
            }
            false => request,
        }
    }

    /// What a viewer's attempt came to.
    async fn attempt(&self, viewer: &str, name: &str, made: &Made) -> char {
        let answer = self.request(viewer, name, made).await.send().await.unwrap();
        let done = answer.status() == 200;
        match (name, made) {
            ("token", _) if done => self.by_token(answer.json().await.unwrap()).await,
            ("audit", Made::Transcript { id, .. }) if done => told(&answer.json().await.unwrap(), *id),
            ("events", _) if answer.status() == 101 => self.listens(viewer).await,
            _ => letter(answer, name).await,
        }
    }

    /// Opens an address to listen at with nothing else.
    async fn by_token(&self, made: Value) -> char {
        let url = made["url"].as_str().unwrap();
        let path = url.split_once("/v1/").expect("an address of the API").1;
        letter(self.site.get(&format!("/v1/{path}")).await, "what the token opens").await
    }

    /// A socket that is opened may be closed at once, with the reason.
    async fn listens(&self, viewer: &str) -> char {
        let (shows, value) = &self.headers[viewer];
        let mut socket = Watcher::open(&self.site, "/v1/events", &[(*shows, value)]).await;
        match tokio::time::timeout(std::time::Duration::from_secs(1), socket.came()).await {
            Ok(Came::Closed(4401)) => '?',
            Ok(Came::Closed(other)) => panic!("{viewer}: closed with {other}"),
            Ok(Came::Event(_)) | Err(_) => '+',
        }
    }

    /// The letters of a row, as they are. A thing that nothing was done with is left to the next.
    async fn row(&self, Row { viewer, thing, actions, .. }: &Row) -> String {
        let kept = self.unchanged.lock().unwrap().get_mut(thing).and_then(Vec::pop);
        let made = match kept {
            Some(made) => made,
            None => {
                let _alone = self.making.lock().await;
                self.make(thing).await
            }
        };
        let (mut found, mut changed) = (String::new(), false);
        for name in actions {
            let letter = self.attempt(viewer, name, &made).await;
            if letter == '+' && changes(action(name)) {
                changed = true;
                self.as_before(&made, action(name)).await;
            }
            found.push(letter);
        }
        if !changed {
            self.unchanged.lock().unwrap().entry(*thing).or_default().push(made);
        }
        found
    }
}

/// Whether the log tells of it.
fn told(page: &Value, id: TranscriptId) -> char {
    let items = page["items"].as_array().unwrap();
    assert!(items.iter().all(|item| item["transcript_id"] == json!(id)), "{page}");
    if items.is_empty() { '-' } else { '+' }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cell_of_the_table_of_rights_is_as_it_is_written_down() {
    let rows = table();
    let worlds = [
        World::where_people_log_in(guarded().await, "closed").await,
        World::where_people_log_in(public().await, "visitor").await,
        World::where_nobody_does().await,
    ];
    // Who is logged in sees the same on a site that is public to others: that is looked at with a few things of the first part.
    let is_asked = |world: &World, row: &Row| {
        let again = world.headers.contains_key("visitor") && row.viewer != "visitor";
        let sample = row.actions[0] == "get" && ["N", "A", "A-public"].contains(&row.thing);
        world.headers.contains_key(row.viewer) && (!again || sample)
    };
    let asked: Vec<(&World, &Row)> = worlds
        .iter()
        .flat_map(|world| rows.iter().filter(move |row| is_asked(world, row)).map(move |row| (world, row)))
        .collect();
    let results =
        futures::stream::iter(asked.iter().map(|(world, row)| async move { (*row, world.row(row).await) }));
    let results: Vec<(&Row, String)> = results.buffered(4).collect().await;
    let (mut cells, mut wrong) = (0, Vec::new());
    for (row, found) in &results {
        for ((action, wanted), found) in row.actions.iter().zip(&row.letters).zip(found.chars()) {
            cells += 1;
            if *wanted != found {
                wrong.push(format!("{} {} {action}: {found}, not {wanted}", row.viewer, row.thing));
            }
        }
    }
    // Past the harness, which keeps what tests print to itself: how many there are is what one wants to know.
    writeln!(std::io::stderr(), "{cells} cells of the table of rights, {} wrong", wrong.len()).unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let written: usize = rows.iter().map(|row| row.letters.len()).sum();
    assert!(cells >= 10_000 && written >= 9_000, "{cells} of {written}");
}
