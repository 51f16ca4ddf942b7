//! The four formats of a transcript's text, byte by byte: of a fixed text with fixed participants, and of fixed words on one track and on two.

use reflector::clock;
use reflector::model::stage::{self, Begun, Stage};
use reflector::model::turn::{self, Turn};
use reflector::model::{Segment, Word, output, segment, transcript};
use reflector::queue::{self, StageJob};
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

/// The whole text in the three formats that are one string. A segment ends where the speaker changes, after 1.5 s of silence, and with a
/// sentence once it is longer than 120 characters: neither "Good." nor "Hello?" ends one.
const ONE_TRACK: [&str; 3] = [
    "\
Ada Byron: How are you today?
Speaker 2: Fine, thank you.
Ada Byron: We have looked at every line of the budget for next year and there is room for two more people in the workshop downstairs.
Ada Byron: They begin in May.
Speaker 2: Good. When do they come?
Speaker 2: Hello? Are you there?
Ada Byron: Until tomorrow…",
    "\
[00:00] Ada Byron: How are you today?
[00:02] Speaker 2: Fine, thank you.
[00:04] Ada Byron: We have looked at every line of the budget for next year and there is room for two more people in the workshop downstairs.
[00:16] Ada Byron: They begin in May.
[00:20] Speaker 2: Good. When do they come?
[00:25] Speaker 2: Hello? Are you there?
[62:05] Ada Byron: Until tomorrow…",
    "\
WEBVTT

00:00:00.000 --> 00:00:01.875
<v Ada Byron>How are you today?

00:00:02.000 --> 00:00:03.375
<v Speaker 2>Fine, thank you.

00:00:04.000 --> 00:00:15.875
<v Ada Byron>We have looked at every line of the budget for next year and there is room for two more people in the workshop downstairs.

00:00:16.000 --> 00:00:17.875
<v Ada Byron>They begin in May.

00:00:20.000 --> 00:00:22.375
<v Speaker 2>Good. When do they come?

00:00:25.000 --> 00:00:26.875
<v Speaker 2>Hello? Are you there?

01:02:05.875 --> 01:02:06.750
<v Ada Byron>Until tomorrow…
",
];

/// Each side is cut where the other has its say, and all of it is in order of time.
const TWO_TRACKS: [&str; 3] = [
    "\
Ada Byron: I will tell you.
Speaker 2: No it is not.
Ada Byron: It is so.
Speaker 2: Never was.
Ada Byron: We have looked at every line of the budget for next year and there is room for two more people in the workshop downstairs.
Ada Byron: They begin in May.
Speaker 2: In May?",
    "\
[00:00] Ada Byron: I will tell you.
[00:00] Speaker 2: No it is not.
[00:02] Ada Byron: It is so.
[00:02] Speaker 2: Never was.
[00:10] Ada Byron: We have looked at every line of the budget for next year and there is room for two more people in the workshop downstairs.
[00:22] Ada Byron: They begin in May.
[00:24] Speaker 2: In May?",
    "\
WEBVTT

00:00:00.000 --> 00:00:01.875
<v Ada Byron>I will tell you.

00:00:00.875 --> 00:00:02.750
<v Speaker 2>No it is not.

00:00:02.000 --> 00:00:03.375
<v Ada Byron>It is so.

00:00:02.875 --> 00:00:03.750
<v Speaker 2>Never was.

00:00:10.000 --> 00:00:21.875
<v Ada Byron>We have looked at every line of the budget for next year and there is room for two more people in the workshop downstairs.

00:00:22.000 --> 00:00:23.875
<v Ada Byron>They begin in May.

00:00:24.500 --> 00:00:25.375
<v Speaker 2>In May?
",
];

/// What is heard in a channel from `start` on: a word every half second.
fn heard(channel: i16, start: f64, text: &str) -> Segment {
    let word = |(n, word): (i32, &str)| {
        let start = start + f64::from(n) * 0.5;
        Word { text: format!(" {word}"), start, end: start + 0.375, probability: 0.9 }
    };
    let words: Vec<Word> = (0..).zip(text.split(' ')).map(word).collect();
    let end = words.last().expect("a word").end;
    Segment { idx: 0, start, end, speaker: None, text: format!(" {text}"), words, channel }
}

fn turn(channel: i16, start: f64, end: f64) -> Turn {
    Turn { start, end, speaker: channel.into(), channel: Some(channel) }
}

/// A transcript of words that were heard and turns that were found, which a worker puts together.
async fn assembled(site: &Site, channels: i16, heard: Vec<Segment>, turns: &[Turn]) -> String {
    let id = site.create("tracks.wav").await;
    let mut conn = site.workshop.conn().await;
    transcript::set_duration(&mut conn, id, 3_730_000.0).await.unwrap();
    transcript::set_channels(&mut conn, id, channels).await.unwrap();
    let heard: Vec<Segment> = (0..).zip(heard).map(|(idx, one)| Segment { idx, ..one }).collect();
    let run = stage::restart(&mut conn, id, Stage::Ingest, clock::now()).await.unwrap().unwrap().run;
    for stage in [Stage::Ingest, Stage::Transcribe, Stage::Diarize] {
        let begun = stage::begin(&mut conn, id, run, stage, "by hand", clock::now()).await.unwrap();
        let Begun::Start { attempt, .. } = begun else { panic!("{stage} does not start") };
        let mut made = None;
        if stage != Stage::Ingest {
            let output = output::open(&mut conn, &attempt, "by hand", Some("en")).await.unwrap().unwrap();
            match stage {
                Stage::Transcribe => segment::append(&mut conn, output, &heard).await.unwrap(),
                _ => turn::store(&mut conn, output, turns, &[]).await.unwrap(),
            }
            made = Some(output);
        }
        stage::finish(&mut conn, &attempt, made, clock::now()).await.unwrap();
    }
    queue::enqueue(&mut conn, &StageJob::new(id, run, Stage::Assemble)).await.unwrap();
    drop(conn);
    site.workshop.until_ended(id).await;
    let path = format!("/v1/transcripts/{id}");
    let ada = json!({ "name": "Ada Byron", "speaker": 0 });
    assert_eq!(site.send("POST", &format!("{path}/participants"), &ada).await.0, 200);
    path
}

/// All four formats are these bytes; `list`: speaker, text, start and end of each segment.
async fn assert_formats(site: &Site, path: &str, texts: [&str; 3], list: &[(i32, &str, f64, f64)]) {
    let one = |(speaker, text, start, end): &(i32, &str, f64, f64)| {
        let name = if *speaker == 0 { "Ada Byron" } else { "Speaker 2" };
        json!({ "speaker": speaker, "speaker_name": name, "text": text, "start": start, "end": end })
    };
    let list = Value::Array(list.iter().map(one).collect());
    let [text, stamped, webvtt] = texts.map(Value::from);
    for (format, wanted) in
        [("text", text), ("text-timestamped", stamped), ("webvtt-named", webvtt), ("json", list)]
    {
        let (status, given) = site.json(&format!("{path}?transcript_format={format}")).await;
        assert_eq!((status, &given["transcript"]), (200, &wanted), "{format}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_of_one_track_and_of_two_become_segments_as_written_down_byte_by_byte() {
    let site = Site::working().await;
    let long = "We have looked at every line of the budget for next year and there is room for two more people in the workshop downstairs.";
    let both = format!("{long} They begin in May.");
    // One track: two voices of one microphone, whose turns change inside of what was heard in one go.
    let one = Turn { speaker: 1, ..turn(0, 1.9375, 3.5) };
    let turns = [
        turn(0, 0.0, 1.9375),
        one,
        turn(0, 3.875, 18.0),
        Turn { start: 19.875, end: 27.0, ..one },
        turn(0, 3725.0, 3727.0),
    ];
    let words = vec![
        heard(0, 0.0, "How are you today? Fine, thank you."),
        heard(0, 4.0, &both),
        heard(0, 20.0, "Good. When do they come?"),
        heard(0, 25.0, "Hello? Are you there?"),
        heard(0, 3725.875, "Until tomorrow…"),
    ];
    let path = assembled(&site, 1, words, &turns).await;
    let list = [
        (0, "How are you today?", 0.0, 1.875),
        (1, "Fine, thank you.", 2.0, 3.375),
        (0, long, 4.0, 15.875),
        (0, "They begin in May.", 16.0, 17.875),
        (1, "Good. When do they come?", 20.0, 22.375),
        (1, "Hello? Are you there?", 25.0, 26.875),
        (0, "Until tomorrow…", 3725.875, 3726.75),
    ];
    assert_formats(&site, &path, ONE_TRACK, &list).await;

    // Two tracks, each of a voice of its own, who talk at the same time.
    let words = vec![
        heard(0, 0.0, "I will tell you. It is so."),
        heard(0, 10.0, &both),
        heard(1, 0.875, "No it is not. Never was."),
        heard(1, 24.5, "In May?"),
    ];
    let turns = [turn(0, 0.0, 3.5), turn(0, 9.875, 24.0), turn(1, 0.75, 3.875), turn(1, 24.375, 25.5)];
    let path = assembled(&site, 2, words, &turns).await;
    let list = [
        (0, "I will tell you.", 0.0, 1.875),
        (1, "No it is not.", 0.875, 2.75),
        (0, "It is so.", 2.0, 3.375),
        (1, "Never was.", 2.875, 3.75),
        (0, long, 10.0, 21.875),
        (0, "They begin in May.", 22.0, 23.875),
        (1, "In May?", 24.5, 25.375),
    ];
    assert_formats(&site, &path, TWO_TRACKS, &list).await;
}
