//! Who began to send the recording of what is nobody's. Its id is no secret there, so whoever goes on shows a token: one that they made up
//! and showed with the first chunk, or when they made the transcript, or the one that the first chunk was answered with.

use axum::http::HeaderMap;
use diesel_async::AsyncPgConnection;

use crate::auth::secret;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::{Recording, Transcript, recording, upload_token};
use crate::policy::{self, Viewer};

/// The header's name, in small letters as HTTP has it, and for people.
const HEADER: &str = "x-upload-token";
const FIELD: &str = "X-Upload-Token";
/// Characters of a token.
const SHORTEST: usize = 32;
const LONGEST: usize = 128;

/// What it is for, in the API's description.
pub(in crate::web) const TOKEN: &str = "Where the transcript is nobody's and not yours to look after: 32 to 128 characters made up at random, \
     the same for all that is sent of its recording";

const OTHERS: &str = "somebody else began this recording, in another browser or program (X-Upload-Token)";

/// The token that a request shows, if it shows one.
///
/// # Errors
/// It is none.
pub(in crate::web) fn shown(headers: &HeaderMap) -> Result<Option<&str>, Error> {
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    let fits = |text: &&str| {
        (SHORTEST..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    value.to_str().ok().filter(fits).map(Some).ok_or_else(|| Error::Invalid {
        field: FIELD,
        message: format!("must have {SHORTEST} to {LONGEST} visible characters"),
    })
}

/// Whoever shows `token` is the one who sends the recording of a transcript that was just made, where that must be shown. In the caller's
/// transaction.
///
/// # Errors
/// Those of the database.
pub(in crate::web) async fn claim(
    conn: &mut AsyncPgConnection,
    viewer: Viewer,
    made: &Transcript,
    token: Option<&str>,
) -> Result<(), Error> {
    if let Some(token) = token.filter(|_| policy::shows_who_began(viewer, made.into())) {
        upload_token::bind(conn, made.id, &secret::hash(token)).await?;
    }
    Ok(())
}

/// Whether a viewer who shows `token` goes on with what they began, or begins; the transcript is held by the caller's transaction. True:
/// they showed nothing and nothing is there, so they are [given](give) a token when something is.
///
/// # Errors
/// [`Error::Denied`]: another began.
pub(super) async fn goes_on(
    conn: &mut AsyncPgConnection,
    viewer: Viewer,
    row: &Transcript,
    pending: Option<&Recording>,
    token: Option<&str>,
) -> Result<bool, Error> {
    if !policy::shows_who_began(viewer, row.into()) {
        return Ok(false);
    }
    let hash = token.map(secret::hash);
    if let Some(kept) = upload_token::of(conn, row.id).await? {
        return if hash.is_some_and(|hash| hash == kept) { Ok(false) } else { Err(Error::Denied(OTHERS)) };
    }
    if let Some(pending) = pending
        && !recording::parts(conn, pending.id).await?.is_empty()
    {
        return Err(Error::Denied(OTHERS));
    }
    if let Some(hash) = &hash {
        upload_token::bind(conn, row.id, hash).await?;
    }
    Ok(hash.is_none())
}

/// A new token for who sent the first chunk without one; `None`: somebody was faster.
///
/// # Errors
/// Those of the database.
pub(in crate::web) async fn give(
    conn: &mut AsyncPgConnection,
    of: TranscriptId,
) -> Result<Option<String>, Error> {
    let made = secret::random();
    let first = upload_token::bind(conn, of, &secret::hash(&made)).await?;
    Ok(first.then_some(made))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_and_can_be_seen() {
        let of = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, axum::http::HeaderValue::from_static(text));
            shown(&headers).map(|token| token.map(str::to_owned)).ok()
        };
        assert_eq!(shown(&HeaderMap::new()).unwrap(), None);
        let good = "0123456789abcdef0123456789abcdef";
        assert_eq!(of(good), Some(Some(good.to_owned())));
        for wrong in ["", "0123456789abcdef", "0123456789abcdef 123456789abcdef0"] {
            assert_eq!(of(wrong), None, "{wrong:?}");
        }
    }
}
