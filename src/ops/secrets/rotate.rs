//! The two halves of a rotation.

use std::fs::File;

use anyhow::{Context, bail, ensure};

use super::garage::Garage;
use super::home::Home;
use super::note::Note;
use super::{Overlap, Secret, find, postgres, redis};
use crate::tls::Trust;

/// Where the services are; passwords in them are not used.
#[derive(Clone, Debug)]
pub struct Addresses {
    pub redis: String,
    pub garage_admin: String,
    /// Garage's token for administration, where it is not among the secrets of the folder.
    pub garage_token: Option<String>,
    pub bucket: String,
    /// Whose certificates they may have.
    pub trust: Trust,
}

/// What a rotation has come to.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Old and new value are valid; when the units were restarted, it is to be finished.
    Begun,
    /// The new value alone is valid.
    Done,
}

/// Gives a secret a new value, `given` if somebody else makes it. The units are to be restarted afterwards.
///
/// # Errors
/// The secret is not kept in `home`, or its service can't be reached or refuses. Whatever step it broke off at, the value
/// in `home` is valid, but for a database's password between its own two steps; the same call goes on from there.
pub async fn rotate(
    home: &Home,
    name: &str,
    addresses: &Addresses,
    given: Option<Vec<String>>,
) -> anyhow::Result<Outcome> {
    let secret = find(name)?;
    let _lock = lock(home)?;
    home.tidy()?;
    let place = home.place().display().to_string();
    let Some(present) = home.read(secret)? else { bail!("{name} is not kept in {place}") };
    let note = match Note::found(home, secret)? {
        Some(note) => note,
        None => {
            ensure!(
                given.is_none() || secret.given(),
                "{name} is made by this program: leave --value-file out"
            );
            let new = given.map_or_else(|| secret.make(), Ok)?;
            ensure!(new.len() == secret.parts.len(), "{name} has {} values, one a line", secret.parts.len());
            ensure!(new != present, "{name} has this value already");
            Note::begin(home, secret, present.clone(), new)?
        }
    };
    allow(home, secret, addresses, &note)
        .await
        .with_context(|| format!("{name}: the old value stays in use"))?;
    if present != note.new {
        ensure!(
            present == note.old,
            "{name} was changed by somebody else since its rotation began: remove the note {}",
            home.note_path(secret).display()
        );
        home.publish(secret, &note.old, &note.new)?;
    }
    if secret.overlaps() {
        return Ok(Outcome::Begun);
    }
    note.end()?;
    Ok(Outcome::Done)
}

/// Takes the old value's validity away, when every unit that reads the secret was restarted.
///
/// # Errors
/// No rotation was begun, or the service does not take the new value: the old one stays valid then.
pub async fn finish(home: &Home, name: &str, addresses: &Addresses) -> anyhow::Result<Outcome> {
    let secret = find(name)?;
    let _lock = lock(home)?;
    home.tidy()?;
    let Some(note) = Note::found(home, secret)? else {
        bail!("no rotation of {name} was begun in {}", home.place().display())
    };
    ensure!(
        home.read(secret)?.as_ref() == Some(&note.new),
        "the rotation of {name} broke off: call it again without --finish first"
    );
    match (secret.overlap, &note.old[..], &note.new[..]) {
        (Overlap::Redis, _, [new]) => {
            redis::only(&redis_address(home, addresses)?, new, &addresses.trust).await?
        }
        (Overlap::Garage, [old, _], [access, _]) => garage(home, addresses)?.only(old, access).await?,
        _ => {}
    }
    note.end()?;
    Ok(Outcome::Done)
}

/// Makes the new value valid, beside the old one where that can be.
async fn allow(home: &Home, secret: &Secret, addresses: &Addresses, note: &Note) -> anyhow::Result<()> {
    match (secret.overlap, &note.old[..], &note.new[..]) {
        (Overlap::None, ..) => Ok(()),
        (Overlap::Redis, [old], [new]) => {
            redis::allow(&redis_address(home, addresses)?, old, new, &addresses.trust).await
        }
        (Overlap::Garage, [old, _], [access, key]) => garage(home, addresses)?.allow(old, access, key).await,
        (Overlap::Postgres, [old], [new]) => {
            let address = home.neighbour("database.url")?.context("database.url")?;
            postgres::set(
                &address.replacen("postgresql+asyncpg://", "postgresql://", 1),
                old,
                new,
                &addresses.trust,
            )
            .await
        }
        _ => bail!("{} has another number of values than its note", secret.name),
    }
}

fn redis_address(home: &Home, addresses: &Addresses) -> anyhow::Result<String> {
    Ok(home.neighbour("redis.url")?.unwrap_or_else(|| addresses.redis.clone()))
}

fn garage(home: &Home, addresses: &Addresses) -> anyhow::Result<Garage> {
    let token = match &addresses.garage_token {
        Some(token) => token.clone(),
        None => {
            let kept = home.read(find("garage-admin-token")?)?.and_then(|values| values.into_iter().next());
            kept.context("the token for Garage's administration is not kept here: name --garage-token-file")?
        }
    };
    let bucket = home.neighbour("storage.s3.bucket")?.unwrap_or_else(|| addresses.bucket.clone());
    Garage::new(&addresses.garage_admin, token, &bucket, &addresses.trust)
}

/// One rotation at a time in one place. The folder may change places with another meanwhile, so the one around it is locked.
fn lock(home: &Home) -> anyhow::Result<File> {
    let place = home.place();
    let around = place.parent().filter(|around| !around.as_os_str().is_empty()).unwrap_or(place);
    let folder = File::open(around).with_context(|| around.display().to_string())?;
    ensure!(folder.try_lock().is_ok(), "another rotation is at work in {}", place.display());
    Ok(folder)
}
