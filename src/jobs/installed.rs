//! Which models there are, which are installed, and which the settings name.

use std::path::Path;

use crate::config::SpeechConfig;
use crate::weights::ModelStore;
use crate::weights::registry::MODELS;

/// Hears where somebody speaks; every transcription needs it.
const VAD: &str = "silero-vad";

/// A model that the program knows, or that was put into the folder by hand and is named by the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledModel {
    pub name: String,
    pub licence: &'static str,
    pub languages: &'static str,
    pub purpose: &'static str,
    /// Bytes of its files; 0: not known.
    pub size: u64,
    /// All its files are there.
    pub installed: bool,
    /// The settings name it.
    pub chosen: bool,
}

/// Every model; those that the settings name first. Looks at files, and reads none.
pub fn installed(config: &SpeechConfig, dir: &Path) -> Vec<InstalledModel> {
    let store = ModelStore::new(dir);
    let chosen = [config.model.as_str(), &config.segmentation_model, &config.embedding_model, VAD];
    let mut models: Vec<InstalledModel> = MODELS
        .iter()
        .map(|model| InstalledModel {
            name: model.name.to_owned(),
            licence: model.licence,
            languages: model.languages,
            purpose: model.purpose,
            size: model.size(),
            installed: store.installed(model),
            chosen: chosen.contains(&model.name),
        })
        .collect();
    for name in chosen {
        if models.iter().all(|model| model.name != name) {
            models.push(InstalledModel {
                name: name.to_owned(),
                licence: "not known: put there by hand",
                languages: "",
                purpose: if name == config.model { "speech to text" } else { "speakers" },
                size: 0,
                installed: dir.join(name).is_dir(),
                chosen: true,
            });
        }
    }
    models.sort_by_key(|model| (!model.chosen, !model.installed));
    models
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_settings_name_comes_first_whether_it_is_there_or_not() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("whisper-mine")).unwrap();
        let config = SpeechConfig { model: "whisper-mine".into(), ..SpeechConfig::default() };
        let models = installed(&config, dir.path());
        let chosen: Vec<&InstalledModel> = models.iter().take_while(|model| model.chosen).collect();
        assert_eq!(chosen.len(), 4);
        assert!(chosen[0].installed && chosen[0].name == "whisper-mine", "{chosen:?}");
        assert!(chosen[1..].iter().all(|model| !model.installed));
        assert!(models.iter().any(|model| model.name == "whisper-tiny.en" && model.licence == "MIT"));
    }
}
