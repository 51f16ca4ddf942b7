//! What a request costs the database: a number of queries that does not grow with what is there.

mod plans;

use reflector::model::stage::Stage;
use serde_json::json;

use crate::support::site::Site;

/// Queries that a GET of `path` sends, once its connection is there.
async fn queries(site: &Site, path: &str) -> u64 {
    for round in 0..2 {
        let before = site.app.pool().queries();
        let (status, text) = site.page(path).await;
        assert_eq!(status, 200, "{path}: {text}");
        if round == 1 {
            return site.app.pool().queries() - before;
        }
    }
    unreachable!()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_longer_list_and_a_longer_text_cost_no_more_queries() {
    let site = Site::new().await;
    let first = site.finished("The walrus speaks").await;
    // One of each kind of line.
    let lines = async || {
        site.finished("The walrus speaks").await;
        let working = site.create("Half done").await;
        site.up_to(working, Some(Stage::Diarize)).await;
        let uploading = site.create("Coming in").await;
        assert_eq!(site.chunk(&uploading.to_string(), 0, 3, b"RIFF").await.0, 200);
        let room = json!({ "name": format!("room-{uploading}") });
        assert_eq!(site.send("POST", "/v1/rooms", &room).await.0, 200);
    };
    lines().await;
    // The most that each may send.
    let paths = [
        ("/v1/transcripts?size=100".to_owned(), 3),
        ("/v1/transcripts/search?q=walrus".to_owned(), 7),
        (format!("/v1/transcripts/{first}"), 10),
        (format!("/v1/transcripts/{first}/topics/with-words"), 11),
        (format!("/v1/transcripts/{first}/segments"), 11),
        (format!("/v1/transcripts/{first}/topics"), 11),
        (format!("/v1/transcripts/{first}/participants"), 6),
        ("/v1/rooms".to_owned(), 3),
        ("/v1/audit".to_owned(), 3),
        ("/".to_owned(), 9),
        ("/transcripts".to_owned(), 8),
        ("/transcripts?q=walrus".to_owned(), 12),
        (format!("/transcripts/{first}"), 27),
    ];
    let mut few = Vec::new();
    for (path, _) in &paths {
        few.push(queries(&site, path).await);
    }
    for _ in 0..5 {
        lines().await;
    }
    for speaker in 0..5 {
        let body = json!({ "speaker": speaker, "name": format!("Person {speaker}") });
        assert_eq!(site.send("POST", &format!("/v1/transcripts/{first}/participants"), &body).await.0, 200);
    }
    for ((path, most), few) in paths.iter().zip(few) {
        let many = queries(&site, path).await;
        assert_eq!(few, many, "{path}");
        assert!(many <= *most, "{path}: {many} queries, at most {most}");
    }
}
