//! `reflector models`: pull, verify, never half-installed.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use futures::stream;
use reflector::weights::pull::{self, Network, Progress, PullSettings, Source};
use reflector::weights::registry::{MODELS, Model, ModelFile};
use reflector::weights::verify::{self, Finding};
use reflector::weights::{ModelStore, WeightsError};
use sha2::{Digest, Sha256};

/// One answer of the hub to a request for bytes.
struct Answer {
    /// The whole file as it is at that time.
    file: Vec<u8>,
    etag: &'static str,
    /// The connection breaks before this byte of the file.
    cut_at: Option<usize>,
}

type Script = Arc<dyn Fn(usize) -> Answer + Send + Sync>;

#[derive(Clone)]
struct Hub {
    script: Script,
    /// Range headers of the requests that reached the bytes.
    ranges: Arc<Mutex<Vec<Option<String>>>>,
    address: String,
}

fn network() -> Network {
    Network::new(reqwest::Client::builder(), None).unwrap()
}

impl Hub {
    /// A hub on a free port that redirects twice, as the real one does, before it sends bytes.
    async fn start(script: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let hub = Self { script: Arc::new(script), ranges: Arc::default(), address };
        let app = Router::new().fallback(answer).with_state(hub.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        hub
    }

    fn settings(&self) -> PullSettings {
        let source = Source::Hub;
        PullSettings {
            network: network(),
            source,
            hub: self.address.clone(),
            token: None,
            pause: Duration::from_millis(1),
        }
    }

    fn ranges(&self) -> Vec<Option<String>> {
        self.ranges.lock().unwrap().clone()
    }
}

async fn answer(State(hub): State<Hub>, request: Request) -> Response<Body> {
    let to = match request.uri().path() {
        "/owner/test-model/resolve/main/weights.bin" => "/moved",
        "/moved" => "/bytes",
        "/bytes" => return bytes(&hub, request.headers()),
        _ => return Response::builder().status(StatusCode::NOT_FOUND).body(Body::empty()).unwrap(),
    };
    let found = Response::builder().status(StatusCode::FOUND).header(header::LOCATION, to);
    found.body(Body::empty()).unwrap()
}

fn bytes(hub: &Hub, headers: &HeaderMap) -> Response<Body> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let asked = text(header::RANGE);
    let number = {
        let mut ranges = hub.ranges.lock().unwrap();
        ranges.push(asked.clone());
        ranges.len() - 1
    };
    let Answer { file, etag, cut_at } = (hub.script)(number);
    let same = text(header::IF_RANGE).is_none_or(|known| known == etag);
    let start = match asked.filter(|_| same) {
        Some(range) => range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap(),
        None => 0,
    };
    let mut response = Response::builder().header(header::ETAG, etag);
    if start >= file.len() {
        return response.status(StatusCode::RANGE_NOT_SATISFIABLE).body(Body::empty()).unwrap();
    }
    if start > 0 {
        let range = format!("bytes {start}-{}/{}", file.len() - 1, file.len());
        response = response.status(StatusCode::PARTIAL_CONTENT).header(header::CONTENT_RANGE, range);
    }
    response = response.header(header::CONTENT_LENGTH, file.len() - start);
    response.body(body(&file, start..cut_at.unwrap_or(file.len()), cut_at.is_some())).unwrap()
}

fn body(file: &[u8], range: Range<usize>, cut: bool) -> Body {
    let piece = file.get(range).unwrap_or_default().to_vec();
    let mut pieces: Vec<Result<Vec<u8>, std::io::Error>> = vec![Ok(piece)];
    if cut {
        pieces.push(Err(std::io::ErrorKind::ConnectionReset.into()));
    }
    // A pause lets what was sent arrive before the connection breaks.
    Body::from_stream(stream::unfold(pieces.into_iter().enumerate(), |mut pieces| async {
        let (index, piece) = pieces.next()?;
        tokio::time::sleep(Duration::from_millis(50 * index as u64)).await;
        Some((piece, pieces))
    }))
}

/// Bytes that do not repeat.
fn weights(seed: u8) -> Vec<u8> {
    (0..300_000_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8 ^ seed).collect()
}

fn model(pin: Option<&[u8]>) -> &'static Model {
    let pin = pin.map(|bytes| {
        let sum: &'static str = hex::encode(Sha256::digest(bytes)).leak();
        (bytes.len() as u64, sum)
    });
    let files = Box::leak(Box::new([ModelFile { name: "weights.bin", pin, parts: &[], hub: None }]));
    Box::leak(Box::new(Model {
        name: "test-model",
        licence: "MIT",
        languages: "any",
        purpose: "a test",
        files,
        hub: Some("owner/test-model"),
        whisper: None,
    }))
}

async fn pull(dir: &Path, model: &Model, settings: &PullSettings) -> Result<(), WeightsError> {
    pull::pull_models(&ModelStore::new(dir), &[model], settings, &mut |_| {}).await
}

fn installed(dir: &Path) -> Option<Vec<u8>> {
    std::fs::read(dir.join("test-model/weights.bin")).ok()
}

#[tokio::test]
async fn a_cut_download_goes_on_where_it_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let cuts = [Some(100_000), Some(200_000), None];
    let hub =
        Hub::start(move |number| Answer { file: weights(0), etag: "\"one\"", cut_at: cuts[number] }).await;
    pull(dir.path(), model(Some(&weights(0))), &hub.settings()).await.unwrap();
    assert_eq!(installed(dir.path()), Some(weights(0)));
    let ranges = [None, Some("bytes=100000-".to_owned()), Some("bytes=200000-".to_owned())];
    assert_eq!(hub.ranges(), ranges);
    // Nothing but the model and its checksums is left.
    let mut names: Vec<_> = std::fs::read_dir(dir.path().join("test-model"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["SHA256SUMS", "weights.bin"]);
}

#[tokio::test]
async fn a_later_run_resumes_what_an_earlier_one_had_to_give_up() {
    let dir = tempfile::tempdir().unwrap();
    let dead = Hub::start(|_| Answer { file: weights(0), etag: "\"one\"", cut_at: Some(150_000) }).await;
    let error = pull(dir.path(), model(None), &dead.settings()).await.unwrap_err().to_string();
    assert!(error.contains("run the same command again to go on from 150000 bytes"), "{error}");
    assert_eq!(installed(dir.path()), None);

    let alive = Hub::start(|_| Answer { file: weights(0), etag: "\"one\"", cut_at: None }).await;
    pull(dir.path(), model(None), &alive.settings()).await.unwrap();
    assert_eq!(alive.ranges(), [Some("bytes=150000-".to_owned())]);
    assert_eq!(installed(dir.path()), Some(weights(0)));
}

#[tokio::test]
async fn two_versions_of_a_file_are_never_mixed() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(|number| match number {
        0 => Answer { file: weights(0), etag: "\"one\"", cut_at: Some(100_000) },
        _ => Answer { file: weights(7), etag: "\"two\"", cut_at: None },
    })
    .await;
    pull(dir.path(), model(None), &hub.settings()).await.unwrap();
    assert_eq!(installed(dir.path()), Some(weights(7)));
}

#[tokio::test]
async fn other_bytes_than_the_pinned_are_refused_and_not_installed() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(|_| Answer { file: weights(7), etag: "\"one\"", cut_at: None }).await;
    let error = pull(dir.path(), model(Some(&weights(0))), &hub.settings()).await.unwrap_err();
    assert!(matches!(error, WeightsError::Mismatch { .. }), "{error}");
    assert_eq!(installed(dir.path()), None);
    assert!(!dir.path().join(".partial/test-model/weights.bin").exists(), "bad bytes are not kept");
}

#[tokio::test]
async fn a_file_that_the_hub_lacks_is_an_error_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(|_| unreachable!("no bytes are asked for")).await;
    let lost = Model {
        name: "lost",
        licence: "MIT",
        languages: "any",
        purpose: "a test",
        files: model(None).files,
        hub: Some("owner/lost"),
        whisper: None,
    };
    let error = pull(dir.path(), &lost, &hub.settings()).await.unwrap_err().to_string();
    assert!(error.contains("404") && error.contains("no such model"), "{error}");
}

/// Distilled models take their teacher's tokenizer.
#[tokio::test]
async fn a_file_may_come_from_another_repository() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(|_| Answer { file: weights(0), etag: "\"one\"", cut_at: None }).await;
    let file = ModelFile { name: "weights.bin", pin: None, parts: &[], hub: Some("owner/test-model") };
    let borrower = Model {
        name: "test-model",
        licence: "MIT",
        languages: "any",
        purpose: "a test",
        files: Box::leak(Box::new([file])),
        hub: Some("owner/without-it"),
        whisper: None,
    };
    pull(dir.path(), &borrower, &hub.settings()).await.unwrap();
    assert_eq!(installed(dir.path()), Some(weights(0)));
}

#[tokio::test]
async fn two_pulls_at_once_fetch_once() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(|_| Answer { file: weights(0), etag: "\"one\"", cut_at: None }).await;
    let (settings, model) = (hub.settings(), model(Some(&weights(0))));
    let (one, two) = tokio::join!(pull(dir.path(), model, &settings), pull(dir.path(), model, &settings));
    one.unwrap();
    two.unwrap();
    assert_eq!(hub.ranges().len(), 1);
}

#[tokio::test]
async fn a_local_folder_is_a_source_and_a_flipped_byte_is_found() {
    let (dir, from) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::create_dir(from.path().join("test-model")).unwrap();
    std::fs::write(from.path().join("test-model/weights.bin"), weights(0)).unwrap();
    let mut settings = PullSettings::from_environment(Source::Folder(from.path().into()), network());
    settings.hub = "http://127.0.0.1:1".into();
    // Without a pin: what came is recorded and held to.
    let model = model(None);
    let (store, mut trusted) = (ModelStore::new(dir.path()), Vec::new());
    let mut watch = |progress: Progress<'_>| {
        if let Progress::Trusted { sha256, .. } = progress {
            trusted.push(sha256.to_owned());
        }
    };
    pull::pull_models(&store, &[model], &settings, &mut watch).await.unwrap();
    let sum = hex::encode(Sha256::digest(weights(0)));
    assert_eq!(trusted, std::slice::from_ref(&sum));
    assert_eq!(verify::model(&store, model), [("weights.bin", Finding::AsInstalled)]);

    let mut bytes = weights(0);
    bytes[123_456] ^= 1;
    let found = hex::encode(Sha256::digest(&bytes));
    std::fs::write(dir.path().join("test-model/weights.bin"), bytes).unwrap();
    let damaged = Finding::Damaged { found, expected: sum };
    assert_eq!(verify::model(&store, model), [("weights.bin", damaged)]);
}

/// What set-up pulled from the package registry is what the registry pins.
#[test]
fn installed_models_are_the_pinned_ones() {
    let store = ModelStore::new(reflector::config::cache_dir().join("models"));
    for model in MODELS.iter().filter(|model| model.pinned()) {
        for (file, finding) in verify::model(&store, model) {
            let (name, dir) = (model.name, store.dir().display());
            assert_eq!(finding, Finding::Good, "{name}/{file} in {dir}; `make setup` installs it");
        }
    }
}

/// What the page says of a model is what the registry has.
#[test]
fn the_page_lists_every_model_with_its_size() {
    let page = include_str!("../../docs/MODELS.md");
    for model in MODELS.iter() {
        let start = match model.whisper {
            Some(size) => {
                format!(
                    "| `{}` | {} | {:.0} M |",
                    model.name,
                    model.languages,
                    size.parameters() as f64 / 1e6
                )
            }
            None => format!("| `{}` | ", model.name),
        };
        let line = page.lines().find(|line| line.starts_with(&start));
        let line = line.unwrap_or_else(|| panic!("docs/MODELS.md has no line that begins {start}"));
        assert!(line.contains(&format!("| {} |", model.licence)), "the licence of {}", model.name);
    }
}
