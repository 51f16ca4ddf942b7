use serde::{Deserialize, Serialize};

use super::{AuthConfig, AuthMode, ConfigError};

/// Days that a rule may name: a hundred years.
const MOST_DAYS: u32 = 36_500;
/// Days that what nobody owns is kept where people log in, unless others are set.
const PUBLIC_DAYS: u32 = 7;

/// `[retention]`: what is deleted by itself, and when.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionConfig {
    /// Days that what nobody owns is kept in public mode; 0: for ever. Unset, a week where people log in.
    pub public_days: Option<u32>,
    /// Days that something stays in the trash; 0: until somebody removes it.
    pub trash_days: u32,
    /// Days that entries of the audit log are kept; 0: for ever.
    pub audit_days: u32,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self { public_days: None, trash_days: 0, audit_days: 365 }
    }
}

impl RetentionConfig {
    /// Days after which what nobody owns is deleted; `None`: never, as outside public mode. Where nobody logs in everything may be
    /// nobody's: it goes only where somebody said when.
    pub fn ownerless_days(&self, auth: &AuthConfig) -> Option<u32> {
        let unset = if auth.mode == AuthMode::None { 0 } else { PUBLIC_DAYS };
        let days = self.public_days.unwrap_or(unset);
        (auth.is_public() && days > 0).then_some(days)
    }

    /// What becomes of what nobody owns in public mode, in words.
    pub fn ownerless_kept(&self, auth: &AuthConfig) -> String {
        match (self.ownerless_days(auth), self.public_days) {
            (Some(days), _) => format!("deleted after {days} days (retention.public_days)"),
            (None, Some(_)) => "kept for ever (retention.public_days is 0)".to_owned(),
            (None, None) => "kept for ever (retention.public_days is not set)".to_owned(),
        }
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        for (key, days) in [
            ("retention.public_days", self.public_days.unwrap_or_default()),
            ("retention.trash_days", self.trash_days),
            ("retention.audit_days", self.audit_days),
        ] {
            if days > MOST_DAYS {
                return Err(ConfigError::refused(
                    key,
                    format!("must be at most {MOST_DAYS}; 0 keeps everything"),
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_an_end() {
        assert!(RetentionConfig::default().validate().is_ok());
        let long = RetentionConfig { trash_days: MOST_DAYS + 1, ..RetentionConfig::default() };
        assert!(
            long.validate().unwrap_err().to_string().contains("retention.trash_days: must be at most 36500")
        );
    }

    #[test]
    fn what_nobody_owns_goes_after_a_week_where_people_log_in_and_where_nobody_does_if_somebody_said_so() {
        use AuthMode::{Jwt, None as Nobody, Password};
        for (mode, public_mode, set, days, kept) in [
            (Nobody, true, None, None, "kept for ever (retention.public_days is not set)"),
            (Nobody, true, Some(7), Some(7), "deleted after 7 days (retention.public_days)"),
            (Nobody, true, Some(0), None, "kept for ever (retention.public_days is 0)"),
            (Password, true, None, Some(7), "deleted after 7 days (retention.public_days)"),
            (Jwt, true, Some(30), Some(30), "deleted after 30 days (retention.public_days)"),
            (Password, true, Some(0), None, "kept for ever (retention.public_days is 0)"),
            (Nobody, false, Some(7), None, ""),
            (Password, false, None, None, ""),
        ] {
            let auth = AuthConfig { mode, public_mode, ..AuthConfig::default() };
            let retention = RetentionConfig { public_days: set, ..RetentionConfig::default() };
            assert_eq!(retention.ownerless_days(&auth), days, "{mode:?} {public_mode} {set:?}");
            if public_mode {
                assert_eq!(retention.ownerless_kept(&auth), kept, "{mode:?} {set:?}");
            }
        }
    }
}
