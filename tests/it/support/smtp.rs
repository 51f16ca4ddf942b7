//! A mail server: speaks SMTP (RFC 5321), with STARTTLS and a login if a test wants them, and keeps what it is given.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConnection, StreamOwned};

/// A letter that arrived.
#[derive(Clone, Debug)]
pub struct Received {
    pub from: String,
    pub to: Vec<String>,
    /// Head and body as they came over the wire, with the dots of transparency taken away.
    pub text: String,
    /// Name and password that were shown.
    pub login: Option<(String, String)>,
    pub tls: bool,
}

impl Received {
    /// A field of the head, unfolded; empty if it is not there.
    pub fn header(&self, name: &str) -> String {
        let head =
            self.text.split("\r\n\r\n").next().expect("a head").replace("\r\n ", " ").replace("\r\n\t", " ");
        let of = |line: &str| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        };
        head.split("\r\n").find_map(of).unwrap_or_default()
    }

    /// The part of this content type, decoded.
    pub fn part(&self, kind: &str) -> String {
        let whole = self.header("content-type");
        let boundary =
            whole.split("boundary=").nth(1).expect("a boundary").trim_matches(['"', ';', ' ']).to_owned();
        for part in self.text.split(&format!("--{boundary}")).skip(1) {
            let Some((head, body)) = part.trim_start().split_once("\r\n\r\n") else { continue };
            if !head.to_ascii_lowercase().contains(&format!("content-type: {kind}")) {
                continue;
            }
            let head = head.to_ascii_lowercase();
            let bytes = match () {
                () if head.contains("base64") => {
                    let lines: String = body.split_whitespace().collect();
                    STANDARD.decode(lines).expect("base64")
                }
                () if head.contains("quoted-printable") => unquoted(body),
                () => body.as_bytes().to_vec(),
            };
            return String::from_utf8(bytes).expect("UTF-8").replace("\r\n", "\n").trim_end().to_owned();
        }
        panic!("no {kind} in {}", self.text);
    }
}

/// Quoted-printable (RFC 2045, 6.7) decoded.
fn unquoted(text: &str) -> Vec<u8> {
    let text = text.replace("=\r\n", "");
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        if bytes[at] == b'=' && at + 2 < bytes.len() {
            let pair = std::str::from_utf8(&bytes[at + 1..at + 3]).expect("digits");
            out.push(u8::from_str_radix(pair, 16).expect("hexadecimal"));
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    out
}

/// What it answers to the letter of this number, from 0, to this recipient: `None` takes it.
type Script = Box<dyn Fn(usize, &str) -> Option<&'static str> + Send + Sync>;

struct Shared {
    script: Script,
    tls: Option<Arc<rustls::ServerConfig>>,
    /// Name and password that it wants.
    login: Option<(String, String)>,
    seen: Mutex<Vec<Received>>,
    /// Recipients that were named, taken or not.
    named: Mutex<usize>,
    stop: AtomicBool,
}

/// A server that lives as long as this.
pub struct SmtpServer {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

impl SmtpServer {
    /// One that takes everything.
    pub fn start() -> Self {
        Self::answering(|_, _| None)
    }

    /// One that answers to recipients as `script` says.
    pub fn answering(script: impl Fn(usize, &str) -> Option<&'static str> + Send + Sync + 'static) -> Self {
        Self::with(Box::new(script), None, None)
    }

    /// One that offers STARTTLS with this certificate and key (PEM), and wants a login then.
    pub fn secure(certificate: &str, key: &str, login: (&str, &str)) -> Self {
        let chain =
            CertificateDer::pem_slice_iter(certificate.as_bytes()).map(|one| one.expect("a certificate"));
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
        let config = rustls::ServerConfig::builder_with_provider(reflector::tls::provider())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain.collect(), key)
            .expect("a pair");
        let login = (login.0.to_owned(), login.1.to_owned());
        Self::with(Box::new(|_, _| None), Some(Arc::new(config)), Some(login))
    }

    fn with(script: Script, tls: Option<Arc<rustls::ServerConfig>>, login: Option<(String, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared {
            script,
            tls,
            login,
            seen: Mutex::default(),
            named: Mutex::default(),
            stop: AtomicBool::new(false),
        });
        let held = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if held.stop.load(Ordering::Relaxed) {
                    break;
                }
                let (Ok(stream), held) = (stream, held.clone()) else { continue };
                std::thread::spawn(move || talk(&held, stream));
            }
        });
        Self { address, shared }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn seen(&self) -> Vec<Received> {
        self.shared.seen.lock().expect("lock").clone()
    }

    /// How many recipients were named to it, taken or not.
    pub fn named(&self) -> usize {
        *self.shared.named.lock().expect("lock")
    }

    /// Waits until so many letters have arrived.
    pub async fn until(&self, count: usize) -> Vec<Received> {
        super::until_there(count, || self.seen()).await
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

fn talk(shared: &Shared, mut stream: TcpStream) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
    if stream.write_all(b"220 mail.test ESMTP\r\n").is_err() {
        return;
    }
    // In the clear until the client wants otherwise.
    let wants_tls = session(shared, &mut stream, false);
    if let (true, Some(config)) = (wants_tls, shared.tls.clone()) {
        let connection = ServerConnection::new(config).expect("a connection");
        session(shared, &mut StreamOwned::new(connection, stream), true);
    }
}

/// One conversation; true when TLS is to begin now.
fn session(shared: &Shared, stream: &mut (impl Read + Write), tls: bool) -> bool {
    // A byte at a time: nothing of what follows STARTTLS may be taken before TLS has begun.
    let mut reader = BufReader::with_capacity(1, stream);
    let mut login = None;
    let (mut from, mut to) = (String::new(), Vec::new());
    loop {
        let Some(line) = line(&mut reader) else { return false };
        let upper = line.to_ascii_uppercase();
        let needs_login = shared.login.is_some() && login.is_none();
        let answer = match () {
            () if upper.starts_with("EHLO ") => {
                let mut offers = String::from("250-mail.test\r\n250-8BITMIME\r\n");
                if shared.tls.is_some() && !tls {
                    offers.push_str("250-STARTTLS\r\n");
                }
                if shared.login.is_some() && (tls || shared.tls.is_none()) {
                    offers.push_str("250-AUTH PLAIN\r\n");
                }
                offers + "250 SIZE 50000000"
            }
            () if upper == "STARTTLS" && shared.tls.is_some() && !tls => {
                let _ = reader.get_mut().write_all(b"220 go ahead\r\n");
                return true;
            }
            () if upper.starts_with("AUTH PLAIN ") => {
                let shown = STANDARD.decode(&line["AUTH PLAIN ".len()..]).expect("base64");
                let parts: Vec<String> = shown
                    .split(|byte| *byte == 0)
                    .map(|part| String::from_utf8_lossy(part).into_owned())
                    .collect();
                let pair = (parts[1].clone(), parts[2].clone());
                if shared.login.as_ref() == Some(&pair) {
                    login = Some(pair);
                    "235 welcome".into()
                } else {
                    "535 5.7.8 who are you?".into()
                }
            }
            () if upper.starts_with("MAIL FROM:") && needs_login => "530 5.7.0 log in first".into(),
            () if upper.starts_with("MAIL FROM:") => {
                from = inside(&line);
                to.clear();
                "250 ok".into()
            }
            () if upper.starts_with("RCPT TO:") => {
                let recipient = inside(&line);
                *shared.named.lock().expect("lock") += 1;
                let number = shared.seen.lock().expect("lock").len();
                match (shared.script)(number, &recipient) {
                    Some(refused) => refused.into(),
                    None => {
                        to.push(recipient);
                        "250 ok".into()
                    }
                }
            }
            () if upper == "DATA" && to.is_empty() => "503 to whom?".into(),
            () if upper == "DATA" => {
                let _ = reader.get_mut().write_all(b"354 go ahead\r\n");
                let Some(text) = data(&mut reader) else { return false };
                let letter = Received {
                    from: from.clone(),
                    to: std::mem::take(&mut to),
                    text,
                    login: login.clone(),
                    tls,
                };
                shared.seen.lock().expect("lock").push(letter);
                "250 2.0.0 queued".into()
            }
            () if upper == "NOOP" || upper == "RSET" => "250 ok".into(),
            () if upper == "QUIT" => {
                let _ = reader.get_mut().write_all(b"221 bye\r\n");
                return false;
            }
            () => String::from("502 what?"),
        };
        if reader.get_mut().write_all(format!("{answer}\r\n").as_bytes()).is_err() {
            return false;
        }
        let _ = reader.get_mut().flush();
    }
}

fn line(reader: &mut impl BufRead) -> Option<String> {
    let mut bytes = Vec::new();
    reader.read_until(b'\n', &mut bytes).ok()?;
    if !bytes.ends_with(b"\r\n") {
        return None;
    }
    bytes.truncate(bytes.len() - 2);
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Lines up to a single dot.
fn data(reader: &mut impl BufRead) -> Option<String> {
    let mut text = String::new();
    loop {
        let line = line(reader)?;
        if line == "." {
            return Some(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
        text.push_str("\r\n");
    }
}

/// What stands between angle brackets.
fn inside(line: &str) -> String {
    line.split('<').nth(1).and_then(|rest| rest.split('>').next()).unwrap_or_default().to_owned()
}
