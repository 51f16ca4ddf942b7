//! Reading an archive: every entry against its size and sum, wherever the archive lies.

use std::io::{self, BufRead, BufReader, Read};

use anyhow::{Context, bail, ensure};
use sha2::{Digest, Sha256};

use super::manifest::{self, Entry, FORMAT, Manifest};
use super::progress::Watch;
use super::seal::Key;
use super::write::Hashing;

const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Lists of a million objects stay below this; more is no list of ours.
const LONGEST_LIST: u64 = 2_000_000_000;

/// Reads an archive from end to end. `visit` is given each entry before the manifest, and may read it or not.
///
/// # Errors
/// The archive can't be opened, is cut off or damaged (the entry is named), or `visit` fails.
pub(super) fn walk(
    source: impl Read,
    key: &Key,
    watch: &dyn Watch,
    mut visit: impl FnMut(&str, &mut dyn Read) -> anyhow::Result<()>,
) -> anyhow::Result<Manifest> {
    let opened = key.open(BufReader::with_capacity(128 * 1024, source))?;
    let mut plain = BufReader::with_capacity(128 * 1024, opened);
    let compressed = plain.fill_buf().context("its beginning is damaged")?.starts_with(&ZSTD);
    let plain: Box<dyn Read> =
        if compressed { Box::new(zstd::stream::read::Decoder::with_buffer(plain)?) } else { Box::new(plain) };
    let mut archive = tar::Archive::new(plain);

    let (mut seen, mut listed, mut sum) = (Vec::<Entry>::new(), None, None);
    let after = |seen: &[Entry]| seen.last().map_or("its beginning".to_owned(), |entry| entry.name.clone());
    for entry in archive.entries()? {
        let mut entry = entry.with_context(|| format!("it is damaged or cut off after {}", after(&seen)))?;
        let name = String::from_utf8(entry.path_bytes().into_owned())
            .with_context(|| format!("an entry after {} has no readable name", after(&seen)))?;
        let announced = entry.size();
        let mut data = Hashing::new(&mut entry, Some(watch));
        let visited = match &*name {
            manifest::MANIFEST => text(&mut data, announced, &name).map(|text| listed = Some(text)),
            manifest::MANIFEST_SUM => text(&mut data, announced, &name).map(|text| sum = Some(text)),
            _ => visit(&name, &mut data),
        };
        // What the visitor left is read too: it has to be whole.
        let outcome = visited.and_then(|()| Ok(io::copy(&mut data, &mut io::sink()).map(|_| ())?));
        if let Some(why) = &data.broken {
            bail!("{name} is damaged or cut off: {why}");
        }
        outcome.with_context(|| name.clone())?;
        ensure!(data.size == announced, "{name} is cut off: {} of {announced} bytes", data.size);
        let size = data.size;
        seen.push(Entry { name, size, sha256: data.sum() });
    }
    // A program that hands it over must come to its end to say how it ended.
    io::copy(&mut archive.into_inner(), &mut io::sink())
        .with_context(|| format!("it is damaged or cut off after {}", after(&seen)))?;
    let (Some(listed), Some(sum)) = (listed, sum) else {
        bail!("it is cut off after {}: the manifest at its end is missing", after(&seen));
    };
    let found = hex::encode(Sha256::digest(&listed));
    ensure!(sum.trim_ascii() == found.as_bytes(), "{} is damaged: its sum is another", manifest::MANIFEST);
    let manifest: Manifest = serde_json::from_slice(&listed).context(manifest::MANIFEST)?;
    let format = manifest.about.format;
    ensure!(format == FORMAT, "it has format {format}, and this program reads {FORMAT}: use a newer one");
    compare(&manifest.entries, &seen[..seen.len() - 2])?;
    Ok(manifest)
}

fn text(data: &mut impl Read, announced: u64, name: &str) -> anyhow::Result<Vec<u8>> {
    ensure!(announced <= LONGEST_LIST, "{name} is damaged: it can't be {announced} bytes long");
    let mut text = Vec::new();
    data.read_to_end(&mut text)?;
    Ok(text)
}

/// Names the first entry that is not as the manifest has it.
fn compare(listed: &[Entry], seen: &[Entry]) -> anyhow::Result<()> {
    for (listed, seen) in listed.iter().zip(seen) {
        ensure!(listed.name == seen.name, "{} is missing; {} is in its place", listed.name, seen.name);
        ensure!(
            listed.size == seen.size && listed.sha256 == seen.sha256,
            "{} is damaged: sha256 {}, expected {}",
            listed.name,
            seen.sha256,
            listed.sha256
        );
    }
    match listed.get(seen.len()).or_else(|| seen.get(listed.len())) {
        Some(entry) if listed.len() > seen.len() => bail!("{} is missing", entry.name),
        Some(entry) => bail!("{} is in no list", entry.name),
        None => Ok(()),
    }
}
