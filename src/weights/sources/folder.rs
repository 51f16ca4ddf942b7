//! A folder on this machine: `FOLDER/<model>/<file>`, or the files of one model right in it.

use std::path::Path;

use crate::weights::WeightsError;

pub async fn fetch(folder: &Path, model: &str, file: &str, to: &Path) -> Result<(), WeightsError> {
    let nested = folder.join(model).join(file);
    let from = if nested.is_file() { nested } else { folder.join(file) };
    if !from.is_file() {
        return Err(WeightsError::Source(format!("{} has no {model}/{file}", folder.display())));
    }
    tokio::fs::copy(&from, to).await.map_err(WeightsError::io(&from))?;
    Ok(())
}
