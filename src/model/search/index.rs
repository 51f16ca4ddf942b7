//! What search looks at, renewed in the transaction that changes what is shown.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Array, Double, Integer, Nullable, Text, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::PassageKind;
use super::text::{code, config, folded, plain};
use crate::db::schema::{search_document, transcript};
use crate::ids::TranscriptId;
use crate::model::TranscriptView;

/// Bytes that are looked at: of a passage, of each weight of a document's front, of its notes, and of all that is said in it as words without
/// repetition. PostgreSQL takes a million for a vector with its positions, and a document's three are put together.
const MOST_TEXT: usize = 100_000;
const MOST_FRONT: usize = 20_000;
const MOST_NOTES: usize = 60_000;
const MOST_WORDS: i32 = 500_000;
/// Lines of notes that are passages of their own, so that no phrase goes over a line's end; where there are more they are put together up to
/// so many bytes, because lines of a letter would be thousands of rows.
const NOTES_LINES: usize = 200;
const NOTES_PASSAGE: usize = 500;
/// How often something is said: in so many passages it stands among a document's words once more, behind a sign that no word begins with. So
/// the index tells it, and no rank reads all that is said in thousands of hours.
pub(super) const OFTEN: [(&str, i32); 3] = [("#", 2), ("##", 6), ("###", 20)];
/// Bytes of a word that may get a sign before it; PostgreSQL's words end at 2046.
pub(super) const MOST_MARKED: i32 = 2000;

/// One piece of what is searched.
struct Passage {
    kind: PassageKind,
    start: f64,
    speaker: Option<i32>,
    text: String,
}

/// Renews what is said, and all else with it, in the caller's transaction, which holds the transcript's row.
///
/// # Errors
/// Those of the database.
pub async fn refresh_words(conn: &mut AsyncPgConnection, id: TranscriptId) -> QueryResult<()> {
    let Some(view) = TranscriptView::load(conn, id).await? else { return Ok(()) };
    let segments = match &view.text {
        Some(shown) if !shown.provisional => view.segments(conn).await?,
        _ => Vec::new(),
    };
    let language = code(view.language());
    sql_query(
        "INSERT INTO search_document (transcript_id, config, language, front, said, counted) VALUES ($1, $2, $3, '', '', true)
         ON CONFLICT (transcript_id) DO UPDATE SET config = excluded.config, language = excluded.language, counted = true",
    )
    .bind::<Uuid, _>(id)
    .bind::<Text, _>(config(&language))
    .bind::<Text, _>(&language)
    .execute(conn)
    .await?;
    sql_query("DELETE FROM search_passage WHERE transcript_id = $1 AND kind = 'words'")
        .bind::<Uuid, _>(id)
        .execute(conn)
        .await?;
    let passages: Vec<Passage> = segments
        .iter()
        .map(|segment| Passage {
            kind: PassageKind::Words,
            start: segment.start,
            speaker: segment.speaker,
            text: segment.text.trim().to_owned(),
        })
        .collect();
    for (batch, from) in passages.chunks(2000).zip((0..).step_by(2000)) {
        insert(conn, id, config(&language), from, batch).await?;
    }
    let marks = std::iter::once(("", 1)).chain(OFTEN);
    let (signs, times): (Vec<&str>, Vec<i32>) = marks.unzip();
    // Where there is no room for all of it, the words themselves come first.
    sql_query(
        "UPDATE search_document SET said = coalesce((
             SELECT array_to_tsvector(array_agg(sign || lexeme)) FROM (
                 SELECT sign, lexeme, sum(octet_length(sign || lexeme)) OVER (ORDER BY octet_length(sign), lexeme) AS bytes FROM (
                     SELECT word.lexeme, count(*) AS passages FROM search_passage p, unnest(p.vector) AS word
                     WHERE p.transcript_id = $1 AND p.kind = 'words' GROUP BY word.lexeme) AS words
                 JOIN unnest($3, $4) AS often (sign, times) ON passages >= times AND (sign = '' OR octet_length(lexeme) < $5)
             ) AS marked
             WHERE bytes < $2), '')
         WHERE transcript_id = $1",
    )
    .bind::<Uuid, _>(id)
    .bind::<Integer, _>(MOST_WORDS)
    .bind::<Array<Text>, _>(signs)
    .bind::<Array<Integer>, _>(times)
    .bind::<Integer, _>(MOST_MARKED)
    .execute(conn)
    .await?;
    front(conn, &view, segments.iter().map(|segment| (segment.speaker, segment.start))).await
}

/// Renews title, names, topics, summaries, action items and notes, in the caller's transaction, which holds the transcript's row.
///
/// # Errors
/// Those of the database.
pub async fn refresh_front(conn: &mut AsyncPgConnection, id: TranscriptId) -> QueryResult<()> {
    let known: Option<(String, String)> = search_document::table
        .find(id)
        .select((search_document::config, search_document::language))
        .first(conn)
        .await
        .optional()?;
    let Some(view) = TranscriptView::load(conn, id).await? else { return Ok(()) };
    let language = code(view.language());
    if known.is_none_or(|known| known != (config(&language).to_owned(), language)) {
        // The words are in another language than was thought, or were never looked at: all of it.
        return refresh_words(conn, id).await;
    }
    let spoken: Vec<(Option<i32>, f64)> = first_words(conn, id).await?;
    front(conn, &view, spoken.into_iter()).await
}

async fn first_words(conn: &mut AsyncPgConnection, id: TranscriptId) -> QueryResult<Vec<(Option<i32>, f64)>> {
    use crate::db::schema::search_passage as passage;
    passage::table
        .filter(passage::transcript_id.eq(id).and(passage::kind.eq(PassageKind::Words)))
        .filter(passage::speaker.is_not_null())
        .group_by(passage::speaker)
        .select((passage::speaker, diesel::dsl::min(passage::start).assume_not_null()))
        .load(conn)
        .await
}

async fn front(
    conn: &mut AsyncPgConnection,
    view: &TranscriptView,
    spoken: impl Iterator<Item = (Option<i32>, f64)>,
) -> QueryResult<()> {
    let id = view.transcript.id;
    let config = config(&code(view.language()));
    let passages = passages(view, spoken);
    sql_query("DELETE FROM search_passage WHERE transcript_id = $1 AND kind <> 'words'")
        .bind::<Uuid, _>(id)
        .execute(conn)
        .await?;
    insert(conn, id, config, 0, &passages).await?;
    let text = |kinds: &[PassageKind], most: usize| {
        let texts = passages.iter().filter(|one| kinds.contains(&one.kind)).map(|one| plain(&one.text));
        let joined = texts.collect::<Vec<_>>().join(" ");
        limited(&joined, most).to_owned()
    };
    use PassageKind::{Action, Name, Notes, Speaker, Summary, Title, Topic};
    let mut weighed: Vec<String> = [&[Title][..], &[Name, Speaker], &[Topic], &[Summary, Action]]
        .iter()
        .map(|kinds| text(kinds, MOST_FRONT))
        .collect();
    weighed.push(text(&[Notes], MOST_NOTES));
    let plainly: Vec<String> = weighed.iter().map(|text| folded(text)).collect();
    sql_query(
        "UPDATE search_document SET (front, notes) = (
             SELECT setweight(vectors[1], 'A') || setweight(vectors[2], 'B')
                 || setweight(vectors[3], 'C') || setweight(vectors[4], 'D'),
                 setweight(nullif(vectors[5], ''::tsvector), 'C')
             FROM (SELECT array_agg(CASE WHEN $2 = 'simple' THEN '' ELSE to_tsvector($2::regconfig, plain) END
                                    || to_tsvector('simple', folded) ORDER BY place) AS vectors
                   FROM unnest($3, $4) WITH ORDINALITY AS text (plain, folded, place)) AS made)
         WHERE transcript_id = $1",
    )
    .bind::<Uuid, _>(id)
    .bind::<Text, _>(config)
    .bind::<Array<Text>, _>(weighed)
    .bind::<Array<Text>, _>(plainly)
    .execute(conn)
    .await
    .map(|_| ())
}

/// All but the words.
fn passages(view: &TranscriptView, spoken: impl Iterator<Item = (Option<i32>, f64)>) -> Vec<Passage> {
    let mut first: std::collections::BTreeMap<i32, f64> = std::collections::BTreeMap::new();
    for (speaker, start) in spoken {
        if let Some(speaker) = speaker {
            let known = first.entry(speaker).or_insert(start);
            *known = known.min(start);
        }
    }
    let mut all = Vec::new();
    let mut add = |kind: PassageKind, start: f64, text: &str| {
        if !text.trim().is_empty() {
            all.push(Passage { kind, start, speaker: None, text: text.trim().to_owned() });
        }
    };
    add(PassageKind::Title, 0.0, view.title.as_deref().unwrap_or_default());
    add(PassageKind::Name, 0.0, &view.transcript.name);
    for one in &view.participants {
        let start = one.speaker.and_then(|speaker| first.get(&speaker)).copied();
        add(PassageKind::Speaker, start.unwrap_or_default(), &one.name);
    }
    for topic in &view.topics {
        add(PassageKind::Topic, topic.start, &topic.title);
        add(PassageKind::Topic, topic.start, &topic.summary);
    }
    // A person's summary rests on no time that we know of: from the beginning.
    for own in [&view.transcript.short_summary, &view.transcript.long_summary].into_iter().flatten() {
        for line in own.lines() {
            add(PassageKind::Summary, 0.0, line);
        }
    }
    for kind in crate::model::SummaryKind::ALL {
        for sentence in view.shown_sentences(*kind) {
            add(PassageKind::Summary, sentence.start, &sentence.text);
        }
    }
    for item in &view.actions {
        add(PassageKind::Action, item.start, &item.text);
    }
    for text in joined(&view.transcript.notes) {
        add(PassageKind::Notes, 0.0, &text);
    }
    all
}

/// Notes as passages: their lines, or as many of them together as there is room for.
fn joined(notes: &str) -> Vec<String> {
    let lines: Vec<&str> = notes.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let many = lines.len() > NOTES_LINES;
    let mut passages: Vec<String> = Vec::new();
    for line in lines {
        match passages.last_mut() {
            Some(last) if many && last.len() + line.len() < NOTES_PASSAGE => {
                last.push(' ');
                last.push_str(line);
            }
            _ => passages.push(line.to_owned()),
        }
    }
    passages
}

async fn insert(
    conn: &mut AsyncPgConnection,
    id: TranscriptId,
    config: &str,
    from: i32,
    passages: &[Passage],
) -> QueryResult<()> {
    let texts: Vec<&str> = passages.iter().map(|one| limited(&one.text, MOST_TEXT)).collect();
    let plainly: Vec<String> = texts.iter().map(|text| plain(text)).collect();
    let folds: Vec<String> = plainly.iter().map(|text| folded(text)).collect();
    // A word stands between stems and words, and is taken out again: without that gap the last stem and the first word would
    // be a phrase.
    sql_query(
        "INSERT INTO search_passage (transcript_id, kind, idx, start, speaker, text, vector)
         SELECT $1, kind, idx, start, speaker, text,
                ts_delete(CASE WHEN $2 = 'simple' THEN '' ELSE to_tsvector($2::regconfig, plain) END
                          || to_tsvector('simple', 'betweenthetwo ' || folded), 'betweenthetwo')
         FROM unnest($3, $4, $5, $6, $7, $8, $9)
              AS passage (kind, idx, start, speaker, text, plain, folded)",
    )
    .bind::<Uuid, _>(id)
    .bind::<Text, _>(config)
    .bind::<Array<Text>, _>(passages.iter().map(|one| one.kind.as_str()).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>((from..).take(passages.len()).collect::<Vec<_>>())
    .bind::<Array<Double>, _>(passages.iter().map(|one| one.start).collect::<Vec<_>>())
    .bind::<Array<Nullable<Integer>>, _>(passages.iter().map(|one| one.speaker).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(texts)
    .bind::<Array<Text>, _>(plainly)
    .bind::<Array<Text>, _>(folds)
    .execute(conn)
    .await
    .map(|_| ())
}

/// As much of a text as may be looked at.
fn limited(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// Transcripts that search does not know yet, or not how often they say something, from before that was there: the newest, or those older
/// than `before`; at most `limit`.
///
/// # Errors
/// Those of the database.
pub async fn unknown(
    conn: &mut AsyncPgConnection,
    before: Option<TranscriptId>,
    limit: i64,
) -> QueryResult<Vec<TranscriptId>> {
    let known = search_document::table
        .filter(search_document::transcript_id.eq(transcript::id).and(search_document::counted));
    transcript::table
        .filter(transcript::id.lt(before.unwrap_or(TranscriptId(uuid::Uuid::max()))))
        .filter(diesel::dsl::not(diesel::dsl::exists(known)))
        .select(transcript::id)
        .order(transcript::id.desc())
        .limit(limit)
        .load(conn)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::search::snippet;
    use crate::model::search::text::tokens;

    #[test]
    fn many_short_lines_of_notes_are_few_passages_and_a_long_line_is_one() {
        let passages = joined(&"a\n".repeat(10_000));
        assert_eq!((passages.len(), passages.iter().map(String::len).max()), (40, Some(499)));
        let long = "word ".repeat(200);
        assert_eq!(joined(&format!("one\r\n\n  two\n{long}\nthree")), ["one", "two", long.trim(), "three"]);
        let many = joined(&format!("{}{long}\nthree", "a\n".repeat(250)));
        assert_eq!((many.len(), many[1].as_str(), many[2].as_str()), (3, long.trim(), "three"));
        assert!(joined(" \n\n").is_empty());
    }

    #[test]
    fn what_is_found_in_joined_notes_is_in_its_snippet() {
        let notes: String = (0..400).map(|number| format!("line {number}\n")).collect();
        for word in ["0", "57", "211", "399"] {
            let passages = joined(&notes);
            let shown: Vec<_> = passages
                .iter()
                .filter_map(|text| {
                    let tokens = tokens(text);
                    let found: Vec<usize> = tokens
                        .iter()
                        .enumerate()
                        .filter(|(_, one)| one.plain == word)
                        .map(|(at, _)| at)
                        .collect();
                    snippet::cut(text, &tokens, &found)
                })
                .collect();
            assert_eq!(shown.len(), 1, "{word}: {shown:?}");
            assert_eq!(&shown[0].text[shown[0].marks[0].clone()], word);
        }
    }
}
