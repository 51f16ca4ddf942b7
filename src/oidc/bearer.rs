//! Tokens that programs show: JWTs that the provider signed.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

use super::{LEEWAY, Oidc, OidcError, Person, Refusal, for_bearer};
use crate::clock;
use crate::config::{AuthConfig, ConfigError, JwtAlgorithm, same_address};

/// Characters of a subject that are kept; providers have some tens.
const LONGEST_SUBJECT: usize = 255;

/// What a token says that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    pub person: Person,
    /// When it ends, in seconds since 1970.
    pub ends_at: i64,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    iss: Option<String>,
    exp: i64,
    iat: Option<i64>,
    email: Option<String>,
    email_verified: Option<bool>,
}

impl Oidc {
    /// What a token says, if the provider signed it for us and it holds now.
    ///
    /// # Errors
    /// [`OidcError::Refused`] with the reason; others where the provider's keys can't be had.
    pub async fn bearer(&self, token: &str) -> Result<Bearer, OidcError> {
        let settings = &self.0.settings;
        let header = decode_header(token).map_err(|_| unreadable(token))?;
        // Decided by the settings and never by the token: neither `none` nor HS256 with the public key as its secret gets further.
        if header.alg != for_bearer(settings.algorithm) {
            return Err(Refusal::Algorithm.into());
        }
        // What must be understood and is not: RFC 7515, 4.1.11.
        if header.crit.is_some() {
            return Err(Refusal::Form.into());
        }
        if let Some(key) = &settings.pinned {
            return Ok(self.read(token, &[key])?);
        }
        let keys = self.keys(header.kid.as_deref()).await?;
        match keys.of(header.kid.as_deref()).as_slice() {
            [] => Err(Refusal::UnknownKey.into()),
            keys => Ok(self.read(token, keys)?),
        }
    }

    fn read(&self, token: &str, keys: &[&DecodingKey]) -> Result<Bearer, Refusal> {
        let settings = &self.0.settings;
        let mut wanted = Validation::new(for_bearer(settings.algorithm));
        wanted.set_audience(&[&settings.audience]);
        wanted.set_required_spec_claims(&["exp", "aud", "sub"]);
        wanted.validate_nbf = true;
        wanted.leeway = LEEWAY.as_secs();
        let mut found = Err(Refusal::UnknownKey);
        for key in keys {
            found = decode::<Claims>(token, key, &wanted).map_err(|error| refusal(error.kind()));
            if !matches!(found, Err(Refusal::Signature)) {
                break;
            }
        }
        let claims = found?.claims;
        let now = clock::now().timestamp();
        if claims.iat.is_some_and(|at| at > now + LEEWAY.as_secs().cast_signed()) {
            return Err(Refusal::Early);
        }
        if let Some(issuer) = &settings.issuer {
            let theirs = claims.iss.as_deref().ok_or(Refusal::Claims)?;
            if !same_address(theirs, issuer) {
                return Err(Refusal::Issuer);
            }
        }
        let person = person(claims.sub, claims.email, claims.email_verified).ok_or(Refusal::Claims)?;
        Ok(Bearer { person, ends_at: claims.exp })
    }
}

/// Somebody by the provider's word; an address only if it made sure of it.
pub(super) fn person(subject: String, email: Option<String>, verified: Option<bool>) -> Option<Person> {
    let usable =
        |email: &String| email.contains('@') && email.len() <= 254 && !email.contains(char::is_control);
    let email =
        email.map(|email| email.trim().to_owned()).filter(|email| verified == Some(true) && usable(email));
    let subject_usable =
        !subject.trim().is_empty() && subject.len() <= LONGEST_SUBJECT && !subject.contains('\0');
    subject_usable.then_some(Person { subject, email })
}

/// A token whose header can't be read: `alg: none` is told apart, since this library has no name for it.
fn unreadable(token: &str) -> Refusal {
    if token.split('.').count() == 3 { Refusal::Algorithm } else { Refusal::Form }
}

fn refusal(error: &ErrorKind) -> Refusal {
    match error {
        // Its header was read already; what can't be decoded now is the signature.
        ErrorKind::InvalidSignature | ErrorKind::Base64(_) => Refusal::Signature,
        ErrorKind::InvalidAudience => Refusal::Audience,
        ErrorKind::ExpiredSignature => Refusal::Expired,
        ErrorKind::ImmatureSignature => Refusal::Early,
        ErrorKind::InvalidAlgorithm => Refusal::Algorithm,
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::InvalidClaimFormat(_) | ErrorKind::Json(_) => {
            Refusal::Claims
        }
        _ => Refusal::Form,
    }
}

/// The one key of the settings.
///
/// # Errors
/// The file can't be read, or holds no public key of the algorithm.
pub fn pinned(auth: &AuthConfig) -> Result<Option<DecodingKey>, ConfigError> {
    let Some(file) = auth.jwt_public_key_file.as_ref().filter(|file| !file.as_os_str().is_empty()) else {
        return Ok(None);
    };
    let refused = |message: String| ConfigError::Refused { key: "auth.jwt_public_key_file", message };
    let pem = std::fs::read(file).map_err(|error| {
        refused(format!("{}: {error}; name the file with its whole path", file.display()))
    })?;
    let read = match auth.jwt_algorithm {
        JwtAlgorithm::RS256 | JwtAlgorithm::RS384 | JwtAlgorithm::RS512 => DecodingKey::from_rsa_pem(&pem),
        JwtAlgorithm::ES256 | JwtAlgorithm::ES384 => DecodingKey::from_ec_pem(&pem),
    };
    let wanted = format!(
        "{}: holds no public key for {:?}; it must be the provider's, in PEM (BEGIN PUBLIC KEY)",
        file.display(),
        auth.jwt_algorithm
    );
    // A private key would verify, too, and has no business here.
    if String::from_utf8_lossy(&pem).contains("PRIVATE KEY") {
        return Err(refused(format!(
            "{}: holds a private key; the provider's public one is enough",
            file.display()
        )));
    }
    read.map(Some).map_err(|_| refused(wanted))
}
