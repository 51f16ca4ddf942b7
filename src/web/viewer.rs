//! Who is asking. Nobody logs in yet, so everybody is anonymous; what that allows is decided by `policy` alone.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

pub(super) use crate::policy::Viewer;

/// Extracts the viewer of a request.
pub(super) struct Asking(pub Viewer);

impl<S: Send + Sync> FromRequestParts<S> for Asking {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Viewer::Anonymous))
    }
}
