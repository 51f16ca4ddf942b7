//! The certificate that visitors install so that their browsers believe this site.

use std::path::Path;

use super::trust::authorities;
use super::{Certificate, TrustError};

/// The root in the file that `tls.site_ca` names. Read anew each time, because a proxy may make it after we have started.
///
/// # Errors
/// The file is missing, holds a private key, or no authority in force.
pub fn root(file: &Path) -> Result<Certificate, TrustError> {
    let bytes =
        std::fs::read(file).map_err(|error| TrustError::new(file, format!("can't be read: {error}")))?;
    let found = authorities(&bytes).map_err(|reason| TrustError::new(file, reason))?;
    let root = found.iter().find(|certificate| certificate.self_issued()).or_else(|| found.first());
    root.cloned().ok_or_else(|| TrustError::new(file, "holds no certificate"))
}
