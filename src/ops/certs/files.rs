//! Writing so that nobody ever reads half: a file appears by its rename, and certificate and key change together.

use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::Path;

use anyhow::Context;

use super::Folder;

/// What only its owner may read.
pub(super) const SECRET: u32 = 0o600;
pub(super) const PUBLIC: u32 = 0o644;

/// Where the pairs of certificate and key are; [`CURRENT`] names the one in use.
const PAIRS: &str = ".pairs";
const CURRENT: &str = ".current";
const FILES: [&str; 2] = ["server-key.pem", "server.pem"];

/// Makes the folder if it is not there. One that is there keeps its mode.
pub(super) fn make(folder: &Folder) -> anyhow::Result<()> {
    let path = folder.path();
    if path.is_dir() { Ok(()) } else { open_folder(path).with_context(|| path.display().to_string()) }
}

/// A folder that anybody may look into, whatever the umask says: what is secret in it has a mode of its own.
fn open_folder(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o755))
}

/// Writes a file that was not there, whole or not at all.
///
/// # Errors
/// It is there already: then it stays as it is.
pub(super) fn create(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let new = beside(path);
    write(&new, text, mode)?;
    let linked = std::fs::hard_link(&new, path);
    std::fs::remove_file(&new)?;
    linked?;
    sync_parent(path)
}

/// Writes a file, or puts the new one in the old one's place.
pub(super) fn replace(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let new = beside(path);
    write(&new, text, mode)?;
    std::fs::rename(&new, path)?;
    sync_parent(path)
}

/// Puts a new server certificate and its key in place in one step.
///
/// `server.pem` and `server-key.pem` are links that lead through the link `.current` to a folder with both files; turning
/// that one link is the step. The pair before stays until the next one, so that whoever has just opened one file finds the other.
pub(super) fn replace_pair(folder: &Folder, chain: &str, key: &str) -> anyhow::Result<()> {
    let root = folder.path();
    let name = format!("{}-{:08x}", crate::clock::now().format("%Y%m%dT%H%M%S"), rand::random::<u32>());
    let pair = root.join(PAIRS).join(&name);
    open_folder(&root.join(PAIRS))
        .and_then(|()| open_folder(&pair))
        .with_context(|| pair.display().to_string())?;
    write(&pair.join("server-key.pem"), key, SECRET)?;
    write(&pair.join("server.pem"), chain, PUBLIC)?;
    sync_parent(&pair.join("server.pem"))?;
    if !linked(folder) {
        adopt(folder)?;
    }
    let before = std::fs::read_link(root.join(CURRENT)).ok();
    turn(&root.join(CURRENT), &Path::new(PAIRS).join(&name))?;
    lead(folder)?;
    let kept = [Some(name.into()), before.as_deref().and_then(Path::file_name).map(ToOwned::to_owned)];
    for old in std::fs::read_dir(root.join(PAIRS))?.flatten() {
        if !kept.contains(&Some(old.file_name())) {
            std::fs::remove_dir_all(old.path())?;
        }
    }
    Ok(())
}

/// Makes a pair that lies in the folder as two plain files the current one, with the names leading to it.
fn adopt(folder: &Folder) -> anyhow::Result<()> {
    let (Ok(chain), Ok(key)) =
        (std::fs::read_to_string(folder.server()), std::fs::read_to_string(folder.server_key()))
    else {
        return Ok(());
    };
    let name = format!("found-{:08x}", rand::random::<u32>());
    let pair = folder.path().join(PAIRS).join(&name);
    open_folder(&pair)?;
    write(&pair.join("server-key.pem"), &key, SECRET)?;
    write(&pair.join("server.pem"), &chain, PUBLIC)?;
    turn(&folder.path().join(CURRENT), &Path::new(PAIRS).join(&name))?;
    lead(folder)
}

/// Whether both names lead through [`CURRENT`].
fn linked(folder: &Folder) -> bool {
    FILES.iter().all(|file| leads(folder, file))
}

fn leads(folder: &Folder, file: &str) -> bool {
    std::fs::read_link(folder.path().join(file)).is_ok_and(|to| to == Path::new(CURRENT).join(file))
}

fn lead(folder: &Folder) -> anyhow::Result<()> {
    for file in FILES.iter().filter(|file| !leads(folder, file)) {
        turn(&folder.path().join(file), &Path::new(CURRENT).join(file))?;
    }
    Ok(())
}

/// Makes `link` lead to `to`, whatever was there before.
fn turn(link: &Path, to: &Path) -> anyhow::Result<()> {
    let new = beside(link);
    symlink(to, &new).with_context(|| new.display().to_string())?;
    std::fs::rename(&new, link).with_context(|| link.display().to_string())?;
    Ok(sync_parent(link)?)
}

fn beside(path: &Path) -> std::path::PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    path.with_file_name(format!(".{name}.{:08x}", rand::random::<u32>()))
}

fn write(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    // The umask may have taken away what others need to read.
    file.set_permissions(Permissions::from_mode(mode))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(parent)?.sync_all()
}
