//! Certificates of one's own: make an authority, issue and renew the server's certificate, show what is there, and take in
//! what somebody else issued.
//!
//! All of it lives in one folder: `ca.crt` and `ca.key` (the authority), `server.pem` (the server's certificate, then the
//! intermediates) and `server-key.pem`. An authority from elsewhere has no `ca.key`; a folder may hold an authority alone.

mod files;
mod import;
mod issue;
mod pkcs12;
mod renew;
mod show;

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::tls::{Certificate, Contents};

pub use import::{Imported, Source, import};
pub use issue::{Name, NewAuthority, NewServer, init, issue};
pub use renew::{Renewal, renew};
pub use show::{Entry, show};

/// Browsers of one maker take no longer certificate, not even from an authority that its user trusts.
pub const LONGEST_DAYS: u32 = 825;

/// Where everything is.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn authority(&self) -> PathBuf {
        self.0.join("ca.crt")
    }

    pub fn authority_key(&self) -> PathBuf {
        self.0.join("ca.key")
    }

    pub fn server(&self) -> PathBuf {
        self.0.join("server.pem")
    }

    pub fn server_key(&self) -> PathBuf {
        self.0.join("server-key.pem")
    }
}

/// How trust stores list an authority that nobody named: with the machine's name, so that two can be told apart.
pub fn default_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let mut name = format!("Reflector CA {}", host.trim()).trim_end().to_owned();
    name.truncate(64);
    name
}

/// What a file holds, with its name where it holds nothing of use.
fn read(path: &Path) -> anyhow::Result<Contents> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    Contents::read(&bytes).with_context(|| path.display().to_string())
}

/// The first certificate of a file.
fn first(path: &Path) -> anyhow::Result<Certificate> {
    let found = read(path)?.certificates.into_iter().next();
    found.with_context(|| format!("{} holds no certificate", path.display()))
}
