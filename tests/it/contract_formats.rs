//! The four formats of a transcript's text, byte by byte, of a fixed text and fixed participants.

use serde_json::{Value, json};

use crate::support::site::Site;

const TEXT: &str = "\
Ada <Byron>: Good morning, let us begin.
Speaker 2: We should <cut> the budget.
Ada <Byron>: Agreed & noted.";

const STAMPED: &str = "\
[00:00] Ada <Byron>: Good morning, let us begin.
[00:20] Speaker 2: We should <cut> the budget.
[00:40] Ada <Byron>: Agreed & noted.";

const WEBVTT: &str = "\
WEBVTT

00:00:00.000 --> 00:00:06.000
<v Ada &lt;Byron&gt;>Good morning, let us begin.

00:00:20.000 --> 00:00:26.000
<v Speaker 2>We should &lt;cut&gt; the budget.

00:00:40.000 --> 00:00:46.000
<v Ada &lt;Byron&gt;>Agreed &amp; noted.
";

#[tokio::test(flavor = "multi_thread")]
async fn four_formats_of_a_fixed_text_are_given_byte_by_byte() {
    let site = Site::new().await;
    let path = format!("/v1/transcripts/{}", site.finished("talk.wav").await);
    let ada = json!({ "name": "Ada <Byron>", "speaker": 0 });
    assert_eq!(site.send("POST", &format!("{path}/participants"), &ada).await.0, 200);
    let said = |speaker: i32, name: &str, text: &str, start: f64| json!({ "speaker": speaker, "speaker_name": name, "text": text, "start": start, "end": start + 6.0 });
    let list = json!([
        said(0, "Ada <Byron>", "Good morning, let us begin.", 0.0),
        said(1, "Speaker 2", "We should <cut> the budget.", 20.0),
        said(0, "Ada <Byron>", "Agreed & noted.", 40.0),
    ]);
    for (format, wanted) in [
        ("text", json!(TEXT)),
        ("text-timestamped", json!(STAMPED)),
        ("webvtt-named", json!(WEBVTT)),
        ("json", list),
    ] {
        let (status, given) = site.json(&format!("{path}?transcript_format={format}")).await;
        assert_eq!((status, &given["transcript_format"]), (200, &json!(format)));
        assert_eq!(given["transcript"], wanted, "{format}");
    }
    let (_, plain) = site.json(&path).await;
    assert_eq!((&plain["transcript_format"], &plain["transcript"]), (&json!("text"), &json!(TEXT)));
    let bare = format!("/v1/transcripts/{}", site.create("nothing yet").await);
    for (format, wanted) in [
        ("text", json!("")),
        ("text-timestamped", json!("")),
        ("webvtt-named", json!("WEBVTT\n")),
        ("json", json!([])),
    ] {
        let (status, given) = site.json(&format!("{bare}?transcript_format={format}")).await;
        assert_eq!((status, &given["transcript"]), (200, &wanted), "{format} of nothing");
    }
    let (status, refused): (u16, Value) = site.json(&format!("{path}?transcript_format=html")).await;
    assert_eq!((status, &refused["detail"][0]["loc"]), (422, &json!(["query", "transcript_format"])));
}
