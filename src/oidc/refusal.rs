use super::FetchError;

/// Why a token does not hold. Each is told with what to do about it; none tells anything of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("The token can't be read: it is no signed JSON Web Token")]
    Form,
    #[error("The token is not signed in the way that auth.jwt_algorithm names")]
    Algorithm,
    #[error("The token is signed with a key that the identity provider does not publish; log in again")]
    UnknownKey,
    #[error("The token's signature is wrong; it was changed, or signed by somebody else")]
    Signature,
    #[error(
        "The token is for another audience; auth.audience (AUTH_JWT_AUDIENCE) must be the OAuth client ID that it was issued for"
    )]
    Audience,
    #[error("The token is from another issuer than auth.issuer names")]
    Issuer,
    #[error("The token has run out; log in again, or compare the clocks of both machines if it is new")]
    Expired,
    #[error("The token is not valid yet; the clocks of the two machines differ by more than a minute")]
    Early,
    #[error("The token lacks what it must say: sub, aud, exp and, with auth.issuer, iss")]
    Claims,
    #[error("The login does not belong to the one that was begun in this browser")]
    Nonce,
}

/// What kept somebody from coming in.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// A token does not hold.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The provider can't be asked.
    #[error("{0}")]
    Unreachable(#[from] FetchError),
    /// It answers, and not as it should: the text says what, and how to mend it.
    #[error("{0}")]
    Provider(String),
    /// It says no: the login is used, over or withdrawn.
    #[error("the identity provider says no: {0}")]
    Ended(String),
}
