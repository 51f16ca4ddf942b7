//! Names of voices as changes: who gave them, taken back and given again; and two who change the same at once.

use diesel_async::SimpleAsyncConnection;
use reflector::ids::TranscriptId;
use serde_json::{Value, json};

use crate::auth::guarded;
use crate::support::site::Site;

/// A transcript whose people are named.
struct Talk {
    site: Site,
    id: TranscriptId,
    path: String,
    people: String,
}

impl Talk {
    async fn new() -> Self {
        let site = Site::new().await;
        let id = site.finished("talk.wav").await;
        let path = format!("/v1/transcripts/{id}");
        Self { people: format!("{path}/participants"), site, id, path }
    }

    /// Names a voice; where the participant is to be found.
    async fn name(&self, name: &str, speaker: i32) -> String {
        let body = json!({ "name": name, "speaker": speaker });
        let (status, made) = self.site.send("POST", &self.people, &body).await;
        assert_eq!(status, 200, "{made}");
        format!("{}/{}", self.people, made["id"].as_str().unwrap())
    }

    /// Everybody's name and voice.
    async fn named(&self) -> Vec<(String, Value)> {
        let (_, list) = self.site.json(&self.people).await;
        let one = |one: &Value| (one["name"].as_str().unwrap().to_owned(), one["speaker"].clone());
        list.as_array().unwrap().iter().map(one).collect()
    }

    /// The state that is to be named by who changes it, as the list of participants tells it.
    async fn revision(&self) -> String {
        let answer = self.site.get(&self.people).await;
        answer.headers()["etag"].to_str().unwrap().trim_matches('"').to_owned()
    }

    async fn undo(&self) -> (u16, Value) {
        self.turn("undo").await
    }

    async fn turn(&self, what: &str) -> (u16, Value) {
        let body = json!({ "revision": self.revision().await });
        self.site.send("POST", &format!("{}/edits/{what}", self.path), &body).await
    }

    /// Kinds of the changes, the newest first.
    async fn history(&self) -> Vec<Value> {
        let (status, found) = self.site.json(&format!("{}/edits", self.path)).await;
        assert_eq!(status, 200, "{found}");
        found["edits"].as_array().unwrap().clone()
    }

    async fn found(&self, word: &str) -> Value {
        self.site.json(&format!("/v1/transcripts/search?q={word}")).await.1["total"].clone()
    }

    /// A request with `If-Match`, and no body.
    async fn on(&self, method: &str, path: &str, revision: &str) -> (u16, Value) {
        let request = self.site.client.request(method.parse().unwrap(), self.site.url(path));
        let answer = request.header("if-match", format!("\"{revision}\"")).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_a_change_that_is_listed_taken_back_and_given_again() {
    let talk = Talk::new().await;
    let ada = talk.name("Ada", 0).await;
    let (_, renamed) = talk.site.send("PATCH", &ada, &json!({ "name": "Byron" })).await;
    let history = talk.history().await;
    let kinds: Vec<_> = history.iter().map(|one| (&one["kind"], &one["state"], &one["count"])).collect();
    assert_eq!(kinds, [(&json!("name"), &json!("applied"), &json!(1)); 2]);
    let (old, new) = (json!({ "name": "Ada", "speaker": 0 }), json!({ "name": "Byron", "speaker": 0 }));
    assert_eq!(history[0]["names"], json!([{ "before": old, "after": new }]));
    assert_eq!(history[1]["names"], json!([{ "before": null, "after": old }]));
    assert_eq!(talk.found("byron").await, 1);

    assert_eq!(talk.undo().await.0, 200);
    assert_eq!(talk.named().await, [("Ada".to_owned(), json!(0))]);
    assert_eq!((talk.found("byron").await, talk.found("ada").await), (json!(0), json!(1)));
    let states: Vec<Value> = talk.history().await.iter().map(|one| one["state"].clone()).collect();
    assert_eq!(states, ["applied", "undone", "applied"]);
    assert_eq!(talk.undo().await.0, 200);
    assert_eq!((talk.named().await, talk.site.json(&ada).await.0), (vec![], 404));
    let text = talk.site.json(&talk.path).await.1["transcript"].as_str().unwrap().to_owned();
    assert!(text.starts_with("Speaker 1: Good morning"), "{text}");
    assert_eq!((talk.turn("redo").await.0, talk.turn("redo").await.0), (200, 200));
    assert_eq!(talk.site.json(&ada).await, (200, renamed), "the same one, under the same id");

    // Who was taken off the list comes back, and two who changed places change again.
    assert_eq!(talk.site.send("DELETE", &ada, &json!({})).await.0, 200);
    assert_eq!((talk.undo().await.0, talk.named().await.len()), (200, 1));
    let bob = talk.name("Bob", 1).await;
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let list = json!({ "participants": [
        { "id": id(&ada), "name": "Byron", "speaker": 1 }, { "id": id(&bob), "name": "Bob", "speaker": 0 } ] });
    assert_eq!(talk.site.send("PATCH", &talk.path, &list).await.0, 200);
    assert_eq!(talk.named().await, [("Bob".to_owned(), json!(0)), ("Byron".to_owned(), json!(1))]);
    assert_eq!(talk.undo().await.0, 200);
    assert_eq!(talk.named().await, [("Byron".to_owned(), json!(0)), ("Bob".to_owned(), json!(1))]);
    // What changes nothing is none.
    let before = talk.history().await.len();
    assert_eq!(talk.site.send("PATCH", &ada, &json!({ "name": "Byron" })).await.0, 200);
    assert_eq!(talk.history().await.len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_corrections_and_merges_are_undone_in_their_order() {
    let talk = Talk::new().await;
    talk.name("Ada", 0).await;
    let assign = json!({ "speaker": 1, "timestamp_from": 40, "timestamp_to": 50 });
    assert_eq!(talk.site.send("PATCH", &format!("{}/speaker/assign", talk.path), &assign).await.0, 200);
    let merge = json!({ "speaker_from": 0, "speaker_to": 1 });
    assert_eq!(talk.site.send("PATCH", &format!("{}/speaker/merge", talk.path), &merge).await.0, 200);
    assert_eq!(talk.named().await, [("Ada".to_owned(), json!(1))]);
    let late = talk.name("Late", 5).await;
    let kinds: Vec<Value> = talk.history().await.iter().map(|one| one["kind"].clone()).collect();
    assert_eq!(kinds, ["name", "merge", "assign", "name"], "a name that goes along is no change of its own");
    assert_eq!((talk.undo().await.0, talk.site.json(&late).await.0), (200, 404));
    assert_eq!((talk.undo().await.0, talk.named().await), (200, vec![("Ada".to_owned(), json!(0))]));
    assert_eq!((talk.undo().await.0, talk.undo().await.0, talk.named().await), (200, 200, vec![]));
    assert_eq!(talk.undo().await.0, 400, "there is nothing else");

    // A name that is not what was given any more stays, and the answer says so.
    let ada = talk.name("Ada", 0).await;
    let sql = format!("UPDATE participant SET name = 'Otherwise' WHERE transcript_id = '{}'", talk.id);
    talk.site.workshop.conn().await.batch_execute(&sql).await.unwrap();
    let (status, refused) = talk.undo().await;
    let said = json!("The names were changed since, and stay as they are");
    assert_eq!((status, &refused["detail"]), (409, &said));
    assert_eq!(talk.site.json(&ada).await.1["name"], "Otherwise");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_change_a_name_are_both_told_of_where_they_name_what_they_saw() {
    let talk = Talk::new().await;
    let ada = talk.name("Ada", 0).await;
    let seen = talk.revision().await;
    assert_eq!(seen, "1.1");
    let rename = async |name: &str, revision: &str| {
        talk.site.send("PATCH", &ada, &json!({ "name": name, "revision": revision })).await
    };
    assert_eq!(rename("Grace", &seen).await.0, 200);
    let (status, clash) = rename("Bob", &seen).await;
    let voice = |name: &str| json!({ "name": name, "speaker": 0 });
    let wanted = json!({ "detail": "Somebody else has changed this name since", "revision": "1.2",
        "base": voice("Ada"), "yours": voice("Bob"), "theirs": voice("Grace") });
    assert_eq!((status, &clash), (409, &wanted));
    assert_eq!(talk.named().await, [("Grace".to_owned(), json!(0))], "nothing is written");
    assert_eq!(rename("Grace", &seen).await.0, 200, "that is what it is already");
    let (status, clash) = talk.on("DELETE", &ada, &seen).await;
    assert_eq!((status, &clash["yours"], &clash["theirs"]), (409, &Value::Null, &voice("Grace")));
    // Who has seen it may, and who names nothing writes over it, as the ancestor's clients do.
    assert_eq!(rename("Bob", clash["revision"].as_str().unwrap()).await.0, 200);
    assert_eq!(talk.site.send("PATCH", &ada, &json!({ "name": "Eve" })).await.0, 200);
    // What was changed and changed back is as it was seen; other changes are none of a name's business.
    let seen = talk.revision().await;
    assert_eq!((rename("Carol", &seen).await.0, talk.undo().await.0), (200, 200));
    let now = talk.revision().await;
    let text = json!({ "text": "Good evening.", "revision": now });
    assert_eq!(talk.site.send("PATCH", &format!("{}/segments/0", talk.path), &text).await.0, 200);
    assert_eq!(rename("Ada", &seen).await.0, 200);

    // Somebody else was removed, or named first.
    let seen = talk.revision().await;
    assert_eq!(talk.on("DELETE", &ada, &seen).await.0, 200);
    let (status, clash) = rename("Late", &seen).await;
    assert_eq!((status, &clash["theirs"], &clash["yours"]), (409, &Value::Null, &voice("Late")));
    let seen = talk.revision().await;
    talk.name("First", 0).await;
    let second = json!({ "name": "Second", "speaker": 0, "revision": seen });
    let (status, clash) = talk.site.send("POST", &talk.people, &second).await;
    assert_eq!((status, &clash["base"], &clash["theirs"]), (409, &Value::Null, &voice("First")));
    for (revision, wanted) in [("9.9999", 422), ("x", 422), ("1.0", 409)] {
        let body = json!({ "name": "Nobody", "speaker": 0, "revision": revision });
        assert_eq!(talk.site.send("POST", &talk.people, &body).await.0, wanted, "{revision}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_change_who_speaks_are_both_told_of_where_they_name_what_they_saw() {
    let talk = Talk::new().await;
    let send = async |what: &str, mut body: Value, seen: &str| {
        body["revision"] = json!(seen);
        talk.site.send("PATCH", &format!("{}/speaker/{what}", talk.path), &body).await
    };
    let assign = |speaker: i32| json!({ "speaker": speaker, "timestamp_from": 20, "timestamp_to": 26 });
    let seen = talk.revision().await;
    assert_eq!(send("assign", assign(2), &seen).await.0, 200);
    let (status, clash) = send("assign", assign(3), &seen).await;
    assert_eq!((status, &clash["theirs"]), (409, &json!("We should <cut> the budget.")), "{clash}");
    assert_eq!(clash["segments"][0]["speaker"], 2, "who says it now");
    assert_eq!(send("assign", assign(2), &seen).await.0, 200, "that is who says it already");
    let elsewhere = json!({ "speaker": 3, "timestamp_from": 0, "timestamp_to": 1 });
    assert_eq!(send("assign", elsewhere, &seen).await.0, 200, "of other words nobody has said anything");

    // Voices that are not who they were are not made one unseen.
    let (seen, merge) = (talk.revision().await, json!({ "speaker_from": 2, "speaker_to": 0 }));
    talk.name("Ada", 2).await;
    let (status, clash) = send("merge", merge.clone(), &seen).await;
    assert_eq!((status, &clash["edits"][0]["names"][0]["after"]["name"]), (409, &json!("Ada")), "{clash}");
    let seen = clash["revision"].as_str().unwrap().to_owned();
    let other = json!({ "speaker": 4, "timestamp_from": 0, "timestamp_to": 1 });
    assert_eq!(talk.site.send("PATCH", &format!("{}/speaker/assign", talk.path), &other).await.0, 200);
    assert_eq!(send("merge", merge, &seen).await.0, 200, "neither of the two has words more or less");
    let merge = json!({ "speaker_from": 0, "speaker_to": 4 });
    assert_eq!(send("merge", merge, &seen).await.0, 409, "one of them was made of two");
    assert_eq!(send("merge", json!({ "speaker_from": 0, "speaker_to": 4 }), "9.9999").await.0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_from_before_the_text_are_in_its_history_with_who_gave_them() {
    let site = guarded().await;
    let ada = site.person("ada@example.org", false).await;
    let id = site.create("talk.wav").await;
    site.give(id, "private", Some(ada.user.id)).await;
    let path = format!("/v1/transcripts/{id}");
    let body = json!({ "name": "Grace", "speaker": 0, "revision": "0.0" });
    let (status, grace) = ada.send(&site, "POST", &format!("{path}/participants"), &body).await;
    assert_eq!(status, 200, "{grace}");
    let one = format!("{path}/participants/{}", grace["id"].as_str().unwrap());
    let stale = json!({ "name": "Hopper", "revision": "0.0" });
    assert_eq!(ada.send(&site, "PATCH", &one, &stale).await.0, 409, "there was nobody then");
    let (status, _) = ada.json(&site, &format!("{path}/edits")).await;
    assert_eq!(status, 409, "there is no text yet");
    site.up_to(id, None).await;
    let (_, found) = ada.json(&site, &format!("{path}/edits")).await;
    assert_eq!((&found["revision"], &found["total"]), (&json!("1.1"), &json!(1)));
    let edit = &found["edits"][0];
    assert_eq!((&edit["kind"], &edit["user_name"]), (&json!("name"), &json!("ada@example.org")));
    assert_eq!(edit["user_id"], json!(ada.user.id));
    let undo = json!({ "revision": "1.1" });
    assert_eq!(ada.send(&site, "POST", &format!("{path}/edits/undo"), &undo).await.0, 200);
    assert_eq!(ada.json(&site, &one).await.0, 404);
    // A key that may only write is told no names.
    let keys = ada.send(&site, "POST", "/v1/user/api-keys", &json!({ "scopes": ["write"] })).await.1;
    let write = async |body: Value| {
        let url = site.url(&format!("{path}/participants"));
        let request = site.client.post(url).header("x-api-key", keys["key"].as_str().unwrap());
        request.json(&body).send().await.unwrap().status().as_u16()
    };
    assert_eq!(write(json!({ "name": "Eve", "speaker": 1 })).await, 200);
    assert_eq!(write(json!({ "name": "Bob", "speaker": 1, "revision": "1.0" })).await, 404);
}
