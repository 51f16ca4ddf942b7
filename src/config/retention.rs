use serde::{Deserialize, Serialize};

use super::ConfigError;

/// Days that a rule may name: a hundred years.
const MOST_DAYS: u32 = 36_500;

/// `[retention]`: what is deleted by itself, and when.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionConfig {
    /// Days that what nobody owns is kept in public mode; 0: for ever.
    pub public_days: u32,
    /// Days that something stays in the trash; 0: until somebody removes it.
    pub trash_days: u32,
    /// Days that entries of the audit log are kept; 0: for ever.
    pub audit_days: u32,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self { public_days: 7, trash_days: 0, audit_days: 365 }
    }
}

impl RetentionConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        for (key, days) in [
            ("retention.public_days", self.public_days),
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
}
