//! A workshop: a database, a store and workers on them, for tests of the whole way of a recording.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use diesel_async::AsyncConnection;
use reflector::clock;
use reflector::config::{Config, StorageConfig, cache_dir};
use reflector::db::{Connection, Pool};
use reflector::ids::TranscriptId;
use reflector::jobs;
use reflector::model::recording;
use reflector::model::stage::{self, Stage, StageState, StageStatus};
use reflector::model::transcript::{self, NewTranscript, Status, Transcript};
use reflector::storage::{Storage, StorageKey};

use super::postgres::{self, TestDatabase};

/// How long anything may take before a test gives up: far more than it ever does.
const PATIENCE: Duration = Duration::from_secs(180);

/// A place to work in.
pub struct Workshop {
    pub url: String,
    pub pool: Pool,
    pub storage: PathBuf,
    _database: Option<TestDatabase>,
    dir: tempfile::TempDir,
}

impl Workshop {
    /// With a database of its own on the tests' server.
    pub async fn new() -> Self {
        let database = postgres::fresh().await;
        let url = database.url.clone();
        Self::at(&url, Some(database))
    }

    /// On a database that the test brings.
    pub fn on(url: &str) -> Self {
        Self::at(url, None)
    }

    fn at(url: &str, database: Option<TestDatabase>) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let pool = Pool::new(url, 4).expect("a pool");
        let storage = dir.path().join("objects");
        Self { url: url.to_owned(), pool, storage, _database: database, dir }
    }

    /// Keeps objects elsewhere.
    pub fn storing_in(mut self, dir: &Path) -> Self {
        self.storage = dir.to_owned();
        self
    }

    pub async fn conn(&self) -> Connection {
        self.pool.get().await.expect("a connection")
    }

    /// Settings as a worker has them: the smallest model, a quick eye for the dead.
    pub fn config(&self) -> Config {
        let mut config = Config::default();
        config.database.url.clone_from(&self.url);
        config.storage = StorageConfig {
            dir: self.storage.clone(),
            scratch: Some(self.dir.path().join("scratch")),
            s3: None,
        };
        config.speech.model = "whisper-tiny.en".into();
        config.speech.beam = 1;
        config.work.heartbeat_seconds = 1;
        config.work.dead_after_seconds = 2;
        config
    }

    /// A worker process of its own, to be killed. Its log is in `log()`.
    pub fn worker(&self) -> Worker {
        self.worker_with(&[])
    }

    /// One with more in its environment.
    pub fn worker_with(&self, more: &[(&str, &str)]) -> Worker {
        let config = self.config();
        let log =
            std::fs::File::options().create(true).append(true).open(self.log_path()).expect("a log file");
        let child = Command::new(env!("CARGO_BIN_EXE_reflector"))
            .arg("work")
            .current_dir(self.dir.path())
            .env("REFLECTOR_DATABASE__URL", &self.url)
            .env("REFLECTOR_STORAGE__DIR", &config.storage.dir)
            .env("REFLECTOR_STORAGE__SCRATCH", self.dir.path().join("scratch"))
            .env("REFLECTOR_MODELS__DIR", &config.models.dir)
            .env("REFLECTOR_SPEECH__MODEL", &config.speech.model)
            .env("REFLECTOR_SPEECH__BEAM", "1")
            .env("REFLECTOR_WORK__HEARTBEAT_SECONDS", "1")
            .env("REFLECTOR_WORK__DEAD_AFTER_SECONDS", "2")
            .envs(more.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the worker starts");
        Worker(child)
    }

    fn log_path(&self) -> PathBuf {
        self.dir.path().join("worker.log")
    }

    /// What the workers logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// Uploads a file as the pages do, in two parts where it has two bytes, and starts the work.
    pub async fn upload(&self, media: &Path) -> TranscriptId {
        let bytes = std::fs::read(media).expect("the file to upload");
        let storage = Storage::local(&self.storage).expect("the store");
        let parts: Vec<Vec<u8>> = match bytes.len() {
            0 | 1 => vec![bytes],
            len => vec![bytes[..len / 2].to_vec(), bytes[len / 2..].to_vec()],
        };
        let mut conn = self.conn().await;
        let name = media.file_name().expect("a name").to_string_lossy().into_owned();
        let new = NewTranscript::of_file(&name);
        let id = transcript::create(&mut conn, &new).await.expect("a transcript").id;
        let total = i32::try_from(parts.len()).expect("few parts");
        let recording =
            recording::begin(&mut conn, id, &name, "audio/wav", total).await.expect("a recording").id;
        for (part, bytes) in (0..).zip(parts) {
            let size = i64::try_from(bytes.len()).expect("a size");
            let key = StorageKey::UploadPart { recording, part };
            storage.put_bytes(&key, bytes).await.expect("a part is stored");
            let part = i32::try_from(part).expect("few parts");
            recording::record_part(&mut conn, recording, part, size, &"0".repeat(64), clock::now())
                .await
                .expect("a part is noted");
        }
        let plain: &mut diesel_async::AsyncPgConnection = &mut conn;
        plain
            .transaction(async |conn| {
                recording::complete(conn, recording, clock::now()).await?;
                jobs::start(conn, id).await
            })
            .await
            .expect("the work starts")
            .expect("the stages are laid out");
        id
    }

    /// A transcript whose first stage has failed for good, and another one that waits for a worker.
    pub async fn transcript_that_failed(&self) -> TranscriptId {
        reflector::queue::init(&self.url).await.expect("the queue's tables");
        let id = self.upload(&two_people()).await;
        self.upload(&two_people()).await;
        let mut conn = self.conn().await;
        let begun = stage::begin(&mut conn, id, 1, Stage::Ingest, "by hand", clock::now()).await;
        let stage::Begun::Start { attempt, .. } = begun.expect("a query") else {
            panic!("it does not start")
        };
        stage::fail(&mut conn, &attempt, "The file ends in the middle.", clock::now())
            .await
            .expect("it fails");
        id
    }

    /// Starts again, in a transaction of its own.
    pub async fn reprocess(&self, id: TranscriptId, from: Option<Stage>) {
        let mut conn = self.conn().await;
        let plain: &mut diesel_async::AsyncPgConnection = &mut conn;
        plain
            .transaction(async |conn| jobs::reprocess(conn, id, from).await)
            .await
            .expect("it starts again")
            .expect("there is something to start");
    }

    pub async fn transcript(&self, id: TranscriptId) -> Transcript {
        transcript::get(&*self.conn().await, id).await.expect("a query").expect("the transcript")
    }

    pub async fn stages(&self, id: TranscriptId) -> Vec<StageState> {
        stage::list(&*self.conn().await, id).await.expect("the stages")
    }

    pub async fn stage(&self, id: TranscriptId, stage: Stage) -> StageState {
        self.stages(id).await.into_iter().find(|state| state.stage == stage).expect("the stage")
    }

    /// Waits until the stages are as wanted.
    pub async fn until(&self, id: TranscriptId, what: &str, wanted: impl Fn(&[StageState]) -> bool) {
        let start = Instant::now();
        loop {
            // The database may be away: some tests are about that.
            if let Ok(conn) = self.pool.get().await
                && let Ok(states) = stage::list(&conn, id).await
            {
                if wanted(&states) {
                    return;
                }
                if start.elapsed() > PATIENCE {
                    let shown: Vec<_> =
                        states.iter().map(|one| (one.stage, one.status, &one.error)).collect();
                    panic!("waited in vain until {what}: {shown:?}\n{}", self.log());
                }
            }
            assert!(start.elapsed() < 2 * PATIENCE, "the database did not come back\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub async fn until_stage(&self, id: TranscriptId, stage: Stage, status: StageStatus) {
        self.until(id, &format!("{stage} is {status}"), |states| {
            states.iter().any(|state| state.stage == stage && state.status == status)
        })
        .await;
    }

    /// Waits for the end, good or bad.
    pub async fn until_over(&self, id: TranscriptId) -> Transcript {
        self.until(id, "all is over", |states| {
            let failed = states.iter().any(|state| state.status == StageStatus::Failed);
            let moving =
                states.iter().any(|state| matches!(state.status, StageStatus::Queued | StageStatus::Running));
            states.iter().all(|state| state.status == StageStatus::Done) || (failed && !moving)
        })
        .await;
        self.transcript(id).await
    }

    /// Waits until everything is done, and says why when it is not.
    pub async fn until_ended(&self, id: TranscriptId) {
        let over = self.until_over(id).await;
        if over.status != Status::Ended {
            let shown: Vec<_> =
                self.stages(id).await.into_iter().map(|one| (one.stage, one.status, one.error)).collect();
            panic!("it ended as {}: {shown:?}\n{}", over.status, self.log());
        }
    }
}

/// A worker process; killed with this.
pub struct Worker(Child);

impl Worker {
    /// As the kernel does when memory runs out: no goodbye.
    pub fn kill(mut self) {
        self.0.kill().expect("the worker is killed");
        self.0.wait().expect("the worker is gone");
    }

    /// Asks it to end, and waits; its exit status.
    pub fn stop(mut self) -> std::process::ExitStatus {
        // SAFETY: a signal to a child that has not been waited for.
        unsafe { libc::kill(i32::try_from(self.0.id()).expect("a process id"), libc::SIGTERM) };
        self.0.wait().expect("the worker ends")
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

/// Half a minute of two people, with the words and turns known (pyannote's sample).
pub fn two_people() -> PathBuf {
    let path = cache_dir().join("samples/public/sample.wav");
    assert!(path.is_file(), "the sample recording {} is missing; `make setup` fetches it", path.display());
    path
}
