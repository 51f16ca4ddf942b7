//! A PostgreSQL of our own: its folder, its process, a socket that only we can reach. For the demo and the tests.
//!
//! The server's binaries are the system's. It listens on a Unix socket in a folder of mode 0700 and on no TCP port, so
//! it needs no password. It lives no longer than this process, however that ends; its data stay for the next start.

mod account;
mod process;

use std::path::{Path, PathBuf};

use account::Account;
use process::{Launch, Server};

use super::DbError;

/// How to run it.
#[derive(Clone, Debug)]
pub struct PrivateOptions {
    /// Where its data are kept: made when absent, used when there. As root it must be reachable for the account the
    /// server runs as; see [`place`].
    pub dir: PathBuf,
    /// Whether what was committed survives a power cut. False is for tests: fsync is off, and it starts faster.
    pub durable: bool,
    /// The most connections it takes.
    pub max_connections: u32,
}

impl PrivateOptions {
    /// A server that keeps its promises, with room for 100 connections.
    pub fn durable(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), durable: true, max_connections: 100 }
    }
}

/// A running private PostgreSQL; stopped when dropped.
#[derive(Debug)]
pub struct PrivatePostgres {
    options: PrivateOptions,
    server: Server,
    socket_dir: PathBuf,
}

impl PrivatePostgres {
    /// Starts it, making its folder first if it is new, and waits until it answers. Blocks for a second or three.
    ///
    /// # Errors
    /// [`DbError::Private`] in words for the operator: no binaries, a folder that the server's account can't reach,
    /// another server on the same folder, or the end of the server's own log.
    pub fn start(options: PrivateOptions) -> Result<Self, DbError> {
        let binaries = binaries()?;
        let account = Account::for_server()?;
        std::fs::create_dir_all(&options.dir)
            .map_err(|error| failed(format!("can't make {}: {error}", options.dir.display())))?;
        let dir = options
            .dir
            .canonicalize()
            .map_err(|error| failed(format!("{}: {error}", options.dir.display())))?;
        account.own(&dir)?;
        account.check_reachable(&dir)?;
        let data = dir.join("data");
        if !data.is_dir() {
            process::initialise(&binaries, account, &dir, &data, options.durable)?;
        }
        process::clear_stale_pid(&data)?;
        let socket_dir = socket_dir(account, &dir)?;
        let server = Server::start_patiently(Launch {
            binaries: &binaries,
            account,
            dir: &dir,
            data: &data,
            socket_dir: &socket_dir,
            options: &options,
        })?;
        let started = Self { options, server, socket_dir };
        let (admin, name) = (started.url("postgres"), Self::DATABASE);
        // On a thread of its own: the blocking connection can't be used where a runtime is already running.
        std::thread::spawn(move || super::migrate::create_database(&admin, name))
            .join()
            .map_err(|_| failed("the thread that makes the database panicked".into()))??;
        Ok(started)
    }

    /// The database that [`Self::start`] makes.
    pub const DATABASE: &str = "reflector";

    /// Where a client finds database `name`, as `database.url` takes it.
    pub fn url(&self, name: &str) -> String {
        format!("postgresql://{}@/{name}?host={}", process::SUPERUSER, self.socket_dir.display())
    }

    /// The folder it keeps its data in.
    pub fn dir(&self) -> &Path {
        &self.options.dir
    }

    /// Stops it: clients are sent away, everything is on disk. What [`Drop`] does, but says when it failed.
    ///
    /// # Errors
    /// It had to be killed, and recovers at the next start.
    pub fn stop(mut self) -> Result<(), DbError> {
        self.server.stop()
    }

    /// Stops it, if it still runs, and starts it again at the same address.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn restart(self) -> Result<Self, DbError> {
        let options = self.options.clone();
        drop(self);
        Self::start(options)
    }

    /// Process id of the server, for tests that treat it badly.
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }
}

/// Where to keep the data: `wanted` if the server's account can reach it, else a folder below /var/lib named after it.
///
/// The two differ only for root, whose own home is closed to the account that the server must run as.
///
/// # Errors
/// [`DbError::Private`] when there is no account to run the server as.
pub fn place(wanted: &Path) -> Result<PathBuf, DbError> {
    let account = Account::for_server()?;
    if account.can_reach(wanted) {
        return Ok(wanted.to_owned());
    }
    Ok(Path::new("/var/lib").join(format!("reflector-{}", fingerprint(wanted))))
}

/// The folder with `postgres` and `initdb`: the newest under Debian's roof, else wherever PATH leads.
fn binaries() -> Result<PathBuf, DbError> {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let path = std::env::var_os("PATH").unwrap_or_default();
    versions
        .into_iter()
        .map(|(_, folder)| folder)
        .chain(std::env::split_paths(&path).filter_map(|folder| {
            // A link would hide initdb's neighbours from it.
            Some(folder.join("postgres").canonicalize().ok()?.parent()?.to_owned())
        }))
        .find(|folder| folder.join("postgres").is_file() && folder.join("initdb").is_file())
        .ok_or_else(|| {
            failed("no PostgreSQL server is installed; on Debian: apt-get install postgresql".into())
        })
}

/// A folder for the socket, the same one at every start: beside the data, or in /tmp when that path is too long for one.
fn socket_dir(account: Account, dir: &Path) -> Result<PathBuf, DbError> {
    let mut socket_dir = dir.join("socket");
    if socket_dir.as_os_str().len() + SOCKET_NAME.len() > SOCKET_PATH_MAX {
        socket_dir = PathBuf::from(format!("/tmp/reflector-pg-{}", fingerprint(dir)));
    }
    match std::fs::create_dir(&socket_dir) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(format!("can't make {}: {error}", socket_dir.display()))),
    }
    account.own(&socket_dir)?;
    Ok(socket_dir)
}

/// What PostgreSQL calls a socket, with room for its lock file.
const SOCKET_NAME: &str = "/.s.PGSQL.5432.lock";
/// Longest path that Linux takes for one.
const SOCKET_PATH_MAX: usize = 107;

/// Sixteen hexadecimal digits that stand for a path.
fn fingerprint(path: &Path) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(&Sha256::digest(path.as_os_str().as_encoded_bytes())[..8])
}

fn failed(message: String) -> DbError {
    DbError::Private(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_path_fits_the_kernel_limit() {
        let account = Account::for_server().unwrap();
        let base = tempfile::tempdir_in("/tmp").unwrap();
        let deep = base.path().join("a".repeat(100));
        std::fs::create_dir(&deep).unwrap();
        assert_eq!(socket_dir(account, base.path()).unwrap(), base.path().join("socket"));
        let short = socket_dir(account, &deep).unwrap();
        assert!(short.as_os_str().len() + SOCKET_NAME.len() <= SOCKET_PATH_MAX);
        assert_eq!(short, socket_dir(account, &deep).unwrap(), "the same at every start");
        std::fs::remove_dir(short).unwrap();
    }

    #[test]
    fn a_reachable_folder_is_taken_as_it_is() {
        let dir = tempfile::tempdir_in("/tmp").unwrap();
        let inside = dir.path().join("new/folder");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(dir.path(), mode).unwrap();
        assert_eq!(place(&inside).unwrap(), inside);
    }
}
