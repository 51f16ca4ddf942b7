//! The objects: who may read them, and what lies on the disk.

use std::os::unix::fs::MetadataExt;

use super::facts::{Facts, bounded};
use super::{Fail, Found, Outcome, Pass, encryption, pass_if, secrets};
use crate::storage::Storage;

pub(super) async fn check(facts: &Facts) -> Found {
    let mut found = Found::from([
        ("H-51", credentials(facts)),
        ("H-52", strangers(facts).await),
        ("H-91", gives_and_takes(facts).await),
    ]);
    found.extend(encryption::check(&facts.data()).await);
    found
}

fn credentials(facts: &Facts) -> Outcome {
    match &facts.config.storage.s3 {
        None => Pass("objects are files; there is no store to log in to".into()),
        Some(s3) => match secrets::weakness(&s3.secret_key) {
            None => Pass("storage.s3.secret_key is long and no default".into()),
            Some(why) => Fail(format!("storage.s3.secret_key {why}")),
        },
    }
}

async fn strangers(facts: &Facts) -> Outcome {
    let Some(s3) = &facts.config.storage.s3 else {
        let dir = &facts.config.storage.dir;
        return match std::fs::metadata(dir) {
            Ok(found) => pass_if(
                found.mode() & 0o007 == 0,
                format!("{} has mode {:o}", dir.display(), found.mode() & 0o7777),
            ),
            Err(error) => Fail(format!("{}: {error}", dir.display())),
        };
    };
    let url = format!("{}/{}/", s3.endpoint.trim_end_matches('/'), s3.bucket);
    let asked = match &facts.site {
        Ok(site) => site.send(|client| client.get(&url)).await,
        Err(why) => Err(why.clone()),
    };
    match asked {
        Ok(answer) => pass_if(
            matches!(answer.status.as_u16(), 401 | 403),
            format!("without a key: {}", answer.status.as_u16()),
        ),
        Err(why) => Fail(why),
    }
}

async fn gives_and_takes(facts: &Facts) -> Outcome {
    let storage = &facts.config.storage;
    if storage.s3.is_none() && !storage.dir.is_dir() {
        // Opening it would make the folder, and this command changes nothing.
        return Fail(format!("{} is not there", storage.dir.display()));
    }
    let tried = bounded(async {
        let words = |error: &dyn std::fmt::Display| error.to_string();
        let store = Storage::open(storage).map_err(|error| words(&error))?;
        store.check().await.map_err(|error| words(&error))
    });
    match tried.await {
        Ok(()) => Pass("an object was written, read and removed".into()),
        Err(why) => Fail(why),
    }
}
