//! PostgreSQL and Redis that speak TLS with a pair of `reflector certs`, and nothing else.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::certs::{Workbench, free_port};

const PATIENCE: Duration = Duration::from_secs(60);

/// Ends with its value.
pub struct Postgres {
    pub port: u16,
    child: Child,
    _dir: tempfile::TempDir,
}

impl Postgres {
    /// Takes connections over TLS only.
    pub fn start(bench: &Workbench, folder: &str) -> Self {
        let dir = tempfile::tempdir_in("/tmp").expect("a folder");
        let (uid, gid) = account();
        let own =
            |path: &Path| std::os::unix::fs::chown(path, Some(uid), Some(gid)).expect("it is given away");
        std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o700)).expect("a mode");
        own(dir.path());
        let data = dir.path().join("data");
        let made = Command::new(binary("initdb"))
            .args(["-U", "reflector", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "-D"])
            .arg(&data)
            .uid(uid)
            .gid(gid)
            .current_dir("/")
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let rules = "hostssl all all 127.0.0.1/32 trust\nhostnossl all all 127.0.0.1/32 reject\n";
        std::fs::write(data.join("pg_hba.conf"), rules).expect("written");
        let mut settings = vec!["ssl=on".to_owned(), "listen_addresses=127.0.0.1".into(), "fsync=off".into()];
        for (setting, file) in [("ssl_cert_file", "server.pem"), ("ssl_key_file", "server-key.pem")] {
            let copy = dir.path().join(file);
            std::fs::copy(bench.path(&format!("{folder}/{file}")), &copy).expect("copied");
            own(&copy);
            settings.push(format!("{setting}={}", copy.display()));
        }
        let port = free_port();
        let log = std::fs::File::create(dir.path().join("log")).expect("a log");
        let mut command = Command::new(binary("postgres"));
        command.arg("-D").arg(&data).args(["-p", &port.to_string(), "-k"]).arg(dir.path());
        for setting in &settings {
            command.args(["-c", setting]);
        }
        command.uid(uid).gid(gid).current_dir("/").stdin(Stdio::null());
        let child = command.stdout(Stdio::null()).stderr(log).spawn().expect("postgres runs");
        let log = || std::fs::read_to_string(dir.path().join("log")).unwrap_or_default();
        wait(|| log().contains("ready to accept connections"), log);
        Self { port, child, _dir: dir }
    }

    /// Its own database, with more parameters.
    pub fn url(&self, host: &str, parameters: &str) -> String {
        format!("postgresql://reflector@{host}:{}/postgres?{parameters}", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SAFETY: a signal to a child that has not been waited for; on this one its own children end too.
        unsafe { libc::kill(i32::try_from(self.child.id()).expect("a process id"), libc::SIGQUIT) };
        let _gone = self.child.wait();
    }
}

/// Ends with its value.
pub struct Redis {
    pub port: u16,
    child: Child,
    _dir: tempfile::TempDir,
}

impl Redis {
    pub fn start(bench: &Workbench, folder: &str) -> Self {
        let (dir, port) = (tempfile::tempdir().expect("a folder"), free_port());
        let file = |name: &str| bench.path(&format!("{folder}/{name}"));
        let child = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--tls-auth-clients", "no"])
            .args(["--tls-port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--tls-cert-file", &file("server.pem"), "--tls-key-file", &file("server-key.pem")])
            .args(["--tls-ca-cert-file", &file("ca.crt")])
            .arg("--dir")
            .arg(dir.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server runs");
        wait(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok(), String::new);
        Self { port, child, _dir: dir }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

fn wait(answers: impl Fn() -> bool, log: impl Fn() -> String) {
    let deadline = Instant::now() + PATIENCE;
    while !answers() {
        assert!(Instant::now() < deadline, "the server does not start: {}", log());
        std::thread::sleep(Duration::from_millis(30));
    }
}

/// PostgreSQL refuses root; its own account does as well.
fn account() -> (u32, u32) {
    let ours = std::fs::metadata("/proc/self").expect("who we are");
    if ours.uid() != 0 {
        return (ours.uid(), ours.gid());
    }
    let users = std::fs::read_to_string("/etc/passwd").expect("the users");
    let line = users.lines().find(|line| line.starts_with("postgres:")).expect("a user postgres");
    let mut fields = line.split(':').skip(2).map(|number| number.parse().expect("a number"));
    (fields.next().expect("an id"), fields.next().expect("an id"))
}

fn binary(name: &str) -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .expect("PostgreSQL is installed")
        .flatten()
        .map(|version| version.path().join("bin").join(name))
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    found.pop().expect("PostgreSQL is installed")
}
