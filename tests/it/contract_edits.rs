//! The text as people change it: segments and words, split, merge, find and replace, undo, the machine's text; two editors.

use diesel_async::SimpleAsyncConnection;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reflector::clock;
use reflector::ids::{OutputId, TranscriptId};
use reflector::model::edit::{self, Change, Edit, Standing};
use reflector::model::stage::Stage;
use reflector::model::{Segment, output, segment, transcript, user};
use serde_json::{Value, json};

use crate::contract_speakers::again;
use crate::support::site::{Site, talk};

/// A transcript on a site.
struct Talk {
    site: Site,
    id: TranscriptId,
    path: String,
}

impl Talk {
    async fn new() -> Self {
        let site = Site::new().await;
        let id = site.finished("talk.wav").await;
        Self { site, id, path: format!("/v1/transcripts/{id}") }
    }

    async fn segments(&self) -> Value {
        let (status, found) = self.site.json(&format!("{}/segments", self.path)).await;
        assert_eq!(status, 200, "{found}");
        found
    }

    async fn revision(&self) -> String {
        self.segments().await["revision"].as_str().unwrap().to_owned()
    }

    async fn texts(&self) -> Vec<String> {
        texts(&self.segments().await)
    }

    /// Sends a change that is made on the text as it is.
    async fn send(&self, method: &str, path: &str, mut body: Value) -> (u16, Value) {
        body["revision"] = json!(self.revision().await);
        self.site.send(method, &format!("{}/{path}", self.path), &body).await
    }

    async fn done(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.send(method, path, body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }
}

fn texts(found: &Value) -> Vec<String> {
    let segments = found["segments"].as_array().unwrap();
    segments.iter().map(|one| one["text"].as_str().unwrap().to_owned()).collect()
}

const TALK: [&str; 3] = ["Good morning, let us begin.", "We should <cut> the budget.", "Agreed & noted."];

#[tokio::test(flavor = "multi_thread")]
async fn segments_are_listed_with_their_words_and_a_revision() {
    let talk = Talk::new().await;
    let found = talk.segments().await;
    assert_eq!((texts(&found), &found["total"]), (TALK.map(str::to_owned).to_vec(), &json!(3)));
    assert_eq!(
        (&found["revision"], &found["can_undo"], &found["can_redo"]),
        (&json!("1.0"), &json!(false), &json!(false))
    );
    let one = &found["segments"][1];
    assert_eq!(
        one["words"][1],
        json!({ "index": 1, "text": "should", "start": 21.0, "end": 21.9, "probability": 0.9, "edited": false })
    );
    assert_eq!((&one["index"], &one["speaker"], &one["edited"]), (&json!(1), &json!(1), &json!(false)));
    let part = talk.site.json(&format!("{}/segments?offset=1&limit=1", talk.path)).await.1;
    assert_eq!((texts(&part), &part["total"]), (vec![TALK[1].to_owned()], &json!(3)));
    for (query, status) in [("limit=0", 422), ("limit=1001", 422), ("offset=-1", 422), ("offset=9", 200)] {
        assert_eq!(talk.site.json(&format!("{}/segments?{query}", talk.path)).await.0, status, "{query}");
    }
    let address = talk.site.url(&format!("{}/segments", talk.path));
    let tag = talk.site.client.get(&address).send().await.unwrap().headers()["etag"].clone();
    assert_eq!(tag, "\"1.0\"");
    let known = talk.site.client.get(&address).header("if-none-match", tag).send().await.unwrap();
    assert_eq!(known.status(), 304);
    let bare = format!("/v1/transcripts/{}/segments", talk.site.create("empty").await);
    assert_eq!(talk.site.json(&bare).await.0, 409, "there is no text yet");
}

/// Wherever text is shown, a person's text is shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_segment_is_shown_everywhere() {
    let talk = Talk::new().await;
    let answer = talk.done("PATCH", "segments/1", json!({ "text": "We must cut the  zebra budget." })).await;
    assert_eq!((&answer["revision"], &answer["can_undo"]), (&json!("1.1"), &json!(true)));
    assert_eq!(texts(&answer), ["We must cut the zebra budget."], "those that changed");
    let shown = &answer["segments"][0];
    assert_eq!((&shown["machine_text"], &shown["edited"]), (&json!(TALK[1]), &json!(true)));
    let words = shown["words"].as_array().unwrap();
    let starts: Vec<f64> = words.iter().map(|word| word["start"].as_f64().unwrap()).collect();
    assert_eq!((starts[0], starts[1]), (20.0, 21.0), "words that stay keep their times");
    assert!(starts.windows(2).all(|two| two[0] < two[1]), "{starts:?}");
    assert!(words[5]["end"].as_f64().unwrap() <= shown["end"].as_f64().unwrap());

    let path = &talk.path;
    let mut places = vec![format!("/transcripts/{}", talk.id)];
    for format in ["text", "text-timestamped", "webvtt-named", "json"] {
        places.push(format!("{path}?transcript_format={format}"));
    }
    for format in ["txt", "md", "srt", "vtt", "json"] {
        places.push(format!("{path}/download/{format}"));
    }
    places.extend(["topics", "topics/with-words"].map(|name| format!("{path}/{name}")));
    for place in places {
        let (status, text) = talk.site.page(&place).await;
        assert!(status == 200 && text.contains("zebra"), "{place}: {text}");
        assert!(!text.contains("should") || !place.starts_with("/v1"), "{place}: {text}");
    }
    let zipped = talk.site.get(&format!("{path}/download/zip")).await.bytes().await.unwrap();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(zipped)).unwrap();
    let metadata: Value = serde_json::from_reader(zip.by_name("metadata.json").unwrap()).unwrap();
    assert!(metadata["webvtt"].as_str().unwrap().contains("zebra"));
    let search = async |word: &str| {
        talk.site.json(&format!("/v1/transcripts/search?q={word}")).await.1["total"].clone()
    };
    assert_eq!((search("zebra").await, search("%22should%20cut%22").await), (json!(1), json!(0)));

    // The machine's own output is as it was.
    let mut conn = talk.site.workshop.conn().await;
    let made = output::shown(&mut conn, talk.id).await.unwrap().unwrap().output.id;
    assert_eq!(segment::all(&conn, made).await.unwrap(), self::talk(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_written_split_off_and_merged() {
    let talk = Talk::new().await;
    talk.done("PATCH", "segments/0/words/1", json!({ "text": "evening, friends," })).await;
    assert_eq!(talk.texts().await[0], "Good evening, friends, let us begin.");
    talk.done("PATCH", "segments/0/words/5", json!({ "text": "" })).await;
    assert_eq!(talk.texts().await[0], "Good evening, friends, let us");
    let split = talk.done("POST", "segments/0/split", json!({ "word": 3 })).await;
    assert_eq!(
        (texts(&split), &split["total"]),
        (vec!["Good evening, friends,".into(), "let us".into()], &json!(4))
    );
    assert_eq!(split["segments"][1]["index"], 1);
    let merged = talk.done("POST", "segments/1/merge", json!({})).await;
    assert_eq!(texts(&merged), ["let us We should <cut> the budget."]);
    assert_eq!(merged["segments"][0]["speaker"], 0, "who says the first says both");
    for (method, path, body, status) in [
        ("PATCH", "segments/0/words/3", json!({ "text": "x" }), 404),
        ("PATCH", "segments/3", json!({ "text": "x" }), 404),
        ("PATCH", "segments/0", json!({}), 422),
        ("PATCH", "segments/x", json!({ "text": "x" }), 404),
        ("POST", "segments/0/split", json!({ "word": 0 }), 422),
        ("POST", "segments/0/split", json!({ "word": 3 }), 404),
        ("POST", "segments/0/split", json!({ "word": -1 }), 422),
        ("POST", "segments/2/merge", json!({}), 400),
        ("PATCH", "segments/0", json!({ "text": "x".repeat(10_001) }), 422),
        ("PATCH", "segments/0/words/0", json!({ "text": "x".repeat(201) }), 422),
        ("POST", "edits/redo", json!({}), 400),
        ("POST", "edits/replace", json!({ "find": " ", "replace": "" }), 422),
        ("POST", "edits/replace", json!({ "find": "x".repeat(501), "replace": "" }), 422),
        ("POST", "edits/replace", json!({ "find": "x", "replace": "x".repeat(501) }), 422),
    ] {
        let before = talk.revision().await;
        let (answered, detail) = talk.send(method, path, body.clone()).await;
        assert_eq!(answered, status, "{method} {path} {body}: {detail}");
        assert_eq!(talk.revision().await, before, "nothing was written");
    }
    let (_, refused) = talk.send("PATCH", "segments/0", json!({ "text": "x".repeat(10_001) })).await;
    assert_eq!(refused["detail"][0]["loc"], json!(["body", "text"]));
    assert!(refused["detail"][0]["msg"].as_str().unwrap().contains("10000"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_is_replaced_everywhere_and_undone_at_once() {
    let talk = Talk::new().await;
    let answer = talk.done("POST", "edits/replace", json!({ "find": "U", "replace": "you" })).await;
    assert_eq!((&answer["replaced"], texts(&answer).len()), (&json!(4), 2));
    assert_eq!(talk.texts().await[0], "Good morning, let yous begin.");
    talk.done("POST", "edits/undo", json!({})).await;
    assert_eq!(talk.texts().await, TALK);
    let body = json!({ "find": "cut> the", "replace": "slash", "case_sensitive": true });
    talk.done("POST", "edits/replace", body).await;
    assert_eq!(talk.texts().await[1], "We should <slash budget.", "across words");
    let none = talk
        .done(
            "POST",
            "edits/replace",
            json!({ "find": "us", "replace": "x", "whole_words": true, "case_sensitive": true }),
        )
        .await;
    assert_eq!(none["replaced"], 1);
    let before = talk.revision().await;
    let none = talk.done("POST", "edits/replace", json!({ "find": "nothing", "replace": "x" })).await;
    assert_eq!((&none["replaced"], &none["revision"]), (&json!(0), &json!(before)), "and no change is noted");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_undone_redone_and_told() {
    let talk = Talk::new().await;
    talk.done("PATCH", "segments/0", json!({ "text": "One." })).await;
    talk.done("PATCH", "segments/1", json!({ "text": "Two." })).await;
    let assign = json!({ "speaker": 3, "timestamp_from": 40.0, "timestamp_to": 50.0 });
    talk.site.send("PATCH", &format!("{}/speaker/assign", talk.path), &assign).await;
    assert_eq!(talk.segments().await["segments"][2]["speaker"], 3);
    let undone = talk.done("POST", "edits/undo", json!({})).await;
    assert_eq!(undone["segments"][0]["speaker"], 0, "corrections of speakers are changes as any");
    talk.done("POST", "edits/undo", json!({})).await;
    assert_eq!(talk.texts().await, ["One.", TALK[1], TALK[2]]);
    talk.done("POST", "edits/redo", json!({})).await;
    assert_eq!(talk.texts().await, ["One.", "Two.", TALK[2]]);
    talk.done("PATCH", "segments/2", json!({ "text": "Three." })).await;
    assert_eq!(talk.send("POST", "edits/redo", json!({})).await.0, 400, "something else was done since");

    let (status, told) = talk.site.json(&format!("{}/edits?limit=3", talk.path)).await;
    assert_eq!((status, &told["total"], &told["revision"]), (200, &json!(7), &json!("1.7")));
    let edits = told["edits"].as_array().unwrap();
    let kinds: Vec<_> =
        edits.iter().map(|one| (one["kind"].as_str().unwrap(), one["state"].as_str().unwrap())).collect();
    assert_eq!(kinds, [("text", "applied"), ("redo", "applied"), ("undo", "applied")]);
    let text = &edits[0]["texts"][0];
    assert_eq!((&text["before"], &text["after"]), (&json!(TALK[2]), &json!("Three.")));
    let (_, older) = talk.site.json(&format!("{}/edits?before=5", talk.path)).await;
    let kinds: Vec<_> =
        older["edits"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["applied", "undone", "applied", "applied"]);
    assert_eq!(talk.site.json(&format!("{}/edits?limit=101", talk.path)).await.0, 422);
    for _ in 0..3 {
        talk.done("POST", "edits/undo", json!({})).await;
    }
    assert_eq!(talk.texts().await, TALK);
    let (status, refused) = talk.send("POST", "edits/undo", json!({})).await;
    assert_eq!((status, &refused["detail"]), (400, &json!("There is nothing to undo")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_machines_text_is_restored_for_a_segment_and_for_all() {
    let talk = Talk::new().await;
    for (index, text) in [(0, "One."), (1, ""), (2, "Three.")] {
        talk.done("PATCH", &format!("segments/{index}"), json!({ "text": text })).await;
    }
    assert_eq!(talk.texts().await, ["One.", "", "Three."], "one without words can still be written in");
    let (_, shown) = talk.site.json(&format!("{}?transcript_format=json", talk.path)).await;
    assert_eq!(shown["transcript"].as_array().unwrap().len(), 2, "and is shown to nobody");
    talk.done("POST", "segments/1/restore-machine-text", json!({})).await;
    assert_eq!(talk.texts().await, ["One.", TALK[1], "Three."]);
    let before = talk.revision().await;
    let same = talk.done("POST", "segments/1/restore-machine-text", json!({})).await;
    assert_eq!(same["revision"], json!(before), "there is nothing to restore");
    talk.done("POST", "segments/1/split", json!({ "word": 2 })).await;
    talk.done("POST", "edits/restore-machine-text", json!({})).await;
    assert_eq!(talk.texts().await, TALK);
    talk.done("POST", "edits/undo", json!({})).await;
    assert_eq!(talk.texts().await, ["One.", "We should", "<cut> the budget.", "Three."]);
}

/// Two people have the same page open.
#[tokio::test(flavor = "multi_thread")]
async fn two_editors_never_overwrite_each_other() {
    let talk = Talk::new().await;
    let seen = talk.revision().await;
    let write = async |index: usize, text: &str| {
        let body = json!({ "revision": seen, "text": text });
        talk.site.send("PATCH", &format!("{}/segments/{index}", talk.path), &body).await
    };
    assert_eq!(write(0, "Ada's morning.").await.0, 200);
    let (status, refused) = write(0, "Bob's morning.").await;
    assert_eq!(status, 409, "{refused}");
    assert_eq!((&refused["base"], &refused["yours"]), (&json!(TALK[0]), &json!("Bob's morning.")));
    assert_eq!((&refused["theirs"], &refused["revision"]), (&json!("Ada's morning."), &json!("1.1")));
    assert_eq!(texts(&refused), ["Ada's morning."]);
    assert!(refused["detail"].is_string());
    assert_eq!(talk.texts().await[0], "Ada's morning.");
    assert_eq!(write(2, "Bob's end.").await.0, 200, "another segment is nobody's but theirs");
    assert_eq!(talk.texts().await, ["Ada's morning.", TALK[1], "Bob's end."]);

    // What others did moves a segment, and it is still the one that was meant.
    talk.done("POST", "segments/0/split", json!({ "word": 1 })).await;
    assert_eq!(write(1, "The budget.").await.0, 200);
    assert_eq!(talk.texts().await, ["Ada's", "morning.", "The budget.", "Bob's end."]);
    let body = json!({ "revision": seen });
    let merge = format!("{}/segments/1/merge", talk.path);
    assert_eq!(talk.site.send("POST", &merge, &body).await.0, 409);
    for path in ["edits/undo", "edits/restore-machine-text"] {
        let (status, refused) = talk.site.send("POST", &format!("{}/{path}", talk.path), &body).await;
        assert_eq!((status, refused["edits"].as_array().unwrap().len()), (409, 4), "{refused}");
        assert_eq!(refused["edits"][0]["texts"][0]["after"], "The");
    }
    for (revision, status) in
        [(json!("1.99"), 422), (json!("7.0"), 422), (json!("x"), 422), (json!(1), 422), (Value::Null, 422)]
    {
        let body = json!({ "revision": revision, "text": "x" });
        let (answered, detail) = talk.site.send("PATCH", &format!("{}/segments/0", talk.path), &body).await;
        assert_eq!(answered, status, "{revision}: {detail}");
    }
    let by_header = |index: usize, tag: &'static str| {
        let address = talk.site.url(&format!("{}/segments/{index}", talk.path));
        talk.site.client.patch(address).header("if-match", tag).json(&json!({ "text": "End." })).send()
    };
    assert_eq!(by_header(2, "\"1.0\"").await.unwrap().status(), 409);
    let written = by_header(3, "\"1.4\"").await.unwrap();
    assert_eq!((written.status().as_u16(), written.headers()["etag"].to_str().unwrap()), (200, "\"1.5\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_write_the_same_segment_at_once_one_wins_and_the_others_are_told() {
    let talk = Talk::new().await;
    let bodies: Vec<Value> =
        (0..12).map(|n| json!({ "revision": "1.0", "text": format!("Number {n}.") })).collect();
    let path = format!("{}/segments/0", talk.path);
    let answers =
        futures::future::join_all(bodies.iter().map(|body| talk.site.send("PATCH", &path, body))).await;
    let statuses: Vec<u16> = answers.iter().map(|one| one.0).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    let won = answers.iter().position(|one| one.0 == 200).unwrap();
    assert_eq!(talk.texts().await[0], format!("Number {won}."));
    for (_, refused) in answers.iter().filter(|one| one.0 == 409) {
        assert_eq!(refused["theirs"], format!("Number {won}."));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_survive_a_new_run_where_words_match_and_the_rest_is_kept() {
    let talk = Talk::new().await;
    let seen = talk.revision().await;
    talk.done("PATCH", "segments/1", json!({ "text": "We should cut the whole budget." })).await;
    talk.done("PATCH", "segments/2", json!({ "text": "Agreed, noted." })).await;
    let mut heard = self::talk(true);
    for segment in &mut heard {
        for word in &mut segment.words {
            word.start += 0.2;
            word.end += 0.2;
        }
    }
    heard[2].words[1].text = " und".into();
    heard[2].text = " Agreed und noted.".into();
    again(&talk.site, talk.id, &heard).await;
    let found = talk.segments().await;
    assert_eq!(texts(&found)[1], "We should cut the whole budget.");
    assert_eq!(texts(&found)[2], "Agreed und noted.", "what it was made on is not there");
    assert_eq!((&found["revision"], &found["not_applicable"]), (&json!("2.2"), &json!(1)));
    let (_, told) = talk.site.json(&format!("{}/edits", talk.path)).await;
    let states: Vec<_> =
        told["edits"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["not_applicable", "applied"]);

    // Who saw the older version is told both texts.
    let body = json!({ "revision": seen, "text": "Mine." });
    let (status, refused) = talk.site.send("PATCH", &format!("{}/segments/1", talk.path), &body).await;
    assert_eq!((status, &refused["base"]), (409, &json!(TALK[1])));
    assert_eq!(refused["theirs"], "We should cut the whole budget.");

    // The older version again, with all that was changed in it.
    let mut conn = talk.site.workshop.conn().await;
    assert!(output::restore(&mut conn, talk.id, Stage::Assemble, 1).await.unwrap());
    assert_eq!(talk.texts().await[2], "Agreed, noted.");
}

#[tokio::test(flavor = "multi_thread")]
async fn changing_needs_the_right_to() {
    let talk = Talk::new().await;
    let mut conn = talk.site.workshop.conn().await;
    let ada =
        user::create_with_password(&mut conn, "ada@example.org", "x", false, clock::now()).await.unwrap();
    talk.done("PATCH", "segments/0", json!({ "text": "One." })).await;
    let mut set = async |sql: &str| {
        conn.batch_execute(&format!("UPDATE transcript SET {sql} WHERE id = '{}'", talk.id)).await.unwrap();
    };
    let writes = [
        ("PATCH", "segments/0", json!({ "revision": "1.1", "text": "x" })),
        ("PATCH", "segments/0/words/0", json!({ "revision": "1.1", "text": "x" })),
        ("POST", "segments/0/split", json!({ "revision": "1.1", "word": 1 })),
        ("POST", "segments/0/merge", json!({ "revision": "1.1" })),
        ("POST", "segments/0/restore-machine-text", json!({ "revision": "1.1" })),
        ("POST", "edits/replace", json!({ "revision": "1.1", "find": "a", "replace": "b" })),
        ("POST", "edits/undo", json!({ "revision": "1.1" })),
        ("POST", "edits/redo", json!({ "revision": "1.1" })),
        ("POST", "edits/restore-machine-text", json!({ "revision": "1.1" })),
    ];
    for (sql, reads, refused) in [
        (format!("user_id = '{}', share_mode = 'public'", ada.id), 200, 403),
        (format!("user_id = '{}', share_mode = 'private'", ada.id), 404, 404),
        ("user_id = NULL, deleted_at = now()".to_owned(), 404, 403),
    ] {
        set(&sql).await;
        let (status, found) = talk.site.json(&format!("{}/segments", talk.path)).await;
        assert_eq!(status, reads, "{sql}");
        assert!(
            found["segments"][0].get("machine_text").is_none(),
            "what was taken away is not told: {found}"
        );
        let history = talk.site.json(&format!("{}/edits", talk.path)).await.0;
        assert!([403, 404].contains(&history), "{sql}: {history}");
        for (method, path, body) in &writes {
            let (status, answer) = talk.site.send(method, &format!("{}/{path}", talk.path), body).await;
            assert!(status == refused || status == 404, "{sql} {method} {path}: {status} {answer}");
        }
    }
    set("deleted_at = NULL").await;
    assert_eq!((talk.revision().await, talk.texts().await[0].as_str()), ("1.1".into(), "One."));
}

/// Random changes, new runs, deletions, older versions, one after another, with a restart in between: what the API shows is what the
/// same changes lead to in memory, and what is in the trash is not changed.
#[tokio::test(flavor = "multi_thread")]
async fn random_changes_runs_and_deletions_lead_to_what_is_expected() {
    let site = Site::new().await;
    for seed in 0..6u64 {
        let mut random = StdRng::seed_from_u64(seed);
        let id = site.finished("talk.wav").await;
        let path = format!("/v1/transcripts/{id}");
        let mut versions: Vec<(OutputId, Vec<Segment>)> = Vec::new();
        let mut log: Vec<Edit> = Vec::new();
        let (mut shown, mut trashed) = (0, false);
        versions.push((current(&site, id).await, self::talk(true)));
        for _ in 0..20 {
            let layer = edit::replay(versions[shown].1.clone(), versions[shown].0, &log).0;
            let pieces = layer.pieces();
            let index = random.random_range(0..pieces.len());
            let piece = &pieces[index];
            let words = layer.words(piece).count();
            let standing = Standing::of(&log);
            let at = format!("segments/{index}");
            let (method, address, body, change) = match random.random_range(0..12) {
                0..=2 => {
                    let text =
                        format!("word {} and {}", random.random_range(0..5), random.random_range(0..5));
                    ("PATCH", at, json!({ "text": text }), layer.write(piece, &text))
                }
                3 if words > 0 => {
                    let text = ["", "so", "so it"][random.random_range(0..3)];
                    let word = random.random_range(0..words);
                    let change = layer.write_word(piece, word, text).unwrap();
                    ("PATCH", format!("{at}/words/{word}"), json!({ "text": text }), change)
                }
                4 if words > 1 => {
                    let word = random.random_range(1..words);
                    ("POST", format!("{at}/split"), json!({ "word": word }), layer.split(piece, word).ok())
                }
                5 if index + 1 < pieces.len() => {
                    let change = layer.join(piece, pieces.get(index + 1)).ok();
                    ("POST", format!("{at}/merge"), json!({}), change)
                }
                6 => ("POST", format!("{at}/restore-machine-text"), json!({}), layer.restore(piece)),
                7 if !standing.applied.is_empty() => {
                    ("POST", "edits/undo".into(), json!({}), Some(Change::Undo))
                }
                8 if !standing.undone.is_empty() => {
                    ("POST", "edits/redo".into(), json!({}), Some(Change::Redo))
                }
                9 if !trashed => {
                    let mut heard = self::talk(true);
                    let word = random.random_range(0..3usize);
                    heard[word].words[1].text = format!(" other{}", random.random_range(0..9));
                    heard[word].text = heard[word].words.iter().map(|word| word.text.as_str()).collect();
                    again(&site, id, &heard).await;
                    versions.push((current(&site, id).await, heard));
                    shown = versions.len() - 1;
                    continue;
                }
                10 if !trashed => {
                    shown = random.random_range(0..versions.len());
                    let version = i32::try_from(shown).unwrap() + 1;
                    let mut conn = site.workshop.conn().await;
                    assert!(output::restore(&mut conn, id, Stage::Assemble, version).await.unwrap());
                    continue;
                }
                11 => {
                    let (method, to) =
                        if trashed { ("POST", format!("{path}/restore")) } else { ("DELETE", path.clone()) };
                    assert_eq!(site.send(method, &to, &json!({})).await.0, 200);
                    trashed = !trashed;
                    continue;
                }
                _ => continue,
            };
            let mut body = body;
            body["revision"] = json!(format!("{}.{}", shown + 1, log.len()));
            let (status, answer) = site.send(method, &format!("{path}/{address}"), &body).await;
            if trashed {
                assert_eq!(status, 404, "{seed}: {address} {answer}");
                continue;
            }
            assert_eq!(status, 200, "{seed}: {address} {body} {answer}");
            if let Some(change) = change {
                let revision = i32::try_from(log.len()).unwrap() + 1;
                let output = Some(versions[shown].0);
                log.push(Edit { revision, change, output, user: None, created_at: clock::now() });
            }
            let mut conn = site.workshop.conn().await;
            let expected = edit::shown(versions[shown].1.clone(), versions[shown].0, &log);
            let found = edit::segments(&mut conn, id, versions[shown].0).await.unwrap();
            assert_eq!(rounded(&found), rounded(&expected), "{seed}");
            assert_eq!(answer["revision"], format!("{}.{}", shown + 1, log.len()));
        }
        let mut conn = site.workshop.conn().await;
        transcript::delete(&mut conn, id, clock::now()).await.unwrap();
        assert!(transcript::destroy(&mut conn, id).await.unwrap(), "and all of it goes with the transcript");
    }
}

/// Who, what and when, to a microsecond.
fn rounded(segments: &[Segment]) -> Vec<(Option<i32>, String, i64, Vec<i64>)> {
    let micro = |seconds: f64| (seconds * 1e6).round() as i64;
    let times = |one: &Segment| one.words.iter().map(|word| micro(word.start)).collect();
    segments.iter().map(|one| (one.speaker, one.text.clone(), micro(one.end), times(one))).collect()
}

async fn current(site: &Site, id: TranscriptId) -> OutputId {
    let mut conn = site.workshop.conn().await;
    output::current(&mut conn, id, Stage::Assemble).await.unwrap().unwrap().id
}
