use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use anyhow::{Context, bail, ensure};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use rustls::pki_types::DnsName;
use time::{Duration, OffsetDateTime};

use super::{Folder, LONGEST_DAYS, files, first};
use crate::tls::Certificate;

/// Clocks differ: what is issued now is valid a little before.
const EARLIER: Duration = Duration::minutes(5);

/// An authority to be made.
#[derive(Clone, Debug)]
pub struct NewAuthority {
    /// How trust stores list it.
    pub name: String,
    pub organization: Option<String>,
    pub days: u32,
}

/// A server's certificate to be made.
#[derive(Clone, Debug)]
pub struct NewServer {
    /// Its first name; the other ones are for the same server.
    pub names: Vec<Name>,
    pub days: u32,
}

/// One thing that a certificate is for, written `DNS:name` or `IP:address`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    Dns(String),
    Ip(IpAddr),
}

impl Name {
    /// A host as people write it: a name or an address.
    ///
    /// # Errors
    /// It is neither.
    pub fn host(text: &str) -> Result<Self, String> {
        if let Ok(address) = text.parse() {
            return Ok(Self::Ip(address));
        }
        let name = text.trim_end_matches('.').to_ascii_lowercase();
        match DnsName::try_from(name.strip_prefix("*.").unwrap_or(&name)) {
            Ok(_) => Ok(Self::Dns(name)),
            Err(_) if !text.is_ascii() => Err(format!("{text:?} must be written in its ASCII form, xn--…")),
            Err(_) => Err(format!("{text:?} is neither a host name nor an address")),
        }
    }

    fn entry(&self) -> anyhow::Result<SanType> {
        Ok(match self {
            Self::Dns(name) => SanType::DnsName(name.clone().try_into()?),
            Self::Ip(address) => SanType::IpAddress(*address),
        })
    }

    fn host_text(&self) -> String {
        match self {
            Self::Dns(name) => name.clone(),
            Self::Ip(address) => address.to_string(),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => write!(f, "DNS:{name}"),
            Self::Ip(address) => write!(f, "IP:{address}"),
        }
    }
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("DNS", name)) => match Self::host(name)? {
                Self::Ip(_) => Err(format!("{name} is an address; write IP:{name}")),
                dns => Ok(dns),
            },
            Some(("IP", address)) => {
                address.parse().map(Self::Ip).map_err(|_| format!("{address:?} is no IP address"))
            }
            _ => Err(format!("{text:?} must be DNS:name or IP:address")),
        }
    }
}

impl NewServer {
    /// The domain, its further names, and what the machine itself is called.
    ///
    /// # Errors
    /// The domain is neither a name nor an address.
    pub fn new(domain: &str, more: &[Name], days: u32) -> Result<Self, String> {
        let own = [
            Name::Dns("localhost".into()),
            Name::Ip([127, 0, 0, 1].into()),
            Name::Ip(std::net::Ipv6Addr::LOCALHOST.into()),
        ];
        let mut names = vec![Name::host(domain)?];
        for name in own.iter().chain(more) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        Ok(Self { names, days })
    }
}

/// Makes an authority: `ca.key`, which only its owner can read, and `ca.crt`.
///
/// # Errors
/// There is one already: whoever trusts it would have to be told to trust another.
pub fn init(folder: &Folder, wanted: &NewAuthority) -> anyhow::Result<Certificate> {
    ensure!(wanted.days >= 1, "--days: must be at least 1");
    ensure!(
        !wanted.name.trim().is_empty() && wanted.name.len() <= 64,
        "--name: must have 1 to 64 characters"
    );
    for present in [folder.authority(), folder.authority_key()] {
        if present.exists() {
            let path = present.display();
            bail!(
                "{path} is there already. Everybody who trusts it would have to trust a new one instead: move it away if you want that, or use another folder"
            );
        }
    }
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params.distinguished_name = named(&wanted.name);
    if let Some(organization) = &wanted.organization {
        params.distinguished_name.push(DnType::OrganizationName, organization.clone());
    }
    // It signs servers, not further authorities.
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    last(&mut params, wanted.days)?;
    let certificate = params.self_signed(&key)?;
    files::make(folder)?;
    files::create(&folder.authority_key(), &key.serialize_pem(), files::SECRET)
        .with_context(|| folder.authority_key().display().to_string())?;
    let text = Certificate::from_der(certificate.der())?.pem();
    files::create(&folder.authority(), &text, files::PUBLIC)
        .with_context(|| folder.authority().display().to_string())?;
    Ok(Certificate::from_der(certificate.der())?)
}

/// Makes the server's certificate and key with the folder's authority, in place of those that are there.
///
/// # Errors
/// The folder has no authority of its own, or one that has expired.
pub fn issue(folder: &Folder, wanted: &NewServer) -> anyhow::Result<Certificate> {
    ensure!(
        (1..=LONGEST_DAYS).contains(&wanted.days),
        "--days: must be from 1 to {LONGEST_DAYS}; Apple's systems refuse certificates that live longer"
    );
    let (authority, signer) = signer(folder)?;
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    let host = wanted.names.first().map(Name::host_text).unwrap_or_default();
    // A longer name stands among the names only (RFC 5280, upper bound of a common name).
    params.distinguished_name = named(if host.len() <= 64 { &host } else { "server" });
    params.subject_alt_names = wanted.names.iter().map(Name::entry).collect::<Result<_, _>>()?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    last(&mut params, wanted.days)?;
    // Nobody believes a certificate for longer than the one above it.
    params.not_after =
        params.not_after.min(OffsetDateTime::from_unix_timestamp(authority.not_after.timestamp())?);
    let certificate = Certificate::from_der(params.signed_by(&key, &signer)?.der())?;
    files::replace_pair(folder, &certificate.pem(), &key.serialize_pem())?;
    Ok(certificate)
}

/// The folder's authority, ready to sign.
fn signer(folder: &Folder) -> anyhow::Result<(Certificate, Issuer<'static, KeyPair>)> {
    let (path, key_path) = (folder.authority(), folder.authority_key());
    ensure!(path.exists(), "{} is not there; `reflector certs init` makes an authority", path.display());
    ensure!(
        key_path.exists(),
        "{} is not there: the authority in this folder is somebody else's, and only they can issue with it",
        key_path.display()
    );
    let authority = first(&path)?;
    if let Some(why) = authority.out_of_date() {
        bail!(
            "{}: the authority {why}; make a new one in another folder with `reflector certs init`",
            path.display()
        );
    }
    let text = std::fs::read_to_string(&key_path).with_context(|| key_path.display().to_string())?;
    let key = KeyPair::from_pem(&text).with_context(|| key_path.display().to_string())?;
    let found = super::read(&key_path)?;
    ensure!(
        found.keys.iter().any(|key| key.matches(&authority)),
        "{} is not the key of {}",
        key_path.display(),
        path.display()
    );
    let issuer = Issuer::from_ca_cert_der(&authority.der, key).with_context(|| path.display().to_string())?;
    Ok((authority, issuer))
}

fn named(name: &str) -> rcgen::DistinguishedName {
    let mut subject = rcgen::DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    subject
}

fn last(params: &mut CertificateParams, days: u32) -> anyhow::Result<()> {
    let now = OffsetDateTime::from_unix_timestamp(crate::clock::now().timestamp())?;
    params.not_before = now - EARLIER;
    params.not_after = now.checked_add(Duration::days(i64::from(days))).context("--days: is too large")?;
    Ok(())
}
