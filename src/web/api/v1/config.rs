//! `GET /v1/config`: what this installation offers, for whoever draws a page.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;

/// What is switched on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Offered)]
pub(in crate::web) struct OfferedOut {
    /// Transcripts can be posted to Zulip.
    zulip_enabled: bool,
    /// Transcripts can be sent by e-mail.
    email_enabled: bool,
    features: FeaturesOut,
}

/// What the operator left on or switched off.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Features)]
pub(in crate::web) struct FeaturesOut {
    require_login: bool,
    privacy: bool,
    browse: bool,
    rooms: bool,
    send_to_zulip: bool,
    email_transcript: bool,
}

/// What is switched on here; also to whoever is not logged in
#[utoipa::path(get, path = "/config", operation_id = "get_config", tag = "account", responses((status = 200, body = OfferedOut)))]
pub(in crate::web) async fn get(State(app): State<App>) -> Json<OfferedOut> {
    let features = &app.config().features;
    Json(OfferedOut {
        zulip_enabled: app.zulip().is_some(),
        email_enabled: app.mailer().is_some(),
        features: FeaturesOut {
            require_login: features.require_login,
            privacy: features.privacy,
            browse: features.browse,
            rooms: features.rooms,
            send_to_zulip: features.send_to_zulip,
            email_transcript: features.email_transcript,
        },
    })
}
