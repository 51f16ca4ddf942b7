//! A browser's way to the provider and back: the authorization code flow with PKCE, state and nonce; then the renewal of what the
//! provider gave, and its end.

use std::time::Duration;

use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreErrorResponseType, CoreTokenResponse};
use openidconnect::core::{CoreClientAuthMethod, CoreIdToken, CoreIdTokenClaims, CoreUserInfoClaims};
use openidconnect::{
    AccessTokenHash, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    EndpointNotSet, EndpointSet, LogoutRequest, Nonce, NonceVerifier, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl, RefreshToken,
    RequestTokenError, Scope, SignatureVerificationError, StandardErrorResponse, TokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};
use url::Url;

use super::bearer::person;
use super::published::Keys;
use super::{FetchError, LEEWAY, Oidc, OidcError, Person, Refusal, for_id_token};
use crate::clock;

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet, EndpointNotSet>;
type TokenError = RequestTokenError<FetchError, StandardErrorResponse<CoreErrorResponseType>>;

/// What is asked for beside `openid`, where the provider has it.
const SCOPES: [&str; 3] = ["email", "profile", "offline_access"];

/// A browser that is sent to the provider, and what must come back with it.
pub struct Begun {
    pub url: Url,
    pub state: String,
    pub nonce: String,
    /// The secret behind the challenge that the provider was told.
    pub verifier: String,
}

/// Somebody who came back.
pub struct SignedIn {
    pub person: Person,
    pub tokens: Tokens,
    /// For how long the provider's word is good.
    pub good_for: Option<Duration>,
}

/// What the provider gave for later; kept sealed.
#[derive(Clone, Serialize, Deserialize)]
pub struct Tokens {
    pub subject: String,
    pub refresh: Option<String>,
    /// Says at the end whose login it was.
    pub id: String,
}

/// What became of a renewal.
pub struct Renewal {
    pub tokens: Tokens,
    pub good_for: Option<Duration>,
}

impl Oidc {
    /// Begins a login that ends at `callback`.
    ///
    /// # Errors
    /// The provider can't be reached, or browsers can't log in with these settings.
    pub async fn begin(&self, callback: &str) -> Result<Begun, OidcError> {
        let metadata = self.metadata().await?;
        let client = self.client(&metadata, &*self.keys(None).await?, Some(callback))?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let offered = |scope: &&&str| {
            metadata.scopes_supported().is_none_or(|all| all.iter().any(|one| one.as_str() == **scope))
        };
        let scopes = SCOPES.iter().filter(offered).map(|scope| Scope::new((*scope).to_owned()));
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let request = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
        let (url, state, nonce) = request.add_scopes(scopes).set_pkce_challenge(challenge).url();
        Ok(Begun {
            url,
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
        })
    }

    /// Ends one: with the code that came back, and what [`Oidc::begin`] gave.
    ///
    /// # Errors
    /// The provider can't be reached or says no, or what it says does not hold.
    pub async fn finish(
        &self,
        callback: &str,
        code: &str,
        nonce: &str,
        verifier: &str,
    ) -> Result<SignedIn, OidcError> {
        let metadata = self.metadata().await?;
        let client = self.client(&metadata, &*self.keys(None).await?, Some(callback))?;
        let request = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()));
        let sent = self.0.http.sender();
        let answer = request.request_async(&sent).await.map_err(refused)?;
        let Some(id) = answer.id_token() else {
            return Err(OidcError::Provider(
                "the provider gave no ID token; allow this application the scope openid there".into(),
            ));
        };
        let claims = self.claims(&metadata, id, &Nonce::new(nonce.to_owned()), Some(&answer)).await?;
        let mut told = (claims.email().cloned(), claims.email_verified());
        // Many providers tell the address only to whoever asks with the access token.
        if told.0.is_none()
            && let Some(url) = metadata.userinfo_endpoint()
        {
            let subject = Some(claims.subject().clone());
            let asked = client.set_user_info_url(url.clone());
            let asked = asked.user_info(answer.access_token().clone(), subject);
            let answered: Result<CoreUserInfoClaims, _> = asked.request_async(&sent).await;
            match answered {
                Ok(more) => told = (more.email().cloned(), more.email_verified()),
                Err(error) => tracing::warn!(%error, "the identity provider does not tell who somebody is"),
            }
        }
        let email = told.0.map(|email| email.as_str().to_owned());
        let person = person(claims.subject().as_str().to_owned(), email, told.1).ok_or(Refusal::Claims)?;
        let tokens = Tokens {
            subject: person.subject.clone(),
            refresh: answer.refresh_token().map(|token| token.secret().clone()),
            id: id.to_string(),
        };
        Ok(SignedIn { person, tokens, good_for: answer.expires_in() })
    }

    /// Has the provider confirm a login; `None` where it gave nothing to do that with.
    ///
    /// # Errors
    /// [`OidcError::Ended`] if it says no; others where it can't be asked.
    pub async fn renew(&self, tokens: &Tokens) -> Result<Option<Renewal>, OidcError> {
        let Some(refresh) = &tokens.refresh else { return Ok(None) };
        let metadata = self.metadata().await?;
        let mut client = self.client(&metadata, &*self.keys(None).await?, None)?;
        if let Some(url) = &self.0.settings.refresh_url {
            client = client.set_token_uri(
                TokenUrl::new(url.clone())
                    .map_err(|error| OidcError::Provider(format!("auth.refresh_token_url: {error}")))?,
            );
        }
        let sent = self.0.http.sender();
        let old = RefreshToken::new(refresh.clone());
        let answer = client.exchange_refresh_token(&old).request_async(&sent).await.map_err(refused)?;
        let mut renewed = tokens.clone();
        if let Some(id) = answer.id_token() {
            let claims = self.claims(&metadata, id, |_: Option<&Nonce>| Ok(()), None).await?;
            if claims.subject().as_str() != tokens.subject {
                return Err(OidcError::Ended("it is somebody else's login now".into()));
            }
            renewed.id = id.to_string();
        }
        if let Some(token) = answer.refresh_token() {
            renewed.refresh = Some(token.secret().clone());
        }
        Ok(Some(Renewal { tokens: renewed, good_for: answer.expires_in() }))
    }

    /// Where a browser ends its login at the provider, too; `None` where it has no such address. `back`: the login page of this site.
    ///
    /// # Errors
    /// It can't be reached.
    pub async fn end(&self, id_token: Option<&str>, back: &str) -> Result<Option<Url>, OidcError> {
        let metadata = self.metadata().await?;
        let Some(url) = metadata.additional_metadata().end_session_endpoint.clone() else { return Ok(None) };
        let mut request = LogoutRequest::from(url);
        if let Some(client) = &self.0.settings.client_id {
            request = request.set_client_id(ClientId::new(client.clone()));
        }
        if let Some(id) = id_token.and_then(|id| id.parse::<CoreIdToken>().ok()) {
            request = request.set_id_token_hint(&id);
        }
        if self.0.settings.return_after_logout
            && let Ok(back) = PostLogoutRedirectUrl::new(back.to_owned())
        {
            request = request.set_post_logout_redirect_uri(back).set_state(CsrfToken::new("out".into()));
        }
        Ok(Some(request.http_get_url()))
    }

    /// What an ID token says, if all of it holds: signature, issuer, audience, time, nonce, and that the access token beside it is its own.
    async fn claims(
        &self,
        metadata: &ProviderMetadataWithLogout,
        id: &CoreIdToken,
        nonce: impl NonceVerifier,
        beside: Option<&CoreTokenResponse>,
    ) -> Result<CoreIdTokenClaims, OidcError> {
        // The provider may have a new key since we last asked.
        let kid = jsonwebtoken::decode_header(id.to_string()).ok().and_then(|header| header.kid);
        let keys = self.keys(kid.as_deref()).await?;
        let client = self.client(metadata, &keys, None)?;
        let leeway = chrono::Duration::from_std(LEEWAY).unwrap_or_default();
        let verifier =
            client
                .id_token_verifier()
                .set_allowed_algs([for_id_token(self.0.settings.algorithm)])
                .set_time_fn(move || clock::now() - leeway)
                .set_issue_time_verifier_fn(move |at| {
                    if at <= clock::now() + leeway { Ok(()) } else { Err(EARLY.into()) }
                });
        let claims = id.claims(&verifier, nonce).map_err(|error| wrong(&error))?;
        if let (Some(wanted), Some(beside)) = (claims.access_token_hash(), beside) {
            let key = id.signing_key(&verifier).map_err(|_| Refusal::Signature)?;
            let algorithm = id.signing_alg().map_err(|_| Refusal::Algorithm)?;
            let found = AccessTokenHash::from_token(beside.access_token(), algorithm, key);
            if found.as_ref() != Ok(wanted) {
                return Err(Refusal::Signature.into());
            }
        }
        Ok(claims.clone())
    }

    pub(super) fn client(
        &self,
        metadata: &ProviderMetadataWithLogout,
        keys: &Keys,
        callback: Option<&str>,
    ) -> Result<Client, OidcError> {
        let settings = &self.0.settings;
        let id = settings.client_id.clone().ok_or_else(|| {
            OidcError::Provider("auth.client_id is not set: browsers can't log in without it".into())
        })?;
        let token = metadata
            .token_endpoint()
            .ok_or_else(|| OidcError::Provider("the provider's metadata name no token endpoint".into()))?;
        let mut client = CoreClient::new(ClientId::new(id), metadata.issuer().clone(), keys.set.clone())
            .set_auth_uri(metadata.authorization_endpoint().clone())
            .set_token_uri(token.clone());
        if let Some(secret) = &settings.client_secret {
            client = client.set_client_secret(ClientSecret::new(secret.clone()));
        }
        let ways = metadata.token_endpoint_auth_methods_supported();
        let has = |way| ways.is_some_and(|ways| ways.contains(&way));
        if has(CoreClientAuthMethod::ClientSecretPost) && !has(CoreClientAuthMethod::ClientSecretBasic) {
            client = client.set_auth_type(AuthType::RequestBody);
        }
        if let Some(callback) = callback {
            let url = RedirectUrl::new(callback.to_owned())
                .map_err(|error| OidcError::Provider(format!("server.site_url: {error}")))?;
            client = client.set_redirect_uri(url);
        }
        Ok(client)
    }
}

/// What is told of an ID token from the future.
const EARLY: &str = "issued in the future";

fn wrong(error: &ClaimsVerificationError) -> OidcError {
    tracing::warn!(%error, "an ID token does not hold");
    let refusal = match error {
        ClaimsVerificationError::Expired(_) => Refusal::Expired,
        ClaimsVerificationError::InvalidAudience(_) => Refusal::Audience,
        ClaimsVerificationError::InvalidIssuer(_) => Refusal::Issuer,
        ClaimsVerificationError::InvalidNonce(_) => Refusal::Nonce,
        ClaimsVerificationError::SignatureVerification(error) => match error {
            SignatureVerificationError::NoMatchingKey => Refusal::UnknownKey,
            SignatureVerificationError::DisallowedAlg(_)
            | SignatureVerificationError::NoSignature
            | SignatureVerificationError::UnsupportedAlg(_) => Refusal::Algorithm,
            _ => Refusal::Signature,
        },
        ClaimsVerificationError::Other(text) if text.contains(EARLY) => Refusal::Early,
        _ => Refusal::Claims,
    };
    refusal.into()
}

/// What the token endpoint answered instead of tokens.
pub(super) fn refused(error: TokenError) -> OidcError {
    match error {
        RequestTokenError::Request(error) => OidcError::Unreachable(error),
        RequestTokenError::ServerResponse(answer) => match answer.error() {
            CoreErrorResponseType::InvalidClient => OidcError::Provider(
                "the provider does not know this application: auth.client_id or auth.client_secret is wrong"
                    .into(),
            ),
            CoreErrorResponseType::InvalidGrant => OidcError::Ended("invalid_grant".into()),
            other => OidcError::Provider(format!("the provider refuses: {}", other.as_ref())),
        },
        RequestTokenError::Parse(error, _) => {
            OidcError::Provider(format!("the provider's answer can't be read: {}", error.path()))
        }
        RequestTokenError::Other(text) => {
            OidcError::Provider(format!("the provider's answer is none: {text}"))
        }
    }
}
