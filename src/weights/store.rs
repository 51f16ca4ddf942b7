//! The folder of installed models: `DIR/<model>/<files>`, with the checksums of each model in its `SHA256SUMS`.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::registry::{self, Model};

/// File in a model's folder with the checksum of every other, in the format of `sha256sum`.
pub(super) const SUMS: &str = "SHA256SUMS";

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
}

impl ModelStore {
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
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
        let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\']);
        if plain && folder.join("tokenizer.json").is_file() {
            return Ok(folder);
        }
        Err(WeightsError::Unknown(name.into()))
    }

    /// silero VAD as TorchScript.
    pub fn vad(&self) -> Result<PathBuf, WeightsError> {
        Ok(self.check("silero-vad")?.join("silero_vad.jit"))
    }

    /// pyannote's segmentation-3.0, a pickle.
    pub fn segmentation(&self) -> Result<PathBuf, WeightsError> {
        Ok(self.check("segmentation-3.0")?.join("pytorch_model.bin"))
    }

    /// CAM++, a pickle.
    pub fn embedding(&self) -> Result<PathBuf, WeightsError> {
        Ok(self.check("campplus")?.join("campplus_cn_en_common.pt"))
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
    fn a_whisper_put_there_by_hand_is_found() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("whisper-mine")).unwrap();
        std::fs::write(dir.path().join("whisper-mine/tokenizer.json"), b"{}").unwrap();
        let store = ModelStore::new(dir.path());
        assert_eq!(store.whisper("whisper-mine").unwrap(), dir.path().join("whisper-mine"));
    }
}
