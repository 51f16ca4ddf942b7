//! What the program says in English to logs, the command line and the API, and pages in the language of whoever reads them.

use std::collections::BTreeSet;

use reflector::catalogue::Remark;
use reflector::clock;
use reflector::model::stage::{self, Stage, Why};
use regex::Regex;

use super::{Text, catalogue, files, page, root};
use crate::support::site::{Site, multipart};

/// Refusals that uploads and the forms of pages meet.
const REFUSALS: [&str; 4] =
    ["src/web/uploads.rs", "src/web/quotes.rs", "src/web/rooms.rs", "src/web/sending.rs"];

/// Where doctor says what it finds: each file's path and text.
fn doctor() -> Vec<(String, String)> {
    let mut all = files("src/ops/doctor", ".rs");
    for file in ["src/ops/doctor.rs", "src/ops/backup/last.rs"] {
        all.push((file.into(), std::fs::read_to_string(root().join(file)).unwrap()));
    }
    all
}

/// Source without the ends of lines within a text, and without quotation marks that are only escaped.
fn joined(source: &str) -> String {
    Regex::new(r"\\\n\s*").unwrap().replace_all(source, "").into_owned()
}

/// What stands between quotation marks in a part of the program, of three words or more.
fn literals(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]").next().unwrap();
    let code = |line: &&str| !line.trim_start().starts_with("//") && !line.contains("reason = ");
    let source = joined(&source.lines().filter(code).collect::<Vec<_>>().join("\n"));
    let literal = Regex::new(r#""((?:[^"\\]|\\.)*)""#).unwrap();
    let all = literal.captures_iter(&source).map(|one| one[1].replace("\\\"", "\""));
    all.filter(|text| text.split_whitespace().count() > 2).collect()
}

/// A text with gaps where values go, as what may stand somewhere in another.
fn gaps(text: &str) -> Regex {
    let parts: Vec<String> = Regex::new(r"\{[^{}]*\}").unwrap().split(text).map(regex::escape).collect();
    Regex::new(&parts.join(".+")).unwrap()
}

/// Whether it is all of a text.
fn whole(pattern: &Regex, text: &str) -> bool {
    pattern.find(text).is_some_and(|found| found.len() == text.len())
}

#[test]
fn what_doctor_finds_and_what_uploads_and_forms_refuse_is_in_the_catalogue() {
    let english = catalogue("en");
    let mut seen = 0;
    let refusals =
        REFUSALS.map(|file| (file.to_owned(), std::fs::read_to_string(root().join(file)).unwrap()));
    for (area, sources) in [("doctor-", doctor()), ("reply-", refusals.to_vec())] {
        let of_area = english.iter().filter(|(id, _)| id.starts_with(area));
        let known: Vec<(&str, Regex)> =
            of_area.map(|(_, text)| (text.words.as_str(), gaps(&text.words))).collect();
        for (file, source) in &sources {
            for said in literals(source) {
                let pattern = gaps(&said);
                let found = known.iter().any(|(words, one)| pattern.is_match(words) || whole(one, &said));
                assert!(
                    found,
                    "{file}: pages in French would show “{said}”; put it into locales/*/{area}.ftl"
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "only {seen} were found");
}

#[test]
fn every_kind_of_thing_that_doctor_looks_at_has_a_name_in_both_languages() {
    let (english, french) = (catalogue("en"), catalogue("fr"));
    let kind = Regex::new(r#"(?:\bwhat: |\bfinding\(\s*)"([^"]+)""#).unwrap();
    let mut kinds = BTreeSet::new();
    for (_, source) in doctor() {
        kinds.extend(kind.captures_iter(&source).map(|one| one[1].to_owned()));
    }
    assert!(kinds.len() > 10, "{kinds:?}");
    for kind in kinds {
        let named = english.iter().find(|(id, text)| id.starts_with("doctor-what-") && text.words == kind);
        let (id, _) = named.unwrap_or_else(|| panic!("{kind} has no name in the catalogue"));
        assert!(french.contains_key(id), "{id}");
    }
}

#[test]
fn english_that_pages_find_again_is_what_the_program_says() {
    let sources: Vec<String> =
        files("src", ".rs").iter().map(|(_, source)| joined(source).replace("\\\"", "\"")).collect();
    let value = Regex::new(r"\{[a-z_]+\}").unwrap();
    for (id, text) in catalogue("en").iter().filter(|(id, _)| id.starts_with("reply-")) {
        let pieces = value.split(&text.words).map(str::trim).filter(|piece| piece.len() > 3);
        let pieces: Vec<&str> = pieces.collect();
        let said = sources.iter().any(|source| pieces.iter().all(|piece| source.contains(piece)));
        assert!(said, "{id}: nothing in src/ says “{}”", text.words);
    }
}

#[test]
fn every_reason_of_a_failure_gets_the_values_that_its_text_has_in_every_language() {
    let (english, french) = (catalogue("en"), catalogue("fr"));
    let named = Regex::new(r#""(why-[a-z-]+)""#).unwrap();
    let made = Regex::new(r#"Remark::new\("(why-[a-z-]+)"\)((?:\s*\.with\("[a-z]+", [^)]*\(?[^)]*\)?\))*)"#)
        .unwrap();
    let value = Regex::new(r#"\.with\("([a-z]+)""#).unwrap();
    let mut seen = BTreeSet::new();
    for (file, source) in files("src/jobs", ".rs") {
        for found in named.captures_iter(&source) {
            assert!(
                english.contains_key(&found[1]) && french.contains_key(&found[1]),
                "{file}: {}",
                &found[1]
            );
            seen.insert(found[1].to_owned());
        }
        for found in made.captures_iter(&source) {
            let given: BTreeSet<String> =
                value.captures_iter(&found[2]).map(|one| one[1].to_owned()).collect();
            assert_eq!(given, english[&found[1]].values, "{file}: {}", &found[1]);
        }
    }
    assert!(seen.len() > 30, "{seen:?}");
}

/// What people read on a page, without what says of itself that it is English.
fn read(page: &str) -> String {
    let cut = |text: &str, pattern: &str| {
        Regex::new(&format!("(?s){pattern}")).unwrap().replace_all(text, " ").into_owned()
    };
    let mut text = page.to_owned();
    for tag in ["script", "svg", "code"] {
        text = cut(&text, &format!(r"<{tag}\b.*?</{tag}>"));
    }
    text = cut(&text, r#"<span lang="en">.*?</span>"#);
    text = cut(&text, "<[^>]*>");
    text.replace("&#39;", "'")
        .replace("&#34;", "\"")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .to_lowercase()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_french_page_says_in_french_why_something_failed_and_how_the_installation_is() {
    let site = Site::set(|config| {
        config.llm.url = Some("http://127.0.0.1:1/v1".into());
        config.llm.model = Some("qwen3".into());
    })
    .await;
    let remark = Remark::new("why-damaged").because("moov atom not found");
    let why = Why { text: remark.to_string(), remark: serde_json::to_value(&remark).ok() };
    let id = site.finished("talk.wav").await;
    let attempt = site.up_to(id, Some(Stage::Ingest)).await.unwrap();
    stage::fail(&mut *site.workshop.conn().await, &attempt, why, clock::now()).await.unwrap();
    let old = site.finished("older.wav").await;
    let attempt = site.up_to(old, Some(Stage::Summarize)).await.unwrap();
    // A text that another version had under another name is shown as it was kept.
    let renamed = Some(serde_json::json!({ "id": "why-of-before", "detail": "no turns" }));
    let why = Why { text: "no voices".into(), remark: renamed };
    stage::fail(&mut *site.workshop.conn().await, &attempt, why, clock::now()).await.unwrap();

    let reason = "Le fichier est endommagé ou incomplet. <span lang=\"en\">moov atom not found</span>";
    let transcript = format!("/transcripts/{id}");
    let english = catalogue("en");
    let sentence = |text: &&Text| text.values.is_empty() && text.words.split_whitespace().count() > 3;
    let sentences: Vec<String> =
        english.values().filter(sentence).map(|text| text.words.to_lowercase()).collect();
    assert!(sentences.len() > 300, "{}", sentences.len());
    let numbers =
        Regex::new(r"\d[.,]\d+\s?(?:[km]b|gb)\b|\d\.\d+\s?(?:o|ko|mo|go|h|min|s)\b|\d\.\d+×|\s\d{5,}\s")
            .unwrap();
    for (path, wanted) in [
        (transcript.as_str(), &[reason][..]),
        ("/admin/jobs", &[reason, "<span lang=\"en\">No voices.</span>"][..]),
        (
            "/admin",
            &["Modèle de langue", "127.0.0.1:1/v1/models est injoignable", "llm.api_key et que son"][..],
        ),
        ("/", &[][..]),
        ("/queue", &[][..]),
        ("/storage", &["\u{202f}Go"][..]),
        ("/models", &["\u{202f}Go", "\u{202f}Mo"][..]),
        ("/transcripts", &[][..]),
    ] {
        let (status, text) = page(&site, path, "fr", "").await;
        assert_eq!(status, 200, "{path}");
        for one in wanted {
            assert!(text.contains(one), "{path}: {one} is not in {text}");
        }
        let read = read(&text);
        let foreign = numbers.find(&read).map(|found| found.as_str().to_owned());
        assert!(foreign.is_none(), "{path} writes a number as English does: {foreign:?}");
        let own: Vec<&String> = sentences.iter().filter(|one| read.contains(one.as_str())).collect();
        assert!(own.is_empty(), "{path} says in English: {own:?}");
    }
    // The API says it in English to everybody.
    let request = site.client.get(site.url(&format!("/v1/transcripts/{id}"))).header("accept-language", "fr");
    let told: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(told["error"], "the file is damaged or was cut short: moov atom not found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_comes_in_the_language_of_the_page_beside_the_english_of_the_api() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let ask = async |language: &str| {
        let (kind, body) = multipart(&[("chunk", Some("talk.wav"), b"RIFF")]);
        let url = site.url(&format!("/v1/transcripts/{id}/record/upload?chunk_number=0&total_chunks=1"));
        let request = site.client.post(url).header("accept-language", language).header("content-type", kind);
        let answer = request.body(body).send().await.unwrap();
        let said = answer.headers().get("x-reflector-said").map(|said| said.to_str().unwrap().to_owned());
        let decoded =
            |said: String| percent_encoding::percent_decode_str(&said).decode_utf8().unwrap().into_owned();
        (answer.status().as_u16(), said.map(decoded), answer.text().await.unwrap())
    };
    let (english, french) = (ask("en").await, ask("fr").await);
    assert!(english.0 == 400 && english.1.is_none(), "{english:?}");
    assert_eq!(french.1.as_deref(), Some("Cette transcription a déjà un enregistrement."));
    assert_eq!((english.0, &english.2), (french.0, &french.2), "the answer itself is the same");
    // A page without script says the same.
    let (kind, body) = multipart(&[("title", None, b"nothing chosen")]);
    let request = site.client.post(site.url("/upload")).header("accept-language", "fr");
    let answer = request.header("content-type", kind).body(body).send().await.unwrap();
    let text = answer.text().await.unwrap();
    assert!(text.contains("Choisissez d’abord un enregistrement."), "{text}");
}
