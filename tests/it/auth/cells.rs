//! The table of rights, cell by cell: who may do what with which transcript. What is expected is in `cells.txt`, by hand.

use std::collections::HashMap;
use std::io::Write;

use futures::StreamExt;
use reflector::ids::{RoomId, TranscriptId, UserId};
use reflector::model::{room, transcript};
use serde_json::json;

use super::found::key;
use super::routes::share;
use super::{ADA, cookie, guarded, person, public};
use crate::support::site::{Site, multipart};

const BOB: &str = "bob@example.org";
const ROOT: &str = "root@example.org";

mod later;

use later::{later, quoted};

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
    ada: Option<UserId>,
    /// A shared room, of Bob's where people log in.
    room: RoomId,
    headers: HashMap<&'static str, (&'static str, String)>,
}

impl World {
    async fn where_people_log_in(site: Site, stranger: &'static str) -> Self {
        let ada = person(&site, ADA, false).await.id;
        let bob = person(&site, BOB, false).await.id;
        person(&site, ROOT, true).await;
        let headers = HashMap::from([
            (stranger, ("x-nothing", "x".to_owned())),
            ("ada", ("cookie", cookie(&site, ADA).await)),
            ("bob", ("cookie", cookie(&site, BOB).await)),
            ("root", ("cookie", cookie(&site, ROOT).await)),
            ("ada-key", ("x-api-key", key(&site, ADA, &["read", "write"]).await)),
            ("ada-reads", ("x-api-key", key(&site, ADA, &["read"]).await)),
            ("ada-writes", ("x-api-key", key(&site, ADA, &["write"]).await)),
            ("root-key", ("x-api-key", key(&site, ROOT, &["read", "write"]).await)),
        ]);
        let room = shared_room(&site, Some(bob)).await;
        Self { site, ada: Some(ada), room, headers }
    }

    async fn where_nobody_does() -> Self {
        let site = Site::new().await;
        let ada = person(&site, ADA, false).await.id;
        let room = shared_room(&site, None).await;
        Self { site, ada: Some(ada), room, headers: HashMap::from([("none", ("x-nothing", "x".to_owned()))]) }
    }

    async fn make(&self, thing: &str) -> TranscriptId {
        if thing == "site" {
            return TranscriptId::new();
        }
        let site = &self.site;
        let id = if thing.contains("-empty") {
            site.create("Weekly").await
        } else {
            site.finished("Weekly").await
        };
        let mode = match thing {
            _ if thing.contains("-public") => "public",
            _ if thing.contains("-semi") => "semi-private",
            _ => "private",
        };
        share(site, id, mode, self.ada.filter(|_| thing.starts_with('A'))).await;
        let mut conn = site.workshop.conn().await;
        if thing.contains("-room") {
            let into = transcript::Patch { room_id: Some(Some(self.room)), ..Default::default() };
            transcript::patch(&mut conn, id, &into).await.unwrap();
        }
        quoted(&mut conn, id).await;
        if thing.ends_with("-trash") {
            transcript::delete(&mut conn, id, reflector::clock::now()).await.unwrap();
        }
        id
    }

    /// What a viewer's attempt came to.
    async fn attempt(&self, viewer: &str, action: &str, id: TranscriptId) -> char {
        let (name, value) = &self.headers[viewer];
        let one = format!("/v1/transcripts/{id}");
        let (method, path) = match action {
            "get" => ("GET", one),
            "page" => ("GET", format!("/transcripts/{id}")),
            "mp3" => ("GET", format!("{one}/audio/mp3")),
            "wave" => ("GET", format!("{one}/audio/waveform")),
            "topics" => ("GET", format!("{one}/topics")),
            "words" => ("GET", format!("{one}/topics/with-words")),
            "txt" => ("GET", format!("{one}/download/txt")),
            "people" => ("GET", format!("{one}/participants")),
            "segments" => ("GET", format!("{one}/segments")),
            "socket" => ("GET", format!("{one}/events")),
            "zip" => ("GET", format!("{one}/download/zip")),
            "history" => ("GET", format!("{one}/edits")),
            "title" | "share" => ("PATCH", one),
            "people+" => ("POST", format!("{one}/participants")),
            "assign" => ("PATCH", format!("{one}/speaker/assign")),
            "undo" => ("POST", format!("{one}/edits/undo")),
            "upload" => ("POST", format!("{one}/record/upload?chunk_number=0&total_chunks=2")),
            "process" => ("POST", format!("{one}/process")),
            "trash" => ("DELETE", one),
            "restore" => ("POST", format!("{one}/restore")),
            "destroy" => ("DELETE", format!("{one}/destroy")),
            "sendings" => ("GET", format!("{one}/sendings")),
            "send" => ("POST", format!("{one}/email")),
            _ => return later(self, viewer, action, id).await,
        };
        let mut request = self.site.client.request(method.parse().unwrap(), self.site.url(&path));
        request = request.header(*name, value);
        request = match action {
            "socket" => request
                .header("connection", "upgrade")
                .header("upgrade", "websocket")
                .header("sec-websocket-version", "13")
                .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            "title" => request.json(&json!({ "title": "Another" })),
            "share" => request.json(&json!({ "share_mode": "public" })),
            // There is no mail server: whoever may send is told so.
            "send" => request.json(&json!({ "email": "eve@example.org" })),
            "people+" => request.json(&json!({ "name": "Grace" })),
            "assign" => request.json(&json!({ "speaker": 1, "timestamp_from": 0.0, "timestamp_to": 1.0 })),
            "undo" => {
                // As they would name it who had just seen the text; what Ada changed before is there to be undone.
                request.json(&json!({ "revision": self.revision(id).await }))
            }
            "upload" => {
                let (kind, body) = multipart(&[("chunk", Some("x.wav"), b"x")]);
                request.header("content-type", kind).body(body)
            }
            _ => request,
        };
        letter(request.send().await.unwrap(), action).await
    }

    async fn revision(&self, id: TranscriptId) -> String {
        let mut conn = self.site.workshop.conn().await;
        let desk = reflector::model::edit::Desk::open(&mut conn, id).await.unwrap();
        desk.map_or_else(|| "1.0".to_owned(), |desk| desk.revision().to_string())
    }

    /// The letters of a row, as they are. Whatever was changed is made anew before the next action.
    async fn row(&self, Row { viewer, thing, actions, .. }: &Row) -> String {
        let mut id = self.make(thing).await;
        let mut found = String::new();
        for (number, action) in actions.iter().enumerate() {
            let letter = self.attempt(viewer, action, id).await;
            let again =
                letter == '+' && ["process", "upload", "trash", "restore", "destroy"].contains(action);
            if again && number + 1 < actions.len() {
                id = self.make(thing).await;
            }
            found.push(letter);
        }
        found
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cell_of_the_table_of_rights_is_as_it_is_written_down() {
    let rows = table();
    let worlds = [
        World::where_people_log_in(guarded().await, "closed").await,
        World::where_people_log_in(public().await, "visitor").await,
        World::where_nobody_does().await,
    ];
    // Who is logged in sees the same on a site that is public to others: the first part is asked there, too.
    let is_asked = |world: &World, row: &Row| {
        let again = world.headers.contains_key("visitor") && row.viewer != "visitor";
        world.headers.contains_key(row.viewer) && (row.actions[0] == "get" || !again)
    };
    let asked: Vec<(&World, &Row)> = worlds
        .iter()
        .flat_map(|world| rows.iter().filter(move |row| is_asked(world, row)).map(move |row| (world, row)))
        .collect();
    let results =
        futures::stream::iter(asked.iter().map(|(world, row)| async move { (*row, world.row(row).await) }));
    let results: Vec<(&Row, String)> = results.buffered(2).collect().await;
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
    assert!(cells >= 6_000 && written >= 4_500, "{cells} of {written}");
}
