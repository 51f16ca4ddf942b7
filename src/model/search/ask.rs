//! Which documents are found, by an SQL query that is put together from what is asked.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Double, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::compile::{self, Compiled};
use super::index::OFTEN;
use super::terms::{self, Group};
use super::text::code;
use super::{Ask, LIMIT_MAX, Order};
use crate::ids::TranscriptId;
use crate::model::transcript::escape_like;
use crate::model::user::Viewer;

/// A value of a query.
pub(super) enum Bind {
    Text(String),
    Texts(Vec<String>),
    Uuid(uuid::Uuid),
    Uuids(Vec<uuid::Uuid>),
    Time(DateTime<Utc>),
    Number(i64),
}

/// SQL with its values.
#[derive(Default)]
pub(super) struct Sql {
    pub text: String,
    binds: Vec<Bind>,
}

impl Sql {
    /// Takes a value; how the text names it.
    pub fn bind(&mut self, value: Bind) -> String {
        self.binds.push(value);
        format!("${}", self.binds.len())
    }

    pub fn add(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub fn into_query(self) -> BoxedSqlQuery<'static, Pg, SqlQuery> {
        let mut query = sql_query(self.text).into_boxed::<Pg>();
        for bind in self.binds {
            query = match bind {
                Bind::Text(value) => query.bind::<Text, _>(value),
                Bind::Texts(value) => query.bind::<Array<Text>, _>(value),
                Bind::Uuid(value) => query.bind::<SqlUuid, _>(value),
                Bind::Uuids(value) => query.bind::<Array<SqlUuid>, _>(value),
                Bind::Time(value) => query.bind::<Timestamptz, _>(value),
                Bind::Number(value) => query.bind::<BigInt, _>(value),
            };
        }
        query
    }

    /// One of the queries of each configuration, as the document's own has it; null for a document without.
    pub fn by_config(
        &mut self,
        compiled: &[Compiled],
        which: impl Fn(&Compiled) -> Option<&String>,
    ) -> String {
        let mut text = String::from("CASE d.config");
        for one in compiled {
            if let Some(query) = which(one) {
                let (config, query) =
                    (self.bind(Bind::Text(one.config.clone())), self.bind(Bind::Text(query.clone())));
                text.push_str(&format!(" WHEN {config} THEN {query}::tsquery"));
            }
        }
        text.push_str(" ELSE NULL::tsquery END");
        text
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: TranscriptId,
    #[diesel(sql_type = Double)]
    rank: f64,
    #[diesel(sql_type = BigInt)]
    total: i64,
}

/// Those of one page with their rank, and how many there are on all.
///
/// # Errors
/// Those of the database.
pub(super) async fn documents(
    conn: &mut AsyncPgConnection,
    ask: &Ask,
    groups: &[Group],
    compiled: &[Compiled],
) -> QueryResult<(Vec<(TranscriptId, f64)>, i64)> {
    let limit = ask.limit.clamp(0, LIMIT_MAX);
    let rows: Vec<Row> =
        statement(ask, groups, compiled, limit, ask.offset.max(0)).into_query().load(conn).await?;
    let total = match rows.as_slice().first() {
        Some(row) => row.total,
        // Behind the last page nothing says how many there are before.
        None if ask.offset > 0 => {
            let first: Vec<Row> = statement(ask, groups, compiled, 1, 0).into_query().load(conn).await?;
            first.as_slice().first().map_or(0, |row| row.total)
        }
        None => 0,
    };
    Ok((rows.into_iter().map(|row| (row.id, row.rank)).collect(), total))
}

fn statement(ask: &Ask, groups: &[Group], compiled: &[Compiled], limit: i64, offset: i64) -> Sql {
    let mut sql = Sql::default();
    let wanted = ask.order == Order::Best && compiled.iter().any(|one| one.word.is_some());
    let rank = if wanted {
        let query = sql.by_config(compiled, |one| one.word.as_ref());
        let front = if ask.notes {
            "CASE WHEN d.notes IS NULL THEN d.front ELSE d.front || d.notes END"
        } else {
            "d.front"
        };
        format!("coalesce(ts_rank({front}, {query}, 32), 0)::float8{}", said(&mut sql, compiled))
    } else {
        "0::float8".to_owned()
    };
    sql.add(&format!(
        "SELECT t.id, {rank} AS rank, count(*) OVER () AS total
         FROM transcript t LEFT JOIN search_document d ON d.transcript_id = t.id WHERE "
    ));
    let trash = if ask.trash { "t.deleted_at IS NOT NULL" } else { "t.deleted_at IS NULL" };
    sql.add(trash);
    whose(&mut sql, ask);
    if !groups.is_empty() {
        found(&mut sql, ask, compiled);
    }
    filters(&mut sql, ask, compiled);
    let (limit, offset) = (sql.bind(Bind::Number(limit)), sql.bind(Bind::Number(offset)));
    sql.add(&format!(" ORDER BY {} LIMIT {limit} OFFSET {offset}", order(ask)));
    sql
}

/// What a rank has for what is said, the more the more often: little beside what a title or a summary adds.
fn said(sql: &mut Sql, compiled: &[Compiled]) -> String {
    let mut rank = String::from(" + 0.001");
    for (sign, _) in OFTEN {
        let sets: Vec<String> = compiled
            .iter()
            .filter_map(|one| Some((&one.config, one.often(sign)?)))
            .map(|(config, query)| {
                let (config, query) = (sql.bind(Bind::Text(config.clone())), sql.bind(Bind::Text(query)));
                format!("SELECT s.id FROM search_documents({config}, {query}::tsquery) AS s (id)")
            })
            .collect();
        if !sets.is_empty() {
            rank.push_str(&format!(
                " + CASE WHEN t.id IN ({}) THEN 0.001 ELSE 0 END",
                sets.join(" UNION ALL ")
            ));
        }
    }
    rank
}

/// The title that is shown, for sorting.
const TITLE: &str = "lower(coalesce(nullif(t.title, ''), (SELECT h.title FROM stage_state s \
    JOIN headline h ON h.output_id = s.current_output WHERE s.transcript_id = t.id AND s.stage = 'title'), t.name))";

fn order(ask: &Ask) -> String {
    let newest = if ask.trash { "t.deleted_at" } else { "t.created_at" };
    match ask.order {
        Order::Best => format!("rank DESC, {newest} DESC, t.id DESC"),
        Order::Newest => format!("{newest} DESC, t.id DESC"),
        Order::Oldest => format!("{newest} ASC, t.id ASC"),
        Order::Longest => format!("t.duration DESC, {newest} DESC, t.id DESC"),
        Order::Shortest => format!("t.duration ASC, {newest} DESC, t.id DESC"),
        Order::Title => format!("{TITLE} ASC, {newest} DESC, t.id DESC"),
    }
}

/// What the viewer's list may hold; the same as [`crate::model::transcript::list`] has.
fn whose(sql: &mut Sql, ask: &Ask) {
    match ask.viewer {
        Viewer::Anonymous => sql.add(" AND t.user_id IS NULL"),
        // The trash is for those who may take things out of it.
        Viewer::Visitor { public } if !public || ask.trash => sql.add(" AND false"),
        Viewer::Visitor { .. } => sql.add(" AND (t.user_id IS NULL OR t.share_mode = 'public')"),
        Viewer::Key { scopes, .. } if !scopes.read || (ask.trash && !scopes.write) => sql.add(" AND false"),
        Viewer::User(user) | Viewer::Key { user, .. } => {
            let user = sql.bind(Bind::Uuid(user.0));
            sql.add(&format!(" AND (t.user_id = {user}{})", in_room(ask, &user)));
        }
        Viewer::Admin(user) => {
            let user = sql.bind(Bind::Uuid(user.0));
            sql.add(&format!(" AND (t.user_id = {user} OR t.user_id IS NULL{})", in_room(ask, &user)));
        }
    }
}

/// What others have put into a shared room, or into one's own, and do not keep to themselves; nothing of their trash.
fn in_room(ask: &Ask, user: &str) -> String {
    if ask.trash {
        return String::new();
    }
    format!(
        " OR (t.share_mode <> 'private' AND t.room_id = ANY (ARRAY
           (SELECT r.id FROM room r WHERE r.deleted_at IS NULL AND (r.is_shared OR r.user_id = {user}))))"
    )
}

/// The words themselves: for each configuration a condition that its index answers.
fn found(sql: &mut Sql, ask: &Ask, compiled: &[Compiled]) {
    let documents = if ask.notes { "search_documents_and_notes" } else { "search_documents" };
    let passages = if ask.notes { "" } else { " AND p.kind <> 'notes'" };
    let mut ways = vec!["false".to_owned()];
    for one in compiled {
        let config = sql.bind(Bind::Text(one.config.clone()));
        let mut all = vec![match &one.document {
            Some(document) => {
                let query = sql.bind(Bind::Text(document.clone()));
                format!("t.id IN (SELECT s.id FROM {documents}({config}, {query}::tsquery) AS s (id))")
            }
            None => format!("d.config = {config}"),
        }];
        for (phrases, not) in [(&one.somewhere, ""), (&one.nowhere, "NOT ")] {
            for phrase in phrases {
                let query = sql.bind(Bind::Text(phrase.clone()));
                all.push(format!(
                    "{not}(t.id IN (SELECT p.transcript_id FROM search_passage p WHERE p.vector @@ {query}::tsquery{passages}))"
                ));
            }
        }
        ways.push(format!("({})", all.join(" AND ")));
    }
    sql.add(&format!(" AND ({})", ways.join(" OR ")));
}

fn filters(sql: &mut Sql, ask: &Ask, compiled: &[Compiled]) {
    let mut equal = |column: &str, sign: &str, value: Option<Bind>| {
        if let Some(value) = value {
            let value = sql.bind(value);
            sql.add(&format!(" AND {column} {sign} {value}"));
        }
    };
    equal("t.source_kind", "=", ask.source_kind.map(|kind| Bind::Text(kind.as_str().to_owned())));
    equal("t.room_id", "=", ask.room_id.map(|room| Bind::Uuid(room.0)));
    equal("t.created_at", ">=", ask.from.map(known).map(Bind::Time));
    equal("t.created_at", "<=", ask.to.map(known).map(Bind::Time));
    equal("d.language", "=", ask.language.as_deref().map(|language| Bind::Text(code(language))));
    if !ask.statuses.is_empty() {
        let words = ask.statuses.iter().map(|status| status.as_str().to_owned()).collect();
        let words = sql.bind(Bind::Texts(words));
        sql.add(&format!(" AND t.status = ANY({words})"));
    }
    let Some(name) = &ask.speaker else { return };
    let name = sql.bind(Bind::Text(like(name)));
    let said = if compiled.iter().any(|one| one.any.is_some()) {
        let query = sql.by_config(compiled, |one| one.any.as_ref());
        format!(
            " AND EXISTS (SELECT FROM search_passage p WHERE p.transcript_id = t.id AND p.kind = 'words'
               AND p.speaker = a.speaker AND p.vector @@ {query})"
        )
    } else {
        String::new()
    };
    sql.add(&format!(
        " AND EXISTS (SELECT FROM participant a WHERE a.transcript_id = t.id AND a.name ILIKE {name}{said})"
    ));
}

/// A moment that PostgreSQL knows too, where nothing was made before or after: its calendar begins later than ours.
fn known(moment: DateTime<Utc>) -> DateTime<Utc> {
    moment.clamp(DateTime::UNIX_EPOCH, DateTime::from_timestamp(1 << 37, 0).unwrap_or(moment))
}

/// A part of a name, for ILIKE.
pub(super) fn like(name: &str) -> String {
    format!("%{}%", escape_like(name.trim()))
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    #[diesel(column_name = "QUERY PLAN")]
    line: String,
}

/// How PostgreSQL goes about a search, for tests that look at it.
///
/// # Errors
/// Those of the database.
pub async fn plan(conn: &mut AsyncPgConnection, ask: &Ask) -> QueryResult<String> {
    let groups = terms::parse(&ask.query);
    let compiled = compile::compile(conn, &groups).await?;
    let mut sql = statement(ask, &groups, &compiled, ask.limit, ask.offset);
    sql.text.insert_str(0, "EXPLAIN ");
    let lines: Vec<Line> = sql.into_query().load(conn).await?;
    Ok(lines.into_iter().map(|line| line.line).collect::<Vec<_>>().join("\n"))
}
