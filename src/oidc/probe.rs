//! What `doctor` tries: the questions that a login would ask, with a code and a token that are none.

use openidconnect::core::CoreErrorResponseType;
use openidconnect::{AuthorizationCode, OAuth2TokenResponse, RefreshToken, RequestTokenError, TokenUrl};

use super::flow::refused;
use super::{Oidc, OidcError};

/// What is asked of the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    Code,
    Refresh,
}

impl Oidc {
    /// How the provider answers somebody who is to come back to `callback`: below 400 it would let them log in.
    ///
    /// # Errors
    /// It can't be reached.
    pub async fn probe_callback(&self, callback: &str) -> Result<u16, OidcError> {
        let begun = self.begin(callback).await?;
        Ok(self.0.http.get(begun.url.as_str()).await?.status)
    }

    /// Whether the provider knows this application: it must say that the code, or the token, is none.
    ///
    /// # Errors
    /// It says something else, or can't be reached.
    pub async fn probe_token(&self, probe: Probe) -> Result<(), OidcError> {
        let metadata = self.metadata().await?;
        let mut client = self.client(&metadata, &*self.keys(None).await?, Some("http://localhost/"))?;
        let sent = self.0.http.sender();
        let answer = match probe {
            Probe::Code => {
                let none = AuthorizationCode::new("reflector-doctor".into());
                client.exchange_code(none).request_async(&sent).await
            }
            Probe::Refresh => {
                if let Some(url) = &self.0.settings.refresh_url {
                    client =
                        client.set_token_uri(TokenUrl::new(url.clone()).map_err(|error| {
                            OidcError::Provider(format!("auth.refresh_token_url: {error}"))
                        })?);
                }
                let none = RefreshToken::new("reflector-doctor".into());
                client.exchange_refresh_token(&none).request_async(&sent).await
            }
        };
        match answer {
            Err(RequestTokenError::ServerResponse(said))
                if *said.error() == CoreErrorResponseType::InvalidGrant =>
            {
                Ok(())
            }
            Err(error) => Err(refused(error)),
            Ok(given) => {
                let long = given.access_token().secret().len();
                Err(OidcError::Provider(format!(
                    "a code that is none was taken for one ({long} characters came)"
                )))
            }
        }
    }
}
