use rustls::pki_types::PrivateKeyDer;

use super::certificate::{Certificate, encode};

/// A private key. Its bytes are shown by nothing but [`Key::pem`].
pub struct Key {
    der: PrivateKeyDer<'static>,
    /// SubjectPublicKeyInfo of its other half.
    public: Vec<u8>,
}

/// A private key that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(
        "holds a private key locked with a password; unlock it with `openssl pkey -in FILE -out FILE.open`"
    )]
    Locked,
    #[error(
        "holds a private key of a kind that is not used here; RSA from 2048 bits, P-256, P-384 and Ed25519 are"
    )]
    Unknown,
}

impl Key {
    /// # Errors
    /// The bytes are no PKCS#8, PKCS#1 or SEC1 key, or one for an algorithm that nobody here computes.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let der = PrivateKeyDer::try_from(der).map_err(|_| KeyError::Unknown)?.clone_key();
        let signer = rustls::crypto::ring::sign::any_supported_type(&der).map_err(|_| KeyError::Unknown)?;
        let public = signer.public_key().ok_or(KeyError::Unknown)?.to_vec();
        Ok(Self { der, public })
    }

    pub fn matches(&self, certificate: &Certificate) -> bool {
        certificate.public_key() == self.public
    }

    pub fn pem(&self) -> String {
        let tag = match &self.der {
            PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
            PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
            _ => "PRIVATE KEY",
        };
        encode(tag, self.der.secret_der())
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").finish_non_exhaustive()
    }
}
