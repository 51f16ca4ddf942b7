use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

use super::{Folder, files, pkcs12};
use crate::tls::{Certificate, Contents, Key, provider};

/// What to take in.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// PEM, DER or PKCS#12, in any order.
    pub files: Vec<PathBuf>,
    /// The server's key, where it is not in one of them.
    pub key: Option<PathBuf>,
    /// Opens PKCS#12.
    pub password: Option<String>,
}

/// What was taken in.
#[derive(Debug)]
pub struct Imported {
    pub server: Option<Certificate>,
    /// Sent with it, the nearest issuer first.
    pub intermediates: Vec<Certificate>,
    /// What `ca.crt` holds now; empty if it was left as it was.
    pub authorities: Vec<Certificate>,
}

/// Takes certificates that others issued into the folder: a server's with its key and intermediates, authorities, or both.
/// Everything is judged before anything is written.
///
/// # Errors
/// Says which certificate is refused and why: out of date, without its key, for no name, or not issued by the authority
/// that came with it. An authority does not take the place of one that was made here.
pub fn import(folder: &Folder, source: &Source) -> anyhow::Result<Imported> {
    let (mut pool, mut keys) = (Vec::<Certificate>::new(), Vec::new());
    for file in source.files.iter().chain(&source.key) {
        let contents = open(file, source.password.as_deref())?;
        for certificate in contents.certificates {
            if !pool.contains(&certificate) {
                pool.push(certificate);
            }
        }
        keys.extend(contents.keys);
    }
    ensure!(!pool.is_empty(), "there is no certificate in what was given");
    for certificate in &pool {
        if let Some(why) = certificate.out_of_date() {
            bail!("{}: {why}", certificate.subject);
        }
    }
    let (issuers, servers): (Vec<_>, Vec<_>) =
        pool.into_iter().partition(|certificate| certificate.authority);
    let server = choose(servers, &keys)?;
    let Some((server, key)) = server else {
        ensure!(keys.is_empty(), "there is a private key, but no server's certificate that it belongs to");
        let authorities = ordered(issuers);
        write_authorities(folder, &authorities)?;
        return Ok(Imported { server: None, intermediates: Vec::new(), authorities });
    };
    let (intermediates, root) = chain(&server, &issuers);
    if let Some(root) = &root {
        verify(&server, &intermediates, root)?;
    }
    let mut authorities: Vec<Certificate> = issuers.into_iter().filter(Certificate::self_issued).collect();
    authorities.sort_by_key(|authority| Some(authority) != root.as_ref());
    write_authorities(folder, &authorities)?;
    files::make(folder)?;
    let text: String = std::iter::once(&server).chain(&intermediates).map(Certificate::pem).collect();
    files::replace_pair(folder, &text, &key.pem())?;
    Ok(Imported { server: Some(server), intermediates, authorities })
}

fn open(file: &Path, password: Option<&str>) -> anyhow::Result<Contents> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let contents = if pkcs12::is(&bytes) {
        pkcs12::read(&bytes, password)
    } else {
        Contents::read(&bytes).map_err(Into::into)
    };
    contents.with_context(|| file.display().to_string())
}

/// The one server's certificate, and its key.
fn choose(servers: Vec<Certificate>, keys: &[Key]) -> anyhow::Result<Option<(Certificate, &Key)>> {
    let count = servers.len();
    let Some(one) = servers.first().map(|first| first.subject.clone()) else { return Ok(None) };
    ensure!(
        !keys.is_empty(),
        "{one} is a server's certificate without its private key; name the key with --key"
    );
    let own = |certificate: Certificate| {
        keys.iter().find(|key| key.matches(&certificate)).map(|key| (certificate, key))
    };
    let mut pairs: Vec<_> = servers.into_iter().filter_map(own).collect();
    let Some((server, key)) = pairs.pop() else {
        bail!("the private key does not match: it is not that of {one}");
    };
    ensure!(
        pairs.is_empty() && count == 1,
        "there are {count} servers' certificates; give one of them, with its key"
    );
    ensure!(
        !server.names.is_empty(),
        "{} carries no subjectAltName, and browsers look at nothing else; have it issued with its names",
        server.subject
    );
    Ok(Some((server, key)))
}

/// The intermediates from the server's issuer upwards, and the root if it is among `issuers`.
fn chain(server: &Certificate, issuers: &[Certificate]) -> (Vec<Certificate>, Option<Certificate>) {
    let mut intermediates = Vec::new();
    let mut last = server;
    while let Some(issuer) = issuers.iter().find(|issuer| last.issued_by(issuer)) {
        if issuer.self_issued() {
            return (intermediates, Some(issuer.clone()));
        }
        if intermediates.contains(issuer) {
            break;
        }
        intermediates.push(issuer.clone());
        last = issuer;
    }
    (intermediates, None)
}

/// Judges the chain as a client that trusts `root` will.
fn verify(server: &Certificate, intermediates: &[Certificate], root: &Certificate) -> anyhow::Result<()> {
    let refused = || format!("{} is not accepted by who trusts {}", server.subject, root.subject);
    let mut roots = RootCertStore::empty();
    roots.add(root.der.clone()).with_context(refused)?;
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build()?;
    let name = server.names.first().and_then(|name| name.split_once(':')).map_or("", |(_, host)| host);
    let name = ServerName::try_from(name.replacen('*', "any", 1)).with_context(refused)?;
    let intermediates: Vec<CertificateDer<'_>> = intermediates.iter().map(|one| one.der.clone()).collect();
    verifier
        .verify_server_cert(&server.der, &intermediates, &name, &[], UnixTime::now())
        .map(|_| ())
        .with_context(refused)
}

/// Intermediates, then roots: the order in which chains are read.
fn ordered(mut authorities: Vec<Certificate>) -> Vec<Certificate> {
    authorities.sort_by_key(Certificate::self_issued);
    authorities
}

fn write_authorities(folder: &Folder, authorities: &[Certificate]) -> anyhow::Result<()> {
    if authorities.is_empty() {
        return Ok(());
    }
    let (path, key) = (folder.authority(), folder.authority_key());
    let present = std::fs::read(&path).ok().and_then(|bytes| Contents::read(&bytes).ok());
    if present.is_some_and(|present| present.certificates == authorities) {
        return Ok(());
    }
    ensure!(
        !key.exists(),
        "{} is the key of an authority that was made here, which this import would replace; use another --folder",
        key.display()
    );
    files::make(folder)?;
    let text: String = authorities.iter().map(Certificate::pem).collect();
    files::replace(&path, &text, files::PUBLIC).with_context(|| path.display().to_string())
}
