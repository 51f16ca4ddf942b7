//! Keys and passwords between the parts of an installation: which there are, and how each gets a new value while the service
//! goes on.
//!
//! A rotation has two halves. `rotate` makes the new value valid beside the old one, then puts it where the units read
//! it. When they were restarted, `finish` takes the old value's validity away. A note with both values lies beside the
//! secret from the first write to the last, so that a rotation that broke off goes on where it was.

mod garage;
mod home;
mod note;
mod postgres;
mod redis;
mod rotate;

use rand::TryRngCore;

pub use home::{Found, Home};
pub use rotate::{Addresses, Outcome, finish, rotate};

/// A secret, made of one value or of two that change together.
#[derive(Debug)]
pub struct Secret {
    pub name: &'static str,
    /// What it protects.
    pub what: &'static str,
    pub parts: &'static [Part],
    /// Units that read it when they start, in the order in which they are to be restarted.
    pub units: &'static [&'static str],
    overlap: Overlap,
}

/// One value.
#[derive(Debug)]
pub struct Part {
    /// Its file in the folder of secrets, if it has one there.
    pub file: Option<&'static str>,
    /// Its setting, if it has one; the value itself, or the password of an address.
    pub setting: Option<&'static str>,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// 32 bytes in hexadecimal.
    Hex,
    /// What Garage calls an access key: GK and 12 bytes in hexadecimal.
    AccessKey,
    /// Somebody else makes it.
    Given,
}

/// How old and new value are valid at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Overlap {
    /// Redis knows several passwords of a user.
    Redis,
    /// A bucket of Garage lets several keys in.
    Garage,
    /// PostgreSQL knows one password of a role; connections that are open stay.
    Postgres,
    /// One process alone reads it, or its other side is out of our hands.
    None,
}

const PROGRAM: &[&str] = &["reflector-secrets", "reflector-web", "reflector-work"];
const SPEECH: &[&str] = &["reflector-speech-server"];
const GARAGE: &[&str] = &["reflector-secrets", "garage"];

/// Every secret that there is. H-81's task console and embeddings do not exist here.
pub const ALL: &[Secret] = &[
    Secret {
        name: "redis-password",
        what: "events between pages and jobs",
        parts: &[Part { file: Some("redis-password"), setting: Some("redis.url"), form: Form::Hex }],
        units: PROGRAM,
        overlap: Overlap::Redis,
    },
    Secret {
        name: "garage-key",
        what: "sound in Garage",
        parts: &[
            Part {
                file: Some("garage-access-key"),
                setting: Some("storage.s3.access_key"),
                form: Form::AccessKey,
            },
            Part { file: Some("garage-secret-key"), setting: Some("storage.s3.secret_key"), form: Form::Hex },
        ],
        units: PROGRAM,
        overlap: Overlap::Garage,
    },
    Secret {
        name: "garage-rpc-secret",
        what: "nodes of Garage among each other",
        parts: &[Part { file: Some("garage-rpc-secret"), setting: None, form: Form::Hex }],
        units: GARAGE,
        overlap: Overlap::None,
    },
    Secret {
        name: "garage-admin-token",
        what: "administration of Garage",
        parts: &[Part { file: Some("garage-admin-token"), setting: None, form: Form::Hex }],
        units: GARAGE,
        overlap: Overlap::None,
    },
    Secret {
        name: "garage-metrics-token",
        what: "numbers of Garage",
        parts: &[Part { file: Some("garage-metrics-token"), setting: None, form: Form::Hex }],
        units: GARAGE,
        overlap: Overlap::None,
    },
    Secret {
        name: "auth-secret-key",
        what: "tokens of people who log in; a new value ends them all, not their sessions",
        parts: &[Part { file: Some("auth-secret-key"), setting: Some("auth.secret_key"), form: Form::Hex }],
        units: PROGRAM,
        overlap: Overlap::None,
    },
    Secret {
        name: "database-password",
        what: "the database, where it is not reached through its own socket",
        parts: &[Part { file: None, setting: Some("database.url"), form: Form::Hex }],
        units: PROGRAM,
        overlap: Overlap::Postgres,
    },
    Secret {
        name: "s3-key",
        what: "sound in somebody else's S3 (value-file: access key, then secret key)",
        parts: &[
            Part { file: None, setting: Some("storage.s3.access_key"), form: Form::Given },
            Part { file: None, setting: Some("storage.s3.secret_key"), form: Form::Given },
        ],
        units: PROGRAM,
        overlap: Overlap::None,
    },
    Secret {
        name: "llm-api-key",
        what: "the language model",
        parts: &[Part { file: None, setting: Some("llm.api_key"), form: Form::Given }],
        units: PROGRAM,
        overlap: Overlap::None,
    },
    Secret {
        name: "mail-password",
        what: "the account at the mail server",
        parts: &[Part { file: None, setting: Some("mail.password"), form: Form::Given }],
        units: PROGRAM,
        overlap: Overlap::None,
    },
    Secret {
        name: "zulip-api-key",
        what: "the bot in Zulip",
        parts: &[Part { file: None, setting: Some("zulip.api_key"), form: Form::Given }],
        units: PROGRAM,
        overlap: Overlap::None,
    },
    Secret {
        name: "speech-api-key",
        what: "callers of this machine's speech server",
        parts: &[Part { file: Some("speech-api-key"), setting: None, form: Form::Hex }],
        units: SPEECH,
        overlap: Overlap::None,
    },
];

/// The secret of this name.
///
/// # Errors
/// There is none; the names that there are.
pub fn find(name: &str) -> anyhow::Result<&'static Secret> {
    ALL.iter().find(|secret| secret.name == name).ok_or_else(|| {
        let names: Vec<&str> = ALL.iter().map(|secret| secret.name).collect();
        anyhow::anyhow!("there is no secret {name:?}; there are {}", names.join(", "))
    })
}

impl Secret {
    /// Whether somebody else makes its value.
    pub fn given(&self) -> bool {
        self.parts.iter().any(|part| part.form == Form::Given)
    }

    /// Whether old and new value are both valid until the rotation is finished.
    pub fn overlaps(&self) -> bool {
        matches!(self.overlap, Overlap::Redis | Overlap::Garage)
    }

    /// A new value for each part.
    fn make(&self) -> anyhow::Result<Vec<String>> {
        let random = |bytes: usize| -> anyhow::Result<String> {
            let mut value = vec![0; bytes];
            rand::rngs::OsRng.try_fill_bytes(&mut value)?;
            Ok(hex::encode(value))
        };
        self.parts
            .iter()
            .map(|part| match part.form {
                Form::Hex => random(32),
                Form::AccessKey => Ok(format!("GK{}", random(12)?)),
                Form::Given => anyhow::bail!("{} is made by somebody else: name --value-file", self.name),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_values_have_the_form_that_their_readers_want_and_are_never_the_same() {
        let key = find("garage-key").unwrap();
        let (one, other) = (key.make().unwrap(), key.make().unwrap());
        assert!(one[0].starts_with("GK") && one[0].len() == 26 && one[1].len() == 64, "{one:?}");
        assert!(one[0] != other[0] && one[1] != other[1]);
        assert!(find("llm-api-key").unwrap().make().is_err());
        assert!(find("session").unwrap_err().to_string().contains("redis-password"));
    }
}
