//! Certificates: how they are read, and whom this program trusts when it calls somebody.
//!
//! [`Trust`] is made once when a command starts and handed to everything that makes TLS connections; nothing else decides
//! who is trusted. [`site`] is the other direction: the certificate that visitors are offered to trust.

mod announce;
mod certificate;
mod key;
pub mod site;
mod trust;

pub use announce::announce;
pub use certificate::{Certificate, Contents, ReadError};
pub use key::{Key, KeyError};
pub use trust::{Authority, Trust, TrustError};

/// The one implementation of cryptography, also where somebody asks for a default.
pub fn provider() -> std::sync::Arc<rustls::crypto::CryptoProvider> {
    // Already installed when another part of the program came first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    std::sync::Arc::new(rustls::crypto::ring::default_provider())
}
