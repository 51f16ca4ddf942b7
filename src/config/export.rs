use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// `[export]`: what files of transcripts are made with.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExportConfig {
    /// Folders with fonts, for PDF; empty: the usual ones.
    pub fonts: Vec<PathBuf>,
}

impl ExportConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        match self.fonts.iter().find(|folder| !folder.is_absolute()) {
            Some(folder) => {
                let message = format!("must be whole paths: {} is none", folder.display());
                Err(ConfigError::refused("export.fonts", message))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_by_their_whole_path() {
        let config = |folder: &str| ExportConfig { fonts: vec!["/usr/share/fonts".into(), folder.into()] };
        assert!(config("/opt/fonts").validate().is_ok());
        let said = config("fonts").validate().unwrap_err().to_string();
        assert!(said.contains("export.fonts: must be whole paths: fonts is none"), "{said}");
    }
}
