//! What a long command tells whoever started it, and hears from them.

/// Watches a backup or a restore.
pub trait Watch: Send + Sync {
    /// What is done now; `total` steps of it, where that is known.
    fn phase(&self, what: &str, total: Option<u64>);
    /// One step is done.
    fn step(&self) {}
    /// So many bytes went by.
    fn passed(&self, _bytes: u64) {}
    /// Something worth a line of its own.
    fn say(&self, line: &str);
    /// Whether it should end as soon as it can and leave nothing.
    fn stopped(&self) -> bool {
        false
    }
}
