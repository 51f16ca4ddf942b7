use serde::{Deserialize, Serialize};

use super::ConfigError;

/// `[database]`: PostgreSQL 15 or newer.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `postgresql://user:password@host:port/name`; also the ancestor's `postgresql+asyncpg://`.
    pub url: String,
    /// Connections of the pages and jobs; the queue has as many again.
    pub pool_size: usize,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { url: "postgresql:///reflector?host=/run/postgresql".into(), pool_size: 8 }
    }
}

impl std::fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseConfig").field("url", &"…").field("pool_size", &self.pool_size).finish()
    }
}

impl DatabaseConfig {
    /// The URL as PostgreSQL's own clients write it.
    pub fn postgres_url(&self) -> String {
        self.url.replacen("postgresql+asyncpg://", "postgresql://", 1)
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let url = self.postgres_url();
        if !(url.starts_with("postgresql://") || url.starts_with("postgres://")) {
            return Err(ConfigError::refused("database.url", "must start with postgresql://"));
        }
        if !(1..=100).contains(&self.pool_size) {
            return Err(ConfigError::refused("database.pool_size", "must be from 1 to 100"));
        }
        Ok(())
    }
}
