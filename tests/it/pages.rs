//! The pages, as a browser without script gets them.

use reflector::clock;
use reflector::model::segment;
use reflector::model::stage::{self, Stage};
use reflector::model::{Segment, output};

use crate::support::long;
use crate::support::site::{Site, multipart};

#[tokio::test(flavor = "multi_thread")]
async fn the_start_page_says_what_to_do_and_lists_what_there_is() {
    let site = Site::new().await;
    let (status, page) = site.page("/").await;
    assert_eq!(status, 200);
    assert!(page.contains("No transcripts yet") && page.contains("Drop audio or video files here"));
    assert!(page.contains("action=\"/upload\"") && page.contains("enctype=\"multipart/form-data\""));
    assert!(page.contains("up to 10 GB"));
    assert!(!page.contains("data-busy"));

    site.finished("talk.wav").await;
    let running = site.create("second.wav").await;
    site.up_to(running, Some(Stage::Transcribe)).await;
    let (_, page) = site.page("/").await;
    assert!(page.contains("Budget talks") && page.contains("They cut the budget."));
    assert!(
        page.contains("second.wav") && page.contains("data-busy") && page.contains("Writing down the words")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_transcript_is_whole_without_script() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let (status, page) = site.page(&format!("/transcripts/{id}?t=20")).await;
    assert_eq!(status, 200);
    for part in [
        "<h1 data-title-shown dir=\"auto\">Budget talks</h1>",
        "They cut the budget.",
        "Extractive summary",
        "The budget is cut.",
        "Write it down.",
        "href=\"?t=20#here\"",
        "Speaker 2",
        "2 speakers",
        "talk.wav",
        "download/rttm",
        "/audio/mp3#t=20",
        "<path d=\"M0.0",
    ] {
        assert!(page.contains(part), "{part}");
    }
    // From 20 seconds on (1jk to base 36 are 2000 hundredths), a word every second.
    assert!(
        page.contains("<p data-w=\"1jk 2s 2s 2s 2s\" data-end=\"26\" id=\"here\">We should"),
        "words carry their times, and the link leads to them"
    );
    assert!(page.contains("&#60;cut&#62;") && !page.contains("<cut>"), "words are escaped");
    assert!(!page.contains("data-working"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_well_only_in_part_is_told_until_it_is_done_again() {
    let site = Site::new().await;
    let id = site.create("talk.wav").await;
    let attempt = site.up_to(id, Some(Stage::Ingest)).await.unwrap();
    let mut conn = site.workshop.conn().await;
    assert!(stage::warn(&mut conn, &attempt, "the recording may be <cut>").await.unwrap());
    stage::finish(&mut conn, &attempt, None, clock::now()).await.unwrap();
    let page = format!("/transcripts/{id}");
    assert!(site.page(&page).await.1.contains("The recording may be &#60;cut&#62;."));
    let stages = format!("/v1/transcripts/{id}");
    assert_eq!(site.json(&stages).await.1["stages"][0]["warning"], "the recording may be <cut>");

    stage::restart(&mut conn, id, Stage::Ingest, clock::now()).await.unwrap();
    assert_eq!(site.json(&stages).await.1["stages"][0]["warning"], serde_json::Value::Null);
    assert!(!stage::warn(&mut conn, &attempt, "too late").await.unwrap(), "a stale attempt says nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_are_only_text() {
    let site = Site::new().await;
    let bad = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    let id = site.finished(bad).await;
    let form = |field: &str| format!("{field}={}", percent(bad));
    assert_eq!(site.form(&format!("/transcripts/{id}/title"), &form("title")).await.0, 303);
    assert_eq!(site.form(&format!("/transcripts/{id}/speakers"), &form("speaker-1")).await.0, 303);
    for path in ["/".to_owned(), "/transcripts?q=script".into(), format!("/transcripts/{id}")] {
        let (_, page) = site.page(&path).await;
        assert!(page.contains("alert(1)"), "{path} shows the name");
        assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{path}");
        assert!(!page.contains("\"'>"), "{path}: an attribute was left");
    }
    let (_, page) = site.page(&format!("/transcripts?q={}", percent("\"><script>alert(3)</script>"))).await;
    assert!(page.contains("Nothing found") && !page.contains("<script>alert(3)"));
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn text_shows_while_it_is_still_being_written_and_changes_are_told_by_marks() {
    let site = Site::new().await;
    let id = site.create("talk.wav").await;
    let attempt = site.up_to(id, Some(Stage::Transcribe)).await.unwrap();
    let page = format!("/transcripts/{id}");
    let (_, before) = site.page(&page).await;
    assert!(before.contains("The first words appear here in a moment") && before.contains("data-working"));
    assert!(before.contains("Writing down the words"));

    let mut conn = site.workshop.conn().await;
    stage::progress(&mut conn, &attempt, 0.0, Some("loading the model")).await.unwrap();
    assert!(site.page(&page).await.1.contains(">loading the model<"), "why nothing comes yet");
    let written = output::open(&mut conn, &attempt, "whisper-tiny.en", None).await.unwrap().unwrap();
    let say = |idx: i32, text: &str| Segment {
        idx,
        start: f64::from(idx),
        end: f64::from(idx) + 1.0,
        speaker: None,
        text: text.into(),
        words: Vec::new(),
        channel: 0,
    };
    segment::append(&mut conn, written, &[say(0, " First words.")]).await.unwrap();
    stage::progress(&mut conn, &attempt, 0.4, None).await.unwrap();
    let (_, growing) = site.page(&page).await;
    assert!(
        growing.contains("First words.")
            && growing.contains("40 %")
            && growing.contains("More is being written")
    );

    let parts = format!("{page}/parts");
    let mark = async || {
        let (status, parts) = site.page(&parts).await;
        assert!(status == 200 && !parts.contains("words."), "what is said is not sent again: {parts}");
        let rest = parts.split("data-mark=\"").nth(1).expect("a leaf").to_owned();
        rest.split('"').next().unwrap().to_owned()
    };
    let before = mark().await;
    assert_eq!(mark().await, before);
    segment::append(&mut conn, written, &[say(1, " Later words.")]).await.unwrap();
    let after = mark().await;
    assert_ne!(after, before, "more was said");
    let (_, leaf) = site.page(&format!("{page}/text?part=1")).await;
    assert!(leaf.contains("First words. Later words.") && leaf.contains(&after), "{leaf}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_text_is_read_leaf_by_leaf_without_script() {
    let site = Site::new().await;
    let id = site.long("Board meeting").await;
    let path = format!("/transcripts/{id}");
    let (_, first) = site.page(&path).await;
    let total: usize =
        first.split("data-total=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
    assert!((10..30).contains(&total), "{total} leaves of three hours");
    assert_eq!(first.matches("data-open").count(), 1);
    assert!(first.contains("href=\"?part=2#part-2\">Part 2 of "), "the next one is a link");
    let said = |page: &str| page.matches("<p data-w=").count();
    let (mut paragraphs, mut words) = (0, 0);
    for part in 1..=total {
        let (status, page) = site.page(&format!("{path}?part={part}")).await;
        assert_eq!((status, page.matches("data-open").count()), (200, 1), "{part}");
        paragraphs += said(&page);
        words += long::words(&page);
        assert!(page.len() < 80_000, "{part}: {} bytes", page.len());
    }
    assert_eq!(
        words,
        long::meeting().iter().map(|one| one.words.len()).sum::<usize>(),
        "nothing is left out"
    );
    assert!(paragraphs > 300, "{paragraphs}");

    // A link to a time opens the leaf where that is said.
    let (_, later) = site.page(&format!("{path}?t=9000")).await;
    let open = later.split("data-open").next().unwrap().rsplit("data-from=\"").next().unwrap();
    let from: f64 = open.split('"').next().unwrap().parse().unwrap();
    assert!((7_500.0..=9_000.0).contains(&from), "{from}");
    for (query, status) in [("part=0", 200), ("part=999", 200), ("part=-1", 422), ("part=x", 422), ("", 200)]
    {
        assert_eq!(site.page(&format!("{path}/text?{query}")).await.0, status, "{query}");
    }
    let empty = site.create("nothing yet").await;
    assert_eq!(site.page(&format!("/transcripts/{empty}/text?part=1")).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_says_why_keeps_what_there_is_and_can_be_tried_again() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let attempt = site.up_to(id, Some(Stage::Summarize)).await.unwrap();
    let mut conn = site.workshop.conn().await;
    stage::fail(&mut conn, &attempt, "The language model <refused>.", clock::now()).await.unwrap();
    drop(conn);
    let path = format!("/transcripts/{id}");
    let (_, page) = site.page(&path).await;
    assert!(
        page.contains("Summarising did not work.") && page.contains("The language model &#60;refused&#62;.")
    );
    assert!(page.contains("Try again") && page.contains("Good"), "the text stays");
    assert!(site.page("/").await.1.contains("Failed"));
    let (status, to) = site.form(&format!("{path}/process"), "").await;
    assert_eq!((status, to.as_str()), (303, path.as_str()));
    assert!(site.page(&path).await.1.contains("next in line"));

    // Words that failed are not promised while the speakers are still being told apart.
    let id = site.create("second.wav").await;
    let attempt = site.up_to(id, Some(Stage::Transcribe)).await.unwrap();
    let mut conn = site.workshop.conn().await;
    stage::fail(&mut conn, &attempt, "The file ends in the middle.", clock::now()).await.unwrap();
    drop(conn);
    let (_, page) = site.page(&format!("/transcripts/{id}")).await;
    assert!(page.contains("Writing down the words did not work.") && page.contains("data-working"));
    assert!(page.contains("There is no text yet.") && !page.contains("The first words appear here"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plain_form_uploads_and_nothing_is_left_of_a_bad_one() {
    let site = Site::new().await;
    let send = async |fields: &[(&str, Option<&str>, &[u8])]| {
        let (kind, body) = multipart(fields);
        site.client.post(site.url("/upload")).header("content-type", kind).body(body).send().await.unwrap()
    };
    let sent = send(&[
        ("title", None, b"Monday"),
        ("source_language", None, b"auto"),
        ("file", Some("../../a talk.mp3"), b"sound"),
    ])
    .await;
    assert_eq!(sent.status(), 303);
    let to = sent.headers()["location"].to_str().unwrap().to_owned();
    let (_, page) = site.page(&to).await;
    assert!(page.contains("Monday") && page.contains("Preparing the audio"), "{page}");

    let none = send(&[("title", None, b""), ("file", Some(""), b"")]).await;
    assert_eq!(none.status(), 400);
    assert!(none.text().await.unwrap().contains("Choose a recording first."));
    assert_eq!(site.json("/v1/transcripts").await.1["total"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_stopped_half_way_is_explained() {
    let site = Site::new().await;
    let id = site.create("long.wav").await.to_string();
    site.chunk(&id, 0, 2, b"first half").await;
    let (_, page) = site.page(&format!("/transcripts/{id}")).await;
    assert!(page.contains("1 of 2 parts (10 B) have arrived"), "{page}");
    assert!(site.page("/").await.1.contains("Upload not complete"));
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_can_be_undone() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let (status, to) = site.form(&format!("/transcripts/{id}/delete"), "").await;
    assert_eq!((status, to.clone()), (303, format!("/transcripts?deleted={id}")));
    let (_, list) = site.page(&to).await;
    assert!(list.contains("Deleted “") && list.contains(&format!("/transcripts/{id}/restore")));
    let (status, gone) = site.page(&format!("/transcripts/{id}")).await;
    assert_eq!(status, 404);
    assert!(gone.contains("There is nothing here"));
    let (status, back) = site.form(&format!("/transcripts/{id}/restore"), "").await;
    assert_eq!((status, back.clone()), (303, format!("/transcripts/{id}")));
    assert_eq!(site.page(&back).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_searched_and_turned_page_by_page() {
    let site = Site::new().await;
    for n in 0..23 {
        site.create(&format!("Talk {n:02}")).await;
    }
    let (_, first) = site.page("/transcripts").await;
    assert!(first.contains("Page 1 of 2") && first.contains("Talk 22") && !first.contains("Talk 02"));
    let (_, second) = site.page("/transcripts?q=&page=2").await;
    assert!(
        second.contains("Talk 02") && second.contains("rel=\"prev\"") && !second.contains("rel=\"next\"")
    );
    let (_, found) = site.page("/transcripts?q=talk+07").await;
    assert!(found.contains("1 transcript found") && found.contains("Talk 07") && !found.contains("Talk 08"));
    assert_eq!(site.page("/transcripts?page=99999999").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn speakers_get_their_names_and_lose_them_again() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let path = format!("/transcripts/{id}");
    site.form(&format!("{path}/speakers"), "speaker-0=Ada&speaker-1=").await;
    let (_, page) = site.page(&path).await;
    assert!(
        page.contains(">Ada</span>")
            && page.contains(">Speaker 2</span>")
            && !page.contains(">Speaker 1</span>")
    );
    let text = site.get(&format!("/v1/transcripts/{id}/download/txt")).await.text().await.unwrap();
    assert!(text.contains("Ada: "), "{text}");
    site.form(&format!("{path}/speakers"), "speaker-0=&speaker-1=").await;
    assert!(site.page(&path).await.1.contains(">Speaker 1</span>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn assets_are_kept_by_browsers_and_strange_addresses_are_pages_too() {
    let site = Site::new().await;
    let (_, page) = site.page("/").await;
    let start = page.find("/assets/").unwrap();
    let address = page[start..].split('"').next().unwrap();
    let asset = site.get(address).await;
    assert_eq!(asset.status(), 200);
    assert!(asset.headers()["cache-control"].to_str().unwrap().contains("immutable"));
    assert_eq!(site.get("/assets/old/site.css").await.headers()["cache-control"], "no-cache");
    let (status, nothing) = site.page("/no/such/page").await;
    assert_eq!(status, 404);
    assert!(nothing.contains("There is nothing here") && nothing.contains("All transcripts"));
}
