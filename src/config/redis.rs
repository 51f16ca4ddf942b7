use serde::{Deserialize, Serialize};

/// `[redis]`: events between processes. Without a URL they stay inside this process, which is right only when one
/// process does everything (the demo).
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RedisConfig {
    /// `redis://…`, `rediss://…` or `unix:///path`.
    pub url: Option<String>,
}

impl std::fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisConfig").field("url", &self.url.as_ref().map(|_| "…")).finish()
    }
}
