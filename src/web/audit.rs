//! Notes who does what with which transcript: one middleware behind the door, so that no route can do it unseen.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::read;
use super::viewer::{Client, Seen, Shown, Viewer};
use crate::app::App;
use crate::clock;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::audit::{self, Action, Actor};

/// What a handler adds to its answer if a change was one of who may read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shares;

/// Notes what succeeded.
pub(super) async fn note(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let action = path.and_then(|path| action(request.method(), path));
    let (Some(action), Some(transcript)) = (action, transcript(request.uri().path())) else {
        return next.run(request).await;
    };
    let actor = actor(&request);
    let response = next.run(request).await;
    let status = response.status();
    if !(status.is_success() || status.is_redirection() || status == StatusCode::SWITCHING_PROTOCOLS) {
        return response;
    }
    let action = response.extensions().get::<Shares>().map_or(action, |_| Action::Share);
    if let Err(error) = written(&app, actor, action, transcript).await {
        tracing::error!(error = error.to_string(), %action, %transcript, "the audit log misses an entry");
    }
    response
}

async fn written(app: &App, actor: Actor, action: Action, transcript: TranscriptId) -> Result<(), Error> {
    let mut conn = read::connect(app).await?;
    Ok(audit::note(&mut conn, actor, action, transcript, clock::now()).await?)
}

/// What a request does with the transcript it names; `None` for what is not noted: parts of a page that was looked at already, an
/// upload's pieces.
fn action(method: &Method, path: &str) -> Option<Action> {
    let (api, rest) = match path.strip_prefix("/v1/transcripts/{id}") {
        Some(rest) => (true, rest),
        None => (false, path.strip_prefix("/transcripts/{id}")?),
    };
    let rest = rest.trim_end_matches('/');
    let changes = *method != Method::GET;
    Some(match (rest, changes) {
        _ if *method == Method::HEAD || *method == Method::OPTIONS => return None,
        ("/audio/waveform" | "/record/upload", _) => return None,
        ("/audio/mp3", false) => Action::Play,
        (rest, false) if rest.starts_with("/download/") => Action::Export,
        (_, false) => Action::View,
        ("/process", true) => Action::Process,
        ("/restore", true) => Action::Restore,
        ("/destroy", true) => Action::Destroy,
        ("/delete", true) => Action::Delete,
        ("", true) if api && *method == Method::DELETE => Action::Delete,
        (_, true) => Action::Edit,
    })
}

/// The transcript that a path names.
fn transcript(path: &str) -> Option<TranscriptId> {
    path.split('/').skip_while(|part| *part != "transcripts").nth(1)?.parse().ok()
}

fn actor(request: &Request) -> Actor {
    let seen = request.extensions().get::<Seen>();
    let address = request.extensions().get::<Client>().map(|Client(address)| address.to_string());
    let without_account = match seen.map(|seen| seen.viewer) {
        Some(Viewer::Anonymous) => "anybody",
        _ => "visitor",
    };
    Actor {
        user_id: seen.and_then(|seen| seen.viewer.user()),
        who: seen.and_then(|seen| seen.email.clone()).unwrap_or_else(|| without_account.to_owned()),
        key_id: seen.and_then(|seen| match seen.shown {
            Shown::Key(id) => Some(id),
            _ => None,
        }),
        address: address.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_route_does() {
        for (method, path, wanted) in [
            (Method::GET, "/transcripts/{id}", Some(Action::View)),
            (Method::GET, "/transcripts", None),
            (Method::GET, "/v1/transcripts/{id}/", Some(Action::View)),
            (Method::GET, "/v1/transcripts/{id}/events", Some(Action::View)),
            (Method::GET, "/v1/transcripts/{id}/audio/mp3", Some(Action::Play)),
            (Method::HEAD, "/v1/transcripts/{id}/audio/mp3", None),
            (Method::GET, "/v1/transcripts/{id}/audio/waveform", None),
            (Method::GET, "/v1/transcripts/{id}/download/{format}", Some(Action::Export)),
            (Method::GET, "/v1/transcripts/{id}/download/zip", Some(Action::Export)),
            (Method::PATCH, "/v1/transcripts/{id}", Some(Action::Edit)),
            (Method::DELETE, "/v1/transcripts/{id}/participants/{participant}", Some(Action::Edit)),
            (Method::POST, "/v1/transcripts/{id}/record/upload", None),
            (Method::POST, "/v1/transcripts/{id}/process", Some(Action::Process)),
            (Method::DELETE, "/v1/transcripts/{id}", Some(Action::Delete)),
            (Method::POST, "/transcripts/{id}/delete", Some(Action::Delete)),
            (Method::POST, "/transcripts/{id}/title", Some(Action::Edit)),
            (Method::DELETE, "/v1/transcripts/{id}/destroy", Some(Action::Destroy)),
            (Method::GET, "/v1/user/api-keys", None),
        ] {
            assert_eq!(action(&method, path), wanted, "{method} {path}");
        }
        let id = TranscriptId::new();
        assert_eq!(transcript(&format!("/v1/transcripts/{id}/audio/mp3")), Some(id));
        assert_eq!(transcript(&format!("/transcripts/{id}")), Some(id));
        assert_eq!(transcript("/v1/transcripts/search"), None);
    }
}
