//! A meeting of three hours, to see what a page does with one.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use reflector::db::schema::segment as table;
use reflector::db::schema::topic;
use reflector::ids::{TopicId, TranscriptId};
use reflector::model::stage::Stage;
use reflector::model::{Segment, Topic, Word};
use reflector::model::{output, segment, transcript, understanding};

use super::site::Site;

/// Seconds.
pub const LENGTH: f64 = 3.0 * 3600.0;

const VOCABULARY: [&str; 20] = [
    "the",
    "budget",
    "we",
    "should",
    "committee",
    "of",
    "a",
    "proposal",
    "and",
    "quarter",
    "it",
    "is",
    "numbers",
    "to",
    "reconsider",
    "in",
    "schedule",
    "that",
    "next",
    "agreement",
];

/// 27,000 words by four people, in sentences of nine words, two and a half a second.
pub fn meeting() -> Vec<Segment> {
    let mut word = 0usize;
    (0..3000)
        .map(|idx: i32| {
            let start = f64::from(idx) * 3.6;
            let words: Vec<Word> = (0..9)
                .map(|n| {
                    word += 1;
                    let text = VOCABULARY[(word * 7 + word / 20) % VOCABULARY.len()];
                    let end = if n == 8 { "." } else { "" };
                    let start = start + f64::from(n) * 0.39;
                    // One in forty is doubtful.
                    let probability = if word.is_multiple_of(40) { 0.3 } else { 0.95 };
                    Word { text: format!(" {text}{end}"), start, end: start + 0.35, probability }
                })
                .collect();
            Segment {
                idx,
                start,
                end: start + 3.5,
                speaker: Some(idx / 12 % 4),
                text: words.iter().map(|word| word.text.as_str()).collect(),
                words,
                channel: 0,
            }
        })
        .collect()
}

/// How many words the paragraphs of a page have: what is packed for each.
pub fn words(page: &str) -> usize {
    let packed = page.split("<p data-w=\"").skip(1).filter_map(|rest| rest.split('"').next());
    packed.map(|times| times.split(' ').count()).sum()
}

impl Site {
    /// A transcript of that meeting, with twelve topics.
    pub async fn long(&self, name: &str) -> TranscriptId {
        self.replaced(name, &meeting(), LENGTH).await
    }

    /// A finished transcript in which other things are said; as long as that, in seconds.
    pub async fn replaced(&self, name: &str, said: &[Segment], seconds: f64) -> TranscriptId {
        let id = self.finished(name).await;
        let mut conn = self.workshop.conn().await;
        transcript::set_duration(&mut conn, id, seconds * 1000.0).await.expect("its length");
        let text = output::current(&mut conn, id, Stage::Assemble).await.expect("a query").expect("a text");
        diesel::delete(table::table.filter(table::output_id.eq(text.id)))
            .execute(&mut *conn)
            .await
            .expect("gone");
        segment::append(&mut conn, text.id, said).await.expect("segments");
        let made = output::current(&mut conn, id, Stage::Topics).await.expect("a query").expect("topics");
        diesel::delete(topic::table.filter(topic::output_id.eq(made.id)))
            .execute(&mut *conn)
            .await
            .expect("gone");
        let topics: Vec<Topic> = (0..12)
            .map(|n| Topic {
                id: TopicId::new(),
                start: f64::from(n) * seconds / 12.0,
                end: f64::from(n + 1) * seconds / 12.0,
                title: format!("Topic {}", n + 1),
                summary: format!("What is said about topic {}.", n + 1),
            })
            .collect();
        understanding::store_topics(&mut conn, made.id, &topics).await.expect("topics");
        id
    }
}
