//! Encryption of an archive: age, with a passphrase or for X25519 recipients.

use std::io::{self, BufRead, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use age::secrecy::SecretString;
use age::{Decryptor, Encryptor, stream::StreamWriter};
use anyhow::{Context, bail, ensure};

/// How every age file begins.
pub(super) const MAGIC: &[u8] = b"age-encryption.org/";
/// Shorter passphrases can be guessed from the archive alone.
const SHORTEST: usize = 12;
/// The most work (as a power of two) that opening may cost: an archive from a fast machine opens on a slow one.
const MOST_WORK: u8 = 22;

/// With what an archive is closed.
pub enum Lock {
    Open,
    Passphrase(SecretString),
    Recipients(Vec<age::x25519::Recipient>),
}

/// With what it is opened.
pub enum Key {
    None,
    Passphrase(SecretString),
    Identities(Vec<Box<dyn age::Identity>>),
}

impl Lock {
    /// From the files that the operator named.
    ///
    /// # Errors
    /// A file can't be read, everybody can read it, or it holds no passphrase or recipient that can be used.
    pub fn from_files(passphrase: Option<&Path>, recipients: Option<&Path>) -> anyhow::Result<Self> {
        match (passphrase, recipients) {
            (Some(file), _) => Ok(Self::Passphrase(read_passphrase(file)?)),
            (None, Some(file)) => {
                let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
                let lines =
                    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
                let recipients: Vec<_> = lines
                    .map(|line| {
                        line.parse().map_err(|error| {
                            anyhow::anyhow!(
                                "{}: {line:?} is no age recipient (age1…): {error}",
                                file.display()
                            )
                        })
                    })
                    .collect::<Result<_, _>>()?;
                ensure!(!recipients.is_empty(), "{} names no recipient (age1…)", file.display());
                Ok(Self::Recipients(recipients))
            }
            (None, None) => Ok(Self::Open),
        }
    }

    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }

    /// A writer that encrypts into `inner`, and the key with which the result can be read back.
    ///
    /// For recipients, whose keys are elsewhere, that is a key of this moment, which is kept nowhere.
    pub(super) fn close<W: Write>(&self, inner: W) -> anyhow::Result<(Sealed<W>, Key)> {
        Ok(match self {
            Self::Open => (Sealed::Open(inner), Key::None),
            Self::Passphrase(passphrase) => {
                let writer = Encryptor::with_user_passphrase(passphrase.clone()).wrap_output(inner)?;
                (Sealed::Age(writer), Key::Passphrase(passphrase.clone()))
            }
            Self::Recipients(recipients) => {
                let own = age::x25519::Identity::generate();
                let reader = own.to_public();
                let all = recipients.iter().chain([&reader]).map(|one| one as &dyn age::Recipient);
                let writer = Encryptor::with_recipients(all)?.wrap_output(inner)?;
                (Sealed::Age(writer), Key::Identities(vec![Box::new(own)]))
            }
        })
    }
}

impl Key {
    /// From the files that the operator named.
    ///
    /// # Errors
    /// A file can't be read, everybody can read it, or it holds no key.
    pub fn from_files(passphrase: Option<&Path>, identities: Option<&Path>) -> anyhow::Result<Self> {
        match (passphrase, identities) {
            (Some(file), _) => Ok(Self::Passphrase(read_passphrase(file)?)),
            (None, Some(file)) => {
                not_for_everybody(file)?;
                let found = age::IdentityFile::from_file(file.display().to_string()).with_context(|| {
                    format!("{} holds no age identity (AGE-SECRET-KEY-1…)", file.display())
                })?;
                Ok(Self::Identities(found.into_identities()?))
            }
            (None, None) => Ok(Self::None),
        }
    }

    /// The plain text of what `inner` holds, encrypted or not.
    pub(super) fn open<'a>(&self, mut inner: impl BufRead + 'a) -> anyhow::Result<Box<dyn Read + 'a>> {
        let encrypted = inner.fill_buf()?.starts_with(MAGIC);
        if !encrypted {
            return Ok(Box::new(inner));
        }
        let decryptor = Decryptor::new_buffered(inner)?;
        let opened = match self {
            Self::None => bail!("it is encrypted: name --passphrase-file or --identity-file"),
            Self::Passphrase(_) if !decryptor.is_scrypt() => {
                bail!("it is encrypted for recipients: name --identity-file, not a passphrase")
            }
            Self::Identities(_) if decryptor.is_scrypt() => {
                bail!("it is encrypted with a passphrase: name --passphrase-file, not an identity")
            }
            Self::Passphrase(passphrase) => {
                let mut identity = age::scrypt::Identity::new(passphrase.clone());
                identity.set_max_work_factor(MOST_WORK);
                decryptor
                    .decrypt(std::iter::once(&identity as &dyn age::Identity))
                    .context("the passphrase is not its own")?
            }
            Self::Identities(all) => decryptor
                .decrypt(all.iter().map(|one| &**one))
                .context("it is encrypted for none of these identities")?,
        };
        Ok(Box::new(opened))
    }
}

/// Where an archive goes through on its way out.
pub(super) enum Sealed<W: Write> {
    Open(W),
    Age(StreamWriter<W>),
}

impl<W: Write> Sealed<W> {
    /// Writes what is left and gives back what is below.
    pub(super) fn finish(self) -> io::Result<W> {
        match self {
            Self::Open(inner) => Ok(inner),
            Self::Age(writer) => writer.finish(),
        }
    }
}

impl<W: Write> Write for Sealed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Open(inner) => inner.write(bytes),
            Self::Age(writer) => writer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Open(inner) => inner.flush(),
            Self::Age(writer) => writer.flush(),
        }
    }
}

fn read_passphrase(file: &Path) -> anyhow::Result<SecretString> {
    not_for_everybody(file)?;
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let passphrase = text.lines().next().unwrap_or_default().trim();
    ensure!(
        passphrase.chars().count() >= SHORTEST,
        "{}: its first line, the passphrase, is shorter than {SHORTEST} characters",
        file.display()
    );
    Ok(SecretString::from(passphrase.to_owned()))
}

fn not_for_everybody(file: &Path) -> anyhow::Result<()> {
    let mode = std::fs::metadata(file).with_context(|| file.display().to_string())?.mode();
    ensure!(mode & 0o004 == 0, "{} can be read by everybody: chmod 600 it first", file.display());
    Ok(())
}
