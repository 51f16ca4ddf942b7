//! `doctor --hardening` against running parts: what it passes is so, and what is wrong it finds.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reflector::config::{Config, MAX_UPLOAD_BYTES, S3Config};
use reflector::ops::hardening::{self, REQUIREMENTS, Row};

use crate::support::site::Site;

async fn table(config: &Config) -> BTreeMap<&'static str, Row> {
    let begun = Instant::now();
    let rows = hardening::examine(config).await;
    assert!(begun.elapsed() < Duration::from_secs(40), "it took {:?}", begun.elapsed());
    assert_eq!(rows.len(), REQUIREMENTS.len());
    for row in &rows {
        assert!(row.seen != "not looked at", "{row}");
        assert_eq!(
            row.failed(),
            row.outcome == "fail",
            "{row}: a failure has its remedy, and nothing else has"
        );
        assert!(row.outcome != "not applicable" || hardening::may_not_apply(row.id), "{row}");
        assert!(!row.seen.is_empty(), "{row}");
    }
    rows.into_iter().map(|row| (row.id, row)).collect()
}

fn is(rows: &BTreeMap<&str, Row>, id: &str, outcome: &str) {
    assert_eq!(rows[id].outcome, outcome, "{}", rows[id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_site_is_seen_as_it_is() {
    let site = Site::working().await;
    let mut config = site.app.config().clone();
    config.server.listen = site.address;
    // The worker's row comes with its start.
    let start = Instant::now();
    let rows = loop {
        let rows = table(&config).await;
        if rows["H-96"].outcome == "pass" || start.elapsed() > Duration::from_secs(60) {
            break rows;
        }
    };
    for id in [
        "H-09", "H-10", "H-26", "H-27", "H-28", "H-29", "H-55", "H-57", "H-61", "H-62", "H-63", "H-64",
        "H-65", "H-66", "H-67", "H-90", "H-91", "H-93", "H-95", "H-96", "H-99", "H-100", "H-101",
    ] {
        is(&rows, id, "pass");
    }
    // In the clear, without an address that people use.
    for id in ["H-07", "H-20", "H-23", "H-24", "H-25", "H-31", "H-32", "H-60"] {
        is(&rows, id, "fail");
    }
    // Straight at the program the numbers are there for everybody; a proxy keeps them in.
    is(&rows, "H-33", "fail");
    for id in ["H-08", "H-58", "H-59", "H-92", "H-98", "H-102"] {
        is(&rows, id, "not applicable");
    }
    assert!(rows["H-27"].seen.contains("413") && MAX_UPLOAD_BYTES == 10_000_000_000);
    // The tests' role may make databases, and their server has fsync off.
    is(&rows, "H-49", "fail");
    is(&rows, "H-56", "fail");
    let storage = &site.workshop.storage;
    std::fs::set_permissions(storage, std::fs::Permissions::from_mode(0o755)).unwrap();
    is(&table(&config).await, "H-52", "fail");
    std::fs::set_permissions(storage, std::fs::Permissions::from_mode(0o700)).unwrap();
    is(&table(&config).await, "H-52", "pass");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_runs_nothing_passes_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.server.listen = "127.0.0.1:9".parse().unwrap();
    config.database.url = "postgresql:///x?host=/no/such/folder".into();
    config.redis.url = Some("redis://:redis@127.0.0.1:9/".into());
    config.storage.dir = folder.path().join("objects");
    config.models.dir = folder.path().join("models");
    config.storage.s3 = Some(S3Config {
        endpoint: "http://127.0.0.1:9".into(),
        region: "garage".into(),
        bucket: "b".into(),
        access_key: "GK".into(),
        secret_key: "minioadmin".into(),
    });
    let rows = table(&config).await;
    for id in [
        "H-09", "H-27", "H-28", "H-40", "H-48", "H-49", "H-51", "H-52", "H-55", "H-56", "H-57", "H-60",
        "H-66", "H-67", "H-81", "H-90", "H-91", "H-93", "H-94", "H-95", "H-96", "H-99", "H-101",
    ] {
        is(&rows, id, "fail");
    }
    assert!(rows["H-81"].seen.contains("storage.s3.secret_key is a known default"), "{}", rows["H-81"]);
    assert!(!rows.values().any(|row| row.to_string().contains("minioadmin")), "no secret is shown");
    assert!(!folder.path().join("objects").exists(), "nothing was made");
}

#[test]
fn the_command_prints_a_table_or_json_and_its_status_tells() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("reflector.toml");
    std::fs::write(&file, "[database]\nurl = \"postgresql:///x?host=/no/such/folder\"\n").unwrap();
    let run = |arguments: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_reflector"))
            .args(arguments)
            .env("REFLECTOR_CONFIG", &file)
            .env("REFLECTOR_SERVER__LISTEN", "127.0.0.1:9")
            .current_dir(folder.path())
            .output()
            .unwrap();
        (done.status.code(), String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap())
    };
    let mode = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o644);
    let (status, table, said) = run(&["doctor", "--hardening"]);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("requirements do not hold"), "{said}");
    let lines: Vec<&str> = table.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(lines.len(), REQUIREMENTS.len(), "{table}");
    assert!(
        lines.iter().any(|line| line.starts_with("FAIL H-80") && line.contains("has mode 644")),
        "{table}"
    );
    mode(0o600);
    let (status, json, _) = run(&["doctor", "--hardening", "--json"]);
    assert_eq!(status, Some(1));
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    let secret = rows.iter().find(|row| row["id"] == "H-80").unwrap();
    assert!(!secret["seen"].as_str().unwrap().contains("reflector.toml"), "{secret}");
    let failed = rows.iter().find(|row| row["id"] == "H-90").unwrap();
    assert_eq!((&failed["outcome"], failed["remedy"].is_string()), (&"fail".into(), true), "{failed}");
}

/// A process that ends with this.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn started(mut command: Command, port: u16) -> Running {
    let running =
        Running(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let start = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(start.elapsed() < Duration::from_secs(60), "nobody listens on {port}");
        std::thread::sleep(Duration::from_millis(100));
    }
    running
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_caddy_tls_passes_and_an_old_server_does_not() {
    let site = Site::new().await;
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let caddyfile = folder.path().join("Caddyfile");
    let text = format!(
        "{{\nadmin off\nskip_install_trust\nauto_https disable_redirects\nstorage file_system {}\n}}\n\
         https://localhost:{port} {{\ntls internal\nheader -Server\nrespond /metrics 404\nreverse_proxy {}\n}}\n",
        folder.path().display(),
        site.address
    );
    std::fs::write(&caddyfile, text).unwrap();
    let mut caddy = Command::new("caddy");
    caddy.args(["run", "--adapter", "caddyfile", "--config"]).arg(&caddyfile).env("HOME", folder.path());
    let _caddy = started(caddy, port);
    let mut config = site.app.config().clone();
    config.server.listen = site.address;
    config.server.site_url = Some(format!("https://localhost:{port}"));
    let mut rows = table(&config).await;
    // The first handshake may come before the certificate is made.
    for _ in 0..20 {
        if rows["H-31"].outcome == "pass" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        rows = table(&config).await;
    }
    for id in [
        "H-06", "H-20", "H-21", "H-25", "H-26", "H-27", "H-30", "H-31", "H-32", "H-33", "H-66", "H-67",
        "H-95",
    ] {
        is(&rows, id, "pass");
    }
    // Its authority is nobody's here, and a loopback name gets no HSTS.
    is(&rows, "H-07", "fail");
    is(&rows, "H-60", "fail");

    let old = free_port();
    let (key, certificate) = (folder.path().join("key.pem"), folder.path().join("certificate.pem"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-keyout",
        ])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut server = Command::new("openssl");
    server.args([
        "s_server",
        "-www",
        "-cipher",
        "ALL:@SECLEVEL=0",
        "-legacy_renegotiation",
        "-accept",
        &old.to_string(),
    ]);
    server.arg("-key").arg(&key).arg("-cert").arg(&certificate);
    let _server = started(server, old);
    config.server.site_url = Some(format!("https://localhost:{old}"));
    let rows = table(&config).await;
    for id in ["H-20", "H-21", "H-25", "H-27", "H-66"] {
        is(&rows, id, "fail");
    }
    is(&rows, "H-31", "pass");
}
