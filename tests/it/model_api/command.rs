//! The command itself: who may come in, readiness, its end, and what `doctor` and `check-config` say of one.

use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use reflector::config::cache_dir;

use crate::support::speech_server::{KEY, SpeechServer};

const PATIENCE: Duration = Duration::from_secs(60);

fn reflector(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reflector"));
    command
        .args(arguments)
        .current_dir(std::env::temp_dir())
        .env("REFLECTOR_SPEECH__MODEL", "whisper-tiny.en");
    command
}

#[test]
fn other_machines_do_not_come_in_without_a_key() {
    let run = |more: &[(&str, &str)]| -> (bool, String) {
        let mut command = reflector(&["speech-server"]);
        command.env("REFLECTOR_SPEECH_SERVER__LISTEN", "0.0.0.0:0").env("REFLECTOR_MODELS__DIR", "/nowhere");
        let Output { status, stderr, .. } = command.envs(more.iter().copied()).output().unwrap();
        (status.success(), String::from_utf8_lossy(&stderr).into_owned())
    };
    let (_, said) = run(&[]);
    assert!(said.contains("speech_server.api_key") && said.contains("speech_server.without_key"), "{said}");
    let (_, said) = run(&[("REFLECTOR_GPU_APIKEY", "short")]);
    assert!(said.contains("at least 16"), "{said}");
    // With one of these it goes on, as far as the models.
    for more in [("REFLECTOR_GPU_APIKEY", KEY), ("REFLECTOR_SPEECH_SERVER__WITHOUT_KEY", "true")] {
        let (ended_well, said) = run(&[more]);
        assert!(!ended_well && said.contains("silero-vad is not installed"), "{said}");
    }
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_says_when_it_is_ready_beats_and_ends_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let key_file = folder.path().join("key");
    std::fs::write(&key_file, format!("{KEY}\n")).unwrap();
    let child = reflector(&["speech-server"])
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "600000")
        .env("REFLECTOR_SPEECH_SERVER__LISTEN", "127.0.0.1:0")
        .env("REFLECTOR_SPEECH_SERVER__API_KEY_FILE", &key_file)
        .env("REFLECTOR_MODELS__DIR", cache_dir().join("models"))
        .env("REFLECTOR_STORAGE__SCRATCH", folder.path().join("scratch"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut running = Running(child);
    let next = || {
        let mut buffer = [0; 512];
        let length = socket.recv(&mut buffer).expect("a message");
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    };
    let ready = next();
    let place = ready.strip_prefix("READY=1\nSTATUS=offering speech on ").expect(&ready).to_owned();
    assert_eq!(next(), "WATCHDOG=1");
    let _installed = reflector::tls::provider();
    let client = reqwest::Client::new();
    let models = |key: &str| client.get(format!("http://{place}/v1/models")).bearer_auth(key).send();
    assert_eq!(models(KEY).await.unwrap().status(), 200);
    assert_eq!(models("another").await.unwrap().status(), 401);
    // SAFETY: a signal to a child that has not been waited for.
    assert_eq!(unsafe { libc::kill(i32::try_from(running.0.id()).unwrap(), libc::SIGTERM) }, 0);
    let begun = Instant::now();
    while !next().starts_with("STOPPING=1") {}
    assert!(running.0.wait().unwrap().success());
    assert!(begun.elapsed() < Duration::from_secs(15));
    assert_eq!(std::fs::read_dir(folder.path().join("scratch")).unwrap().count(), 0, "nothing stays");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_and_check_config_know_the_server_and_whether_it_takes_the_key() {
    let server = SpeechServer::start(|_| ()).await;
    let url = server.url("");
    let run = async |arguments: &[&str], key: &str| {
        let mut command = tokio::process::Command::from(reflector(arguments));
        command.env("TRANSCRIPT_URL", &url).env("TRANSCRIPT_MODAL_API_KEY", key);
        command.env("DIARIZATION_URL", &url).env("DIARIZATION_MODAL_API_KEY", key);
        command.env("REFLECTOR_MODELS__DIR", "/nowhere");
        let ran = command.output().await.unwrap();
        (ran.status.success(), String::from_utf8_lossy(&ran.stdout).into_owned())
    };
    let (_, said) = run(&["doctor"], KEY).await;
    let words = format!("ok    speech server: words come from {}: whisper-tiny.en on cpu", server.address);
    assert!(said.contains(&words) && said.contains("ok    speech server: speakers come from"), "{said}");
    let here = |line: &str| line.starts_with("ok    model: ") || line.starts_with("FAIL  model: ");
    assert!(!said.lines().any(here), "models of this machine are not needed: {said}");
    let (_, said) = run(&["doctor"], "not-the-key-of-the-tests").await;
    assert!(said.contains("FAIL  speech server: ") && said.contains("refuses (401)"), "{said}");
    assert!(!said.contains("not-the-key-of-the-tests"), "{said}");
    let (_, said) = run(&["check-config"], KEY).await;
    assert!(said.contains(&format!("words from     {}", server.address)), "{said}");
    let (well, said) = run(&["doctor", "--self-test"], KEY).await;
    assert!(well && said.contains("of 22 words, one speaker; whisper-tiny.en on cpu of 127.0.0.1"), "{said}");
}
