//! Addresses to listen at: with a token that stands for whoever gave it, for the sound of one transcript and some minutes.

use axum::extract::Request;
use axum::http::Method;
use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::AsyncPgConnection;
use url::form_urlencoded;

use super::read;
use super::viewer::{Seen, Shown, Viewer};
use crate::app::App;
use crate::auth::listen::{Bound, Claim, Grant};
use crate::clock;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::{Scopes, api_key, listening, session, user};
use crate::storage::StorageKey;

/// A listener may look and listen, whoever gave the token.
const LISTENS: Scopes = Scopes { read: true, write: false };

/// The transcript whose sound a request asks for with a token, and the token.
pub(super) fn asked(request: &Request) -> Option<(TranscriptId, String)> {
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    let path = request.uri().path().strip_prefix("/v1/transcripts/")?.strip_suffix("/audio/mp3")?;
    let id = path.parse().ok().filter(|_| reads)?;
    let mut query = form_urlencoded::parse(request.uri().query()?.as_bytes());
    query.find(|(name, _)| name == "token").map(|(_, token)| (id, token.into_owned()))
}

/// What a token is bound to.
fn object(id: TranscriptId) -> String {
    StorageKey::Mp3 { transcript: id }.to_string()
}

/// A token for `seconds` at most, and when it ends.
///
/// # Errors
/// There is no such transcript; the database.
pub(super) async fn give(
    app: &App,
    conn: &mut AsyncPgConnection,
    seen: &Seen,
    id: TranscriptId,
    seconds: i64,
) -> Result<(String, DateTime<Utc>), Error> {
    let rights = listening::rights(conn, id).await?.ok_or(Error::NotFound("Transcript"))?;
    let giver = match seen.viewer.user() {
        Some(user) => user::get(conn, user).await?,
        None => None,
    };
    let mut ends_at = (clock::now() + TimeDelta::seconds(seconds)).timestamp();
    let mut grant = Grant {
        user: giver.as_ref().map(|user| user.id),
        credentials_at: giver.map(|user| user.credentials_at.timestamp_micros()),
        session: None,
        key: None,
        ends_at,
    };
    match seen.shown {
        Shown::Nothing => {}
        Shown::Session(session) => grant.session = Some(session),
        Shown::Key(key) => grant.key = Some(key),
        // Not for longer than what it was given with.
        Shown::Token(login) => ends_at = ends_at.min(login.ends_at),
        Shown::Bearer { ends_at: end, .. } => ends_at = ends_at.min(end),
    }
    grant.ends_at = ends_at;
    let object = object(id);
    let token = app.listening().sign(&grant, Bound { object: &object, rights });
    let end = DateTime::from_timestamp(ends_at, 0);
    token.zip(end).ok_or_else(|| Error::Internal(anyhow::anyhow!("a token to listen can't be written")))
}

/// Whom a token stands for, if it is one of ours, for this, and holds still: what its giver showed, too, and the rights are as they were. What
/// the giver may hear now is `policy`'s to say.
///
/// # Errors
/// Those of the database.
pub(super) async fn recognise(app: &App, id: TranscriptId, token: &str) -> Result<Option<Seen>, Error> {
    let Some(claim) = Claim::read(token) else { return Ok(None) };
    let mut conn = read::connect(app).await?;
    let Some(rights) = listening::rights(&mut conn, id).await? else { return Ok(None) };
    let (object, now) = (object(id), clock::now());
    let Some(grant) = app.listening().open(&claim, Bound { object: &object, rights }, now) else {
        return Ok(None);
    };
    if let Some(session) = grant.session
        && !session::holds(&mut conn, session, now).await?
    {
        return Ok(None);
    }
    if let Some(key) = grant.key
        && !api_key::holds(&mut conn, key, now).await?
    {
        return Ok(None);
    }
    let Some(giver) = grant.user else {
        return Ok(Some(Seen::nobody(Viewer::Visitor { public: app.config().auth.public_mode })));
    };
    let same = |user: &user::User| grant.credentials_at == Some(user.credentials_at.timestamp_micros());
    let giver = user::get(&mut conn, giver).await?.filter(|user| user.disabled_at.is_none() && same(user));
    Ok(giver.map(|user| Seen {
        viewer: Viewer::Key { user: user.id, scopes: LISTENS },
        email: user.email,
        shown: Shown::Nothing,
    }))
}
