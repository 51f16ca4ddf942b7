//! What the API takes and gives, to read: the description of `/openapi.json` as a page. It is the same for every installation.

use std::sync::LazyLock;

use askama::Template;
use axum::response::Response;

use crate::error::Error;
use crate::operations::{self, Group};
use crate::web::assets;
use crate::web::respond::{PageError, html};
use crate::web::say::filters;

#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage {
    version: &'static str,
    here: &'static str,
    groups: &'static [Group],
}

/// `GET /docs`.
pub(in crate::web) async fn docs() -> Result<Response, PageError> {
    static GROUPS: LazyLock<Result<Vec<Group>, serde_json::Error>> = LazyLock::new(|| {
        let description = serde_json::to_value(crate::web::openapi())?;
        Ok(operations::groups(&description))
    });
    match &*GROUPS {
        Ok(groups) => Ok(html(&DocsPage { version: &assets::VERSION, here: "docs", groups })),
        Err(error) => Err(Error::Internal(anyhow::anyhow!("the API's description: {error}")).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_in_one_group() {
        let description = serde_json::to_value(crate::web::openapi()).unwrap();
        let shown: usize = operations::groups(&description).iter().map(|group| group.addresses.len()).sum();
        assert_eq!(shown, operations::addresses(&description).len());
        assert!(shown > 50, "{shown}");
    }
}
