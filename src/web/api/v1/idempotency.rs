//! `Idempotency-Key`: a request that is sent again, because its answer was lost, is done once.
//!
//! One middleware for every `POST` of the API ([`honours`]), before the audit log, so that no route can forget it. A handler that makes something in one
//! transaction may keep its answer in that ([`Once::keep`]): then not even a server that dies right after it does it twice.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, OptionalFromRequestParts, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_MATCH, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use chrono::TimeDelta;
use diesel::result::DatabaseErrorKind;
use diesel::result::Error as QueryError;
use diesel_async::AsyncPgConnection;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tracing::Instrument;

use crate::app::App;
use crate::auth::{seal, secret};
use crate::clock;
use crate::error::Error;
use crate::model::audit::Thing;
use crate::model::idempotency::{self, About, Answer, Claim, Kept};
use crate::policy::Viewer;
use crate::web::api::document::Refused;
use crate::web::audit;
use crate::web::extract::read_whole;
use crate::web::respond::ApiError;
use crate::web::viewer::{Client, Seen, Shown, look, with_look};
use crate::web::{read, rooms};

/// The header's name, in small letters as HTTP has it, and for people.
const HEADER: &str = "idempotency-key";
pub(in crate::web) const FIELD: &str = "Idempotency-Key";
/// Says of an answer that it was given before.
pub(in crate::web) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Characters of a key, and what they may be.
pub(in crate::web) const LONGEST: usize = 255;
pub(in crate::web) const PATTERN: &str = "^[ -~]+$";

/// Routes that take no key: a chunk counts once however often it is sent and is never held whole, and a login makes nothing, while
/// even a hash of what it sends would be one of a password.
const WITHOUT: [&str; 2] = ["/v1/transcripts/{id}/record/upload", "/v1/auth/login"];
/// Paths whose handlers [keep](Once::keep) their answer with what they make: where there is no answer nothing was made, and it is begun anew.
const KEPT: [&str; 2] = ["/v1/transcripts", "/v1/rooms"];
/// Bytes of an answer that is kept.
const LONGEST_ANSWER: usize = 128 * 1024;
/// How long one waits for the same request that is at work, and how often one looks.
const PATIENCE: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(100);
/// No request is at work for so long: its server died.
const LONGEST_WORK: TimeDelta = TimeDelta::minutes(15);

/// Whether a `POST` to this route takes a key.
pub(in crate::web) fn honours(route: &str) -> bool {
    route.starts_with("/v1/") && !WITHOUT.contains(&route.trim_end_matches('/'))
}

/// What a handler adds to an answer that holds a secret: it is not kept, and can't be given again.
#[derive(Clone, Copy, Debug)]
pub(in crate::web) struct ToldOnce;

/// An answer with a secret that is shown this once.
pub(super) type Secret<T> = (Extension<ToldOnce>, Json<T>);

/// An answer that holds one.
pub(super) fn told_once<T>(answer: T) -> Secret<T> {
    (Extension(ToldOnce), Json(answer))
}

/// A request that is to be done once, and what it is about.
#[derive(Clone)]
pub(in crate::web) struct Once {
    request: String,
    /// Who asks, where, and the key: the answer is sealed with it, so that what it says (a room's secret, say) is in no second place for
    /// whoever has the database alone.
    seal: String,
    about: Option<About>,
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Once {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

impl Once {
    /// Keeps the answer of a handler in the transaction that makes what it tells of.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn keep<T: Serialize + Sync>(
        &self,
        conn: &mut AsyncPgConnection,
        made: impl Into<About>,
        told: &T,
    ) -> Result<(), Error> {
        let body = serde_json::to_string(told).map_err(|error| Error::Internal(error.into()))?;
        let answer = Answer { status: 200, body: self.kept(&body), tag: None };
        Ok(idempotency::settle(conn, &self.request, Some(made.into()), &answer).await?)
    }

    /// The text of an answer as it is kept.
    fn kept(&self, body: &str) -> Kept {
        let short = body.len() <= LONGEST_ANSWER;
        let sealed = short.then(|| seal::seal(&self.seal, body.as_bytes())).flatten();
        sealed.map_or(Kept::TooLong, Kept::Sealed)
    }

    /// Keeps the answer to what was done; frees the key of what was refused.
    async fn settle(self, app: &App, response: Response) -> Response {
        if !response.status().is_success() {
            self.ended(app, None).await;
            return response;
        }
        let (head, body) = response.into_parts();
        // It is in memory already: nothing that a POST answers is a stream.
        let Ok(bytes) = to_bytes(body, usize::MAX).await else {
            return ApiError(Error::Internal(anyhow::anyhow!("an answer could not be read"))).into_response();
        };
        let once = head.extensions.get::<ToldOnce>().is_some();
        let answer = Answer {
            status: i16::try_from(head.status.as_u16()).unwrap_or(200),
            body: if once { Kept::Secret } else { self.kept(&String::from_utf8_lossy(&bytes)) },
            tag: head.headers.get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned),
        };
        self.ended(app, Some(&answer)).await;
        Response::from_parts(head, Body::from(bytes))
    }

    /// Writes down how it ended; `None`: not done, so its key is free.
    async fn ended(&self, app: &App, answer: Option<&Answer>) {
        let written: Result<(), Error> = async {
            let mut conn = read::connect(app).await?;
            if let Some(answer) = answer {
                match idempotency::settle(&mut conn, &self.request, self.about, answer).await {
                    // What it was about is gone already.
                    Err(QueryError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)) => {}
                    settled => return Ok(settled?),
                }
            }
            Ok(idempotency::release(&mut conn, &self.request).await?)
        }
        .await;
        if let Err(error) = written {
            tracing::warn!(error = error.to_string(), "how a request with a key ended will not be known");
        }
    }
}

/// Does a request once, however often it comes with its key.
pub(in crate::web) async fn pass(State(app): State<App>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let keyed = *request.method() == Method::POST
        && request.headers().contains_key(HEADER)
        && route.is_some_and(honours);
    if !keyed {
        return next.run(request).await;
    }
    let (once, mut request) = match take(&app, request).await {
        Ok(Ok(taken)) => taken,
        Ok(Err(answer)) => return answer,
        Err(error) => return ApiError(error).into_response(),
    };
    request.extensions_mut().insert(once.clone());
    let (server, ours) = (app.clone(), once.clone());
    // In a task of its own: who went away before the answer came is the one who will ask for it again. The reader's language goes with it.
    let work = with_look(look(), async move { ours.settle(&server, next.run(request).await).await });
    match app.requests().spawn(work.in_current_span()).await {
        Ok(response) => response,
        Err(error) => {
            once.ended(&app, None).await;
            ApiError(Error::Internal(error.into())).into_response()
        }
    }
}

/// Takes a request for whoever asks; or what is answered to it without doing it.
async fn take(app: &App, request: Request) -> Result<Result<(Once, Request), Response>, Error> {
    let key = key(request.headers())?;
    let (request, body) = read_whole(request).await?;
    let (parts, body_left) = request.into_parts();
    let path = parts.uri.path().trim_end_matches('/');
    // The revision that a change is made to is part of what is asked for.
    let revision: Vec<&[u8]> = parts.headers.get_all(IF_MATCH).iter().map(HeaderValue::as_bytes).collect();
    let asked = Sha256::new().chain_update(parts.uri.query().unwrap_or_default()).chain_update([0]);
    let asked = asked.chain_update(revision.join(&b',')).chain_update([0]);
    let body_sha256 = hex::encode(asked.chain_update(&body).finalize());
    let asker = asker(&parts);
    let wholly = [asker.as_str(), path, key.as_str()].join("\0");
    let (request_sha256, asker_sha256) = (secret::hash(&wholly), secret::hash(&asker));
    let thing = audit::thing(path);
    let about = thing.map(|thing| match thing {
        Thing::Transcript(id) => About::Transcript(id),
        Thing::Room(id) => About::Room(id),
    });
    let (kept, begin) = (KEPT.contains(&path), tokio::time::Instant::now());
    let claim = loop {
        let mut conn = read::connect(app).await?;
        let claim = idempotency::claim(&mut conn, &request_sha256, &asker_sha256, &body_sha256).await?;
        match claim {
            Claim::Begun(since) if clock::now() - since < LONGEST_WORK && begin.elapsed() < PATIENCE => {
                drop(conn);
                tokio::time::sleep(LOOK).await;
            }
            Claim::Begun(since) if kept && clock::now() - since >= LONGEST_WORK => {
                if idempotency::take_over(&mut conn, &request_sha256, since, clock::now()).await? {
                    break Claim::New;
                }
            }
            claim => break claim,
        }
    };
    Ok(match claim {
        Claim::New => {
            let once = Once { request: request_sha256, seal: wholly, about };
            Ok((once, Request::from_parts(parts, body_left)))
        }
        Claim::Other => {
            let message = "was used for another request; take a new one for this".into();
            return Err(Error::Invalid { field: FIELD, message });
        }
        Claim::Begun(since) if clock::now() - since < LONGEST_WORK => {
            let mut response = refused("at_work", "The same request is still at work; ask again in a moment");
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            Err(response)
        }
        Claim::Begun(_) => Err(refused(
            "outcome_unknown",
            "This request was begun, and the server stopped before it could tell how it ended: see whether it is done, and take a new \
             key if it is not",
        )),
        Claim::Done(answer) => {
            if let Some(thing) = thing {
                sees(app, viewer(&parts), thing).await?;
            }
            Err(again(answer, &wholly))
        }
    })
}

/// The one key of a request that has any.
///
/// # Errors
/// There are several, or it is none.
fn key(headers: &HeaderMap) -> Result<String, Error> {
    let mut values = headers.get_all(HEADER).iter();
    let (value, more) = (values.next(), values.next());
    let key = value.and_then(|value| value.to_str().ok()).filter(|key| {
        (1..=LONGEST).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
    });
    match (key, more) {
        (Some(key), None) => Ok(key.to_owned()),
        _ => {
            let message = format!("must be one, of 1 to {LONGEST} visible characters");
            Err(Error::Invalid { field: FIELD, message })
        }
    }
}

fn viewer(parts: &Parts) -> Viewer {
    parts.extensions.get::<Seen>().map_or(Viewer::Visitor { public: false }, |seen| seen.viewer)
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

/// What a viewer may not see any more is not told them from memory either.
async fn sees(app: &App, viewer: Viewer, thing: Thing) -> Result<(), Error> {
    let mut conn = read::connect(app).await?;
    match thing {
        Thing::Transcript(id) => {
            read::allowed(&mut conn, viewer, id, |may| may.read || may.write).await.map(|_| ())
        }
        // All that is asked of a room by POST is for those who may change it.
        Thing::Room(id) => rooms::allowed(&mut conn, viewer, id, |may| may.write).await.map(|_| ()),
    }
}

/// The answer of then, which `seal` opens. The audit log, which stands behind this, hears of no second deed.
fn again(answer: Answer, seal: &str) -> Response {
    let body = match answer.body {
        Kept::Sealed(sealed) => seal::open(seal, &sealed),
        Kept::Secret => {
            return refused(
                "told_once",
                "This was made already, and its answer holds a secret that is shown once and kept nowhere: take it back and make another \
                 one, with a new key",
            );
        }
        Kept::TooLong => None,
    };
    let Some(body) = body else {
        return refused(
            "not_kept",
            "This was done already, and its answer was too long to be kept: ask for what is there now, and take a new key for what comes next",
        );
    };
    let status = u16::try_from(answer.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let mut response = (status.unwrap_or(StatusCode::OK), body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    if let Some(tag) = answer.tag.and_then(|tag| HeaderValue::from_str(&tag).ok()) {
        headers.insert(ETAG, tag);
    }
    response
}

fn refused(code: &'static str, detail: &str) -> Response {
    let refused = Refused { detail: detail.into(), code: Some(code) };
    (StatusCode::CONFLICT, [(CACHE_CONTROL, "no-store")], Json(refused)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_makes_or_sends_takes_a_key_but_a_stream_and_a_login() {
        for (route, wanted) in [
            ("/v1/transcripts", true),
            ("/v1/transcripts/{id}/email", true),
            ("/v1/user/api-keys", true),
            ("/v1/transcripts/{id}/record/finish", true),
            ("/v1/transcripts/{id}/record/upload", false),
            ("/v1/auth/login", false),
            ("/transcripts/{id}/title", false),
        ] {
            assert_eq!(honours(route), wanted, "{route}");
        }
    }

    #[test]
    fn an_answer_is_kept_for_its_key_alone_and_only_up_to_its_limit() {
        let once = Once { request: String::new(), seal: "ada\0/v1/rooms\0k".into(), about: None };
        let Kept::Sealed(kept) = once.kept("{\"webhook_secret\":\"s3cret\"}") else { panic!("it is short") };
        assert!(!kept.contains("s3cret"));
        assert_eq!(seal::open("bob\0/v1/rooms\0k", &kept), None);
        let answer = |body| Answer { status: 200, body, tag: None };
        assert_eq!(again(answer(Kept::Sealed(kept)), &once.seal).status(), StatusCode::OK);
        let longest = "x".repeat(LONGEST_ANSWER);
        assert!(matches!(once.kept(&longest), Kept::Sealed(_)));
        assert_eq!(once.kept(&(longest + "x")), Kept::TooLong);
        assert_eq!(again(answer(Kept::TooLong), &once.seal).status(), StatusCode::CONFLICT);
    }

    #[test]
    fn a_key_is_one_and_to_be_seen() {
        let of = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(HEADER, HeaderValue::from_str(value).unwrap());
            }
            key(&headers)
        };
        assert_eq!(of(&["a b~"]).unwrap(), "a b~");
        let long = "k".repeat(256);
        for wrong in [vec![""], vec!["a", "b"], vec!["a\tb"], vec![long.as_str()]] {
            assert!(of(&wrong).is_err(), "{wrong:?}");
        }
    }
}
