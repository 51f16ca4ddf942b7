//! The story that VM tests and the rehearsal run (vm-tests/story.py), told to the real program behind a real Caddy with
//! the module's own Caddyfile and a private certificate authority.

use std::net::{IpAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::garage::Garage;
use crate::support::postgres::{self, TestDatabase};
use crate::support::redis::RedisServer;
use crate::support::site::{PASSWORD, Site, with_login};
use crate::support::workshop::two_people;

const NAME: &str = "meetings.rehearsal.test";

/// A process that ends with its value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

/// The program with its database, bus and store, Caddy before it, and a visitor's folder.
struct Appliance {
    dir: tempfile::TempDir,
    database: TestDatabase,
    redis: RedisServer,
    garage: Garage,
    /// Of the program, of https and of http.
    ports: [u16; 3],
    program: Option<Running>,
    _caddy: Running,
}

impl Appliance {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ports = free_ports();
        let caddy = front(dir.path(), "rehearsal", ports);
        let mut appliance = Self {
            dir,
            database: postgres::fresh().await,
            redis: RedisServer::start(),
            garage: Garage::start(),
            ports,
            program: None,
            _caddy: caddy,
        };
        appliance.restart();
        listens(appliance.dir.path(), appliance.ports[1], "caddy.log");
        appliance
    }

    /// Kills the program, if it runs, and starts it again.
    fn restart(&mut self) {
        drop(self.program.take());
        let s3 = self.garage.config();
        let log =
            std::fs::File::options().create(true).append(true).open(self.dir.path().join("log")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_reflector"))
            .arg("all")
            .current_dir(self.dir.path())
            .env("REFLECTOR_SERVER__LISTEN", format!("127.0.0.1:{}", self.ports[0]))
            .env("REFLECTOR_SERVER__SITE_URL", self.url())
            .env("REFLECTOR_DATABASE__URL", &self.database.url)
            .env("REFLECTOR_REDIS__URL", self.redis.url())
            .env("REFLECTOR_STORAGE__S3__ENDPOINT", s3.endpoint)
            .env("REFLECTOR_STORAGE__S3__BUCKET", s3.bucket)
            .env("REFLECTOR_STORAGE__S3__ACCESS_KEY", s3.access_key)
            .env("REFLECTOR_STORAGE__S3__SECRET_KEY", s3.secret_key)
            .env("REFLECTOR_STORAGE__SCRATCH", self.dir.path().join("scratch"))
            .env("REFLECTOR_SPEECH__MODEL", "whisper-tiny.en")
            .env("REFLECTOR_SPEECH__BEAM", "1")
            .env("REFLECTOR_WORK__HEARTBEAT_SECONDS", "1")
            .env("REFLECTOR_WORK__DEAD_AFTER_SECONDS", "2")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.program = Some(Running(child));
        listens(self.dir.path(), self.ports[0], "log");
    }

    fn url(&self) -> String {
        format!("https://{NAME}:{}", self.ports[1])
    }

    /// Runs steps of the story against an address of this machine.
    fn tell(&self, address: IpAddr, words: &str, steps: &[&str]) -> Output {
        story()
            .args(["--url", &self.url(), "--resolve", &address.to_string(), "--words", words])
            .args(["--http-port", &self.ports[2].to_string(), "--speakers", "2", "--patience", "240", "--ca"])
            .arg(self.dir.path().join("ca.pem"))
            .arg("--recording")
            .arg(two_people())
            .arg("--data")
            .arg(self.dir.path().join("story.json"))
            .args(steps)
            .output()
            .expect("python3 runs")
    }

    fn holds(&self, address: IpAddr, steps: &[&str]) {
        let told = self.tell(address, "Jersey Texas Chicago", steps);
        let (said, why) = (String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
        let log = || std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
        assert!(told.status.success(), "{said}{why}{}", log());
        assert_eq!(said.lines().filter(|line| line.starts_with("ok ")).count(), steps.len(), "{said}");
    }
}

/// Caddy as NixOS would run it for that configuration, with a certificate of an authority in `dir`.
fn front(dir: &Path, configuration: &str, ports: [u16; 3]) -> Running {
    certify(dir);
    std::fs::write(dir.join("Caddyfile"), caddyfile(configuration, ports)).unwrap();
    let caddy = Command::new("caddy")
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(dir.join("Caddyfile"))
        .env("CREDENTIALS_DIRECTORY", dir)
        .env("HOME", dir)
        .env("XDG_DATA_HOME", dir)
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(dir.join("caddy.log")).unwrap())
        .spawn();
    Running(caddy.expect("caddy is missing: run `make setup`"))
}

fn listens(dir: &Path, port: u16, log: &str) {
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        let said = || std::fs::read_to_string(dir.join(log)).unwrap_or_default();
        assert!(start.elapsed() < Duration::from_secs(60), "nobody listens on {port}: {}", said());
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn story() -> Command {
    let mut command = Command::new("python3");
    command.arg(crate::support::tree().join("vm-tests/story.py"));
    command
}

/// Three free ports, found together so that they differ.
fn free_ports() -> [u16; 3] {
    let held: [TcpListener; 3] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

/// What NixOS would run: only the ports are this test's.
fn caddyfile(configuration: &str, [program, https, http]: [u16; 3]) -> String {
    let rendered = "tests/nix/rendered";
    let text = std::fs::read_to_string(format!("{rendered}/{configuration}/Caddyfile")).unwrap();
    assert!(text.contains("127.0.0.1:1250") && text.contains("\nadmin off\n"), "{text}");
    text.replace("127.0.0.1:1250", &format!("127.0.0.1:{program}")).replacen(
        "\nadmin off\n",
        &format!("\nadmin off\nhttp_port {http}\nhttps_port {https}\n"),
        1,
    )
}

/// A private authority, and a certificate and key of its where Caddy looks for them.
fn certify(dir: &Path) {
    let openssl = |arguments: &str| {
        let done = Command::new("openssl").args(arguments.split('|')).current_dir(dir).output().unwrap();
        assert!(done.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&done.stderr));
    };
    let names =
        format!("subjectAltName=DNS:{NAME},DNS:minutes.rehearsal.test\nextendedKeyUsage=serverAuth\n");
    std::fs::write(dir.join("names"), names).unwrap();
    let key = "-newkey|ec|-pkeyopt|ec_paramgen_curve:P-256|-nodes";
    openssl(&format!("req|-x509|{key}|-subj|/CN=Story authority|-keyout|ca.key|-out|ca.pem"));
    openssl(&format!("req|{key}|-subj|/CN={NAME}|-keyout|key.pem|-out|request.pem"));
    openssl(
        "x509|-req|-in|request.pem|-CA|ca.pem|-CAkey|ca.key|-CAcreateserial|-extfile|names|-out|certificate.pem",
    );
}

/// This machine's own address in a network, if it is in one. Nothing is sent.
fn outside() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|ip| !ip.is_loopback())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_story_holds_behind_caddy_with_a_private_authority() {
    let mut appliance = Appliance::start().await;
    let here = IpAddr::from([127, 0, 0, 1]);
    appliance.holds(here, &["health", "tls", "headers", "upload", "transcript", "page", "begin"]);
    if let Some(outside) = outside() {
        appliance.holds(outside, &["refused"]);
    }

    // Killed while an upload is half there: what was done stays, what was begun ends.
    appliance.restart();
    appliance.holds(here, &["health", "still-there", "finishes"]);

    // The judge is judged: each of these must not hold.
    for (words, steps, reason) in [
        ("xylophone", ["transcript"], "FAILED transcript: these words were not heard: ['xylophone']"),
        ("", ["refused"], "FAILED refused: --resolve must name an address"),
        ("", ["ports"], "FAILED ports: "),
    ] {
        let told = appliance.tell(here, words, &steps);
        let why = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(told.status.code() == Some(1) && why.contains(reason), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_log_in_behind_caddy_and_whoever_tries_too_often_pays_for_it_alone() {
    const ADA: &str = "ada@example.org";
    let (dir, [_, https, http]) = (tempfile::tempdir().unwrap(), free_ports());
    let site = Site::set(|config| {
        with_login(config);
        config.server.site_url = Some(format!("https://{NAME}:{https}"));
    })
    .await;
    site.account(ADA, false).await;
    let caddy = front(dir.path(), "rehearsalLogin", [site.address.port(), https, http]);
    listens(dir.path(), https, "caddy.log");
    std::fs::write(dir.path().join("login"), format!("{ADA}\n{PASSWORD}\n")).unwrap();
    // The site is served by this process, so its threads must not wait for the story.
    let tell = async |address: IpAddr, step: &str| {
        let mut told = story();
        told.args(["--url", &format!("https://{NAME}:{https}"), "--resolve", &address.to_string(), "--ca"]);
        told.arg(dir.path().join("ca.pem")).arg("--login").arg(dir.path().join("login")).arg(step);
        let told = tokio::task::spawn_blocking(move || told.output().unwrap()).await.unwrap();
        (told.status.success(), String::from_utf8([told.stdout, told.stderr].concat()).unwrap())
    };
    let here = IpAddr::from([127, 0, 0, 1]);
    let (well, said) = tell(here, "login").await;
    assert!(well, "{said}");
    if let Some(outside) = outside() {
        let (well, said) = tell(outside, "limited").await;
        assert!(well, "{said}");
        let (well, said) = tell(outside, "login").await;
        assert!(!well && said.contains("was answered with 429"), "{said}");
        let (well, said) = tell(here, "login").await;
        assert!(well, "who asks from elsewhere has not used up what this machine may try: {said}");
    }
    drop(caddy);
}

#[test]
fn the_documented_steps_are_those_of_the_program() {
    let listed = String::from_utf8(story().arg("--list").output().unwrap().stdout).unwrap();
    let rows: Vec<String> = listed
        .lines()
        .map(|line| {
            let (name, what) = line.split_once(' ').unwrap();
            format!("| `{name}` | {} |", what.trim())
        })
        .collect();
    assert!(rows.len() >= 12, "{listed}");
    let page = std::fs::read_to_string("docs/DEVELOPING.md").unwrap();
    assert!(page.contains(&rows.join("\n")), "docs/DEVELOPING.md lacks these rows:\n{}", rows.join("\n"));
}

#[test]
fn a_step_that_does_not_exist_is_no_success() {
    let told = story().args(["--url", "https://localhost", "helth"]).output().unwrap();
    let why = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.status.code() == Some(2) && why.contains("there is no step helth"), "{why}");
}
