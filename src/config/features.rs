use serde::{Deserialize, Serialize};

use super::{AuthMode, ConfigError};

/// `[features]`: what an operator can switch off. What is off answers 404 with the code `feature_off`, and no page offers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FeaturesConfig {
    /// Visitors of a public site see what they are given a link to, and nothing else without logging in.
    pub require_login: bool,
    /// The page that says what is kept, for how long, and who may read it.
    pub privacy: bool,
    /// The list of transcripts, and search.
    pub browse: bool,
    /// Rooms, and what is told of them.
    pub rooms: bool,
    /// Posting transcripts to Zulip, where the settings name one.
    pub send_to_zulip: bool,
    /// Sending transcripts by e-mail, where the settings name a mail server.
    pub email_transcript: bool,
}

impl Default for FeaturesConfig {
    fn default() -> Self {
        Self {
            require_login: false,
            privacy: true,
            browse: true,
            rooms: true,
            send_to_zulip: true,
            email_transcript: true,
        }
    }
}

impl FeaturesConfig {
    pub(super) fn validate(&self, mode: AuthMode) -> Result<(), ConfigError> {
        if self.require_login && mode == AuthMode::None {
            return Err(ConfigError::refused(
                "features.require_login",
                "is set, but auth.mode is none, so nobody can log in; set auth.mode to password or jwt, or leave it out",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_that_does_not_exist_can_not_be_required() {
        let features = FeaturesConfig { require_login: true, ..FeaturesConfig::default() };
        let said = features.validate(AuthMode::None).unwrap_err().to_string();
        assert!(said.contains("features.require_login") && said.contains("auth.mode"), "{said}");
        assert!(features.validate(AuthMode::Password).is_ok());
        assert!(FeaturesConfig::default().validate(AuthMode::None).is_ok());
    }
}
