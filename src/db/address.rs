use std::path::PathBuf;

use diesel_async::AsyncPgConnection;
use percent_encoding::percent_decode_str;
use tokio_postgres::NoTls;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::DbError;
use crate::tls::Trust;

/// A PostgreSQL server and database, and whom to believe that it is the one.
#[derive(Clone)]
pub struct Address {
    url: String,
    trust: Trust,
}

/// Who the server must prove to be.
#[derive(Clone)]
pub enum Proof {
    /// Nothing is asked, and nothing encrypted: a unix socket, or a network that is trusted.
    Nothing,
    /// TLS with a certificate for the server's name by an authority that is trusted.
    Certificate(Box<MakeRustlsConnect>),
}

/// The system's authorities are trusted: right where the address leads over no network, as in tests.
impl<T: AsRef<str> + ?Sized> From<&T> for Address {
    fn from(url: &T) -> Self {
        Self::new(url.as_ref(), &Trust::system())
    }
}

impl From<&Self> for Address {
    fn from(address: &Self) -> Self {
        address.clone()
    }
}

impl Address {
    pub fn new(url: &str, trust: &Trust) -> Self {
        Self { url: url.to_owned(), trust: trust.clone() }
    }

    /// The address as the driver takes it, and how to connect.
    ///
    /// `sslmode` is PostgreSQL's own, but never less strict than it says: `require` and `verify-ca` verify the name too.
    /// `prefer`, its default, asks for no proof, so it is as good as `disable` and taken for that.
    ///
    /// # Errors
    /// The URL can't be understood, or its `sslrootcert` can't be used.
    pub fn parts(&self) -> Result<(tokio_postgres::Config, Proof), DbError> {
        let (base, query) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let (mut mode, mut root, mut rest) = (String::from("prefer"), None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = || percent_decode_str(value).decode_utf8_lossy().into_owned();
            match key {
                "sslmode" => mode = value(),
                "sslrootcert" => root = Some(value()),
                _ => rest.push(pair),
            }
        }
        let plain = format!("{base}?{}", rest.join("&"));
        let mut config: tokio_postgres::Config =
            plain.parse().map_err(|error: tokio_postgres::Error| DbError::Connect(chain(&error)))?;
        match mode.as_str() {
            "disable" | "allow" | "prefer" => {
                config.ssl_mode(SslMode::Disable);
                Ok((config, Proof::Nothing))
            }
            "require" | "verify-ca" | "verify-full" => {
                config.ssl_mode(SslMode::Require);
                let trust = match root.as_deref() {
                    None | Some("" | "system") => self.trust.clone(),
                    Some(file) => Trust::only(&PathBuf::from(file))
                        .map_err(|error| DbError::Connect(format!("sslrootcert: {error}")))?,
                };
                Ok((config, Proof::Certificate(Box::new(MakeRustlsConnect::new(trust.client_config())))))
            }
            other => Err(DbError::Connect(format!(
                "sslmode={other} is not known; disable, allow, prefer, require, verify-ca and verify-full are"
            ))),
        }
    }

    /// One connection, driven by a task of its own.
    pub(super) async fn connect(&self) -> Result<AsyncPgConnection, DbError> {
        let failed = |error: tokio_postgres::Error| DbError::Connect(chain(&error));
        let (config, proof) = self.parts()?;
        let connected = match proof {
            Proof::Nothing => {
                let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await
            }
            Proof::Certificate(tls) => {
                let (client, connection) = config.connect(*tls).await.map_err(failed)?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await
            }
        };
        connected.map_err(|error| DbError::Connect(error.to_string()))
    }
}

/// The password is in the URL.
impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").finish_non_exhaustive()
    }
}

/// An error with its causes: the driver's own text names only the step that failed.
fn chain(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        let more = next.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = next.source();
    }
    text
}
