//! Where secrets are kept: a folder with a file for each (NixOS), or the program's settings.

use std::collections::HashMap;
use std::ffi::CString;
use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, Utc};
use toml::Value;

use super::{ALL, Part, Secret};

/// A value with less in it can be guessed.
const SHORTEST: usize = 16;
/// What Garage reads when it starts; made anew by every start of reflector-secrets, and kept right in between.
const GARAGE_ENVIRONMENT: &str = "garage.env";

/// A place of secrets.
#[derive(Clone, Debug)]
pub enum Home {
    Folder(PathBuf),
    /// A TOML file of settings.
    Settings(PathBuf),
}

/// A secret as it lies there.
#[derive(Debug)]
pub struct Found {
    pub secret: &'static Secret,
    /// When it was last written; a file of settings has one time for all.
    pub since: Option<DateTime<Utc>>,
    /// Whether its rotation was begun and not finished.
    pub rotating: bool,
    pub problems: Vec<String>,
}

impl Home {
    /// Every secret that is kept here, and what is wrong with it: readable by others, short, or the same as another.
    ///
    /// # Errors
    /// The place can't be read.
    pub fn list(&self) -> anyhow::Result<Vec<Found>> {
        let (mut all, mut seen) = (Vec::new(), HashMap::<String, &str>::new());
        for secret in ALL {
            let Some(values) = self.read(secret)? else { continue };
            // The same two settings are one secret, whoever made it.
            if all.iter().any(|found: &Found| shares(found.secret, secret)) {
                continue;
            }
            let mut problems = Vec::new();
            let mut since = None;
            for (part, value) in secret.parts.iter().zip(values) {
                if value.len() < SHORTEST {
                    problems.push(format!("is shorter than {SHORTEST} characters"));
                }
                if let Some(other) = seen.insert(value, secret.name) {
                    problems.push(format!("is the same as {other}"));
                }
                let path = self.path(part)?;
                let about = fs::metadata(&path).with_context(|| path.display().to_string())?;
                if about.permissions().mode() & 0o004 != 0 {
                    problems.push(format!("can be read by everybody: chmod 600 {}", path.display()));
                }
                since = about.modified().ok().map(DateTime::from).max(since);
            }
            let rotating = self.note_path(secret).exists();
            all.push(Found { secret, since, rotating, problems });
        }
        Ok(all)
    }

    /// The values of a secret; `None` where it is not kept here.
    ///
    /// # Errors
    /// The place can't be read, or has only one of two values.
    pub(super) fn read(&self, secret: &Secret) -> anyhow::Result<Option<Vec<String>>> {
        let values: Vec<Option<String>> =
            secret.parts.iter().map(|part| self.read_part(part)).collect::<Result<_, _>>()?;
        match values.iter().flatten().count() {
            0 => Ok(None),
            found if found == values.len() => Ok(Some(values.into_iter().flatten().collect())),
            _ => bail!("{} has two values, and only one is in {}", secret.name, self.place().display()),
        }
    }

    fn read_part(&self, part: &Part) -> anyhow::Result<Option<String>> {
        match self {
            Self::Folder(folder) => {
                let Some(file) = part.file else { return Ok(None) };
                match fs::read_to_string(folder.join(file)) {
                    Ok(value) => Ok(Some(value.trim().to_owned()).filter(|value| !value.is_empty())),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                    Err(error) => Err(error).with_context(|| folder.join(file).display().to_string()),
                }
            }
            Self::Settings(file) => {
                let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
                let Some(key) = part.setting else { return Ok(None) };
                Ok(setting(&text, key)?.and_then(|value| secret_of(key, &value)))
            }
        }
    }

    /// A setting that goes with the secrets, such as an address, where this is a file of settings.
    ///
    /// # Errors
    /// It can't be read.
    pub(super) fn neighbour(&self, key: &str) -> anyhow::Result<Option<String>> {
        match self {
            Self::Folder(_) => Ok(None),
            Self::Settings(file) => {
                setting(&fs::read_to_string(file).with_context(|| file.display().to_string())?, key)
            }
        }
    }

    /// Replaces old values by new ones, all of them at one moment.
    ///
    /// # Errors
    /// The place can't be written; the old values are there then.
    pub(super) fn publish(&self, secret: &Secret, old: &[String], new: &[String]) -> anyhow::Result<()> {
        match self {
            Self::Folder(folder) => publish_folder(folder, secret, old, new)
                .with_context(|| format!("writing into {}", folder.display())),
            Self::Settings(file) => {
                let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
                let changed = replace(&text, secret, old, new)
                    .with_context(|| format!("{}: change it by hand", file.display()))?;
                write_whole(file, changed.as_bytes()).with_context(|| format!("writing {}", file.display()))
            }
        }
    }

    /// Removes the second folder of a rotation that broke off: before the exchange it is a copy, after it the old one.
    ///
    /// # Errors
    /// It can't be removed.
    pub(super) fn tidy(&self) -> anyhow::Result<()> {
        let Self::Folder(folder) = self else { return Ok(()) };
        match second(folder).filter(|second| second.exists()) {
            Some(second) => {
                fs::remove_dir_all(&second).with_context(|| format!("removing {}", second.display()))
            }
            None => Ok(()),
        }
    }

    /// Where a rotation that is under way is noted.
    pub(super) fn note_path(&self, secret: &Secret) -> PathBuf {
        self.place().join(format!(".rotating-{}.json", secret.name))
    }

    /// The folder in which all of it happens.
    pub(super) fn place(&self) -> &Path {
        match self {
            Self::Folder(folder) => folder,
            Self::Settings(file) => match file.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            },
        }
    }

    fn path(&self, part: &Part) -> anyhow::Result<PathBuf> {
        Ok(match self {
            Self::Folder(folder) => folder.join(part.file.context("it has no file")?),
            Self::Settings(file) => file.clone(),
        })
    }
}

fn shares(one: &Secret, other: &Secret) -> bool {
    one.parts
        .iter()
        .any(|part| other.parts.iter().any(|theirs| part.setting.is_some() && part.setting == theirs.setting))
}

fn setting(text: &str, key: &str) -> anyhow::Result<Option<String>> {
    let whole: Value = toml::from_str(text)?;
    let found = key.split('.').try_fold(&whole, |value, part| value.get(part));
    Ok(found.and_then(Value::as_str).map(str::to_owned))
}

/// The secret in the value of a setting: the value, or the password of an address.
fn secret_of(key: &str, value: &str) -> Option<String> {
    if !key.ends_with(".url") {
        return Some(value.to_owned());
    }
    if let Some((_, parameters)) = value.split_once('?') {
        for parameter in parameters.split('&') {
            if let Some(("pass" | "password", found)) = parameter.split_once('=') {
                return Some(found.to_owned());
            }
        }
    }
    let (login, _) = value.split_once("://")?.1.rsplit_once('@')?;
    login.split_once(':').map(|(_, password)| password.to_owned())
}

/// An address with another password; as it is where it has none.
pub(super) fn with_password(address: &str, password: &str) -> String {
    match secret_of("it.url", address) {
        Some(old) if address.contains(&format!(":{old}@")) => {
            address.replacen(&format!(":{old}@"), &format!(":{password}@"), 1)
        }
        Some(old) => ["pass=", "password="].iter().fold(address.to_owned(), |address, name| {
            address.replacen(&format!("{name}{old}"), &format!("{name}{password}"), 1)
        }),
        None => address.to_owned(),
    }
}

/// The text with new values, comments and all else as they were.
fn replace(text: &str, secret: &Secret, old: &[String], new: &[String]) -> anyhow::Result<String> {
    let mut changed = text.to_owned();
    for ((part, old), new) in secret.parts.iter().zip(old).zip(new) {
        let key = part.setting.context("it is no setting")?;
        let value = setting(&changed, key)?.context("the setting is gone")?;
        let wanted = if key.ends_with(".url") { with_password(&value, new) } else { new.clone() };
        ensure!(
            changed.matches(&value).count() == 1,
            "{key} is written in a way that can't be changed for sure (its value must stand there once, as it is)"
        );
        changed = changed.replacen(&value, &wanted, 1);
        ensure!(
            setting(&changed, key)?.and_then(|value| secret_of(key, &value)).as_ref() == Some(new)
                && old != new,
            "{key} could not be changed"
        );
    }
    Ok(changed)
}

/// One file is renamed into its place; several are put into a second folder, which changes places with the first: both are one
/// step for whoever reads, and for a power cut.
fn publish_folder(folder: &Path, secret: &Secret, old: &[String], new: &[String]) -> anyhow::Result<()> {
    let files: Vec<&str> = secret.parts.iter().filter_map(|part| part.file).collect();
    let environment = folder.join(GARAGE_ENVIRONMENT);
    let environment =
        fs::read_to_string(&environment).ok().filter(|text| old.iter().any(|old| text.contains(old)));
    if let ([file], [value], None) = (&files[..], new, &environment) {
        return write_whole(&folder.join(file), value.as_bytes());
    }
    let second = second(folder).context("it has no name")?;
    link_all(folder, &second)?;
    for (file, value) in files.iter().zip(new) {
        write_whole(&second.join(file), value.as_bytes())?;
    }
    if let Some(mut text) = environment {
        for (old, new) in old.iter().zip(new) {
            text = text.replace(old, new);
        }
        write_whole(&second.join(GARAGE_ENVIRONMENT), text.as_bytes())?;
    }
    exchange(folder, &second).context("the two folders could not change places (is it a mount point?)")?;
    fs::remove_dir_all(&second)?;
    Ok(())
}

/// Where the folder's copy is while it is changed.
fn second(folder: &Path) -> Option<PathBuf> {
    let name = folder.file_name()?.to_string_lossy();
    Some(folder.with_file_name(format!(".{name}.rotating")))
}

/// A second folder with the same files: links, so that owners and rights stay.
fn link_all(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir(to)?;
    let about = fs::metadata(from)?;
    fs::set_permissions(to, about.permissions())?;
    std::os::unix::fs::chown(
        to,
        Some(std::os::unix::fs::MetadataExt::uid(&about)),
        Some(std::os::unix::fs::MetadataExt::gid(&about)),
    )?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            link_all(&entry.path(), &target)?;
        } else {
            fs::hard_link(entry.path(), target)?;
        }
    }
    File::open(to)?.sync_all()?;
    Ok(())
}

fn exchange(one: &Path, other: &Path) -> anyhow::Result<()> {
    let path = |path: &Path| CString::new(path.as_os_str().as_encoded_bytes());
    let (first, second) = (path(one)?, path(other)?);
    // SAFETY: both are C strings that outlive the call.
    let status = unsafe {
        libc::renameat2(
            libc::AT_FDCWD,
            first.as_ptr(),
            libc::AT_FDCWD,
            second.as_ptr(),
            libc::RENAME_EXCHANGE,
        )
    };
    ensure!(status == 0, std::io::Error::last_os_error());
    File::open(one.parent().unwrap_or(Path::new("/")))?.sync_all()?;
    Ok(())
}

/// Writes a file that appears whole, with the owner and the rights of the one it replaces, else for its owner alone.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".new-")
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    if let Ok(about) = fs::metadata(path) {
        let (uid, gid) =
            (std::os::unix::fs::MetadataExt::uid(&about), std::os::unix::fs::MetadataExt::gid(&about));
        std::os::unix::fs::fchown(file.as_file(), Some(uid), Some(gid))?;
        file.as_file().set_permissions(about.permissions())?;
    }
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(folder)?.sync_all()?;
    Ok(())
}
