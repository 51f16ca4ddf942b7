//! OpenAI's own Python client (`scripts/openai.sh`).

use reflector::config::cache_dir;
use serde_json::Value;

use super::{CLIP, SENTENCE};
use crate::support::speech_server::{KEY, SpeechServer, read, sample};

/// Runs Python with the client, `client` made for the server and `clip` a file; what it prints last is JSON.
async fn python(server: &SpeechServer, code: &str) -> Value {
    let packages = cache_dir().join("openai");
    assert!(packages.join(".stamp").is_file(), "OpenAI's client is missing: run `make setup`");
    let head = format!(
        "import json, openai\nclient = openai.OpenAI(base_url={:?}, api_key={KEY:?}, max_retries=0)\nclip = open({:?}, 'rb')\n",
        server.url("/v1"),
        sample(CLIP)
    );
    let ran = tokio::process::Command::new("python3")
        .args(["-I", "-c"])
        .arg(format!("import sys; sys.path.insert(0, {packages:?})\n{head}{code}"))
        .output()
        .await
        .expect("python3 is installed");
    let (said, error) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{said}{error}");
    serde_json::from_str(said.lines().last().unwrap_or_default()).expect(&said)
}

#[tokio::test]
async fn openais_client_gets_every_format() {
    let server = SpeechServer::start(|_| ()).await;
    let got = python(
        &server,
        r#"
def ask(**more):
    clip.seek(0)
    return client.audio.transcriptions.create(file=clip, model="whisper-1", **more)
verbose = ask(response_format="verbose_json", timestamp_granularities=["word", "segment"], prompt="Dashwood", temperature=0, language="en")
print(json.dumps({
    "json": ask().text,
    "text": ask(response_format="text"),
    "srt": ask(response_format="srt"),
    "vtt": ask(response_format="vtt"),
    "verbose": verbose.text, "language": verbose.language, "duration": float(verbose.duration),
    "words": [[word.word, word.start, word.end] for word in verbose.words],
    "segments": [[one.id, one.start, one.end, one.text, one.avg_logprob, one.no_speech_prob, one.temperature] for one in verbose.segments],
    "only words": ask(response_format="verbose_json", timestamp_granularities=["word"]).segments,
    "only segments": ask(response_format="verbose_json").words,
}))"#,
    )
    .await;
    assert_eq!(got["json"], SENTENCE);
    // The model leans towards the style of the text it was given, which has no sentence.
    let verbose = got["verbose"].as_str().unwrap();
    assert!(verbose.eq_ignore_ascii_case(SENTENCE), "{verbose}");
    assert_eq!(got["text"].as_str().unwrap().trim(), SENTENCE);
    assert_eq!(
        (got["language"].as_str(), &got["only words"], &got["only segments"]),
        (Some("english"), &Value::Null, &Value::Null)
    );
    let duration = got["duration"].as_f64().unwrap();
    assert!((6.0..9.0).contains(&duration), "{duration}");
    let words = got["words"].as_array().unwrap();
    let spoken: String = words.iter().map(|word| word[0].as_str().unwrap()).collect();
    assert_eq!(spoken.trim(), verbose);
    let time = |word: &Value, place: usize| word[place].as_f64().unwrap();
    assert!(words.windows(2).all(|pair| time(&pair[0], 1) <= time(&pair[1], 1)));
    assert!((time(&words[10], 1) - 3.5).abs() < 1.0, "{:?}", words[10]);
    let segment = &got["segments"][0];
    assert_eq!(
        (segment[0].as_i64(), segment[5].as_f64(), segment[6].as_f64()),
        (Some(0), Some(0.0), Some(0.0))
    );
    assert!(time(segment, 4) < 0.0 && time(segment, 2) <= duration + 0.1, "{segment}");
    let srt = got["srt"].as_str().unwrap();
    assert!(
        srt.starts_with("1\n00:00:00,") && srt.contains(" --> ") && srt.contains("John Dashwood"),
        "{srt}"
    );
    let vtt = got["vtt"].as_str().unwrap();
    assert!(vtt.starts_with("WEBVTT\n\n00:00:0") && vtt.contains("John Dashwood"), "{vtt}");
    server.until_empty().await;
}

#[tokio::test]
async fn openais_client_streams_and_lists_models() {
    let server = SpeechServer::start(|_| ()).await;
    let got = python(
        &server,
        r#"
events = [[event.type, getattr(event, "delta", None), getattr(event, "text", None)] for event in
    client.audio.transcriptions.create(file=clip, model="whisper-1", stream=True)]
models = [[model.id, model.object, model.created > 0, model.owned_by] for model in client.models.list()]
print(json.dumps({"events": events, "models": models, "one": client.models.retrieve("whisper-1").id}))"#,
    )
    .await;
    let events = got["events"].as_array().unwrap();
    let (last, deltas) = events.split_last().unwrap();
    assert_eq!((last[0].as_str(), last[2].as_str()), (Some("transcript.text.done"), Some(SENTENCE)));
    assert!(
        !deltas.is_empty() && deltas.iter().all(|event| event[0] == "transcript.text.delta"),
        "{events:?}"
    );
    let said: String = deltas.iter().map(|event| event[1].as_str().unwrap()).collect();
    assert_eq!(said, SENTENCE);
    let models = got["models"].as_array().unwrap();
    assert_eq!((models[0][0].as_str(), models[0][1].as_str()), (Some("whisper-tiny.en"), Some("model")));
    assert!(
        models.iter().any(|model| model[0] == "whisper-base") && models.iter().all(|model| model[2] == true)
    );
    assert!(models.iter().all(|model| model[0] != "campplus"), "only what writes words down: {models:?}");
    assert_eq!(got["one"], "whisper-1");
}

#[tokio::test]
async fn what_a_model_cannot_do_is_said_to_openais_client_in_its_own_words() {
    let server = SpeechServer::start(|_| ()).await;
    let got = python(
        &server,
        r#"
def error(call, **more):
    clip.seek(0)
    try:
        call(file=clip, **more)
    except openai.APIStatusError as error:
        return [error.status_code, error.body["message"], error.body["code"], error.body["param"]]
transcribe, translate = client.audio.transcriptions.create, client.audio.translations.create
print(json.dumps({
    "translate": error(translate, model="whisper-1"),
    "language": error(transcribe, model="whisper-1", language="fr"),
    "model": error(transcribe, model="whisper-9"),
    "format": error(transcribe, model="whisper-1", response_format="diarized_json"),
    "stream": error(transcribe, model="whisper-1", language="fr", stream=True),
}))"#,
    )
    .await;
    let of = |what: &str| (got[what][0].as_u64(), got[what][1].as_str().unwrap_or_default().to_owned());
    let (status, said) = of("translate");
    assert!(status == Some(400) && said.contains("knows English only and can't translate"), "{got}");
    let (status, said) = of("language");
    assert!(status == Some(400) && said.contains("English only"), "{got}");
    let (status, said) = of("model");
    assert!(status == Some(404) && said.contains("/v1/models"), "{got}");
    assert_eq!((&got["model"][2], &got["model"][3]), (&"model_not_found".into(), &"model".into()));
    let (status, said) = of("format");
    assert!(status == Some(400) && said.contains("verbose_json"), "{got}");
    assert_eq!(of("stream").0, Some(400), "before the stream begins, it is a status: {got}");
}

/// The multilingual model is loaded for the one request that names it.
#[tokio::test]
async fn a_request_may_name_another_installed_model_and_translate_with_it() {
    let server = SpeechServer::start(|_| ()).await;
    let clip = std::fs::read(sample(CLIP)).unwrap();
    let form = reqwest::multipart::Form::new()
        .part("file", reqwest::multipart::Part::bytes(clip).file_name("clip.wav"))
        .text("model", "Systran/faster-whisper-base")
        .text("response_format", "verbose_json");
    let (status, body) = read(server.post("/v1/audio/translations").multipart(form)).await;
    assert_eq!(
        (status, body["task"].as_str(), body["language_code"].as_str()),
        (200, Some("translate"), Some("en")),
        "{body}"
    );
    assert!(body["text"].as_str().unwrap().contains("leisure to consider"), "{body}");
}
