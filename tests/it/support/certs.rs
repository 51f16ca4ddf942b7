//! A folder to run `reflector certs` in, an authority that OpenSSL made, and a Caddy that serves with either.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A working folder; the certificates are in `certs` below it.
pub struct Workbench(tempfile::TempDir);

impl Workbench {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    /// With an authority in it.
    pub fn with_authority() -> Self {
        let bench = Self::new();
        bench.certs(&["init"]);
        bench
    }

    pub fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect(name)
    }

    /// Runs `reflector certs …`, which must end well; what it said.
    pub fn certs(&self, arguments: &[&str]) -> String {
        let (code, said) = self.run(arguments);
        assert_eq!(code, Some(0), "certs {arguments:?}: {said}");
        said
    }

    /// The same, which must fail; why it did.
    pub fn refused(&self, arguments: &[&str]) -> String {
        let (code, said) = self.run(arguments);
        assert_eq!(code, Some(1), "certs {arguments:?}: {said}");
        said
    }

    pub fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_reflector"))
            .arg("certs")
            .args(arguments)
            .current_dir(self.0.path())
            .output()
            .expect("it runs");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    }
}

/// Runs the real openssl, which must end well; what it said.
pub fn openssl(arguments: &[&str]) -> String {
    let output =
        Command::new("openssl").args(arguments).stdin(Stdio::null()).output().expect("openssl is there");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "openssl {arguments:?}: {said}");
    said
}

/// A company's authority as OpenSSL makes it, with RSA keys: a root, an intermediate, and servers that it issues to.
pub struct Foreign(tempfile::TempDir);

impl Foreign {
    pub fn new() -> Self {
        let foreign = Self(tempfile::tempdir().expect("a temporary folder"));
        let root = foreign.path("root");
        let ca = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
        openssl(
            &[
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-sha256",
                "-days",
                "3650",
                "-subj",
                "/CN=Foreign Root",
            ]
            .into_iter()
            .chain(["-keyout", &format!("{root}.key"), "-out", &format!("{root}.crt")])
            .collect::<Vec<_>>(),
        );
        foreign.sign("root", "inter", "/CN=Foreign Issuing CA", ca, &["-days", "3000"]);
        foreign
    }

    pub fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// A server's certificate for so many days from now (negative: it has ended), and its key.
    pub fn server(&self, name: &str, days: i64) -> (String, String) {
        let end = chrono::Utc::now() + chrono::Duration::days(days);
        let start = end.min(chrono::Utc::now()) - chrono::Duration::days(1);
        self.dated(name, &format!("subjectAltName=DNS:{name}\nextendedKeyUsage=serverAuth\n"), start, end)
    }

    /// One that is valid from tomorrow on.
    pub fn future(&self, name: &str) -> (String, String) {
        let start = chrono::Utc::now() + chrono::Duration::days(1);
        self.dated(name, &format!("subjectAltName=DNS:{name}\n"), start, start + chrono::Duration::days(9))
    }

    /// One with a common name alone.
    pub fn nameless(&self, name: &str) -> (String, String) {
        let now = chrono::Utc::now();
        self.dated(
            name,
            "extendedKeyUsage=serverAuth\n",
            now - chrono::Duration::days(1),
            now + chrono::Duration::days(9),
        )
    }

    /// One that no server may use.
    pub fn client_only(&self, name: &str) -> (String, String) {
        let now = chrono::Utc::now();
        let extensions = format!("subjectAltName=DNS:{name}\nextendedKeyUsage=emailProtection\n");
        self.dated(name, &extensions, now - chrono::Duration::days(1), now + chrono::Duration::days(9))
    }

    /// A root whose days are over.
    pub fn expired_root(&self) -> String {
        let now = chrono::Utc::now();
        let (start, end) = (now - chrono::Duration::days(9), now - chrono::Duration::days(1));
        self.dated("old-root", "basicConstraints=critical,CA:TRUE\n", start, end).0
    }

    fn dated(
        &self,
        name: &str,
        extensions: &str,
        start: chrono::DateTime<chrono::Utc>,
        end: chrono::DateTime<chrono::Utc>,
    ) -> (String, String) {
        // `openssl x509` signs from now on only; `openssl ca` takes dates.
        let file = name.replace('.', "-");
        let (database, settings) = (self.path("index.txt"), self.path("ca.cnf"));
        std::fs::write(&database, "").expect("written");
        let text = format!(
            "[ca]\ndefault_ca=it\n[it]\ndatabase={database}\nnew_certs_dir={}\npolicy=any\ndefault_md=sha256\nrand_serial=yes\n[any]\ncommonName=supplied\n",
            self.0.path().display()
        );
        std::fs::write(&settings, text).expect("written");
        let (key, request, cert, ext) = (
            self.path(&format!("{file}.key")),
            self.path(&format!("{file}.csr")),
            self.path(&format!("{file}.crt")),
            self.path(&format!("{file}.ext")),
        );
        let plain = if extensions.contains("basicConstraints") { "" } else { "basicConstraints=CA:FALSE\n" };
        std::fs::write(&ext, format!("{plain}{extensions}")).expect("written");
        openssl(&[
            "req",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            &format!("/CN={name}"),
            "-keyout",
            &key,
            "-out",
            &request,
        ]);
        let stamp = |time: chrono::DateTime<chrono::Utc>| time.format("%Y%m%d%H%M%SZ").to_string();
        openssl(&[
            "ca",
            "-batch",
            "-notext",
            "-config",
            &settings,
            "-in",
            &request,
            "-out",
            &cert,
            "-extfile",
            &ext,
            "-cert",
            &self.path("inter.crt"),
            "-keyfile",
            &self.path("inter.key"),
            "-startdate",
            &stamp(start),
            "-enddate",
            &stamp(end),
        ]);
        (cert, key)
    }

    fn sign(&self, issuer: &str, name: &str, subject: &str, extensions: &str, more: &[&str]) {
        let (key, request, cert, ext) = (
            self.path(&format!("{name}.key")),
            self.path(&format!("{name}.csr")),
            self.path(&format!("{name}.crt")),
            self.path(&format!("{name}.ext")),
        );
        std::fs::write(&ext, extensions).expect("written");
        openssl(&[
            "req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout", &key, "-out", &request,
        ]);
        let (by, by_key) = (self.path(&format!("{issuer}.crt")), self.path(&format!("{issuer}.key")));
        let mut arguments = vec!["x509", "-req", "-sha256", "-in", &request, "-CA", &by, "-CAkey", &by_key];
        arguments.extend(["-CAcreateserial", "-extfile", &ext, "-out", &cert]);
        arguments.extend(more);
        openssl(&arguments);
    }
}

/// Caddy on a port of its own; ends with this.
pub struct Caddy {
    pub port: u16,
    child: Child,
}

impl Caddy {
    /// Answers everything with `text`, under the pair in the bench's `folder`.
    pub fn saying(bench: &Workbench, folder: &str, text: &str) -> Self {
        Self::start(bench, folder, &format!("header Content-Type text/html\n respond \"{text}\""))
    }

    /// Passes everything on to a plain server.
    pub fn before(bench: &Workbench, folder: &str, port: u16) -> Self {
        Self::start(bench, folder, &format!("reverse_proxy 127.0.0.1:{port}"))
    }

    /// Does what `body` says, directives of a Caddyfile, under the same.
    pub fn start(bench: &Workbench, folder: &str, body: &str) -> Self {
        let port = free_port();
        let (cert, key) =
            (bench.path(&format!("{folder}/server.pem")), bench.path(&format!("{folder}/server-key.pem")));
        let text =
            format!("{{\n admin off\n auto_https off\n}}\n:{port} {{\n tls {cert} {key}\n {body}\n}}\n");
        let file = PathBuf::from(bench.path(&format!("Caddyfile-{port}")));
        std::fs::write(&file, text).expect("written");
        let log = std::fs::File::create(file.with_extension("log")).expect("a log");
        let child = spawn(&file, log);
        let deadline = Instant::now() + Duration::from_secs(60);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            let said = || std::fs::read_to_string(file.with_extension("log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "Caddy does not start: {}", said());
            std::thread::sleep(Duration::from_millis(30));
        }
        Self { port, child }
    }
}

fn spawn(file: &Path, log: std::fs::File) -> Child {
    Command::new("caddy")
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(file)
        .env("HOME", file.parent().expect("a folder"))
        .env("XDG_DATA_HOME", file.parent().expect("a folder"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("caddy is there: `make setup` installs it")
}

impl Drop for Caddy {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port").port()
}
