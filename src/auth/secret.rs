//! Random texts that prove something: sessions, API keys, set-up codes. Only their hash is kept. They have 256 bits (set-up codes
//! 80, for an hour), so one round of SHA-256 is enough: there is nothing to guess.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use rand::TryRngCore;
use sha2::{Digest, Sha256};

/// What every API key begins with, so that people and scanners know one when they see it.
pub const KEY_PREFIX: &str = "rfl_";
/// Characters of a key that lists show.
const SHOWN: usize = 12;
/// Letters and digits that can't be taken for each other.
const READABLE: &[u8; 32] = b"ABCDEFGHJKMNPQRSTUVWXYZ123456789";

/// 32 random bytes as text for a cookie or header.
///
/// # Panics
/// The system has no random numbers; nothing that follows would be safe.
pub fn random() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// A new API key.
pub fn api_key() -> String {
    format!("{KEY_PREFIX}{}", random())
}

/// The part of an API key that may be shown again.
pub fn shown(key: &str) -> String {
    key.chars().take(SHOWN).collect()
}

/// A set-up code to be typed: four groups of four letters and digits.
pub fn setup_code() -> String {
    let letters: Vec<char> =
        bytes::<16>().iter().map(|byte| char::from(READABLE[usize::from(byte % 32)])).collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// A set-up code as it was made, however it was typed.
pub fn typed_code(text: &str) -> String {
    let letters: Vec<char> =
        text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// What is kept of a secret. Looking it up by its hash takes no time that depends on the secret itself.
pub fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}

/// What nobody but the holder of a secret, or whoever was told it, can put under a text.
pub fn mark(secret: &str, text: &str) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(b"mark\0");
    mac.update(text.as_bytes());
    hex::encode(&mac.finalize().into_bytes()[..16])
}

pub(super) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::expect_used, reason = "a guessable secret is worse than none")]
    rand::rngs::OsRng.try_fill_bytes(&mut bytes).expect("the system gives random numbers");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_long_never_the_same_and_known_by_their_beginning() {
        let (one, other) = (api_key(), api_key());
        assert!(one != other && one.len() == 47 && one.starts_with(KEY_PREFIX), "{one}");
        assert_eq!(shown(&one), one[..12]);
        assert_eq!(hash("a"), "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
    }

    #[test]
    fn a_mark_is_of_its_text_and_its_secret() {
        let made = mark("cookie", "text");
        assert!(made.len() == 32 && made == mark("cookie", "text"));
        assert!(made != mark("cookie", "texts") && made != mark("cookies", "text"));
    }

    #[test]
    fn a_code_is_read_as_it_is_typed() {
        let code = setup_code();
        assert_eq!(code.len(), 19);
        assert_eq!(typed_code(&format!("  {} ", code.to_lowercase().replace('-', ""))), code);
    }
}
