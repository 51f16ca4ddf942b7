//! What holds for every route of /v1: envelopes, times, units, refusals.

use chrono::DateTime;
use reflector::model::Status;
use reflector::model::transcript;
use serde_json::{Value, json};

use crate::support::site::Site;

/// Names of an object's fields, in order of the alphabet.
pub(super) fn fields(value: &Value) -> Vec<&str> {
    let mut names: Vec<_> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// The ancestor's fields of a transcript in a list, and ours after them.
const TRANSCRIPT: [&str; 23] = [
    "id",
    "user_id",
    "name",
    "status",
    "locked",
    "duration",
    "title",
    "short_summary",
    "long_summary",
    "created_at",
    "share_mode",
    "source_language",
    "target_language",
    "reviewed",
    "meeting_id",
    "source_kind",
    "room_id",
    "room_name",
    "audio_deleted",
    "change_seq",
    "has_cloud_video",
    "cloud_video_duration",
    "vocabulary",
];

fn with<'f>(more: &[&'f str]) -> Vec<&'f str> {
    let mut all: Vec<_> = TRANSCRIPT.iter().chain(more).copied().collect();
    all.sort_unstable();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_the_ancestors_envelope_and_bounds() {
    let site = Site::new().await;
    for n in 0..5 {
        site.create(&format!("talk {n}")).await;
    }
    let (status, page) = site.json("/v1/transcripts").await;
    assert_eq!((status, fields(&page)), (200, vec!["items", "page", "pages", "size", "total"]));
    assert_eq!([&page["page"], &page["size"], &page["total"], &page["pages"]], [1, 50, 5, 1]);
    assert_eq!(fields(&page["items"][0]), with(&[]));
    for (query, items, pages, first) in
        [("page=1&size=2", 2, 3, "talk 4"), ("page=3&size=2", 1, 3, "talk 0"), ("page=4&size=2", 0, 3, "")]
    {
        let (status, page) = site.json(&format!("/v1/transcripts?{query}")).await;
        let found = page["items"].as_array().unwrap();
        assert_eq!((status, found.len(), &page["pages"]), (200, items, &json!(pages)), "{query}");
        assert_eq!(found.first().map_or("", |one| one["name"].as_str().unwrap()), first, "newest first");
    }
    for query in ["page=0", "size=0", "size=101", "page=x", "sort_by=name", "source_kind=video", "room_id=x"]
    {
        for path in ["/v1/transcripts", "/v1/audit"] {
            if path == "/v1/audit" && !query.starts_with("page") && !query.starts_with("size") {
                continue;
            }
            let (status, refused) = site.json(&format!("{path}?{query}")).await;
            assert_eq!((status, fields(&refused)), (422, vec!["detail"]), "{path}?{query}");
            assert_eq!(fields(&refused["detail"][0]), ["loc", "msg", "type"], "{path}?{query}");
            assert_eq!(refused["detail"][0]["loc"][0], "query", "{path}?{query}");
        }
    }
    let (status, page) = site.json("/v1/transcripts?size=100").await;
    assert_eq!((status, &page["size"]), (200, &json!(100)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_has_the_ancestors_fields_wherever_it_is_given() {
    let site = Site::new().await;
    let (_, made) = site.send("POST", "/v1/transcripts", &json!({ "name": "Weekly" })).await;
    assert_eq!(fields(&made), with(&["participants"]));
    let path = format!("/v1/transcripts/{}", site.finished("talk.wav").await);
    let alone = ["participants", "stages", "error", "action_items", "summary_sentences"];
    let (_, changed) = site.send("PATCH", &path, &json!({ "reviewed": true })).await;
    assert_eq!(fields(&changed), with(&alone));
    let (_, given) = site.json(&path).await;
    assert_eq!(fields(&given), with(&[&alone[..], &["transcript", "transcript_format"]].concat()));
    assert_eq!((&given["reviewed"], &given["source_kind"]), (&json!(true), &json!("file")));
    let (_, page) = site.json("/v1/transcripts?search_term=TALK").await;
    assert_eq!((page["total"].clone(), fields(&page["items"][0])), (json!(1), with(&[])));

    let topic = ["duration", "id", "segments", "summary", "timestamp", "title", "transcript"];
    let (_, topics) = site.json(&format!("{path}/topics")).await;
    assert_eq!(fields(&topics[0]), topic);
    assert_eq!(fields(&topics[0]["segments"][0]), ["speaker", "start", "text"]);
    let more = |field: &'static str| {
        let mut all = [&topic[..], &[field]].concat();
        all.sort_unstable();
        all
    };
    let (_, words) = site.json(&format!("{path}/topics/with-words")).await;
    assert_eq!(fields(&words[0]), more("words"));
    assert_eq!(fields(&words[0]["words"][0]), ["end", "speaker", "start", "text"]);
    let one = format!("{path}/topics/{}/words-per-speaker", topics[0]["id"].as_str().unwrap());
    let (_, by_speaker) = site.json(&one).await;
    assert_eq!(fields(&by_speaker), more("words_per_speaker"));
    assert_eq!(fields(&by_speaker["words_per_speaker"][0]), ["speaker", "words"]);
    let (_, person) =
        site.send("POST", &format!("{path}/participants"), &json!({ "name": "Ada", "speaker": 0 })).await;
    assert_eq!(fields(&person), ["email", "id", "name", "speaker", "user_id"]);
    assert_eq!(site.json(&format!("{path}/participants")).await, (200, json!([person])), "a plain list");
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_have_an_offset_durations_are_milliseconds_and_times_seconds() {
    let site = Site::new().await;
    let path = format!("/v1/transcripts/{}", site.finished("talk.wav").await);
    let (_, given) = site.json(&path).await;
    let made = DateTime::parse_from_rfc3339(given["created_at"].as_str().unwrap()).unwrap();
    assert!((reflector::clock::now() - made.to_utc()).num_minutes() < 5);
    assert_eq!(given["duration"], 60_000.0, "a minute");
    let (_, found) = site.json("/v1/transcripts/search?q=budget").await;
    assert_eq!(found["results"][0]["duration"], 60_000.0);
    let (_, topics) = site.json(&format!("{path}/topics")).await;
    assert_eq!((&topics[1]["timestamp"], &topics[1]["duration"]), (&json!(20.0), &json!(40.0)));
    assert_eq!(topics[1]["segments"][0]["start"], 20.0);
    let (_, text) = site.json(&format!("{path}?transcript_format=json")).await;
    assert_eq!(fields(&text["transcript"][0]), ["end", "speaker", "speaker_name", "start", "text"]);
    assert_eq!(
        (&text["transcript"][1]["start"], &text["transcript"][1]["end"]),
        (&json!(20.0), &json!(26.0))
    );
}

/// Additions of ours: what the page of the list can do, the API can.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_narrowed_by_status_and_ordered_as_the_page_does() {
    let site = Site::new().await;
    let mut conn = site.workshop.conn().await;
    for (name, status, milliseconds) in [
        ("beta", Status::Ended, 3000.0),
        ("Alpha", Status::Processing, 2000.0),
        ("gamma", Status::Error, 0.0),
        ("delta", Status::Uploaded, 2000.0),
    ] {
        let id = site.create(name).await;
        transcript::set_status(&mut conn, id, status).await.unwrap();
        transcript::set_duration(&mut conn, id, milliseconds).await.unwrap();
    }
    let names = async |query: &str| {
        let (status, page) = site.json(&format!("/v1/transcripts?{query}")).await;
        assert_eq!(status, 200, "{query}: {page}");
        let items = page["items"].as_array().unwrap();
        let names: Vec<_> = items.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
        assert!(query.contains("size") || page["total"] == names.len(), "{query}: {page}");
        names.join(" ")
    };
    for (query, wanted) in [
        ("", "delta gamma Alpha beta"),
        ("sort_by=created_at", "delta gamma Alpha beta"),
        ("sort_by=change_seq", "beta Alpha gamma delta"),
        ("sort_by=oldest", "beta Alpha gamma delta"),
        ("sort_by=longest", "beta delta Alpha gamma"),
        ("sort_by=shortest", "gamma delta Alpha beta"),
        ("sort_by=title", "Alpha beta delta gamma"),
        ("sort_by=title&page=2&size=3", "gamma"),
        ("status=ended", "beta"),
        ("status=uploaded,processing", "delta Alpha"),
        ("status=uploaded, processing&sort_by=oldest", "Alpha delta"),
        ("status=idle", ""),
        ("status=", "delta gamma Alpha beta"),
        ("status=error&search_term=GAM", "gamma"),
    ] {
        assert_eq!(names(query).await, wanted, "{query}");
    }
    for (query, field) in [
        ("status=done", "status"),
        ("status=ended,x", "status"),
        ("sort_by=title&change_seq_from=0", "sort_by"),
    ] {
        let (status, refused) = site.json(&format!("/v1/transcripts?{query}")).await;
        assert_eq!((status, &refused["detail"][0]["loc"][1]), (422, &json!(field)), "{query}: {refused}");
    }
}
