//! What several groups look at, gathered once.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::database::Database;
use super::site::Site;
use super::units::Units;
use crate::config::Config;

/// Longest wait for anything that is asked.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

pub(super) struct Facts {
    pub config: Config,
    pub root: bool,
    /// Our units; `Err` says why they can't be asked for.
    pub units: Result<Units, String>,
    /// Addresses that somebody listens on, TCP.
    pub listening: Result<Vec<SocketAddr>, String>,
    pub gpu: bool,
    pub database: Result<Database, String>,
    pub site: Result<Site, String>,
}

impl Facts {
    pub(super) async fn gather(config: &Config) -> Self {
        let (units, database, site) =
            tokio::join!(Units::ask(), bounded(Database::ask(config)), bounded(Site::ask(config)),);
        Self {
            // SAFETY: a number is asked for.
            root: unsafe { libc::geteuid() } == 0,
            units,
            listening: listening(),
            gpu: gpu(),
            database,
            site,
            config: config.clone(),
        }
    }

    /// Where recordings lie on this machine's disks: objects, unless another server keeps them, or what is worked on.
    pub(super) fn data(&self) -> PathBuf {
        let storage = &self.config.storage;
        match &storage.s3 {
            None => storage.dir.clone(),
            Some(_) => storage.scratch.clone().unwrap_or_else(std::env::temp_dir),
        }
    }

    /// Those that other machines can reach.
    pub(super) fn open(&self) -> Result<Vec<SocketAddr>, String> {
        let listening = self.listening.clone()?;
        Ok(listening.into_iter().filter(|address| !address.ip().to_canonical().is_loopback()).collect())
    }
}

/// `work`, or an error when its time is up.
pub(super) async fn bounded<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

/// Runs a program of the system; its standard output if it ends well.
pub(super) async fn ask(program: &str, arguments: &[&str]) -> Result<String, String> {
    bounded(async {
        let mut command = tokio::process::Command::new(program);
        command.args(arguments).stdin(std::process::Stdio::null()).kill_on_drop(true);
        let done = command.output().await.map_err(|error| format!("{program}: {error}"))?;
        if !done.status.success() {
            let said = String::from_utf8_lossy(&done.stderr);
            return Err(format!("{program}: {}", said.lines().next().unwrap_or("failed").trim()));
        }
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    })
    .await
}

/// The nearest folder that exists.
pub(super) fn nearest(path: &Path) -> &Path {
    path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"))
}

fn gpu() -> bool {
    let filled = |dir: &str| std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
    filled("/proc/driver/nvidia/gpus")
}

fn listening() -> Result<Vec<SocketAddr>, String> {
    let mut found = Vec::new();
    for file in ["/proc/net/tcp", "/proc/net/tcp6"] {
        match std::fs::read_to_string(file) {
            Ok(table) => found.extend(table.lines().skip(1).filter_map(listener)),
            // A kernel without IPv6.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && file.ends_with('6') => {}
            Err(error) => return Err(format!("{file}: {error}")),
        }
    }
    Ok(found)
}

/// The local address of a line of /proc/net/tcp, if it listens (state 0A). Addresses are words of 32 bits in the machine's
/// own byte order, ports are not.
fn listener(line: &str) -> Option<SocketAddr> {
    let mut fields = line.split_whitespace().skip(1);
    let (address, port) = fields.next()?.split_once(':')?;
    if fields.nth(1)? != "0A" {
        return None;
    }
    let bytes: Vec<u8> = (0..address.len() / 8)
        .map(|word| u32::from_str_radix(&address[word * 8..word * 8 + 8], 16).map(u32::to_ne_bytes))
        .collect::<Result<Vec<_>, _>>()
        .ok()?
        .concat();
    let ip = match bytes.len() {
        4 => IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?),
        _ => IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?),
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_listens_is_found() {
        let ours = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let theirs = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
        let found = listening().unwrap();
        assert!(found.contains(&ours.local_addr().unwrap()), "{found:?}");
        assert!(found.contains(&theirs.local_addr().unwrap()), "{found:?}");
        let line = "   1: 00000000000000000000000001000000:04E2 00000000000000000000000000000000:0000 0A 0";
        assert_eq!(listener(line), Some("[::1]:1250".parse().unwrap()));
        assert_eq!(listener(&line.replace(" 0A ", " 01 ")), None, "a connection, no listener");
    }
}
