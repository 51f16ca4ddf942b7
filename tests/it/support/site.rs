//! A whole site in this process: pages and API on a port of their own, and, where a test wants it, the worker.

use std::net::SocketAddr;

use diesel::ExpressionMethods;
use diesel::QueryDsl;
use diesel_async::RunQueryDsl;
use reflector::app::{App, run_worker};
use reflector::auth::password;
use reflector::clock;
use reflector::config::{AuthMode, Config};
use reflector::db::schema::transcript as transcript_table;
use reflector::ids::{ActionItemId, TopicId, TranscriptId, UserId};
use reflector::lifecycle::Shutdown;
use reflector::model::stage::{self, Attempt, Begun, Finished, Stage};
use reflector::model::transcript::{self, NewTranscript};
use reflector::model::user::{self, User};
use reflector::model::{
    ActionItem, ActionKind, Segment, ShareMode, SummaryKind, SummarySentence, Topic, Word,
};
use reflector::model::{output, segment, understanding};
use reflector::queue::Group;
use reflector::storage::StorageKey;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::workshop::Workshop;

/// What everybody's password is here.
pub const PASSWORD: &str = "correct horse battery";

/// Somebody with an account, and a token of theirs.
pub struct Person {
    pub user: User,
    pub token: String,
}

impl Person {
    /// Sends JSON as this person and reads the answer.
    pub async fn send(&self, site: &Site, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let request = site.client.request(method.parse().expect("a method"), site.url(path));
        read(request.bearer_auth(&self.token).json(body)).await
    }

    pub async fn json(&self, site: &Site, path: &str) -> (u16, Value) {
        read(site.client.get(site.url(path)).bearer_auth(&self.token)).await
    }
}

/// Has people log in with a password.
pub fn with_login(config: &mut Config) {
    config.auth.mode = AuthMode::Password;
    config.auth.secret_key = Some("0123456789abcdef0123456789abcdef".into());
}

/// Pages and API, and what they stand on.
pub struct Site {
    pub workshop: Workshop,
    pub app: App,
    pub address: SocketAddr,
    pub client: Client,
    shutdown: Shutdown,
}

impl Site {
    /// Without a worker: jobs stay in the queue.
    pub async fn new() -> Self {
        Self::start(false, |_| ()).await
    }

    /// With a worker for everything.
    pub async fn working() -> Self {
        Self::start(true, |_| ()).await
    }

    /// Without a worker, with settings of the test's own.
    pub async fn set(settings: impl FnOnce(&mut Config)) -> Self {
        Self::start(false, settings).await
    }

    /// With a worker, and settings of the test's own.
    pub async fn working_with(settings: impl FnOnce(&mut Config)) -> Self {
        Self::start(true, settings).await
    }

    /// Without a worker, on a workshop that the test brings.
    pub async fn on(workshop: Workshop) -> Self {
        Self::begin(workshop, false, |_| ()).await
    }

    async fn start(working: bool, settings: impl FnOnce(&mut Config)) -> Self {
        Self::begin(Workshop::new().await, working, settings).await
    }

    async fn begin(workshop: Workshop, working: bool, settings: impl FnOnce(&mut Config)) -> Self {
        let mut config = workshop.config();
        settings(&mut config);
        let app = App::build(config).await.expect("everything is there");
        let shutdown = Shutdown::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let stop = shutdown.soft();
        tokio::spawn(reflector::web::serve(app.clone(), listener, async move { stop.cancelled().await }));
        if working {
            let (app, shutdown) = (app.clone(), shutdown.clone());
            tokio::spawn(async move { run_worker(&app, &Group::ALL, &shutdown).await });
        }
        let _already = rustls::crypto::ring::default_provider().install_default();
        let client =
            Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("an HTTP client");
        Self { workshop, app, address, client, shutdown }
    }

    /// Somebody with an account.
    pub async fn account(&self, email: &str, admin: bool) -> User {
        let hash = password::hash(PASSWORD).expect("a hash");
        let mut conn = self.workshop.conn().await;
        let made = user::create_with_password(&mut conn, email, &hash, admin, clock::now()).await;
        made.expect("an account")
    }

    /// Somebody with an account, who is logged in.
    pub async fn person(&self, email: &str, admin: bool) -> Person {
        let user = self.account(email, admin).await;
        let body = json!({ "email": email, "password": PASSWORD });
        let (status, body) = self.send("POST", "/v1/auth/login", &body).await;
        assert_eq!(status, 200, "{body}");
        Person { user, token: body["access_token"].as_str().expect("a token").to_owned() }
    }

    /// Makes a transcript somebody's, with that share mode.
    pub async fn give(&self, id: TranscriptId, mode: &str, owner: Option<UserId>) {
        let mode: ShareMode = mode.parse().expect("a share mode");
        diesel::update(transcript_table::table.find(id))
            .set((transcript_table::share_mode.eq(mode), transcript_table::user_id.eq(owner)))
            .execute(&mut self.workshop.conn().await)
            .await
            .expect("an update");
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn get(&self, path: &str) -> Response {
        self.client.get(self.url(path)).send().await.expect("an answer")
    }

    /// Status and text of a page.
    pub async fn page(&self, path: &str) -> (u16, String) {
        let response = self.get(path).await;
        (response.status().as_u16(), response.text().await.expect("its text"))
    }

    /// Status and JSON of an API call.
    pub async fn json(&self, path: &str) -> (u16, Value) {
        read(self.client.get(self.url(path))).await
    }

    /// Sends JSON and reads the answer.
    pub async fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let method = method.parse().expect("a method");
        read(self.client.request(method, self.url(path)).json(body)).await
    }

    /// Sends a page's form; the status and where it leads.
    pub async fn form(&self, path: &str, body: &str) -> (u16, String) {
        let request = self.client.post(self.url(path)).body(body.to_owned());
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let response = request.send().await.expect("an answer");
        let location = response.headers().get("location").map(|to| to.to_str().expect("text").to_owned());
        (response.status().as_u16(), location.unwrap_or_default())
    }

    /// Sends one chunk of a recording.
    pub async fn chunk(&self, id: &str, number: u32, total: u32, bytes: &[u8]) -> (u16, Value) {
        let path = format!("/v1/transcripts/{id}/record/upload?chunk_number={number}&total_chunks={total}");
        let (kind, body) = multipart(&[("chunk", Some("talk.wav"), bytes)]);
        read(self.client.post(self.url(&path)).header("content-type", kind).body(body)).await
    }

    /// A transcript with nothing in it.
    pub async fn create(&self, name: &str) -> TranscriptId {
        let mut conn = self.workshop.conn().await;
        transcript::create(&mut conn, &NewTranscript::of_file(name)).await.expect("a transcript").id
    }

    /// Lays the stages of a transcript out and does those up to `last` by hand; `last` itself is left running.
    pub async fn up_to(&self, id: TranscriptId, last: Option<Stage>) -> Option<Attempt> {
        let mut conn = self.workshop.conn().await;
        transcript::set_duration(&mut conn, id, 60_000.0).await.expect("the length is noted");
        let restart = stage::restart(&mut conn, id, Stage::Ingest, clock::now()).await;
        let run = restart.expect("a query").expect("the stages are laid out").run;
        for stage in Stage::ALL {
            let begun = stage::begin(&mut conn, id, run, *stage, "by hand", clock::now()).await;
            let Begun::Start { attempt, .. } = begun.expect("a query") else {
                panic!("{stage} does not start")
            };
            if last == Some(*stage) {
                return Some(attempt);
            }
            self.make(&attempt).await;
        }
        None
    }

    /// What a stage would make of the short talk below.
    async fn make(&self, attempt: &Attempt) {
        let mut conn = self.workshop.conn().await;
        let conn = &mut conn;
        let storage = self.app.storage();
        let transcript = attempt.transcript;
        let mut made = None;
        let method = if attempt.stage < Stage::Topics { "whisper-tiny.en" } else { "extractive" };
        if attempt.stage == Stage::Ingest {
            storage.put_bytes(&StorageKey::Mp3 { transcript }, mp3()).await.expect("stored");
            let peaks = serde_json::to_vec(&vec![0.5f32; 255]).expect("JSON");
            storage.put_bytes(&StorageKey::Peaks { transcript }, peaks).await.expect("stored");
        } else {
            let output =
                output::open(conn, attempt, method, Some("en")).await.expect("a query").expect("current");
            made = Some(output);
            match attempt.stage {
                Stage::Transcribe => segment::append(conn, output, &talk(false)).await.expect("segments"),
                Stage::Assemble => segment::append(conn, output, &talk(true)).await.expect("segments"),
                Stage::Topics => understanding::store_topics(conn, output, &topics()).await.expect("topics"),
                Stage::Title => {
                    understanding::store_title(conn, output, "Budget talks").await.expect("a title")
                }
                Stage::Summarize => {
                    understanding::store_sentences(conn, output, &sentences()).await.expect("sentences");
                    understanding::store_actions(conn, output, &actions()).await.expect("actions");
                }
                _ => {}
            }
        }
        let finished = stage::finish(conn, attempt, made, clock::now()).await.expect("a query");
        assert!(matches!(finished, Finished::Done { .. }), "{finished:?}");
    }

    /// A finished transcript of a short talk.
    pub async fn finished(&self, name: &str) -> TranscriptId {
        let id = self.create(name).await;
        let mut conn = self.workshop.conn().await;
        // The talk has a recording, as any talk that was processed has.
        let recording =
            reflector::model::recording::begin(&mut conn, id, "talk.wav", "audio/wav", 1).await.expect("one");
        reflector::model::recording::record_part(
            &mut conn,
            recording.id,
            0,
            4,
            &"0".repeat(64),
            clock::now(),
        )
        .await
        .expect("a part");
        reflector::model::recording::complete(&mut conn, recording.id, clock::now()).await.expect("complete");
        drop(conn);
        self.up_to(id, None).await;
        id
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.shutdown.stop();
    }
}

async fn read(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let text = response.text().await.expect("its text");
    (status, serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {status} {text}")))
}

/// A form with files and texts: content type and body.
pub fn multipart(fields: &[(&str, Option<&str>, &[u8])]) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    for (name, file, bytes) in fields {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        body.extend(format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes());
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--XX--\r\n");
    ("multipart/form-data; boundary=XX".into(), body)
}

/// A thousand different bytes in the place of sound.
pub fn mp3() -> Vec<u8> {
    (0..1000u32).map(|n| (n % 251) as u8).collect()
}

/// Three sentences by two people, told apart or not.
pub fn talk(speakers: bool) -> Vec<Segment> {
    let said =
        [(0, " Good morning, let us begin."), (1, " We should <cut> the budget."), (0, " Agreed & noted.")];
    (0..)
        .zip(said)
        .map(|(idx, (speaker, text))| {
            let start = f64::from(idx) * 20.0;
            let words = text.split_inclusive(' ').filter(|word| !word.trim().is_empty());
            let words = (0..).zip(words).map(|(n, word)| Word {
                text: format!(" {}", word.trim()),
                start: start + f64::from(n),
                end: start + f64::from(n) + 0.9,
                probability: 0.9,
            });
            let words = words.collect();
            Segment {
                idx,
                start,
                end: start + 6.0,
                speaker: speakers.then_some(speaker),
                text: text.into(),
                words,
                channel: 0,
            }
        })
        .collect()
}

fn topics() -> Vec<Topic> {
    let topic = |title: &str, start, end| Topic {
        id: TopicId::new(),
        start,
        end,
        title: title.into(),
        summary: format!("About {title}."),
    };
    vec![topic("Opening", 0.0, 20.0), topic("The budget", 20.0, 60.0)]
}

fn sentences() -> Vec<SummarySentence> {
    let sentence = |kind, heading: Option<&str>, text: &str| SummarySentence {
        kind,
        heading: heading.map(Into::into),
        text: text.into(),
        start: 20.0,
        end: 26.0,
    };
    vec![
        sentence(SummaryKind::Short, None, "They cut the budget."),
        sentence(SummaryKind::Long, Some("The budget"), "It was cut in the end."),
    ]
}

fn actions() -> Vec<ActionItem> {
    let item = |kind, text: &str| ActionItem {
        id: ActionItemId::new(),
        kind,
        text: text.into(),
        assignee: Some("Speaker 2".into()),
        deadline: None,
        context: None,
        start: 40.0,
        end: 42.0,
    };
    vec![item(ActionKind::Decision, "The budget is cut."), item(ActionKind::NextStep, "Write it down.")]
}
