use serde::{Deserialize, Serialize};

/// `[ui]`: what people read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UiConfig {
    /// Of letters and messages, and of pages for browsers that ask for no language there is.
    pub language: Language,
}

/// A language that pages are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    En,
    Fr,
}

impl Language {
    /// Every one there is; the first is complete by definition.
    pub const ALL: [Self; 2] = [Self::En, Self::Fr];

    /// Its code (ISO 639-1), as settings, cookies and pages name it.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
        }
    }

    /// What those who speak it call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Fr => "Français",
        }
    }

    /// Which way it is written, as HTML has it.
    pub fn direction(self) -> &'static str {
        match self {
            Self::En | Self::Fr => "ltr",
        }
    }

    /// By its code; `None`: there is no such one.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }
}
