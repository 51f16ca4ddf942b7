//! Segments with their words, as one version of `transcribe` or `assemble` has them.

use diesel::prelude::*;
use diesel::sql_types::{Double, Integer, Nullable, SmallInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};

use crate::db::schema::segment;
use crate::ids::OutputId;

/// A word with its times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// With the space before it, if there is one.
    pub text: String,
    /// Seconds.
    pub start: f64,
    /// Seconds.
    pub end: f64,
    /// 0 to 1.
    pub probability: f32,
}

/// A stretch of speech.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// From 0, in order of time within a channel.
    pub idx: i32,
    /// Seconds.
    pub start: f64,
    /// Seconds.
    pub end: f64,
    /// Number of the voice, from 0; `None` before diarization.
    pub speaker: Option<i32>,
    pub text: String,
    pub words: Vec<Word>,
    /// In which channel it was heard, from 0.
    pub channel: i16,
}

/// The row: words as four arrays of one length.
#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = segment, check_for_backend(diesel::pg::Pg))]
struct Row {
    output_id: OutputId,
    idx: i32,
    start: f64,
    end: f64,
    speaker: Option<i32>,
    text: String,
    word_text: Vec<String>,
    word_start: Vec<f64>,
    word_end: Vec<f64>,
    word_probability: Vec<f32>,
    channel: i16,
}

impl Row {
    fn pack(output_id: OutputId, segment: &Segment) -> Self {
        let words = &segment.words;
        Self {
            output_id,
            idx: segment.idx,
            start: segment.start,
            end: segment.end,
            speaker: segment.speaker,
            text: segment.text.replace('\0', ""),
            // PostgreSQL's texts can't hold a zero.
            word_text: words.iter().map(|word| word.text.replace('\0', "")).collect(),
            word_start: words.iter().map(|word| word.start).collect(),
            word_end: words.iter().map(|word| word.end).collect(),
            word_probability: words.iter().map(|word| word.probability).collect(),
            channel: segment.channel,
        }
    }

    fn unpack(self) -> Segment {
        let times = self.word_start.into_iter().zip(self.word_end).zip(self.word_probability);
        let words = self
            .word_text
            .into_iter()
            .zip(times)
            .map(|(text, ((start, end), probability))| Word { text, start, end, probability })
            .collect();
        Segment {
            idx: self.idx,
            start: self.start,
            end: self.end,
            speaker: self.speaker,
            text: self.text,
            words,
            channel: self.channel,
        }
    }
}

/// Adds segments to a version that is being written.
///
/// # Errors
/// Those of the database: a foreign key violation when the version was given up meanwhile.
pub async fn append(conn: &mut AsyncPgConnection, output: OutputId, segments: &[Segment]) -> QueryResult<()> {
    // Eleven values a row, and the protocol takes 65535 in a statement.
    for batch in segments.chunks(500) {
        let rows: Vec<Row> = batch.iter().map(|segment| Row::pack(output, segment)).collect();
        diesel::insert_into(segment::table).values(rows).execute(conn).await?;
    }
    Ok(())
}

/// Up to `limit` segments that follow number `after` (`None`: from the first), by number.
///
/// # Errors
/// Those of the database.
pub async fn page(
    mut conn: &AsyncPgConnection,
    output: OutputId,
    after: Option<i32>,
    limit: i64,
) -> QueryResult<Vec<Segment>> {
    let rows: Vec<Row> = segment::table
        .filter(segment::output_id.eq(output))
        .filter(segment::idx.gt(after.unwrap_or(-1)))
        .order(segment::idx.asc())
        .limit(limit.max(0))
        .select(Row::as_select())
        .load(&mut conn)
        .await?;
    Ok(rows.into_iter().map(Row::unpack).collect())
}

/// All segments in order of time, whichever channel they are from.
///
/// # Errors
/// Those of the database.
pub async fn all(conn: &AsyncPgConnection, output: OutputId) -> QueryResult<Vec<Segment>> {
    Ok(in_time(page(conn, output, None, i64::MAX).await?))
}

diesel::define_sql_function! {
    #[aggregate]
    #[sql_name = "array_agg"]
    fn all_numbers(each: Integer) -> Nullable<Array<Integer>>;
}

diesel::define_sql_function! {
    #[aggregate]
    #[sql_name = "array_agg"]
    fn all_channels(each: SmallInt) -> Nullable<Array<SmallInt>>;
}

diesel::define_sql_function! {
    #[aggregate]
    #[sql_name = "array_agg"]
    fn all_times(each: Double) -> Nullable<Array<Double>>;
}

diesel::define_sql_function! {
    #[aggregate]
    #[sql_name = "array_agg"]
    fn all_speakers(each: Nullable<Integer>) -> Nullable<Array<Nullable<Integer>>>;
}

diesel::define_sql_function! {
    #[aggregate]
    #[sql_name = "array_agg"]
    fn all_texts(each: Text) -> Nullable<Array<Text>>;
}

/// All segments in order of time, without their words: an hour's words are nine tenths of what it has. They come as one row of lists: a row
/// for each costs more than what is in it.
///
/// # Errors
/// Those of the database.
pub async fn lines(mut conn: &AsyncPgConnection, output: OutputId) -> QueryResult<Vec<Segment>> {
    type List<T> = Option<Vec<T>>;
    type Lists = (List<i32>, List<i16>, List<f64>, List<f64>, List<Option<i32>>, List<String>);
    let (numbers, channels, starts, ends, speakers, texts): Lists = segment::table
        .filter(segment::output_id.eq(output))
        .select((
            all_numbers(segment::idx),
            all_channels(segment::channel),
            all_times(segment::start),
            all_times(segment::end),
            all_speakers(segment::speaker),
            all_texts(segment::text),
        ))
        .get_result(&mut conn)
        .await?;
    let places = numbers.unwrap_or_default().into_iter().zip(channels.unwrap_or_default());
    let times = starts.unwrap_or_default().into_iter().zip(ends.unwrap_or_default());
    let said = speakers.unwrap_or_default().into_iter().zip(texts.unwrap_or_default());
    let mut lines: Vec<Segment> = places
        .zip(times)
        .zip(said)
        .map(|(((idx, channel), (start, end)), (speaker, text))| Segment {
            idx,
            start,
            end,
            speaker,
            text,
            words: Vec::new(),
            channel,
        })
        .collect();
    // As they came from the table; all lists in the same order.
    lines.sort_by_key(|line| line.idx);
    Ok(in_time(lines))
}

fn in_time(mut segments: Vec<Segment>) -> Vec<Segment> {
    if segments.iter().any(|one| one.channel != segments[0].channel) {
        segments.sort_by(|a, b| a.start.total_cmp(&b.start));
    }
    segments
}

/// How many segments a version has.
///
/// # Errors
/// Those of the database.
pub async fn count(conn: &mut AsyncPgConnection, output: OutputId) -> QueryResult<i64> {
    segment::table.filter(segment::output_id.eq(output)).count().get_result(conn).await
}
