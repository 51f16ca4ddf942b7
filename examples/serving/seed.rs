//! Meetings of an hour that nobody held: words by Zipf's law, as in real speech, 720 segments of five seconds.

use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures::{StreamExt, TryStreamExt};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reflector::clock;
use reflector::db::Pool;
use reflector::db::schema::transcript as table;
use reflector::ids::{TopicId, TranscriptId};
use reflector::model::stage::{self, Attempt, Begun, Stage};
use reflector::model::transcript::{self, NewTranscript};
use reflector::model::{Segment, SummaryKind, SummarySentence, Topic, Word, output, segment, understanding};

/// How many different words there are.
const VOCABULARY: usize = 30_000;
const SEGMENTS: i32 = 720;
const SECONDS: f64 = 5.0;
const WORDS: usize = 12;

/// The words that every meeting is full of; the others are made of syllables.
const COMMON: &[&str] = &[
    "the", "and", "to", "of", "that", "we", "it", "in", "is", "you", "for", "this", "on", "have", "be",
    "with", "not", "are", "but", "what", "they", "so", "at", "there", "can", "about", "would", "think",
    "one", "from",
];

fn word(rank: usize) -> String {
    if let Some(word) = COMMON.get(rank) {
        return (*word).to_owned();
    }
    const BEGIN: [&str; 16] =
        ["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "t", "v", "st", "br", "tr", "pl"];
    const MIDDLE: [&str; 8] = ["a", "e", "i", "o", "u", "ai", "ou", "ee"];
    let mut text = String::new();
    let mut rest = rank;
    while rest > 0 || text.is_empty() {
        text.push_str(BEGIN[rest % 16]);
        text.push_str(MIDDLE[rest / 16 % 8]);
        rest /= 128;
    }
    text.push('k');
    text
}

/// A rank, the first ones most often: the inverse of Zipf's distribution with exponent 1.
fn rank(random: &mut StdRng) -> usize {
    ((VOCABULARY as f64).powf(random.random::<f64>()) - 1.0) as usize
}

fn said(random: &mut StdRng, words: usize) -> String {
    (0..words).map(|_| word(rank(random))).collect::<Vec<_>>().join(" ")
}

fn talk(random: &mut StdRng) -> Vec<Segment> {
    let one = |idx: i32| {
        let start = f64::from(idx) * SECONDS;
        let text = said(random, WORDS);
        let step = SECONDS / WORDS as f64;
        let word = |(n, word): (usize, &str)| Word {
            text: format!(" {word}"),
            start: start + step * n as f64,
            end: start + step * (n + 1) as f64,
            probability: 0.9,
        };
        let words = text.split(' ').enumerate().map(word).collect();
        Segment {
            idx,
            start,
            end: start + SECONDS,
            speaker: Some(idx / 7 % 4),
            text: format!(" {text}."),
            words,
            channel: 0,
        }
    };
    (0..SEGMENTS).map(one).collect()
}

/// What search is asked, by kind.
pub fn questions() -> Vec<(&'static str, Vec<String>)> {
    let each = |ranks: [usize; 8], form: &dyn Fn(usize) -> String| ranks.map(form).to_vec();
    vec![
        ("a rare word", each([20_011, 21_013, 22_017, 23_021, 24_023, 25_031, 26_041, 27_043], &word)),
        ("a usual word", each([301, 405, 511, 617, 723, 829, 931, 1043], &word)),
        ("a word of every meeting", each([31, 33, 35, 37, 39, 41, 43, 45], &word)),
        (
            "two words",
            each([501, 605, 711, 817, 923, 1029, 1131, 1243], &|n| format!("{} {}", word(n), word(n * 2))),
        ),
        ("a phrase", each([31, 33, 35, 37, 39, 41, 43, 45], &|n| format!("\"{} {}\"", word(n), word(n + 1)))),
        (
            "the beginning of a word",
            each([3001, 3105, 3211, 3317, 3423, 3529, 3631, 3743], &|n| {
                let word = word(n);
                format!("{}*", &word[..word.len() - 2])
            }),
        ),
    ]
}

/// How many transcripts there are.
pub async fn count(url: &str) -> anyhow::Result<usize> {
    let mut conn = Pool::new(url, 1)?.get().await?;
    let count: i64 = table::table.select(count_star()).first(&mut conn).await?;
    Ok(usize::try_from(count)?)
}

/// The newest so many.
pub async fn newest(url: &str, most: usize) -> anyhow::Result<Vec<TranscriptId>> {
    let mut conn = Pool::new(url, 1)?.get().await?;
    Ok(table::table.select(table::id).order(table::id.desc()).limit(most as i64).load(&mut conn).await?)
}

/// Adds meetings until there are so many.
pub async fn fill(url: &str, wanted: usize) -> anyhow::Result<()> {
    let pool = Pool::new(url, 4)?;
    let from = count(url).await?;
    let one = async |n: usize| {
        let mut conn = pool.get().await?;
        meeting(&mut conn, n).await?;
        if n.is_multiple_of(500) {
            println!("{n} of {wanted} meetings generated");
        }
        anyhow::Ok(())
    };
    futures::stream::iter((from..wanted).map(one)).buffer_unordered(4).try_collect::<Vec<()>>().await?;
    Ok(())
}

/// Every meeting of the first so many again and again, until there are so many: the texts of other meetings are like these, and what
/// search looks at is not computed anew. A copying that was broken off goes on. The large index is laid out once, at the end, as it would be after a restore.
pub async fn copy(url: &str, from: usize, wanted: usize) -> anyhow::Result<()> {
    let there = count(url).await?;
    let mut conn = Pool::new(url, 1)?.get().await?;
    if there < wanted {
        conn.batch_execute("DROP INDEX IF EXISTS search_passage_vector").await?;
    }
    for again in there.div_ceil(from)..wanted.div_ceil(from) {
        println!("{} of {wanted} meetings", again * from);
        let copied = format!(
            "BEGIN;
             CREATE TEMP TABLE copied ON COMMIT DROP AS
                 SELECT id AS old, gen_random_uuid() AS new FROM (SELECT id FROM transcript ORDER BY created_at LIMIT {from}) AS first;
             INSERT INTO transcript SELECT (jsonb_populate_record(t, jsonb_build_object('id', new, 'recording_id', NULL))).*
                 FROM transcript t JOIN copied ON old = t.id;
             INSERT INTO search_document SELECT new, config, language, front, said, notes, counted
                 FROM search_document d JOIN copied ON old = d.transcript_id;
             INSERT INTO search_passage SELECT new, kind, idx, start, speaker, text, vector
                 FROM search_passage p JOIN copied ON old = p.transcript_id;
             COMMIT"
        );
        conn.batch_execute(&copied).await?;
    }
    conn.batch_execute(
        "CREATE INDEX IF NOT EXISTS search_passage_vector ON search_passage USING gin (vector) WITH (fastupdate = off)",
    )
    .await?;
    Ok(())
}

/// What autovacuum does for a server that has been running for an hour.
pub async fn settle(url: &str) -> anyhow::Result<()> {
    let mut conn = Pool::new(url, 1)?.get().await?;
    conn.batch_execute("VACUUM ANALYZE").await?;
    Ok(())
}

async fn meeting(conn: &mut AsyncPgConnection, n: usize) -> anyhow::Result<()> {
    let mut random = StdRng::seed_from_u64(n as u64);
    let id = transcript::create(conn, &NewTranscript::of_file(format!("Meeting {n}"))).await?.id;
    transcript::set_duration(conn, id, f64::from(SEGMENTS) * SECONDS * 1e3).await?;
    let run = stage::restart(conn, id, Stage::Ingest, clock::now()).await?.expect("it is there").run;
    for stage in Stage::ALL {
        let Begun::Start { attempt, .. } = stage::begin(conn, id, run, *stage, "bench", clock::now()).await?
        else {
            anyhow::bail!("{stage} does not start");
        };
        make(conn, &attempt, &mut random).await?;
    }
    Ok(())
}

async fn make(conn: &mut AsyncPgConnection, attempt: &Attempt, random: &mut StdRng) -> anyhow::Result<()> {
    let mut made = None;
    if attempt.stage != Stage::Ingest {
        let output = output::open(conn, attempt, "bench", Some("en")).await?.expect("it is current");
        made = Some(output);
        match attempt.stage {
            // The machine's first text is replaced at once.
            Stage::Assemble => segment::append(conn, output, &talk(random)).await?,
            Stage::Topics => understanding::store_topics(conn, output, &topics(random)).await?,
            Stage::Title => understanding::store_title(conn, output, &said(random, 5)).await?,
            Stage::Summarize => understanding::store_sentences(conn, output, &sentences(random)).await?,
            _ => {}
        }
    }
    stage::finish(conn, attempt, made, clock::now()).await?;
    Ok(())
}

fn topics(random: &mut StdRng) -> Vec<Topic> {
    let one = |n: u32| Topic {
        id: TopicId::new(),
        start: f64::from(n) * 600.0,
        end: f64::from(n + 1) * 600.0,
        title: said(random, 4),
        summary: said(random, 20),
    };
    (0..6).map(one).collect()
}

fn sentences(random: &mut StdRng) -> Vec<SummarySentence> {
    let one = |n: u32| SummarySentence {
        kind: if n < 2 { SummaryKind::Short } else { SummaryKind::Long },
        heading: None,
        text: said(random, 15),
        start: f64::from(n) * 300.0,
        end: f64::from(n) * 300.0 + 5.0,
    };
    (0..10).map(one).collect()
}
