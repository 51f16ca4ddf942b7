//! `reflector demo`.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::support::words::{content_words, shared};

/// A running demo; killed with its value.
struct Demo {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Demo {
    fn start(data: &std::path::Path, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_reflector"))
            .args(["demo", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(more)
            // As people start it: not as cargo does.
            .env_remove("OMP_WAIT_POLICY")
            .env_remove("ONEDNN_PRIMITIVE_CACHE_CAPACITY")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { child, lines }
    }

    /// The next line that holds `wanted`.
    fn line(&self, wanted: &str) -> String {
        loop {
            let line = self
                .lines
                .recv_timeout(Duration::from_secs(900))
                .unwrap_or_else(|_| panic!("no {wanted:?} came"));
            if line.contains(wanted) {
                return line;
            }
        }
    }

    fn interrupt(mut self) -> std::process::ExitStatus {
        // SAFETY: a signal to a child that has not been waited for.
        unsafe { libc::kill(self.child.id() as i32, libc::SIGINT) };
        self.child.wait().unwrap()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn get(address: &str, path: &str) -> Value {
    let authority = address.strip_prefix("http://").unwrap();
    let mut stream = std::net::TcpStream::connect(authority.replace("localhost", "127.0.0.1")).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {}", &answer[..answer.len().min(300)]);
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    // Chunked answers come with their lengths on lines of their own; JSON has no raw line breaks.
    let body = if answer.contains("transfer-encoding: chunked") {
        body.split("\r\n").skip(1).step_by(2).collect::<String>()
    } else {
        body.to_owned()
    };
    serde_json::from_str(&body).unwrap()
}

/// What is promised of each sample: the right number of speakers, a title that tells something, topics without
/// gaps, and summary sentences that lie where they say.
fn judge(address: &str, transcript: &Value, speakers: usize) {
    let id = transcript["id"].as_str().unwrap();
    let full = get(address, &format!("/v1/transcripts/{id}?transcript_format=json"));
    let segments = full["transcript"].as_array().unwrap();
    let heard: std::collections::BTreeSet<i64> =
        segments.iter().map(|s| s["speaker"].as_i64().unwrap()).collect();
    assert_eq!(heard.len(), speakers, "speakers of {}", transcript["name"]);

    let text: String = segments.iter().map(|s| format!("{} ", s["text"].as_str().unwrap())).collect();
    let title = full["title"].as_str().unwrap();
    assert!(!title.contains(".wav") && shared(title, &text) >= 2, "title {title:?}");

    let topics = get(address, &format!("/v1/transcripts/{id}/topics"));
    let duration = full["duration"].as_f64().unwrap() / 1000.0;
    let mut at = 0.0;
    for topic in topics.as_array().unwrap() {
        let start = topic["timestamp"].as_f64().unwrap();
        assert!((start - at).abs() < 0.02, "a gap in the topics at {at}");
        at = start + topic["duration"].as_f64().unwrap();
    }
    assert!((at - duration).abs() < 0.5, "topics end at {at} of {duration}");

    let words: Vec<(f64, f64, String)> = get(address, &format!("/v1/transcripts/{id}/topics/with-words"))
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|topic| topic["words"].as_array().unwrap().clone())
        .map(|w| {
            (w["start"].as_f64().unwrap(), w["end"].as_f64().unwrap(), w["text"].as_str().unwrap().to_owned())
        })
        .collect();
    let sentences = full["summary_sentences"].as_array().unwrap();
    assert!(!sentences.is_empty());
    for sentence in sentences {
        let (start, end) = (sentence["start"].as_f64().unwrap(), sentence["end"].as_f64().unwrap());
        let there: String = words
            .iter()
            .filter(|(s, e, _)| *e > start - 0.1 && *s < end + 0.1)
            .map(|(_, _, text)| text.as_str())
            .collect();
        let said = content_words(sentence["text"].as_str().unwrap());
        let found = shared(sentence["text"].as_str().unwrap(), &there);
        assert!(found * 2 > said.len(), "{sentence} rests on {there:?}");
    }
}

#[test]
fn the_demo_transcribes_its_samples_keeps_them_and_ends() {
    let dir = tempfile::tempdir_in("/var/tmp").unwrap();
    let demo = Demo::start(dir.path(), &[]);
    let address = demo.line("Reflector is at").split_whitespace().last().unwrap().to_owned();
    let environment = std::fs::read(format!("/proc/{}/environ", demo.child.id())).unwrap();
    let told = String::from_utf8_lossy(&environment);
    assert!(
        told.contains("ONEDNN_PRIMITIVE_CACHE_CAPACITY=64"),
        "libtorch's libraries find how to keep memory flat"
    );
    for _ in 0..2 {
        assert!(demo.line("Speaker 1: ").len() > 15);
        demo.line("Title: ");
        demo.line("Topics: ");
        demo.line("Summary: ");
    }
    demo.line("Both samples are done");
    let list = get(&address, "/v1/transcripts");
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    for item in items {
        judge(
            &address,
            item,
            if item["name"] == "Two people on the phone" { 2 } else { SPEAKERS_OF_CONVERSATION },
        );
    }
    assert!(demo.interrupt().success(), "Ctrl-C ends the demo cleanly");

    // The next start shows the same two at once, and --once ends with status 0.
    let again = Demo::start(dir.path(), &["--once"]);
    again.line("Summary: ");
    again.line("Summary: ");
    let mut again = again;
    assert!(again.child.wait().unwrap().success());
}

/// Readers in `conversation.wav`.
const SPEAKERS_OF_CONVERSATION: usize = 2;

#[test]
fn a_missing_sample_is_said_before_anything_starts() {
    let dir = tempfile::tempdir().unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_reflector"))
        .args(["demo", "--once", "--samples"])
        .arg(dir.path())
        .arg("--data")
        .arg(dir.path())
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(1));
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(said.contains("sample.wav is missing") && said.contains("make setup"), "{said}");
}
