//! PostgreSQL's own programs: which one, and how it is told where the database is without showing its password.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail, ensure};
use tempfile::NamedTempFile;
use tokio_postgres::config::Host;

/// Where Debian and NixOS keep the authorities that the system trusts.
const SYSTEM_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";

/// One of PostgreSQL's programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tool {
    pub path: PathBuf,
    /// Major version.
    pub major: u32,
}

impl Tool {
    /// Every `name` that is installed: Debian's folders, then wherever PATH leads. Newest first.
    pub(super) fn installed(name: &str) -> Vec<Self> {
        let folders = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut found: Vec<Self> = folders
            .map(|folder| folder.path().join("bin"))
            .chain(std::env::split_paths(&path))
            .map(|folder| folder.join(name))
            .filter(|path| path.is_file())
            .filter_map(|path| Some(Self { major: major(&path)?, path }))
            .collect();
        found.sort_by_key(|tool| std::cmp::Reverse(tool.major));
        found
    }
}

/// `pg_dump (PostgreSQL) 15.8 (Debian 15.8-0)` -> 15
fn major(program: &Path) -> Option<u32> {
    let said = Command::new(program).arg("--version").stdin(Stdio::null()).output().ok()?;
    let said = String::from_utf8(said.stdout).ok()?;
    said.split_whitespace().find_map(|word| word.split(['.', 'b', 'r', 'd']).next()?.parse().ok())
}

/// The newest of them, which must not be older than the server.
///
/// # Errors
/// There is none, or none that is new enough.
pub(super) fn to_dump(installed: &[Tool], server: u32) -> anyhow::Result<&Tool> {
    let Some(newest) = installed.first() else {
        bail!("pg_dump is not installed (Debian: apt-get install postgresql-client-{server})");
    };
    ensure!(
        newest.major >= server,
        "pg_dump {} ({}) is older than the server, {server}: install postgresql-client-{server}",
        newest.major,
        newest.path.display()
    );
    Ok(newest)
}

/// The server's own version where that can read the dump, else the newest: a newer one may say what an older server does
/// not understand, and an older one can't read the dump.
///
/// # Errors
/// There is none, or none that can read what `pg_dump` of version `dumped` wrote.
pub(super) fn to_restore(installed: &[Tool], server: u32, dumped: u32) -> anyhow::Result<&Tool> {
    let fit = |tool: &&Tool| tool.major >= dumped;
    let own = installed.iter().find(|tool| tool.major == server).filter(fit);
    match own.or_else(|| installed.first().filter(fit)) {
        Some(tool) => Ok(tool),
        None => bail!(
            "the archive's database was written by pg_dump {dumped}, and no pg_restore of that version or newer is installed \
             (Debian: apt-get install postgresql-client-{dumped})"
        ),
    }
}

/// How to reach a database, in the words of libpq: names in its variables, the password in a file of mode 0600.
pub(super) struct Access {
    variables: Vec<(&'static str, String)>,
    /// Removed with this.
    password: Option<NamedTempFile>,
}

impl Access {
    /// # Errors
    /// The address can't be understood, or the file for the password can't be written.
    pub(super) fn new(url: &str) -> anyhow::Result<Self> {
        let (plain, mut variables) = tls(url);
        let config: tokio_postgres::Config = plain.parse().context("database.url")?;
        variables.push(("PGAPPNAME", "reflector backup".to_owned()));
        variables.push(("PGCONNECT_TIMEOUT", "15".to_owned()));
        let hosts: Vec<String> = config
            .get_hosts()
            .iter()
            .map(|host| match host {
                Host::Tcp(name) => name.clone(),
                Host::Unix(folder) => folder.display().to_string(),
            })
            .collect();
        let ports: Vec<String> = config.get_ports().iter().map(u16::to_string).collect();
        variables.extend((!hosts.is_empty()).then(|| ("PGHOST", hosts.join(","))));
        variables.extend((!ports.is_empty()).then(|| ("PGPORT", ports.join(","))));
        variables.extend(config.get_user().map(|user| ("PGUSER", user.to_owned())));
        let database = config.get_dbname().or_else(|| config.get_user());
        variables.extend(database.map(|name| ("PGDATABASE", name.to_owned())));
        variables.extend(config.get_options().map(|options| ("PGOPTIONS", options.to_owned())));
        let password =
            config.get_password().map(password_file).transpose().context("a file for the password")?;
        variables.extend(password.as_ref().map(|file| ("PGPASSFILE", file.path().display().to_string())));
        Ok(Self { variables, password })
    }

    /// The database's name, which one of the programs wants as an argument.
    pub(super) fn database(&self) -> &str {
        self.variables.iter().find(|(name, _)| *name == "PGDATABASE").map_or("postgres", |(_, value)| value)
    }

    /// A call of `tool` with these; what it says on standard error can be had later.
    ///
    /// # Errors
    /// It can't be started.
    pub(super) fn start(
        &self,
        tool: &Tool,
        arguments: &[&str],
        input: Stdio,
        output: Stdio,
    ) -> anyhow::Result<Running> {
        debug_assert!(self.password.as_ref().is_none_or(|file| file.path().is_file()));
        let said = tempfile::tempfile()?;
        let mut command = Command::new(&tool.path);
        command.args(arguments).stdin(input).stdout(output).stderr(said.try_clone()?);
        // What our own settings say; certificates and the like may still come from the environment.
        for name in
            ["PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD", "PGOPTIONS", "PGSERVICE"]
        {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        Running::start(command, said)
    }
}

/// The address without what it says of TLS, and that in libpq's words. Whoever asks for TLS gets the server's name verified,
/// as our own connections do.
fn tls(url: &str) -> (String, Vec<(&'static str, String)>) {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let (mut mode, mut root, mut rest) = ("prefer", None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode", value)) => mode = value,
            Some(("sslrootcert", value)) => {
                root = Some(value).filter(|value| !matches!(*value, "" | "system"))
            }
            _ => rest.push(pair),
        }
    }
    let mut variables = Vec::new();
    if matches!(mode, "disable" | "allow" | "prefer") {
        variables.push(("PGSSLMODE", mode.to_owned()));
    } else {
        let root = root.map(|path| {
            url::form_urlencoded::parse(format!("p={}", path.replace('+', "%2B")).as_bytes())
                .map(|(_, path)| path.into_owned())
                .collect::<String>()
        });
        // The name `system` is known to libpq 16 and newer only.
        let root =
            root.or_else(|| std::env::var("SSL_CERT_FILE").ok()).unwrap_or_else(|| SYSTEM_ROOTS.to_owned());
        variables.extend([("PGSSLMODE", "verify-full".to_owned()), ("PGSSLROOTCERT", root)]);
    }
    let mark = if rest.is_empty() { "" } else { "?" };
    (format!("{base}{mark}{}", rest.join("&")), variables)
}

fn password_file(password: &[u8]) -> anyhow::Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    let mut line = b"*:*:*:*:".to_vec();
    for byte in password {
        if matches!(byte, b':' | b'\\') {
            line.push(b'\\');
        }
        line.push(*byte);
    }
    line.push(b'\n');
    file.write_all(&line)?;
    file.flush()?;
    Ok(file)
}

/// A program at work; killed when dropped before its end.
pub(super) struct Running {
    pub child: Child,
    name: String,
    said: File,
}

impl Running {
    /// Starts `command`, whose standard error goes to `said`.
    ///
    /// # Errors
    /// It can't be started.
    pub(super) fn start(mut command: Command, said: File) -> anyhow::Result<Self> {
        let path = Path::new(command.get_program());
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let child = command.spawn().with_context(|| format!("{name} can't be started"))?;
        Ok(Self { child, name, said })
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// It failed: its own last words.
    pub(super) fn end(mut self) -> anyhow::Result<()> {
        drop(self.child.stdin.take());
        let status = self.child.wait()?;
        let words = self.last_words().unwrap_or_else(|| "it did not say why".to_owned());
        ensure!(status.success(), "{} ended with {status}: {words}", self.name);
        Ok(())
    }

    /// What it said on standard error, the end of it.
    pub(super) fn last_words(&mut self) -> Option<String> {
        let mut said = String::new();
        self.said.seek(SeekFrom::Start(0)).and_then(|_| self.said.read_to_string(&mut said)).ok()?;
        let lines: Vec<&str> = said.lines().filter(|line| !line.is_empty()).collect();
        let end = &lines[lines.len().saturating_sub(3)..];
        (!end.is_empty()).then(|| end.join("; "))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail harmlessly where it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools(majors: &[u32]) -> Vec<Tool> {
        majors
            .iter()
            .map(|major| Tool { path: format!("/usr/lib/postgresql/{major}/bin/it").into(), major: *major })
            .collect()
    }

    #[test]
    fn the_newest_pg_dump_is_used_and_one_older_than_the_server_is_refused() {
        assert_eq!(to_dump(&tools(&[17, 15]), 15).unwrap().major, 17);
        let refused = to_dump(&tools(&[16, 15]), 17).unwrap_err().to_string();
        assert!(refused.contains("pg_dump 16") && refused.contains("postgresql-client-17"), "{refused}");
        assert!(to_dump(&[], 17).unwrap_err().to_string().contains("not installed"));
    }

    #[test]
    fn pg_restore_is_the_servers_own_where_that_can_read_the_dump() {
        assert_eq!(to_restore(&tools(&[17, 15]), 15, 15).unwrap().major, 15);
        assert_eq!(to_restore(&tools(&[17, 15]), 15, 17).unwrap().major, 17);
        assert_eq!(to_restore(&tools(&[17, 15]), 16, 15).unwrap().major, 17);
        assert!(to_restore(&tools(&[15]), 15, 17).unwrap_err().to_string().contains("pg_dump 17"));
    }

    #[test]
    fn the_password_is_in_a_file_of_its_owner_and_nowhere_else() {
        use std::os::unix::fs::MetadataExt;
        let access = Access::new("postgresql://me:se%3Acr%5Cet@db.example:5433/meetings").unwrap();
        let file = access.password.as_ref().unwrap();
        assert_eq!(std::fs::read_to_string(file.path()).unwrap(), "*:*:*:*:se\\:cr\\\\et\n");
        assert_eq!(std::fs::metadata(file.path()).unwrap().mode() & 0o777, 0o600);
        assert!(access.variables.iter().all(|(_, value)| !value.contains("cr")), "{:?}", access.variables);
        assert_eq!(access.database(), "meetings");
        assert!(access.variables.contains(&("PGPORT", "5433".to_owned())));
    }

    #[test]
    fn who_asks_for_tls_gets_the_servers_name_verified() {
        let access =
            Access::new("postgresql://me@db/x?sslmode=require&sslrootcert=/etc/my%20ca.pem").unwrap();
        for pair in [("PGSSLMODE", "verify-full"), ("PGSSLROOTCERT", "/etc/my ca.pem"), ("PGHOST", "db")] {
            assert!(access.variables.contains(&(pair.0, pair.1.to_owned())), "{:?}", access.variables);
        }
        let access = Access::new("postgresql://me@/x?host=/run/postgresql").unwrap();
        for pair in [("PGSSLMODE", "prefer"), ("PGHOST", "/run/postgresql")] {
            assert!(access.variables.contains(&(pair.0, pair.1.to_owned())), "{:?}", access.variables);
        }
    }

    #[test]
    fn versions_are_read_as_debian_and_the_project_write_them() {
        let dir = tempfile::tempdir().unwrap();
        for (said, expected) in
            [("pg_dump (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)", 15), ("pg_dump (PostgreSQL) 18beta1", 18)]
        {
            use std::os::unix::fs::PermissionsExt;
            let program = dir.path().join(format!("say{expected}"));
            std::fs::write(&program, format!("#!/bin/sh\necho '{said}'\n")).unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
            assert_eq!(major(&program), Some(expected));
        }
    }
}
