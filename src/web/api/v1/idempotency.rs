//! `Idempotency-Key`: a request that is sent again, because its answer was lost, is done once.

use axum::extract::OptionalFromRequestParts;
use axum::http::request::Parts;
use diesel_async::AsyncPgConnection;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::model::idempotency::{self, Claim, Made};
use crate::policy::Viewer;
use crate::web::respond::ApiError;
use crate::web::viewer::{Client, Seen, Shown};

/// The header's name, in small letters as HTTP has it, and for people.
const HEADER: &str = "idempotency-key";
pub(in crate::web) const FIELD: &str = "Idempotency-Key";
/// Characters of a key.
const LONGEST: usize = 255;

/// A key that a client made up.
pub(in crate::web) struct IdempotencyKey {
    asker: String,
    key: String,
}

/// Whose key it is, so that nobody gets another's answer. People don't share keys, nor do their API keys, which may be good for
/// less; visitors of a public site are told apart by their address. Where nobody logs in all are one.
fn asker(parts: &Parts) -> String {
    match parts.extensions.get::<Seen>() {
        Some(Seen { shown: Shown::Key(key), .. }) => format!("key {key}"),
        Some(Seen { viewer: Viewer::Anonymous, .. }) => "anonymous".to_owned(),
        seen => match seen.and_then(|seen| seen.viewer.user()) {
            Some(user) => user.to_string(),
            None => {
                let address = parts.extensions.get::<Client>().map(|Client(address)| address.to_string());
                format!("visitor {}", address.unwrap_or_default())
            }
        },
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, ApiError> {
        let mut values = parts.headers.get_all(HEADER).iter();
        let (Some(value), more) = (values.next(), values.next()) else { return Ok(None) };
        let key = value.to_str().ok().filter(|key| {
            (1..=LONGEST).contains(&key.len())
                && key.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
        });
        match (key, more) {
            (Some(key), None) => Ok(Some(Self { asker: asker(parts), key: key.to_owned() })),
            _ => {
                let message = format!("must be one, of 1 to {LONGEST} visible characters");
                Err(Error::Invalid { field: FIELD, message }.into())
            }
        }
    }
}

impl IdempotencyKey {
    /// The key for one request: at which route, and about what.
    pub fn of(self, route: &str, body: &[u8]) -> Once {
        let asked = Sha256::new().chain_update(route).chain_update([0]).chain_update(body).finalize();
        Once { asker: self.asker, key: self.key, body_sha256: hex::encode(asked) }
    }
}

/// A request that is to be done once.
pub(in crate::web) struct Once {
    asker: String,
    key: String,
    body_sha256: String,
}

/// Does what is asked, in the caller's transaction, or gives the answer it got before: JSON.
///
/// # Errors
/// [`Error::Invalid`] when the key came with another route or body; else those of the work.
pub(super) async fn once<I: Into<Made>, T: Serialize>(
    conn: &mut AsyncPgConnection,
    once: Option<&Once>,
    work: impl AsyncFnOnce(&mut AsyncPgConnection) -> Result<(I, T), Error>,
) -> Result<String, Error> {
    if let Some(Once { asker, key, body_sha256 }) = once {
        match idempotency::claim(conn, asker, key, body_sha256).await? {
            Claim::New => {}
            Claim::Same { answer } => return Ok(answer),
            Claim::Other => {
                let message = "was used for another request; take a new one for another request".into();
                return Err(Error::Invalid { field: FIELD, message });
            }
        }
    }
    let (made, done) = work(conn).await?;
    let answer = serde_json::to_string(&done).map_err(|error| Error::Internal(error.into()))?;
    if let Some(Once { asker, key, .. }) = once {
        idempotency::answer(conn, asker, key, made.into(), &answer).await?;
    }
    Ok(answer)
}
