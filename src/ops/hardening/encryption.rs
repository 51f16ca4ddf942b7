//! What encrypts the disk under a folder.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::facts::{ask, nearest};
use super::{Fail, Outcome, Pass, hidden};

/// Weakest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sealed {
    No,
    /// dm-crypt without a header.
    Plain,
    Luks1,
    Luks2,
    /// With the cipher.
    Zfs(String),
}

/// H-53 and H-54 of one folder.
pub(super) async fn check(data: &Path) -> [(&'static str, Outcome); 2] {
    let there = nearest(data).display().to_string();
    let (encrypted, changed) = match of(data).await {
        Err(why) => (hidden(&why), hidden(&why)),
        Ok(sealed) => (encrypted(&sealed, &there), changed(&sealed)),
    };
    [("H-53", encrypted), ("H-54", changed)]
}

fn encrypted(sealed: &Sealed, there: &str) -> Outcome {
    match sealed {
        Sealed::No => Fail(format!("{there} is on no encrypted disk")),
        Sealed::Plain => Pass(format!("{there} is on plain dm-crypt")),
        Sealed::Luks1 => Pass(format!("{there} is on LUKS1")),
        Sealed::Luks2 => Pass(format!("{there} is on LUKS2")),
        Sealed::Zfs(cipher) => Pass(format!("{there} is on ZFS with {cipher}")),
    }
}

fn changed(sealed: &Sealed) -> Outcome {
    match sealed {
        Sealed::No => Fail("what is not encrypted (H-53) has no key".into()),
        Sealed::Plain => Fail("plain dm-crypt: the pass phrase is the key, and can't be changed".into()),
        Sealed::Luks1 => {
            Fail("LUKS1: pass phrases can be changed, keys of a TPM and of mounted volumes not".into())
        }
        Sealed::Luks2 => Pass("LUKS2; docs/SECURITY.md, \"Keys of the disk\"".into()),
        Sealed::Zfs(_) => Pass("`zfs change-key`; docs/SECURITY.md, \"Keys of the disk\"".into()),
    }
}

/// # Errors
/// It can't be told, and why.
async fn of(data: &Path) -> Result<Sealed, String> {
    let there = nearest(data).canonicalize().map_err(|error| error.to_string())?;
    let number = std::fs::metadata(&there).map_err(|error| error.to_string())?.dev();
    if let Some(block) = block(number) {
        return Ok(crypt(&block, 0));
    }
    // File systems that span disks have numbers of their own: who made the mount tells.
    let mounts = std::fs::read("/proc/self/mountinfo").map_err(|error| error.to_string())?;
    let (kind, source) =
        mounted(&mounts, &there).ok_or_else(|| format!("{} is not mounted", there.display()))?;
    if kind == "zfs" {
        let said = ask("zfs", &["get", "-H", "-o", "value", "encryption", &source.to_string_lossy()]).await?;
        return Ok(zfs(&said));
    }
    let device = std::fs::metadata(&source).ok().and_then(|device| block(device.rdev()));
    match device {
        Some(block) => Ok(crypt(&block, 0)),
        None => Err(format!("{} is on {kind}, on no disk of its own", there.display())),
    }
}

/// The kernel's folder of a block device.
fn block(number: u64) -> Option<PathBuf> {
    let (major, minor) = (libc::major(number), libc::minor(number));
    PathBuf::from(format!("/sys/dev/block/{major}:{minor}")).canonicalize().ok()
}

/// Devices on top of others (LVM, RAID) are followed down; they are as good as the weakest.
fn crypt(block: &Path, depth: u8) -> Sealed {
    let uuid = std::fs::read_to_string(block.join("dm/uuid")).unwrap_or_default();
    let kinds =
        [("CRYPT-LUKS2-", Sealed::Luks2), ("CRYPT-LUKS1-", Sealed::Luks1), ("CRYPT-PLAIN-", Sealed::Plain)];
    if let Some((_, kind)) = kinds.into_iter().find(|(start, _)| uuid.starts_with(start)) {
        return kind;
    }
    // A partition's disk is no `slave` of it, but may be one of another device.
    let below = match std::fs::read_dir(block.join("slaves")) {
        Ok(below) if depth < 8 => below,
        _ => return Sealed::No,
    };
    let below = below.flatten().filter_map(|entry| entry.path().canonicalize().ok());
    below.map(|block| crypt(&block, depth + 1)).min().unwrap_or(Sealed::No)
}

/// Kind and source of the file system that `path` is on, from /proc/self/mountinfo.
fn mounted(mounts: &[u8], path: &Path) -> Option<(String, PathBuf)> {
    let found = mounts.split(|byte| *byte == b'\n').filter_map(|line| {
        let mut fields = line.split(|byte| *byte == b' ');
        let point = unescaped(fields.nth(4)?);
        let mut after = fields.skip_while(|field| *field != b"-").skip(1);
        let kind = String::from_utf8_lossy(after.next()?).into_owned();
        path.starts_with(&point).then_some((point, kind, unescaped(after.next()?)))
    });
    // The innermost; of several on one folder, the last covers the others.
    found.max_by_key(|(point, ..)| point.components().count()).map(|(_, kind, source)| (kind, source))
}

/// The kernel writes blanks and backslashes as three octal digits.
fn unescaped(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..3).filter(|_| *first == b'\\');
        let code = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[3..] } else { after };
    }
    PathBuf::from(OsStr::from_bytes(&bytes))
}

/// What `zfs get encryption` says.
fn zfs(said: &str) -> Sealed {
    match said.trim() {
        "off" | "-" | "" => Sealed::No,
        cipher => Sealed::Zfs(cipher.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device as sysfs shows it: its `dm/uuid`, and those below it.
    fn device(root: &Path, name: &str, uuid: &str, below: &[&Path]) -> PathBuf {
        let block = root.join(name);
        std::fs::create_dir_all(block.join("slaves")).unwrap();
        std::fs::create_dir_all(block.join("dm")).unwrap();
        std::fs::write(block.join("dm/uuid"), uuid).unwrap();
        for (place, other) in below.iter().enumerate() {
            std::os::unix::fs::symlink(other, block.join(format!("slaves/{place}"))).unwrap();
        }
        block
    }

    #[test]
    fn layers_are_followed_down_to_the_weakest() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let disk = device(root, "disk", "", &[]);
        let luks = device(root, "luks", "CRYPT-LUKS2-0123-name", &[&disk]);
        let plain = device(root, "plain", "CRYPT-PLAIN-name", &[&disk]);
        let verity = device(root, "verity", "CRYPT-VERITY-0123-usr", &[&disk]);
        let volume = |name, below: &[&Path]| crypt(&device(root, name, "LVM-0123", below), 0);
        assert_eq!(crypt(&luks, 0), Sealed::Luks2);
        assert_eq!(crypt(&disk, 0), Sealed::No);
        assert_eq!(crypt(&verity, 0), Sealed::No, "checked, not encrypted");
        assert_eq!(volume("one", &[&luks]), Sealed::Luks2);
        assert_eq!(volume("two", &[&luks, &plain]), Sealed::Plain);
        assert_eq!(volume("three", &[&luks, &disk]), Sealed::No);
    }

    #[test]
    fn the_innermost_mount_is_found() {
        let mounts = b"22 1 0:20 / / rw shared:1 - btrfs /dev/mapper/root rw,subvol=/root\n\
            30 22 0:40 / /srv/my\\040data rw - zfs tank/media rw,xattr\n\
            31 22 0:41 / /srv/my rw - tmpfs tmpfs rw\n";
        let of = |path: &str| mounted(mounts, Path::new(path)).unwrap();
        assert_eq!(of("/var/lib"), ("btrfs".into(), "/dev/mapper/root".into()));
        assert_eq!(of("/srv/my data/objects"), ("zfs".into(), "tank/media".into()));
        assert_eq!(of("/srv/my/objects").0, "tmpfs");
    }

    #[test]
    fn a_key_can_be_changed_where_there_is_one() {
        let pass = |outcome: Outcome| matches!(outcome, Pass(_));
        assert!(pass(changed(&Sealed::Luks2)) && pass(changed(&zfs("aes-256-gcm\n"))));
        for weak in [Sealed::No, Sealed::Plain, Sealed::Luks1, zfs("off\n")] {
            assert!(!pass(changed(&weak)), "{weak:?}");
        }
        assert!(pass(encrypted(&Sealed::Plain, "/data")) && !pass(encrypted(&Sealed::No, "/data")));
    }
}
