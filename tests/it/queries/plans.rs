//! How PostgreSQL goes about what is asked of it: among many rows, indexes find the few that are wanted. What it really does is looked at,
//! as its own module `auto_explain` writes it into the server's log, of every statement of every request.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use chrono::{SecondsFormat, TimeDelta};
use diesel::sql_types::{Integer, Text};
use diesel::{QueryableByName, sql_query};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use reflector::clock;
use reflector::ids::{ApiKeyId, RecordingId, SessionId, TranscriptId, UserId};
use reflector::model::recording::open;
use reflector::model::retention::{self, Limits};
use reflector::model::stage::Stage;
use reflector::model::{again, api_key, audit, idempotency, quote, session, sweep, transcript};
use reflector::queue::{self, StageJob};
use uuid::Uuid;

use crate::support::site::{Person, Site, with_login};

/// Tables that grow with use, all of them filled.
const LARGE: [&str; 22] = [
    "action_item",
    "again",
    "audit",
    "edit",
    "headline",
    "idempotency_key",
    "output",
    "participant",
    "quote",
    "recording",
    "room",
    "segment",
    "sending",
    "session",
    "stage_run",
    "stage_state",
    "summary_sentence",
    "topic",
    "transcript",
    "upload_part",
    "user_api_key",
    "webhook_delivery",
];
/// Rows that a step may read for nothing.
const FOR_NOTHING: u64 = 500;

/// The id that `rows.sql` gives the nth of a kind.
fn id(kind: u32, n: u64) -> Uuid {
    format!("{kind:08x}-0000-4000-8000-{n:012x}").parse().expect("an id")
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Session {
    #[diesel(sql_type = Integer)]
    pid: i32,
}

/// A site with many rows whose plans are read.
struct Plans<'s> {
    site: &'s Site,
    conn: AsyncPgConnection,
    log: PathBuf,
    /// Bytes of the log that were read.
    read: u64,
    /// What was not as it should be.
    wrong: Vec<String>,
}

impl<'s> Plans<'s> {
    async fn of(site: &'s Site, ada: &Person) -> Self {
        let mut conn = AsyncPgConnection::establish(&site.workshop.url).await.expect("a connection");
        let rows = include_str!("rows.sql").replace("ADA", &ada.user.id.to_string());
        conn.batch_execute(&rows).await.expect("rows");
        for n in 1..=20 {
            let job = StageJob::new(TranscriptId(id(3, n)), 1, Stage::Deliver);
            queue::enqueue(&mut conn, &job).await.expect("a job");
        }
        // Sessions that begin from here on tell their plans, and what came of them; pages cost what they cost in memory.
        let name: Name =
            sql_query("SELECT current_database()::text AS name").get_result(&mut conn).await.unwrap();
        let settings = [
            ("session_preload_libraries", "auto_explain"),
            ("auto_explain.log_min_duration", "0"),
            ("auto_explain.log_analyze", "on"),
            ("auto_explain.log_timing", "off"),
            ("auto_explain.log_nested_statements", "on"),
            ("random_page_cost", "1.1"),
        ];
        conn.batch_execute("LOAD 'auto_explain'").await.expect("PostgreSQL's own additional modules");
        for (setting, value) in settings {
            let set = format!("ALTER DATABASE \"{}\" SET {setting} = '{value}'", name.name);
            conn.batch_execute(&set).await.expect(setting);
        }
        let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                      WHERE datname = current_database() AND pid <> pg_backend_pid()";
        conn.batch_execute(others).await.expect("they begin anew");
        let folder: Name = sql_query("SELECT current_setting('data_directory') AS name")
            .get_result(&mut conn)
            .await
            .unwrap();
        let log = Path::new(&folder.name).with_file_name("postgres.log");
        let read = std::fs::metadata(&log).expect("the server's log").len();
        Self { site, conn, log, read, wrong: Vec::new() }
    }

    /// Plans of this site's sessions since the last time, each with its query.
    async fn told(&mut self) -> Vec<String> {
        let sessions: Vec<Session> =
            sql_query("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
                .load(&mut self.conn)
                .await
                .unwrap();
        let ours: Vec<String> = sessions.iter().map(|session| format!("[{}]", session.pid)).collect();
        let mut file = std::fs::File::open(&self.log).expect("the server's log");
        file.seek(SeekFrom::Start(self.read)).unwrap();
        let mut bytes = Vec::new();
        self.read += file.read_to_end(&mut bytes).unwrap() as u64;
        let mut plans: Vec<String> = Vec::new();
        let mut open = false;
        for line in String::from_utf8_lossy(&bytes).lines() {
            // What goes on from the line before begins with a tab.
            match line.strip_prefix('\t') {
                Some(more) if open => plans.last_mut().expect("it is open").extend([more, "\n"]),
                Some(_) => {}
                None => {
                    open = line.trim_end().ends_with("plan:")
                        && ours.iter().any(|pid| line.contains(pid.as_str()));
                    if open {
                        plans.push(String::new());
                    }
                }
            }
        }
        plans
    }

    /// Looks at what was done for `what`: with these indexes, and without reading a large table from end to end (but for `whole`, where all
    /// of it is asked for).
    async fn judge(&mut self, what: &str, indexes: &[&str], whole: &[&str]) {
        let plans = self.told().await;
        let mut wrong = |why: String, plan: &str| self.wrong.push(format!("{what}: {why}\n{plan}"));
        if plans.is_empty() {
            wrong("no plan was told".into(), "");
        }
        for plan in &plans {
            for (at, found) in plan.match_indices("Seq Scan on ") {
                let table = plan[at + found.len()..].split_whitespace().next().unwrap_or_default();
                if LARGE.contains(&table) && !whole.contains(&table) {
                    wrong(format!("reads all of {table}"), plan);
                }
            }
            for (at, found) in plan.match_indices("Rows Removed by Filter: ") {
                let rows = plan[at + found.len()..].split_whitespace().next().unwrap_or_default();
                if whole.is_empty() && rows.parse::<u64>().expect("a number") > FOR_NOTHING {
                    wrong(format!("reads {rows} rows for nothing"), plan);
                }
            }
        }
        for index in indexes {
            let used = plans.iter().any(|plan| plan.contains(&format!(" {index} ")));
            if !used {
                wrong(format!("does not use {index}"), &plans.join("\n"));
            }
        }
    }

    /// Sends a GET and looks at what it cost.
    async fn get(&mut self, who: Option<&Person>, path: &str, indexes: &[&str]) {
        self.get_whole(who, path, indexes, &[]).await;
    }

    async fn get_whole(&mut self, who: Option<&Person>, path: &str, indexes: &[&str], whole: &[&str]) {
        let mut request = self.site.client.get(self.site.url(path));
        if let Some(person) = who {
            request = request.bearer_auth(&person.token);
        }
        let response = request.send().await.expect("an answer");
        let (status, text) = (response.status(), response.text().await.expect("its text"));
        assert_eq!(status, 200, "{path}: {text}");
        let whose = who.map_or("visitor", |person| person.user.email.as_deref().unwrap_or_default());
        self.judge(&format!("{path} ({whose})"), indexes, whole).await;
    }
}

/// Every list of transcripts and rooms, by filter and by order.
async fn lists(plans: &mut Plans<'_>, ada: &Person, root: &Person) {
    let theirs = ["transcript_owner", "transcript_room"];
    let (ada, root) = (Some(ada), Some(root));
    let room = id(2, 2000);
    for query in [
        "",
        "?page=2&size=5",
        "?sort_by=oldest",
        "?sort_by=longest",
        "?sort_by=shortest",
        "?sort_by=title",
        "?source_kind=file",
        "?status=error",
        "?search_term=talk",
    ] {
        plans.get(ada, &format!("/v1/transcripts{query}"), &theirs).await;
    }
    plans.get(ada, "/v1/transcripts?sort_by=change_seq&change_seq_from=0", &[]).await;
    plans.get(ada, &format!("/v1/transcripts?room_id={room}"), &["transcript_room"]).await;
    plans.get(root, "/v1/transcripts", &theirs).await;
    plans.get(None, "/v1/transcripts", &["transcript_owner", "transcript_public"]).await;
    let today = clock::now().date_naive();
    for query in [
        String::new(),
        "?sort=oldest".into(),
        "?sort=longest".into(),
        "?sort=shortest".into(),
        "?sort=title".into(),
        "?status=error".into(),
        "?source=file".into(),
        "?speaker=Person".into(),
        format!("?from=2020-01-01&to={today}"),
    ] {
        plans.get(ada, &format!("/transcripts{query}"), &theirs).await;
    }
    plans.get(ada, "/transcripts?language=en", &[]).await;
    plans.get(ada, "/transcripts?trash=1", &["transcript_owner"]).await;
    plans.get(ada, "/v1/transcripts/search?q=&include_deleted=true", &["transcript_owner"]).await;
    plans.get(ada, &format!("/transcripts?room={room}"), &["transcript_room"]).await;
    plans.get(ada, "/", &["transcript_owner", "recording_pending"]).await;
    for path in ["/v1/rooms", "/rooms"] {
        plans.get(ada, path, &["room_owner", "room_shared"]).await;
    }
    plans.get(ada, &format!("/rooms/{room}"), &["webhook_delivery_newest"]).await;
    let deliveries = format!("/v1/rooms/{room}/webhook/deliveries");
    plans.get(ada, &deliveries, &["webhook_delivery_newest"]).await;
}

/// One transcript: by the API, and its pages.
async fn transcripts(plans: &mut Plans<'_>, ada: &Person) {
    let shown = [
        "transcript_pkey",
        "stage_state_pkey",
        "output_pkey",
        "edit_pkey",
        "participant_speaker",
        "topic_output_id_idx_key",
        "headline_pkey",
        "summary_sentence_pkey",
        "action_item_output_id_kind_idx_key",
    ];
    let with_text = [&shown[..], &["segment_pkey"]].concat();
    let (one, topic) = (id(3, 2000), id(8, 4000));
    for path in ["", "?transcript_format=json", "/topics", "/topics/with-words", "/download/docx"] {
        plans.get(Some(ada), &format!("/v1/transcripts/{one}{path}"), &with_text).await;
    }
    let by_speaker = format!("/v1/transcripts/{one}/topics/{topic}/words-per-speaker");
    plans.get(Some(ada), &by_speaker, &with_text).await;
    for path in ["", "/parts", "/text"] {
        plans.get(Some(ada), &format!("/transcripts/{one}{path}"), &with_text).await;
    }
    for (path, index) in [
        ("participants", "participant_speaker"),
        ("segments", "segment_pkey"),
        ("edits", "edit_pkey"),
        ("versions", "output_transcript_id_stage_version_key"),
        ("quotes", "quote_newest"),
        ("sendings", "sending_newest"),
    ] {
        plans.get(Some(ada), &format!("/v1/transcripts/{one}/{path}"), &["transcript_pkey", index]).await;
    }
    for path in ["speakers", "share", "send"] {
        plans.get(Some(ada), &format!("/transcripts/{one}/{path}"), &["transcript_pkey"]).await;
    }
}

/// The log and the queue, for an owner and for those who look after all of it.
async fn log_and_queue(plans: &mut Plans<'_>, ada: &Person, root: &Person) {
    let ago =
        |minutes| (clock::now() - TimeDelta::minutes(minutes)).to_rfc3339_opts(SecondsFormat::Secs, true);
    let (ada, root) = (Some(ada), Some(root));
    plans.get(ada, "/v1/audit", &["transcript_owner", "audit_of_transcript", "audit_of_room"]).await;
    plans.get(ada, "/v1/audit?action=view", &["audit_of_transcript"]).await;
    for (query, index) in [
        (format!("transcript_id={}", id(3, 5)), "audit_of_transcript"),
        (format!("room_id={}", id(2, 5)), "audit_of_room"),
        (format!("from={}&to={}", ago(300), ago(200)), "audit_at"),
        ("action=share".into(), "audit_of_action"),
    ] {
        plans.get(root, &format!("/v1/audit?{query}"), &[index]).await;
    }
    // How many entries there are is counted by looking at each.
    plans.get_whole(root, "/v1/audit", &["audit_at"], &["audit"]).await;
    plans.get_whole(root, "/admin/audit", &["audit_at"], &["audit"]).await;
    plans.get(root, "/queue", &["stage_run_history", "stage_state_pkey"]).await;
    plans.get(ada, "/queue", &["stage_run_history"]).await;
    plans.get(root, "/admin/jobs", &["stage_state_failed"]).await;
    plans.get(root, "/metrics", &["stage_state_failed"]).await;
}

/// What goes in time, and what the sweep asks.
async fn in_time(plans: &mut Plans<'_>) {
    let (now, ago) = (clock::now(), |minutes| clock::now() - TimeDelta::minutes(minutes));
    let limits = Limits { ownerless: Some(ago(100)), trash: Some(ago(60 * 24 * 30)) };
    let mut conn = plans.site.app.pool().get().await.expect("a connection");
    let due = retention::expired(&mut conn, limits, 100).await.unwrap();
    assert_eq!(due.len(), 49);
    plans.judge("what is due", &["transcript_owner", "transcript_trash"], &[]).await;
    retention::count(&mut conn, limits).await.unwrap();
    plans.judge("how much is due", &["transcript_owner", "transcript_trash"], &[]).await;
    // Everything that hangs on a transcript goes with it, by what refers to it.
    let gone = retention::remove(&mut conn, limits, audit::Action::Expire, TranscriptId(id(3, 451)));
    assert_eq!(gone.await.unwrap(), Some(vec![RecordingId(id(11, 451))]));
    let hanging =
        ["segment_pkey", "output_transcript_id_stage_version_key", "quote_newest", "sending_newest"];
    plans.judge("one goes", &hanging, &[]).await;
    transcript::deleted_at(&mut conn, ago(7)).await.unwrap();
    plans.judge("what went at once", &["transcript_trash"], &[]).await;
    audit::forget(&mut conn, ago(60 * 24 * 365)).await.unwrap();
    plans.judge("old entries", &["audit_at"], &[]).await;
    quote::forget(&mut conn, now).await.unwrap();
    plans.judge("quotes that have ended", &["quote_expires"], &[]).await;
    sweep::abandoned_recordings(&mut conn, ago(60 * 24)).await.unwrap();
    plans.judge("uploads that were given up", &["recording_pending"], &[]).await;
    open::silent(&mut conn, ago(60 * 6)).await.unwrap();
    plans.judge("recordings that nobody finished", &["recording_pending"], &[]).await;
    let recordings: Vec<RecordingId> = (1..=20).map(|n| RecordingId(id(11, n))).collect();
    sweep::unnamed_recordings(&mut conn, &recordings).await.unwrap();
    plans.judge("objects of recordings", &["recording_pkey"], &[]).await;
    let transcripts: Vec<TranscriptId> = (1..=20).map(|n| TranscriptId(id(3, n))).collect();
    sweep::unnamed_transcripts(&mut conn, &transcripts).await.unwrap();
    plans.judge("objects of transcripts", &["transcript_pkey"], &[]).await;
    again::failed(&mut conn, ago(60 * 24), now).await.unwrap();
    plans.judge("what failed and is tried again", &["stage_state_failed"], &[]).await;
    assert_eq!(again::tried(&mut conn, &transcripts).await.unwrap().len(), 20);
    plans.judge("how often these were tried", &["again_pkey"], &[]).await;
}

/// Who asks, by a browser's cookie or a key, and whether they asked before.
async fn at_the_door(plans: &mut Plans<'_>, ada: &Person) {
    let now = clock::now();
    let mut conn = plans.site.app.pool().get().await.expect("a connection");
    let found = session::find(&mut conn, "hash 4000", now).await.unwrap();
    assert_eq!(found.map(|(session, user)| (session.id.0, user.id)), Some((id(15, 4000), ada.user.id)));
    plans.judge("a session", &["session_token_hash_key", "app_user_pkey", "session_pkey"], &[]).await;
    assert!(session::holds(&mut conn, SessionId(id(15, 7)), now).await.unwrap());
    plans.judge("a session still", &["session_pkey"], &[]).await;
    let one = UserId(id(1, 7));
    assert_eq!(session::list(&mut conn, one, now).await.unwrap().len(), 3);
    plans.judge("somebody's sessions", &["session_of_user"], &[]).await;
    assert_eq!(session::end_others(&mut conn, one, Some(SessionId(id(15, 7)))).await.unwrap(), 2);
    plans.judge("sessions that are ended", &["session_of_user"], &[]).await;
    let found = api_key::find(&mut conn, "hash 2000", now).await.unwrap();
    assert_eq!(found.map(|(key, user)| (key.id.0, user.id)), Some((id(16, 2000), ada.user.id)));
    let of_key = ["user_api_key_key_hash_key", "app_user_pkey", "user_api_key_pkey"];
    plans.judge("a key", &of_key, &[]).await;
    assert!(api_key::holds(&mut conn, ApiKeyId(id(16, 7)), now).await.unwrap());
    plans.judge("a key still", &["user_api_key_pkey"], &[]).await;
    let (new, asker, body) = ("f".repeat(64), format!("{:064x}", 7), "0".repeat(64));
    let claim = idempotency::claim(&mut conn, &new, &asker, &body).await.unwrap();
    assert_eq!(claim, idempotency::Claim::New);
    plans.judge("a request that is new", &["idempotency_key_asker"], &[]).await;
    let claim = idempotency::claim(&mut conn, &format!("{:064x}", 7), &asker, &body).await.unwrap();
    assert!(matches!(claim, idempotency::Claim::Done(_)), "{claim:?}");
    plans.judge("a request that came again", &["idempotency_key_pkey"], &[]).await;
    idempotency::release(&mut conn, &new).await.unwrap();
    plans.judge("a request that was not done", &["idempotency_key_pkey"], &[]).await;
    assert_eq!(idempotency::forget(&mut conn, now - TimeDelta::hours(24)).await.unwrap(), 0);
    plans.judge("old requests", &["idempotency_key_age"], &[]).await;
    drop(conn);
    plans.get(Some(ada), "/settings", &["session_of_user", "user_api_key_user"]).await;
    plans.get(Some(ada), "/v1/user/api-keys", &["user_api_key_user"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn among_many_rows_lists_transcripts_log_queue_and_sweep_find_theirs_by_index() {
    let site = Site::set(|config| {
        with_login(config);
        config.auth.public_mode = true;
    })
    .await;
    let (ada, root) =
        (site.person("ada@example.org", false).await, site.person("root@example.org", true).await);
    let mut plans = Plans::of(&site, &ada).await;
    lists(&mut plans, &ada, &root).await;
    transcripts(&mut plans, &ada).await;
    log_and_queue(&mut plans, &ada, &root).await;
    at_the_door(&mut plans, &ada).await;
    in_time(&mut plans).await;
    assert!(plans.wrong.is_empty(), "{}", plans.wrong.join("\n\n"));

    // The judge is judged: a query that reads all of a table, for one row, by no index.
    let mut conn = site.app.pool().get().await.expect("a connection");
    conn.batch_execute("SELECT 1 FROM transcript WHERE name = 'Talk 7'").await.unwrap();
    plans.judge("control", &["transcript_owner"], &[]).await;
    let told = ["reads all of transcript", "rows for nothing", "does not use transcript_owner"];
    assert!(plans.wrong.len() == 3 && told.iter().zip(&plans.wrong).all(|(why, wrong)| wrong.contains(why)));
}
