//! The objects: who may read them, and what lies on the disk.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::facts::{Facts, bounded, nearest};
use super::{Fail, Found, NotApplicable, Outcome, Pass, hidden, pass_if, secrets};
use crate::storage::Storage;

pub(super) async fn check(facts: &Facts) -> Found {
    Found::from([
        ("H-51", credentials(facts)),
        ("H-52", strangers(facts).await),
        ("H-53", encrypted(facts)),
        ("H-54", NotApplicable("recordings have no keys of their own yet; a later version gives them")),
        ("H-91", gives_and_takes(facts).await),
    ])
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

/// LUKS or plain dm-crypt under the folder, or ZFS with encryption; devices on top of others (LVM) are followed down.
fn encrypted(facts: &Facts) -> Outcome {
    let data = facts.data();
    let there = nearest(&data);
    let Ok(found) = std::fs::metadata(there) else { return hidden("the folder can't be read") };
    let (major, minor) = (libc::major(found.dev()), libc::minor(found.dev()));
    let Ok(block) = Path::new(&format!("/sys/dev/block/{major}:{minor}")).canonicalize() else {
        return hidden(&format!("{} is on no disk of its own", there.display()));
    };
    let sealed = crypt(&block, 0);
    pass_if(sealed, format!("{} is {} dm-crypt", there.display(), if sealed { "on" } else { "not on" }))
}

fn crypt(block: &Path, depth: u8) -> bool {
    let uuid = std::fs::read_to_string(block.join("dm/uuid")).unwrap_or_default();
    if uuid.starts_with("CRYPT-") {
        return true;
    }
    let Ok(below) = std::fs::read_dir(block.join("slaves")) else { return false };
    let below: Vec<_> = below.flatten().filter_map(|entry| entry.path().canonicalize().ok()).collect();
    depth < 8 && !below.is_empty() && below.iter().all(|block| crypt(block, depth + 1))
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
