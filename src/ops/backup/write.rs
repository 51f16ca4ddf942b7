//! Writing an archive: a tar whose every entry is hashed on its way, compressed entry by entry.

use std::io::{self, Read, Write};

use anyhow::Context;
use sha2::{Digest, Sha256};
use zstd::stream::write::Encoder;

use super::manifest::{self, Entry, Manifest};
use super::progress::Watch;

/// zstd's own default: sound hardly shrinks, words shrink to a fifth.
const LEVEL: i32 = 3;

/// An archive being written into `W`.
pub(super) struct Writer<'a, W: Write> {
    tar: tar::Builder<Frames<W>>,
    entries: Vec<Entry>,
    made: u64,
    watch: &'a dyn Watch,
}

impl<'a, W: Write> Writer<'a, W> {
    /// Compressed, or not where what takes it compresses and looks for what it has already.
    pub(super) fn new(
        inner: W,
        compress: bool,
        made: chrono::DateTime<chrono::Utc>,
        watch: &'a dyn Watch,
    ) -> Self {
        let frames =
            Frames { state: Some(if compress { State::Between(inner) } else { State::Plain(inner) }) };
        let made = made.timestamp().unsigned_abs();
        Self { tar: tar::Builder::new(frames), entries: Vec::new(), made, watch }
    }

    /// Adds an entry of exactly `size` bytes.
    ///
    /// # Errors
    /// What takes the archive can't, `data` breaks off or has another size, or the operator said stop. The archive can't be
    /// used then.
    pub(super) fn add(&mut self, name: &str, size: u64, data: impl Read) -> anyhow::Result<()> {
        self.put(name, 0o600, size, data)
    }

    /// Adds a file with its rights.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub(super) fn put(&mut self, name: &str, mode: u32, size: u64, data: impl Read) -> anyhow::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(mode);
        header.set_mtime(self.made);
        header.set_entry_type(tar::EntryType::Regular);
        let mut hashing = Hashing::new(data.take(size), Some(self.watch));
        self.tar.append_data(&mut header, name, &mut hashing).with_context(|| format!("writing {name}"))?;
        anyhow::ensure!(
            hashing.size == size,
            "reading {name}: {} bytes came and {size} were announced",
            hashing.size
        );
        let sha256 = hashing.sum();
        self.entries.push(Entry { name: name.to_owned(), size, sha256 });
        self.tar.get_mut().end_frame().with_context(|| format!("writing {name}"))
    }

    /// Writes the manifest and the end; gives back what is below.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub(super) fn finish(
        mut self,
        complete: impl FnOnce(Vec<Entry>) -> Manifest,
    ) -> anyhow::Result<(Manifest, W)> {
        let manifest = complete(self.entries.clone());
        let text = serde_json::to_vec_pretty(&manifest)?;
        let sum = format!("{}\n", hex::encode(Sha256::digest(&text)));
        self.add(manifest::MANIFEST, text.len() as u64, &*text)?;
        self.add(manifest::MANIFEST_SUM, sum.len() as u64, sum.as_bytes())?;
        let inner = self.tar.into_inner()?.into_inner()?;
        Ok((manifest, inner))
    }
}

/// Reads through and takes the sum of what passes.
pub(super) struct Hashing<'a, R> {
    inner: R,
    hash: Sha256,
    pub(super) size: u64,
    /// What the source said when it broke.
    pub(super) broken: Option<String>,
    watch: Option<&'a dyn Watch>,
}

impl<'a, R: Read> Hashing<'a, R> {
    pub(super) fn new(inner: R, watch: Option<&'a dyn Watch>) -> Self {
        Self { inner, hash: Sha256::new(), size: 0, broken: None, watch }
    }

    pub(super) fn sum(self) -> String {
        hex::encode(self.hash.finalize())
    }
}

impl<R: Read> Read for Hashing<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(watch) = self.watch
            && watch.stopped()
        {
            return Err(io::Error::other("stopped, as was asked"));
        }
        let read = self.inner.read(buffer).inspect_err(|error| self.broken = Some(error.to_string()))?;
        self.hash.update(&buffer[..read]);
        self.size += read as u64;
        if let Some(watch) = self.watch {
            watch.passed(read as u64);
        }
        Ok(read)
    }
}

/// Compresses what passes, one zstd frame an entry, so that damage has one place. Frames in a row are one stream to every
/// program that reads zstd.
struct Frames<W: Write> {
    /// `None` only after an error.
    state: Option<State<W>>,
}

enum State<W: Write> {
    Plain(W),
    Between(W),
    Within(Encoder<'static, W>),
}

impl<W: Write> Frames<W> {
    fn end_frame(&mut self) -> io::Result<()> {
        self.state = Some(match self.state.take().ok_or_else(broken)? {
            State::Within(encoder) => State::Between(encoder.finish()?),
            other => other,
        });
        Ok(())
    }

    fn into_inner(mut self) -> io::Result<W> {
        self.end_frame()?;
        match self.state.ok_or_else(broken)? {
            State::Plain(inner) | State::Between(inner) => Ok(inner),
            State::Within(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for Frames<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let state = match self.state.take().ok_or_else(broken)? {
            State::Between(inner) => State::Within(Encoder::new(inner, LEVEL)?),
            other => other,
        };
        match self.state.insert(state) {
            State::Within(encoder) => encoder.write(bytes),
            State::Plain(inner) | State::Between(inner) => inner.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.state.as_mut().ok_or_else(broken)? {
            State::Within(encoder) => encoder.flush(),
            State::Plain(inner) | State::Between(inner) => inner.flush(),
        }
    }
}

fn broken() -> io::Error {
    io::Error::other("an earlier write failed")
}
