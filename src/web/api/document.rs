//! The API's own description (OpenAPI 3.1): what every operation has in common. What is one operation's stands at its handler.
//!
//! What is described is what a client may rely on: our own failures (5xx) are none of that.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, ContentBuilder, Ref, RefOr};
use utoipa::openapi::{ObjectBuilder, OpenApi as Document, Required, Type};
use utoipa::{IntoResponses, OpenApi, ToSchema};

use crate::error::Error;
use crate::export::Format;
use crate::web::api::v1::idempotency;
use crate::web::respond::ApiError;

/// A request that was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct Refused {
    /// What is wrong, for a person.
    pub detail: String,
    /// The same for a program, where there is something to tell apart: `feature_off` for what the operator switched off; `at_work`,
    /// `outcome_unknown`, `told_once` and `not_kept` for a request that came before under its `Idempotency-Key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
}

impl Refused {
    pub fn new(detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), code: None }
    }

    /// What is told of an error.
    pub fn of(error: &Error) -> Self {
        let code = matches!(error, Error::FeatureOff(_)).then_some("feature_off");
        Self { code, ..Self::new(error.to_string()) }
    }
}

/// A request with fields that failed their check.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct Invalid {
    pub detail: Vec<InvalidField>,
}

/// A field that failed its check.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct InvalidField {
    /// In which part of the request it stands (`body`, `query`, `header`), and its name.
    pub loc: [&'static str; 2],
    pub msg: String,
    #[serde(rename = "type")]
    pub kind: FieldError,
}

/// Kind of a failed check.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::web) enum FieldError {
    ValueError,
}

/// Bytes of a file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "describes an answer that is streamed")]
pub(in crate::web) struct Binary(Vec<u8>);

/// That a request was refused with this status.
pub(in crate::web) struct Fails<const STATUS: u16>;

impl<const STATUS: u16> IntoResponses for Fails<STATUS> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        [(STATUS.to_string(), failure(STATUS).into())].into()
    }
}

/// What a status means here.
fn failure(status: u16) -> Response {
    let (shape, description) = match status {
        400 => ("Refused", "The request does not fit the state of what it is about"),
        401 => ("Refused", "Nobody is logged in, or what was shown does not hold"),
        403 => ("Refused", "To be seen but not to be changed by you, or asked for by another site's page"),
        404 => ("Refused", "Not there, or not for you: the two are never told apart"),
        409 => ("Refused", "Not in this state, or not now"),
        413 => ("Refused", "Larger than a limit, which is named"),
        416 => ("Refused", "The range lies outside the file"),
        421 => ("Refused", "This server does not answer under the name in `Host`"),
        422 => ("Invalid", "A field or the whole can't be read, or fails its check"),
        426 => ("Refused", "This address is for a WebSocket"),
        429 => ("Refused", "Too often; `Retry-After` says when again"),
        _ => ("Refused", "Refused"),
    };
    let response =
        ResponseBuilder::new().description(description).content("application/json", content(shape));
    match status {
        401 => response.header("WWW-Authenticate", text_header("How to show who asks")),
        429 => response.header("Retry-After", text_header("Seconds")),
        _ => response,
    }
    .build()
}

fn text_header(description: &str) -> Header {
    let mut header = Header::new(ObjectBuilder::new().schema_type(Type::String).build());
    header.description = Some(description.into());
    header
}

fn content(shape: &str) -> Content {
    ContentBuilder::new().schema(Some(Ref::from_schema_name(shape))).build()
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Reflector",
        version = "1",
        description = "Recordings in, transcripts with speakers, topics and summaries out. Times of words, segments and topics are \
            seconds, a transcript's duration is milliseconds, dates have an offset.",
        license(name = "MIT", identifier = "MIT"),
    ),
    components(schemas(Refused, Invalid, Format)),
    tags(
        (name = "transcripts", description = "Transcripts: made, shown, changed, searched, removed"),
        (name = "recording", description = "Sound: uploaded, processed, played"),
        (name = "speakers", description = "Who says what"),
        (name = "text", description = "What people change about the text: a layer over the machine's, with undo"),
        (name = "rooms", description = "Transcripts that belong together, shared or not, and whom to tell of them"),
        (name = "account", description = "Who asks, with what, and who did what"),
    ),
)]
struct Description;

/// What is known before any operation.
pub(in crate::web) fn empty() -> Document {
    Description::openapi()
}

/// Adds what operations have in common, by what each takes and gives.
pub(in crate::web) fn finish(mut document: Document) -> Document {
    let components = document.components.get_or_insert_default();
    for (name, scheme) in schemes() {
        components.add_security_scheme(name, scheme);
    }
    // The last: nothing, where nobody logs in, and for what is public.
    let ways = ["bearer", "key", "session"].map(|name| SecurityRequirement::new(name, [""; 0]));
    document.security = Some(ways.into_iter().chain([SecurityRequirement::default()]).collect());
    for (path, item) in &mut document.paths.paths {
        if let Some(post) = item.post.as_mut().filter(|_| idempotency::honours(path)) {
            repeatable(post);
        }
        let reading = [(&mut item.get, true), (&mut item.head, true)];
        let writing = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        let all = reading.into_iter().chain(writing.into_iter().map(|one| (one, false)));
        for (operation, reads) in all {
            if let Some(operation) = operation {
                common(operation, reads);
            }
        }
        // The same handler under two names.
        if let Some(head) = &mut item.head {
            head.operation_id = head.operation_id.take().map(|id| format!("{id}_head"));
        }
    }
    document
}

/// How a request shows who asks.
fn schemes() -> [(&'static str, SecurityScheme); 3] {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("A token of `POST /v1/auth/login`"));
    let key = ApiKeyValue::with_description("X-API-Key", "A key of `POST /v1/user/api-keys`");
    let cookie = "The cookie of the login page; over plain HTTP it is called `reflector`";
    let session = ApiKeyValue::with_description("__Host-reflector", cookie);
    [
        ("bearer", SecurityScheme::Http(bearer.build())),
        ("key", SecurityScheme::ApiKey(ApiKey::Header(key))),
        ("session", SecurityScheme::ApiKey(ApiKey::Cookie(session))),
    ]
}

/// What a request has that may be sent again under a key.
fn repeatable(operation: &mut Operation) {
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1));
    let text = text.max_length(Some(idempotency::LONGEST)).pattern(Some(idempotency::PATTERN));
    let mut key = Parameter::new(idempotency::FIELD);
    key.parameter_in = ParameterIn::Header;
    key.required = Required::False;
    key.description = Some("Made up by the client: the same request with it is done once, for a day".into());
    key.schema = Some(text.build().into());
    operation.parameters.get_or_insert_default().push(key.into());
    let responses = &mut operation.responses.responses;
    responses.entry("409".into()).or_insert_with(|| failure(409).into());
    if let Some(RefOr::T(given)) = responses.get_mut("200") {
        let replayed = text_header("`true`: the answer is one of before");
        given.headers.insert("Idempotency-Replayed".into(), replayed.into());
    }
}

fn common(operation: &mut Operation, reads: bool) {
    let place = |one: &RefOr<Parameter>| match one {
        RefOr::T(one) => Some(one.parameter_in.clone()),
        RefOr::Ref(_) => None,
    };
    let places: Vec<_> = operation.parameters.iter().flatten().filter_map(place).collect();
    let body = operation.request_body.is_some();
    let mut statuses = vec![401, 421];
    if !reads {
        statuses.push(403);
    }
    if places.contains(&ParameterIn::Path) {
        statuses.push(404);
    }
    if body {
        statuses.push(413);
    }
    let header = !reads && places.contains(&ParameterIn::Header);
    if body || places.contains(&ParameterIn::Query) || header {
        statuses.push(422);
    }
    let responses = &mut operation.responses.responses;
    for status in statuses {
        responses.entry(status.to_string()).or_insert_with(|| failure(status).into());
    }
    let Some(RefOr::T(given)) = responses.get_mut("200") else { return };
    if reads && given.content.contains_key("application/json") && given.content.len() == 1 {
        given.headers.insert("ETag".into(), text_header("For `If-None-Match`").into());
        let mut known = Parameter::new("If-None-Match");
        known.parameter_in = ParameterIn::Header;
        known.required = Required::False;
        known.schema = Some(ObjectBuilder::new().schema_type(Type::String).build().into());
        operation.parameters.get_or_insert_default().push(known.into());
        let known = Response::new("What `If-None-Match` names is still what there is");
        responses.insert("304".into(), known.into());
    }
}

/// `GET /openapi.json`.
pub(in crate::web) async fn get() -> impl IntoResponse {
    static TEXT: LazyLock<Result<String, serde_json::Error>> =
        LazyLock::new(|| crate::web::openapi().to_json());
    match &*TEXT {
        Ok(text) => Ok(([(CONTENT_TYPE, "application/json")], text.as_str())),
        Err(error) => Err(ApiError::from(Error::Internal(anyhow::anyhow!("the API's description: {error}")))),
    }
}
