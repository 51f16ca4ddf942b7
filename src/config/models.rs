use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// `[models]`: where model weights are.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelsConfig {
    /// Folder with one folder a model.
    pub dir: PathBuf,
}

impl Default for ModelsConfig {
    fn default() -> Self {
        Self { dir: cache_dir().join("models") }
    }
}

/// `$REFLECTOR_CACHE`, else `$XDG_CACHE_HOME/reflector`, else `~/.cache/reflector`.
pub fn cache_dir() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("REFLECTOR_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|dir| dir.join("reflector")))
        .or_else(|| set("HOME").map(|dir| dir.join(".cache/reflector")))
        .unwrap_or_else(|| "/var/cache/reflector".into())
}
