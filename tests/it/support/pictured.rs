//! A short meeting for pictures: people with names, words at the pace of speech, and a waveform to go with them.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use reflector::db::schema::{action_item, segment as segment_table, summary_sentence, topic};
use reflector::ids::{ActionItemId, TopicId, TranscriptId};
use reflector::model::stage::Stage;
use reflector::model::{ActionItem, ActionKind, Segment, SummaryKind, SummarySentence, Topic, Word};
use reflector::model::{output, participant, segment, transcript, understanding};
use reflector::storage::StorageKey;

use super::site::Site;

/// Who speaks, by the number of their voice.
const PEOPLE: [&str; 3] = ["Ada Byrne", "Tom Okafor", "Marie Leroy"];

/// Who says what, in turn.
const SAID: [(i32, &str); 14] = [
    (
        0,
        "Good morning, let us begin. We have half an hour for the budget of the next quarter, and I would like to leave with two decisions and no homework for the weekend.",
    ),
    (
        1,
        "Then let me start with the numbers. We spent eleven percent less on travel than we had planned, mostly because the spring visit to Bristol moved into July.",
    ),
    (2, "So the money is not saved, it is only late. July will look worse than it is."),
    (
        1,
        "Right. I would keep the travel budget as it stands and put a note beside it, so that nobody is surprised when the invoices come in.",
    ),
    (
        0,
        "Agreed. Does anybody want to cut there? No? Then travel stays as it is, and that is our first decision.",
    ),
    (
        2,
        "Now the desks. The Bristol office has room for thirty people, and on a usual Tuesday I count fourteen. We pay for the upper floor and store boxes in it.",
    ),
    (
        1,
        "Could we give the upper floor back before the lease renews in October? The landlord asked about it twice.",
    ),
    (
        2,
        "We could, if the workshop moves downstairs. I measured it yesterday: it fits, with the big table along the window.",
    ),
    (0, "What would that save in a year?"),
    (
        1,
        "About twenty-six thousand, and heating on top of that. I will ask them for last year's figures before I promise anything.",
    ),
    (
        0,
        "Then we give the upper floor back, as long as those figures hold. Marie, could you draw the new plan for downstairs?",
    ),
    (
        2,
        "Yes, by Thursday. I will send it round with photographs, so that everybody sees where the boxes went.",
    ),
    (
        1,
        "One more thing: the recorder in the small room has a loose plug. It cost us the first minute of last week.",
    ),
    (0, "Thank you, I will have it replaced. That was quicker than I thought. Back on Monday, same place."),
];
/// Where topics begin in it: a line, a title, what is said about it.
const TOPICS: [(usize, &str, &str); 4] = [
    (
        0,
        "Where the money went",
        "Travel cost eleven percent less than planned, because a visit moved into July.",
    ),
    (3, "Travel stays as it is", "The travel budget is kept, with a note about July."),
    (
        5,
        "The upper floor in Bristol",
        "Half of the desks are empty; the upper floor could go back before October.",
    ),
    (11, "Who does what by Monday", "A new plan by Thursday, figures from Bristol, and a new plug."),
];
/// Words that the machine was not sure of.
const DOUBTFUL: [&str; 3] = ["Bristol", "workshop", "heating"];

/// A number from 0 to 1 that looks like chance.
fn chance(n: f64) -> f64 {
    ((n * 12.9898).sin() * 43758.5453).rem_euclid(1.0)
}

/// What is said, at the pace of speech.
fn talk() -> Vec<Segment> {
    let mut now = 0.6;
    (0..)
        .zip(SAID)
        .map(|(idx, (speaker, text))| {
            let mut words = Vec::new();
            for word in text.split(' ') {
                let spoken = 0.13 + 0.045 * word.len() as f64;
                let doubtful = DOUBTFUL.iter().any(|one| word.starts_with(one));
                let probability = if doubtful { 0.35 } else { 0.95 };
                words.push(Word { text: format!(" {word}"), start: now, end: now + spoken, probability });
                now += spoken;
                now += if word.ends_with(['.', '?', ':']) { 0.45 } else { 0.05 };
                now += if word.ends_with(',') { 0.2 } else { 0.0 };
            }
            let (start, end) = (words[0].start, words[words.len() - 1].end);
            now += 0.5 + chance(now);
            Segment { idx, start, end, speaker: Some(speaker), text: format!(" {text}"), words, channel: 0 }
        })
        .collect()
}

/// 255 peaks as such a talk has them: voices of different strength, words of different weight, and silence between sentences.
fn peaks() -> Vec<f32> {
    let said = talk();
    let step = length(&said) / 255.0;
    let loud = |at: f64| {
        let voice = said.iter().find(|one| one.start <= at && at < one.end);
        let word = voice.and_then(|one| one.words.iter().find(|word| word.start <= at && at < word.end));
        match (voice, word) {
            (Some(one), Some(word)) => {
                let strength = [0.95, 0.75, 0.6][one.speaker.unwrap_or(0) as usize];
                let along = (at - word.start) / (word.end - word.start);
                strength
                    * (0.4 + 0.6 * chance(word.start))
                    * (0.35 + 0.65 * (along * std::f64::consts::PI).sin())
            }
            _ => 0.02 + 0.03 * chance(at),
        }
    };
    // Where a bin is looked at three times, some fall between words, as in recordings.
    let peak =
        |bin: i32| (0..3).map(|n| loud((f64::from(bin) + f64::from(n) / 3.0) * step)).fold(0.0, f64::max);
    (0..255).map(|bin| peak(bin) as f32).collect()
}

/// From when to when something worth quoting is said.
pub fn quotable() -> (f64, f64) {
    let said = talk();
    (said[2].start, said[2].end)
}

/// Seconds.
fn length(said: &[Segment]) -> f64 {
    said.last().map_or(0.0, |one| one.end + 1.2)
}

impl Site {
    /// A finished transcript of that meeting, and how long it is in whole seconds.
    pub async fn pictured(&self, name: &str) -> (TranscriptId, u32) {
        let id = self.finished(name).await;
        let said = talk();
        let mut conn = self.workshop.conn().await;
        let conn = &mut *conn;
        transcript::set_duration(conn, id, length(&said) * 1000.0).await.expect("its length");
        let text = output::current(conn, id, Stage::Assemble).await.expect("a query").expect("a text");
        diesel::delete(segment_table::table.filter(segment_table::output_id.eq(text.id)))
            .execute(conn)
            .await
            .expect("gone");
        segment::append(conn, text.id, &said).await.expect("segments");
        let made = output::current(conn, id, Stage::Topics).await.expect("a query").expect("topics");
        diesel::delete(topic::table.filter(topic::output_id.eq(made.id))).execute(conn).await.expect("gone");
        understanding::store_topics(conn, made.id, &topics(&said)).await.expect("topics");
        let made = output::current(conn, id, Stage::Summarize).await.expect("a query").expect("a summary");
        diesel::delete(summary_sentence::table.filter(summary_sentence::output_id.eq(made.id)))
            .execute(conn)
            .await
            .expect("gone");
        understanding::store_sentences(conn, made.id, &sentences(&said)).await.expect("sentences");
        diesel::delete(action_item::table.filter(action_item::output_id.eq(made.id)))
            .execute(conn)
            .await
            .expect("gone");
        understanding::store_actions(conn, made.id, &actions(&said)).await.expect("actions");
        // Names renew what is searched, too.
        for (voice, name) in (0..).zip(PEOPLE) {
            participant::create(conn, id, name, Some(voice), None).await.expect("a name");
        }
        self.waveform(id).await;
        (id, length(&said) as u32)
    }

    /// Gives a transcript the waveform of a talk.
    pub async fn waveform(&self, transcript: TranscriptId) {
        let peaks = serde_json::to_vec(&peaks()).expect("JSON");
        self.app.storage().put_bytes(&StorageKey::Peaks { transcript }, peaks).await.expect("stored");
    }
}

fn topics(said: &[Segment]) -> Vec<Topic> {
    let begins = |n: usize| TOPICS.get(n).map_or(length(said), |(line, ..)| said[*line].start);
    let topic = |(n, (_, title, summary)): (usize, &(usize, &str, &str))| Topic {
        id: TopicId::new(),
        start: if n == 0 { 0.0 } else { begins(n) },
        end: begins(n + 1),
        title: (*title).into(),
        summary: (*summary).into(),
    };
    TOPICS.iter().enumerate().map(topic).collect()
}

fn sentences(said: &[Segment]) -> Vec<SummarySentence> {
    let sentence = |heading: Option<&str>, line: usize, text: &str| SummarySentence {
        kind: if heading.is_some() { SummaryKind::Long } else { SummaryKind::Short },
        heading: heading.map(Into::into),
        text: text.into(),
        start: said[line].start,
        end: said[line].end,
    };
    let (money, bristol) = (Some("Where the money went"), Some("The upper floor in Bristol"));
    vec![
        sentence(
            None,
            1,
            "Travel cost eleven percent less than planned, because the visit to Bristol moved into July.",
        ),
        sentence(
            None,
            10,
            "The upper floor in Bristol goes back before the lease renews in October, if last year's figures hold.",
        ),
        sentence(money, 1, "Less was spent on travel than planned."),
        sentence(money, 2, "The money is not saved: July will look worse than it is."),
        sentence(bristol, 5, "There is room for thirty people, and fourteen come."),
        sentence(bristol, 7, "The workshop fits downstairs."),
        sentence(bristol, 9, "It would save about twenty-six thousand a year, and heating."),
    ]
}

fn actions(said: &[Segment]) -> Vec<ActionItem> {
    let item = |kind, line: usize, who: usize, deadline: Option<&str>, text: &str| ActionItem {
        id: ActionItemId::new(),
        kind,
        text: text.into(),
        assignee: Some(PEOPLE[who].into()),
        deadline: deadline.map(Into::into),
        context: None,
        start: said[line].start,
        end: said[line].end,
    };
    vec![
        item(ActionKind::Decision, 4, 0, None, "The travel budget stays as it is."),
        item(ActionKind::Decision, 10, 0, None, "The upper floor in Bristol is given back."),
        item(ActionKind::NextStep, 9, 1, None, "Ask the Bristol office for last year's figures."),
        item(ActionKind::NextStep, 11, 2, Some("Thursday"), "Draw the new plan for downstairs."),
    ]
}
