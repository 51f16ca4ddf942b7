//! Whom the program trusts: real servers behind private authorities, reached by our own clients. docs/TLS.md tells the
//! four situations as an operator meets them.

mod servers;

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use diesel::sql_types::{BigInt, Bool};
use diesel_async::RunQueryDsl;
use reflector::config::cache_dir;
use reflector::db::{Address, Pool};
use reflector::ids::TranscriptId;
use reflector::llm::{LlmSettings, Meeting, Topic, Understanding, Utterance};
use reflector::model::Stage;
use reflector::queue::{
    self, Attempt, DeliveryJob, Group, Handler, Queue, Retry, SendingJob, StageJob, WorkerSettings,
};
use reflector::tls::Trust;
use serde_json::json;

use crate::support::certs::{Caddy, Foreign, Workbench, openssl};
use crate::support::garage::Garage;
use crate::support::llm_server::{Reply, ScriptedServer};
use crate::support::site::Site;
use servers::{Postgres, Redis};

fn trusting(paths: &[&str]) -> Trust {
    let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    Trust::load(&paths).unwrap_or_else(|error| panic!("{error}"))
}

/// An authority with a pair for localhost.
fn house() -> Workbench {
    let bench = Workbench::with_authority();
    bench.certs(&["issue", "reflector.test", "--san", "DNS:gpu.local"]);
    bench
}

async fn llm() -> ScriptedServer {
    ScriptedServer::start(|_, _| Reply::Text(json!({"title": "Weekly budget"}).to_string())).await
}

fn port(server: &ScriptedServer) -> u16 {
    server.url.rsplit(':').next().and_then(|rest| rest.split('/').next()).unwrap().parse().unwrap()
}

/// Asks the language model behind `port` for a title.
async fn title(port: u16, trust: &Trust) -> Result<String, String> {
    let settings = LlmSettings {
        url: Some(format!("https://localhost:{port}/v1")),
        model: Some("scripted".into()),
        backoff: Duration::from_millis(1),
        trust: trust.clone(),
        ..LlmSettings::default()
    };
    let words = "We talked about the budget of the next year and who pays for it.";
    let utterance =
        Utterance { speaker: "A".into(), start: 0.0, end: 9.0, text: words.into(), words: vec![] };
    let meeting = Meeting { language: "en".into(), duration: 9.0, utterances: vec![utterance] };
    let understanding = Understanding::from_settings(settings).unwrap();
    let topic = Topic { title: "Budget".into(), summary: "Who pays.".into(), start: 0.0, end: 9.0 };
    understanding.title(&meeting, &[topic]).await.map_err(|error| error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn first_situation_the_pages_under_an_authority_of_the_house() {
    let (bench, site) = (house(), Site::new().await);
    let caddy = Caddy::before(&bench, "certs", site.address.port());
    let client = trusting(&[&bench.path("certs")]).http().build().unwrap();
    let page = client.get(format!("https://localhost:{}/", caddy.port)).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("Turn a recording into a transcript"));
    let error = Trust::system()
        .http()
        .build()
        .unwrap()
        .get(format!("https://localhost:{}/", caddy.port))
        .send()
        .await;
    assert!(format!("{:?}", error.unwrap_err()).contains("UnknownIssuer"));
}

#[tokio::test(flavor = "multi_thread")]
async fn second_situation_a_language_model_behind_a_corporate_authority() {
    let (foreign, bench, server) = (Foreign::new(), Workbench::new(), llm().await);
    let (cert, key) = foreign.server("localhost", 300);
    bench.certs(&["import", &cert, &foreign.path("inter.crt"), "--key", &key]);
    let caddy = Caddy::before(&bench, "certs", port(&server));
    let trust = trusting(&[&foreign.path("root.crt")]);
    assert_eq!(title(caddy.port, &trust).await.unwrap(), "Weekly budget");
    let why = title(caddy.port, &Trust::system()).await.unwrap_err();
    assert!(why.contains("UnknownIssuer"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn third_situation_one_authority_for_both_directions() {
    let (bench, server, site) = (house(), llm().await, Site::new().await);
    let (front, back) =
        (Caddy::before(&bench, "certs", site.address.port()), Caddy::before(&bench, "certs", port(&server)));
    let trust = trusting(&[&bench.path("certs")]);
    let client = trust.http().build().unwrap();
    assert_eq!(
        client.get(format!("https://localhost:{}/health", front.port)).send().await.unwrap().status(),
        200
    );
    // The name that the model's host was given beside the pages' own.
    let there = trust.http().resolve("gpu.local", ([127, 0, 0, 1], back.port).into()).build().unwrap();
    assert!(there.get(format!("https://gpu.local:{}/", back.port)).send().await.is_ok());
    assert_eq!(title(back.port, &trust).await.unwrap(), "Weekly budget");
}

#[tokio::test(flavor = "multi_thread")]
async fn fourth_situation_two_authorities_at_once_and_one_taken_away() {
    let (ours, theirs, server, site) = (house(), house(), llm().await, Site::new().await);
    let (front, back) =
        (Caddy::before(&ours, "certs", site.address.port()), Caddy::before(&theirs, "certs", port(&server)));
    let both = trusting(&[&ours.path("certs"), &theirs.path("certs/ca.crt")]);
    let health = |trust: &Trust| {
        let request = trust.http().build().unwrap().get(format!("https://localhost:{}/health", front.port));
        async move { request.send().await.is_ok() }
    };
    assert!(health(&both).await);
    assert_eq!(title(back.port, &both).await.unwrap(), "Weekly budget");
    // Without its entry an authority counts for nothing.
    let one = trusting(&[&ours.path("certs")]);
    assert!(health(&one).await);
    let why = title(back.port, &one).await.unwrap_err();
    assert!(why.contains("UnknownIssuer") || why.contains("BadSignature"), "{why}");
    // A folder of them is as good as two entries.
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(ours.path("certs/ca.crt"), folder.path().join("ours.crt")).unwrap();
    std::fs::copy(theirs.path("certs/ca.crt"), folder.path().join("theirs.pem")).unwrap();
    let folder = trusting(&[folder.path().to_str().unwrap()]);
    assert!(health(&folder).await && title(back.port, &folder).await.is_ok());
}

/// Keeps what it is given.
struct Seen(tokio::sync::mpsc::UnboundedSender<StageJob>);

#[async_trait::async_trait]
impl Handler for Seen {
    async fn run(&self, job: StageJob, _attempt: Attempt) -> Result<(), Retry> {
        self.0.send(job).map_err(|error| Retry(error.to_string()))
    }

    async fn deliver(&self, job: DeliveryJob, _attempt: Attempt) -> Result<(), Retry> {
        Err(Retry(format!("nobody asked for {}", job.delivery)))
    }

    async fn send(&self, job: SendingJob, _attempt: Attempt) -> Result<(), Retry> {
        Err(Retry(format!("nobody asked for {}", job.sending)))
    }
}

#[derive(diesel::QueryableByName)]
struct Secure {
    #[diesel(sql_type = Bool)]
    all: bool,
    #[diesel(sql_type = BigInt)]
    listening: i64,
}

#[tokio::test(flavor = "multi_thread")]
async fn both_pools_reach_postgresql_over_tls_and_nothing_goes_in_plain() {
    let bench = house();
    let server = Postgres::start(&bench, "certs");
    let trust = trusting(&[&bench.path("certs")]);
    let at = Address::new(&server.url("localhost", "sslmode=verify-full"), &trust);
    reflector::db::migrate::up(&at).await.unwrap();
    let queue = Queue::new(&at, 4).unwrap();
    queue.init().await.unwrap();
    let pool = Pool::new(&at, 2).unwrap();

    let (sender, mut jobs) = tokio::sync::mpsc::unbounded_channel();
    let stop = tokio_util::sync::CancellationToken::new();
    let settings = WorkerSettings {
        group: Group::Llm,
        concurrency: 1,
        heartbeat: Duration::from_secs(1),
        dead_after: Duration::from_secs(4),
        grace: Duration::from_secs(1),
        stop: stop.clone(),
    };
    let working = tokio::spawn(async move { queue.work(settings, Arc::new(Seen(sender))).await });
    let job = StageJob::new(TranscriptId::new(), 1, Stage::Title);
    queue::enqueue(&mut pool.get().await.unwrap(), &job).await.unwrap();
    let done = tokio::time::timeout(Duration::from_secs(60), jobs.recv()).await.unwrap().unwrap();
    assert_eq!(done, job);

    let question = "select bool_and(ssl) as all, count(*) filter (where query ilike 'listen%') as listening \
                    from pg_stat_ssl join pg_stat_activity using (pid) where backend_type = 'client backend'";
    let secure: Secure =
        diesel::sql_query(question).get_result(&mut *pool.get().await.unwrap()).await.unwrap();
    assert!(secure.all, "a connection is in plain");
    assert_eq!(secure.listening, 1, "the queue is told of new jobs over TLS");
    stop.cancel();
    working.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_is_believed_only_with_the_right_name_and_authority() {
    let (bench, other) = (house(), house());
    let server = Postgres::start(&bench, "certs");
    let trust = trusting(&[&bench.path("certs")]);
    let outcome = async |parameters: &str, host: &str, trust: &Trust| {
        let pool = Pool::new(Address::new(&server.url(host, parameters), trust), 1)
            .map_err(|error| error.to_string())?;
        pool.get().await.map(drop).map_err(|error| error.to_string())
    };
    for mode in ["require", "verify-ca", "verify-full"] {
        outcome(&format!("sslmode={mode}"), "localhost", &trust).await.unwrap();
        let why = outcome(&format!("sslmode={mode}"), "localhost", &Trust::system()).await.unwrap_err();
        assert!(why.contains("UnknownIssuer"), "{why}");
    }
    // A name that leads here and is not in the certificate.
    let why = outcome("sslmode=verify-full&hostaddr=127.0.0.1", "db.example", &trust).await.unwrap_err();
    assert!(why.contains("not valid for name") || why.contains("NotValidForName"), "{why}");
    // sslrootcert names the one authority that counts.
    let root = bench.path("certs/ca.crt");
    outcome(&format!("sslmode=verify-full&sslrootcert={root}"), "localhost", &Trust::system()).await.unwrap();
    let wrong = other.path("certs/ca.crt");
    let why =
        outcome(&format!("sslmode=verify-full&sslrootcert={wrong}"), "localhost", &trust).await.unwrap_err();
    assert!(why.contains("UnknownIssuer") || why.contains("BadSignature"), "{why}");
    let why = outcome("sslmode=verify-full&sslrootcert=/nowhere.crt", "localhost", &trust).await.unwrap_err();
    assert!(why.contains("sslrootcert: /nowhere.crt is not there"), "{why}");
    let why = outcome("sslmode=sometimes", "localhost", &trust).await.unwrap_err();
    assert!(why.contains("sslmode=sometimes is not known"), "{why}");
    // Without it nothing is encrypted, and this server says no.
    let why = outcome("", "localhost", &trust).await.unwrap_err();
    assert!(why.contains("pg_hba.conf") || why.contains("no encryption"), "{why}");
}

/// Runs `reflector` with every dependency behind TLS of `bench`.
struct Whole {
    bench: Workbench,
    postgres: Postgres,
    redis: Redis,
    s3: Caddy,
    llm: Caddy,
    _models: ScriptedServer,
}

impl Whole {
    async fn start() -> Self {
        let bench = house();
        let garage = Garage::shared().config();
        let behind = garage.endpoint.rsplit(':').next().unwrap().parse().unwrap();
        let server = llm().await;
        Self {
            postgres: Postgres::start(&bench, "certs"),
            redis: Redis::start(&bench, "certs"),
            s3: Caddy::before(&bench, "certs", behind),
            llm: Caddy::saying(&bench, "certs", "{}"),
            bench,
            _models: server,
        }
    }

    fn run(&self, command: &str, more: &[(&str, String)]) -> (Option<i32>, String) {
        let garage = Garage::shared().config();
        let output = Command::new(env!("CARGO_BIN_EXE_reflector"))
            .arg(command)
            .env_remove("DATABASE_URL")
            .env("REFLECTOR_DATABASE__URL", self.postgres.url("localhost", "sslmode=verify-full"))
            .env("REFLECTOR_REDIS__URL", format!("rediss://localhost:{}", self.redis.port))
            .env("REFLECTOR_STORAGE__S3__ENDPOINT", format!("https://localhost:{}", self.s3.port))
            .env("REFLECTOR_STORAGE__S3__BUCKET", garage.bucket)
            .env("REFLECTOR_STORAGE__S3__ACCESS_KEY", garage.access_key)
            .env("REFLECTOR_STORAGE__S3__SECRET_KEY", garage.secret_key)
            .env("REFLECTOR_LLM__URL", format!("https://localhost:{}/v1", self.llm.port))
            .env("REFLECTOR_LLM__MODEL", "scripted")
            .env("REFLECTOR_MODELS__DIR", cache_dir().join("models"))
            .env("REFLECTOR_SPEECH__MODEL", "whisper-tiny.en")
            .envs(more.iter().map(|(name, value)| (*name, value)))
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_client_trusts_the_settings_authorities_and_stops_when_they_are_gone() {
    let whole = Whole::start().await;
    let trusted = [("REFLECTOR_TLS__CA", whole.bench.path("certs"))];
    let (code, said) = whole.run("migrate", &trusted);
    assert_eq!(code, Some(0), "{said}");
    let (_, said) = whole.run("doctor", &trusted);
    for good in
        ["database: answers", "storage: bucket", "events: Redis answers", "language model: https://localhost"]
    {
        assert!(said.contains(&format!("ok    {good}")), "{good}: {said}");
    }
    assert!(
        said.contains("ok    certificates: CN=Reflector CA") && said.contains("3649 days left"),
        "{said}"
    );
    // Two of them, as a list.
    let other = house();
    let list = format!("[{:?}, {:?}]", other.path("certs"), whole.bench.path("certs/ca.crt"));
    let (_, said) = whole.run("doctor", &[("REFLECTOR_TLS__CA", list)]);
    assert!(!said.contains("FAIL") && said.matches("ok    certificates: CN=").count() == 2, "{said}");

    let (code, said) = whole.run("doctor", &[]);
    assert_eq!(code, Some(1));
    for bad in ["database", "storage", "events", "language model"] {
        assert!(said.contains(&format!("FAIL  {bad}:")), "{bad}: {said}");
    }
    assert!(said.contains("UnknownIssuer"), "{said}");
}

#[test]
fn models_come_from_a_hub_and_a_package_index_that_only_the_settings_trust() {
    let bench = house();
    // Answers everything with one page, a package's index: whoever gets that far has believed the certificate.
    let caddy = Caddy::saying(&bench, "certs", "<a href='/silero_vad-6.2.3-py3-none-any.whl'>6.2.3</a>");
    let pull = |source: &str, model: &str, authorities: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_reflector"))
            .args(["models", "pull", model, "--source", source])
            .env("REFLECTOR_MODELS__DIR", bench.path("models"))
            .env("REFLECTOR_TLS__CA", authorities)
            .env("HF_ENDPOINT", format!("https://localhost:{}", caddy.port))
            .env("PIP_INDEX_URL", format!("https://localhost:{}/simple", caddy.port))
            .envs([("PIP_RETRIES", "0"), ("PIP_CONFIG_FILE", "/dev/null"), ("NO_PROXY", "localhost")])
            .env_remove("PIP_EXTRA_INDEX_URL")
            .env_remove("PIP_CERT")
            .env_remove("PIP_FIND_LINKS")
            .env_remove("PIP_TRUSTED_HOST")
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let other = house();
    let why = pull("hub", "segmentation-3.0", &bench.path("certs"));
    assert!(why.contains("has sha256"), "{why}");
    let why = pull("hub", "segmentation-3.0", &other.path("certs"));
    assert!(why.contains("UnknownIssuer") || why.contains("BadSignature"), "{why}");
    // pip goes on without an index that it can't verify, and then finds nothing.
    let nothing = "No matching distribution";
    let why = pull("packages", "silero-vad", &bench.path("certs"));
    assert!(why.contains("pip download silero-vad") && !why.contains(nothing), "{why}");
    let why = pull("packages", "silero-vad", &other.path("certs"));
    assert!(why.contains(nothing), "{why}");
}

#[test]
fn the_systems_authorities_are_those_of_ssl_cert_file() {
    let bench = house();
    let caddy = Caddy::saying(&bench, "certs", "{}");
    let check = |variables: &[(&str, String)]| {
        let output = Command::new(env!("CARGO_BIN_EXE_reflector"))
            .arg("doctor")
            .env("REFLECTOR_DATABASE__URL", "postgresql://nobody@127.0.0.1:1/none")
            .env("REFLECTOR_STORAGE__DIR", bench.path("objects"))
            .env("REFLECTOR_LLM__URL", format!("https://localhost:{}/v1", caddy.port))
            .env("REFLECTOR_LLM__MODEL", "scripted")
            .envs(variables.iter().map(|(name, value)| (*name, value)))
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).contains("ok    language model")
    };
    assert!(!check(&[]));
    assert!(check(&[("SSL_CERT_FILE", bench.path("certs/ca.crt"))]));
    assert!(check(&[("REFLECTOR_TLS__CA", bench.path("certs/ca.crt"))]));
}

#[test]
fn an_authority_that_can_not_be_trusted_is_refused_at_start_with_path_and_reason() {
    let (bench, foreign) = (house(), Foreign::new());
    let (leaf, _) = foreign.server("a.example", 20);
    std::fs::write(bench.path("empty.pem"), "\n").unwrap();
    std::fs::write(bench.path("noise.pem"), "hello").unwrap();
    std::fs::create_dir(bench.path("bare")).unwrap();
    let both = [bench.read("certs/ca.crt"), bench.read("certs/ca.key")];
    std::fs::write(bench.path("both.pem"), both.concat()).unwrap();
    let der = bench.path("root.der");
    openssl(&["x509", "-in", &bench.path("certs/ca.crt"), "-outform", "DER", "-out", &der]);
    let expired = foreign.expired_root();
    for (path, reason) in [
        (bench.path("gone.pem"), "is not there"),
        (bench.path("empty.pem"), "is empty"),
        (bench.path("noise.pem"), "neither a certificate nor a key"),
        (bench.path("bare"), "without any *.pem or *.crt"),
        (bench.path("both.pem"), "holds a private key"),
        (bench.path("certs/ca.key"), "holds a private key"),
        (der, "is not PEM"),
        (leaf, "not the certificate of an authority"),
        (expired, "expired on"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_reflector"))
            .arg("serve")
            .env("REFLECTOR_TLS__CA", &path)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(&path) && said.contains(reason) && said.contains("tls.ca"), "{path}: {said}");
    }
}

#[test]
fn doctor_warns_before_an_authority_ends() {
    let bench = Workbench::new();
    bench.certs(&["init", "--name", "Short CA", "--days", "12"]);
    let output = Command::new(env!("CARGO_BIN_EXE_reflector"))
        .arg("doctor")
        .env("REFLECTOR_DATABASE__URL", "postgresql://nobody@127.0.0.1:1/none")
        .env("REFLECTOR_STORAGE__DIR", bench.path("objects"))
        .env("REFLECTOR_TLS__CA", bench.path("certs"))
        .env("REFLECTOR_TLS__SITE_CA", bench.path("certs/ca.key"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("WARN  certificates: CN=Short CA") && said.contains("11 days left"), "{said}");
    assert!(
        said.contains("FAIL  certificate for visitors: tls.site_ca:") && said.contains("holds a private key"),
        "{said}"
    );
}

#[test]
fn no_client_is_made_anywhere_but_from_the_settings_trust() {
    // What makes a connection without asking whom to trust, and the places that may. The hardening's looks at a site whatever it
    // shows, and judges it with another. What lettre calls dangerous is a transport whose TLS its caller sets, which the mailer does.
    let makers: [(&str, &[&str]); 5] = [
        ("reqwest::Client::new(", &[]),
        ("Client::builder()", &["src/tls/trust.rs", "src/ops/hardening/site.rs"]),
        ("NoTls", &["src/db/address.rs"]),
        ("load_native_certs", &["src/tls/trust.rs"]),
        ("danger", &["src/notify/mail.rs", "src/ops/certs/import.rs", "src/ops/hardening/site.rs"]),
    ];
    let root = crate::support::tree();
    let (mut folders, mut wrong) = (vec![root.join("src")], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|ending| ending != "rs") {
                continue;
            }
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            let text = std::fs::read_to_string(&path).unwrap();
            // rust-s3 and what reads beside it know only the environment: see tls::announce.
            let known = |allowed: &[&str]| allowed.contains(&name.as_str()) || name == "src/storage/s3.rs";
            wrong.extend(
                makers
                    .iter()
                    .filter(|(what, at)| text.contains(what) && !known(at))
                    .map(|(what, _)| format!("{name}: {what}")),
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}
