//! PKCS#12 (RFC 7292): certificates and a key in one file under a password, as companies hand them out.

use anyhow::{Context, bail};
use p12_keystore::Pkcs12Archive;

use crate::tls::{Certificate, Contents, Key};

/// Whether these bytes are such a file: a sequence whose first member is the number 3, its version.
pub(super) fn is(bytes: &[u8]) -> bool {
    let body = match bytes {
        // The length in one byte, in 1 to 4 bytes after their number, or left open.
        [0x30, length, rest @ ..] if *length <= 0x80 => rest,
        [0x30, length, rest @ ..] if (0x81..=0x84).contains(length) => {
            rest.get(usize::from(length - 0x80)..).unwrap_or_default()
        }
        _ => return false,
    };
    body.starts_with(&[0x02, 0x01, 0x03])
}

/// Everything in it.
pub(super) fn read(bytes: &[u8], password: Option<&str>) -> anyhow::Result<Contents> {
    let archive = match Pkcs12Archive::from_pkcs12(bytes, password.unwrap_or_default()) {
        Ok(archive) => archive,
        Err(error) if password.is_none() => {
            bail!(
                "is PKCS#12 and can't be opened without a password ({error}); name a file that holds it with --password-file"
            )
        }
        Err(error) => bail!("is PKCS#12 and can't be opened with that password: {error}"),
    };
    let certificates: Result<Vec<_>, _> =
        archive.certs.iter().map(|bag| Certificate::from_der(bag.cert.as_der())).collect();
    let keys: Result<Vec<_>, _> = archive.keys.iter().map(|bag| Key::from_der(bag.key.as_der())).collect();
    Ok(Contents { certificates: certificates.context("PKCS#12")?, keys: keys.context("PKCS#12")? })
}
