//! Hashes of passwords: Argon2id for new ones, and those that people bring along (`pbkdf2:sha256:ROUNDS$SALT$HEX`).

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use pbkdf2::sha2::Sha256;
use subtle::ConstantTimeEq;

/// Characters that a new password has at least.
pub const SHORTEST: usize = 10;
/// Bytes that a password has at most: hashing takes time in proportion.
pub const LONGEST: usize = 1024;
/// More rounds than this would let one login hold a core for minutes.
const MOST_ROUNDS: u32 = 10_000_000;

/// OWASP's second recommendation: 19 MiB, two passes, one lane.
const PARAMS: (u32, u32, u32) = (19 * 1024, 2, 1);

/// What is checked where there is no account, so that it takes as long as a wrong password. It is the hash of no password that
/// anybody knows.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash(&super::secret::random()).unwrap_or_default());

/// Why a text can't be a password, or a hash can't be checked.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PasswordError {
    #[error("the password must have at least {SHORTEST} characters")]
    Short,
    #[error("the password may have at most {LONGEST} bytes")]
    Long,
    #[error("the hash must be `$argon2id$…`, or `pbkdf2:sha256:ROUNDS$SALT$HEX` with 64 hexadecimal digits")]
    Form,
    #[error("the system has no random numbers, or not enough memory for a hash")]
    System,
}

/// What a comparison found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Right,
    /// Right, but the hash is of a kind that new ones are not of: make it anew while the password is at hand.
    RightButOld,
}

/// Refuses what is too short to resist guessing, or too long to hash.
///
/// # Errors
/// [`PasswordError::Short`], [`PasswordError::Long`].
pub fn check(password: &str) -> Result<(), PasswordError> {
    if password.len() > LONGEST {
        return Err(PasswordError::Long);
    }
    if password.chars().count() < SHORTEST { Err(PasswordError::Short) } else { Ok(()) }
}

fn argon2() -> Argon2<'static> {
    let (memory, passes, lanes) = PARAMS;
    let params = Params::new(memory, passes, lanes, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The hash of a password, with a salt of its own. Takes tens of milliseconds and 19 MiB: never on a thread of the runtime.
///
/// # Errors
/// [`PasswordError::System`].
pub fn hash(password: &str) -> Result<String, PasswordError> {
    let made = argon2().hash_password(password.as_bytes()).map_err(|_| PasswordError::System)?;
    Ok(made.to_string())
}

/// Whether [`verify`] can read this hash.
///
/// # Errors
/// [`PasswordError::Form`].
pub fn understood(hash: &str) -> Result<(), PasswordError> {
    let argon = || hash.starts_with("$argon2id$") && PasswordHash::new(hash).is_ok();
    if Brought::read(hash).is_some() || argon() { Ok(()) } else { Err(PasswordError::Form) }
}

/// Compares a password with the hash of an account; `None` where there is no such account or it has no password. As slow as
/// [`hash`], whatever the outcome.
pub fn verify(password: &str, hash: Option<&str>) -> Verdict {
    let Some(hash) = hash else {
        let _wrong = matches(password, &NOBODY);
        return Verdict::Wrong;
    };
    match Brought::read(hash) {
        Some(brought) if brought.matches(password) => Verdict::RightButOld,
        // Wrong, of either kind: the time of an Argon2 is part of the answer.
        Some(_) => {
            let _wrong = matches(password, &NOBODY);
            Verdict::Wrong
        }
        None if matches(password, hash) => Verdict::Right,
        None => Verdict::Wrong,
    }
}

fn matches(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|parsed| argon2().verify_password(password.as_bytes(), &parsed).is_ok())
}

/// A hash as Werkzeug and the ancestor write it: the salt is the text itself, not what it may encode.
struct Brought<'a> {
    rounds: u32,
    salt: &'a str,
    hash: [u8; 32],
}

impl<'a> Brought<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(3, '$');
        let rounds = parts.next()?.strip_prefix("pbkdf2:sha256:")?.parse().ok()?;
        let salt = parts.next().filter(|salt| !salt.is_empty())?;
        let mut hash = [0; 32];
        hex::decode_to_slice(parts.next()?, &mut hash).ok()?;
        (1..=MOST_ROUNDS).contains(&rounds).then_some(Self { rounds, salt, hash })
    }

    fn matches(&self, password: &str) -> bool {
        let mut found = [0; 32];
        pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), self.salt.as_bytes(), self.rounds, &mut found);
        found.ct_eq(&self.hash).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with Python: `hashlib.pbkdf2_hmac("sha256", b"correct horse", b"a1b2c3d4e5f60718", 100000)`.
    const PYTHON: &str = "pbkdf2:sha256:100000$a1b2c3d4e5f60718$dc1093ad18a527a8c64d19261e7efc58d4bfffe9f6cfb54406df6e48c70e4e7d";

    #[test]
    fn a_new_hash_knows_its_password_alone_and_has_a_salt_of_its_own() {
        let (one, other) = (hash("correct horse").unwrap(), hash("correct horse").unwrap());
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && one != other, "{one}");
        assert_eq!(verify("correct horse", Some(&one)), Verdict::Right);
        assert_eq!(verify("correct horsE", Some(&one)), Verdict::Wrong);
        assert_eq!(verify("", Some(&one)), Verdict::Wrong);
        assert_eq!(verify("correct horse", None), Verdict::Wrong);
    }

    #[test]
    fn a_hash_that_was_brought_along_is_understood_and_known_to_be_old() {
        assert_eq!(verify("correct horse", Some(PYTHON)), Verdict::RightButOld);
        assert_eq!(verify("battery staple", Some(PYTHON)), Verdict::Wrong);
        assert_eq!(understood(PYTHON), Ok(()));
        assert_eq!(understood(&hash("x").unwrap()), Ok(()));
        let short = &PYTHON[..PYTHON.len() - 2];
        for bad in [
            "",
            "plain",
            "$argon2id$nonsense",
            "pbkdf2:sha256:0$salt$00",
            "pbkdf2:sha1:1000$a$00",
            short,
            "pbkdf2:sha256:4000000000$a$00",
        ] {
            assert_eq!(understood(bad), Err(PasswordError::Form), "{bad}");
            assert_eq!(verify("correct horse", Some(bad)), Verdict::Wrong, "{bad}");
        }
    }

    #[test]
    fn short_and_endless_passwords_are_refused_with_the_limit() {
        assert_eq!(
            check("123456789").unwrap_err().to_string(),
            "the password must have at least 10 characters"
        );
        assert_eq!(check(&"x".repeat(1025)), Err(PasswordError::Long));
        assert_eq!(check("päßwörter1"), Ok(()));
    }
}
