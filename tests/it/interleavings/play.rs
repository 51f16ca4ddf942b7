//! The same over HTTP; the machine's part by hand.

use std::sync::atomic::{AtomicU64, Ordering};

use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use reflector::clock;
use reflector::ids::TranscriptId;
use reflector::model::stage::{self, Attempt, Begun, Finished, Stage};
use reflector::model::{ShareMode, output, participant, recording, segment, transcript};
use serde_json::{Value, json};

use super::model::{Life, Model, SEGMENTS, State, heard};
use super::{Step, Who};
use crate::support::site::{Site, talk};

/// How each shows who they are.
pub struct People {
    headers: [(&'static str, String); 4],
    ada: reflector::ids::UserId,
}

pub async fn people(site: &Site) -> People {
    let ada = site.person("ada@example.org", false).await;
    let bob = site.person("bob@example.org", false).await;
    let mut keys = Vec::new();
    for scopes in [json!(["read", "write"]), json!(["write"])] {
        let (status, made) = ada.send(site, "POST", "/v1/user/api-keys", &json!({ "scopes": scopes })).await;
        assert_eq!(status, 200, "{made}");
        keys.push(made["key"].as_str().unwrap().to_owned());
    }
    let bearer = |token: String| ("authorization", format!("Bearer {token}"));
    let writes = ("x-api-key", keys.pop().unwrap());
    let key = ("x-api-key", keys.pop().unwrap());
    People { ada: ada.user.id, headers: [bearer(ada.token), key, writes, bearer(bob.token)] }
}

/// Words that nobody has said before; as many as a talk has.
pub fn names() -> Vec<String> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    (0..13).map(|_| format!("w{}", COUNT.fetch_add(1, Ordering::Relaxed))).collect()
}

/// One transcript, and what the worker holds of it.
pub struct Play<'s> {
    site: &'s Site,
    people: &'s People,
    id: TranscriptId,
    attempt: Option<Attempt>,
}

impl<'s> Play<'s> {
    pub async fn new(site: &'s Site, people: &'s People) -> Self {
        let id = site.create("talk.wav").await;
        let mut conn = site.workshop.conn().await;
        let made = recording::begin(&mut conn, id, "talk.wav", "audio/wav", 1).await.unwrap();
        let (hash, now) = ("0".repeat(64), clock::now());
        recording::record_part(&mut conn, made.id, 0, 4, &hash, now).await.unwrap();
        recording::complete(&mut conn, made.id, now).await.unwrap();
        drop(conn);
        site.up_to(id, Some(Stage::Topics)).await;
        site.give(id, &ShareMode::SemiPrivate.to_string(), Some(people.ada)).await;
        let play = Self { site, people, id, attempt: None };
        play.rest_is_done().await;
        play
    }

    /// What follows the text is not what this is about.
    async fn rest_is_done(&self) {
        let sql = format!(
            "UPDATE stage_state SET status = 'done', attempt = NULL WHERE transcript_id = '{}'; \
             UPDATE transcript SET status = 'ended' WHERE id = '{0}'",
            self.id
        );
        self.site.workshop.conn().await.batch_execute(&sql).await.unwrap();
    }

    async fn ask(&self, who: Who, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let (name, value) = &self.people.headers[Who::ALL.iter().position(|one| *one == who).unwrap()];
        let url = self.site.url(&format!("/v1/transcripts/{}{path}", self.id));
        let request = self.site.client.request(method.parse().unwrap(), url).header(*name, value);
        let answer = request.json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    /// Does it; the changes of people are made on what `model` says that they saw.
    pub async fn take(&mut self, step: &Step, model: &Model, fresh: &[String]) -> u16 {
        match step {
            Step::Begins => {
                self.begins().await;
                0
            }
            Step::Ends(other) => {
                let attempt = self.attempt.take();
                self.ends(attempt, *other, fresh).await
            }
            step => self.person(step, model, fresh).await,
        }
    }

    /// Two at the same moment: the first is a person's.
    pub async fn both(
        &mut self,
        (one, a): (&Step, &[String]),
        (other, b): (&Step, &[String]),
        model: &Model,
    ) -> (u16, u16) {
        if let Step::Ends(words) = other {
            let attempt = self.attempt.take();
            return futures::join!(self.person(one, model, a), self.ends(attempt, *words, b));
        }
        futures::join!(self.person(one, model, a), self.person(other, model, b))
    }

    async fn person(&self, step: &Step, model: &Model, fresh: &[String]) -> u16 {
        let nothing = json!({});
        let on = |who: Who, mut body: Value| {
            let (version, edit) = model.seen(who);
            body["revision"] = json!(format!("{}.{edit}", version + 1));
            body
        };
        let (who, method, path, body) = match step {
            Step::Look(who) => (*who, "GET", "/segments".to_owned(), nothing),
            Step::Title(who) => (*who, "PATCH", String::new(), json!({ "title": fresh[0] })),
            Step::Word(who, at, word) => {
                let path = format!("/segments/{at}/words/{}", word % SEGMENTS[*at].len());
                (*who, "PATCH", path, on(*who, json!({ "text": fresh[0] })))
            }
            Step::Two(who, at, word) => {
                let mut text = model.words(model.seen(*who))[SEGMENTS[*at].clone()].to_vec();
                let first = word % (text.len() - 1);
                text[first..first + 2].clone_from_slice(&fresh[..2]);
                (*who, "PATCH", format!("/segments/{at}"), on(*who, json!({ "text": text.join(" ") })))
            }
            Step::Back(who, at) => {
                (*who, "POST", format!("/segments/{at}/restore-machine-text"), on(*who, nothing))
            }
            Step::Name(who) => (
                *who,
                "PATCH",
                String::new(),
                json!({ "participants": [{ "name": fresh[0], "speaker": 0 }] }),
            ),
            Step::Undo(who) => (*who, "POST", "/edits/undo".to_owned(), on(*who, nothing)),
            Step::Redo(who) => (*who, "POST", "/edits/redo".to_owned(), on(*who, nothing)),
            Step::Version(who, version) => {
                let version = version % (model.versions.len() + 1) + 1;
                (*who, "POST", format!("/versions/{version}/restore"), nothing)
            }
            Step::Process(who) => (*who, "POST", "/process".to_owned(), json!({ "from": "assemble" })),
            Step::Trash(who) => (*who, "DELETE", String::new(), nothing),
            Step::Restore(who) => (*who, "POST", "/restore".to_owned(), nothing),
            Step::Destroy(who) => (*who, "DELETE", "/destroy".to_owned(), nothing),
            Step::Begins | Step::Ends(_) => panic!("the machine's: {step:?}"),
        };
        self.ask(who, method, &path, &body).await.0
    }

    /// The run whose job is in the queue.
    async fn job(&self) -> Option<i32> {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            key: String,
        }
        let found: Vec<Row> =
            diesel::sql_query("SELECT key FROM graphile_worker._private_jobs WHERE key LIKE $1")
                .bind::<Text, _>(format!("assemble:{}:%", self.id))
                .load(&mut self.site.workshop.conn().await)
                .await
                .unwrap();
        assert!(found.len() <= 1, "one run at a time");
        found.as_slice().first().map(|row| row.key.rsplit(':').next().unwrap().parse().unwrap())
    }

    /// A job that was done leaves the queue; one that runs stays there, and is its worker's.
    async fn job_is(&self, done: bool) {
        let what = if done { "DELETE FROM" } else { "UPDATE" };
        let set = if done { "" } else { "SET locked_at = now(), locked_by = 'test', attempts = 1" };
        let sql =
            format!("{what} graphile_worker._private_jobs {set} WHERE key LIKE 'assemble:{}:%'", self.id);
        self.site.workshop.conn().await.batch_execute(&sql).await.unwrap();
    }

    /// What a worker does that takes the job.
    async fn begins(&mut self) {
        if self.attempt.is_some() {
            return;
        }
        let Some(run) = self.job().await else { return };
        let (id, now) = (self.id, clock::now());
        let mut conn = self.site.workshop.conn().await;
        let plain: &mut AsyncPgConnection = &mut conn;
        let begun = plain
            .transaction(async |conn| stage::begin(conn, id, run, Stage::Assemble, "test", now).await)
            .await
            .unwrap();
        drop(conn);
        match begun {
            Begun::Start { attempt, .. } => {
                self.attempt = Some(attempt);
                self.job_is(false).await;
            }
            Begun::Stale => self.job_is(true).await,
            Begun::GaveUp(why) => panic!("{why:?}"),
        }
    }

    /// What it does when it has heard all.
    async fn ends(&self, attempt: Option<Attempt>, other: u16, fresh: &[String]) -> u16 {
        let Some(attempt) = attempt else { return 0 };
        let mut said = talk(true);
        let words = heard(other, fresh);
        for (one, slots) in said.iter_mut().zip(SEGMENTS) {
            for (word, slot) in one.words.iter_mut().zip(slots) {
                word.text = format!(" {}", words[slot]);
                // Never at quite the same time.
                let later = 0.05 * f64::from(attempt.run % 3);
                (word.start, word.end) = (word.start + later, word.end + later);
            }
            one.text = one.words.iter().map(|word| word.text.as_str()).collect();
        }
        let mut conn = self.site.workshop.conn().await;
        let opened = output::open(&mut conn, &attempt, "other", Some("en")).await.unwrap();
        if let Some(made) = opened {
            segment::append(&mut conn, made, &said).await.unwrap();
            let plain: &mut AsyncPgConnection = &mut conn;
            let (attempt, now) = (&attempt, clock::now());
            let finished = plain
                .transaction(async |conn| stage::finish(conn, attempt, Some(made), now).await)
                .await
                .unwrap();
            assert!(matches!(finished, Finished::Done { .. }), "{finished:?}");
        }
        drop(conn);
        self.job_is(true).await;
        self.rest_is_done().await;
        0
    }

    /// What the database and Ada see.
    pub async fn state(&self) -> State {
        let conn = self.site.workshop.conn().await;
        let row = transcript::get(&conn, self.id).await.unwrap();
        let people = participant::list(&conn, self.id).await.unwrap();
        drop(conn);
        assert!(people.len() <= 1, "{people:?}");
        let life = match &row {
            None => Life::Gone,
            Some(row) if row.deleted_at.is_some() => Life::Trash,
            Some(_) => Life::There,
        };
        let (status, found) = self.ask(Who::Ada, "GET", "/segments", &Value::Null).await;
        assert_eq!(status, if life == Life::There { 200 } else { 404 }, "{found}");
        let text = (status == 200).then(|| {
            let segments = found["segments"].as_array().unwrap();
            let texts = segments.iter().map(|one| one["text"].as_str().unwrap().trim().to_owned());
            (found["revision"].as_str().unwrap().to_owned(), texts.collect())
        });
        let title = row.and_then(|row| row.title).filter(|_| life == Life::There);
        let job = life != Life::Gone && self.attempt.is_none() && self.job().await.is_some();
        let name = people.into_iter().next().map(|one| one.name).filter(|_| life == Life::There);
        State { life, text, title, name, job }
    }

    /// At the end nothing is lost but what was destroyed, and of that nothing is left.
    pub async fn end(mut self, model: &mut Model) {
        if model.life == Life::Gone {
            return self.nothing_is_left().await;
        }
        if model.life == Life::Trash {
            let step = Step::Restore(Who::Ada);
            assert_eq!((model.apply(&step, &[]), self.take(&step, model, &[]).await), (200, 200));
        }
        // Every version is there still, with what was changed in it.
        for version in 0..model.versions.len() {
            let step = Step::Version(Who::Ada, version);
            assert_eq!((model.apply(&step, &[]), self.take(&step, model, &[]).await), (200, 200));
            assert_eq!(self.state().await, model.state(), "version {version}");
        }
        let now = model.words(model.now());
        let (status, shown) = self.ask(Who::Bob, "GET", "?transcript_format=json", &Value::Null).await;
        assert_eq!(status, 200, "{shown}");
        let lines = shown["transcript"].as_array().unwrap();
        let said: Vec<&str> = lines.iter().flat_map(|one| one["text"].as_str().unwrap().split(' ')).collect();
        assert_eq!(said, now, "what others are shown");
        if let Some(title) = model.state().title {
            assert_eq!(shown["title"], json!(title));
        }
        let (_, history) = self.ask(Who::Ada, "GET", "/edits?limit=1", &Value::Null).await;
        assert_eq!(history["total"], json!(model.now().1), "{history}");
        self.search_agrees(model, &now).await;
    }

    /// Words that are shown are found, and those of other versions are not.
    async fn search_agrees(&self, model: &Model, now: &[String]) {
        let named = |word: &&String| word[1..].parse::<u64>().is_ok();
        let shown = now.iter().find(named);
        let hidden = model.versions.iter().flatten().filter(named).find(|word| !now.contains(word));
        for (word, wanted) in [(shown, 1), (hidden, 0)] {
            let Some(word) = word else { continue };
            let url = self.site.url(&format!("/v1/transcripts/search?q={word}"));
            let (name, value) = &self.people.headers[0];
            let answer = self.site.client.get(url).header(*name, value).send().await.unwrap();
            let found: Value = answer.json().await.unwrap();
            assert_eq!(found["total"], json!(wanted), "{word}: {found}");
        }
    }

    async fn nothing_is_left(&self) {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            rows: i64,
        }
        let tables = ["edit", "output", "stage_state", "stage_run", "participant"];
        let counts: Vec<String> = tables
            .iter()
            .map(|table| format!("(SELECT count(*) FROM {table} WHERE transcript_id = '{}')", self.id))
            .collect();
        let found: Row = diesel::sql_query(format!("SELECT {} AS rows", counts.join(" + ")))
            .get_result(&mut self.site.workshop.conn().await)
            .await
            .unwrap();
        assert_eq!(found.rows, 0);
        let objects = self.site.app.storage().list(&reflector::storage::folder(self.id)).await.unwrap();
        assert!(objects.is_empty(), "{objects:?}");
        for who in Who::ALL {
            assert_eq!(self.ask(who, "GET", "", &Value::Null).await.0, 404, "{who:?}");
        }
    }
}
