use chrono::{DateTime, Utc};
use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::key::{Key, KeyError};
use crate::clock;

/// One X.509 certificate, as far as an operator needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    pub der: CertificateDer<'static>,
    /// Distinguished names, as in `CN=…, O=…`.
    pub subject: String,
    pub issuer: String,
    /// The subject's common name.
    pub common_name: Option<String>,
    /// Whom it is for: `DNS:name` or `IP:address`, in the certificate's order.
    pub names: Vec<String>,
    pub not_before: DateTime<Utc>,
    pub not_after: DateTime<Utc>,
    /// Basic constraints say that it may sign others (RFC 5280 section 4.2.1.9).
    pub authority: bool,
    /// SHA-256 of the DER form: pairs of hexadecimal digits with colons between.
    pub fingerprint: String,
}

/// Bytes that are no certificate, or not only certificates.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("is empty")]
    Empty,
    #[error("holds neither a certificate nor a key in PEM or DER")]
    Nothing,
    #[error("is not well-formed PEM: {0}")]
    Pem(String),
    #[error("holds a certificate that can't be read: {0}")]
    Certificate(String),
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Certificate {
    /// # Errors
    /// The bytes are no certificate in DER.
    pub fn from_der(der: &[u8]) -> Result<Self, ReadError> {
        let wrong = |error: &dyn std::fmt::Display| ReadError::Certificate(error.to_string());
        let (_, parsed) = X509Certificate::from_der(der).map_err(|error| wrong(&error))?;
        let time =
            |stamp: i64| DateTime::from_timestamp(stamp, 0).ok_or_else(|| wrong(&"a date out of range"));
        let alternative = parsed.subject_alternative_name().map_err(|error| wrong(&error))?;
        let names = alternative.map(|names| names.value.general_names.iter().filter_map(shown).collect());
        let constraints = parsed.basic_constraints().map_err(|error| wrong(&error))?;
        let common_name = parsed.subject().iter_common_name().next();
        Ok(Self {
            der: CertificateDer::from(der.to_vec()),
            subject: parsed.subject().to_string(),
            issuer: parsed.issuer().to_string(),
            common_name: common_name.and_then(|name| name.as_str().ok()).map(str::to_owned),
            names: names.unwrap_or_default(),
            not_before: time(parsed.validity().not_before.timestamp())?,
            not_after: time(parsed.validity().not_after.timestamp())?,
            authority: constraints.is_some_and(|constraints| constraints.value.ca),
            fingerprint: fingerprint(der),
        })
    }

    /// Whole days until it ends; negative when it has.
    pub fn days_left(&self) -> i64 {
        (self.not_after - clock::now()).num_seconds().div_euclid(86_400)
    }

    /// Why it is of no use at this moment, if it is not.
    pub fn out_of_date(&self) -> Option<String> {
        let now = clock::now();
        if now > self.not_after {
            Some(format!("expired on {}", self.not_after.format("%Y-%m-%d %H:%M UTC")))
        } else if now < self.not_before {
            Some(format!("is not valid before {}", self.not_before.format("%Y-%m-%d %H:%M UTC")))
        } else {
            None
        }
    }

    /// A root: it names itself as its issuer.
    pub fn self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whether `issuer` made it: the names agree and the signature is of that key.
    pub fn issued_by(&self, issuer: &Self) -> bool {
        let (Ok((_, child)), Ok((_, parent))) =
            (X509Certificate::from_der(&self.der), X509Certificate::from_der(&issuer.der))
        else {
            return false;
        };
        child.issuer() == parent.subject() && child.verify_signature(Some(parent.public_key())).is_ok()
    }

    /// Its public key as SubjectPublicKeyInfo in DER.
    pub fn public_key(&self) -> Vec<u8> {
        X509Certificate::from_der(&self.der).map(|(_, it)| it.public_key().raw.to_vec()).unwrap_or_default()
    }

    pub fn pem(&self) -> String {
        encode("CERTIFICATE", &self.der)
    }
}

/// What a file held.
#[derive(Debug, Default)]
pub struct Contents {
    pub certificates: Vec<Certificate>,
    pub keys: Vec<Key>,
}

impl Contents {
    /// Reads certificates and keys out of PEM text, or the one certificate or key that a DER file is.
    ///
    /// # Errors
    /// There are none, one of them is damaged, or a key is locked with a password.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(ReadError::Empty);
        }
        if !bytes.windows(11).any(|window| window == b"-----BEGIN ") {
            return Self::read_der(bytes);
        }
        let sections = pem::parse_many(bytes).map_err(|error| ReadError::Pem(error.to_string()))?;
        let mut contents = Self::default();
        for section in sections {
            let locked = section
                .headers()
                .iter()
                .any(|(key, value)| key == "Proc-Type" && value.contains("ENCRYPTED"));
            match section.tag() {
                "CERTIFICATE" | "X509 CERTIFICATE" => {
                    contents.certificates.push(Certificate::from_der(section.contents())?);
                }
                "ENCRYPTED PRIVATE KEY" => return Err(KeyError::Locked.into()),
                tag if tag.ends_with("PRIVATE KEY") && locked => return Err(KeyError::Locked.into()),
                tag if tag.ends_with("PRIVATE KEY") => {
                    contents.keys.push(Key::from_der(section.contents())?);
                }
                // Parameters of a curve, requests and the like are of no use here, and do no harm.
                _ => {}
            }
        }
        if contents.certificates.is_empty() && contents.keys.is_empty() {
            return Err(ReadError::Nothing);
        }
        Ok(contents)
    }

    fn read_der(bytes: &[u8]) -> Result<Self, ReadError> {
        if let Ok(certificate) = Certificate::from_der(bytes) {
            return Ok(Self { certificates: vec![certificate], keys: Vec::new() });
        }
        let key = Key::from_der(bytes).map_err(|_| ReadError::Nothing)?;
        Ok(Self { certificates: Vec::new(), keys: vec![key] })
    }
}

/// PEM with lines of 64 characters, as everybody reads it.
pub(super) fn encode(tag: &str, der: &[u8]) -> String {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new(tag, der), config)
}

fn shown(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(format!("DNS:{name}")),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => {
                <[u8; 4]>::try_from(*bytes).ok().map(|four| format!("IP:{}", std::net::Ipv4Addr::from(four)))
            }
            16 => {
                <[u8; 16]>::try_from(*bytes).ok().map(|long| format!("IP:{}", std::net::Ipv6Addr::from(long)))
            }
            _ => None,
        },
        _ => None,
    }
}

fn fingerprint(der: &[u8]) -> String {
    let pairs: Vec<String> = Sha256::digest(der).iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}
