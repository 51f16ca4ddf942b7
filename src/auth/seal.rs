//! What is kept so that only whoever shows a secret can read it, of which the database has a hash: what an identity provider gave, for the
//! session's cookie; the answer to a request, for its `Idempotency-Key`.
//!
//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha), a random nonce of 24 bytes before the text. The cookie's secret has 256 bits, so one
//! round of SHA-256 over it makes the key (a client's key is worth what the client made it of); what is hashed begins otherwise than for the
//! hash in the database.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

const NONCE: usize = 24;

fn cipher(secret: &str) -> XChaCha20Poly1305 {
    let key = Sha256::new().chain_update(b"provider tokens\0").chain_update(secret).finalize();
    XChaCha20Poly1305::new(&key)
}

/// `text` as only whoever has `secret` can read it; `None` if it is too long for the cipher, which nothing here is.
pub fn seal(secret: &str, text: &[u8]) -> Option<String> {
    let nonce = super::secret::bytes::<NONCE>();
    let sealed = cipher(secret).encrypt(XNonce::from_slice(&nonce), text).ok()?;
    Some(STANDARD_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
}

/// What was sealed with `secret`, if it is whole.
pub fn open(secret: &str, sealed: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD_NO_PAD.decode(sealed).ok()?;
    let (nonce, sealed) = bytes.split_at_checked(NONCE)?;
    cipher(secret).decrypt(XNonce::from_slice(nonce), sealed).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_secret_opens_what_was_sealed_and_nothing_changed_passes() {
        let (one, other) = (seal("cookie", b"tokens").unwrap(), seal("cookie", b"tokens").unwrap());
        assert_ne!(one, other, "each has a nonce of its own");
        assert_eq!(open("cookie", &one).as_deref(), Some(b"tokens".as_slice()));
        assert_eq!(open("another", &one), None);
        let mut bytes = STANDARD_NO_PAD.decode(&one).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        assert_eq!(open("cookie", &STANDARD_NO_PAD.encode(bytes)), None);
        assert_eq!(open("cookie", "c2hvcnQ"), None);
    }
}
