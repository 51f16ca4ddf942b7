//! The folder of installed models: `DIR/<model>/<files>`, with the checksums of each model in its `SHA256SUMS`.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::registry::{self, Model};

/// File in a model's folder with the checksum of every other, in the format of `sha256sum`.
pub(super) const SUMS: &str = "SHA256SUMS";

/// What tells speakers apart unless something else is named.
const SEGMENTATION: &str = "segmentation-3.0";
const EMBEDDING: &str = "campplus";

/// How files of tensors end that can be read.
const WEIGHTS: [&str; 3] = ["bin", "pt", "safetensors"];

/// Whether this can be the name of a folder in the folder of models, and of nothing outside it.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\'])
}

/// Why a model can't be had.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    #[error("no model is called {0}; `reflector models list` shows those there are")]
    Unknown(String),
    #[error("{name} is not installed in {}; get it with `reflector models pull {name}`", dir.display())]
    Missing { name: String, dir: PathBuf },
    #[error(
        "{file} has sha256 {found}, but {expected} is expected: the file was damaged or is another version; it was not installed"
    )]
    Mismatch { file: String, found: String, expected: String },
    #[error("{name} in {} {why}", dir.display())]
    Unfit { name: String, dir: PathBuf, why: &'static str },
    #[error("{0}")]
    Source(String),
    #[error("{path}: {source}", path = path.display())]
    Io { path: PathBuf, source: io::Error },
}

impl WeightsError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::Io { path: path.into(), source }
    }
}

/// Finds the files of installed models. Cheap; reads no weights.
#[derive(Clone, Debug)]
pub struct ModelStore {
    dir: PathBuf,
    segmentation: String,
    embedding: String,
}

impl ModelStore {
    /// With the usual models for telling speakers apart.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), segmentation: SEGMENTATION.into(), embedding: EMBEDDING.into() }
    }

    /// The same with other models for telling speakers apart.
    pub fn with_speakers(self, segmentation: &str, embedding: &str) -> Self {
        Self { segmentation: segmentation.into(), embedding: embedding.into(), ..self }
    }

    /// The folder of all models.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Folder of a Whisper model. One that the registry does not know may have been put there by hand.
    pub fn whisper(&self, name: &str) -> Result<PathBuf, WeightsError> {
        if registry::find(name).is_some() {
            return self.check(name);
        }
        let folder = self.dir.join(name);
        if is_plain(name) && folder.join("tokenizer.json").is_file() {
            return Ok(folder);
        }
        Err(WeightsError::Unknown(name.into()))
    }

    /// silero VAD as TorchScript.
    pub fn vad(&self) -> Result<PathBuf, WeightsError> {
        Ok(self.check("silero-vad")?.join("silero_vad.jit"))
    }

    /// Weights of the network that hears who speaks when: segmentation-3.0, or the one that was named.
    pub fn segmentation(&self) -> Result<PathBuf, WeightsError> {
        self.network(&self.segmentation, SEGMENTATION)
    }

    /// Weights of the network that tells voices apart: CAM++, or the one that was named.
    pub fn embedding(&self) -> Result<PathBuf, WeightsError> {
        self.network(&self.embedding, EMBEDDING)
    }

    /// The one weights file of a model that does what `usual` does. One that the registry does not know may have been put there by hand.
    fn network(&self, name: &str, usual: &str) -> Result<PathBuf, WeightsError> {
        let unfit = |why| WeightsError::Unfit { name: name.into(), dir: self.dir.clone(), why };
        let folder = match registry::find(name) {
            Some(model) if registry::find(usual).is_some_and(|usual| usual.purpose != model.purpose) => {
                return Err(unfit("is another kind of model"));
            }
            Some(_) => self.check(name)?,
            None => self.dir.join(name),
        };
        if !is_plain(name) || !folder.is_dir() {
            return Err(WeightsError::Unknown(name.into()));
        }
        let entries = std::fs::read_dir(&folder).map_err(WeightsError::io(&folder))?;
        let paths = entries.flatten().map(|entry| entry.path());
        let weights = |path: &PathBuf| {
            path.extension().is_some_and(|end| WEIGHTS.iter().any(|known| end == *known)) && path.is_file()
        };
        let mut found: Vec<PathBuf> = paths.filter(weights).collect();
        match found.pop() {
            Some(file) if found.is_empty() => Ok(file),
            Some(_) => Err(unfit("holds more than one weights file (.bin, .pt, .safetensors)")),
            None => Err(unfit("holds no weights file (.bin, .pt or .safetensors)")),
        }
    }

    /// The model's folder, if all its files are there with their right sizes. Contents are `verify`'s business.
    pub fn check(&self, name: &str) -> Result<PathBuf, WeightsError> {
        let model = registry::find(name).ok_or_else(|| WeightsError::Unknown(name.into()))?;
        if self.installed(model) {
            Ok(self.dir.join(name))
        } else {
            Err(WeightsError::Missing { name: name.into(), dir: self.dir.clone() })
        }
    }

    /// Whether all files of the model are there with their right sizes.
    pub fn installed(&self, model: &Model) -> bool {
        model.files.iter().all(|file| {
            let found = std::fs::metadata(self.dir.join(model.name).join(file.name));
            found.is_ok_and(|found| found.is_file() && file.pin.is_none_or(|(size, _)| found.len() == size))
        })
    }

    /// Checksums recorded when the model was installed, by file.
    pub fn recorded(&self, name: &str) -> BTreeMap<String, String> {
        let text = std::fs::read_to_string(self.dir.join(name).join(SUMS)).unwrap_or_default();
        text.lines()
            .filter_map(|line| line.split_once("  "))
            .map(|(sum, file)| (file.into(), sum.into()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_model_says_how_to_get_it() {
        let dir = tempfile::tempdir().unwrap();
        let store = ModelStore::new(dir.path());
        let said = store.vad().unwrap_err().to_string();
        assert!(said.contains("reflector models pull silero-vad"), "{said}");
        assert!(matches!(store.whisper("../../etc"), Err(WeightsError::Unknown(_))));
    }

    #[test]
    fn a_file_of_another_size_is_not_installed() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("silero-vad")).unwrap();
        std::fs::write(dir.path().join("silero-vad/silero_vad.jit"), b"cut").unwrap();
        assert!(ModelStore::new(dir.path()).vad().is_err());
    }

    #[test]
    fn networks_for_speakers_put_there_by_hand_are_found_and_others_refused() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, file: &str| {
            std::fs::create_dir_all(dir.path().join(name)).unwrap();
            std::fs::write(dir.path().join(name).join(file), b"x").unwrap();
        };
        put("my-voices", "voices.safetensors");
        put("my-voices", "README.md");
        put("empty", "README.md");
        put("two", "a.pt");
        put("two", "b.bin");
        let with = |name: &str| ModelStore::new(dir.path()).with_speakers(name, name);
        let expected = dir.path().join("my-voices/voices.safetensors");
        assert_eq!(with("my-voices").embedding().unwrap(), expected);
        assert_eq!(with("my-voices").segmentation().unwrap(), expected);
        for (name, words) in [
            ("empty", "holds no weights file"),
            ("two", "more than one"),
            ("whisper-base", "another kind"),
            ("none", "no model is called"),
            ("..", "no model is called"),
            ("campplus", "models pull campplus"),
        ] {
            let said = with(name).embedding().unwrap_err().to_string();
            assert!(said.contains(words), "{name}: {said}");
        }
    }

    #[test]
    fn a_whisper_put_there_by_hand_is_found() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("whisper-mine")).unwrap();
        std::fs::write(dir.path().join("whisper-mine/tokenizer.json"), b"{}").unwrap();
        let store = ModelStore::new(dir.path());
        assert_eq!(store.whisper("whisper-mine").unwrap(), dir.path().join("whisper-mine"));
    }
}
