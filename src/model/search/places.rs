//! Where in the documents of one page something was found.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Double, Integer, Nullable, Text, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::ask::{Bind, Sql, like};
use super::compile::Compiled;
use super::snippet::cut;
use super::text::{folded, tokens};
use super::{Ask, PassageKind, Snippet};
use crate::ids::TranscriptId;

/// Snippets of one transcript.
pub(super) const SNIPPETS: i64 = 3;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Uuid)]
    transcript_id: TranscriptId,
    #[diesel(sql_type = Text)]
    config: String,
    #[diesel(sql_type = Text)]
    kind: PassageKind,
    #[diesel(sql_type = Double)]
    start: f64,
    #[diesel(sql_type = Nullable<Integer>)]
    speaker: Option<i32>,
    #[diesel(sql_type = Text)]
    text: String,
    #[diesel(sql_type = BigInt)]
    matches: i64,
}

/// How many passages of each transcript hold something, and snippets of the best of them.
///
/// # Errors
/// Those of the database.
pub(super) async fn places(
    conn: &mut AsyncPgConnection,
    ask: &Ask,
    ids: &[TranscriptId],
    compiled: &[Compiled],
) -> QueryResult<HashMap<TranscriptId, (i64, Vec<Snippet>)>> {
    if ids.is_empty() || compiled.iter().all(|one| one.any.is_none()) {
        return Ok(HashMap::new());
    }
    let rows: Vec<Row> = statement(ask, ids, compiled).into_query().load(conn).await?;
    let words = found(conn, &rows, compiled).await?;
    let mut places: HashMap<TranscriptId, (i64, Vec<Snippet>)> = HashMap::new();
    for row in rows {
        let tokens = tokens(&row.text);
        let found: Vec<usize> = (0..tokens.len())
            .filter(|at| words.contains(&(row.config.clone(), tokens[*at].plain.clone())))
            .collect();
        let place = places.entry(row.transcript_id).or_default();
        place.0 = row.matches;
        if let Some(excerpt) = cut(&row.text, &tokens, &found) {
            place.1.push(Snippet { kind: row.kind, start: row.start, speaker: row.speaker, excerpt });
        }
    }
    Ok(places)
}

/// Passages that hold all of it come first, what was said before what was written about it, and people's notes before the machine's words.
/// A title is shown anyway.
fn statement(ask: &Ask, ids: &[TranscriptId], compiled: &[Compiled]) -> Sql {
    let mut sql = Sql::default();
    let every = sql.by_config(compiled, |one| one.every.as_ref());
    let any = sql.by_config(compiled, |one| one.any.as_ref());
    let ids = sql.bind(Bind::Uuids(ids.iter().map(|id| id.0).collect()));
    let by = match &ask.speaker {
        Some(name) => {
            let name = sql.bind(Bind::Text(like(name)));
            format!(
                " AND p.kind = 'words' AND p.speaker IN (SELECT a.speaker FROM participant a
                   WHERE a.transcript_id = p.transcript_id AND a.name ILIKE {name})"
            )
        }
        None => String::new(),
    };
    let apart = if ask.notes { "'title', 'name'" } else { "'title', 'name', 'notes'" };
    let snippets = sql.bind(Bind::Number(SNIPPETS));
    sql.add(&format!(
        "SELECT transcript_id, config, kind, start, speaker, text, matches FROM (
             SELECT p.transcript_id, d.config, p.kind, p.start, p.speaker, p.text,
                    count(*) OVER (PARTITION BY p.transcript_id) AS matches,
                    row_number() OVER (PARTITION BY p.transcript_id ORDER BY (p.vector @@ ({every})) DESC,
                        array_position(ARRAY['words', 'notes', 'topic', 'summary', 'action', 'speaker'], p.kind),
                        p.start, p.idx) AS place
             FROM search_passage p JOIN search_document d ON d.transcript_id = p.transcript_id
             WHERE p.transcript_id = ANY ({ids}) AND p.kind NOT IN ({apart})
               AND p.vector @@ ({any}){by}) AS found
         WHERE place <= {snippets} ORDER BY transcript_id, place"
    ));
    sql
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    place: i64,
}

/// Which words of the passages were looked for, by configuration: PostgreSQL knows what has the same stem.
async fn found(
    conn: &mut AsyncPgConnection,
    rows: &[Row],
    compiled: &[Compiled],
) -> QueryResult<HashSet<(String, String)>> {
    let mut by_config: BTreeMap<&str, HashSet<String>> = BTreeMap::new();
    for row in rows {
        let words = tokens(&row.text).into_iter().map(|token| token.plain);
        by_config.entry(row.config.as_str()).or_default().extend(words);
    }
    let mut found = HashSet::new();
    for (config, words) in by_config {
        let query = compiled.iter().find(|one| one.config == config).and_then(|one| one.word.as_ref());
        let Some(query) = query else { continue };
        let words: Vec<String> = words.into_iter().collect();
        let places: Vec<Number> = sql_query(
            "SELECT place FROM unnest($3, $4) WITH ORDINALITY AS word (plain, folded, place)
             WHERE (CASE WHEN $1 = 'simple' THEN '' ELSE to_tsvector($1::regconfig, plain) END
                    || to_tsvector('simple', folded)) @@ $2::tsquery",
        )
        .bind::<Text, _>(config)
        .bind::<Text, _>(query)
        .bind::<Array<Text>, _>(&words)
        .bind::<Array<Text>, _>(words.iter().map(|word| folded(word)).collect::<Vec<_>>())
        .load(conn)
        .await?;
        let places = places.into_iter().filter_map(|one| usize::try_from(one.place - 1).ok());
        found.extend(places.map(|place| (config.to_owned(), words[place].clone())));
    }
    Ok(found)
}
