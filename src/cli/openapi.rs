//! `reflector openapi`: what the API takes and gives.

use anyhow::Context;
use clap::Args;

/// Print the API's description (OpenAPI 3.1), as it is served at /openapi.json
#[derive(Debug, Args)]
pub struct Openapi {}

impl Openapi {
    #[expect(clippy::print_stdout, reason = "the command's result")]
    pub fn run(self) -> anyhow::Result<()> {
        println!("{}", crate::web::openapi().to_pretty_json().context("the API's description")?);
        Ok(())
    }
}
