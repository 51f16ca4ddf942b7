//! The commands under a service manager: what the real processes tell its socket.

use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reflector::db::Pool;

use crate::support::workshop::Workshop;

const PATIENCE: Duration = Duration::from_secs(120);

/// A process whose service manager is this test.
struct Service {
    child: Child,
    socket: UnixDatagram,
    _folder: tempfile::TempDir,
}

impl Service {
    fn start(workshop: &Workshop, command: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let config = workshop.config();
        let child = Command::new(env!("CARGO_BIN_EXE_reflector"))
            .arg(command)
            .current_dir(folder.path())
            .env("NOTIFY_SOCKET", &path)
            .env("WATCHDOG_USEC", "600000")
            .env("REFLECTOR_SERVER__LISTEN", "127.0.0.1:0")
            .env("REFLECTOR_DATABASE__URL", &workshop.url)
            .env("REFLECTOR_STORAGE__DIR", &config.storage.dir)
            .env("REFLECTOR_STORAGE__SCRATCH", config.storage.scratch.unwrap())
            .env("REFLECTOR_MODELS__DIR", &config.models.dir)
            .env("REFLECTOR_WORK__HEARTBEAT_SECONDS", "1")
            .env("REFLECTOR_WORK__DEAD_AFTER_SECONDS", "6")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        Self { child, socket, _folder: folder }
    }

    /// The next message; `None` when `wait` is over.
    fn next(&self, wait: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(wait)).unwrap();
        let mut buffer = [0; 1024];
        let length = self.socket.recv(&mut buffer).ok()?;
        Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
    }

    /// Messages until one that begins so.
    fn until(&self, beginning: &str) -> String {
        let start = Instant::now();
        let mut heard = Vec::new();
        while start.elapsed() < PATIENCE {
            match self.next(Duration::from_secs(1)) {
                Some(message) if message.starts_with(beginning) => return message,
                Some(message) => heard.push(message),
                None => {}
            }
        }
        panic!("waited in vain for {beginning}; heard {heard:?}");
    }

    fn signal(&self, signal: i32) {
        // SAFETY: a signal to a child that has not been waited for.
        assert_eq!(unsafe { libc::kill(i32::try_from(self.child.id()).unwrap(), signal) }, 0);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_work_and_all_tell_when_they_are_ready_beat_and_say_that_they_stop() {
    for (command, status) in [
        ("serve", "serving on 127.0.0.1:0"),
        ("work", "working: media, speech, llm"),
        ("all", "working: media, speech, llm"),
    ] {
        let workshop = Workshop::new().await;
        let mut service = Service::start(&workshop, command);
        let first = service.next(PATIENCE).expect("a first message");
        assert_eq!(
            first,
            format!("READY=1\nSTATUS={status}"),
            "{command}: nothing is told before it is ready"
        );
        // Ready means that the tables are there.
        assert!(reflector::db::migrate::is_current(&workshop.url).await.unwrap(), "{command}");
        for _ in 0..3 {
            assert_eq!(service.next(Duration::from_secs(5)).as_deref(), Some("WATCHDOG=1"), "{command}");
        }
        service.signal(libc::SIGTERM);
        service.until("STOPPING=1");
        assert!(service.child.wait().unwrap().success(), "{command}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_ready_while_the_database_is_away() {
    let mut workshop = Workshop::on("postgresql:///nothing?host=/no/such/folder");
    workshop.pool = Pool::new(&workshop.url, 1).unwrap();
    let mut service = Service::start(&workshop, "serve");
    assert!(!service.child.wait().unwrap().success());
    assert_eq!(service.next(Duration::from_millis(10)), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_signs_of_life_do_not_arrive_stops_its_beat() {
    let workshop = Workshop::new().await;
    let service = Service::start(&workshop, "work");
    service.until("WATCHDOG=1");
    let (client, connection) =
        tokio_postgres::connect(&workshop.url, tokio_postgres::NoTls).await.expect("a connection");
    tokio::spawn(connection);
    // Reading goes on, writing waits: as when the engine's own task of signs hangs.
    client
        .batch_execute("begin; lock table graphile_worker._private_workers in exclusive mode")
        .await
        .unwrap();
    // Their last signs are of different times.
    let every = ["media", "speech", "llm"];
    while !every.iter().all(|group| service.until("STATUS=no sign of life").contains(group)) {}
    for _ in 0..5 {
        let message = service.next(Duration::from_secs(5)).expect("it says what is stuck");
        assert!(message.starts_with("STATUS="), "no beat: {message}");
    }
    client.batch_execute("rollback").await.unwrap();
    service.until("WATCHDOG=1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_stopped_in_its_tracks_falls_silent() {
    let workshop = Workshop::new().await;
    let service = Service::start(&workshop, "serve");
    service.until("WATCHDOG=1");
    service.signal(libc::SIGSTOP);
    while service.next(Duration::from_millis(50)).is_some() {}
    assert_eq!(service.next(Duration::from_millis(1500)), None);
    service.signal(libc::SIGCONT);
    service.until("WATCHDOG=1");
}
