//! An engine without work gives its models back, and has them again for the next request.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use reflector::audio::{Cancel, PcmFile};
use reflector::config::cache_dir;
use reflector::model_api::client::{Peer, Remote, RemoteError, Sound};
use reflector::speech::{
    DeviceWish, DiarizeOptions, Engine, EngineSettings, Precision, SpeechError, TranscribeOptions,
};
use reflector::tls::Trust;
use reflector::weights::ModelStore;

use crate::support::speech_server::{KEY, SpeechServer, read};
use crate::whisper::{alone, sample, text, transcribe};

const PATIENCE: Duration = Duration::from_secs(60);
const IDLE: Duration = Duration::from_millis(300);

fn start(models: &Path, model: &str) -> Engine {
    let settings = EngineSettings {
        models: ModelStore::new(models),
        model: model.into(),
        device: DeviceWish::Cpu,
        precision: Some(Precision::Float32),
        beam: 1,
        queue: 4,
        unload_after: Some(IDLE),
    };
    Engine::start(settings).expect("models are installed (`make setup`)")
}

fn until_unloaded(engine: &Engine) {
    let begun = Instant::now();
    while engine.health().loaded {
        assert!(begun.elapsed() < PATIENCE, "the models are never given back");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Folders of all models, of which the test may take one away.
fn borrowed() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["silero-vad", "segmentation-3.0", "campplus", "whisper-tiny.en"] {
        symlink(cache_dir().join("models").join(name), folder.path().join(name)).unwrap();
    }
    folder
}

/// MB of this process that are in memory.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux tells it");
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() / 1000
}

/// In a process of its own, whose memory no other test changes.
#[test]
fn an_idle_engines_memory_is_given_back_and_the_next_request_gives_the_same_words() {
    const ALONE: &str = "REFLECTOR_TEST_IDLE";
    if std::env::var_os(ALONE).is_none() {
        let _turn = alone();
        let name = "idle::an_idle_engines_memory_is_given_back_and_the_next_request_gives_the_same_words";
        let mut command = Command::new(std::env::current_exe().unwrap());
        let ran = command.args(["--exact", name, "--nocapture"]).env(ALONE, "1").output().unwrap();
        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
        return;
    }
    let (engine, pcm) = (start(&cache_dir().join("models"), "whisper-base"), sample("librivox/0870.wav"));
    let turns = |pcm: &PcmFile| {
        engine.diarize(pcm.clone(), DiarizeOptions::default(), &Cancel::new(), |_| {}).unwrap().turns
    };
    let (words, voices) = (transcribe(&engine, &pcm, 1), turns(&pcm));
    let (full, health) = (resident(), engine.health());
    assert!(health.ready && health.loaded, "{health:?}");
    until_unloaded(&engine);
    let idle = resident();
    assert!(idle + 200 < full, "{full} MB with models, {idle} MB without");
    assert!(engine.health().ready, "an idle engine takes requests");

    let mut told = Vec::new();
    let options = TranscribeOptions { beam: Some(1), ..TranscribeOptions::default() };
    let again = engine.transcribe(pcm.clone(), options, &Cancel::new(), |update| {
        told.push((update.done, update.segments.len()));
    });
    assert_eq!(again.unwrap(), words);
    assert_eq!(told.first(), Some(&(0.0, 0)), "that the models are there, before the first words");
    until_unloaded(&engine);
    assert_eq!(turns(&pcm), voices);
    // Not a little more each time.
    until_unloaded(&engine);
    assert!(resident() < idle + 100, "{} MB after the second time, {idle} MB after the first", resident());
}

#[test]
fn an_engine_that_is_asked_often_enough_keeps_its_models() {
    let _turn = alone();
    let engine = start(&cache_dir().join("models"), "whisper-tiny.en");
    let dir = tempfile::tempdir().unwrap();
    let silence = PcmFile::create(dir.path().join("a"), &[0.0; 1600]).unwrap();
    for _ in 0..5 {
        std::thread::sleep(IDLE / 3);
        assert!(engine.health().loaded);
        transcribe(&engine, &silence, 1);
    }
    assert!(engine.health().loaded);
}

#[test]
fn models_that_can_not_be_loaded_again_fail_their_request_and_show_in_health() {
    let _turn = alone();
    let models = borrowed();
    let engine = start(models.path(), "whisper-tiny.en");
    let pcm = sample("librivox/0880.wav");
    until_unloaded(&engine);
    let (there, away) = (models.path().join("whisper-tiny.en"), models.path().join("away"));
    std::fs::rename(&there, &away).unwrap();
    assert!(engine.health().ready, "nobody has asked yet");
    let refused = engine.transcribe(pcm.clone(), TranscribeOptions::default(), &Cancel::new(), |_| {});
    assert!(
        matches!(&refused, Err(SpeechError::Model(why)) if why.contains("whisper-tiny.en")),
        "{refused:?}"
    );
    let health = engine.health();
    assert!(!health.ready && !health.loaded, "{health:?}");
    assert!(health.failure.is_some_and(|why| why.contains("whisper-tiny.en")));
    std::fs::rename(&away, &there).unwrap();
    assert!(text(&transcribe(&engine, &pcm, 1)).contains("young man"));
    let health = engine.health();
    assert!(health.ready && health.loaded && health.failure.is_none(), "{health:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_speech_server_is_ready_and_one_that_has_lost_its_models_says_so() {
    let models = borrowed();
    let folder = models.path().to_owned();
    let engine = tokio::task::spawn_blocking(move || start(&folder, "whisper-tiny.en")).await.unwrap();
    let server = SpeechServer::start(|settings| settings.engine = engine).await;
    let remote = Remote::new(&server.url(""), Some(KEY.into()), &Trust::system()).unwrap();
    let sound = Sound { pcm: sample("librivox/0880.wav"), url: None };
    let cancel = Cancel::new();
    server.until("it is idle", |health| health["loaded"] == false).await;
    let health = server.health().await;
    assert_eq!((&health["status"], &health["ready"]), (&"ok".into(), &true.into()));
    let numbers = read(server.client.get(server.url("/metrics")).bearer_auth(KEY)).await.1;
    let numbers = numbers.as_str().unwrap();
    assert!(
        numbers.contains("reflector_speech_ready 1") && numbers.contains("reflector_speech_loaded 0"),
        "{numbers}"
    );
    let peer = remote.check().await.unwrap();
    assert!(matches!(&peer, Peer::Ours(health) if !health.loaded), "who asks knows that it will wait");
    let mut shares = Vec::new();
    let ask = TranscribeOptions::default();
    let found = remote.transcribe(&peer, &sound, &ask, &cancel, |update| shares.push(update.done)).await;
    assert!(text(&found.unwrap()).contains("young man"));
    assert_eq!(shares.first(), Some(&0.0), "that the models are there");

    server.until("it is idle again", |health| health["loaded"] == false).await;
    let (there, away) = (models.path().join("whisper-tiny.en"), models.path().join("away"));
    std::fs::rename(&there, &away).unwrap();
    let refused = remote.transcribe(&peer, &sound, &ask, &cancel, |_| {}).await.unwrap_err();
    assert!(refused.is_transient(), "{refused}");
    let (status, health) = read(server.client.get(server.url("/health"))).await;
    assert_eq!((status, &health["ready"]), (503, &false.into()), "{health}");
    let said = health["failure"].as_str().unwrap();
    assert!(said.contains("could not be loaded") && !said.contains('/'), "{said}");
    let doctor = remote.check().await.unwrap_err();
    assert!(matches!(&doctor, RemoteError::Away { cause, .. } if cause == said), "{doctor}");
    // Jobs ask all the same: that is what mends it.
    std::fs::rename(&away, &there).unwrap();
    let peer = remote.peer(&cancel).await.unwrap();
    assert!(remote.transcribe(&peer, &sound, &ask, &cancel, |_| {}).await.is_ok());
    server.until("it is well again", |health| health["ready"] == true).await;
}
