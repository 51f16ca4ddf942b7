//! Doubtful words, finding, versions and what differs between them: what the API gives the page, and refuses.

use reflector::ids::TranscriptId;
use reflector::model::{Segment, Word};
use serde_json::{Value, json};

use crate::contract_speakers::again;
use crate::support::site::{Site, talk};

/// A talk with doubtful words: "walross" in all three sentences, "spaeks" in the first.
pub(super) fn doubtful() -> Vec<Segment> {
    let said = ["The walross spaeks of tusks.", "A Walross, he said", "no more walross!"];
    (0..)
        .zip(said)
        .map(|(idx, text)| {
            let start = f64::from(idx) * 20.0;
            let words = (0..).zip(text.split(' ')).map(|(n, word)| {
                let sure = !["walross", "spaeks"].contains(&word.to_lowercase().trim_matches([',', '!']));
                let start = start + f64::from(n);
                let probability = if sure { 0.9 } else { 0.3 };
                Word { text: format!(" {word}"), start, end: start + 0.9, probability }
            });
            let words = words.collect();
            let (text, speaker) = (format!(" {text}"), Some(idx % 2));
            Segment { idx, start, end: start + 5.0, speaker, text, words, channel: 0 }
        })
        .collect()
}

async fn talked() -> (Site, TranscriptId, String) {
    let site = Site::new().await;
    let id = site.replaced("Walrus", &doubtful(), 60.0).await;
    (site, id, format!("/v1/transcripts/{id}"))
}

async fn texts(site: &Site, path: &str) -> Vec<String> {
    let (_, found) = site.json(&format!("{path}/segments")).await;
    let segments = found["segments"].as_array().unwrap();
    segments.iter().map(|one| one["text"].as_str().unwrap().to_owned()).collect()
}

/// Groups by their text, with how many places each has.
fn groups(found: &Value) -> Vec<(&str, usize)> {
    let groups = found["groups"].as_array().unwrap();
    groups
        .iter()
        .map(|one| (one["text"].as_str().unwrap(), one["places"].as_array().unwrap().len()))
        .collect()
}

fn named(place: &Value) -> Value {
    json!({ "segment": place["segment"], "word": place["word"], "count": place["count"] })
}

#[tokio::test(flavor = "multi_thread")]
async fn doubtful_words_are_listed_confirmed_and_corrected_until_none_is_left() {
    let (site, _, path) = talked().await;
    let list = format!("{path}/doubts");
    let (status, found) = site.json(&list).await;
    assert_eq!(status, 200, "{found}");
    assert_eq!(
        (&found["places"], &found["total"], &found["revision"]),
        (&json!(3), &json!(2), &json!("1.0"))
    );
    assert_eq!(groups(&found), [("walross spaeks", 1), ("Walross,", 2)]);
    let first = &found["groups"][0]["places"][0];
    assert_eq!(
        (&first["before"], &first["after"], &first["start"], &first["end"], &first["speaker"]),
        (&json!("The"), &json!("of tusks."), &json!(1.0), &json!(2.9), &json!(0))
    );
    assert_eq!(site.json(&format!("{list}?below=0.2")).await.1["places"], 0);
    assert_eq!(site.json(&format!("{list}?below=1&limit=1")).await.1["groups"].as_array().unwrap().len(), 1);
    for query in ["below=-0.1", "below=1.1", "below=x", "limit=0", "limit=201"] {
        assert_eq!(site.json(&format!("{list}?{query}")).await.0, 422, "{query}");
    }

    // The first is right: that stays so, and nothing else changes.
    let body = json!({ "revision": "1.0", "places": [named(first)] });
    let (status, answer) = site.send("POST", &list, &body).await;
    assert_eq!(
        (status, &answer["revision"], &answer["segments"]),
        (200, &json!("1.1"), &json!([])),
        "{answer}"
    );
    let (_, found) = site.json(&list).await;
    assert_eq!(groups(&found), [("Walross,", 2)]);
    let history = site.json(&format!("{path}/edits")).await.1;
    assert_eq!((&history["edits"][0]["kind"], &history["edits"][0]["count"]), (&json!("confirm"), &json!(2)));

    // The others are another word, all at once; punctuation and the rest stay.
    let places: Vec<Value> = found["groups"][0]["places"].as_array().unwrap().iter().map(named).collect();
    let body = json!({ "revision": "1.1", "places": places, "text": "walrus" });
    assert_eq!(site.send("POST", &list, &body).await.0, 200);
    assert_eq!(
        texts(&site, &path).await,
        ["The walross spaeks of tusks.", "A walrus, he said", "no more walrus!"]
    );
    assert_eq!(site.json(&list).await.1["places"], 0);

    // Undone from the last, both come back.
    for (revision, left) in [("1.2", 2), ("1.3", 3)] {
        let undone = site.send("POST", &format!("{path}/edits/undo"), &json!({ "revision": revision })).await;
        assert_eq!(undone.0, 200, "{}", undone.1);
        assert_eq!(site.json(&list).await.1["places"], left);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_right_stays_right_when_the_recording_is_again() {
    let (site, id, path) = talked().await;
    let list = format!("{path}/doubts");
    let body = json!({ "revision": "1.0", "places": [{ "segment": 0, "word": 1, "count": 2 }] });
    assert_eq!(site.send("POST", &list, &body).await.0, 200);
    let mut heard = doubtful();
    for word in heard.iter_mut().flat_map(|one| &mut one.words) {
        word.start += 0.11;
    }
    again(&site, id, &heard).await;
    let found = site.json(&list).await.1;
    assert_eq!((groups(&found), &found["revision"]), (vec![("Walross,", 2)], &json!("2.1")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_decision_is_refused_and_says_why() {
    let (site, _, path) = talked().await;
    let list = format!("{path}/doubts");
    let place =
        |segment: u32, word: u32, count: u32| json!({ "segment": segment, "word": word, "count": count });
    for (places, status, why) in [
        (json!([]), 422, "places"),
        (json!([place(9, 0, 1)]), 404, "Segment"),
        (json!([place(0, 9, 1)]), 404, "Word"),
        (json!([place(0, 4, 2)]), 404, "Word"),
        (json!([place(0, 0, 0)]), 422, "count"),
        (json!(vec![place(0, 0, 1); 1001]), 422, "places"),
    ] {
        let (found, answer) = site.send("POST", &list, &json!({ "revision": "1.0", "places": places })).await;
        assert!(found == status && answer.to_string().contains(why), "{found} {answer}");
    }
    let one = json!([place(0, 1, 1)]);
    let long = json!({ "revision": "1.0", "places": one, "text": "x".repeat(201) });
    assert_eq!(site.send("POST", &list, &long).await.0, 422);
    assert_eq!(site.send("POST", &list, &json!({ "places": one })).await.0, 422, "no revision");
    // Somebody else was there first.
    let segments = format!("{path}/segments/2");
    assert_eq!(site.send("PATCH", &segments, &json!({ "revision": "1.0", "text": "Gone." })).await.0, 200);
    let (status, clash) = site.send("POST", &list, &json!({ "revision": "1.0", "places": one })).await;
    assert_eq!((status, &clash["revision"]), (409, &json!("1.1")), "{clash}");
    assert_eq!(texts(&site, &path).await[2], "Gone.");
    let bare = site.create("empty").await;
    assert_eq!(site.json(&format!("/v1/transcripts/{bare}/doubts")).await.0, 409, "there is no text yet");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_is_what_would_be_replaced_one_by_one_or_all() {
    let (site, _, path) = talked().await;
    let (status, found) = site.json(&format!("{path}/find?q=walross")).await;
    assert_eq!((status, &found["total"]), (200, &json!(3)), "{found}");
    let starts: Vec<f64> =
        found["places"].as_array().unwrap().iter().map(|one| one["start"].as_f64().unwrap()).collect();
    assert_eq!(starts, [1.0, 21.0, 42.0]);
    assert_eq!(
        (&found["places"][1]["text"], &found["places"][1]["before"], &found["places"][1]["after"]),
        (&json!("Walross"), &json!(" A "), &json!(", he said"))
    );
    assert_eq!(site.json(&format!("{path}/find?q=Walross&case_sensitive=true")).await.1["total"], 1);
    assert_eq!(site.json(&format!("{path}/find?q=wal&whole_words=true")).await.1["total"], 0);
    assert_eq!(site.json(&format!("{path}/find?q=he%20said")).await.1["places"][0]["end"], 23.9);
    let (_, few) = site.json(&format!("{path}/find?q=s&limit=1")).await;
    assert!(few["total"].as_u64().unwrap() > 3 && few["places"].as_array().unwrap().len() == 1, "{few}");
    for query in ["", "q=", "q=%20", "q=x&limit=0", "q=x&limit=1001"] {
        assert_eq!(site.json(&format!("{path}/find?{query}")).await.0, 422, "{query}");
    }

    let body = json!({ "revision": "1.0", "find": "walross", "replace": "walrus", "only": 1 });
    let (status, answer) = site.send("POST", &format!("{path}/edits/replace"), &body).await;
    assert_eq!((status, &answer["replaced"]), (200, &json!(1)), "{answer}");
    assert_eq!(
        texts(&site, &path).await,
        ["The walross spaeks of tusks.", "A walrus, he said", "no more walross!"]
    );
    let body = json!({ "revision": "1.1", "find": "walross", "replace": "walrus", "only": 7 });
    assert_eq!(site.send("POST", &format!("{path}/edits/replace"), &body).await.1["replaced"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_listed_compared_and_restored() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let path = format!("/v1/transcripts/{id}");
    let compare = async |query: &str| {
        let (status, found) = site.json(&format!("{path}/compare{query}")).await;
        assert_eq!(status, 200, "{found}");
        found
    };
    assert_eq!(compare("").await["total"], 0);
    let write = json!({ "revision": "1.0", "text": "We should raise the budget." });
    assert_eq!(site.send("PATCH", &format!("{path}/segments/1"), &write).await.0, 200);
    let give = json!({ "speaker": 1, "timestamp_from": 0.0, "timestamp_to": 1.0 });
    assert_eq!(site.send("PATCH", &format!("{path}/speaker/assign"), &give).await.0, 200);
    let both = compare("").await;
    assert_eq!((&both["from"], &both["to"], &both["total"]), (&json!("1.0"), &json!("1.2"), &json!(2)));
    assert_eq!(
        both["differences"],
        json!([
            { "start": 0.0, "before": "Good morning,", "after": "Good morning,", "speakers": { "before": 0, "after": 1 } },
            { "start": 22.0, "before": "<cut>", "after": "raise" },
        ])
    );
    assert_eq!(compare("?from=1.1").await["total"], 1);
    assert_eq!(compare("?from=1.0&to=1.0").await["total"], 0);

    let mut heard = talk(true);
    heard[2].words[0].text = " Granted".into();
    heard[2].text = " Granted & noted.".into();
    again(&site, id, &heard).await;
    let (status, listed) = site.json(&format!("{path}/versions")).await;
    assert_eq!(status, 200);
    let shape: Vec<_> = listed["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["version"], &one["current"], &one["method"]))
        .collect();
    assert_eq!(
        shape,
        [(&json!(2), &json!(true), &json!("other")), (&json!(1), &json!(false), &json!("whisper-tiny.en"))]
    );
    let old = compare("?from=1.2").await;
    assert_eq!(
        old["differences"],
        json!([{ "start": 40.0, "before": "Agreed", "after": "Granted" }]),
        "{old}"
    );
    assert_eq!(texts(&site, &path).await[3], "Granted & noted.", "what people changed is there, too");

    assert_eq!(site.send("POST", &format!("{path}/versions/1/restore"), &json!({})).await.0, 200);
    assert_eq!(texts(&site, &path).await[3], "Agreed & noted.");
    assert_eq!(site.json(&format!("{path}/segments")).await.1["revision"], "1.2");
    assert_eq!(site.send("POST", &format!("{path}/versions/9/restore"), &json!({})).await.0, 404);
    for query in ["from=x", "to=1", "from=9.0", "to=1.99"] {
        assert_eq!(site.json(&format!("{path}/compare?{query}")).await.0, 422, "{query}");
    }
}
