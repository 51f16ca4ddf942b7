//! What systemd is told of a service (sd_notify(3)): datagrams to the socket that `NOTIFY_SOCKET` names. Without one, nothing.

use std::ffi::OsStr;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::time::Duration;

/// Where to, and how often it wants to hear from us. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Notifier {
    socket: Option<Arc<UnixDatagram>>,
    /// Silence after which the service is killed and started again.
    watchdog: Option<Duration>,
}

impl Notifier {
    /// Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` of this process.
    pub fn from_environment() -> Self {
        let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        let meant = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
        let watchdog = number("WATCHDOG_USEC").filter(|_| meant).map(Duration::from_micros);
        match std::env::var_os("NOTIFY_SOCKET") {
            Some(address) => Self::to(&address, watchdog),
            None => Self::default(),
        }
    }

    /// Tells the socket at `address`: a path, or `@` and an abstract name. One that can't be reached is logged and left.
    pub fn to(address: &OsStr, watchdog: Option<Duration>) -> Self {
        let connect = || {
            let bytes = address.as_bytes();
            let address = match bytes.strip_prefix(b"@") {
                Some(name) => SocketAddr::from_abstract_name(name)?,
                None => SocketAddr::from_pathname(OsStr::from_bytes(bytes))?,
            };
            let socket = UnixDatagram::unbound()?;
            socket.connect_addr(&address)?;
            // A service manager that does not read must not hold us up.
            socket.set_nonblocking(true)?;
            Ok::<_, std::io::Error>(socket)
        };
        match connect() {
            Ok(socket) => Self { socket: Some(Arc::new(socket)), watchdog },
            Err(error) => {
                tracing::warn!(%error, "the service manager's socket (NOTIFY_SOCKET) can't be reached");
                Self::default()
            }
        }
    }

    /// How often to beat: three times in the time that may pass.
    pub fn beat_every(&self) -> Option<Duration> {
        self.watchdog.map(|silence| silence / 3)
    }

    /// It works: what is ordered after it may start.
    pub fn ready(&self, status: &str) {
        self.send(&format!("READY=1\nSTATUS={}", line(status)));
    }

    /// What `systemctl status` shows.
    pub fn status(&self, status: &str) {
        self.send(&format!("STATUS={}", line(status)));
    }

    /// It ends by itself.
    pub fn stopping(&self) {
        self.send("STOPPING=1\nSTATUS=stopping");
    }

    /// It is alive.
    pub fn beat(&self) {
        self.send("WATCHDOG=1");
    }

    fn send(&self, message: &str) {
        let Some(socket) = &self.socket else { return };
        if let Err(error) = socket.send(message.as_bytes()) {
            tracing::warn!(%error, "the service manager could not be told");
        }
    }
}

fn line(text: &str) -> String {
    text.replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(socket: &UnixDatagram) -> String {
        let mut buffer = [0; 512];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    #[test]
    fn a_socket_in_the_file_system_and_an_abstract_one_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let name = format!("reflector-test-{}", std::process::id());
        let abstract_address = SocketAddr::from_abstract_name(name.as_bytes()).unwrap();
        for (socket, address) in [
            (UnixDatagram::bind(&path).unwrap(), path.into_os_string()),
            (UnixDatagram::bind_addr(&abstract_address).unwrap(), format!("@{name}").into()),
        ] {
            let notifier = Notifier::to(&address, Some(Duration::from_secs(30)));
            assert_eq!(notifier.beat_every(), Some(Duration::from_secs(10)));
            notifier.ready("serving\non 127.0.0.1:1250");
            assert_eq!(heard(&socket), "READY=1\nSTATUS=serving on 127.0.0.1:1250");
            notifier.beat();
            assert_eq!(heard(&socket), "WATCHDOG=1");
            notifier.stopping();
            assert!(heard(&socket).starts_with("STOPPING=1\n"));
        }
    }

    #[test]
    fn nobody_to_tell_is_no_error() {
        Notifier::default().ready("x");
        let nowhere = Notifier::to("/no/such/socket".as_ref(), Some(Duration::from_secs(3)));
        nowhere.beat();
        assert_eq!(nowhere.beat_every(), None);
    }
}
