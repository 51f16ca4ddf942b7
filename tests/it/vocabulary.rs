//! Names and special words that are expected, and languages that may be spoken: from the page, the API, the settings and the command
//! to whoever hears.

use std::process::Command;

use reflector::audio::Cancel;
use reflector::config::cache_dir;
use reflector::ids::TranscriptId;
use reflector::model::TranscriptView;
use reflector::model::stage::Stage;
use reflector::model_api::client::Remote;
use reflector::speech::{Expected, TranscribeOptions};
use reflector::tls::Trust;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::support::media::Media;
use crate::support::site::{Site, multipart};
use crate::support::speech_server::{KEY, SpeechServer, read};
use crate::whisper;

/// One reader says a name that can be written in two ways; whisper-tiny.en alone takes the more common one.
const CLIP: &str = "librivox/0870.wav";
const COMMON: &str = "John Dashwood";
const NAME: &str = "Jon Dashwood";

fn clip() -> Vec<u8> {
    let path = cache_dir().join("samples").join(CLIP);
    std::fs::read(&path).unwrap_or_else(|_| panic!("{} is missing: run `make setup`", path.display()))
}

async fn words(site: &Site, id: &str) -> String {
    let id: TranscriptId = id.parse().unwrap();
    site.workshop.until_ended(id).await;
    let mut conn = site.workshop.conn().await;
    let view = TranscriptView::load(&mut conn, id).await.unwrap().unwrap();
    view.segments(&mut conn).await.unwrap().iter().map(|one| one.text.as_str()).collect()
}

/// Uploads the clip as an API's client does; its id.
async fn uploaded(site: &Site, vocabulary: Option<&str>) -> String {
    let mut body = json!({ "name": "Reading", "source_language": "auto", "source_kind": "file" });
    if let Some(vocabulary) = vocabulary {
        body["vocabulary"] = vocabulary.into();
    }
    let (status, made) = site.send("POST", "/v1/transcripts", &body).await;
    assert_eq!((status, &made["vocabulary"]), (200, &json!(vocabulary.unwrap_or_default())));
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(site.chunk(&id, 0, 1, &clip()).await.0, 200);
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_misspelled_is_spelled_as_its_uploader_wrote_it_and_again_when_it_is_run_again() {
    let site = Site::working().await;
    let without = words(&site, &uploaded(&site, None).await).await;
    assert!(without.contains(COMMON), "{without}");
    let id = uploaded(&site, Some(NAME)).await;
    let with = words(&site, &id).await;
    assert!(with.contains(NAME), "{with}");

    site.workshop.reprocess(id.parse().unwrap(), Some(Stage::Transcribe)).await;
    assert!(words(&site, &id).await.contains(NAME));
    // Changed before it is run once more.
    let path = format!("/v1/transcripts/{id}");
    let (_, changed) = site.send("PATCH", &path, &json!({ "vocabulary": "" })).await;
    assert_eq!(changed["vocabulary"], "");
    site.workshop.reprocess(id.parse().unwrap(), Some(Stage::Transcribe)).await;
    assert!(words(&site, &id).await.contains(COMMON));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_the_settings_count_for_every_recording() {
    let site = Site::working_with(|config| config.speech.prompt = Some(NAME.into())).await;
    let heard = words(&site, &uploaded(&site, None).await).await;
    assert!(heard.contains(NAME), "{heard}");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_names_are_refused_by_field_and_limit_on_page_and_api() {
    let site = Site::new().await;
    let long = "ß".repeat(501);
    let body = json!({ "name": "x", "vocabulary": long });
    let (status, refused) = site.send("POST", "/v1/transcripts", &body).await;
    let said = "names and special words have more than 500 characters together";
    assert_eq!(
        (status, refused),
        (422, json!({ "detail": [{ "loc": ["body", "vocabulary"], "msg": said, "type": "value_error" }] }))
    );
    let id = site.create("x").await;
    let path = format!("/v1/transcripts/{id}");
    assert_eq!(site.send("PATCH", &path, &json!({ "vocabulary": long })).await.0, 422);
    assert_eq!(site.json(&path).await.1["vocabulary"], "");
    assert_eq!(site.send("PATCH", &path, &json!({ "vocabulary": "ß".repeat(500) })).await.0, 200);

    let send = async |names: &str| {
        let (kind, body) =
            multipart(&[("vocabulary", None, names.as_bytes()), ("file", Some("a.wav"), b"sound")]);
        let request = site.client.post(site.url("/upload")).header("content-type", kind);
        request.body(body).send().await.unwrap()
    };
    let before = site.json("/v1/transcripts").await.1["total"].clone();
    let page = send(&long).await;
    assert_eq!(page.status(), 422);
    assert!(page.text().await.unwrap().contains(&format!("Vocabulary: {said}.")));
    assert_eq!(site.json("/v1/transcripts").await.1["total"], before, "nothing is left");
    // The browser's line ends count once.
    let kept = send(&format!(" Aoife \r\nOKR\r\n{}", "a".repeat(490))).await;
    assert_eq!(kept.status(), 303);
    let id = kept.headers()["location"].to_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let (_, made) = site.json(&format!("/v1/transcripts/{id}")).await;
    assert_eq!(made["vocabulary"], format!("Aoife\nOKR\n{}", "a".repeat(490)));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_can_be_corrected_on_the_page_when_it_is_transcribed_again() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let (path, api) = (format!("/transcripts/{id}"), format!("/v1/transcripts/{id}"));
    let (status, _) = site.form(&format!("{path}/process"), "vocabulary=Aoife+%26+Söhne").await;
    assert_eq!(status, 303);
    assert_eq!(site.json(&api).await.1["vocabulary"], "Aoife & Söhne");
    site.up_to(id, None).await;
    let (_, page) = site.page(&path).await;
    assert!(page.contains("Aoife &#38; Söhne</textarea>"), "{page}");
    // "Try again" asks for no names, and leaves them.
    site.form(&format!("{path}/process"), "").await;
    assert_eq!(site.json(&api).await.1["vocabulary"], "Aoife & Söhne");
    let long = format!("vocabulary={}", "a".repeat(501));
    assert_eq!(site.form(&format!("{path}/process"), &long).await.0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn declared_languages_reach_the_engine_where_the_language_is_found_out() {
    let site = Site::working_with(|config| {
        config.speech.model = "whisper-base".into();
        config.speech.languages = vec!["de".into()];
    })
    .await;
    let media = Media::new();
    let path = cache_dir().join("samples").join(CLIP);
    let short = media.ffmpeg(&format!("-i {} -t 4", path.display()), "short.wav");
    let upload = async |language: &str| {
        let body = json!({ "name": "x", "source_language": language, "source_kind": "file" });
        let id = site.send("POST", "/v1/transcripts", &body).await.1["id"].as_str().unwrap().to_owned();
        site.chunk(&id, 0, 1, &std::fs::read(&short).unwrap()).await;
        words(&site, &id).await;
        site.json(&format!("/v1/transcripts/{id}/download/json")).await.1["language"].clone()
    };
    // It is English; among German alone it can only be that.
    assert_eq!(upload("auto").await, "de");
    assert_eq!(upload("en").await, "en", "what the uploader chose counts");
}

#[tokio::test]
async fn a_speech_server_takes_names_and_languages_and_adds_its_own() {
    let own = Expected { prompt: Some(NAME.into()), languages: vec!["de".into()] };
    let ask = async |server: &SpeechServer, fields: &[(&'static str, &'static str)]| {
        let mut form = Form::new().part("file", Part::bytes(clip()).file_name("clip.wav"));
        for (name, value) in fields {
            form = form.text(*name, *value);
        }
        let (status, body) = read(server.post("/v1/audio/transcriptions").multipart(form)).await;
        (status, body["text"].as_str().or(body["detail"].as_str()).unwrap_or_default().to_owned())
    };
    let server = SpeechServer::start(|_| ()).await;
    assert!(ask(&server, &[]).await.1.contains(COMMON));
    assert!(ask(&server, &[("prompt", NAME)]).await.1.contains(NAME));
    // This model knows English alone, so that a language is seen by its refusal.
    for fields in [&[("languages[]", "en"), ("languages[]", "de")][..], &[("languages", "en,de")]] {
        let (status, said) = ask(&server, fields).await;
        assert!(status == 400 && said.contains("\"de\""), "{fields:?}: {status} {said}");
    }
    drop(server);

    let server = SpeechServer::start(|settings| settings.expected = own).await;
    assert!(ask(&server, &[]).await.1.contains("\"de\""));
    // A Reflector that declares none means any.
    let remote = Remote::new(&server.url(""), Some(KEY.into()), &Trust::system()).unwrap();
    let peer = remote.check().await.unwrap();
    let sound = reflector::model_api::client::Sound { pcm: whisper::sample(CLIP), url: None };
    let found = remote
        .transcribe(&peer, &sound, &TranscribeOptions::default(), &Cancel::new(), |_| {})
        .await
        .unwrap();
    assert!(whisper::text(&found).contains(NAME), "the server's own names count for it: {found:?}");
    let several =
        TranscribeOptions { languages: vec!["en".into(), "fr".into()], ..TranscribeOptions::default() };
    let refused = remote.transcribe(&peer, &sound, &several, &Cancel::new(), |_| {}).await.unwrap_err();
    assert!(refused.to_string().contains("\"fr\""), "{refused}");
}

#[test]
fn the_command_takes_names_and_languages() {
    let _turn = whisper::alone();
    let path = cache_dir().join("samples").join(CLIP);
    let run = |model: &str, arguments: &[&str], settings: &[(&str, &str)]| -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reflector"));
        command.args(["transcribe", path.to_str().unwrap(), "--format", "json", "--model", model]);
        command.args(["--beam", "1"]).args(arguments).current_dir(std::env::temp_dir());
        let done = command.envs(settings.iter().copied()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap()
    };
    let english = "whisper-tiny.en";
    assert!(run(english, &[], &[])["text"].as_str().unwrap().contains(COMMON));
    assert!(run(english, &["--prompt", NAME], &[])["text"].as_str().unwrap().contains(NAME));
    let set = [("REFLECTOR_SPEECH__PROMPT", NAME)];
    assert!(run(english, &["--prompt", "Norland"], &set)["text"].as_str().unwrap().contains(NAME));
    let base = "whisper-base";
    assert_eq!(run(base, &["--language", "de"], &[])["language"], "de");
    assert_eq!(run(base, &["--language", "de", "--language", "en"], &[])["language"], "en");
    let set = [("REFLECTOR_SPEECH__LANGUAGES", "[\"fr\"]")];
    assert_eq!(run(base, &[], &set)["language"], "fr");
}

/// The list in the settings against that of a model.
#[test]
fn every_language_of_whisper_may_be_declared() {
    let tokens = std::fs::read_to_string(cache_dir().join("models/whisper-base/tokenizer.json")).unwrap();
    let tokens: Value = serde_json::from_str(&tokens).unwrap();
    let added = tokens["added_tokens"].as_array().unwrap().iter();
    let known = added.filter_map(|token| token["content"].as_str()?.strip_prefix("<|")?.strip_suffix("|>"));
    let codes: Vec<&str> = known.filter(|code| (2..=3).contains(&code.len())).collect();
    assert_eq!(codes.len(), 99);
    let declared = format!("{codes:?}");
    let run = |languages: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reflector"));
        command.arg("check-config").current_dir(std::env::temp_dir());
        let ran = command.env("REFLECTOR_SPEECH__LANGUAGES", languages).output().unwrap();
        (ran.status.success(), String::from_utf8_lossy(&ran.stderr).into_owned())
    };
    assert!(run(&declared).0, "{}", run(&declared).1);
    let (usable, said) = run("[\"de\", \"german\"]");
    assert!(!usable && said.contains("speech.languages: \"german\" is none of"), "{said}");
}
