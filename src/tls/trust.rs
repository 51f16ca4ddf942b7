use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

use super::{Certificate, Contents, provider};

/// Whom this program believes when it calls somebody: the system's authorities, and those that the settings name beside
/// them. Cheap to clone.
///
/// The system's are what OpenSSL would use, so `SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured.
#[derive(Clone, Debug)]
pub struct Trust(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    own: Vec<Authority>,
    system: bool,
    /// Read when first needed: a command that calls nobody needs none.
    roots: OnceLock<Roots>,
}

#[derive(Debug)]
struct Roots {
    store: Arc<RootCertStore>,
    pem: String,
}

/// An authority that the settings name.
#[derive(Clone, Debug)]
pub struct Authority {
    /// The file that it was read from.
    pub file: PathBuf,
    pub certificate: Certificate,
}

/// An entry that can't be trusted, and why.
#[derive(Debug, thiserror::Error)]
#[error("{} {reason}", path.display())]
pub struct TrustError {
    pub path: PathBuf,
    pub reason: String,
}

impl TrustError {
    pub(super) fn new(path: &Path, reason: impl std::fmt::Display) -> Self {
        Self { path: path.to_owned(), reason: reason.to_string() }
    }
}

impl Default for Trust {
    fn default() -> Self {
        Self::system()
    }
}

impl Trust {
    /// The system's authorities and nobody else.
    pub fn system() -> Self {
        Self::of(Vec::new(), true)
    }

    /// The system's authorities and those in `entries`: PEM files, or folders of them. Of a folder with a `ca.crt`, as
    /// `reflector certs` makes it, that file counts; of another every `*.pem` and `*.crt` does.
    ///
    /// # Errors
    /// An entry is missing or empty, or holds a private key or something that is no authority in force.
    pub fn load(entries: &[PathBuf]) -> Result<Self, TrustError> {
        let mut own = Vec::new();
        for entry in entries {
            own.extend(read_entry(entry)?);
        }
        Ok(Self::of(own, true))
    }

    /// The authorities in one file and nobody else, as `sslrootcert` of PostgreSQL means it.
    ///
    /// # Errors
    /// As [`Trust::load`].
    pub fn only(file: &Path) -> Result<Self, TrustError> {
        Ok(Self::of(read_entry(file)?, false))
    }

    fn of(own: Vec<Authority>, system: bool) -> Self {
        Self(Arc::new(Inner { own, system, roots: OnceLock::new() }))
    }

    /// Those beside the system's.
    pub fn authorities(&self) -> &[Authority] {
        &self.0.own
    }

    /// How to speak TLS as a client: 1.2 and 1.3, every certificate verified against these authorities.
    pub fn client_config(&self) -> ClientConfig {
        ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap_or_else(|error| unreachable!("the provider speaks TLS 1.2 and 1.3: {error}"))
            .with_root_certificates(self.roots().store.clone())
            .with_no_client_auth()
    }

    /// The beginning of every HTTP client.
    pub fn http(&self) -> reqwest::ClientBuilder {
        let mut config = self.client_config();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        reqwest::Client::builder().tls_backend_preconfigured(config)
    }

    /// All of them in one text, for those who take only that.
    pub fn pem(&self) -> &str {
        &self.roots().pem
    }

    fn roots(&self) -> &Roots {
        self.0.roots.get_or_init(|| {
            let mut store = RootCertStore::empty();
            let mut pem = String::new();
            let mut add = |der: &CertificateDer<'_>| {
                // Systems carry a few certificates that no verifier takes.
                if store.add(der.clone().into_owned()).is_ok() {
                    pem.push_str(&super::certificate::encode("CERTIFICATE", der));
                }
            };
            if self.0.system {
                let found = rustls_native_certs::load_native_certs();
                for error in found.errors {
                    tracing::warn!(%error, "some of the system's certificate authorities can't be read");
                }
                found.certs.iter().for_each(&mut add);
            }
            self.0.own.iter().map(|authority| &authority.certificate.der).for_each(&mut add);
            Roots { store: Arc::new(store), pem }
        })
    }
}

fn read_entry(entry: &Path) -> Result<Vec<Authority>, TrustError> {
    let found = std::fs::metadata(entry).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => TrustError::new(entry, "is not there"),
        _ => TrustError::new(entry, format!("can't be read: {error}")),
    })?;
    if !found.is_dir() {
        return read_file(entry);
    }
    let ours = entry.join("ca.crt");
    if ours.is_file() {
        return read_file(&ours);
    }
    let listed = std::fs::read_dir(entry)
        .map_err(|error| TrustError::new(entry, format!("can't be read: {error}")))?;
    let mut files: Vec<PathBuf> = listed
        .flatten()
        .map(|file| file.path())
        .filter(|file| file.extension().is_some_and(|ending| ending == "pem" || ending == "crt"))
        .collect();
    if files.is_empty() {
        return Err(TrustError::new(entry, "is a folder without any *.pem or *.crt"));
    }
    files.sort();
    let read: Result<Vec<_>, _> = files.iter().map(|file| read_file(file)).collect();
    Ok(read?.into_iter().flatten().collect())
}

fn read_file(file: &Path) -> Result<Vec<Authority>, TrustError> {
    let bytes =
        std::fs::read(file).map_err(|error| TrustError::new(file, format!("can't be read: {error}")))?;
    authorities(&bytes)
        .map(|found| {
            found.into_iter().map(|certificate| Authority { file: file.to_owned(), certificate }).collect()
        })
        .map_err(|reason| TrustError::new(file, reason))
}

/// The authorities in a file that may hold nothing else. The reason if it does.
pub(super) fn authorities(bytes: &[u8]) -> Result<Vec<Certificate>, String> {
    let text = String::from_utf8_lossy(bytes);
    if text.contains("PRIVATE KEY-----") {
        return Err(
            "holds a private key, which nobody needs in order to trust; name the certificate alone".into()
        );
    }
    let contents = Contents::read(bytes).map_err(|error| error.to_string())?;
    if !text.contains("-----BEGIN ") {
        return Err("is not PEM; `reflector certs import` turns it into PEM".into());
    }
    for certificate in &contents.certificates {
        if let Some(why) = certificate.out_of_date() {
            return Err(format!("holds {}, which {why}", certificate.subject));
        }
        if !certificate.authority {
            let subject = &certificate.subject;
            return Err(format!(
                "holds {subject}, which is not the certificate of an authority; name its issuer's"
            ));
        }
    }
    Ok(contents.certificates)
}
