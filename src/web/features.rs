//! What the operator switched off is not there: one middleware behind the door, by the route, so that no route can forget it.

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::door::refuse;
use super::respond::{ApiError, PageError};
use super::viewer::{Seen, Viewer};
use crate::app::App;
use crate::config::FeaturesConfig;
use crate::error::Error;

/// Something that can be switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feature {
    Privacy,
    Browse,
    Rooms,
    Zulip,
    Email,
}

impl Feature {
    /// Its setting.
    fn name(self) -> &'static str {
        match self {
            Self::Privacy => "features.privacy",
            Self::Browse => "features.browse",
            Self::Rooms => "features.rooms",
            Self::Zulip => "features.send_to_zulip",
            Self::Email => "features.email_transcript",
        }
    }

    fn is_on(self, features: &FeaturesConfig) -> bool {
        match self {
            Self::Privacy => features.privacy,
            Self::Browse => features.browse,
            Self::Rooms => features.rooms,
            Self::Zulip => features.send_to_zulip,
            Self::Email => features.email_transcript,
        }
    }
}

/// To which feature a route belongs.
fn feature(method: &Method, path: &str) -> Option<Feature> {
    let path = path.trim_end_matches('/');
    match path {
        "/privacy" => Some(Feature::Privacy),
        "/transcripts" | "/v1/transcripts/search" => Some(Feature::Browse),
        // Making one is no browsing.
        "/v1/transcripts" if matches!(*method, Method::GET | Method::HEAD) => Some(Feature::Browse),
        "/v1/transcripts/{id}/email" | "/transcripts/{id}/send/email" => Some(Feature::Email),
        "/v1/transcripts/{id}/zulip" | "/transcripts/{id}/send/zulip" => Some(Feature::Zulip),
        "/transcripts/{id}/room" => Some(Feature::Rooms),
        _ if within(path, "/v1/zulip") => Some(Feature::Zulip),
        _ if within(path, "/rooms") || within(path, "/v1/rooms") => Some(Feature::Rooms),
        _ => None,
    }
}

/// What is for those who log in, where the operator wants that of visitors: all that shows more than what somebody gave them a link
/// to, and adding recordings.
fn is_inside(path: &str) -> bool {
    let path = if path == "/" { path } else { path.trim_end_matches('/') };
    let lists = ["/", "/upload", "/transcripts", "/v1/transcripts", "/v1/transcripts/search"];
    lists.contains(&path) || ["/rooms", "/v1/rooms"].iter().any(|place| within(path, place))
}

fn within(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What pages may offer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offers {
    pub privacy: bool,
    pub browse: bool,
    pub rooms: bool,
    pub zulip: bool,
    pub email: bool,
}

tokio::task_local! {
    static OFFERS: Offers;
}

/// What the page that is rendered may offer: for templates, which would otherwise all have to be told.
pub(super) fn offers() -> Offers {
    let nothing = Offers { privacy: false, browse: true, rooms: true, zulip: false, email: false };
    OFFERS.try_with(|offers| *offers).unwrap_or(nothing)
}

/// Lets a request through, unless what it asks for is switched off, or is for those who log in.
pub(super) async fn pass(State(app): State<App>, request: Request, next: Next) -> Response {
    let features = &app.config().features;
    let offers = Offers {
        privacy: features.privacy,
        browse: features.browse,
        rooms: features.rooms,
        zulip: app.zulip().is_some(),
        email: app.mailer().is_some(),
    };
    let Some(path) = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str) else {
        return OFFERS.scope(offers, next.run(request)).await;
    };
    let api = path.starts_with("/v1");
    if let Some(off) = feature(request.method(), path).filter(|feature| !feature.is_on(features)) {
        let error = Error::FeatureOff(off.name());
        let refused =
            async { if api { ApiError(error).into_response() } else { PageError(error).into_response() } };
        return OFFERS.scope(offers, refused).await;
    }
    let viewer = request.extensions().get::<Seen>().map(|seen| seen.viewer);
    let visitor = matches!(viewer, Some(Viewer::Visitor { .. }));
    if features.require_login && visitor && is_inside(path) {
        return refuse(&request);
    }
    OFFERS.scope(offers, next.run(request)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_belongs_to_the_feature_it_would_be_missed_with() {
        for (method, path, wanted) in [
            (Method::GET, "/transcripts", Some(Feature::Browse)),
            (Method::GET, "/v1/transcripts", Some(Feature::Browse)),
            (Method::POST, "/v1/transcripts", None),
            (Method::GET, "/v1/transcripts/search", Some(Feature::Browse)),
            (Method::GET, "/v1/transcripts/{id}", None),
            (Method::POST, "/v1/transcripts/{id}/email", Some(Feature::Email)),
            (Method::POST, "/transcripts/{id}/send/email", Some(Feature::Email)),
            (Method::POST, "/v1/transcripts/{id}/zulip", Some(Feature::Zulip)),
            (Method::GET, "/v1/zulip/streams/{id}/topics", Some(Feature::Zulip)),
            (Method::GET, "/rooms", Some(Feature::Rooms)),
            (Method::POST, "/rooms/{id}/webhook/test", Some(Feature::Rooms)),
            (Method::GET, "/v1/rooms/", Some(Feature::Rooms)),
            (Method::POST, "/transcripts/{id}/room", Some(Feature::Rooms)),
            (Method::GET, "/privacy", Some(Feature::Privacy)),
            (Method::GET, "/v1/config", None),
            (Method::GET, "/", None),
        ] {
            assert_eq!(feature(&method, path), wanted, "{method} {path}");
        }
        for path in ["/", "/transcripts", "/v1/transcripts", "/v1/rooms/{id}"] {
            assert!(is_inside(path), "{path}");
        }
        for path in ["/transcripts/{id}", "/v1/transcripts/{id}/audio/mp3", "/login", "/metrics", "/privacy"]
        {
            assert!(!is_inside(path), "{path}");
        }
    }
}
